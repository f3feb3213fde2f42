"""Trigonometric and hyperbolic functions, elementwise. Angles are in radians."""

from __future__ import annotations

from typing import Any

from ...graph import Elementwise, Node
from ...registry import RegisterGradient
from .arithmetic import sqrt
from .choice import hypot

__all__ = [
    "Arccos", "Arccosh", "Arcsin", "Arcsinh", "Arctan", "Arctan2", "Arctanh", "Cos", "Cosh",
    "SechSquared", "Sin", "Sinh", "Tan", "Tanh", "acos", "acosh", "arccos", "arccosh", "arcsin",
    "arcsinh", "arctan", "arctan2", "arctanh", "asin", "asinh", "atan", "atan2", "atanh", "cos",
    "cosh", "sech_squared", "sin", "sinh", "tan", "tanh",
]  # fmt: skip


class Tanh(Elementwise):
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
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.square(xp.reciprocal(xp.cosh(x)))  # in this order nothing overflows too early


@RegisterGradient("SechSquared")
def _sech_squared_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * (-2 * tanh(x) * op)


def sech_squared(x: Any, name: str | None = None) -> Node:
    """1 / cosh(x)**2 = tanh'(x), elementwise, with all digits where 1 - tanh(x)**2 cancels."""
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
    return grad / sqrt((1 - x) * (1 + x))  # 1 - x * x would cancel near 1


def arcsin(x: Any, name: str | None = None) -> Node:
    """The inverse sine in radians, elementwise; the gradient at -1 and 1 is infinite."""
    return Arcsin(x, name=name)


class Arccos(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.arccos(x)


@RegisterGradient("Arccos")
def _arccos_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return -grad / sqrt((1 - x) * (1 + x))


def arccos(x: Any, name: str | None = None) -> Node:
    """The inverse cosine in radians, elementwise; the gradient at -1 and 1 is infinite."""
    return Arccos(x, name=name)


class Arctan(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.arctan(x)


@RegisterGradient("Arctan")
def _arctan_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad / (1 + x * x)


def arctan(x: Any, name: str | None = None) -> Node:
    """The inverse tangent in radians, elementwise."""
    return Arctan(x, name=name)


class Arctan2(Elementwise):
    def compute(self, xp: Any, y: Any, x: Any) -> Any:
        return xp.arctan2(y, x)


@RegisterGradient("Arctan2")
def _arctan2_grad(op: Node, grad: Node) -> list[Node | None]:
    y, x = op.inputs
    length = hypot(x, y)
    return [grad * (x / length / length), grad * (-(y / length) / length)]


def arctan2(y: Any, x: Any, name: str | None = None) -> Node:
    """The angle of the point (x, y) in radians, from -pi to pi, elementwise.

    There is no gradient at (0, 0), where the angle jumps: it is NaN.
    """
    return Arctan2(y, x, name=name)


class Arcsinh(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.arcsinh(x)


@RegisterGradient("Arcsinh")
def _arcsinh_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad / (sqrt(x * x + 1) if x.dtype.kind == "c" else hypot(x, 1))


def arcsinh(x: Any, name: str | None = None) -> Node:
    """The inverse hyperbolic sine, elementwise."""
    return Arcsinh(x, name=name)


class Arccosh(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.arccosh(x)


@RegisterGradient("Arccosh")
def _arccosh_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad / (sqrt(x - 1) * sqrt(x + 1))


def arccosh(x: Any, name: str | None = None) -> Node:
    """The inverse hyperbolic cosine, elementwise; NaN below 1, where the gradient is infinite."""
    return Arccosh(x, name=name)


class Arctanh(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.arctanh(x)


@RegisterGradient("Arctanh")
def _arctanh_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad / ((1 - x) * (1 + x))


def arctanh(x: Any, name: str | None = None) -> Node:
    """The inverse hyperbolic tangent, elementwise; infinite at -1 and 1, NaN beyond."""
    return Arctanh(x, name=name)


# the Array API's names
acos, asin, atan, atan2 = arccos, arcsin, arctan, arctan2
acosh, asinh, atanh = arccosh, arcsinh, arctanh
