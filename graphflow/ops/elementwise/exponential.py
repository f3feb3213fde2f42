"""Exponentials, logarithms, powers, and what is made of them, elementwise.

Forwards and derivatives are written to keep their digits in the tails: s * (1 - s) cancels where a
sigmoid saturates, the forms here do not.
"""

from __future__ import annotations

import math
from typing import Any

from ...graph import Constant, Elementwise, Node
from ...registry import RegisterGradient
from .arithmetic import multiply
from .choice import where
from .comparison import equal, greater_equal, isinf, logical_and
from .trigonometric import tanh

__all__ = [
    "Exp", "Exp2", "Expm1", "Log", "Log1p", "Log2", "Log10", "LogSigmoid", "Logaddexp", "Power",
    "Sigmoid", "SigmoidSlope", "Softplus", "exp", "exp2", "expm1", "log", "log1p", "log2", "log10",
    "log_sigmoid", "logaddexp", "pow", "power", "sigmoid", "sigmoid_slope", "softplus",
]  # fmt: skip


class Exp(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.exp(x)


@RegisterGradient("Exp")
def _exp_grad(op: Node, grad: Node) -> Node:
    return grad * op


def exp(x: Any, name: str | None = None) -> Node:
    """e ** x, elementwise."""
    return Exp(x, name=name)


class Expm1(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.expm1(x)


@RegisterGradient("Expm1")
def _expm1_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * exp(x)  # op + 1 would lose the digits of a small exp(x)


def expm1(x: Any, name: str | None = None) -> Node:
    """exp(x) - 1, elementwise, with all digits near 0."""
    return Expm1(x, name=name)


class Exp2(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.exp2(x)


@RegisterGradient("Exp2")
def _exp2_grad(op: Node, grad: Node) -> Node:
    return grad * (op * math.log(2))


def exp2(x: Any, name: str | None = None) -> Node:
    """2 ** x, elementwise."""
    return Exp2(x, name=name)


class Log(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.log(x)


@RegisterGradient("Log")
def _log_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad / x


def log(x: Any, name: str | None = None) -> Node:
    """The natural logarithm, elementwise: -inf at 0, NaN below. The gradient at 0 is infinite."""
    return Log(x, name=name)


class Log1p(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.log1p(x)


@RegisterGradient("Log1p")
def _log1p_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad / (1 + x)


def log1p(x: Any, name: str | None = None) -> Node:
    """log(1 + x), elementwise, with all digits near 0."""
    return Log1p(x, name=name)


class Log2(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.log2(x)


@RegisterGradient("Log2")
def _log2_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad / x / math.log(2)


def log2(x: Any, name: str | None = None) -> Node:
    """The logarithm to base 2, elementwise."""
    return Log2(x, name=name)


class Log10(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.log10(x)


@RegisterGradient("Log10")
def _log10_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad / x / math.log(10)


def log10(x: Any, name: str | None = None) -> Node:
    """The logarithm to base 10, elementwise."""
    return Log10(x, name=name)


class Logaddexp(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.logaddexp(x, y)


@RegisterGradient("Logaddexp")
def _logaddexp_grad(op: Node, grad: Node) -> list[Node | None]:
    x, y = op.inputs
    gap = where(logical_and(equal(x, y), isinf(x)), 0, x - y)  # equal infinities: as other ties
    return [grad * sigmoid(gap), grad * sigmoid(-gap)]


def logaddexp(x: Any, y: Any, name: str | None = None) -> Node:
    """log(exp(x) + exp(y)), elementwise, without overflow. Two equal infinities count as a tie."""
    return Logaddexp(x, y, name=name)


def _exp_minus_abs(xp: Any, x: Any) -> Any:
    """exp(-|x|), which does not overflow; -|x| by the sign, so that unsigned integers can be x."""
    return xp.exp(xp.copysign(x, -1.0))


class Sigmoid(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.exp(xp.minimum(x, 0)) / (1 + _exp_minus_abs(xp, x))


@RegisterGradient("Sigmoid")
def _sigmoid_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * sigmoid_slope(x)


class SigmoidSlope(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        e = _exp_minus_abs(xp, x)
        d = 1 + e
        return e / d / d  # of the parts of sigmoid(x), and right in both tails


@RegisterGradient("SigmoidSlope")
def _sigmoid_slope_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * (-tanh(x * 0.5) * op)


def sigmoid_slope(x: Any, name: str | None = None) -> Node:
    """sigmoid(x) * sigmoid(-x) = sigmoid'(x), elementwise."""
    return SigmoidSlope(x, name=name)


def sigmoid(x: Any, name: str | None = None) -> Node:
    """1 / (1 + exp(-x)), elementwise, without overflow and with all digits in both tails."""
    return Sigmoid(x, name=name)


class LogSigmoid(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.minimum(x, 0) - xp.log1p(_exp_minus_abs(xp, x))


@RegisterGradient("LogSigmoid")
def _log_sigmoid_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * sigmoid(-x)


def log_sigmoid(x: Any, name: str | None = None) -> Node:
    """log(sigmoid(x)) = -softplus(-x), elementwise, without overflow."""
    return LogSigmoid(x, name=name)


class Softplus(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.maximum(x, 0) + xp.log1p(_exp_minus_abs(xp, x))  # 4 times as fast as logaddexp


@RegisterGradient("Softplus")
def _softplus_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * sigmoid(x)


def softplus(x: Any, name: str | None = None) -> Node:
    """log(1 + exp(x)), elementwise, without overflow."""
    return Softplus(x, name=name)


class Power(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.power(x, y)


@RegisterGradient("Power")
def _power_grad(op: Node, grad: Node) -> list[Node | None]:
    x, y = op.inputs
    if isinstance(y, Constant) and y.shape == ():
        return [_by_base(x, y.value, grad), None]
    zero = equal(x, 0)
    base = where(logical_and(zero, equal(y, 0)), 1, x)  # 0 * 0**-1 would be NaN
    by_x = grad * (y * power(base, y - 1))
    if isinstance(y, Constant):
        return [by_x, None]
    positive = where(logical_and(zero, greater_equal(y, 0)), 1, x)  # 0**y * log(0) tends to 0
    return [by_x, grad * (op * log(positive))]


def _by_base(x: Node, exponent: Any, grad: Node) -> Node:
    """grad * exponent * x**(exponent - 1), without a power where it is x or nothing."""
    if exponent in (0, 1):
        return multiply(grad, exponent)
    lowered = x if exponent == 2 else power(x, exponent - 1)
    return grad * multiply(exponent, lowered)


def power(x: Any, y: Any, name: str | None = None) -> Node:
    """x ** y, elementwise. The gradient at 0 ** 0 is 0 in both operands.

    A negative base has a gradient by itself for integer exponents; by the exponent it is NaN.
    """
    return Power(x, y, name=name)


pow = power
