"""Rearranging the elements of an array: other shapes, other orders of axes, repeats."""

from __future__ import annotations

from typing import Any

from ... import shapes
from ...errors import DTypeError
from ...graph import Node, Operation
from ...registry import RegisterGradient
from ...shapes import Axis
from .like import reshape_like

__all__ = [
    "BroadcastTo", "ExpandDims", "Reshape", "Squeeze", "Swapaxes", "Transpose", "broadcast_to",
    "expand_dims", "matrix_transpose", "permute_dims", "ravel", "reshape", "squeeze", "swapaxes",
    "transpose",
]  # fmt: skip


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
    if sizes is None:
        raise DTypeError("broadcast_to: a shape is wanted, not None")
    return BroadcastTo(x, to=(sizes,) if isinstance(sizes, int) else sizes, name=name)


permute_dims = transpose  # the Array API's name
