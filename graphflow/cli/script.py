"""Running a user's script, and keeping what it built."""

from __future__ import annotations

import contextlib
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..graph import Graph, get_default_graph
from ..launching.program import as_program, from_script, traceback_of

MODULE_NAME = "graphflow_script"


class CommandError(Exception):
    """A command that cannot be done as it was given; its text says what to change."""


class ScriptError(Exception):
    """The script raised, or exited with an error; its text is what to print."""


class Ran(NamedTuple):
    """What a script left: its file, its global names, and the graph that was current at its end."""

    path: Path
    names: dict[str, Any]
    graph: Graph


def run_script(path: Path, arguments: Sequence[str] = (), *, as_main: bool = False) -> Ran:
    """Run a script from its own folder's point of view and give back what it built.

    It runs as an import would run it: `if __name__ == "__main__":` is false, so that a script
    which trains there is not made to train, unless `as_main`. What it prints goes to standard
    error. Its graph is kept even where no name holds it.

    Raises CommandError when there is no such file, and ScriptError, with the traceback as the
    script's own, when it raises or exits with an error.
    """
    if not path.is_file():
        raise CommandError(f"no such file: {path}")
    name = "__main__" if as_main else MODULE_NAME
    with Graph() as kept, as_program(path, arguments), contextlib.redirect_stdout(sys.stderr):
        try:
            names = runpy.run_path(str(path), run_name=name)
        except SystemExit as leaving:
            if leaving.code not in (None, 0):
                raise ScriptError(f"{path.name} exited: {leaving.code}") from None
            names = _names_so_far(leaving, path)
        except Exception as error:
            raise ScriptError(traceback_of(error, path)) from None
        return Ran(path, names, _last_graph(names, kept))


def _names_so_far(leaving: SystemExit, path: Path) -> dict[str, Any]:
    """The global names of a script that ended itself."""
    place = from_script(leaving, path)
    return dict(place.tb_frame.f_globals) if place is not None else {}


def _last_graph(names: dict[str, Any], kept: Graph) -> Graph:
    """The graph current at the end of the script; if that is empty, the last one with a name."""
    named = [value for value in names.values() if isinstance(value, Graph)]
    for graph in (get_default_graph(), *reversed(named), kept):
        if graph.nodes:
            return graph
    return kept
