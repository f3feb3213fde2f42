"""Fitting one array to the shape of another, which may be known only in a run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ... import registry, shapes
from ...dtypes import DType, as_dtype
from ...errors import ShapeError
from ...graph import Node, Operation, building, current, operand
from ...primitives import Spec
from ...registry import NotDifferentiable, RegisterGradient
from ...shapes import Axis, Size
from ..elementwise import cast

__all__ = [
    "BroadcastLike", "Count", "OnesLike", "ReshapeLike", "SameShape", "SumTo", "ZerosLike",
    "broadcast_like", "count", "ones_like", "reshape_like", "same_shape", "sum_to", "zeros_like",
]  # fmt: skip


def as_node(value: Any, beside: Iterable[Any] = ()) -> Node:
    """The value as a node, in the graph of the nodes `beside`; a Python number stays weak."""
    if isinstance(value, Node):
        return value
    first = next((node for node in beside if isinstance(node, Node)), None)
    with building(graph=current().graph if first is None else first.graph):
        return operand(value)


def as_nodes(*values: Any) -> list[Node]:
    """The values as nodes of one graph, that of the first node among them."""
    return [as_node(value, values) for value in values]


class ZerosLike(Operation):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.zeros_like(x)


NotDifferentiable("ZerosLike")


def zeros_like(x: Any, dtype: Any = None, name: str | None = None) -> Node:
    """Zeros of the shape of x, and of its dtype unless one is given."""
    node = ZerosLike(x, name=name)
    return node if dtype is None or node.dtype == as_dtype(dtype) else cast(node, dtype)


def new_zeros(xp: Any, like: Any, dtype: DType) -> Any:
    """Zeros of some dtype in the shape of `like`, which only a run may find, for a forward."""
    if shapes.is_known(like.shape):
        return xp.zeros(like.shape, dtype=dtype)
    return xp.astype(xp.zeros_like(like), dtype)


class OnesLike(Operation):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.ones_like(x)


NotDifferentiable("OnesLike")


def ones_like(x: Any, dtype: Any = None, name: str | None = None) -> Node:
    """Ones of the shape of x, and of its dtype unless one is given."""
    node = OnesLike(x, name=name)
    return node if dtype is None or node.dtype == as_dtype(dtype) else cast(node, dtype)


class SumTo(Operation):
    """The sum over the axes along which `like` was broadcast; settled when shapes are known."""

    def infer(self, *specs: Spec) -> Spec:
        x, like = specs
        return Spec(like.shape, x.dtype)

    def compute(self, xp: Any, x: Any, like: Any) -> Any:
        axes = _broadcast_axes(x.shape, like.shape)
        if axes is None:
            return xp.sum_like(x, like)  # of a size that only a run finds
        lead, ones = axes
        total = xp.sum(x, axis=lead + ones, keepdims=True)
        return xp.squeeze(total, axis=lead)

    def expand(self) -> Node | None:
        return _summed(*self.inputs)


@RegisterGradient("SumTo")
def _sum_to_grad(op: Node, grad: Node) -> list[Node | None]:
    return [broadcast_like(grad, op.inputs[0]), None]


def sum_to(x: Any, like: Node) -> Node:
    """x summed over the axes along which `like` was broadcast to it: exactly of like's shape."""
    x = as_node(x)
    simple = _summed(x, like)
    return SumTo(x, like) if simple is None else simple


def _summed(x: Node, like: Node) -> Node | None:
    if shapes.surely_equal(x.shape, like.shape):
        return x
    axes = _broadcast_axes(x.shape, like.shape)
    if axes is None:
        return None
    lead, ones = axes
    total = x.sum(lead) if lead else x
    return total.sum(tuple([axis - len(lead) for axis in ones]), True) if ones else total


def _broadcast_axes(
    shape: shapes.Shape, like: shapes.Shape
) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """The leading axes that `like` lacks and those where it has size 1; None if not known."""
    if shape is None or like is None:
        return None
    lead = len(shape) - len(like)
    if lead < 0:
        raise ShapeError(f"{shapes.show(shape)} has fewer axes than {shapes.show(like)}")
    ones = []
    for axis, (size, wanted) in enumerate(zip(shape[lead:], like, strict=True), lead):
        if wanted == 1:
            if size != 1:
                ones.append(axis)
        elif isinstance(wanted, int) or (wanted is not None and wanted == size):
            if not shapes.maybe_equal((size,), (wanted,)):
                raise ShapeError(f"{shapes.show(shape)} is not broadcast from {shapes.show(like)}")
        else:
            return None
    return tuple(range(lead)), tuple(ones)


