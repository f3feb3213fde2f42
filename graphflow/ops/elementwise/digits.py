"""Functions that keep the digits which formulas written by hand lose, elementwise.

Users write the formulas; the tables in `rewrite` put these in their place.
"""

from __future__ import annotations

import math
from typing import Any

from ...graph import Elementwise, Node
from ...registry import RegisterGradient
from .arithmetic import absolute, reciprocal, sqrt, square
from .exponential import exp, expm1
from .trigonometric import sinh, tanh

__all__ = [
    "InverseExpm1", "Log1mexp", "LogCosh", "Sqrt1pm1", "inverse_expm1", "log1mexp", "log_cosh",
    "sqrt1pm1",
]  # fmt: skip

_LOG_2 = math.log(2)


class Log1mexp(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        is_near = xp.greater(x, -_LOG_2)
        return xp.where(is_near, xp.log(-xp.expm1(x)), xp.log1p(-xp.exp(x)))


@RegisterGradient("Log1mexp")
def _log1mexp_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * -(exp(x) / absolute(expm1(x)))  # -inf at 0, whatever the sign of the zero


def log1mexp(x: Any, name: str | None = None) -> Node:
    """log(1 - exp(x)), elementwise, with all digits; -inf at 0, NaN above.

    M. Maechler, "Accurately computing log(1 - exp(-|a|))" (2012), equation 7.
    """
    return Log1mexp(x, name=name)


class LogCosh(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        size = xp.absolute(x)
        near = xp.log1p(2 * xp.square(xp.sinh(0.5 * xp.minimum(size, 1))))
        far = size + xp.log1p(xp.exp(-2 * size)) - _LOG_2
        return xp.where(xp.less(size, 1), near, far)


@RegisterGradient("LogCosh")
def _log_cosh_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * tanh(x)


def log_cosh(x: Any, name: str | None = None) -> Node:
    """log(cosh(x)), elementwise, without overflow and with all digits near 0."""
    return LogCosh(x, name=name)


class InverseExpm1(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return 1 / xp.expm1(x)


@RegisterGradient("InverseExpm1")
def _inverse_expm1_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * (-0.25 * square(reciprocal(sinh(0.5 * x))))  # exp(x) / expm1(x)**2 overflows


def inverse_expm1(x: Any, name: str | None = None) -> Node:
    """1 / (exp(x) - 1), elementwise: the mean number of bosons in a state."""
    return InverseExpm1(x, name=name)


class Sqrt1pm1(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        root = xp.sqrt(1 + x)
        return xp.where(xp.greater(x, 3), root - 1, x / (1 + root))


@RegisterGradient("Sqrt1pm1")
def _sqrt1pm1_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * 0.5 / sqrt(1 + x)


def sqrt1pm1(x: Any, name: str | None = None) -> Node:
    """sqrt(1 + x) - 1, elementwise, with all digits near 0; NaN below -1."""
    return Sqrt1pm1(x, name=name)
