"""Padding: an array made longer at its ends, in all of NumPy's modes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import ShapeError
from ...dtypes import DType, float64
from ...graph import Node
from ..array import Pad, as_node, broadcast_to, concatenate
from ..elementwise import floor, rint
from ..reduction import max, mean, min
from .known import along, rank_of, size_of
from .statistics import median

__all__ = ["pad"]

Pairs = list[tuple[Any, Any]]
_PICKING = ("edge", "reflect", "symmetric", "wrap")
_STATISTICS: dict[str, Callable[..., Node]] = {
    "maximum": max, "minimum": min, "mean": mean, "median": median,
}  # fmt: skip


def pad(
    array: Any,
    pad_width: Any,
    mode: str = "constant",
    *,
    constant_values: Any = 0,
    end_values: Any = 0,
    stat_length: Any = None,
    reflect_type: str = "even",
    name: str | None = None,
) -> Node:
    """The array made longer by `pad_width` (before, after) along every axis; `np.pad`'s modes.

    "constant", "edge", "reflect", "symmetric", "wrap", "linear_ramp", "maximum", "mean", "median",
    "minimum" and "empty" (zeros). Widths are a number, a pair, or a pair per axis. Rank must be
    known, and for all modes but "constant" with 0 the sizes of padded axes. Raises ShapeError for
    widths that are negative or do not fit, and for an unknown mode.
    """
    x = as_node(array)
    rank = rank_of("pad", x)
    widths = [(int(a), int(b)) for a, b in _pairs("pad_width", pad_width, rank)]
    if any(n < 0 for pair in widths for n in pair):
        raise ShapeError(f"pad: widths cannot be negative: {pad_width!r}")
    if reflect_type != "even":
        raise ShapeError(f"pad: reflect_type is 'even', not {reflect_type!r}")
    if mode == "empty" or (mode == "constant" and _is_zero(constant_values)):
        return Pad(x, widths=tuple(widths), name=name)
    if mode in _PICKING:
        return _picked(x, widths, mode)
    if mode == "constant":
        ends = _pairs("constant_values", constant_values, rank)
        return _lengthened(x, widths, mode, lambda y, axis, side, n: as_node(ends[axis][side], [x]))
    if mode == "linear_ramp":
        return _lengthened(x, widths, mode, _ramp(_pairs("end_values", end_values, rank)))
    if mode in _STATISTICS:
        lengths = _pairs("stat_length", stat_length, rank)
        return _lengthened(x, widths, mode, _statistic(_STATISTICS[mode], lengths))
    raise ShapeError(f"pad: no mode {mode!r}", "see the docstring of np.pad")


def _is_zero(values: Any) -> bool:
    return not isinstance(values, Node) and bool(np.all(np.asarray(values) == 0))


def _pairs(what: str, given: Any, rank: int) -> Pairs:
    """A pair per axis, from a number, a pair or a list of pairs."""
    if isinstance(given, Node) or given is None:
        return [(given, given)] * rank
    if isinstance(given, dict):
        raise ShapeError(f"pad: {what} is a number, a pair, or a pair per axis")
    try:
        spread = np.broadcast_to(np.asarray(given), (rank, 2))
    except ValueError as error:
        raise ShapeError(f"pad: {what} {given!r} does not fit {rank} axes") from error
    return [(a, b) for a, b in spread.tolist()]


def _picked(x: Node, widths: list[tuple[int, int]], mode: str) -> Node:
    for axis, pair in enumerate(widths):
        if pair != (0, 0):
            places = np.arange(size_of("pad", x, axis))
            if not places.size:
                raise ShapeError(f"pad: nothing to repeat along axis {axis}: {x.describe()}")
            x = along(x, axis, np.pad(places, pair, mode=mode))  # type: ignore[call-overload]
    return x


def _as_dtype(value: Node, dtype: DType, mode: str) -> Node:
    """Means of integers are rounded, ramps of them go down, as NumPy's."""
    if dtype.kind in "iu" and value.dtype.kind == "f":
        value = floor(value) if mode == "linear_ramp" else rint(value)
    return value.astype(dtype)


def _lengthened(
    x: Node,
    widths: list[tuple[int, int]],
    mode: str,
    end: Callable[[Node, int, int, int], Node],
) -> Node:
    """What `end(x, axis, side, width)` gives, put before (side 0) and after (1) x, axis by axis."""
    for axis, pair in enumerate(widths):
        ends = []
        for side, n in enumerate(pair):
            sizes = [size_of("pad", x, a) for a in range(rank_of("pad", x))]
            sizes[axis] = n
            value = end(x, axis, side, n)
            value = value if value.dtype == x.dtype else _as_dtype(value, x.dtype, mode)
            ends.append(broadcast_to(value, tuple(sizes)))
        if pair != (0, 0):
            x = concatenate([ends[0], x, ends[1]], axis)
    return x


def _ramp(ends: Pairs) -> Callable[[Node, int, int, int], Node]:
    def end(x: Node, axis: int, side: int, n: int) -> Node:
        edge = along(x, axis, slice(-1, None) if side else slice(0, 1))
        steps = np.arange(n) / n if n else np.zeros(0)
        kind = x.dtype if x.dtype.kind == "f" else float64
        share = (steps if side == 0 else 1 - (steps + 1 / n if n else steps)).astype(kind)
        share = share.reshape([-1 if a == axis else 1 for a in range(rank_of("pad", x))])
        target = ends[axis][side]
        ramp: Node = target + (edge - target) * share
        return ramp

    return end


def _statistic(of: Callable[..., Node], lengths: Pairs) -> Callable[[Node, int, int, int], Node]:
    def end(x: Node, axis: int, side: int, n: int) -> Node:
        count = lengths[axis][side]
        part = slice(None)
        if count is not None:
            part = slice(-count, None) if side else slice(0, count)
        return of(along(x, axis, part), axis=axis, keepdims=True)

    return end