class BroadcastLike(Operation):
    """x repeated to the shape of `like`; settled when that is known."""

    def infer(self, *specs: Spec) -> Spec:
        x, like = specs
        return Spec(like.shape, x.dtype)

    def compute(self, xp: Any, x: Any, like: Any) -> Any:
        if shapes.is_known(like.shape):
            return xp.broadcast_to(x, like.shape)
        return xp.masked(x, xp.ones_like(like))  # of a size that only a run finds

    def expand(self) -> Node | None:
        return _broadcast(*self.inputs)


@RegisterGradient("BroadcastLike")
def _broadcast_like_grad(op: Node, grad: Node) -> list[Node | None]:
    return [grad, None]  # the loop sums it to the shape of the input


def broadcast_like(x: Any, like: Node) -> Node:
    """x repeated to fill the shape of `like`, by the rules of broadcasting."""
    x = as_node(x)
    simple = _broadcast(x, like)
    return BroadcastLike(x, like) if simple is None else simple


def _broadcast(x: Node, like: Node) -> Node | None:
    if shapes.surely_equal(x.shape, like.shape):
        return x
    return registry.call("broadcast_to", x, like.shape) if shapes.is_known(like.shape) else None


def _in_shape_of(xp: Any, x: Any, like: Any) -> Any:
    if shapes.is_known(like.shape):
        return xp.reshape(x, like.shape)
    return xp.reshape_like(x, like)  # of a size that only a run finds


class ReshapeLike(Operation):
    """The elements of x in the shape of `like`; settled when that is known."""

    def infer(self, *specs: Spec) -> Spec:
        x, like = specs
        return Spec(like.shape, x.dtype)

    def compute(self, xp: Any, x: Any, like: Any) -> Any:
        return _in_shape_of(xp, x, like)

    def expand(self) -> Node | None:
        return _reshaped(*self.inputs)


@RegisterGradient("ReshapeLike")
def _reshape_like_grad(op: Node, grad: Node) -> list[Node | None]:
    return [reshape_like(grad, op.inputs[0]), None]


def reshape_like(x: Any, like: Node) -> Node:
    """The elements of x, row by row, in the shape of `like`."""
    x = as_node(x)
    simple = _reshaped(x, like)
    return ReshapeLike(x, like) if simple is None else simple


def _reshaped(x: Node, like: Node) -> Node | None:
    if shapes.surely_equal(x.shape, like.shape):
        return x
    return x.reshape(like.shape) if shapes.is_known(like.shape) else None


class SameShape(Operation):
    """x, which must have the shape of `like`; settled when both are known."""

    def infer(self, *specs: Spec) -> Spec:
        x, like = specs
        if not shapes.maybe_equal(x.shape, like.shape):
            raise ShapeError(
                f"{shapes.show(x.shape)} for {shapes.show(like.shape)}: the shapes must be equal",
                "reshape one of them: they would broadcast to something else",
            )
        return Spec(like.shape if x.shape is None else x.shape, x.dtype)

    def compute(self, xp: Any, x: Any, like: Any) -> Any:
        return _in_shape_of(xp, x, like)

    def expand(self) -> Node | None:
        x, like = self.inputs
        return x if shapes.surely_equal(x.shape, like.shape) else None


@RegisterGradient("SameShape")
def _same_shape_grad(op: Node, grad: Node) -> list[Node | None]:
    return [grad, None]


def same_shape(x: Any, like: Node) -> Node:
    """x itself; a run in which it has not exactly the shape of `like` raises ShapeError."""
    x = as_node(x)
    return x if shapes.surely_equal(x.shape, like.shape) else SameShape(x, like)


class Count(Operation):
    """The number of elements along some axes, as a number of some dtype."""

    attributes = ("axis", "to")

    axis: Axis
    to: DType

    def infer(self, *specs: Spec) -> Spec:
        return Spec((), self.to)

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.ones((), dtype=self.to) * _count(x.shape, self.axis)

    def expand(self) -> Node | None:
        (x,) = self.inputs
        return _counted(x, self.axis, self.to)


NotDifferentiable("Count")


def count(x: Node, axis: Axis = None, dtype: Any = None) -> Node:
    """The number of elements of x along `axis` (all axes by default), of x's dtype by default."""
    to = x.dtype if dtype is None else as_dtype(dtype)
    simple = _counted(x, axis, to)
    return Count(x, axis=axis, to=to) if simple is None else simple


def _counted(x: Node, axis: Axis, to: DType) -> Node | None:
    if x.shape is None or _count(x.shape, axis) is None:
        return None
    return as_node(np.asarray(_count(x.shape, axis), to), [x])


def _count(shape: tuple[Size, ...], axis: Axis) -> int | None:
    axes = shapes.normalize_axes(axis, len(shape))
    return shapes.element_count(tuple([shape[a] for a in axes]))
