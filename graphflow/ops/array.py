"""Shapes: rearranging, joining and repeating arrays, and fitting one to the shape of another."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, ClassVar

from .. import shapes
from ..dtypes import DType, as_dtype
from ..errors import DTypeError, ShapeError
from ..graph import Node, Operation, constant
from ..primitives import Spec
from ..registry import NotDifferentiable, RegisterGradient
from ..shapes import Axis, Size
from .elementwise import cast

__all__ = [
    "BroadcastLike", "BroadcastTo", "Concatenate", "ConcatenatePart", "Count", "ExpandDims",
    "OnesLike", "Reshape", "ReshapeLike", "Squeeze", "Stack", "SumTo", "Swapaxes", "Transpose",
    "ZerosLike", "broadcast_like", "broadcast_to", "concat", "concatenate", "count", "expand_dims",
    "matrix_transpose", "ones_like", "permute_dims", "ravel", "reshape", "reshape_like", "squeeze",
    "stack", "sum_to", "swapaxes", "transpose", "zeros_like",
]  # fmt: skip


def as_node(value: Any) -> Node:
    """The value as a node."""
    return value if isinstance(value, Node) else constant(value)


class Reshape(Operation):
    attributes = ("to",)

    to: tuple[int, ...]

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.reshape(x, self.to)


@RegisterGradient("Reshape")
def _reshape_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return reshape_like(grad, x)


def reshape(x: Any, shape: Any, name: str | None = None) -> Node:
    """The elements of x, row by row, in another shape; one size may be -1, to be worked out.

    Raises ShapeError when the number of elements differs.
    """
    sizes = shapes.as_axis(shape)
    if sizes is None:
        raise DTypeError("reshape: no shape was given")
    return Reshape(x, to=(sizes,) if isinstance(sizes, int) else sizes, name=name)


def ravel(x: Any, name: str | None = None) -> Node:
    """The elements of x, row by row, in one axis."""
    return reshape(x, (-1,), name=name)


class Transpose(Operation):
    attributes = ("axes",)

    axes: tuple[int, ...] | None

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.transpose(x, self.axes)


@RegisterGradient("Transpose")
def _transpose_grad(op: Transpose, grad: Node) -> Node:
    if op.axes is None:
        return transpose(grad)
    order = [axis % len(op.axes) for axis in op.axes]
    return transpose(grad, tuple([order.index(i) for i in range(len(order))]))


def transpose(x: Any, axes: Any = None, name: str | None = None) -> Node:
    """x with its axes in the order `axes`, by default reversed."""
    order = shapes.as_axis(axes)
    return Transpose(x, axes=(order,) if isinstance(order, int) else order, name=name)


class Swapaxes(Operation):
    attributes = ("axis1", "axis2")

    axis1: int
    axis2: int

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.swapaxes(x, self.axis1, self.axis2)


@RegisterGradient("Swapaxes")
def _swapaxes_grad(op: Swapaxes, grad: Node) -> Node:
    return swapaxes(grad, op.axis1, op.axis2)


def swapaxes(x: Any, axis1: int, axis2: int, name: str | None = None) -> Node:
    """x with two axes exchanged."""
    return Swapaxes(x, axis1=shapes.as_axis(axis1), axis2=shapes.as_axis(axis2), name=name)


def matrix_transpose(x: Any, name: str | None = None) -> Node:
    """x with its last two axes exchanged. Raises ShapeError for rank 0 or 1."""
    return swapaxes(x, -1, -2, name=name)


class ExpandDims(Operation):
    attributes = ("axis",)

    axis: Axis

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.expand_dims(x, self.axis)


@RegisterGradient("ExpandDims")
def _expand_dims_grad(op: ExpandDims, grad: Node) -> Node:
    return squeeze(grad, op.axis)


def expand_dims(x: Any, axis: Any, name: str | None = None) -> Node:
    """x with new axes of size 1 at the places `axis` (an int or a tuple) of the result."""
    places = shapes.as_axis(axis)
    if places is None:
        raise DTypeError("expand_dims: axis must be an integer or a tuple of them, not None")
    return ExpandDims(x, axis=places, name=name)


class Squeeze(Operation):
    attributes = ("axis",)

    axis: Axis

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.squeeze(x, axis=self.axis)


@RegisterGradient("Squeeze")
def _squeeze_grad(op: Squeeze, grad: Node) -> Node:
    (x,) = op.inputs
    return reshape_like(grad, x) if op.axis is None else expand_dims(grad, op.axis)


def squeeze(x: Any, axis: Any = None, name: str | None = None) -> Node:
    """x without axes of size 1: those in `axis`, by default all.

    Raises ShapeError for an axis of another size, and by default where sizes are not known.
    """
    return Squeeze(x, axis=shapes.as_axis(axis), name=name)


class BroadcastTo(Operation):
    attributes = ("to",)

    to: tuple[int, ...]

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.broadcast_to(x, self.to)


@RegisterGradient("BroadcastTo")
def _broadcast_to_grad(op: Node, grad: Node) -> Node:
    return grad  # the loop sums it to the shape of the input


def broadcast_to(x: Any, shape: Any, name: str | None = None) -> Node:
    """x repeated to fill `shape`, by the rules of broadcasting."""
    sizes = shapes.as_axis(shape)
    return BroadcastTo(x, to=(sizes,) if isinstance(sizes, int) else sizes, name=name)


class Concatenate(Operation):
    attributes = ("axis",)

    axis: int

    def compute(self, xp: Any, *arrays: Any) -> Any:
        return xp.concatenate(list(arrays), axis=self.axis)


@RegisterGradient("Concatenate")
def _concatenate_grad(op: Concatenate, grad: Node) -> list[Node | None]:
    sizes = _sizes_along(op.inputs, op.axis)
    return [_part(grad, op.inputs, op.axis, sizes, i) for i in range(len(op.inputs))]


def concatenate(arrays: Any, axis: int | None = 0, name: str | None = None) -> Node:
    """The arrays joined along an axis they have; with axis None, their elements in one axis."""
    if isinstance(arrays, Node):
        arrays = list(arrays)
    if axis is None:
        return concatenate([reshape(x, (-1,)) for x in arrays], 0, name=name)
    return Concatenate(*arrays, axis=shapes.as_axis(axis), name=name)


def _sizes_along(arrays: Sequence[Node], axis: int) -> list[Size]:
    return [None if x.shape is None else x.shape[axis] for x in arrays]


def _part(grad: Node, arrays: Sequence[Node], axis: int, sizes: list[Size], index: int) -> Node:
    """The slice of `grad` that stands where `arrays[index]` stands in their concatenation."""
    lengths = [size for size in sizes if isinstance(size, int)]
    if len(lengths) < len(sizes):
        return ConcatenatePart(grad, *arrays, axis=axis, index=index)
    ends = [0, *accumulate(lengths)]
    place = slice(ends[index], ends[index + 1])
    return grad[_along(axis, place)]


def _along(axis: int, item: Any) -> tuple[Any, ...]:
    """The key that indexes one axis, counted from either end."""
    if axis < 0:
        return (Ellipsis, item, *[slice(None)] * (-axis - 1))
    return (*[slice(None)] * axis, item)


class ConcatenatePart(Operation):
    """The part of a gradient that belongs to one of several concatenated arrays."""

    attributes = ("axis", "index")
    shape_only: ClassVar[tuple[int, ...] | None] = None  # all but the first

    axis: int
    index: int

    def infer(self, *specs: Spec) -> Spec:
        return Spec(specs[1 + self.index].shape, specs[0].dtype)

    def compute(self, xp: Any, grad: Any, *arrays: Any) -> Any:
        ends = [0, *accumulate(x.shape[self.axis] for x in arrays)]
        return grad[_along(self.axis, slice(ends[self.index], ends[self.index + 1]))]

    def expand(self) -> Node | None:
        grad, *arrays = self.inputs
        sizes = _sizes_along(arrays, self.axis)
        if not all(isinstance(size, int) for size in sizes):
            return None
        return _part(grad, arrays, self.axis, sizes, self.index)


@RegisterGradient("ConcatenatePart")
def _concatenate_part_grad(op: ConcatenatePart, grad: Node) -> list[Node | None]:
    parts = [zeros_like(x) for x in op.inputs[1:]]
    parts[op.index] = grad
    return [concatenate(parts, op.axis), *[None] * len(parts)]


class Stack(Operation):
    attributes = ("axis",)

    axis: int

    def compute(self, xp: Any, *arrays: Any) -> Any:
        return xp.stack(list(arrays), axis=self.axis)


@RegisterGradient("Stack")
def _stack_grad(op: Stack, grad: Node) -> list[Node | None]:
    return [grad[_along(op.axis, i)] for i in range(len(op.inputs))]


def stack(arrays: Any, axis: int = 0, name: str | None = None) -> Node:
    """Arrays of one shape joined along a new axis at the place `axis` of the result."""
    if isinstance(arrays, Node):
        arrays = list(arrays)
    return Stack(*arrays, axis=shapes.as_axis(axis), name=name)


class ZerosLike(Operation):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.zeros_like(x)


NotDifferentiable("ZerosLike")


def zeros_like(x: Any, dtype: Any = None, name: str | None = None) -> Node:
    """Zeros of the shape of x, and of its dtype unless one is given."""
    node = ZerosLike(x, name=name)
    return node if dtype is None or node.dtype == as_dtype(dtype) else cast(node, dtype)


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
        lead, ones = _broadcast_axes(x.shape, like.shape) or ((), ())
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
    total = x.sum(lead + ones, True) if lead or ones else x
    return squeeze(total, lead) if lead else total


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
        return xp.broadcast_to(x, like.shape)

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
    return broadcast_to(x, like.shape) if shapes.is_known(like.shape) else None


class ReshapeLike(Operation):
    """The elements of x in the shape of `like`; settled when that is known."""

    def infer(self, *specs: Spec) -> Spec:
        x, like = specs
        return Spec(like.shape, x.dtype)

    def compute(self, xp: Any, x: Any, like: Any) -> Any:
        return xp.reshape(x, like.shape)

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
    return reshape(x, like.shape) if shapes.is_known(like.shape) else None


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
    return constant(_count(x.shape, axis), to)


def _count(shape: tuple[Size, ...], axis: Axis) -> int | None:
    axes = shapes.normalize_axes(axis, len(shape))
    return shapes.element_count(tuple([shape[a] for a in axes]))


concat = concatenate  # the Array API's names
permute_dims = transpose
