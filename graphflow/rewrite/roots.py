"""Stable forms: lengths and norms as roots of sums of squares, and differences of roots."""

from __future__ import annotations

import math
from functools import reduce

from ..graph import Constant, Node
from ..ops.array import Count, count
from ..ops.elementwise import (
    Add,
    Divide,
    Hypot,
    Maximum,
    Multiply,
    Power,
    Reciprocal,
    Sqrt,
    Subtract,
    abs,
    equal,
    exp_arcsinh,
    hypot,
    hypot_less,
    hypot_share,
    isfinite,
    less,
    logical_and,
    negative,
    reciprocal,
    sqrt,
    sqrt1pm1,
    where,
)
from ..ops.linalg import Matmul
from ..ops.reduction import Mean, Sum, norm2
from .engine import Look, RuleTable
from .patterns import (
    beside,
    complement,
    is_number,
    is_root,
    number,
    number_over,
    number_plus,
    offset,
    ratio,
    root_of,
    scaled,
    squared,
    squared_times,
    terms,
    times,
)

ROOTS = RuleTable("Lengths and roots")
rule = ROOTS.rule


# ---- norms and lengths --------------------------------------------------------------------------


@rule(Sqrt, Power, over=(Sum, Matmul))
def norm_by_hand(node: Node, look: Look) -> Node | None:
    """sqrt(sum(x ** 2, axis)) = norm2(x, axis), whose gradient at 0 is 0; so for sqrt(x @ x)"""
    return norm_of(node.inputs[0], look) if is_root(node) else None


def norm_of(square: Node, look: Look) -> Node | None:
    """norm2(x), if the node is a sum of x squared."""
    product = look(square, Matmul)
    if product is not None:
        a, b = product.inputs
        is_vector = a.shape is not None and len(a.shape) == 1 and a.dtype.kind == "f"
        return norm2(a) if a is b and is_vector else None
    total = look(square, Sum)
    x = squared(total.inputs[0], look) if total is not None else None
    if total is None or x is None:
        return None
    return norm2(x, axis=total.axis, keepdims=total.keepdims)


@rule(Sqrt, Power, over=(Mean,))
def root_mean_square(node: Node, look: Look) -> Node | None:
    """sqrt(mean(x ** 2, axis)) = norm2(x, axis) / sqrt(n) for n elements along the axis"""
    mean = look(node.inputs[0], Mean) if is_root(node) else None
    x = squared(mean.inputs[0], look) if mean is not None else None
    if mean is None or x is None:
        return None
    return norm2(x, axis=mean.axis, keepdims=mean.keepdims) / sqrt(count(x, mean.axis))


@rule(Sqrt, Power, over=(Divide,))
def root_of_quotient(node: Node, look: Look) -> Node | None:
    """sqrt(sum(x ** 2, axis) / c) = norm2(x, axis) / sqrt(c) for a number of degrees c"""
    quotient = look(node.inputs[0], Divide) if is_root(node) else None
    if quotient is None or not _is_positive(quotient.inputs[1], look):
        return None
    size = norm_of(quotient.inputs[0], look)
    return size / sqrt(quotient.inputs[1]) if size is not None else None


def _is_positive(node: Node, look: Look) -> bool:
    """Whether it is a positive number, a count, or what is left of one above 0."""
    value = number(node)
    if value is not None:
        return value > 0
    if isinstance(node, Count):
        return True
    least = look(node, Maximum)
    return least is not None and beside(least, 0) is not None


@rule(Sqrt, Power, over=(Add,))
def length_by_hand(node: Node, look: Look) -> Node | None:
    """sqrt(x ** 2 + y ** 2) = hypot(x, y), whose gradient at 0 is 0; also with numbers, or more"""
    return length_of(node.inputs[0], look) if is_root(node) else None


