"""Choices between values, elementwise: where, extremes, clipping, and what stops a gradient.

Their gradients are zero where a branch was not taken, and such a zero absorbs whatever infinity or
NaN the branch would contribute (see `absorb`). At ties they follow `docs/kinks.md`.
"""

from __future__ import annotations

from typing import Any

from ...errors import DTypeError
from ...graph import Elementwise, Node
from ...registry import NotDifferentiable, RegisterGradient
from .comparison import (
    equal,
    greater,
    greater_equal,
    isfinite,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    not_equal,
)

__all__ = [
    "Absorb", "Clip", "Hypot", "HypotLess", "HypotShare", "Maximum", "Minimum", "Relu",
    "StopGradient", "Where", "absorb", "clip", "hypot", "hypot_less", "hypot_share", "maximum",
    "minimum", "relu", "stop_gradient", "where",
]  # fmt: skip


class Where(Elementwise):
    safe = True
    masks = True

    def compute(self, xp: Any, condition: Any, x: Any, y: Any) -> Any:
        return xp.where(condition, x, y)


@RegisterGradient("Where")
def _where_grad(op: Node, grad: Node) -> list[Node | None]:
    condition, _, _ = op.inputs
    return [None, where(condition, grad, 0), where(condition, 0, grad)]


def where(condition: Any, x: Any, y: Any, name: str | None = None) -> Node:
    """x where the condition is true, else y, elementwise.

    The operand that is not taken gets the gradient 0, even where it is infinite or NaN.
    """
    return Where(condition, x, y, name=name)


class Maximum(Elementwise):
    safe = True
    masks = True

    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.maximum(x, y)


@RegisterGradient("Maximum")
def _maximum_grad(op: Node, grad: Node) -> list[Node | None]:
    x, y = op.inputs
    shared = where(equal(x, y), grad * 0.5, grad)
    return [where(less(x, y), 0, shared), where(greater(x, y), 0, shared)]


def maximum(x: Any, y: Any, name: str | None = None) -> Node:
    """The larger of the two, elementwise; NaN if either is.

    Ties share the gradient in halves. Where one is NaN, both get it.
    """
    return Maximum(x, y, name=name)


class Minimum(Elementwise):
    safe = True
    masks = True

    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.minimum(x, y)


@RegisterGradient("Minimum")
def _minimum_grad(op: Node, grad: Node) -> list[Node | None]:
    x, y = op.inputs
    shared = where(equal(x, y), grad * 0.5, grad)
    return [where(greater(x, y), 0, shared), where(less(x, y), 0, shared)]


def minimum(x: Any, y: Any, name: str | None = None) -> Node:
    """The smaller of the two, elementwise; NaN if either is.

    Ties share the gradient in halves. Where one is NaN, both get it.
    """
    return Minimum(x, y, name=name)


class Relu(Elementwise):
    safe = True
    masks = True

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.maximum(x, 0)


@RegisterGradient("Relu")
def _relu_grad(op: Node, grad: Node) -> Node:
    return where(not_equal(op, 0), grad, 0)  # and not x > 0: below a NaN the gradient goes on


def relu(x: Any, name: str | None = None) -> Node:
    """max(x, 0), elementwise. The gradient at 0 is 0."""
    return Relu(x, name=name)


class Clip(Elementwise):
    attributes = ("has_low", "has_high")
    safe = True
    masks = True

    has_low: bool
    has_high: bool

    def compute(self, xp: Any, x: Any, *bounds: Any) -> Any:
        if self.has_low:
            x = xp.maximum(x, bounds[0])
        return xp.minimum(x, bounds[-1]) if self.has_high else x


@RegisterGradient("Clip")
def _clip_grad(op: Clip, grad: Node) -> list[Node | None]:
    x, *bounds = op.inputs
    above = greater_equal(x, bounds[-1]) if op.has_high else None
    below = less_equal(x, bounds[0]) if op.has_low else None
    if above is None or below is None:
        outside = above if above is not None else below
        return [where(outside, 0, grad), where(outside, grad, 0)]
    above = logical_or(above, greater_equal(bounds[0], bounds[1]))
    below = logical_and(below, logical_not(above))
    return [
        where(logical_or(below, above), 0, grad),
        where(below, grad, 0),
        where(above, grad, 0),
    ]


