"""Stable forms: complements and quotients of trigonometric and special functions."""

from __future__ import annotations

import math

from ..graph import Constant, Node
from ..ops.elementwise import (
    Add,
    Arccos,
    Arctan,
    Cos,
    Cosh,
    Divide,
    Exp,
    Log,
    Log1p,
    Multiply,
    Power,
    Reciprocal,
    Sin,
    Square,
    Subtract,
    arccot,
    arctan2,
    cos,
    sin,
    sinh,
    sqrt,
    square,
)
from ..ops.nn import gelu
from ..ops.special import (
    Erf,
    Erfc,
    ErfcRatio,
    Erfcx,
    Iv,
    Ndtr,
    erf,
    erfc,
    erfc_ratio,
    erfcx,
    ive,
    log1prel,
    log_erfcx,
    ndtr,
    spherical_jn,
)
from .engine import Look, RuleTable
from .patterns import (
    complement,
    exp_of,
    factors,
    if_there,
    is_number,
    negated,
    number,
    number_plus,
    product_of,
    scaled,
    squared,
    squared_times,
    times,
)

SPECIAL = RuleTable("Trigonometric and special functions")
rule = SPECIAL.rule
_ROOT_HALF = math.sqrt(0.5)


# ---- cosines ------------------------------------------------------------------------------------


@rule(Add, Subtract, over=(Constant,))
def one_minus_cos(node: Node, look: Look) -> Node | None:
    """1 - cos(x) = 2 * sin(x / 2) ** 2 and 1 + cos(x) = 2 * cos(x / 2) ** 2; so for multiples"""
    for sign, root in ((-1, sin), (1, cos)):
        found = complement(node, Cos, sign, look)
        if found is not None:
            return square(root(found[1].inputs[0] * 0.5)) * (2 * found[0])
    return None


@rule(Add, Subtract, over=(Constant,))
def cosh_minus_one(node: Node, look: Look) -> Node | None:
    """cosh(x) - 1 = 2 * sinh(x / 2) ** 2, and multiples of it"""
    found = complement(node, Cosh, -1, look)
    if found is None:
        return None
    return square(sinh(found[1].inputs[0] * 0.5)) * (-2 * found[0])


@rule(Add, Subtract, over=(Constant,))
def one_minus_cos_squared(node: Node, look: Look) -> Node | None:
    """1 - cos(x) ** 2 = sin(x) ** 2 and 1 - sin(x) ** 2 = cos(x) ** 2; so for multiples"""
    for kind in (Square, Multiply, Power):
        found = complement(node, kind, -1, look)
        base = squared(found[1], look) if found is not None else None
        inner = look(base, Cos, Sin) if base is not None else None
        if found is not None and inner is not None:
            other = sin if isinstance(inner, Cos) else cos
            return times(found[0], square(other(inner.inputs[0])))
    return None


@rule(Arccos, over=(Add, Subtract))
def arccos_near_one(node: Node, look: Look) -> Node | None:
    """arccos(1 - x) = 2 * arctan2(sqrt(x), sqrt(2 - x)), with digits at both ends; arccos(x - 1)"""
    total = look(node.inputs[0], Add, Subtract)
    found = number_plus(total, look) if total is not None else None
    if found is None or abs(found[0]) != 1 or found[2].dtype.kind != "f":
        return None
    c, k, x = found
    y = times(-c * k, x)
    sides = sqrt(y), sqrt(2 - y)
    return 2 * (arctan2(*sides) if c == 1 else arctan2(*sides[::-1]))


@rule(Arctan, over=(Divide, Reciprocal, Power))
def arctan_of_inverse(node: Node, look: Look) -> Node | None:
    """arctan(c / x) = arccot(x / c) for a number c, whose gradient does not vanish near 0"""
    found = look(node.inputs[0], Divide, Reciprocal, Power)
    if found is None or found.dtype.kind != "f":
        return None
    c = number(found.inputs[0]) if isinstance(found, Divide) else 1.0
    if not c or (isinstance(found, Power) and not is_number(found.inputs[1], -1)):
        return None
    x = found.inputs[1] if isinstance(found, Divide) else found.inputs[0]
    return arccot(times(1 / c, x))


# ---- quotients that are 1 at 0 ------------------------------------------------------------------


@rule(Divide, over=(Sin,))
def sinc_by_hand(node: Node, look: Look) -> Node | None:
    """sin(x) / x = spherical_jn(0, x), which is 1 at 0"""
    found = look(node.inputs[0], Sin)
    x = node.inputs[1]
    return spherical_jn(0, x) if found is not None and _is_of(found, x) else None


@rule(Divide, over=(Square, Multiply, Power))
def square_of_sinc(node: Node, look: Look) -> Node | None:
    """sin(x / 2) ** 2 / x ** 2 = (spherical_jn(0, x / 2) / 2) ** 2, as of 1 - cos(x)"""
    k, top = scaled(node.inputs[0], look)
    base = squared(node.inputs[1], look)
    root = squared(top, look) if base is not None else None
    found = look(root, Sin) if root is not None else None
    if found is None or base is None:
        return None
    c, x = scaled(found.inputs[0], look)
    return square(spherical_jn(0, found.inputs[0])) * (k * c * c) if x is base else None