def length_of(square: Node, look: Look) -> Node | None:
    """The root of a sum of squares and positive numbers."""
    total = look(square, Add)
    parts = terms(total, look) if total is not None else []
    numbers = [c for part in parts if (c := number(part)) is not None]
    others = [part for part in parts if number(part) is None]
    sides = [side for part in others if (side := _length(part, look)) is not None]
    if not sides or len(sides) < len(others) or any(c <= 0 for c in numbers):
        return None
    length = reduce(hypot, sides)
    return hypot(length, math.sqrt(math.fsum(numbers))) if numbers else length


def _length(square: Node, look: Look) -> Node | None:
    """x or norm2(x), if the node is x squared or a sum of x squared, or a multiple of it."""
    found = squared_times(square, look)
    if found is None:
        k, inner = scaled(square, look)
        x = norm_of(inner, look)
    else:
        k, x = found
    return times(math.sqrt(k), x) if x is not None and k > 0 else None


@rule(Power, over=(Add,))
def inverse_of_length(node: Node, look: Look) -> Node | None:
    """(x ** 2 + y ** 2) ** -0.5 = 1 / hypot(x, y), which does not vanish where squares overflow"""
    is_inverse = is_number(node.inputs[1], -0.5)
    length = length_of(node.inputs[0], look) if is_inverse else None
    return reciprocal(length) if length is not None else None


@rule(Multiply, over=(Reciprocal, Divide))
def side_times_inverse(node: Node, look: Look) -> Node | None:
    """x * (1 / sqrt(x ** 2 + y ** 2)) = hypot_share(x, y)"""
    for side, inverse in (node.inputs, node.inputs[::-1]):
        k, length = number_over(inverse, look)
        share = _share_of(side, length, look) if length is not None else None
        if share is not None:
            return times(k, share)
    return None


@rule(Divide, over=(Hypot, Multiply, Divide))
def side_by_length(node: Node, look: Look) -> Node | None:
    """x / sqrt(x ** 2 + y ** 2) = hypot_share(x, y), whose gradient does not cancel"""
    side, bottom = node.inputs
    return _share_of(side, bottom, look)


def _share_of(side: Node, bottom: Node, look: Look) -> Node | None:
    """side / bottom, if that is a multiple of a length that the side is a side of."""
    k, inner = scaled(bottom, look)
    length = look(inner, Hypot)
    if length is None:
        return None
    for x, y in (length.inputs, length.inputs[::-1]):
        c = ratio(side, x, look)
        if c is not None:
            return times(c / k, hypot_share(x, y))
    return None


@rule(Add, Subtract, over=(Hypot,))
def length_and_side(node: Node, look: Look) -> Node | None:
    """x + sqrt(x ** 2 + 1) = exp_arcsinh(x), and sqrt(x ** 2 + c) - x for numbers c"""
    (s, first), (t, second) = _signed(node)
    for (sign, root), (other, x) in (((s, first), (t, second)), ((t, second), (s, first))):
        length = look(root, Hypot)
        a = number(length.inputs[1]) if length is not None else None
        if length is None or not a:
            continue
        c = ratio(x, length.inputs[0], look)
        if c in (1, -1):
            y = times(sign * other * c / math.fabs(a), length.inputs[0])
            return times(sign * math.fabs(a), exp_arcsinh(y))
    return None


def _signed(node: Node) -> tuple[tuple[int, Node], tuple[int, Node]]:
    a, b = node.inputs
    return (1, a), (-1 if isinstance(node, Subtract) else 1, b)


@rule(Sqrt, Power)
def root_of_square(node: Node, look: Look) -> Node | None:
    """sqrt(x ** 2) = abs(x)"""
    x = squared(node.inputs[0], look) if is_root(node) else None
    return abs(x) if x is not None else None


# ---- differences --------------------------------------------------------------------------------


