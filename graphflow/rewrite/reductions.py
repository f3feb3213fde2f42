"""What rules look for in reductions: along which axis, and whether the result still broadcasts."""

from __future__ import annotations

from typing import Any

from ..graph import Node
from ..ops.array import Count, ExpandDims, Reshape, Squeeze
from ..ops.elementwise import Divide, Multiply, StopGradient
from ..ops.indexing import Getitem, Slice
from ..ops.reduction import Max, Mean, Sum
from ..shapes import Axis, element_count, normalize_axes, surely_equal
from .engine import Look
from .patterns import number

_EVERY = Slice((None, None, None))


def reduced_along(
    node: Node, kind: type[Sum] | type[Max], like: Node, look: Look
) -> tuple[Node, Any] | None:
    """`(x, axis)`, if the node is a sum or maximum of x in a form that broadcasts beside `like`.

    That is sum(..., keepdims=True), sum(...)[:, None], expand_dims(sum(...)), or the sum of all;
    behind a stop_gradient too.
    """
    node = _unstopped(node, look)
    inner = look(node, kind)
    if inner is not None:
        x = inner.inputs[0]
        if inner.keepdims or inner.axis is None or _rank(like) == 1:
            return x, None if not inner.keepdims and inner.axis is not None else inner.axis
        return None
    outer = look(node, ExpandDims, Getitem, Reshape)
    inner = look(_unstopped(outer.inputs[0], look), kind) if outer is not None else None
    if outer is None or inner is None or inner.keepdims or not isinstance(inner.axis, int):
        return None
    return (inner.inputs[0], inner.axis) if _restores(outer, inner.axis, like) else None


def is_maximum(node: Node, z: Node, axis: Axis, keepdims: bool, look: Look) -> bool:
    """Whether the node is max(z, axis, keepdims), perhaps behind a stop_gradient or reshaped."""
    rank = _rank(z)
    if rank is None:
        return False
    node = _unstopped(node, look)
    top = look(node, Max)
    if top is not None:
        alike = top.keepdims == keepdims or (top.axis is None and axis is None)
        return alike and top.inputs[0] is z and _same_axes(top.axis, axis, rank)
    if keepdims:
        found = reduced_along(node, Max, z, look)
        return found is not None and found[0] is z and _same_axes(found[1], axis, rank)
    outer = look(node, Squeeze, Getitem, Reshape)
    top = look(_unstopped(outer.inputs[0], look), Max) if outer is not None else None
    if outer is None or top is None or not top.keepdims or top.inputs[0] is not z:
        return False
    return _same_axes(top.axis, axis, rank) and _removes(outer, top, rank)


def mean_of(node: Node, look: Look) -> tuple[Node, Axis, bool] | None:
    """`(x, axis, keepdims)`, if the node is the mean of x; also as its sum over the count."""
    found = look(node, Mean)
    if found is not None:
        return found.inputs[0], found.axis, found.keepdims
    quotient = look(node, Divide, Multiply)
    total = look(quotient.inputs[0], Sum) if quotient is not None else None
    if quotient is None or total is None or not _is_count(quotient, total):
        return None
    return total.inputs[0], total.axis, total.keepdims


def _is_count(op: Node, total: Sum) -> bool:
    """Whether a sum is divided by the number of its terms, or multiplied by one over it."""
    x, divisor = total.inputs[0], op.inputs[1]
    if isinstance(divisor, Count):
        alike = divisor.inputs[0] is x and divisor.axis == total.axis
        return isinstance(op, Divide) and alike
    given = number(divisor)
    if not given:
        return False
    return (1 / given if isinstance(op, Divide) else given) == inverse_count(x, total.axis)


def inverse_count(x: Node, axis: Axis) -> float | None:
    """One over the number of elements along an axis, where that is known."""
    if x.shape is None:
        return None
    count = element_count(tuple([x.shape[a] for a in normalize_axes(axis, len(x.shape))]))
    return 1 / count if count else None


def _unstopped(node: Node, look: Look) -> Node:
    found = look(node, StopGradient)
    return found.inputs[0] if found is not None else node


def _rank(node: Node) -> int | None:
    return None if node.shape is None else len(node.shape)


def _same_axes(a: Axis, b: Axis, rank: int) -> bool:
    return normalize_axes(a, rank) == normalize_axes(b, rank)


def _restores(outer: Node, axis: int, like: Node) -> bool:
    """Whether `outer` puts the reduced axis back with size 1."""
    if like.shape is None:
        return False
    rank = len(like.shape)
    axis = axis % rank
    if isinstance(outer, ExpandDims):
        return isinstance(outer.axis, int) and outer.axis % rank == axis
    if isinstance(outer, Getitem):
        return list(outer.key) in _keys(axis, rank, None)
    kept = (*like.shape[:axis], 1, *like.shape[axis + 1 :])
    return surely_equal(outer.shape, kept)


def _removes(outer: Node, top: Max, rank: int) -> bool:
    """Whether `outer` takes the axes of size 1 away that a reduction has kept."""
    axes = normalize_axes(top.axis, rank)
    if isinstance(outer, Squeeze):
        return outer.axis is not None and _same_axes(outer.axis, axes, rank)
    if isinstance(outer, Getitem):
        return len(axes) == 1 and list(outer.key) in _keys(axes[0], rank, 0)
    assert top.shape is not None
    left = tuple([n for a, n in enumerate(top.shape) if a not in axes])
    return surely_equal(outer.shape, left)


def _keys(axis: int, rank: int, there: Any) -> list[list[Any]]:
    """The keys with `there` at that axis: x[:, None], x[..., None], x[None] and their like."""
    before, after = [_EVERY] * axis, [_EVERY] * (rank - 1 - axis)
    return [[*before, there, *after], [*before, there], [Ellipsis, there, *after]]
