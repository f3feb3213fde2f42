"""Stable forms: variances and covariances written as differences of means."""

from __future__ import annotations

from ..graph import Node
from ..ops.elementwise import Multiply, Power, Square, Subtract, square
from ..ops.reduction import Sum, mean, sum
from ..shapes import surely_equal
from .engine import Look, RuleTable
from .patterns import scaled, squared
from .reductions import inverse_count, mean_of

SPREADS = RuleTable("Variances")
rule = SPREADS.rule


@rule(Subtract, over=(Square, Multiply, Power))
def variance_by_hand(node: Node, look: Look) -> Node | None:
    """mean(x ** 2, axis) - mean(x, axis) ** 2 = mean((x - mean(x, axis)) ** 2, axis)"""
    first, second = node.inputs
    if not isinstance(second, Square | Multiply | Power):
        return None
    whole = mean_of(first, look)
    x = squared(whole[0], look) if whole is not None else None
    middle = squared(second, look) if x is not None else None
    if whole is None or x is None or middle is None:
        return None
    if not _is_mean(middle, x, whole, look):
        return None
    _, axis, keepdims = whole
    return mean(square(x - mean(x, axis, keepdims=True)), axis, keepdims)


@rule(Subtract, over=(Sum,))
def sum_of_squares_by_hand(node: Node, look: Look) -> Node | None:
    """sum(x ** 2) - sum(x) ** 2 / n = sum((x - mean(x)) ** 2), also less n * mean(x) ** 2"""
    total = look(node.inputs[0], Sum)
    x = squared(total.inputs[0], look) if total is not None else None
    if total is None or x is None:
        return None
    k, second = scaled(node.inputs[1], look)
    middle = squared(second, look)
    whole = look(middle, Sum) if middle is not None else None
    if whole is not None and whole.axis == total.axis and whole.inputs[0] is x:
        is_less = k == inverse_count(x, total.axis)
    else:
        like = (x, total.axis, total.keepdims)
        is_mean = middle is not None and _is_mean(middle, x, like, look)
        is_less = is_mean and 1 / k == inverse_count(x, total.axis)
    if not is_less:
        return None
    return sum(square(x - mean(x, total.axis, keepdims=True)), total.axis, total.keepdims)


@rule(Subtract, over=(Multiply,))
def covariance_by_hand(node: Node, look: Look) -> Node | None:
    """mean(x * y) - mean(x) * mean(y) = mean((x - mean(x)) * (y - mean(y))), along any axis"""
    first, second = node.inputs
    whole = mean_of(first, look) if isinstance(second, Multiply) else None
    product = look(whole[0], Multiply) if whole is not None else None
    means = look(second, Multiply) if product is not None else None
    if whole is None or product is None or means is None:
        return None
    x, y = product.inputs
    if x.dtype != y.dtype or x.dtype.kind != "f" or not surely_equal(x.shape, y.shape):
        return None
    a, b = means.inputs
    straight = _is_mean(a, x, whole, look) and _is_mean(b, y, whole, look)
    if not straight and not (_is_mean(b, x, whole, look) and _is_mean(a, y, whole, look)):
        return None
    _, axis, keepdims = whole
    centred = (x - mean(x, axis, keepdims=True)) * (y - mean(y, axis, keepdims=True))
    return mean(centred, axis, keepdims)


def _is_mean(node: Node, x: Node, like: tuple[Node, object, bool], look: Look) -> bool:
    """Whether the node is the mean of x, along the axis of another mean."""
    found = mean_of(node, look)
    return found is not None and found[0] is x and found[1:] == like[1:]
