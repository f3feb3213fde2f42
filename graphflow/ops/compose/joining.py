"""Arrays joined as rows, columns and blocks, and parts put in and taken out."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import ShapeError
from ...graph import Node
from ...shapes import normalize_axis
from ..array import as_node, as_nodes, broadcast_to, concatenate, expand_dims, ravel, swapaxes
from .arranging import split
from .known import along, listed, rank_of, sizes_of

__all__ = [
    "append", "atleast_1d", "atleast_2d", "atleast_3d", "block", "column_stack", "compress",
    "dsplit", "dstack", "extract", "hsplit", "hstack", "insert", "vsplit", "vstack",
]  # fmt: skip


def _one_or_all(found: list[Node]) -> Any:
    return found[0] if len(found) == 1 else tuple(found)


def atleast_1d(*arys: Any) -> Any:
    """The array, or a tuple of the arrays, with one axis where there is none."""
    return _one_or_all([_at_least_1(x) for x in as_nodes(*arys)])


def _at_least_1(x: Node) -> Node:
    return x if rank_of("atleast_1d", x) else expand_dims(x, 0)


def atleast_2d(*arys: Any) -> Any:
    """The array, or a tuple of the arrays, as matrices: a vector is a row."""
    return _one_or_all([_at_least_2(x) for x in as_nodes(*arys)])


def _at_least_2(x: Node) -> Node:
    rank = rank_of("atleast_2d", x)
    return x if rank > 1 else expand_dims(x, 0 if rank else (0, 1))


def atleast_3d(*arys: Any) -> Any:
    """The array, or a tuple of the arrays, with three axes: a matrix gets a last one."""
    return _one_or_all([_at_least_3(x) for x in as_nodes(*arys)])


def _at_least_3(x: Node) -> Node:
    rank = rank_of("atleast_3d", x)
    if rank > 2:
        return x
    return expand_dims(x, [(0, 1, 2), (0, 2), -1][rank])


def vstack(tup: Any, name: str | None = None) -> Node:
    """The arrays one above the other; vectors are rows."""
    return concatenate([_at_least_2(x) for x in listed("vstack", tup)], 0, name=name)


def hstack(tup: Any, name: str | None = None) -> Node:
    """The arrays side by side: along axis 1, vectors along their only axis."""
    nodes = [_at_least_1(x) for x in listed("hstack", tup)]
    return concatenate(nodes, min([1, *[rank_of("hstack", x) - 1 for x in nodes]]), name=name)


def dstack(tup: Any, name: str | None = None) -> Node:
    """The arrays one behind the other, along axis 2."""
    return concatenate([_at_least_3(x) for x in listed("dstack", tup)], 2, name=name)


def column_stack(tup: Any, name: str | None = None) -> Node:
    """Vectors as columns, and matrices, side by side."""
    nodes = [_at_least_1(x) for x in listed("column_stack", tup)]
    columns = [expand_dims(x, 1) if rank_of("column_stack", x) == 1 else x for x in nodes]
    return concatenate(columns, 1, name=name)


def append(arr: Any, values: Any, axis: int | None = None, name: str | None = None) -> Node:
    """The values behind the array along `axis`, or behind its elements in one axis."""
    x, y = as_nodes(arr, values)
    if axis is None:
        return concatenate([ravel(x), ravel(y)], 0, name=name)
    return concatenate([x, y], axis, name=name)


def block(arrays: Any, name: str | None = None) -> Node:
    """Nested lists of arrays joined: the innermost along the last axis, outer ones before it."""
    depth = _depth(arrays)
    if depth == 0:
        return as_node(arrays)
    beside = _leaves(arrays)
    arrays = _as_nodes(arrays, beside)
    leaves = _leaves(arrays)
    rank = max([depth, *[rank_of("block", x) for x in leaves]])
    return _joined(arrays, depth, rank, name)


def _depth(arrays: Any) -> int:
    if not isinstance(arrays, list):
        return 0
    depths = {_depth(part) for part in arrays}
    if len(depths) != 1:
        raise ShapeError("block: lists nested to one depth, none of them empty")
    return 1 + depths.pop()


def _as_nodes(arrays: Any, beside: list[Any]) -> Any:
    if isinstance(arrays, list):
        return [_as_nodes(part, beside) for part in arrays]
    return as_node(arrays, beside)


def _leaves(arrays: Any) -> list[Any]:
    if not isinstance(arrays, list):
        return [arrays]
    return [leaf for part in arrays for leaf in _leaves(part)]


def _joined(arrays: Any, depth: int, rank: int, name: str | None = None) -> Node:
    if depth == 0:
        x = as_node(arrays)
        missing = rank - rank_of("block", x)
        return expand_dims(x, tuple(range(missing))) if missing else x
    parts = [_joined(part, depth - 1, rank) for part in arrays]
    return concatenate(parts, -depth, name=name)


def hsplit(ary: Any, indices_or_sections: Any) -> list[Node]:
    """The parts of an array along axis 1, of a vector along its only axis: see `split`."""
    x = as_node(ary)
    return split(x, indices_or_sections, 0 if rank_of("hsplit", x) == 1 else 1)


def vsplit(ary: Any, indices_or_sections: Any) -> list[Node]:
    """The parts of an array along axis 0: see `split`."""
    return split(ary, indices_or_sections, 0)


def dsplit(ary: Any, indices_or_sections: Any) -> list[Node]:
    """The parts of an array along axis 2: see `split`."""
    return split(ary, indices_or_sections, 2)


def insert(
    arr: Any, obj: Any, values: Any, axis: int | None = None, name: str | None = None
) -> Node:
    """The array with `values` put in before the places `obj` along `axis`: `np.insert`.

    `obj` is an integer or several; sizes must be known.
    """
    x, new = as_nodes(arr, values)
    if axis is None:
        return insert(ravel(x), obj, new, 0, name=name)
    place = normalize_axis(axis, rank_of("insert", x))
    sizes = sizes_of("insert", x)
    try:
        marks = np.insert(np.zeros(sizes[place], int), obj, 1)
    except (IndexError, ValueError) as error:
        raise ShapeError(f"insert: {error}: {x.describe()}") from error
    count = int(marks.sum())
    if rank_of("insert", new) == 0 or np.ndim(obj):
        shape = (*sizes[:place], count, *sizes[place + 1 :])
    else:
        shape = (*sizes[:place], *sizes_of("insert", new)[:1], *sizes[place + 1 :])
        if rank_of("insert", new) < rank_of("insert", x):
            shape = (*sizes[:place], 1, *sizes[place + 1 :])
            new = expand_dims(new, 0) if place else new
            new = swapaxes(new, 0, place) if rank_of("insert", new) == len(sizes) else new
    if len(shape) and count != shape[place]:
        marks = np.insert(np.zeros(sizes[place], int), [obj] * shape[place], 1)
    new = broadcast_to(new if new.dtype == x.dtype else new.astype(x.dtype), shape)
    numbers = np.where(marks == 1, sizes[place] + np.cumsum(marks) - 1, np.cumsum(1 - marks) - 1)
    if np.ndim(obj):  # values go with their own places, in whatever order those were given
        order = np.argsort(np.asarray(obj) % (sizes[place] + 1), kind="stable")
        numbers[marks == 1] = sizes[place] + order
    return along(concatenate([x, new], place), place, numbers, name=name)


def compress(condition: Any, a: Any, axis: int | None = None, name: str | None = None) -> Node:
    """The entries along `axis`, or of the flattened array, where a known `condition` is true."""
    if isinstance(condition, Node):
        raise ShapeError(f"compress: the condition must be known: {condition.describe()}")
    x = ravel(as_node(a)) if axis is None else as_node(a)
    place = normalize_axis(0 if axis is None else axis, rank_of("compress", x))
    return along(x, place, np.flatnonzero(np.asarray(condition)), name=name)


def extract(condition: Any, arr: Any, name: str | None = None) -> Node:
    """The elements of the flattened array where a known `condition`, flattened, is true."""
    if isinstance(condition, Node):
        raise ShapeError(f"extract: the condition must be known: {condition.describe()}")
    return compress(np.ravel(condition), arr, name=name)
