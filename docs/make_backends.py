"""Write the tables of docs/backends.md from JAX's column: `python docs/make_backends.py`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from pathlib import Path

from graphflow.backends.on_jax.column import DRAWN, HOST, WHY_NOT
from graphflow.backends.on_jax.faults import FAULTS
from graphflow.graph import Operation
from graphflow.registry import operations

PAGE = Path(__file__).resolve().parent / "backends.md"
BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"
OTHERS = {  # what the column has as a whole operation or by an argument
    "PyFunc": ("on the host", "it is Python code on arrays"),
    "Iv": ("on the host, but for the orders 0 and 1", "XLA has the orders 0 and 1"),
    "Ive": ("on the host, but for the orders 0 and 1", "XLA has the orders 0 and 1"),
    "Tap": ("shown when the step is over", "a compiled step runs as one"),
    "Print": ("shown when the step is over", "a compiled step runs as one"),
}


def page(text: str) -> str:
    """The text of the page, with the tables made anew."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{tables()}\n{END}{rest.partition(END)[2]}"


def tables() -> str:
    """Operations that are not wholly compiled, and what is found when a step is over."""
    rows = dict(OTHERS)
    own = {name: op for name, op in operations().items() if op.__module__.startswith("graphflow.")}
    for name, op in own.items():
        for primitive in _calls(op):
            if primitive in WHY_NOT:
                rows[name] = "refused", WHY_NOT[primitive]
            elif primitive in HOST:
                rows.setdefault(name, ("on the host", HOST[primitive]))
            elif primitive in DRAWN:
                rows[name] = "drawn by NumPy before the step", "the same numbers as NumPy's"
    count = len(own.keys() - rows.keys())
    lines = [
        f"Of {len(own)} operations {count} are compiled. The others:",
        _table("operation | on JAX | why", [(f"`{n}`", *row) for n, row in sorted(rows.items())]),
        "What NumPy raises in the middle of a run, and a step on JAX when it is over:",
        _table(
            "call | error | text",
            [(f"`{n}`", f.error.__name__, f.text) for n, f in sorted(FAULTS.items())],
        ),
    ]
    return "\n\n".join(lines)


def _calls(op: type[Operation]) -> list[str]:
    """The primitives that an operation's forward calls, also in its helper methods."""
    source = inspect.getsource(op.compute)
    for helper in re.findall(r"\bself\.(_\w+)\(", source):
        source += inspect.getsource(getattr(op, helper))
    return re.findall(r"\bxp\.(\w+)", source)


def _table(head: str, rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {head} |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
