"""Functions that keep the digits which formulas written by hand lose, elementwise.

Users write the formulas; the tables in `rewrite` put these in their place.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...dtypes import float64
from ...graph import Elementwise, Node
from ...registry import RegisterGradient
from .arithmetic import absolute, reciprocal, sqrt, square
from .choice import hypot
from .exponential import exp, expm1
from .trigonometric import tanh

__all__ = [
    "Arccot", "ExpArcsinh", "Expm1mx", "InverseExpm1", "Log1mexp", "Log1pSquare", "Log1pmx",
    "LogCosh", "LogShare", "Sqrt1pm1", "SquareSlope", "arccot", "exp_arcsinh", "expm1mx",
    "inverse_expm1", "log1mexp", "log1p_square", "log1pmx", "log_cosh", "log_share", "sqrt1pm1",
]  # fmt: skip

_LOG_2 = math.log(2)
_EXP_TERMS, _LOG_TERMS = 19, 17  # of the power series within their bounds


def near_and_far(xp: Any, x: Any, bound: float) -> tuple[Any, Any, Any]:
    """Where |x| < bound; x there, and 0 elsewhere; x elsewhere, and 1 there.

    So of two formulas neither meets what it is not for.
    """
    is_near = xp.less(xp.absolute(x), bound)
    near = xp.where(is_near, x, xp.zeros_like(x))
    return is_near, near, xp.where(is_near, xp.ones_like(x), x)


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
        return xp.reciprocal(xp.expm1(x))


@RegisterGradient("InverseExpm1")
def _inverse_expm1_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * (op * inverse_expm1(-x))  # exp(x) / expm1(x)**2 overflows


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


class Log1pSquare(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        power = np.finfo(x.dtype if x.dtype.kind == "f" else float64).maxexp // 2 + 1
        is_far = xp.greater(xp.absolute(x), 2.0 ** (power - 3))  # of which 1 + x**2 is x**2
        square = xp.square(xp.where(is_far, x * 2.0**-power, x))
        log = xp.log1p(xp.where(is_far, square - 1, square))
        return xp.where(is_far, log + 2 * power * _LOG_2, log)


@RegisterGradient("Log1pSquare")
def _log1p_square_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * SquareSlope(x)


class SquareSlope(Elementwise):
    """2 * x / (1 + x**2), the derivative of log(1 + x**2), without overflow."""

    def compute(self, xp: Any, x: Any) -> Any:
        return 2 / (x + 1 / x)


@RegisterGradient("SquareSlope")
def _square_slope_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * (2 * reciprocal(1 + square(x)) - square(op))


def log1p_square(x: Any, name: str | None = None) -> Node:
    """log(1 + x**2), elementwise, without overflow and with all digits near 0."""
    return Log1pSquare(x, name=name)


class LogShare(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        is_near = xp.less(xp.absolute(x), 1)
        near = xp.where(is_near, x, xp.ones_like(x))
        far = xp.where(is_near, xp.ones_like(x), x)
        return xp.where(is_near, xp.log(near) - xp.log1p(near), -xp.log1p(1 / far))


@RegisterGradient("LogShare")
def _log_share_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad / x / (1 + x)


def log_share(x: Any, name: str | None = None) -> Node:
    """log(x / (1 + x)), elementwise, with all digits far out; NaN from -1 to 0."""
    return LogShare(x, name=name)


class Log1pmx(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        is_near, near, far = near_and_far(xp, x, 0.5)
        r = near / (2 + near)  # log(1 + x) = 2 * arctanh(r)
        total = xp.zeros_like(x)
        for k in range(_LOG_TERMS, 0, -1):
            total = total * xp.square(r) + 2 / (2 * k + 1)
        series = r * (xp.square(r) * total - near)
        return xp.where(is_near, series, xp.log1p(far) - far)


@RegisterGradient("Log1pmx")
def _log1pmx_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * -(x / (1 + x))


def log1pmx(x: Any, name: str | None = None) -> Node:
    """log(1 + x) - x, elementwise, with all digits near 0."""
    return Log1pmx(x, name=name)


class Expm1mx(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        is_near, near, far = near_and_far(xp, x, 1)
        total = xp.zeros_like(x)
        for k in range(_EXP_TERMS, 1, -1):
            total = total * near + 1 / math.factorial(k)
        return xp.where(is_near, xp.square(near) * total, xp.expm1(far) - far)


@RegisterGradient("Expm1mx")
def _expm1mx_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * expm1(x)


def expm1mx(x: Any, name: str | None = None) -> Node:
    """exp(x) - 1 - x, elementwise, with all digits near 0."""
    return Expm1mx(x, name=name)


class Arccot(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.arctan(1 / x)


@RegisterGradient("Arccot")
def _arccot_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * -square(reciprocal(hypot(x, 1)))


def arccot(x: Any, name: str | None = None) -> Node:
    """arctan(1 / x), elementwise: its gradient at small x does not vanish."""
    return Arccot(x, name=name)


class ExpArcsinh(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        size = xp.absolute(x)
        total = size + xp.hypot(size, xp.ones_like(size))
        return xp.where(xp.less(x, 0), 1 / total, total)


@RegisterGradient("ExpArcsinh")
def _exp_arcsinh_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * op / hypot(x, 1)


def exp_arcsinh(x: Any, name: str | None = None) -> Node:
    """x + sqrt(1 + x**2), elementwise, with all digits far below 0."""
    return ExpArcsinh(x, name=name)
