"""Stable forms: logarithms near 1, of powers and ratios, inverse functions, and x * log(x)."""

from __future__ import annotations

import math

from ..graph import Constant, Node
from ..ops.elementwise import (
    Add,
    Divide,
    Exp,
    ExpArcsinh,
    Expm1,
    Hypot,
    Log,
    Log1p,
    Log2,
    Log10,
    Multiply,
    Power,
    Share,
    Sqrt,
    Square,
    Subtract,
    abs,
    arccosh,
    arcsinh,
    arctanh,
    expm1mx,
    log,
    log1p,
    log1p_square,
    log1pmx,
    log_share,
    negative,
    where,
)
from ..ops.reduction import Sum
from ..ops.special import logit, xlogy
from .engine import Look, RuleTable
from .patterns import (
    are_opposite,
    beside,
    inverse_of,
    is_number,
    number,
    number_plus,
    root_of,
    scaled,
    signed_terms,
    squared,
    squared_times,
    sum_of,
    times,
)
from .positive import is_exponential
from .roots import length_of, norm_of

LOG_FORMS = RuleTable("Other logarithms")
rule = LOG_FORMS.rule


# ---- ratios and inverse functions ---------------------------------------------------------------


@rule(Log, over=(Divide, Subtract))
def log_odds_by_hand(node: Node, look: Look) -> Node | None:
    """log(p / (1 - p)) = logit(p) and log(1 / p - 1) = -logit(p)"""
    less = look(node.inputs[0], Subtract)
    p = inverse_of(less.inputs[0], look) if less is not None else None
    if less is not None and p is not None and is_number(less.inputs[1], 1):
        return negative(logit(p)) if p.dtype.kind == "f" else None
    ratio = look(node.inputs[0], Divide)
    rest = look(ratio.inputs[1], Subtract) if ratio is not None else None
    if ratio is None or rest is None or not _is_float(ratio):
        return None
    p = ratio.inputs[0]
    return logit(p) if is_number(rest.inputs[0], 1) and rest.inputs[1] is p else None


@rule(Subtract, over=(Log1p,))
def difference_of_log_odds(node: Node, look: Look) -> Node | None:
    """log(p) - log(1 - p) = logit(p) and log(1 + x) - log(1 - x) = 2 * arctanh(x)"""
    first, second = look(node.inputs[0], Log, Log1p), look(node.inputs[1], Log1p)
    if first is None or second is None or not _is_float(first):
        return None
    (x,), (y,) = first.inputs, second.inputs
    if not are_opposite(x, y, look):
        return None
    return 2 * arctanh(x) if isinstance(first, Log1p) else logit(x)


@rule(Log, over=(Divide,))
def arctanh_by_hand(node: Node, look: Look) -> Node | None:
    """log((1 + x) / (1 - x)) = 2 * arctanh(x)"""
    ratio = look(node.inputs[0], Divide)
    if ratio is None or not _is_float(ratio):
        return None
    for (top, bottom), sign in ((ratio.inputs, 2), (ratio.inputs[::-1], -2)):
        more, less = look(top, Add), look(bottom, Subtract)
        x = beside(more, 1) if more is not None and less is not None else None
        if less is not None and is_number(less.inputs[0], 1) and less.inputs[1] is x:
            return sign * arctanh(x)
    return None


@rule(Log, over=(Add, ExpArcsinh))
def arcsinh_by_hand(node: Node, look: Look) -> Node | None:
    """log(x + sqrt(x ** 2 + 1)) = arcsinh(x) and log(x + sqrt(x ** 2 - 1)) = arccosh(x)"""
    known = look(node.inputs[0], ExpArcsinh)
    if known is not None:
        return arcsinh(known.inputs[0])
    total = look(node.inputs[0], Add)
    if total is None or not _is_float(total):
        return None
    for x, root in (total.inputs, total.inputs[::-1]):
        inside = root_of(root, look)
        less = look(inside, Subtract) if inside is not None else None
        minus_one = less is not None and is_number(less.inputs[1], 1)
        if less is not None and minus_one and squared(less.inputs[0], look) is x:
            return arccosh(x)
    return None


