"""Stable forms: softplus and log(cosh(x)) put together by hand from pieces that do not overflow."""

from __future__ import annotations

from collections.abc import Callable

from ..graph import Constant, Node
from ..ops.elementwise import (
    Absolute,
    Add,
    LogSigmoid,
    Logaddexp,
    Maximum,
    Minimum,
    Negative,
    Relu,
    Softplus,
    Subtract,
    log_cosh,
    negative,
    softplus,
)
from .engine import Look, RuleTable
from .patterns import (
    LOG_2,
    are_opposite,
    beside,
    negated,
    number_plus,
    positive_of,
    scaled,
    signed_terms,
    sum_of,
)

SOFTPLUS = RuleTable("Softplus from pieces")
rule = SOFTPLUS.rule
Join = Callable[[Node, int, Node, Look], Node | None]


@rule(Logaddexp)
def softplus_by_logaddexp(node: Node, look: Look) -> Node | None:
    """logaddexp(x, 0) = softplus(x)"""
    x = beside(node, 0)
    return softplus(x) if x is not None and x.dtype.kind == "f" else None


@rule(Logaddexp)
def log_cosh_by_logaddexp(node: Node, look: Look) -> Node | None:
    """logaddexp(x, -x) = log(cosh(x)) + log(2)"""
    x, y = node.inputs
    if x.dtype.kind != "f" or not are_opposite(x, y, look):
        return None
    return log_cosh(x if positive_of(y, look) is x else y) + LOG_2


@rule(Add, Subtract, over=(Softplus, Maximum, Minimum, Relu))
def softplus_of_pieces(node: Node, look: Look) -> Node | None:
    """maximum(x, 0) + log(1 + exp(-abs(x))) = softplus(x), and x + softplus(-x), among others"""
    return _joined(node, look, _softplus_of)


@rule(Add, Subtract, over=(Softplus,))
def log_cosh_of_pieces(node: Node, look: Look) -> Node | None:
    """abs(x) + softplus(-2 * abs(x)) = x + softplus(-2 * x) = log(cosh(x)) + log(2)"""
    return _joined(node, look, _log_cosh_of)


@rule(Add, Subtract, over=(Constant,))
def numbers_that_cancel(node: Node, look: Look) -> Node | None:
    """(x + c) - c = x for a number c"""
    found = number_plus(node, look)
    if found is None or found[1] != 1:
        return None
    inner = look(found[2], Add, Subtract)
    other = number_plus(inner, look) if inner is not None else None
    if other is None or other[0] != -found[0] or abs(other[1]) != 1:
        return None
    if other[2].dtype.kind != "f":
        return None
    return other[2] if other[1] == 1 else negative(other[2])


@rule(Add, Subtract, over=(Softplus, LogSigmoid))
def log_odds_of_sigmoid(node: Node, look: Look) -> Node | None:
    """log_sigmoid(x) - log_sigmoid(-x) = softplus(x) - softplus(-x) = x"""
    parts = [_as_softplus(part, look) for part in node.inputs]
    if parts[0] is None or parts[1] is None:
        return None
    (s, x), (t, y) = parts[0], parts[1]
    t = -t if isinstance(node, Subtract) else t
    if s == t or not are_opposite(x, y, look):
        return None
    return x if s == 1 else negated(x, look)


def _as_softplus(node: Node, look: Look) -> tuple[int, Node] | None:
    """`(s, x)` with node = s * softplus(x) for a sign s."""
    minus = look(node, Negative)
    sign = 1 if minus is None else -1
    found = look(node if minus is None else minus.inputs[0], Softplus, LogSigmoid)
    if found is None or found.inputs[0].dtype.kind != "f":
        return None
    (x,) = found.inputs
    return (sign, x) if isinstance(found, Softplus) else (-sign, negated(x, look))


def _joined(node: Node, look: Look, join: Join) -> Node | None:
    """The sum with two of its terms, of which one is a softplus, put together by `join`."""
    found = signed_terms(node, look)
    for i, (sign, curve) in enumerate(found):
        inner = look(curve, Softplus)
        if inner is None or inner.inputs[0].dtype.kind != "f":
            continue
        for j, (other_sign, piece) in enumerate(found):
            new = join(inner.inputs[0], sign * other_sign, piece, look) if i != j else None
            if new is not None:
                rest = [term for k, term in enumerate(found) if k not in (i, j)]
                return sum_of([(sign, new), *rest])
    return None


def _softplus_of(u: Node, sign: int, piece: Node, look: Look) -> Node | None:
    """What softplus(u) + sign * piece is, if that is a softplus."""
    if piece is u:
        return softplus(negated(u, look)) if sign == -1 else None
    x = positive_of(u, look)
    if x is None:
        return None
    if piece is x:
        return softplus(x) if sign == 1 else None
    size, part = look(x, Absolute), look(piece, Maximum, Minimum, Relu)
    if size is None or part is None or sign != (-1 if isinstance(part, Minimum) else 1):
        return None
    y = part.inputs[0] if isinstance(part, Relu) else beside(part, 0)
    if y is None or y.dtype.kind != "f":  # the size of a complex number is real
        return None
    if y is not size.inputs[0] and not are_opposite(y, size.inputs[0], look):
        return None
    return softplus(negated(y, look) if isinstance(part, Minimum) else y)


def _log_cosh_of(u: Node, sign: int, piece: Node, look: Look) -> Node | None:
    """What softplus(u) + sign * piece is, if that is log(cosh) and log(2)."""
    k, x = scaled(u, look)
    if sign != 1 or k != -2 or piece is not x:
        return None
    size = look(x, Absolute)
    return log_cosh(x if size is None else size.inputs[0]) + LOG_2
