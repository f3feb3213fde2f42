"""Reductions: sums, means, extremes, and the log of a sum of exponentials."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import shapes
from ..graph import Node, Operation
from ..registry import NotDifferentiable, RegisterGradient
from ..shapes import Axis
from .array import as_node, broadcast_like, count, expand_dims, ones_like
from .elementwise import absolute, cast, divide, equal, exp, maximum, sqrt, square, where

__all__ = [
    "AllTrue", "AnyTrue", "ArgMax", "ArgMin", "LogSumExp", "Max", "Mean", "Min", "Norm2", "Sum",
    "WeightedLogSumExp", "all", "amax", "amin", "any", "argmax", "argmin", "logsumexp", "max",
    "mean", "min", "norm2", "reduce_max", "reduce_mean", "reduce_min", "reduce_sum", "std", "sum",
    "var", "weighted_logsumexp",
]  # fmt: skip


def _restored(node: Node, axis: Axis, keepdims: bool) -> Node:
    """A reduction's result with the reduced axes back as size 1, ready to broadcast."""
    return node if keepdims or axis is None else expand_dims(node, axis)


class Sum(Operation):
    attributes = ("axis", "keepdims")

    axis: Axis
    keepdims: bool

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.sum(x, axis=self.axis, keepdims=self.keepdims)


@RegisterGradient("Sum")
def _sum_grad(op: Sum, grad: Node) -> Node:
    (x,) = op.inputs
    return broadcast_like(_restored(grad, op.axis, op.keepdims), x)


