"""Stable forms: shares of totals, and powers less one."""

from __future__ import annotations

import math

from ..graph import Constant, Node
from ..ops.elementwise import (
    Absolute,
    Add,
    Cos,
    Divide,
    Hypot,
    Power,
    Reciprocal,
    Share,
    Sqrt,
    Square,
    SquareSlope,
    Subtract,
    abs_share,
    cos,
    hypot_share,
    powm1,
    share,
    sin,
    square,
)
from .engine import Look, RuleTable
from .patterns import beside, number, number_plus, ratio, scaled, squared_times, times
from .positive import is_exponential
from .roots import beyond_one

SHARES = RuleTable("Shares and powers less one")
rule = SHARES.rule


# ---- shares -------------------------------------------------------------------------------------


@rule(Divide, over=(Add,))
def share_of_sum(node: Node, look: Look) -> Node | None:
    """x / (x + y) by its own function, whose gradient does not cancel, and x / (abs(x) + y)"""
    top, total = node.inputs
    found = look(total, Add) if number(top) is None and top.dtype.kind == "f" else None
    if found is None or is_exponential(top) or is_exponential(total):
        return None
    for x, y in (found.inputs, found.inputs[::-1]):
        c = ratio(top, x, look)
        if c is not None:
            return times(c, _share(x, y, look))
        k, inner = scaled(x, look)
        size = look(inner, Absolute) if k > 0 else None
        c = ratio(top, size.inputs[0], look) if size is not None else None
        if c is not None and size is not None:
            return times(c / k, abs_share(times(k, size.inputs[0]), y))
    return None


def _share(x: Node, y: Node, look: Look) -> Node:
    """x / (x + y), for a square and a positive number without its overflow."""
    a, found = number(y), squared_times(x, look)
    if a is None or found is None or a * found[0] <= 0:
        return share(x, y)
    return square(hypot_share(found[1], math.sqrt(a / found[0])))


@rule(Divide, over=(Add,))
def slope_of_log(node: Node, look: Look) -> Node | None:
    """2 * x / (1 + x ** 2) by its own function, which does not overflow; so for other numbers"""
    total = look(node.inputs[1], Add)
    for a, other in (total.inputs, total.inputs[::-1]) if total is not None else ():
        least, found = number(a), squared_times(other, look)
        c = ratio(node.inputs[0], found[1], look) if found is not None else None
        if c is not None and least is not None and found is not None and least * found[0] > 0:
            root = math.sqrt(found[0] / least)
            if not 1e-3 < root < 1e3:  # of one that only guards from zero
                return None
            return times(c / (2 * least * root), SquareSlope(times(root, found[1])))
    return None


@rule(Add, Subtract, over=(Constant,))
def one_minus_share(node: Node, look: Look) -> Node | None:
    """1 - x / (x + y) = y / (x + y), and multiples of it"""
    found = number_plus(node, look)
    part = look(found[2], Share) if found is not None else None
    if found is None or part is None or found[0] != -found[1]:
        return None
    x, y = part.inputs
    return times(found[0], share(y, x, guarded=number(y) is None))


# ---- powers less one ----------------------------------------------------------------------------


@rule(Add, Subtract, over=(Constant,))
def power_minus_one(node: Node, look: Look) -> Node | None:
    """(1 + x) ** p - 1 by its own function, also of inverses and roots, and x ** 0.3 - 1"""
    found = number_plus(node, look)
    if found is None or found[2].dtype.kind != "f":
        return None
    c, k, part = found
    m, p, base = _power(part, look)
    if p in (0, 1) or c != -k * m or base.dtype.kind != "f":
        return None
    x = beyond_one(base, look)
    if x is not None and x.dtype.kind == "f":
        if p == -1:
            return times(c, share(x, 1, guarded=True))
        return times(-c, powm1(x, p, 1))
    length = look(base, Hypot)
    x = beside(length, 1) if length is not None else None
    if x is not None and x.dtype.kind == "f":
        return times(-c, powm1(square(x), p / 2, 1))
    angle = look(base, Cos) if p == -1 else None
    if angle is not None:
        (x,) = angle.inputs
        return times(-2 * c, square(sin(x * 0.5)) / cos(x))
    return None if p == int(p) else times(-c, powm1(base, p))


def _power(node: Node, look: Look) -> tuple[float, float, Node]:
    """`(m, p, x)` with node = m * x ** p for numbers m and p: of a power, and of one over it."""
    m, sign = 1.0, 1
    inverse = look(node, Divide, Reciprocal)
    if isinstance(inverse, Reciprocal):
        sign, node = -1, inverse.inputs[0]
    elif inverse is not None and (top := number(inverse.inputs[0])):
        m, sign, node = top, -1, inverse.inputs[1]
    found = look(node, Power, Square, Sqrt)
    if isinstance(found, Square | Sqrt):
        return m, sign * (2 if isinstance(found, Square) else 0.5), found.inputs[0]
    p = number(found.inputs[1]) if found is not None else None
    return (m, float(sign), node) if found is None or not p else (m, sign * p, found.inputs[0])
