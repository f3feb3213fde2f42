"""Stable forms: quotients of hyperbolic functions, of exponentials less one, and by arguments."""

from __future__ import annotations

import math

from ..graph import Node
from ..ops.elementwise import (
    Add,
    Cosh,
    Divide,
    Expm1,
    InverseExpm1,
    Log,
    Multiply,
    Negative,
    Power,
    Reciprocal,
    Sinh,
    Square,
    Subtract,
    Tanh,
    expm1,
    inverse_expm1,
    reciprocal,
    square,
    tanh,
)
from ..ops.special import Sinhc, coth_part, exp_quotient, exprel, log_sinhc, sinhc
from .engine import Look, RuleTable
from .patterns import (
    are_opposite,
    exp_of,
    factors,
    negated,
    number_over,
    one_plus_exp,
    product_of,
    ratio,
    scaled,
    squared,
    times,
)

HYPERBOLIC = RuleTable("Hyperbolic quotients")
rule = HYPERBOLIC.rule
Parts = list[tuple[int, Node]]


# ---- of one another -----------------------------------------------------------------------------


@rule(Divide, over=(Sinh, Cosh, Multiply, Divide))
def coth_by_hand(node: Node, look: Look) -> Node | None:
    """y * cosh(x) / sinh(x) = y / tanh(x), also of exponentials, and y * sinh(x) / cosh(x)"""
    if look(scaled(node.inputs[1], look)[1], Sinh, Cosh) is None:
        return None
    k, parts = factors(node, look)
    for kind, other in ((Sinh, Cosh), (Cosh, Sinh)):
        for i, (sign, part) in enumerate(parts):
            bottom = look(part, kind) if sign < 0 else None
            if bottom is None or bottom.inputs[0].dtype.kind != "f":
                continue
            for j, (above, top) in enumerate(parts):
                c = _as_hyperbolic(top, other, bottom.inputs[0], look) if above > 0 else None
                if c is not None:
                    parts[i] = (-1 if kind is Sinh else 1, tanh(bottom.inputs[0]))
                    return product_of(k * c, [*parts[:j], *parts[j + 1 :]])
    return None


def _as_hyperbolic(top: Node, kind: type[Node], x: Node, look: Look) -> float | None:
    """c, if the node is c * cosh(x), also as exp(x) + exp(-x), or is sinh(x)."""
    found = look(top, kind)
    if found is not None:
        return 1 if found.inputs[0] is x else None
    total = look(top, Add) if kind is Cosh else None
    if total is None:
        return None
    u, v = (exp_of(part, look) for part in total.inputs)
    is_pair = u is not None and v is not None and (u is x or v is x) and are_opposite(u, v, look)
    return 2 if is_pair else None


@rule(Divide, over=(Add,))
def coth_by_hand_of_double(node: Node, look: Look) -> Node | None:
    """(exp(u) + 1) / (exp(u) - 1) = 1 / tanh(u / 2), and multiples of it"""
    u = one_plus_exp(node.inputs[0], look)
    k, bottom = scaled(node.inputs[1], look) if u is not None else (1.0, node)
    found = look(bottom, Expm1) if u is not None else None
    if u is None or found is None or found.inputs[0] is not u:
        return None
    return (1 / k) / tanh(u * 0.5)


# ---- by their argument --------------------------------------------------------------------------


@rule(Divide, over=(Tanh, Sinh, Multiply, Divide, Negative))
def tanh_by_argument(node: Node, look: Look) -> Node | None:
    """tanh(x) / x = 1 / (1 + x * (coth(x) - 1 / x)), sinh(x) / x and their inverses: 1 at 0"""
    return _by_argument(node, look)


@rule(Multiply, over=(Divide, Reciprocal))
def argument_by_tanh(node: Node, look: Look) -> Node | None:
    """x * (1 / tanh(x)) = 1 + x * (coth(x) - 1 / x), which is 1 at 0, and x * (1 / sinh(x))"""
    return _by_argument(node, look)


def _by_argument(node: Node, look: Look) -> Node | None:
    k, parts = factors(node, look)
    for i, (sign, part) in enumerate(parts):
        found = look(part, Tanh, Sinh) if isinstance(part, Tanh | Sinh) else None
        if found is None or found.inputs[0].dtype.kind != "f":
            continue
        (u,) = found.inputs
        for j, (other, y) in enumerate(parts):
            c = ratio(u, y, look) if other == -sign else None
            if c is not None:
                if isinstance(found, Sinh):
                    value = sinhc(u, inverse=sign < 0)
                else:
                    value = 1 + u * coth_part(u)
                    value = reciprocal(value) if sign > 0 else value
                rest = [one for at, one in enumerate(parts) if at not in (i, j)]
                return product_of(k * c**sign, [(1, value), *rest])
    return None


