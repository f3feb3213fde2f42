"""What must be known of a node for a size or a rank to decide what is built."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ... import shapes
from ...errors import DTypeError, ShapeError
from ...graph import Node
from ...shapes import Axis
from ..array import as_nodes, ravel, reshape, transpose
from ..indexing import getitem


def rank_of(caller: str, x: Node) -> int:
    """The rank. Raises ShapeError where it is not known."""
    if x.shape is None:
        raise ShapeError(f"{caller}: the rank must be known: {x.describe()}")
    return len(x.shape)


def size_of(caller: str, x: Node, axis: int) -> int:
    """The size of an axis. Raises ShapeError where it is not known."""
    if x.shape is not None and not -len(x.shape) <= axis < len(x.shape):
        raise ShapeError(f"{caller}: no axis {axis}: {x.describe()}")
    size = x.shape[axis] if x.shape is not None else None
    if not isinstance(size, int):
        raise ShapeError(f"{caller}: the size of axis {axis} must be known: {x.describe()}")
    return size


def sizes_of(caller: str, x: Node) -> tuple[int, ...]:
    """All sizes. Raises ShapeError where one is not known."""
    return tuple([size_of(caller, x, axis) for axis in range(rank_of(caller, x))])


def listed(caller: str, arrays: Any) -> list[Node]:
    """Several arrays as nodes. Raises DTypeError for what is no sequence, ShapeError for none."""
    if isinstance(arrays, Node) and arrays.shape is None:
        raise ShapeError(f"{caller}: the rank must be known: {arrays.describe()}")
    if not isinstance(arrays, Iterable) or isinstance(arrays, str | bytes):
        raise DTypeError(f"{caller}: a sequence of arrays, not {arrays!r}")
    found = as_nodes(*arrays)
    if not found:
        raise ShapeError(f"{caller}: no arrays were given")
    return found


def along(x: Node, axis: int, part: Any, name: str | None = None) -> Node:
    """x indexed by `part` along one axis, counted from 0."""
    return getitem(x, (*[slice(None)] * axis, part), name=name)


def lined_up(caller: str, x: Node, axis: Axis) -> tuple[Node, tuple[int, ...]]:
    """x with the given axes joined to one, the last, and their places, counted from 0."""
    if axis is None:
        return ravel(x), tuple(range(rank_of(caller, x)))
    rank = rank_of(caller, x)
    axes = shapes.normalize_axes(axis, rank)
    rest = [a for a in range(rank) if a not in axes]
    moved = transpose(x, (*rest, *axes))
    if len(axes) == 1:
        return moved, axes
    sizes = [size_of(caller, x, a) for a in rest]
    return reshape(moved, (*sizes, -1)), axes