@rule(Log, over=(Divide, Share))
def log_of_share(node: Node, look: Look) -> Node | None:
    """log(x / (c + x)) = log_share(x / c) for numbers c, else -log1p(y / x); and of inverses"""
    found = look(node.inputs[0], Divide, Share)
    if isinstance(found, Share):
        x, y = found.inputs
        c = number(y)
        return log_share(times(1 / c, x)) if c else negative(log1p(y / x))
    if found is None or not _is_float(found):
        return None
    for (x, total), sign in ((found.inputs, 1), (found.inputs[::-1], -1)):
        share = _share(x, total, look)
        if share is not None:
            return times(sign, share)
    return None


@rule(Subtract, over=(Log,))
def difference_of_share(node: Node, look: Look) -> Node | None:
    """log(x) - log(c + x) = log_share(x / c) for numbers c; NaN below 0 as there"""
    first, second = (look(part, Log, Log1p) for part in node.inputs)
    if first is None or second is None or not _is_float(first):
        return None
    for part, other, sign in ((first, second, 1), (second, first, -1)):
        (x,), (y,) = part.inputs, other.inputs
        if not isinstance(part, Log):
            continue
        if isinstance(other, Log1p):
            share = log_share(x) if x is y else None
        else:
            share = _share(x, y, look)
        if share is not None:
            return times(sign, where(x >= 0, share, math.nan))
    return None


def _share(x: Node, total: Node, look: Look) -> Node | None:
    """log(x / total), if that is x + c for a number c."""
    found = look(total, Add, Subtract)
    whole = number_plus(found, look) if found is not None else None
    if whole is None or whole[1] != 1 or whole[2] is not x:
        return None
    return log_share(times(1 / whole[0], x))


# ---- near 1, and powers -------------------------------------------------------------------------


@rule(Log, over=(Add, Subtract))
def log_of_one_plus(node: Node, look: Look) -> Node | None:
    """log(1 + x) = log1p(x) and log(1 - x) = log1p(-x)"""
    total = look(node.inputs[0], Add, Subtract)
    if total is None:
        return None
    if isinstance(total, Subtract):
        one, x = total.inputs
        return log1p(negative(x)) if is_number(one, 1) and x.dtype.kind == "f" else None
    other = beside(total, 1)
    return log1p(other) if other is not None and other.dtype.kind != "b" else None


@rule(Log, over=(Power, Square, Multiply, Sqrt))
def log_of_power(node: Node, look: Look) -> Node | None:
    """log(x ** n) = n * log(x) for a number n other than 0; n * log(abs(x)) for an even one"""
    found = look(node.inputs[0], Power, Square, Multiply, Sqrt)
    if found is None or not _is_float(found):
        return None
    (x, *_), n = found.inputs, _exponent(found)
    if not n:
        return None
    is_even = n % 2 == 0 and not is_exponential(x)
    return n * log(abs(x) if is_even else x)


def _exponent(op: Node) -> float | None:
    if isinstance(op, Power):
        return number(op.inputs[1])
    if isinstance(op, Multiply):
        return 2 if op.inputs[0] is op.inputs[1] else None
    return 2 if isinstance(op, Square) else 0.5


@rule(Log1p, over=(Add, Square, Multiply, Power, Divide))
def log_of_one_plus_square(node: Node, look: Look) -> Node | None:
    """log(1 + k * x ** 2) by its own function, and log(1 + x ** 2 + y ** 2)"""
    found = squared_times(node.inputs[0], look)
    if found is not None:
        return log1p_square(times(math.sqrt(found[0]), found[1])) if found[0] > 0 else None
    length = length_of(node.inputs[0], look)
    return log1p_square(length) if length is not None else None


