"""Stable forms: differences of one function at two places, and of functions that are near."""

from __future__ import annotations

import math

from ..graph import Constant, Node
from ..ops.elementwise import (
    Add,
    Arcsin,
    Arcsinh,
    Arctan,
    Cbrt,
    Cos,
    Divide,
    Exp,
    Log,
    Log1mexp,
    Multiply,
    Negative,
    Power,
    Reciprocal,
    Sin,
    Sinh,
    Subtract,
    Tan,
    Tanh,
    Where,
    arctan,
    arctan2,
    cos,
    equal,
    exp,
    greater,
    less,
    less_line,
    log1mexp,
    negative,
    power,
    powm1,
    sin,
    sinh,
    square,
    tan,
    where,
)
from ..ops.special import Ndtr, log_ndtr, ndtr, spherical_jn
from .engine import Look, RuleTable
from .patterns import (
    are_opposite,
    exp_of,
    if_there,
    number,
    number_over,
    number_plus,
    offset,
    root_of,
    scaled,
    signed_terms,
    sum_of,
    times,
)

SHIFTS = RuleTable("Differences")
rule = SHIFTS.rule
_ODD = (Sin, Sinh, Tan, Tanh, Arctan, Arcsin, Arcsinh)
_TINY = -37.0  # whose exponential is less than half of what 1 shows


# ---- of one function ----------------------------------------------------------------------------


def _distance(x: Node, y: Node, look: Look) -> float:
    """c, if x = y + c for a number c; 0 where none is seen."""
    (a, c), (b, d) = offset(x, look), offset(y, look)
    return c - d if a is b and a.dtype.kind == "f" else 0.0


def _places(node: Node, kind: type[Node], look: Look) -> tuple[Node, Node, float]:
    """x, y and c, if the node is f(x) - f(y) for f of a kind and x = y + c, else a c of 0."""
    first, second = (look(part, kind) for part in node.inputs)
    if first is None or second is None:
        return node, node, 0.0
    (x,), (y,) = first.inputs, second.inputs
    return x, y, _distance(x, y, look)


@rule(Subtract, over=(Divide, Reciprocal, Power))
def difference_of_inverses(node: Node, look: Look) -> Node | None:
    """1 / x - 1 / (x + c) = c / x / (x + c) for numbers c; so for roots, and multiples of both"""
    (p, x), (q, y) = (number_over(part, look) for part in node.inputs)
    if x is None or y is None or p != q:
        return None
    a, b = root_of(x, look), root_of(y, look)
    if a is not None and b is not None:
        c = _distance(b, a, look)
        return (p / x) * (c / (x + y)) / y if c else None
    c = _distance(y, x, look)
    return (p / x) * (c / y) if c else None


@rule(Subtract, over=(Cbrt,))
def difference_of_cube_roots(node: Node, look: Look) -> Node | None:
    """cbrt(x + c) - cbrt(x) = c / (a ** 2 + a * b + b ** 2) for those roots a and b"""
    _, _, c = _places(node, Cbrt, look)
    a, b = node.inputs
    return c / (square(a) + a * b + square(b)) if c else None


@rule(Subtract, over=(Arctan,))
def difference_of_arctans(node: Node, look: Look) -> Node | None:
    """arctan(x + c) - arctan(x) = arctan(c / (1 + x * (x + c))) for numbers c below 2"""
    x, y, c = _places(node, Arctan, look)
    return arctan(c / (1 + x * y)) if 0 < abs(c) < 2 else None


@rule(Subtract, over=(Exp,))
def difference_of_exps(node: Node, look: Look) -> Node | None:
    """exp(x + c) - exp(x) = exp(x) * (exp(c) - 1) for numbers c below 1"""
    _, y, c = _places(node, Exp, look)
    return exp(y) * math.expm1(c) if 0 < abs(c) < 1 else None


@rule(Subtract, over=(Power,))
def difference_of_powers(node: Node, look: Look) -> Node | None:
    """(x + c) ** p - x ** p = (x + c) ** p * (1 - (1 - c / (x + c)) ** p) for numbers c and p"""
    first, second = (look(part, Power) for part in node.inputs)
    if first is None or second is None:
        return None
    (x, m), (y, n) = first.inputs, second.inputs
    p, c = number(m), _distance(x, y, look)
    if not c or p is None or p != number(n) or p <= 0 or p == int(p):
        return None
    sign, outer, inner = (1, x, y) if c > 0 else (-1, y, x)
    part = abs(c) / outer
    near = power(outer, p) * powm1(negative(part), p, 1)
    apart = negative(power(outer, p)) + power(inner, p)
    return times(-sign, where(less(part, 0.5), near, apart))


@rule(Subtract, over=(Sin, Cos, Tan))
def difference_of_angles(node: Node, look: Look) -> Node | None:
    """sin(x + c) - sin(x) = 2 * sin(c / 2) * cos(x + c / 2) for numbers c below 1; cos and tan"""
    for kind in (Sin, Cos, Tan):
        x, y, c = _places(node, kind, look)
        if not 0 < abs(c) < 1:
            continue
        if kind is Tan:
            return math.sin(c) / (cos(x) * cos(y))
        middle = y + c / 2
        if kind is Sin:
            return times(2 * math.sin(c / 2), cos(middle))
        return times(-2 * math.sin(c / 2), sin(middle))
    return None


# ---- of functions that are near -----------------------------------------------------------------


