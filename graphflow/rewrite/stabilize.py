"""Stable forms: formulas as a textbook prints them, rewritten so that nothing overflows or cancels.

These rules are part of the meaning of a graph: they run before it is differentiated and before it
is run, whatever the options. Each states its equation, which holds for all real arguments where
the left side is finite.
"""

from __future__ import annotations

from functools import reduce

from ..graph import Node
from ..ops.array import ExpandDims, Reshape, Squeeze, Swapaxes, Transpose, count
from ..ops.elementwise import (
    Add,
    Divide,
    Exp,
    Expm1,
    Log,
    Log1p,
    Negative,
    Power,
    Reciprocal,
    Sigmoid,
    Sqrt,
    Subtract,
    abs,
    expm1,
    hypot,
    log,
    log1p,
    log_sigmoid,
    logaddexp,
    negative,
    sigmoid,
    softplus,
    sqrt,
    tanh,
)
from ..ops.indexing import Getitem, TakeAlongAxis
from ..ops.nn import LogSoftmax, Softmax, log_softmax, softmax
from ..ops.reduction import LogSumExp, Max, Mean, Sum, logsumexp, norm2
from .engine import Look, RuleTable
from .patterns import (
    beside,
    exp_of,
    is_number,
    is_root,
    negated,
    one_plus_exp,
    sigmoid_of,
    squared,
    terms,
    total_along,
)

STABILIZE = RuleTable("stabilize")
rule = STABILIZE.rule

MOVES = (ExpandDims, Getitem, Reshape, Squeeze, Swapaxes, TakeAlongAxis, Transpose)


@rule(Divide)
def softmax_by_hand(node: Node, look: Look) -> Node | None:
    """exp(z) / sum(exp(z), axis) = softmax(z, axis)"""
    top, bottom = node.inputs
    z = exp_of(top, look)
    found = total_along(bottom, top, look) if z is not None else None
    if z is None or found is None or found[0] is not top:
        return None
    return softmax(z, axis=found[1])


@rule(Softmax)
def softmax_of_shifted(node: Softmax, look: Look) -> Node | None:
    """softmax(z - max(z, axis), axis) = softmax(z, axis)"""
    shifted = look(node.inputs[0], Subtract)
    if shifted is None:
        return None
    z, shift = shifted.inputs
    top = look(shift, Max)
    if top is None or top.inputs[0] is not z:
        return None
    along = top.keepdims and top.axis == node.axis
    return softmax(z, axis=node.axis) if along or top.axis is None else None


@rule(Log)
def log_of_softmax(node: Node, look: Look) -> Node | None:
    """log(softmax(z)) = log_softmax(z)"""
    p = look(node.inputs[0], Softmax)
    return log_softmax(p.inputs[0], axis=p.axis) if p is not None else None


@rule(Log)
def log_of_moved(node: Node, look: Look) -> Node | None:
    """log(move(p)) = move(log(p)) for p a softmax or sigmoid and a move that only places entries"""
    moved = look(node.inputs[0], *MOVES)
    if moved is None or look(moved.inputs[0], Softmax, Sigmoid) is None:
        return None
    return moved.with_inputs((log(moved.inputs[0]), *moved.inputs[1:]))


@rule(Log)
def log_of_sigmoid(node: Node, look: Look) -> Node | None:
    """log(sigmoid(x)) = -softplus(-x)"""
    x = sigmoid_of(node.inputs[0], look)
    return log_sigmoid(x) if x is not None else None