def clip(x: Any, min: Any = None, max: Any = None, name: str | None = None) -> Node:
    """x limited to the interval from `min` to `max`, elementwise; None is no limit.

    On a bound x gets the gradient 0 and the bound gets it whole. Where min > max the result is max.
    Raises DTypeError when neither bound is given.
    """
    if min is None and max is None:
        raise DTypeError("clip: no bound was given", "give min, max or both")
    bounds = [bound for bound in (min, max) if bound is not None]
    return Clip(x, *bounds, has_low=min is not None, has_high=max is not None, name=name)


class Hypot(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.hypot(x, y)


@RegisterGradient("Hypot")
def _hypot_grad(op: Node, grad: Node) -> list[Node | None]:
    x, y = op.inputs
    return [grad * hypot_share(x, y), grad * hypot_share(y, x)]


def hypot(x: Any, y: Any, name: str | None = None) -> Node:
    """sqrt(x**2 + y**2), elementwise, without overflow. The gradient at (0, 0) is (0, 0)."""
    return Hypot(x, y, name=name)


class HypotShare(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        length = xp.hypot(x, y)
        return x / xp.where(xp.equal(length, 0), xp.ones_like(length), length)


@RegisterGradient("HypotShare")
def _hypot_share_grad(op: Node, grad: Node) -> list[Node | None]:
    x, y = op.inputs
    other, length = hypot_share(y, x), hypot(x, y)
    turned = grad * other / where(equal(length, 0), 1, length)
    return [turned * other, -turned * op]  # 1 / length - x**2 / length**3 would cancel


def hypot_share(x: Any, y: Any, name: str | None = None) -> Node:
    """x / sqrt(x**2 + y**2), elementwise, without overflow, and 0 at (0, 0): a cosine."""
    return HypotShare(x, y, name=name)


class HypotLess(Elementwise):
    """sqrt(x**2 + width**2) - width for a positive width: Huber's loss, made smooth."""

    attributes = ("width",)

    width: float

    def compute(self, xp: Any, x: Any) -> Any:
        value = x * (x / (xp.hypot(x, self.width) + self.width))
        return xp.where(xp.isinf(x), xp.absolute(x), value)


@RegisterGradient("HypotLess")
def _hypot_less_grad(op: HypotLess, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * hypot_share(x, op.width)


def hypot_less(x: Any, width: float, name: str | None = None) -> Node:
    """sqrt(x**2 + width**2) - width, elementwise, with all digits near 0."""
    return HypotLess(x, width=float(width), name=name)


class StopGradient(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.where(True, x, x)  # `positive` would refuse booleans


NotDifferentiable("StopGradient")


def stop_gradient(x: Any, name: str | None = None) -> Node:
    """x, as a constant to differentiation: no gradient flows through."""
    return StopGradient(x, name=name)


class Absorb(Elementwise):
    safe = True
    masks = True

    def compute(self, xp: Any, x: Any, grad: Any) -> Any:
        lost = xp.logical_and(xp.equal(grad, 0), xp.logical_not(xp.isfinite(x)))
        return xp.where(lost, 0, x)


@RegisterGradient("Absorb")
def _absorb_grad(op: Node, grad: Node) -> list[Node | None]:
    x, cotangent = op.inputs
    lost = logical_and(equal(cotangent, 0), logical_not(isfinite(x)))
    return [where(lost, 0, grad), None]


def absorb(x: Any, grad: Any, name: str | None = None) -> Node:
    """x, but 0 where `grad` is 0 and x is not finite.

    x is what a rule made of the cotangent `grad`: below a branch that was not taken a cotangent of
    0 times an infinite derivative contributes nothing. Its own gradient passes to x alone, since x
    already depends on `grad`.
    """
    return Absorb(x, grad, name=name)
