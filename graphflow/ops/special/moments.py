"""Quotients that are 1 at 0, (exp(x) - 1) / x and log(1 + x) / x, with all their derivatives.

Both are integrals over t from 0 to 1, of exp(x t) and of 1 / (1 + x t). A derivative by x brings
a factor t into the integral, so the families of these moments are closed. Differences of quotients,
as the rule for a quotient has them, would cancel near 0.
"""

from __future__ import annotations

import math
from typing import Any

from ...graph import Elementwise, Node
from ...registry import RegisterGradient
from ..elementwise.digits import near_and_far

__all__ = ["ExpMoment", "LogMoment", "exprel", "log1prel"]

_EXP_TERMS, _LOG_TERMS = 28, 36  # of the power series within the bounds below
_LOG_BOUND = 0.25


class ExpMoment(Elementwise):
    """The integral of t**order * exp(x * t)."""

    attributes = ("order",)

    order: int

    def compute(self, xp: Any, x: Any) -> Any:
        n = self.order
        is_near, near, far = near_and_far(xp, x, n + 1)
        value = xp.expm1(far) / far
        for k in range(1, n + 1):
            value = (xp.exp(far) - k * value) / far  # by parts
        return xp.where(is_near, self._series(xp, near), value)

    def _series(self, xp: Any, x: Any) -> Any:
        """The sum of x**k / (k! (k + n + 1))."""
        n = self.order
        total = xp.zeros_like(x)
        for k in range(_EXP_TERMS + n, -1, -1):
            total = total * x + 1 / (math.factorial(k) * (k + n + 1))
        return total


@RegisterGradient("ExpMoment")
def _exp_moment_grad(op: ExpMoment, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * ExpMoment(x, order=op.order + 1)


def exprel(x: Any, name: str | None = None) -> Node:
    """(exp(x) - 1) / x, elementwise, and 1 at 0. All derivatives keep their digits near 0."""
    return ExpMoment(x, order=0, name=name)


class LogMoment(Elementwise):
    """The integral of (t / (1 + x * t))**order / (1 + x * t)."""

    attributes = ("order",)

    order: int

    def compute(self, xp: Any, x: Any) -> Any:
        is_near, near, far = near_and_far(xp, x, _LOG_BOUND)
        value = xp.log1p(far) / far
        for k in range(1, self.order + 1):
            value = (value - 1 / (k * xp.power(1 + far, k))) / far  # by parts
        return xp.where(is_near, self._series(xp, near), value)

    def _series(self, xp: Any, x: Any) -> Any:
        """The sum of binomial(n + k, k) (-x)**k / (n + k + 1)."""
        n = self.order
        total = xp.zeros_like(x)
        for k in range(_LOG_TERMS, -1, -1):
            total = total * -x + math.comb(n + k, k) / (n + k + 1)
        return total


@RegisterGradient("LogMoment")
def _log_moment_grad(op: LogMoment, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * (-(op.order + 1) * LogMoment(x, order=op.order + 1))


def log1prel(x: Any, name: str | None = None) -> Node:
    """log(1 + x) / x, elementwise, and 1 at 0. All derivatives keep their digits near 0."""
    return LogMoment(x, order=0, name=name)