@rule(Subtract, over=(Tan,))
def tan_less_sin(node: Node, look: Look) -> Node | None:
    """tan(x) - sin(x) = 2 * tan(x) * sin(x / 2) ** 2"""
    first, second = look(node.inputs[0], Tan), look(node.inputs[1], Sin)
    if first is None or second is None or first.inputs[0] is not second.inputs[0]:
        return None
    (x,) = first.inputs
    return tan(x) * square(sin(x * 0.5)) * 2 if x.dtype.kind == "f" else None


@rule(Subtract, over=(Sin,))
def sin_less_tangent(node: Node, look: Look) -> Node | None:
    """sin(x) - x * cos(x) = x ** 2 * spherical_jn(1, x)"""
    first, second = look(node.inputs[0], Sin), look(node.inputs[1], Multiply)
    if first is None or second is None or first.inputs[0].dtype.kind != "f":
        return None
    (x,) = first.inputs
    for side, other in (second.inputs, second.inputs[::-1]):
        found = look(other, Cos) if side is x else None
        if found is not None and found.inputs[0] is x:
            return x * (x * spherical_jn(1, x))
    return None


@rule(Add, Subtract, over=_ODD)
def odd_less_line(node: Node, look: Look) -> Node | None:
    """sin(x) - x by its own function; so for sinh, tan, tanh, arctan, arcsin and arcsinh"""
    parts = signed_terms(node, look)
    for i, (sign, curve) in enumerate(parts):
        found = look(curve, *_ODD)
        if found is None or found.inputs[0].dtype.kind != "f":
            continue
        (x,) = found.inputs
        for j, (other, part) in enumerate(parts):
            if part is x and other == -sign:
                parts[i] = (sign, less_line(found.kind.lower(), x))
                return sum_of([*parts[:j], *parts[j + 1 :]])
    return None


@rule(Add, Subtract, over=(Exp, Constant))
def exps_less_two(node: Node, look: Look) -> Node | None:
    """exp(x) + exp(-x) - 2 = 4 * sinh(x / 2) ** 2, and multiples of it"""
    parts = [(sign * k, part) for sign, whole in signed_terms(node, look)
             for k, part in [scaled(whole, look)]]  # fmt: skip
    numbers = [k * c for k, part in parts if (c := number(part)) is not None]
    powers = [(k, x) for k, part in parts if (x := exp_of(part, look)) is not None]
    if len(parts) != 3 or len(numbers) != 1 or len(powers) != 2:
        return None
    (k, x), (m, y) = powers
    if k != m or numbers[0] != -2 * k or not are_opposite(x, y, look):
        return None
    return square(sinh(x * 0.5)) * (4 * k)


@rule(Add, Subtract, over=(Constant,))
def arctan_and_quarter(node: Node, look: Look) -> Node | None:
    """pi / 2 + arctan(x) = arctan2(1, -x), arctan(x) - pi / 2 = -arctan2(1, x); so for multiples"""
    found = number_plus(node, look)
    part = look(found[2], Arctan) if found is not None else None
    if found is None or part is None or part.inputs[0].dtype.kind != "f":
        return None
    c, k, _ = found
    (x,) = part.inputs
    if not math.isclose(abs(c / k), math.pi / 2, rel_tol=1e-15):
        return None
    return times(k, arctan2(1, negative(x))) if c / k > 0 else times(-k, arctan2(1, x))


# ---- of tails -----------------------------------------------------------------------------------


@rule(Subtract, over=(Ndtr,))
def difference_of_ndtrs(node: Node, look: Look) -> Node | None:
    """ndtr(x) - ndtr(y) = ndtr(-y) - ndtr(-x) where x + y is positive"""
    first, second = (look(part, Ndtr) for part in node.inputs)
    if first is None or second is None or first.inputs[0].dtype.kind != "f":
        return None
    (x,), (y,) = first.inputs, second.inputs
    if isinstance(x, Where) or isinstance(y, Where):  # what this rule made
        return None
    above = greater(x + y, 0)
    return ndtr(where(above, negative(y), x)) - ndtr(where(above, negative(x), y))


@rule(Log, over=(Subtract,))
def log_of_difference_of_ndtrs(node: Node, look: Look) -> Node | None:
    """log(ndtr(x) - ndtr(y)) = log_ndtr(x) + log1mexp(log_ndtr(y) - log_ndtr(x))"""
    whole = node.inputs[0]
    if not any(isinstance(part, Ndtr) for part in whole.inputs):
        return None
    found = look(whole, Subtract)
    first, second = (look(part, Ndtr) for part in (found.inputs if found is not None else ()))
    if first is None or second is None or first.inputs[0].dtype.kind != "f":
        return None
    p, q = if_there(log_ndtr, first.inputs[0]), if_there(log_ndtr, second.inputs[0])
    if p is None or q is None:
        return None
    return p + log1mexp(where(equal(p, q), 0, q - p))


@rule(Log1mexp, over=(Negative, Multiply))
def log_of_rare(node: Node, look: Look) -> Node | None:
    """log(1 - exp(-exp(x))) = x - exp(x) / 2 where exp(x) is hidden by 1; so for multiples"""
    k, part = scaled(node.inputs[0], look)
    x = exp_of(part, look) if k < 0 else None
    if x is None or isinstance(x, Where):  # what this rule made
        return None
    rate = x + math.log(-k) if k != -1 else x
    is_rare = less(rate, _TINY)
    near = log1mexp(negative(exp(where(is_rare, _TINY, rate))))
    return where(is_rare, rate - 0.5 * exp(rate), near)