@rule(Add, Subtract, over=(Constant,))
def length_minus_one(node: Node, look: Look) -> Node | None:
    """sqrt(c ** 2 + x ** 2) - c = x ** 2 / (sqrt(c ** 2 + x ** 2) + c) for numbers c; multiples"""
    whole = number_plus(node, look)
    length = look(whole[2], Hypot) if whole is not None else None
    if whole is None or length is None:
        return None
    for x, side in (length.inputs, length.inputs[::-1]):
        c = math.fabs(number(side) or 0)
        if c and x.dtype.kind == "f" and math.isclose(whole[0], -whole[1] * c, rel_tol=1e-15):
            return times(whole[1], hypot_less(x, c))
    return None


@rule(Add, Subtract, over=(Constant,))
def root_minus_one(node: Node, look: Look) -> Node | None:
    """sqrt(1 + x) - 1 = sqrt1pm1(x), 1 - sqrt(1 - x) = -sqrt1pm1(-x), and multiples of them"""
    for kind in (Sqrt, Power):
        found = complement(node, kind, -1, look)
        inside = root_of(found[1], look) if found is not None else None
        x = beyond_one(inside, look) if inside is not None else None
        if found is not None and x is not None:
            return times(-found[0], sqrt1pm1(x))
    return None


def beyond_one(node: Node, look: Look) -> Node | None:
    """x, if the node is 1 + x or 1 - y, where x = -y."""
    found = look(node, Add, Subtract)
    if isinstance(found, Add):
        return beside(found, 1)
    if found is None or not is_number(found.inputs[0], 1) or found.inputs[1].dtype.kind != "f":
        return None
    return negative(found.inputs[1])


@rule(Subtract, over=(Sqrt, Power, Hypot))
def difference_of_roots(node: Node, look: Look) -> Node | None:
    """sqrt(x + c) - sqrt(x) = c / (sqrt(x + c) + sqrt(x)) for a number c"""
    first, second = (_under_root(part, look) for part in node.inputs)
    if first is None or second is None or first[:2] != second[:2] or first[2] == second[2]:
        return None
    return (first[2] - second[2]) / (node.inputs[0] + node.inputs[1])


def _under_root(node: Node, look: Look) -> tuple[int, bool, float] | None:
    """`(number of x, is_squared, c)`, if the node is sqrt(x + c) or sqrt(x ** 2 + c)."""
    length = look(node, Hypot)
    if length is not None:
        a = number(length.inputs[1])
        return None if a is None else (length.inputs[0].number, True, a * a)
    inside = root_of(node, look)
    if inside is None:
        return None
    x, c = offset(inside, look)
    return x.number, False, c


@rule(Add, Subtract, over=(Sqrt, Power))
def root_less_side(node: Node, look: Look) -> Node | None:
    """sqrt(b ** 2 - c) - b = -c / (sqrt(b ** 2 - c) + b) where b is positive; so for + b"""
    (s, first), (t, second) = _signed(node)
    for (sign, root), (other, side) in (((s, first), (t, second)), ((t, second), (s, first))):
        found = _beside_square(root, look)
        k = ratio(side, found[1], look) if found is not None else None
        if found is None or k is None or not math.isclose(k * k, found[0], rel_tol=1e-15):
            continue
        if other * sign * k == 1 and found[2] == -1 and is_number(found[3], 1):  # log: arccosh
            continue
        b = times(other * sign * k, found[1])  # root + b, times the sign
        cancels = logical_and(less(b, 0), isfinite(root))
        apart = root + where(less(b, 0), negative(b), b)
        near = times(found[2], found[3]) / where(equal(apart, 0), 1, apart)
        return times(sign, where(cancels, near, root + where(cancels, 0, b)))
    return None


def _beside_square(node: Node, look: Look) -> tuple[float, Node, int, Node] | None:
    """`(k, b, s, c)` with node = sqrt(k * b ** 2 + s * c) for a sign s."""
    inside = root_of(node, look)
    total = look(inside, Add, Subtract) if inside is not None else None
    if total is None:
        return None
    (_, first), (sign, second) = _signed(total)
    for square, other, rest in ((first, sign, second), (second, 1, first)):
        found = squared_times(square, look)
        if found is not None and (square is first or sign == 1):
            return *found, other, rest
    return None