@rule(Divide)
def log1prel_by_hand(node: Node, look: Look) -> Node | None:
    """log(1 + x) / x = log1prel(x), which is 1 at 0"""
    k, inner = scaled(node.inputs[0], look)
    found = look(inner, Log1p)
    if found is None or found.inputs[0].dtype.kind != "f":
        return None
    c, x = scaled(found.inputs[0], look)
    if node.inputs[1] is x:
        return times(k * c, log1prel(found.inputs[0]))
    return times(k, log1prel(found.inputs[0])) if node.inputs[1] is found.inputs[0] else None


def _is_of(found: Node, x: Node) -> bool:
    return found.inputs[0] is x and x.dtype.kind == "f"


# ---- normal distribution and Bessel functions ---------------------------------------------------


@rule(Add, Subtract, over=(Constant,))
def one_minus_erf(node: Node, look: Look) -> Node | None:
    """1 - erf(x) = erfc(x) and 1 + erf(x) = erfc(-x); so for multiples"""
    for sign in (-1, 1):
        found = complement(node, Erf, sign, look)
        if found is not None:
            (x,) = found[1].inputs
            return times(found[0], erfc(x if sign == -1 else negated(x, look)))
    return None


@rule(Add, Subtract, over=(Constant,))
def one_minus_erfc(node: Node, look: Look) -> Node | None:
    """1 - erfc(x) = erf(x), and multiples of it"""
    found = complement(node, Erfc, -1, look)
    return times(found[0], erf(found[1].inputs[0])) if found is not None else None


@rule(Add, Subtract, over=(Constant,))
def one_minus_ndtr(node: Node, look: Look) -> Node | None:
    """1 - ndtr(x) = ndtr(-x), and multiples of it"""
    found = complement(node, Ndtr, -1, look)
    return times(found[0], ndtr(negated(found[1].inputs[0], look))) if found is not None else None


@rule(Multiply, over=(Erfc, Ndtr, Multiply, Divide))
def tail_times_exp(node: Node, look: Look) -> Node | None:
    """exp(x ** 2) * erfc(x) = erfcx(x), and exp(x ** 2 / 2) * ndtr(-x), with factors"""
    return _tail_by_density(node, look)


@rule(Divide, over=(Erfc, Ndtr, Exp, Multiply, Divide))
def tail_by_density(node: Node, look: Look) -> Node | None:
    """exp(-x ** 2) / erfc(x) = 1 / erfcx(x) and erfc(x) / exp(-x ** 2) = erfcx(x); ndtr likewise"""
    return _tail_by_density(node, look)


def _tail_by_density(node: Node, look: Look) -> Node | None:
    """The product with a tail and an exponential of a square in it, as one function."""
    k, parts = factors(node, look)
    tails = [i for i, (_, part) in enumerate(parts) if isinstance(part, Erfc | Ndtr)]
    for i in tails:
        sign, part = parts[i]
        tail = look(part, Erfc, Ndtr)
        if tail is None or tail.inputs[0].dtype.kind != "f":
            continue
        c, x = scaled(tail.inputs[0], look)
        half = isinstance(tail, Ndtr)
        c = -_ROOT_HALF * c if half else c  # ndtr(x) = erfc(-x / sqrt(2)) / 2
        for j, (other, density) in enumerate(parts):
            u = exp_of(density, look)
            found = squared_times(u, look) if u is not None else None
            if found is None or found[1] is not x:
                continue
            if math.isclose(found[0] * other, c * c * sign, rel_tol=1e-14):
                whole = if_there(erfcx if sign > 0 else erfc_ratio, times(c, x))
                rest = [one for at, one in enumerate(parts) if at not in (i, j)]
                factor = k * 0.5**sign if half else k
                return product_of(factor, [(1, whole), *rest]) if whole is not None else None
    return None


@rule(Log, over=(Erfcx, ErfcRatio))
def log_of_erfcx(node: Node, look: Look) -> Node | None:
    """log(erfcx(x)) by its own function, which does not overflow, and of its inverse"""
    found = look(node.inputs[0], Erfcx, ErfcRatio)
    if found is None or found.inputs[0].dtype.kind != "f":
        return None
    return times(1 if isinstance(found, Erfcx) else -1, log_erfcx(found.inputs[0]))


@rule(Multiply, over=(Erfc, Ndtr, Multiply, Divide))
def gelu_by_hand(node: Node, look: Look) -> Node | None:
    """x * ndtr(x) = x / 2 * erfc(-x / sqrt(2)) = gelu(x), which is 0 at -inf"""
    for first, second in (node.inputs, node.inputs[::-1]):
        k, gate = scaled(second, look)
        found = look(gate, Ndtr, Erfc)
        if found is None or found.inputs[0].dtype.kind != "f":
            continue
        c, x = scaled(found.inputs[0], look)
        half, y = scaled(first, look)
        scale, slope = (1, 1) if isinstance(found, Ndtr) else (0.5, -_ROOT_HALF)
        if x is y and k * half == scale and abs(c - slope) < 1e-15:
            return gelu(x)
    return None


@rule(Divide, over=(Iv,))
def quotient_of_bessels(node: Node, look: Look) -> Node | None:
    """iv(m, x) / iv(n, x) = ive(m, x) / ive(n, x)"""
    a, b = look(node.inputs[0], Iv), look(node.inputs[1], Iv)
    if a is None or b is None or a.inputs[0] is not b.inputs[0]:
        return None
    (x,) = a.inputs
    return ive(a.order, x) / ive(b.order, x)
