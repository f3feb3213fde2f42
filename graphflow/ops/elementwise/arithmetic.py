"""Arithmetic, elementwise: sums, products, quotients, roots, signs, rounding, casts."""

from __future__ import annotations

from typing import Any

from ... import registry
from ...dtypes import DType, as_dtype
from ...graph import Elementwise, Node
from ...primitives import spec_of
from ...registry import NotDifferentiable, RegisterGradient

__all__ = [
    "Absolute",
    "Add",
    "Cast",
    "Cbrt",
    "Ceil",
    "Divide",
    "Floor",
    "FloorDivide",
    "Fmod",
    "Multiply",
    "Negative",
    "Positive",
    "Reciprocal",
    "Remainder",
    "Rint",
    "Sign",
    "Sqrt",
    "Square",
    "Subtract",
    "Trunc",
    "abs",
    "absolute",
    "add",
    "around",
    "astype",
    "cast",
    "cbrt",
    "ceil",
    "divide",
    "floor",
    "floor_divide",
    "fmod", "fix",
    "mod",
    "multiply",
    "negative",
    "positive",
    "reciprocal",
    "remainder",
    "rint",
    "round",
    "sign",
    "sqrt",
    "square",
    "subtract",
    "true_divide",
    "trunc",
]  # fmt: skip


class Add(Elementwise):
    safe = True

    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.add(x, y)


@RegisterGradient("Add")
def _add_grad(op: Node, grad: Node) -> list[Node | None]:
    return [grad, grad]


def add(x: Any, y: Any, name: str | None = None) -> Node:
    """x + y, elementwise."""
    return Add(x, y, name=name)


class Subtract(Elementwise):
    safe = True

    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.subtract(x, y)


@RegisterGradient("Subtract")
def _subtract_grad(op: Node, grad: Node) -> list[Node | None]:
    return [grad, -grad]


def subtract(x: Any, y: Any, name: str | None = None) -> Node:
    """x - y, elementwise."""
    return Subtract(x, y, name=name)