def sum(x: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Node:
    """The sum over `axis` (an int, a tuple, or None for all axes); 0 for no elements.

    Small integers and booleans are summed as 64-bit integers, as in NumPy.
    """
    return Sum(x, axis=shapes.as_axis(axis), keepdims=bool(keepdims), name=name)


class Mean(Operation):
    attributes = ("axis", "keepdims")

    axis: Axis
    keepdims: bool

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.mean(x, axis=self.axis, keepdims=self.keepdims)


@RegisterGradient("Mean")
def _mean_grad(op: Mean, grad: Node) -> Node:
    (x,) = op.inputs
    shared = _restored(grad, op.axis, op.keepdims) / count(x, op.axis, grad.dtype)
    return broadcast_like(shared, x)


def mean(x: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Node:
    """The mean over `axis` (an int, a tuple, or None for all axes); NaN for no elements."""
    return Mean(x, axis=shapes.as_axis(axis), keepdims=bool(keepdims), name=name)


def var(
    x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False, name: str | None = None
) -> Node:
    """sum((x - mean(x)) ** 2) / (n - ddof) over `axis`, for n elements along it.

    Where n is at most ddof it is NaN or, where entries differ, infinite, as in NumPy.
    """
    node = as_node(x)
    apart = node - mean(node, axis, keepdims=True)
    apart = square(absolute(apart) if node.dtype.kind == "c" else apart)
    if ddof == 0:
        return mean(apart, axis, keepdims, name=name)
    return divide(sum(apart, axis, keepdims), _degrees(apart, axis, ddof), name=name)


def _degrees(like: Node, axis: Any, ddof: float, x: Node | None = None) -> Node:
    """The number of entries less ddof, and not below 0, as NumPy's."""
    counted = like if x is None else x
    return maximum(count(counted, axis, like.dtype) - ddof, 0)


def std(
    x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False, name: str | None = None
) -> Node:
    """sqrt(var(x)) over `axis`. The gradient where all entries are equal is 0."""
    node = as_node(x)
    apart = node - mean(node, axis, keepdims=True)
    norm = norm2(apart, axis, keepdims)
    return divide(norm, sqrt(_degrees(norm, axis, ddof, apart)), name=name)


class Max(Operation):
    attributes = ("axis", "keepdims")
    masks = True

    axis: Axis
    keepdims: bool

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.max(x, axis=self.axis, keepdims=self.keepdims)


@RegisterGradient("Max")
def _max_grad(op: Max, grad: Node) -> Node:
    return _to_ties(op, op.axis, op.keepdims, grad)


def _to_ties(op: Node, axis: Axis, keepdims: bool, grad: Node) -> Node:
    """The gradient in equal shares to the entries that are the extreme."""
    (x,) = op.inputs
    chosen = equal(x, _restored(op, axis, keepdims))
    ties = sum(cast(chosen, grad.dtype), axis=axis, keepdims=True)
    return where(chosen, _restored(grad, axis, keepdims) / ties, 0)


def max(x: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Node:
    """The largest entry over `axis`; NaN if one is NaN. Ties share the gradient equally.

    Raises ShapeError for the maximum of nothing.
    """
    return Max(x, axis=shapes.as_axis(axis), keepdims=bool(keepdims), name=name)


class Min(Operation):
    attributes = ("axis", "keepdims")
    masks = True

    axis: Axis
    keepdims: bool

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.min(x, axis=self.axis, keepdims=self.keepdims)


@RegisterGradient("Min")
def _min_grad(op: Min, grad: Node) -> Node:
    return _to_ties(op, op.axis, op.keepdims, grad)


def min(x: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Node:
    """The smallest entry over `axis`; NaN if one is NaN. Ties share the gradient equally.

    Raises ShapeError for the minimum of nothing.
    """
    return Min(x, axis=shapes.as_axis(axis), keepdims=bool(keepdims), name=name)


class AllTrue(Operation):
    attributes = ("axis", "keepdims")

    axis: Axis
    keepdims: bool

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.all(x, axis=self.axis, keepdims=self.keepdims)


NotDifferentiable("AllTrue")


def all(x: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Node:
    """Whether all entries over `axis` are true (not zero). No gradient."""
    return AllTrue(x, axis=shapes.as_axis(axis), keepdims=bool(keepdims), name=name)


class AnyTrue(Operation):
    attributes = ("axis", "keepdims")

    axis: Axis
    keepdims: bool

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.any(x, axis=self.axis, keepdims=self.keepdims)


NotDifferentiable("AnyTrue")


def any(x: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Node:
    """Whether some entry over `axis` is true (not zero). No gradient."""
    return AnyTrue(x, axis=shapes.as_axis(axis), keepdims=bool(keepdims), name=name)


class ArgMax(Operation):
    attributes = ("axis", "keepdims")

    axis: int | None
    keepdims: bool

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.argmax(x, axis=self.axis, keepdims=self.keepdims)


NotDifferentiable("ArgMax")


def argmax(
    x: Any, axis: int | None = None, keepdims: bool = False, name: str | None = None
) -> Node:
    """The index of the first largest entry along `axis`, or of the whole array. No gradient."""
    return ArgMax(x, axis=shapes.as_axis(axis), keepdims=bool(keepdims), name=name)


class ArgMin(Operation):
    attributes = ("axis", "keepdims")

    axis: int | None
    keepdims: bool

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.argmin(x, axis=self.axis, keepdims=self.keepdims)


NotDifferentiable("ArgMin")


def argmin(
    x: Any, axis: int | None = None, keepdims: bool = False, name: str | None = None
) -> Node:
    """The index of the first smallest entry along `axis`, or of the whole array. No gradient."""
    return ArgMin(x, axis=shapes.as_axis(axis), keepdims=bool(keepdims), name=name)


class LogSumExp(Operation):
    attributes = ("axis", "keepdims")

    axis: Axis
    keepdims: bool

    def compute(self, xp: Any, x: Any) -> Any:
        top = xp.max(x, axis=self.axis, keepdims=True)
        shift = xp.where(xp.isfinite(top), top, 0)
        total = xp.sum(xp.exp(x - shift), axis=self.axis, keepdims=True)
        result = xp.log(total) + shift
        return result if self.keepdims else xp.sum(result, axis=self.axis)


@RegisterGradient("LogSumExp")
def _logsumexp_grad(op: LogSumExp, grad: Node) -> Node:
    (x,) = op.inputs
    whole = _restored(op, op.axis, op.keepdims)
    weight = exp(where(equal(x, whole), 0, x - whole))  # two equal infinities have no difference
    share = weight / sum(weight, axis=op.axis, keepdims=True)
    return _restored(grad, op.axis, op.keepdims) * share


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Node:
    """log(sum(exp(x))) over `axis`, without overflow; -inf where all entries are -inf."""
    return LogSumExp(x, axis=shapes.as_axis(axis), keepdims=bool(keepdims), name=name)


class WeightedLogSumExp(Operation):
    attributes = ("axis", "keepdims")

    axis: Axis
    keepdims: bool

    def compute(self, xp: Any, x: Any, weights: Any) -> Any:
        counted = xp.where(xp.equal(weights, 0), -np.inf, x)
        top = xp.max(counted, axis=self.axis, keepdims=True)
        shift = xp.where(xp.isfinite(top), top, 0)
        total = xp.sum(weights * xp.exp(counted - shift), axis=self.axis, keepdims=True)
        result = xp.log(total) + shift
        return result if self.keepdims else xp.sum(result, axis=self.axis)


@RegisterGradient("WeightedLogSumExp")
def _weighted_logsumexp_grad(op: WeightedLogSumExp, grad: Node) -> list[Node | None]:
    x, weights = op.inputs
    whole = _restored(op, op.axis, op.keepdims)
    share = exp(where(equal(x, whole), 0, x - whole))
    each = _restored(grad, op.axis, op.keepdims)
    weighed = where(equal(weights, 0), 0, weights * share)
    total = sum(weighed, axis=op.axis, keepdims=True)  # 1, but for the rounding of large x
    each = each / where(equal(total, 0), 1, total)
    return [each * weighed, each * share * ones_like(weights)]  # both of the shape that is summed


def weighted_logsumexp(
    x: Any, weights: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Node:
    """log(sum(weights * exp(x))) over `axis`, without overflow; weights may have any sign."""
    place = shapes.as_axis(axis)
    return WeightedLogSumExp(x, weights, axis=place, keepdims=bool(keepdims), name=name)


class Norm2(Operation):
    attributes = ("axis", "keepdims")

    axis: Axis
    keepdims: bool

    def compute(self, xp: Any, x: Any) -> Any:
        largest = xp.max(xp.absolute(x), axis=self.axis, keepdims=True, initial=0)
        usable = xp.logical_and(xp.isfinite(largest), xp.greater(largest, 0))
        scale = xp.where(usable, largest, 1)  # squares of x / scale neither overflow nor vanish
        total = xp.sum(xp.square(x / scale), axis=self.axis, keepdims=True)
        norm = xp.sqrt(total) * scale
        return norm if self.keepdims else xp.sum(norm, axis=self.axis)


@RegisterGradient("Norm2")
def _norm2_grad(op: Norm2, grad: Node) -> Node:
    (x,) = op.inputs
    norm = _restored(op, op.axis, op.keepdims)
    is_zero = equal(norm, 0)
    direction = where(is_zero, 0, x / where(is_zero, 1, norm))
    return _restored(grad, op.axis, op.keepdims) * direction


def norm2(x: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Node:
    """sqrt(sum(|x| ** 2)) over `axis`. The gradient at 0 is 0."""
    node = as_node(x)
    x = absolute(node) if node.dtype.kind == "c" else node
    return Norm2(x, axis=shapes.as_axis(axis), keepdims=bool(keepdims), name=name)


amax = reduce_max = max
amin = reduce_min = min
reduce_mean = mean
reduce_sum = sum