@rule(Divide)
def tanh_by_hand(node: Node, look: Look) -> Node | None:
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x)) = tanh(x)"""
    top, bottom = look(node.inputs[0], Subtract), look(node.inputs[1], Add)
    if top is None or bottom is None or set(top.inputs) != set(bottom.inputs):
        return None
    x, y = (exp_of(part, look) for part in top.inputs)
    minus = look(y, Negative) if y is not None else None
    return tanh(x) if minus is not None and minus.inputs[0] is x else None


@rule(Divide)
def tanh_by_hand_of_double(node: Node, look: Look) -> Node | None:
    """(exp(u) - 1) / (exp(u) + 1) = tanh(u / 2)"""
    top = look(node.inputs[0], Expm1)
    u = one_plus_exp(node.inputs[1], look)
    return tanh(u * 0.5) if top is not None and u is not None and top.inputs[0] is u else None


@rule(Log)
def log_of_exp(node: Node, look: Look) -> Node | None:
    """log(exp(x)) = x"""
    return exp_of(node.inputs[0], look)


@rule(Log)
def log_of_one_plus_exp(node: Node, look: Look) -> Node | None:
    """log(1 + exp(x)) = softplus(x)"""
    x = one_plus_exp(node.inputs[0], look)
    return softplus(x) if x is not None else None


@rule(Log)
def log_of_sum_of_two_exps(node: Node, look: Look) -> Node | None:
    """log(exp(x) + exp(y)) = logaddexp(x, y)"""
    total = look(node.inputs[0], Add)
    if total is None:
        return None
    x, y = (exp_of(part, look) for part in total.inputs)
    return logaddexp(x, y) if x is not None and y is not None else None


@rule(Log)
def log_of_sum_of_exps(node: Node, look: Look) -> Node | None:
    """log(sum(exp(z), axis)) = logsumexp(z, axis)"""
    total = look(node.inputs[0], Sum)
    z = exp_of(total.inputs[0], look) if total is not None else None
    if total is None or z is None:
        return None
    return logsumexp(z, axis=total.axis, keepdims=total.keepdims)


@rule(Log)
def log_of_one_plus(node: Node, look: Look) -> Node | None:
    """log(1 + x) = log1p(x)"""
    total = look(node.inputs[0], Add)
    x = beside(total, 1) if total is not None else None
    return log1p(x) if x is not None else None


@rule(Log1p)
def log1p_of_exp(node: Node, look: Look) -> Node | None:
    """log1p(exp(x)) = softplus(x)"""
    x = exp_of(node.inputs[0], look)
    return softplus(x) if x is not None else None


@rule(Log1p)
def log1p_of_negative_sigmoid(node: Node, look: Look) -> Node | None:
    """log1p(-sigmoid(x)) = -softplus(x)"""
    minus = look(node.inputs[0], Negative)
    x = sigmoid_of(minus.inputs[0], look) if minus is not None else None
    return negative(softplus(x)) if x is not None else None


@rule(Divide, Reciprocal, Power)
def sigmoid_by_hand(node: Node, look: Look) -> Node | None:
    """1 / (1 + exp(-x)) = sigmoid(x), as a quotient, a reciprocal or a power of -1"""
    if isinstance(node, Divide):
        top, bottom = node.inputs
        is_inverse = is_number(top, 1)
    else:
        bottom = node.inputs[0]
        is_inverse = isinstance(node, Reciprocal) or is_number(node.inputs[1], -1)
    x = one_plus_exp(bottom, look) if is_inverse else None
    return sigmoid(negated(x, look)) if x is not None else None


@rule(Divide)
def sigmoid_by_hand_other_way(node: Node, look: Look) -> Node | None:
    """exp(x) / (1 + exp(x)) = sigmoid(x)"""
    top, bottom = node.inputs
    x = exp_of(top, look)
    return sigmoid(x) if x is not None and one_plus_exp(bottom, look) is x else None


@rule(Subtract)
def one_minus_sigmoid(node: Node, look: Look) -> Node | None:
    """1 - sigmoid(x) = sigmoid(-x)"""
    one, p = node.inputs
    x = sigmoid_of(p, look) if is_number(one, 1) else None
    return sigmoid(negated(x, look)) if x is not None else None


@rule(Subtract)
def log_softmax_by_hand(node: Node, look: Look) -> Node | None:
    """z - logsumexp(z, axis, keepdims=True) = log_softmax(z, axis)"""
    z, total = node.inputs
    found = look(total, LogSumExp)
    if found is None or found.inputs[0] is not z or not (found.keepdims or found.axis is None):
        return None
    return log_softmax(z, axis=found.axis)


@rule(Exp)
def exp_of_log_softmax(node: Node, look: Look) -> Node | None:
    """exp(log_softmax(z)) = softmax(z)"""
    found = look(node.inputs[0], LogSoftmax)
    return softmax(found.inputs[0], axis=found.axis) if found is not None else None


@rule(Subtract)
def exp_minus_one(node: Node, look: Look) -> Node | None:
    """exp(x) - 1 = expm1(x) and 1 - exp(x) = -expm1(x)"""
    a, b = node.inputs
    if is_number(b, 1):
        x = exp_of(a, look)
        return expm1(x) if x is not None else None
    x = exp_of(b, look) if is_number(a, 1) else None
    return negative(expm1(x)) if x is not None else None


@rule(Sqrt, Power)
def norm_by_hand(node: Node, look: Look) -> Node | None:
    """sqrt(sum(x ** 2, axis)) = norm2(x, axis), whose gradient at 0 is 0"""
    total = look(node.inputs[0], Sum) if is_root(node) else None
    x = squared(total.inputs[0], look) if total is not None else None
    if total is None or x is None:
        return None
    return norm2(x, axis=total.axis, keepdims=total.keepdims)


@rule(Sqrt, Power)
def root_mean_square(node: Node, look: Look) -> Node | None:
    """sqrt(mean(x ** 2, axis)) = norm2(x, axis) / sqrt(n) for n elements along the axis"""
    mean = look(node.inputs[0], Mean) if is_root(node) else None
    x = squared(mean.inputs[0], look) if mean is not None else None
    if mean is None or x is None:
        return None
    return norm2(x, axis=mean.axis, keepdims=mean.keepdims) / sqrt(count(x, mean.axis))


@rule(Sqrt, Power)
def length_by_hand(node: Node, look: Look) -> Node | None:
    """sqrt(x ** 2 + y ** 2) = hypot(x, y), whose gradient at 0 is 0; so for more terms"""
    total = look(node.inputs[0], Add) if is_root(node) else None
    parts = [squared(term, look) for term in terms(total, look)] if total is not None else [None]
    return reduce(hypot, parts) if all(part is not None for part in parts) else None


@rule(Sqrt, Power)
def root_of_square(node: Node, look: Look) -> Node | None:
    """sqrt(x ** 2) = abs(x)"""
    x = squared(node.inputs[0], look) if is_root(node) else None
    return abs(x) if x is not None else None