class Multiply(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.multiply(x, y)


@RegisterGradient("Multiply")
def _multiply_grad(op: Node, grad: Node) -> list[Node | None]:
    x, y = op.inputs
    return [grad * y, grad * x]


def multiply(x: Any, y: Any, name: str | None = None) -> Node:
    """x * y, elementwise."""
    return Multiply(x, y, name=name)


class Divide(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.divide(x, y)


@RegisterGradient("Divide")
def _divide_grad(op: Node, grad: Node) -> list[Node | None]:
    _, y = op.inputs
    by_x = grad / y
    return [by_x, -by_x * op]  # not -grad * x / y**2, where y**2 may overflow


def divide(x: Any, y: Any, name: str | None = None) -> Node:
    """x / y, elementwise; 1 / 0 is infinite, as in NumPy."""
    return Divide(x, y, name=name)


class FloorDivide(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.floor_divide(x, y)


NotDifferentiable("FloorDivide")


def floor_divide(x: Any, y: Any, name: str | None = None) -> Node:
    """floor(x / y), elementwise. No gradient: it is piecewise constant."""
    return FloorDivide(x, y, name=name)


class Remainder(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.remainder(x, y)


@RegisterGradient("Remainder")
def _remainder_grad(op: Node, grad: Node) -> list[Node | None]:
    x, y = op.inputs
    return [grad, -grad * floor_divide(x, y)]


def remainder(x: Any, y: Any, name: str | None = None) -> Node:
    """x - y * floor(x / y), elementwise: the sign is that of y.

    At its jumps the gradient is that of the smooth piece to the right.
    """
    return Remainder(x, y, name=name)


class Fmod(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.fmod(x, y)


@RegisterGradient("Fmod")
def _fmod_grad(op: Node, grad: Node) -> list[Node | None]:
    x, y = op.inputs
    return [grad, -grad * trunc(x / y)]


def fmod(x: Any, y: Any, name: str | None = None) -> Node:
    """x - y * trunc(x / y), elementwise: the sign is that of x."""
    return Fmod(x, y, name=name)


class Negative(Elementwise):
    safe = True

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.negative(x)


@RegisterGradient("Negative")
def _negative_grad(op: Node, grad: Node) -> Node:
    return -grad


def negative(x: Any, name: str | None = None) -> Node:
    """-x, elementwise."""
    return Negative(x, name=name)


class Positive(Elementwise):
    safe = True

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.positive(x)


@RegisterGradient("Positive")
def _positive_grad(op: Node, grad: Node) -> Node:
    return grad


def positive(x: Any, name: str | None = None) -> Node:
    """+x, elementwise."""
    return Positive(x, name=name)


class Absolute(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.absolute(x)


@RegisterGradient("Absolute")
def _absolute_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    if x.dtype.kind != "c":
        return grad * sign(x)
    size: Node = registry.call("where", op == 0, 1, op)
    turned: Node = registry.call("conjugate", x)
    return grad * (turned / size)


def absolute(x: Any, name: str | None = None) -> Node:
    """|x|, elementwise. The gradient at 0 is 0."""
    return Absolute(x, name=name)


class Sign(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.sign(x)


NotDifferentiable("Sign")


def sign(x: Any, name: str | None = None) -> Node:
    """-1, 0 or 1, elementwise. No gradient: it is piecewise constant."""
    return Sign(x, name=name)


class Square(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.square(x)


@RegisterGradient("Square")
def _square_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * (2 * x)


def square(x: Any, name: str | None = None) -> Node:
    """x ** 2, elementwise."""
    return Square(x, name=name)


class Sqrt(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.sqrt(x)


@RegisterGradient("Sqrt")
def _sqrt_grad(op: Node, grad: Node) -> Node:
    return grad / (2 * op)


def sqrt(x: Any, name: str | None = None) -> Node:
    """The square root, elementwise; NaN below 0. The gradient at 0 is infinite."""
    return Sqrt(x, name=name)


class Cbrt(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.cbrt(x)


@RegisterGradient("Cbrt")
def _cbrt_grad(op: Node, grad: Node) -> Node:
    return grad / (3 * op * op)


def cbrt(x: Any, name: str | None = None) -> Node:
    """The real cube root, elementwise. The gradient at 0 is infinite."""
    return Cbrt(x, name=name)


class Reciprocal(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.reciprocal(x)


@RegisterGradient("Reciprocal")
def _reciprocal_grad(op: Node, grad: Node) -> Node:
    return -(grad * op) * op


def reciprocal(x: Any, name: str | None = None) -> Node:
    """1 / x, elementwise."""
    return Reciprocal(x, name=name)


class Floor(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.floor(x)


NotDifferentiable("Floor")


def floor(x: Any, name: str | None = None) -> Node:
    """The largest integer up to x, elementwise. No gradient: it is piecewise constant."""
    return Floor(x, name=name)


class Ceil(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.ceil(x)


NotDifferentiable("Ceil")


def ceil(x: Any, name: str | None = None) -> Node:
    """The smallest integer from x, elementwise. No gradient: it is piecewise constant."""
    return Ceil(x, name=name)


class Rint(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.rint(x)


NotDifferentiable("Rint")


def rint(x: Any, name: str | None = None) -> Node:
    """The nearest integer, halves to even, elementwise. No gradient: it is piecewise constant."""
    return Rint(x, name=name)


def round(x: Any, decimals: int = 0, name: str | None = None) -> Node:
    """x rounded to `decimals` places after the point, halves to even; integers stay as they are.

    Negative `decimals` round to tens, hundreds, ... No gradient: it is piecewise constant.
    """
    if decimals >= 0 and spec_of(x).dtype.kind in "iu":
        return positive(x, name=name)
    if decimals == 0:
        return rint(x, name=name)
    scale = 10.0 ** (decimals if decimals > 0 else -decimals)
    if decimals > 0:
        return divide(rint(x * scale), scale, name=name)
    return multiply(rint(x / scale), scale, name=name)


class Trunc(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.trunc(x)


NotDifferentiable("Trunc")


def trunc(x: Any, name: str | None = None) -> Node:
    """x without its fraction, elementwise. No gradient: it is piecewise constant."""
    return Trunc(x, name=name)


class Cast(Elementwise):
    attributes = ("to",)
    safe = True

    to: DType

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.astype(x, self.to)


@RegisterGradient("Cast")
def _cast_grad(op: Node, grad: Node) -> Node:
    return grad  # the loop casts it to the dtype of the input


def cast(x: Any, dtype: Any, name: str | None = None) -> Node:
    """`x` in another dtype. The gradient is cast back; a cast to integers or booleans cuts it."""
    return Cast(x, to=as_dtype(dtype), name=name)


abs = absolute
around = round
fix = trunc
astype = cast
mod = remainder
true_divide = divide
