"""Run a notebook's source without Jupyter, and write the .ipynb with what its cells showed.

    python notebooks/make.py             make every notebook anew
    python notebooks/make.py 01 02       only these
    python notebooks/make.py --run       run them (their asserts are checks), write nothing

`NN-name.py` is the source, in the format that Jupytext calls "percent": `# %%` begins a cell of
code, `# %% [markdown]` one of text. A cell shows what it prints and the value of its last line. A
source runs in an empty folder of its own, so that the files it writes are gone afterwards.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import linecache
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

import graphflow as gf

FOLDER = Path(__file__).resolve().parent
MARKER = re.compile(r"# %%(?: \[(markdown)\])?")
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}

Output = dict[str, Any]


class Cell(NamedTuple):
    """A cell of a source: "code" or "markdown", its text, and the number of its first line."""

    kind: str
    text: str
    line: int


def sources() -> list[Path]:
    """The sources of all notebooks, in order."""
    return sorted(FOLDER.glob("[0-9][0-9]-*.py"))


def cells(source: str) -> list[Cell]:
    """The cells of a source, without the blank lines around them.

    Raises ValueError for text before the first cell and for code in a cell of text.
    """
    lines = source.splitlines()
    starts = [place for place, line in enumerate(lines) if MARKER.fullmatch(line)]
    if "".join(lines[: starts[0] if starts else None]).strip():
        raise ValueError("line 1: a source begins with '# %%' or '# %% [markdown]'")
    ends = [*starts[1:], len(lines)]
    return [_cell(lines, start, end) for start, end in zip(starts, ends, strict=True)]


def _cell(lines: Sequence[str], start: int, end: int) -> Cell:
    body = list(lines[start + 1 : end])
    first = start + 2  # lines count from 1
    while body and not body[0].strip():
        body.pop(0)
        first += 1
    if MARKER.fullmatch(lines[start])[1] is None:  # type: ignore[index]
        return Cell("code", "\n".join(body).rstrip(), first)
    for place, line in enumerate(body):
        if line.strip() and not re.match(r"#( |$)", line):
            raise ValueError(f"line {first + place}: a line of text begins with '# '")
    return Cell("markdown", "\n".join(line[2:] for line in body).strip(), first)


def run(path: Path) -> list[list[Output]]:
    """Run a source in plain Python: what each of its cells showed, none for cells of text.

    The default graph is a new one, so that nodes are named alike whatever was run before. Raises
    what a cell raises; the traceback points into the source.
    """
    gf.reset_default_graph()
    text = path.read_text(encoding="utf-8")
    # Under its name alone, so that no output has the path of a machine.
    linecache.cache[path.name] = (len(text), None, text.splitlines(keepends=True), path.name)
    names: dict[str, Any] = {"__name__": "__main__"}
    count = 0
    shown = []
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for cell in cells(text):
            count += cell.kind == "code"
            shown.append(_shown(cell, path.name, names, count) if cell.kind == "code" else [])
    return shown


def _shown(cell: Cell, file: str, names: dict[str, Any], count: int) -> list[Output]:
    """Run one cell of code: what it printed, and the value of its last line."""
    printed = io.StringIO()
    value = None
    with contextlib.redirect_stdout(printed):
        for code in _parts(cell, file):
            value = eval(code, names)
    outputs: list[Output] = []
    if printed.getvalue():
        text = _lines(printed.getvalue())
        outputs.append({"name": "stdout", "output_type": "stream", "text": text})
    if value is not None:
        outputs.append(
            {
                "data": _formats(value),
                "execution_count": count,
                "metadata": {},
                "output_type": "execute_result",
            }
        )
    return outputs


def _parts(cell: Cell, file: str) -> Iterator[CodeType]:
    """The statements of a cell, then its last line by itself where that is an expression."""
    tree = ast.parse(cell.text, file)
    ast.increment_lineno(tree, cell.line - 1)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    yield compile(tree, file, "exec")
    if isinstance(last, ast.Expr):
        yield compile(ast.Expression(last.value), file, "eval")


def _formats(value: Any) -> dict[str, Any]:
    """A value as notebooks show it, by MIME type; a figure of matplotlib is a PNG.

    Raises ValueError for a text with an address in memory, which is another one in every run.
    """
    if hasattr(value, "savefig"):
        made: dict[str, Any] = {"image/png": _png(value), "text/plain": "<Figure>"}
    else:
        made = getattr(value, "_repr_mimebundle_", dict)() or {"text/plain": repr(value)}
    for mime, content in made.items():
        if isinstance(content, str) and re.search(r"\bat 0x[0-9a-f]{6,}", content):
            raise ValueError(f"{mime} has an address in memory: {content[:80]}")
    return {
        mime: base64.b64encode(content).decode() if isinstance(content, bytes) else _lines(content)
        for mime, content in sorted(made.items())
    }


def _png(figure: Any) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=100, metadata={"Software": None})
    return out.getvalue()


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def notebook(source: str, outputs: Sequence[Sequence[Output]]) -> str:
    """The text of an .ipynb: nbformat 4.5, the same for the same source and outputs."""
    made: list[dict[str, Any]] = []
    count = 0
    for place, (cell, shown) in enumerate(zip(cells(source), outputs, strict=True)):
        entry: dict[str, Any] = {"cell_type": cell.kind, "id": f"cell-{place:02d}", "metadata": {}}
        if cell.kind == "code":
            count += 1
            entry |= {"execution_count": count, "outputs": list(shown)}
        made.append(entry | {"source": _lines(cell.text)})
    whole = {"cells": made, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main(argv: Sequence[str]) -> int:
    """Make or run the notebooks whose names begin with one of the arguments; 2 if there is none."""
    only_run = "--run" in argv
    wanted = tuple(argument for argument in argv if argument != "--run") or ("",)
    chosen = [path for path in sources() if path.name.startswith(wanted)]
    if not chosen:
        print(f"make.py: no notebook begins with {' or '.join(wanted)}", file=sys.stderr)
        return 2
    os.environ.setdefault("MPLBACKEND", "Agg")  # plots are shown in the notebook alone
    for path in chosen:
        started = time.perf_counter()
        outputs = run(path)
        text = notebook(path.read_text(encoding="utf-8"), outputs)
        if not only_run:
            path.with_suffix(".ipynb").write_text(text, encoding="utf-8", newline="\n")
        seconds = time.perf_counter() - started
        print(f"{path.stem:28} {seconds:5.1f} s {len(text.encode()) / 1e6:6.2f} MB", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
