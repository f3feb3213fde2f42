"""Joining arrays along an axis, and taking a gradient of the whole apart again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from ... import shapes
from ...errors import ShapeError
from ...graph import Node, Operation
from ...primitives import Spec
from ...registry import RegisterGradient
from ...shapes import Size
from .like import zeros_like
from .rearrange import reshape

__all__ = ["Concatenate", "ConcatenatePart", "Pad", "Stack", "concat", "concatenate", "stack"]


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
    """The arrays joined along an axis they have; with axis None, their elements in one axis.

    Raises ShapeError when there are none or their other sizes differ.
    """
    parts = _parts("concatenate", arrays)
    if axis is None:
        return concatenate([reshape(x, (-1,)) for x in parts], 0, name=name)
    return Concatenate(*parts, axis=shapes.as_axis(axis), name=name)


def _parts(caller: str, arrays: Any) -> list[Any]:
    """What is to be joined, one by one. Raises ShapeError for nothing."""
    parts = list(arrays)
    if not parts:
        raise ShapeError(f"{caller}: nothing to join")
    return parts


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
    """Arrays of one shape joined along a new axis at the place `axis` of the result.

    Raises ShapeError when there are none or their shapes differ.
    """
    return Stack(*_parts("stack", arrays), axis=shapes.as_axis(axis), name=name)


concat = concatenate  # the Array API's name


class Pad(Operation):
    """x with zeros around it: so many before and after, for every axis."""

    attributes = ("widths",)

    widths: tuple[tuple[int, int], ...]

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.pad_zeros(x, self.widths)


@RegisterGradient("Pad")
def _pad_grad(op: Pad, grad: Node) -> Node:
    return grad[tuple([slice(a, -b if b else None) for a, b in op.widths])]
