"""Arrays as a reader takes them in: a number, a small table, or shape, norm and first entries."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dtypes import Array
from ..shapes import show

INLINE = 4  # elements of an array that stands in a line of text
ROWS, COLUMNS = 6, 6  # of a table


def number(x: Any, digits: int = 4) -> str:
    """A number in a few significant digits, with a real minus sign and without a negative 0."""
    if isinstance(x, bool | np.bool_ | int | np.integer):
        return str(x).replace("-", "−")
    return f"{x + 0.0:.{digits}g}".replace("-", "−")


def inline(value: Array) -> str:
    """`0.25`, `[1, −2]`, or `(3×10 ‖4.123‖)`, shape and norm, where there are more elements."""
    if value.ndim == 0:
        return number(value[()])
    if 0 < value.size <= INLINE:
        return _nested(value)
    return f"({'×'.join(map(str, value.shape))} ‖{number(norm(value))}‖)"


def _nested(value: Array) -> str:
    flat = [number(x) for x in value.ravel()]
    for size in reversed(value.shape[1:]):  # innermost brackets first
        count = len(flat) // size if size else 0
        flat = [f"[{', '.join(flat[i * size : (i + 1) * size])}]" for i in range(count)]
    return f"[{', '.join(flat)}]"


def norm(value: Array) -> float:
    """The square root of the sum of the squares of the elements."""
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.sum(np.abs(value.astype(complex)) ** 2)))


def table(value: Array) -> dict[str, Any]:
    """Type, norm and the first entries in rows, as a page shows them.

    `more` says what the rows leave out; it is empty where they hold every entry.
    """
    rows = value.reshape(1, -1) if value.ndim < 2 else value.reshape(-1, value.shape[-1])
    shown = rows[:ROWS, :COLUMNS]
    return {
        "type": f"{value.dtype}{show(value.shape)}",
        "norm": "" if value.size <= 1 else number(norm(value), 6),
        "rows": [[number(x, 6) for x in row] for row in shown],
        "more": "" if shown.size == value.size else f"{shown.size} of {value.size} entries",
    }


def first_entries(value: Array, count: int) -> list[tuple[int, ...]]:
    """The indices of the first entries, in the order of rows."""
    return [
        tuple(map(int, np.unravel_index(i, value.shape))) for i in range(min(count, value.size))
    ]
