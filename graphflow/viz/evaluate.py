"""Nodes evaluated for plots: on grids of values, with errors that name the plot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import DTypeError, NumericError, ShapeError
from ..graph import Node, entered_session
from ..session import Session
from ..shapes import maybe_equal

_Array = np.ndarray[Any, Any]


def session_or_entered(session: Session | None) -> Session:
    """The session given, else that of the `with` block, else a new one."""
    return session or entered_session.get() or Session()


def real_scalar(caller: str, loss: Any) -> Node:
    """`loss`, a node that may be a real number. Raises DTypeError or ShapeError."""
    if not isinstance(loss, Node):
        raise DTypeError(f"{caller}: {loss!r} is not a node")
    if loss.is_update or loss.dtype.kind not in "fiub":
        raise DTypeError(f"{caller}: {loss.describe()} is no real number")
    if not maybe_equal(loss.shape, ()):
        raise ShapeError(
            f"{caller}: the loss is a scalar, not {loss.describe()}", "take gf.mean or gf.sum of it"
        )
    return loss


def scalar_of(caller: str, node: Node, feeds: Sequence[Node], session: Session, rest: Any) -> Any:
    """`node` as a function of arrays for `feeds`, with `rest` fed as well: a float."""
    more = dict(rest or {})
    call = session.make_callable(node, [*feeds, *more])
    others = [np.asarray(value, key.dtype) for key, value in more.items()]

    def value(*arrays: Any) -> float:
        found = np.asarray(call(*arrays, *others))
        if found.shape != ():
            raise ShapeError(f"{caller}: the loss is a scalar, its value has shape {found.shape}")
        return float(found)

    return value


def on_grid(value: Callable[[float, float], float], xs: _Array, ys: _Array) -> _Array:
    """`value(x, y)` for all places: (len(ys), len(xs)), as contours take it."""
    return np.array([[value(float(x), float(y)) for x in xs] for y in ys])


def count_not_finite(caller: str, values: _Array) -> str:
    """A note on how many values are NaN or infinite; empty for none.

    Raises NumericError when all are.
    """
    bad = int((~np.isfinite(values)).sum())
    if bad == values.size:
        raise NumericError(f"{caller}: all {bad} values are NaN or infinite")
    return f"{bad} of {values.size} values are NaN or infinite" if bad else ""


def checked_range(caller: str, pair: Any) -> tuple[float, float]:
    """A range as two finite numbers, the lower first. Raises ValueError for anything else."""
    try:
        low, high = (float(end) for end in pair)
    except (TypeError, ValueError):
        raise ValueError(
            f"{caller}: a range is two numbers (low, high), not {pair!r:.60}"
        ) from None
    if not (np.isfinite([low, high]).all() and low < high):
        raise ValueError(f"{caller}: a range goes from low to high, not ({low:g}, {high:g})")
    return low, high


def checked_count(caller: str, name: str, given: Any, most: int) -> int:
    """An integer from 2 to `most`. Raises ValueError for anything else."""
    if isinstance(given, bool) or not isinstance(given, int | np.integer) or not 2 <= given <= most:
        raise ValueError(f"{caller}: {name} is an integer from 2 to {most}, not {given!r}")
    return int(given)
