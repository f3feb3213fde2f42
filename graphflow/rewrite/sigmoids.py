"""Stable forms: sigmoid, tanh and the gates made of them, written by hand."""

from __future__ import annotations

import math
from functools import reduce

from ..graph import Constant, Node
from ..ops.elementwise import (
    Add,
    Cosh,
    Divide,
    Exp,
    Exp2,
    Expm1,
    Multiply,
    Power,
    Reciprocal,
    Sigmoid,
    Sinh,
    Softplus,
    Square,
    Subtract,
    Tanh,
    exp,
    expm1,
    logaddexp,
    sech_squared,
    sigmoid,
    sigmoid_slope,
    sinh,
    tanh,
)
from ..ops.nn import mish, silu
from .engine import Look, RuleTable
from .patterns import (
    are_opposite,
    complement,
    exp_of,
    is_number,
    is_power_of_e,
    negated,
    number,
    one_plus_exp,
    scaled,
    sigmoid_of,
    squared,
    terms,
    times,
)

SIGMOID = RuleTable("Sigmoid, tanh and gates")
rule = SIGMOID.rule


# ---- exponentials -------------------------------------------------------------------------------


@rule(Power)
def power_of_e(node: Node, look: Look) -> Node | None:
    """e ** x = exp(x)"""
    base, x = node.inputs
    return exp(x) if is_power_of_e(base) and x.dtype.kind == "f" else None


@rule(Divide, Reciprocal, Power, over=(Exp,))
def inverse_of_exp(node: Node, look: Look) -> Node | None:
    """1 / exp(x) = exp(-x), and exp(x) ** n = exp(n * x) for a number n other than 0"""
    if isinstance(node, Divide):
        n = -1.0 if is_number(node.inputs[0], 1) else None
    else:
        n = number(node.inputs[1]) if isinstance(node, Power) else -1.0
    x = exp_of(node.inputs[-1 if isinstance(node, Divide) else 0], look) if n else None
    return exp(negated(x, look) if n == -1 else x * n) if x is not None and n else None


@rule(Divide, over=(Exp,))
def quotient_of_exps(node: Node, look: Look) -> Node | None:
    """exp(x) / exp(y) = exp(x - y)"""
    x, y = (exp_of(part, look) for part in node.inputs)
    return exp(x - y) if x is not None and y is not None else None


@rule(Divide, over=(Add,))
def share_of_exps(node: Node, look: Look) -> Node | None:
    """exp(x) / (exp(x) + exp(y)) = sigmoid(x - y); so for more terms: exp(x - logaddexp(x, ...))"""
    x, total = exp_of(node.inputs[0], look), look(node.inputs[1], Add)
    if x is None or total is None:
        return None
    found = [exp_of(term, look) for term in terms(total, look)]
    parts = [part for part in found if part is not None]
    if len(parts) < len(found) or sum(part is x for part in parts) != 1:
        return None
    others = reduce(logaddexp, [part for part in parts if part is not x])
    return sigmoid(x - others) if len(parts) == 2 else exp(x - logaddexp(x, others))


@rule(Add, Subtract, over=(Constant,))
def exp_minus_one(node: Node, look: Look) -> Node | None:
    """exp(x) - 1 = expm1(x), 1 - exp(x) = -expm1(x), and multiples of them"""
    found = complement(node, Exp, -1, look)
    return times(-found[0], expm1(found[1].inputs[0])) if found is not None else None


@rule(Add, Subtract, over=(Constant,))
def power_minus_one(node: Node, look: Look) -> Node | None:
    """a ** x - 1 = expm1(log(a) * x) for a positive number a, and multiples of it"""
    for kind in (Power, Exp2):
        found = complement(node, kind, -1, look)
        power = found[1] if found is not None else None
        if found is None or power is None:
            continue
        base = 2.0 if isinstance(power, Exp2) else number(power.inputs[0])
        x = power.inputs[-1]
        if base and base > 0 and x.dtype.kind == "f":
            return times(-found[0], expm1(x * math.log(base)))
    return None


@rule(Subtract, over=(Exp,))
def sinh_by_hand(node: Node, look: Look) -> Node | None:
    """exp(x) - exp(-x) = 2 * sinh(x)"""
    x, y = (exp_of(part, look) for part in node.inputs)
    return 2 * sinh(x) if x is not None and y is not None and are_opposite(x, y, look) else None


# ---- tanh ---------------------------------------------------------------------------------------


@rule(Divide, over=(Cosh, Add))
def tanh_by_hand(node: Node, look: Look) -> Node | None:
    """sinh(x) / cosh(x) = tanh(x), and (exp(x) - exp(-x)) / (exp(x) + exp(-x))"""
    k, top = scaled(node.inputs[0], look)
    found = look(top, Sinh)
    if found is None or found.inputs[0].dtype.kind != "f":
        return None
    (x,) = found.inputs
    bottom = look(node.inputs[1], Cosh, Add)
    if bottom is None:
        return None
    if isinstance(bottom, Cosh):
        return times(k, tanh(x)) if bottom.inputs[0] is x else None
    u, v = (exp_of(part, look) for part in bottom.inputs)
    if u is None or v is None or not (u is x or v is x) or not are_opposite(u, v, look):
        return None
    return times(k / 2, tanh(x))


