"""What rules look for: numbers, and the several ways one formula is written."""

from __future__ import annotations

from typing import Any

from ..graph import Constant, Node
from ..ops.array import ExpandDims, Reshape
from ..ops.elementwise import (
    Absolute,
    Add,
    Exp,
    Multiply,
    Negative,
    Power,
    Sigmoid,
    Square,
    negative,
)
from ..ops.indexing import Getitem, Slice
from ..ops.reduction import Sum
from ..shapes import surely_equal
from .engine import Look

_MOST_TERMS = 8


def is_number(node: Node, value: float) -> bool:
    """Whether the node is the scalar constant `value`."""
    return isinstance(node, Constant) and node.shape == () and bool(node.value == value)


def beside(op: Node, value: float) -> Node | None:
    """The other operand of a two-operand node of which one is the scalar constant `value`."""
    a, b = op.inputs
    return b if is_number(a, value) else a if is_number(b, value) else None


def is_root(node: Node) -> bool:
    """Whether the node is sqrt(x) or x ** 0.5."""
    return not isinstance(node, Power) or is_number(node.inputs[1], 0.5)


def terms(total: Add, look: Look) -> list[Node]:
    """What is added up in a sum of sums, from left to right."""
    found: list[Node] = []
    todo: list[Node] = [*total.inputs[::-1]]
    while todo:
        node = todo.pop()
        inner = look(node, Add) if len(found) + len(todo) < _MOST_TERMS else None
        if inner is None:
            found.append(node)
        else:
            todo.extend(inner.inputs[::-1])
    return found


def exp_of(node: Node, look: Look) -> Node | None:
    """x, if the node is exp(x) of floats."""
    return _floats(look(node, Exp))


def sigmoid_of(node: Node, look: Look) -> Node | None:
    """x, if the node is sigmoid(x) of floats."""
    return _floats(look(node, Sigmoid))


def _floats(found: Node | None) -> Node | None:
    """The operand, if it holds floats."""
    return found.inputs[0] if found is not None and _is_real(found) else None


def one_plus_exp(node: Node, look: Look) -> Node | None:
    """x, if the node is 1 + exp(x) or exp(x) + 1."""
    total = look(node, Add)
    other = beside(total, 1) if total is not None else None
    return exp_of(other, look) if other is not None else None


def negated(node: Node, look: Look) -> Node:
    """-node, or x if the node is -x."""
    found = look(node, Negative)
    if found is not None:
        return found.inputs[0]
    product = look(node, Multiply)
    other = beside(product, -1) if product is not None else None
    return other if other is not None else negative(node)


def _is_real(op: Node) -> bool:
    """Whether the operand holds floats: integers wrap around, and complex numbers have branches."""
    return op.inputs[0].dtype.kind == "f"


def squared(node: Node, look: Look) -> Node | None:
    """x, if the node is square(x), x * x, x ** 2 or abs(x) ** 2 of floats."""
    found = look(node, Square, Multiply, Power)
    if found is None or not _is_real(found):
        return None
    base = found.inputs[0]
    if isinstance(found, Multiply) and found.inputs[1] is not base:
        return None
    if isinstance(found, Power) and not is_number(found.inputs[1], 2):
        return None
    size = look(base, Absolute)
    return size.inputs[0] if size is not None else base


def total_along(node: Node, like: Node, look: Look) -> tuple[Node, Any] | None:
    """`(x, axis)`, if the node is sum(x, axis) in a form that divides an array shaped like `like`.

    That is sum(..., keepdims=True), sum(...)[:, None], expand_dims(sum(...)), or the sum of all.
    """
    inner = look(node, Sum)
    if inner is not None:
        x = inner.inputs[0]
        if inner.keepdims or inner.axis is None or _is_vector_sum(inner, like):
            return x, None if not inner.keepdims and inner.axis is not None else inner.axis
        return None
    outer = look(node, ExpandDims, Getitem, Reshape)
    inner = look(outer.inputs[0], Sum) if outer is not None else None
    if outer is None or inner is None or inner.keepdims or not isinstance(inner.axis, int):
        return None
    return (inner.inputs[0], inner.axis) if _restores(outer, inner, like) else None


def _is_vector_sum(total: Sum, like: Node) -> bool:
    return like.shape is not None and len(like.shape) == 1


def _restores(outer: Node, total: Sum, like: Node) -> bool:
    """Whether `outer` puts the summed axis back with size 1."""
    if like.shape is None:
        return False
    rank = len(like.shape)
    axis = total.axis % rank  # type: ignore[operator]  # an int, as the caller checked
    if isinstance(outer, ExpandDims):
        return isinstance(outer.axis, int) and outer.axis % rank == axis
    if isinstance(outer, Getitem):
        return list(outer.key) in _insertions(axis, rank)
    kept = (*like.shape[:axis], 1, *like.shape[axis + 1 :])
    return surely_equal(outer.shape, kept)


def _insertions(axis: int, rank: int) -> list[list[Any]]:
    """The keys that put a new axis there: x[:, None], x[..., None], x[None] and their like."""
    every = Slice((None, None, None))
    before, after = [every] * axis, [every] * (rank - 1 - axis)
    return [[*before, None, *after], [*before, None], [Ellipsis, None, *after]]
