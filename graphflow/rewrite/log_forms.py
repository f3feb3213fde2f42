"""Stable forms: logarithms near 1, of powers and ratios, inverse functions, and x * log(x)."""

from __future__ import annotations

from ..graph import Node
from ..ops.elementwise import (
    Add,
    Divide,
    Hypot,
    Log,
    Log1p,
    Multiply,
    Power,
    Sqrt,
    Square,
    Subtract,
    abs,
    arccosh,
    arcsinh,
    arctanh,
    log,
    log1p,
    negative,
)
from ..ops.special import logit, xlogy
from .engine import Look, RuleTable
from .patterns import are_opposite, beside, is_number, number, root_of, squared
from .positive import is_exponential
from .roots import length_beside_one

LOG_FORMS = RuleTable("Other logarithms")
rule = LOG_FORMS.rule


# ---- ratios and inverse functions ---------------------------------------------------------------


@rule(Log, over=(Divide,))
def log_odds_by_hand(node: Node, look: Look) -> Node | None:
    """log(p / (1 - p)) = logit(p)"""
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


@rule(Log, over=(Add,))
def arcsinh_by_hand(node: Node, look: Look) -> Node | None:
    """log(x + sqrt(x ** 2 + 1)) = arcsinh(x) and log(x + sqrt(x ** 2 - 1)) = arccosh(x)"""
    total = look(node.inputs[0], Add)
    if total is None or not _is_float(total):
        return None
    for x, root in (total.inputs, total.inputs[::-1]):
        length = look(root, Hypot, Sqrt, Power)
        if length is not None and length_beside_one(length, look) is x:
            return arcsinh(x)
        inside = root_of(root, look)
        less = look(inside, Subtract) if inside is not None else None
        minus_one = less is not None and is_number(less.inputs[1], 1)
        if less is not None and minus_one and squared(less.inputs[0], look) is x:
            return arccosh(x)
    return None


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
