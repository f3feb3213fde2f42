"""Products along an axis and running sums and products, with gradients that divide by nothing.

The gradient of a product is the product of the others. Dividing the whole by each factor fails
where one is 0, so it is made of running products from both ends, and those in turn of about
log2(n) multiplications of shifted arrays (W. D. Hillis, G. L. Steele, "Data parallel algorithms",
1986), which can be differentiated again. For that the size of the axis must be known.
"""

from __future__ import annotations

from typing import Any

from .. import shapes
from ..errors import ShapeError
from ..graph import Node, Operation
from ..registry import RegisterGradient
from ..shapes import Axis
from .array import as_node, concatenate, expand_dims, ones_like, ravel, zeros_like

__all__ = [
    "Cumprod", "Cumsum", "Prod", "cumprod", "cumsum", "cumulative_prod", "cumulative_sum", "prod",
]  # fmt: skip


def _part(x: Node, axis: int, start: int | None, stop: int | None, step: int = 1) -> Node:
    return x[(*[slice(None)] * axis, slice(start, stop, step))]


def _reversed(x: Node, axis: int) -> Node:
    return _part(x, axis, None, None, -1)


def _count(op: Node, x: Node, axis: int) -> int:
    size = x.shape[axis] if x.shape is not None else None
    if not isinstance(size, int):
        raise ShapeError(
            f"gradients: the size of axis {axis} must be known for the gradient of {op.describe()}",
            "give the placeholder that size",
        )
    return size


def _before(x: Node, axis: int) -> Node:
    """The products of all that stands before each entry; 1 for the first."""
    count = x.shape[axis] if x.shape is not None else None
    assert isinstance(count, int)
    first = ones_like(_part(x, axis, 0, 1))
    running = concatenate([first, _part(x, axis, 0, -1)], axis)
    step = 1
    while step < count:
        joined = _part(running, axis, step, None) * _part(running, axis, None, -step)
        running = concatenate([_part(running, axis, None, step), joined], axis)
        step *= 2
    return running


class Prod(Operation):
    attributes = ("axis", "keepdims")

    axis: int
    keepdims: bool

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.prod(x, axis=self.axis, keepdims=self.keepdims)


@RegisterGradient("Prod")
def _prod_grad(op: Prod, grad: Node) -> Node:
    (x,) = op.inputs
    if not _count(op, x, op.axis):
        return zeros_like(x)
    others = _before(x, op.axis) * _reversed(_before(_reversed(x, op.axis), op.axis), op.axis)
    return (grad if op.keepdims else expand_dims(grad, op.axis)) * others


def prod(x: Any, axis: Axis = None, keepdims: bool = False, name: str | None = None) -> Node:
    """The product over `axis` (an int, a tuple, or None for all axes); 1 for no elements.

    The gradient is the product of the other factors, zeros among them or not; taking it raises
    ShapeError where the size of the axis is not known. Small integers and booleans are multiplied
    as 64-bit integers.
    """
    node = as_node(x)
    if axis is None and not keepdims:
        return Prod(ravel(node), axis=0, keepdims=False, name=name)
    if node.shape is None:
        raise ShapeError(f"prod: the rank must be known: {node.describe()}")
    axes = shapes.normalize_axes(shapes.as_axis(axis), len(node.shape))
    for place in axes[::-1]:
        node = Prod(node, axis=place, keepdims=bool(keepdims), name=name)
    return node


class Cumsum(Operation):
    attributes = ("axis",)

    axis: int

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.cumsum(x, axis=self.axis)


@RegisterGradient("Cumsum")
def _cumsum_grad(op: Cumsum, grad: Node) -> Node:
    return _reversed(Cumsum(_reversed(grad, op.axis), axis=op.axis), op.axis)


def cumsum(a: Any, axis: int | None = None, name: str | None = None) -> Node:
    """The running sums along `axis`, or of the flattened array; each counts its own entry."""
    x, place = _line(a, axis)
    return Cumsum(x, axis=place, name=name)


class Cumprod(Operation):
    attributes = ("axis",)

    axis: int

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.cumprod(x, axis=self.axis)


@RegisterGradient("Cumprod")
def _cumprod_grad(op: Cumprod, grad: Node) -> Node:
    """d/dx_i = (x_0 ... x_(i-1)) r_i, where r_i = grad_i + x_(i+1) r_(i+1)."""
    (x,) = op.inputs
    if not _count(op, x, op.axis):
        return zeros_like(x)
    return _before(x, op.axis) * _recurrence(x, grad, op.axis)


def _recurrence(x: Node, grad: Node, axis: int) -> Node:
    """r with r_i = grad_i + x_(i+1) r_(i+1): affine maps joined over ever longer stretches."""
    count = x.shape[axis] if x.shape is not None else None
    assert isinstance(count, int)
    last = zeros_like(_part(x, axis, 0, 1))
    factor, total = concatenate([_part(x, axis, 1, None), last], axis), grad
    step = 1
    while step < count:
        near, far = _part(factor, axis, None, -step), _part(factor, axis, step, None)
        head = _part(total, axis, None, -step) + near * _part(total, axis, step, None)
        total = concatenate([head, _part(total, axis, -step, None)], axis)
        factor = concatenate([near * far, _part(factor, axis, -step, None)], axis)
        step *= 2
    return total


def cumprod(a: Any, axis: int | None = None, name: str | None = None) -> Node:
    """The running products along `axis`, or of the flattened array.

    The gradient holds where factors are 0; taking it raises ShapeError where the size of the axis
    is not known.
    """
    x, place = _line(a, axis)
    return Cumprod(x, axis=place, name=name)


def _line(a: Any, axis: int | None) -> tuple[Node, int]:
    """The array and the axis to go along, counted from 0; flattened where none is given."""
    x = as_node(a)
    if axis is None:
        return ravel(x), 0
    if x.shape is None:
        raise ShapeError(f"the rank must be known to go along an axis: {x.describe()}")
    return x, shapes.normalize_axis(axis, len(x.shape))


def cumulative_sum(
    x: Any, axis: int | None = None, include_initial: bool = False, name: str | None = None
) -> Node:
    """The running sums along `axis`, behind a 0 if asked; a vector needs no axis."""
    return _cumulative(cumsum, zeros_like, x, axis, include_initial, name)


def cumulative_prod(
    x: Any, axis: int | None = None, include_initial: bool = False, name: str | None = None
) -> Node:
    """The running products along `axis`, behind a 1 if asked; a vector needs no axis."""
    return _cumulative(cumprod, ones_like, x, axis, include_initial, name)


def _cumulative(
    scan: Any, first: Any, x: Any, axis: int | None, include_initial: bool, name: str | None
) -> Node:
    node = as_node(x)
    if axis is None and node.ndim != 1:
        raise ShapeError(f"cumulative: axis= is needed unless x is a vector: {node.describe()}")
    found: Node = scan(node, 0 if axis is None else axis, name=name)
    if not include_initial:
        return found
    _, place = _line(node, 0 if axis is None else axis)
    return concatenate([first(found.sum(place, True)), found], place)