@rule(Divide, over=(Add,))
def tanh_by_hand_of_double(node: Node, look: Look) -> Node | None:
    """(exp(u) - 1) / (exp(u) + 1) = tanh(u / 2), and multiples of it"""
    u = one_plus_exp(node.inputs[1], look)
    if u is None:
        return None
    k, top = scaled(node.inputs[0], look)
    found = look(top, Expm1)
    return times(k, tanh(u * 0.5)) if found is not None and found.inputs[0] is u else None


@rule(Add, Subtract, over=(Constant,))
def tanh_by_sigmoid(node: Node, look: Look) -> Node | None:
    """2 * sigmoid(u) - 1 = tanh(u / 2), and multiples of it"""
    found = complement(node, Sigmoid, -2, look)
    return times(-found[0], tanh(found[1].inputs[0] * 0.5)) if found is not None else None


@rule(Divide, over=(Square, Multiply, Power))
def one_over_cosh_squared(node: Node, look: Look) -> Node | None:
    """y / cosh(x) ** 2 = y * sech(x) ** 2, by one function"""
    base = squared(node.inputs[1], look)
    found = look(base, Cosh) if base is not None else None
    return node.inputs[0] * sech_squared(found.inputs[0]) if found is not None else None


@rule(Add, Subtract, over=(Constant,))
def one_minus_tanh_squared(node: Node, look: Look) -> Node | None:
    """1 - tanh(x) ** 2 = 1 / cosh(x) ** 2, and multiples of it"""
    for kind in (Square, Multiply, Power):
        found = complement(node, kind, -1, look)
        base = squared(found[1], look) if found is not None else None
        inner = look(base, Tanh) if base is not None else None
        if found is not None and inner is not None:
            return times(found[0], sech_squared(inner.inputs[0]))
    return None


# ---- sigmoid ------------------------------------------------------------------------------------


@rule(Divide, Reciprocal, Power, over=(Add,))
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


@rule(Divide, over=(Exp,))
def sigmoid_by_hand_other_way(node: Node, look: Look) -> Node | None:
    """exp(x) / (1 + exp(x)) = sigmoid(x)"""
    top, bottom = node.inputs
    x = exp_of(top, look)
    return sigmoid(x) if x is not None and one_plus_exp(bottom, look) is x else None


@rule(Divide, over=(Add, Square, Multiply, Power))
def gated_by_hand(node: Node, look: Look) -> Node | None:
    """y / (1 + exp(-x)) = y * sigmoid(x), and y / (1 + exp(-x)) ** 2 = y * sigmoid(x) ** 2"""
    y, bottom = node.inputs
    base = squared(bottom, look)
    x = one_plus_exp(bottom if base is None else base, look)
    if x is None:
        return None
    gate = sigmoid(negated(x, look))
    return y * gate if base is None else y * gate * gate


@rule(Multiply, over=(Sigmoid,))
def gate_of_exp(node: Node, look: Look) -> Node | None:
    """exp(x) * sigmoid(-x) = sigmoid(x)"""
    for first, second in (node.inputs, node.inputs[::-1]):
        u = sigmoid_of(second, look)
        if u is None:
            continue
        x = exp_of(first, look)
        if x is not None and are_opposite(x, u, look):
            return sigmoid(x)
    return None


@rule(Multiply, over=(Sigmoid,))
def slope_of_sigmoid(node: Node, look: Look) -> Node | None:
    """sigmoid(x) * sigmoid(-x) = sigmoid'(x), by one function"""
    x, y = (sigmoid_of(part, look) for part in node.inputs)
    if x is None or y is None or not are_opposite(x, y, look):
        return None
    return sigmoid_slope(x)


@rule(Add, Subtract, over=(Constant,))
def one_minus_sigmoid(node: Node, look: Look) -> Node | None:
    """1 - sigmoid(x) = sigmoid(-x), and multiples of it"""
    found = complement(node, Sigmoid, -1, look)
    if found is None:
        return None
    return times(found[0], sigmoid(negated(found[1].inputs[0], look)))


@rule(Add, Subtract, over=(Constant,))
def one_plus_tanh(node: Node, look: Look) -> Node | None:
    """1 + tanh(u) = 2 * sigmoid(2 * u) and 1 - tanh(u) = 2 * sigmoid(-2 * u); so for multiples"""
    for sign in (1, -1):
        found = complement(node, Tanh, sign, look)
        if found is not None:
            return times(2 * found[0], sigmoid(2 * sign * found[1].inputs[0]))
    return None


# ---- gates --------------------------------------------------------------------------------------


@rule(Multiply, over=(Sigmoid,))
def silu_by_hand(node: Node, look: Look) -> Node | None:
    """x * sigmoid(x) = silu(x), which is 0 at -inf"""
    for x, gate in (node.inputs, node.inputs[::-1]):
        if sigmoid_of(gate, look) is x:
            return silu(x)
    return None


@rule(Multiply, over=(Tanh,))
def mish_by_hand(node: Node, look: Look) -> Node | None:
    """x * tanh(softplus(x)) = mish(x), which is 0 at -inf"""
    for x, gate in (node.inputs, node.inputs[::-1]):
        curve = look(gate, Tanh)
        inner = look(curve.inputs[0], Softplus) if curve is not None else None
        if inner is not None and inner.inputs[0] is x and x.dtype.kind == "f":
            return mish(x)
    return None
