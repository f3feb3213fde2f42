"""Equations of the logistic function, whose softplus has all that its own value takes."""

from __future__ import annotations

from typing import Any

from .table import FLOATS, alike, is_number, parts, rule, turned


@rule("copysign", of="negative")
def sign_given(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """copysign(-x, y) = copysign(x, y): what log sigmoid(x) and log sigmoid(-x) have in common"""
    minus = parts(rec, x, "negative")
    return None if minus is None or x.spec.dtype != spec.dtype else rec.copysign(minus[0], y)


@rule("divide", of="exp")
def sigmoid_of_softplus(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """sigmoid(x) = exp(min(x, 0)) / (1 + exp(-|x|)) = -expm1(-softplus(x)) where softplus(x) is
    recorded; a relative error of softplus makes a smaller one here, in both tails"""
    found = _logistic(rec, x, y)
    if found is None or spec.dtype not in FLOATS:
        return None
    below, e = found
    tail, above = rec.find("log1p", e), rec.find("maximum", *below)
    known = None if tail is None or above is None else rec.find("add", above, tail)
    return None if known is None else rec.negative(rec.expm1(rec.negative(known)))


def _logistic(rec: Any, x: Any, y: Any) -> tuple[list[Any], Any] | None:
    """What the minimum is of, and exp(-|u|), if x / y is recorded as above."""
    power = parts(rec, x, "exp")
    below = None if power is None else parts(rec, power[0], "minimum")
    if below is None or not is_number(rec, below[1], 0):
        return None
    for one, e in turned(parts(rec, y, "add")):
        if is_number(rec, one, 1) and _is_exp_minus_abs(rec, e, below[0]):
            return below, e
    return None


def _is_exp_minus_abs(rec: Any, e: Any, x: Any) -> bool:
    power = parts(rec, e, "exp")
    signed = None if power is None else parts(rec, power[0], "copysign")
    return signed is not None and is_number(rec, signed[1], -1) and alike(signed[0], x)


def is_sigmoid(rec: Any, x: Any) -> bool:
    """Whether `x` is recorded as a sigmoid or, by its softplus, as one without its sign."""
    quotient = parts(rec, x, "divide")
    if quotient is not None:
        return _logistic(rec, *quotient) is not None
    return _is_minus_sigmoid(rec, x)


def _is_minus_sigmoid(rec: Any, x: Any) -> bool:
    """Whether `x` is recorded as the right side above, without its sign: from -1 to 0."""
    below = parts(rec, x, "expm1")
    softplus = None if below is None else parts(rec, below[0], "negative")
    for above, tail in turned(None if softplus is None else parts(rec, softplus[0], "add")):
        larger, power = parts(rec, above, "maximum"), parts(rec, tail, "log1p")
        if larger is not None and power is not None and is_number(rec, larger[1], 0):
            return rec.source(power[0], "exp") is not None
    return False
