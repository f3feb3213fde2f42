"""Arrays joined as rows, columns and blocks; everything made of `concatenate`."""

from __future__ import annotations

from typing import Any

from ...errors import ShapeError
from ...graph import Node
from ..array import as_node, concatenate, expand_dims, ravel
from .known import rank_of

__all__ = [
    "append", "atleast_1d", "atleast_2d", "atleast_3d", "block", "column_stack", "dstack", "hstack",
    "vstack",
]  # fmt: skip


def _one_or_all(found: list[Node]) -> Any:
    return found[0] if len(found) == 1 else tuple(found)


def atleast_1d(*arys: Any) -> Any:
    """The array, or a tuple of the arrays, with one axis where there is none."""
    return _one_or_all([_at_least_1(as_node(x)) for x in arys])


def _at_least_1(x: Node) -> Node:
    return x if rank_of("atleast_1d", x) else expand_dims(x, 0)


def atleast_2d(*arys: Any) -> Any:
    """The array, or a tuple of the arrays, as matrices: a vector is a row."""
    return _one_or_all([_at_least_2(as_node(x)) for x in arys])


def _at_least_2(x: Node) -> Node:
    rank = rank_of("atleast_2d", x)
    return x if rank > 1 else expand_dims(x, 0 if rank else (0, 1))


def atleast_3d(*arys: Any) -> Any:
    """The array, or a tuple of the arrays, with three axes: a matrix gets a last one."""
    return _one_or_all([_at_least_3(as_node(x)) for x in arys])


def _at_least_3(x: Node) -> Node:
    rank = rank_of("atleast_3d", x)
    if rank > 2:
        return x
    return expand_dims(x, [(0, 1, 2), (0, 2), -1][rank])


def vstack(tup: Any, name: str | None = None) -> Node:
    """The arrays one above the other; vectors are rows."""
    return concatenate([_at_least_2(as_node(x)) for x in tup], 0, name=name)


def hstack(tup: Any, name: str | None = None) -> Node:
    """The arrays side by side: along axis 1, vectors along their only axis."""
    nodes = [_at_least_1(as_node(x)) for x in tup]
    return concatenate(nodes, min([1, *[rank_of("hstack", x) - 1 for x in nodes]]), name=name)


def dstack(tup: Any, name: str | None = None) -> Node:
    """The arrays one behind the other, along axis 2."""
    return concatenate([_at_least_3(as_node(x)) for x in tup], 2, name=name)


def column_stack(tup: Any, name: str | None = None) -> Node:
    """Vectors as columns, and matrices, side by side."""
    nodes = [_at_least_1(as_node(x)) for x in tup]
    columns = [expand_dims(x, 1) if rank_of("column_stack", x) == 1 else x for x in nodes]
    return concatenate(columns, 1, name=name)


def append(arr: Any, values: Any, axis: int | None = None, name: str | None = None) -> Node:
    """The values behind the array along `axis`, or behind its elements in one axis."""
    x, y = as_node(arr), as_node(values)
    if axis is None:
        return concatenate([ravel(x), ravel(y)], 0, name=name)
    return concatenate([x, y], axis, name=name)


def block(arrays: Any, name: str | None = None) -> Node:
    """Nested lists of arrays joined: the innermost along the last axis, outer ones before it."""
    depth = _depth(arrays)
    if depth == 0:
        return as_node(arrays)
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


def _leaves(arrays: Any) -> list[Node]:
    if not isinstance(arrays, list):
        return [as_node(arrays)]
    return [leaf for part in arrays for leaf in _leaves(part)]


def _joined(arrays: Any, depth: int, rank: int, name: str | None = None) -> Node:
    if depth == 0:
        x = as_node(arrays)
        missing = rank - rank_of("block", x)
        return expand_dims(x, tuple(range(missing))) if missing else x
    parts = [_joined(part, depth - 1, rank) for part in arrays]
    return concatenate(parts, -depth, name=name)
