"""Stable forms: softmax, its logarithm and log-sum-exp, written by hand."""

from __future__ import annotations

from ..graph import Node
from ..ops.elementwise import (
    Add,
    Divide,
    Exp,
    Multiply,
    Subtract,
    equal,
    where,
)
from ..ops.linalg import Matmul, matmul
from ..ops.nn import LogSoftmax, Softmax, log_softmax, softmax
from ..ops.reduction import LogSumExp, Sum, logsumexp, sum
from ..shapes import maybe_equal
from .engine import Look, RuleTable
from .patterns import exp_of, inverse_of
from .reductions import is_maximum, reduced_along

SOFTMAX = RuleTable("Softmax and log-sum-exp")
rule = SOFTMAX.rule


@rule(Divide, over=(Exp,))
def softmax_by_hand(node: Node, look: Look) -> Node | None:
    """exp(z) / sum(exp(z), axis) = softmax(z, axis)"""
    return _softmax(node.inputs[0], node.inputs[1], look)


@rule(Multiply, over=(Exp,))
def softmax_as_product(node: Node, look: Look) -> Node | None:
    """exp(z) * (1 / sum(exp(z), axis)) = softmax(z, axis)"""
    for top, other in (node.inputs, node.inputs[::-1]):
        bottom = inverse_of(other, look) if isinstance(top, Exp) else None
        found = _softmax(top, bottom, look) if bottom is not None else None
        if found is not None:
            return found
    return None


@rule(Divide, over=(Multiply,))
def softmax_with_factor(node: Node, look: Look) -> Node | None:
    """y * exp(z) / sum(exp(z), axis) = y * softmax(z, axis)"""
    product = look(node.inputs[0], Multiply)
    if product is None:
        return None
    for y, top in (product.inputs, product.inputs[::-1]):
        p = _softmax(top, node.inputs[1], look)
        if p is not None:
            return y * p
    return None


def _softmax(top: Node, bottom: Node, look: Look) -> Node | None:
    z = exp_of(top, look)
    found = reduced_along(bottom, Sum, top, look) if z is not None else None
    if z is None or found is None or found[0] is not top:
        return None
    return softmax(z, axis=found[1])


@rule(Divide, over=(Sum,))
def mean_weighed_by_exps(node: Node, look: Look) -> Node | None:
    """sum(exp(z) * y, axis) / sum(exp(z), axis) = sum(softmax(z, axis) * y, axis)"""
    top, bottom = look(node.inputs[0], Sum), look(node.inputs[1], Sum)
    product = look(top.inputs[0], Multiply) if top is not None and bottom is not None else None
    if top is None or bottom is None or product is None:
        return None
    weights = bottom.inputs[0]
    z = exp_of(weights, look)
    if z is None or (top.axis, top.keepdims) != (bottom.axis, bottom.keepdims):
        return None
    a, b = product.inputs
    y = b if a is weights else a if b is weights else None
    if y is None or not _fills(weights, product):
        return None
    return sum(softmax(z, axis=top.axis) * y, axis=top.axis, keepdims=top.keepdims)


@rule(Divide, over=(Matmul,))
def product_weighed_by_exps(node: Node, look: Look) -> Node | None:
    """exp(z) @ v / sum(exp(z), -1) = softmax(z) @ v"""
    top = look(node.inputs[0], Matmul)
    weights, v = top.inputs if top is not None else (node, node)
    z = exp_of(weights, look) if top is not None else None
    if z is None or weights.shape is None or v.shape is None:
        return None
    rank = len(weights.shape)
    if len(v.shape) > 1 and rank > 1:
        found = reduced_along(node.inputs[1], Sum, weights, look)
        is_total = found is not None and found[0] is weights and found[1] in (-1, rank - 1)
    else:
        total = look(node.inputs[1], Sum)
        if total is None or total.inputs[0] is not weights or total.keepdims:
            return None
        is_total = total.axis in ((-1, rank - 1) if rank > 1 else (None, -1, 0))
    return matmul(softmax(z), v) if is_total else None


def _fills(x: Node, product: Node) -> bool:
    """Whether x is not repeated in a product."""
    return x.shape is not None and product.shape is not None and x.shape == product.shape


@rule(Softmax, LogSoftmax, over=(Subtract,))
def softmax_of_shifted(node: Softmax | LogSoftmax, look: Look) -> Node | None:
    """softmax(z - max(z, axis), axis) = softmax(z, axis); so for log_softmax"""
    shifted = look(node.inputs[0], Subtract)
    z = shifted.inputs[0] if shifted is not None else None
    if shifted is None or z is None or not maybe_equal(z.shape, shifted.shape):
        return None
    top = shifted.inputs[1]
    along = is_maximum(top, z, node.axis, True, look)
    if not along and not is_maximum(top, z, None, False, look):
        return None
    return softmax(z, node.axis) if isinstance(node, Softmax) else log_softmax(z, node.axis)


@rule(Exp, over=(LogSoftmax,))
def exp_of_log_softmax(node: Node, look: Look) -> Node | None:
    """exp(log_softmax(z)) = softmax(z)"""
    found = look(node.inputs[0], LogSoftmax)
    return softmax(found.inputs[0], axis=found.axis) if found is not None else None


@rule(Subtract, over=(LogSumExp,))
def log_softmax_by_hand(node: Node, look: Look) -> Node | None:
    """z - logsumexp(z, axis, keepdims=True) = log_softmax(z, axis)"""
    z, total = node.inputs
    found = look(total, LogSumExp)
    if found is None or found.inputs[0] is not z or not (found.keepdims or found.axis is None):
        return None
    return log_softmax(z, axis=found.axis)


@rule(Add, over=(LogSumExp,))
def logsumexp_of_shifted(node: Node, look: Look) -> Node | None:
    """logsumexp(z - max(z, axis), axis) + max(z, axis) = logsumexp(z, axis)"""
    for total, top in (node.inputs, node.inputs[::-1]):
        found = look(total, LogSumExp)
        shifted = look(found.inputs[0], Subtract) if found is not None else None
        if found is None or shifted is None:
            continue
        z, shift = shifted.inputs
        is_top = is_maximum(top, z, found.axis, found.keepdims, look)
        if is_top and is_maximum(shift, z, found.axis, True, look):
            return logsumexp(z, axis=found.axis, keepdims=found.keepdims)
    return None


@rule(Multiply, over=(Softmax,))
def term_of_entropy(node: Node, look: Look) -> Node | None:
    """softmax(z) * log_softmax(z) = softmax(z) * where(softmax(z) = 0, 0, log_softmax(z))"""
    for p, log_p in (node.inputs, node.inputs[::-1]):
        a, b = look(p, Softmax), look(log_p, LogSoftmax)
        if a is None or b is None or a.axis != b.axis:
            continue
        if a.inputs[0] is b.inputs[0]:
            return p * where(equal(p, 0), 0, log_p)
    return None