@rule(Log, over=(Add, Sum, Hypot))
def log_of_length(node: Node, look: Look) -> Node | None:
    """log(x ** 2 + y ** 2) = 2 * log(hypot(x, y)), so for a sum; log(hypot(x, 1)) by its own"""
    found = look(node.inputs[0], Hypot)
    if found is not None:
        x = beside(found, 1)
        return 0.5 * log1p_square(x) if x is not None else None
    length = length_of(node.inputs[0], look)
    length = norm_of(node.inputs[0], look) if length is None else length
    return 2 * log(length) if length is not None else None


@rule(Log, over=(Multiply, Divide))
def log_of_multiple_of_square(node: Node, look: Look) -> Node | None:
    """log(k * x ** 2) = 2 * log(sqrt(k) * abs(x)) for positive numbers k; so for sums of squares"""
    k, inner = scaled(node.inputs[0], look)
    if k <= 0 or k == 1:
        return None
    x = squared(inner, look)
    length = abs(x) if x is not None else length_of(inner, look)
    length = norm_of(inner, look) if length is None else length
    return 2 * log(length * math.sqrt(k)) if length is not None else None


@rule(Log2, Log10, over=(Add, Subtract, Divide, Share))
def other_logs_near_one(node: Node, look: Look) -> Node | None:
    """log2(1 + x) = log1p(x) / log(2) and log10(1 + x) = log1p(x) / log(10); so for forms above"""
    natural = log(node.inputs[0])
    for known in (log_of_one_plus, log_odds_by_hand, arctanh_by_hand, log_of_share):
        found = known(natural, look)
        if found is not None:
            return found / math.log(2 if isinstance(node, Log2) else 10)
    return None


# ---- what is left of exp(x) and log(x) without the first terms of a series ----------------------


@rule(Add, Subtract, over=(Exp, Expm1, Log, Log1p, Constant))
def rest_of_series(node: Node, look: Look) -> Node | None:
    """exp(x) - 1 - x = expm1mx(x), log(1 + x) - x = log1pmx(x), and log(x) - x + 1 likewise"""
    found = signed_terms(node, look)
    for i, (sign, curve) in enumerate(found):
        inner = look(curve, Exp, Expm1, Log, Log1p)
        if inner is None or not _is_float(inner):
            continue
        (x,) = inner.inputs
        of_one = 0 if isinstance(inner, Expm1 | Log1p) else 1 if isinstance(inner, Log) else -1
        at = [j for j, (s, part) in enumerate(found) if part is x and s == -sign]
        ones = [
            j for j, (s, part) in enumerate(found) if of_one and is_number(part, s * sign * of_one)
        ]
        if not at or (of_one and not ones):
            continue
        if isinstance(inner, Exp | Expm1):
            rest = expm1mx(x)
        else:
            rest = log1pmx(x - 1 if isinstance(inner, Log) else x)
        gone = {i, at[0], *ones[:1]}
        return sum_of([(sign, rest), *(t for j, t in enumerate(found) if j not in gone)])
    return None


# ---- x * log(x) ---------------------------------------------------------------------------------


@rule(Multiply, over=(Log,))
def x_log_x(node: Node, look: Look) -> Node | None:
    """x * log(x) = xlogy(x, x) and x * log(x / y) = xlogy(x, x / y), which are 0 at x = 0"""
    for x, other in (node.inputs, node.inputs[::-1]):
        found = look(other, Log) if x.dtype.kind == "f" else None
        if found is None:
            continue
        inner = found.inputs[0]
        ratio = look(inner, Divide)
        if inner is x or (ratio is not None and ratio.inputs[0] is x):
            return xlogy(x, inner)
    return None


@rule(Multiply, over=(Subtract,))
def x_times_log_ratio(node: Node, look: Look) -> Node | None:
    """x * (log(x) - y) = xlogy(x, x) - x * y"""
    for x, other in (node.inputs, node.inputs[::-1]):
        gap = look(other, Subtract) if x.dtype.kind == "f" else None
        found = look(gap.inputs[0], Log) if gap is not None else None
        if gap is not None and found is not None and found.inputs[0] is x:
            return xlogy(x, x) - x * gap.inputs[1]
    return None


def _is_float(op: Node) -> bool:
    return op.inputs[0].dtype.kind == "f"