@rule(Add, Subtract, over=(Divide, Reciprocal, Power))
def coth_less_pole(node: Node, look: Look) -> Node | None:
    """1 / tanh(x) - 1 / x = coth(x) - 1 / x, which is 0 at 0; so for other poles that cancel"""
    (p, a), (q, b) = (_number_over(part, look) for part in node.inputs)
    q = -q if isinstance(node, Subtract) else q
    if a is None or b is None:
        return None
    f, g = look(a, Tanh), look(b, Tanh)
    u, v = (a if f is None else f.inputs[0]), (b if g is None else g.inputs[0])
    if (f is None and g is None) or u.dtype.kind != "f":
        return None
    c = ratio(u, v, look)
    if c is None or not math.isclose(p, -q * c, rel_tol=1e-14):
        return None
    parts = [times(k, coth_part(x)) for k, x, found in ((p, u, f), (q, v, g)) if found is not None]
    return parts[0] if len(parts) == 1 else parts[0] + parts[1]


def _number_over(node: Node, look: Look) -> tuple[float, Node | None]:
    """`(k, x)` with node = k / x for a number k, x being no multiple of a tanh."""
    k, bottom = number_over(node, look)
    if bottom is None:
        return k, None
    d, x = scaled(bottom, look)
    return (k / d, x) if isinstance(x, Tanh) else (k, bottom)


@rule(Log, over=(Sinhc,))
def log_of_sinhc(node: Node, look: Look) -> Node | None:
    """log(sinh(x) / x) by its own function, and log(x / sinh(x)) = -log(sinh(x) / x)"""
    found = look(node.inputs[0], Sinhc)
    if found is None:
        return None
    return times(-1 if found.inverse else 1, log_sinhc(found.inputs[0]))


# ---- exponentials less one ----------------------------------------------------------------------


@rule(Divide, over=(Expm1, Multiply, Divide, Negative))
def exprel_by_hand(node: Node, look: Look) -> Node | None:
    """(exp(x) - 1) / x = exprel(x) and x / (exp(x) - 1) by its own function, which are 1 at 0"""
    for turned in (False, True):
        top, bottom = node.inputs[::-1] if turned else node.inputs
        k, inner = scaled(top, look)
        found = look(inner, Expm1)
        if found is None or found.inputs[0].dtype.kind != "f":
            continue
        (x,) = found.inputs
        c = ratio(x, bottom, look)
        if c is not None:
            return times(1 / (k * c), exp_quotient(x)) if turned else times(k * c, exprel(x))
    return None


@rule(Divide, over=(Square, Multiply, Power))
def exp_by_square_of_expm1(node: Node, look: Look) -> Node | None:
    """exp(x) / (exp(x) - 1) ** 2 = (x / 2 / sinh(x / 2)) ** 2 / x ** 2, and with x ** 2 above"""
    k, bottom = scaled(node.inputs[1], look)
    base = squared(bottom, look)
    found = look(base, Expm1) if base is not None else None
    if found is None:
        return None
    (u,) = found.inputs
    c, parts = factors(node.inputs[0], look)
    at = [i for i, (sign, part) in enumerate(parts) if sign > 0 and exp_of(part, look) is u]
    if len(at) != 1:
        return None
    del parts[at[0]]
    for i, (sign, part) in enumerate(parts):
        y = squared(part, look) if sign > 0 else None
        d = ratio(u, y, look) if y is not None else None
        if d is not None:
            parts[i] = (1, square(sinhc(u * 0.5, inverse=True)))
            return product_of(c / (k * d * d), parts)
    return product_of(-c / k, [*parts, (1, inverse_expm1(u) * inverse_expm1(negated(u, look)))])


@rule(Divide, over=(Expm1, Multiply, Divide, Negative))
def over_expm1(node: Node, look: Look) -> Node | None:
    """y / (exp(x) - 1) = y * inverse_expm1(x), whose gradient does not overflow"""
    k, inner = scaled(node.inputs[1], look)
    found = look(inner, Expm1)
    if found is None or found.inputs[0].dtype.kind != "f":
        return None
    return node.inputs[0] * times(1 / k, inverse_expm1(found.inputs[0]))


@rule(Multiply, over=(InverseExpm1, Multiply, Negative))
def times_inverse_expm1(node: Node, look: Look) -> Node | None:
    """exp(x) / (exp(x) - 1) = -1 / (exp(-x) - 1), and x * (1 / (exp(x) - 1)) = x / (exp(x) - 1)"""
    if not any(_is_bosons(part, look) for part in node.inputs):
        return None
    k, parts = factors(node, look)
    for i, (sign, part) in enumerate(parts):
        found = look(part, InverseExpm1) if sign > 0 else None
        if found is None:
            continue
        (u,) = found.inputs
        others = [(j, y) for j, (above, y) in enumerate(parts) if above > 0 and j != i]
        for j, y in others:
            if exp_of(y, look) is u:
                parts[i] = (-1, expm1(negated(u, look)))
                return product_of(-k, [*parts[:j], *parts[j + 1 :]])
        for j, y in others:
            c = ratio(u, y, look)
            if c is not None:
                parts[i] = (1, exp_quotient(u))
                return product_of(k / c, [*parts[:j], *parts[j + 1 :]])
    return None


def _is_bosons(node: Node, look: Look) -> bool:
    return isinstance(scaled(node, look)[1], InverseExpm1)
