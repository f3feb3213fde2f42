"""Write docs/rewrites.md from the tables of rules: `python docs/make_rewrites.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from graphflow.program.algebra import ALGEBRA
from graphflow.program.canonical import CANONICAL
from graphflow.rewrite import STABLE_FORMS, rules

PAGE = Path(__file__).resolve().parent / "rewrites.md"
HEAD = """# What is rewritten

Made from the tables of rules by `python docs/make_rewrites.py`. Each rule says its equation.
"""
STABLE = """
## Stable forms

Before a graph is differentiated, and before it runs, whatever the options. They hold for all real
numbers where the left side is finite; the right side is finite in more places, or has digits where
the left side cancels, and so has its gradient. `gf.lint(node)` names those that apply to a graph,
with your lines. A number may stand on either side of a sum or product, `x ** 2` may be `x * x` or
`square(x)`, and "multiples" are by numbers.
"""
FORMS = """
## One form for each call

As a program is recorded. The values are the same bits, but for a mean of integers.
"""
EQUATIONS = """
## Fewer and cheaper calls

As a program is recorded, unless `optimize=False`. Values are equal up to rounding, for NaN and
infinities too, and but for the sign of a zero. Besides, equal calls are made once, calls of
constants are made when the program is (up to 64 KiB each), and what nothing needs is left out.
Where many results are multiplied by one number, as gradients by a learning rate, the number that
backpropagation starts from is multiplied instead, once. From eight on, products of the entries
of an array by one matrix, products that are summed, and a function of many small arrays are one
call each. Numbers move only among factors where they
are between 2**-32 and 2**32, and out of a sum only where it cannot overflow for that.
"""


def page() -> str:
    """The text of the page."""
    algebra = [rule for found in ALGEBRA.values() for rule in found]
    stable = [f"\n### {table.name}\n\n{_table(rules(table))}" for table in STABLE_FORMS]
    parts = [HEAD, STABLE.rstrip(), *stable, FORMS, _table(CANONICAL.values())]
    return "\n".join([*parts, EQUATIONS, _table(algebra)]) + "\n"


def _table(functions: Iterable[Callable[..., Any]]) -> str:
    rows = [
        f"| `{function.__name__}` | {' '.join((function.__doc__ or '').split())} |"
        for function in dict.fromkeys(functions)
    ]
    return "\n".join(["| rule | equation |", "|---|---|", *rows])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
