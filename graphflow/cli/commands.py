"""`python -m graphflow COMMAND FILE.py[:NAME]`: arguments in, a file or text out, an exit code."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from ..errors import GraphflowError
from ..explaining import Explanation, explain
from ..graph import Graph
from ..graph.summary import summarized
from ..traversal import ancestors
from ..viz import draw, explore
from .choose import chosen, feeds_of, loss_of, one_node, session_of, variables_of
from .launch import add_launch
from .script import CommandError, Ran, ScriptError, run_script

_ABOUT = """\
Look at the graph that a script builds; or launch the script as a job of many processes.

To look, the script is run first, as an import runs it: what stands under
`if __name__ == "__main__":` is left out unless you add --main. What it prints goes to standard
error. Arguments after -- are the script's own. The exit code is 1 when the script fails and 2 when
a command cannot be done.
"""
_FILE = "the script; NAME is one of its variables or a node's name (default: the whole last graph)"
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>:root {{ color-scheme: light dark }} body {{ margin: 1.5em }}</style></head>
<body>{body}</body></html>
"""
_DONE, _SCRIPT_FAILED, _REFUSED, _INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code.

    0: done. 1: the script failed, and its traceback was shown. 2: the command cannot be done as it
    was given. 130: interrupted. `launch` gives what `graphflow.launching.launch` does.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    end = given.index("--") if "--" in given else len(given)
    options = _parser().parse_args(given[:end])
    try:
        code: int = options.command(options, [*options.arguments, *given[end + 1 :]])
    except ScriptError as error:
        print(error, file=sys.stderr)
        return _SCRIPT_FAILED
    except (CommandError, GraphflowError, ValueError, OSError) as error:
        print(f"graphflow: {error}", file=sys.stderr)
        return _REFUSED
    except KeyboardInterrupt:
        print("graphflow: interrupted", file=sys.stderr)
        return _INTERRUPTED
    return code


def _look(command: _Command, options: argparse.Namespace, arguments: Sequence[str]) -> int:
    """Run the script, and print what a command says of the graph it built."""
    path, name = _file_and_name(options.file)
    ran = run_script(path, arguments, as_main=options.main)
    print(command(ran, name, options))
    return _DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m graphflow",
        description=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add = _adder(commands)
    drawn = add("draw", _draw, "a picture: .svg (the default), .png, .pdf or .dot")
    drawn.add_argument("--show", default="all", choices=("all", "forward", "gradients"))
    drawn.add_argument("--depth", type=int, help="so many scopes deep (default: what fits)")
    drawn.add_argument("--theme", default="auto", choices=("auto", "light", "dark"))
    add("explore", _explore, "one .html page to pan, zoom, fold and search in")
    told = add("explain", _explain, "the chain rule from the loss to its variables, with numbers")
    told.add_argument(
        "--wrt", action="append", metavar="NAME", help="by this node (default: every variable)"
    )
    told.add_argument("--feed", metavar="NAME", help="the script's dict of values to feed")
    told.add_argument("--paths", type=int, default=12, help="so many paths at most (default: 12)")
    add("summary", _summary, "a table: operations, parameters and shapes per scope")
    add_launch(commands)
    return parser


def _adder(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> _Adder:
    def add(name: str, command: _Command, about: str) -> argparse.ArgumentParser:
        parser = commands.add_parser(name, help=about, description=about)
        parser.add_argument("file", metavar="FILE.py[:NAME]", help=_FILE)
        parser.add_argument(
            "arguments", nargs="*", help="the script's own; after -- if with dashes"
        )
        parser.add_argument("-o", "--output", metavar="OUT", help="the file to write")
        parser.add_argument("--main", action="store_true", help='run it as "__main__"')
        parser.set_defaults(command=partial(_look, command))
        return parser

    return add


_Command = Callable[[Ran, "str | None", argparse.Namespace], str]
_Adder = Callable[[str, _Command, str], argparse.ArgumentParser]


def _file_and_name(given: str) -> tuple[Path, str | None]:
    """`train.py:loss` as a path and a name. A file whose name has a colon is taken whole."""
    if Path(given).is_file() or ":" not in given:
        return Path(given), None
    path, _, name = given.rpartition(":")
    return (Path(path), name) if name and not set(name) & {"/", "\\"} else (Path(given), None)


def _draw(ran: Ran, name: str | None, options: argparse.Namespace) -> str:
    out = Path(options.output or f"{ran.path.stem}.svg")
    depth: int | Literal["auto"] = "auto" if options.depth is None else options.depth
    picture = draw(chosen(ran, name), show=options.show, depth=depth, theme=options.theme)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        written = picture.save(out)
    for warning in caught:
        print(f"graphflow: {warning.message}", file=sys.stderr)
    return f"wrote {written}"


def _explore(ran: Ran, name: str | None, options: argparse.Namespace) -> str:
    out = Path(options.output or f"{ran.path.stem}.html")
    if out.suffix.lower() not in (".html", ".htm"):
        raise CommandError(f"explore: {out.name!r} has no suffix of .html")
    return f"wrote {explore(chosen(ran, name), out)}"


def _explain(ran: Ran, name: str | None, options: argparse.Namespace) -> str:
    loss = loss_of(ran) if name is None else one_node(ran, name)
    targets = [one_node(ran, wrt) for wrt in options.wrt or ()] or variables_of(loss)
    if not targets:
        raise CommandError(f"{loss.name!r} depends on no variable; name a node with --wrt")
    feeds, session = feeds_of(ran, loss, options.feed), session_of(ran)
    told = [explain(loss, wrt, feeds, session=session, max_paths=options.paths) for wrt in targets]
    if options.output is None:
        return "\n\n".join(map(str, told))
    out = Path(options.output)
    out.write_text(_in_format(told, out, ran.path.name), encoding="utf-8")
    return f"wrote {out}"


def _in_format(told: Sequence[Explanation], out: Path, title: str) -> str:
    match out.suffix.lower():
        case ".html":
            return _PAGE.format(title=title, body="".join(one.html for one in told))
        case ".tex":
            return "\n\n".join(f"\\[\n{one.latex}\n\\]" for one in told) + "\n"
        case ".txt" | ".md":
            return "\n\n".join(map(str, told)) + "\n"
    raise CommandError(f"explain: {out.name!r} has no suffix of .html, .tex, .txt or .md")


def _summary(ran: Ran, name: str | None, options: argparse.Namespace) -> str:
    found = chosen(ran, name)
    text = found.summary() if isinstance(found, Graph) else summarized(ancestors(found))
    if options.output is None:
        return text
    Path(options.output).write_text(text + "\n", encoding="utf-8")
    return f"wrote {options.output}"
