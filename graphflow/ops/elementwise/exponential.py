"""Exponentials, logarithms and what is made of them, elementwise; trigonometric functions.

Derivatives are written to keep their digits in the tails: 1 - tanh(x)**2 and s * (1 - s) cancel
where the function saturates, the forms here do not.
"""

from __future__ import annotations

import math
from typing import Any

from ...graph import Elementwise, Node
from ...registry import RegisterGradient
from .choice import where
from .comparison import equal

__all__ = [
    "Arccos", "Arcsin", "Arctan", "Cos", "Cosh", "Exp", "Expm1", "Log", "Log10", "Log1p", "Log2",
    "LogSigmoid", "Logaddexp", "SechSquared", "Sigmoid", "Sin", "Sinh", "Softplus", "Tan", "Tanh",
    "acos", "arccos", "arcsin", "arctan", "asin", "atan", "cos", "cosh", "exp", "expm1", "log",
    "log10", "log1p", "log2", "log_sigmoid", "logaddexp", "sech_squared", "sigmoid", "sin", "sinh",
    "softplus", "tan", "tanh",
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
    safe = True

    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.logaddexp(x, y)


@RegisterGradient("Logaddexp")
def _logaddexp_grad(op: Node, grad: Node) -> list[Node | None]:
    x, y = op.inputs
    gap = where(equal(x, y), 0, x - y)  # two equal infinities have no difference
    return [grad * sigmoid(gap), grad * sigmoid(-gap)]


def logaddexp(x: Any, y: Any, name: str | None = None) -> Node:
    """log(exp(x) + exp(y)), elementwise, without overflow."""
    return Logaddexp(x, y, name=name)


class Sigmoid(Elementwise):
    safe = True

    def compute(self, xp: Any, x: Any) -> Any:
        e = xp.exp(-xp.absolute(x))
        return xp.where(xp.less(x, 0), e, 1) / (1 + e)


@RegisterGradient("Sigmoid")
def _sigmoid_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * (op * sigmoid(-x))


def sigmoid(x: Any, name: str | None = None) -> Node:
    """1 / (1 + exp(-x)), elementwise, without overflow and with all digits in both tails."""
    return Sigmoid(x, name=name)


class LogSigmoid(Elementwise):
    safe = True

    def compute(self, xp: Any, x: Any) -> Any:
        return -xp.logaddexp(-x, 0)


@RegisterGradient("LogSigmoid")
def _log_sigmoid_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * sigmoid(-x)


def log_sigmoid(x: Any, name: str | None = None) -> Node:
    """log(sigmoid(x)) = -softplus(-x), elementwise, without overflow."""
    return LogSigmoid(x, name=name)


class Softplus(Elementwise):
    safe = True

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.logaddexp(x, 0)


@RegisterGradient("Softplus")
def _softplus_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * sigmoid(x)


def softplus(x: Any, name: str | None = None) -> Node:
    """log(1 + exp(x)), elementwise, without overflow."""
    return Softplus(x, name=name)


class Tanh(Elementwise):
    safe = True

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.tanh(x)


@RegisterGradient("Tanh")
def _tanh_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * sech_squared(x)


def tanh(x: Any, name: str | None = None) -> Node:
    """The hyperbolic tangent, elementwise."""
    return Tanh(x, name=name)


class SechSquared(Elementwise):
    safe = True

    def compute(self, xp: Any, x: Any) -> Any:
        e = xp.exp(-2 * xp.absolute(x))
        return 4 * e / xp.square(1 + e)


@RegisterGradient("SechSquared")
def _sech_squared_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * (-2 * tanh(x) * op)


def sech_squared(x: Any, name: str | None = None) -> Node:
    """1 / cosh(x)**2 = tanh'(x), elementwise, with all digits in the tails."""
    return SechSquared(x, name=name)


class Sinh(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.sinh(x)


@RegisterGradient("Sinh")
def _sinh_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * cosh(x)


def sinh(x: Any, name: str | None = None) -> Node:
    """The hyperbolic sine, elementwise."""
    return Sinh(x, name=name)


class Cosh(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.cosh(x)


@RegisterGradient("Cosh")
def _cosh_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * sinh(x)


def cosh(x: Any, name: str | None = None) -> Node:
    """The hyperbolic cosine, elementwise."""
    return Cosh(x, name=name)


class Sin(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.sin(x)


@RegisterGradient("Sin")
def _sin_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * cos(x)


def sin(x: Any, name: str | None = None) -> Node:
    """The sine of x in radians, elementwise."""
    return Sin(x, name=name)


class Cos(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.cos(x)


@RegisterGradient("Cos")
def _cos_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * -sin(x)


def cos(x: Any, name: str | None = None) -> Node:
    """The cosine of x in radians, elementwise."""
    return Cos(x, name=name)


class Tan(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.tan(x)


@RegisterGradient("Tan")
def _tan_grad(op: Node, grad: Node) -> Node:
    return grad * (1 + op * op)


def tan(x: Any, name: str | None = None) -> Node:
    """The tangent of x in radians, elementwise."""
    return Tan(x, name=name)


class Arcsin(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.arcsin(x)


@RegisterGradient("Arcsin")
def _arcsin_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad / ((1 - x) * (1 + x)) ** 0.5


def arcsin(x: Any, name: str | None = None) -> Node:
    """The inverse sine in radians, elementwise; the gradient at -1 and 1 is infinite."""
    return Arcsin(x, name=name)


class Arccos(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.arccos(x)


@RegisterGradient("Arccos")
def _arccos_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return -grad / ((1 - x) * (1 + x)) ** 0.5


def arccos(x: Any, name: str | None = None) -> Node:
    """The inverse cosine in radians, elementwise; the gradient at -1 and 1 is infinite."""
    return Arccos(x, name=name)


class Arctan(Elementwise):
    safe = True

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.arctan(x)


@RegisterGradient("Arctan")
def _arctan_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad / (1 + x * x)


def arctan(x: Any, name: str | None = None) -> Node:
    """The inverse tangent in radians, elementwise."""
    return Arctan(x, name=name)


acos, asin, atan = arccos, arcsin, arctan  # the Array API's names
