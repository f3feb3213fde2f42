"""Bessel functions, whose derivatives are neighbours in order; sinc is one of them."""

from __future__ import annotations

import math
import operator
from typing import Any

from ...errors import ShapeError
from ...graph import Elementwise, Node
from ...registry import RegisterGradient
from ..elementwise import sign

__all__ = [
    "Iv", "Ive", "Jv", "LogI0", "SphericalJn", "Yv", "i0", "i0e", "i1", "i1e", "iv", "ive", "j0",
    "j1", "jn", "log_i0", "sinc", "spherical_jn", "y0", "y1", "yn",
]  # fmt: skip

_TERMS = 16  # of the power series: enough below x = order + 1


class Iv(Elementwise):
    attributes = ("order",)

    order: float

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.iv(x, self.order)


@RegisterGradient("Iv")
def _iv_grad(op: Iv, grad: Node) -> Node:
    (x,) = op.inputs
    if op.order == 0:
        return grad * iv(1, x)
    return grad * (0.5 * (iv(op.order - 1, x) + iv(op.order + 1, x)))


def iv(v: float, z: Any, name: str | None = None) -> Node:
    """The modified Bessel function of the first kind and order v, a number, elementwise."""
    return Iv(z, order=_order(v), name=name)


class Ive(Elementwise):
    attributes = ("order",)

    order: float

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.ive(x, self.order)


@RegisterGradient("Ive")
def _ive_grad(op: Ive, grad: Node) -> Node:
    (x,) = op.inputs
    slope = ive(1, x) if op.order == 0 else 0.5 * (ive(op.order - 1, x) + ive(op.order + 1, x))
    return grad * (slope - sign(x) * op)


def ive(v: float, z: Any, name: str | None = None) -> Node:
    """exp(-|z|) * iv(v, z), elementwise. The gradient at 0 is that of iv there."""
    return Ive(z, order=_order(v), name=name)


class LogI0(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        size = xp.absolute(x)
        step = 0.25 * xp.square(xp.minimum(size, 2))
        total = xp.zeros_like(step)
        for k in range(_TERMS, 0, -1):
            total = (1 + total) * step / (k * k)  # i0(x) - 1: A&S 9.6.10
        far = xp.log(xp.ive(size, 0)) + size
        return xp.where(xp.less(size, 2), xp.log1p(total), far)


@RegisterGradient("LogI0")
def _log_i0_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * (ive(1, x) / ive(0, x))


def log_i0(x: Any, name: str | None = None) -> Node:
    """log(i0(x)), elementwise, without overflow and with all digits near 0."""
    return LogI0(x, name=name)


class Jv(Elementwise):
    attributes = ("order",)

    order: float

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.jv(x, self.order)


@RegisterGradient("Jv")
def _jv_grad(op: Jv, grad: Node) -> Node:
    (x,) = op.inputs
    if op.order == 0:
        return grad * -jn(1, x)
    return grad * (0.5 * (jn(op.order - 1, x) - jn(op.order + 1, x)))


def jn(n: float, x: Any, name: str | None = None) -> Node:
    """The Bessel function of the first kind and order n, a number, elementwise."""
    return Jv(x, order=_order(n), name=name)


class Yv(Elementwise):
    attributes = ("order",)

    order: float

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.yv(x, self.order)


@RegisterGradient("Yv")
def _yv_grad(op: Yv, grad: Node) -> Node:
    (x,) = op.inputs
    if op.order == 0:
        return grad * -yn(1, x)
    return grad * (0.5 * (yn(op.order - 1, x) - yn(op.order + 1, x)))


def yn(n: float, x: Any, name: str | None = None) -> Node:
    """The Bessel function of the second kind and order n, a number, elementwise, for x > 0."""
    return Yv(x, order=_order(n), name=name)


class SphericalJn(Elementwise):
    attributes = ("order",)

    order: int

    def compute(self, xp: Any, x: Any) -> Any:
        n = self.order
        small = xp.less(xp.absolute(x), n + 1)
        near = xp.where(small, x, xp.zeros_like(x))
        far = xp.where(small, xp.ones_like(x), x)
        below, value = xp.cos(far) / far, xp.sin(far) / far  # of orders -1 and 0
        for k in range(n):
            below, value = value, (2 * k + 1) / far * value - below
        return xp.where(small, _series(xp, near, n), value)


def _series(xp: Any, x: Any, n: int) -> Any:
    """x**n / (2n+1)!! * sum of (-x*x/2)**k / (k! (2n+3)(2n+5)...(2n+2k+1)): A&S 10.1.2."""
    step = -0.5 * xp.square(x)
    total = xp.ones_like(x)
    for k in range(_TERMS, 0, -1):
        total = 1 + step * total / (k * (2 * n + 2 * k + 1))
    for k in range(n):
        total = total * x / (2 * k + 3)
    return total


@RegisterGradient("SphericalJn")
def _spherical_jn_grad(op: SphericalJn, grad: Node) -> Node:
    (x,) = op.inputs
    n = op.order
    if n == 0:
        return grad * -spherical_jn(1, x)
    slope = n * spherical_jn(n - 1, x) - (n + 1) * spherical_jn(n + 1, x)
    return grad * (slope / (2 * n + 1))


def spherical_jn(n: int, z: Any, name: str | None = None) -> Node:
    """The spherical Bessel function of whole order n, elementwise; of order 0 it is sin(z) / z.

    Raises ShapeError for a negative order.
    """
    if operator.index(n) < 0:
        raise ShapeError(f"spherical_jn: the order is 0, 1, 2, ..., not {n}")
    return SphericalJn(z, order=operator.index(n), name=name)


def sinc(x: Any, name: str | None = None) -> Node:
    """sin(pi x) / (pi x), elementwise, and 1 at 0. All derivatives keep their digits near 0."""
    return spherical_jn(0, math.pi * x, name=name)


def i0(x: Any, name: str | None = None) -> Node:
    """The modified Bessel function of order 0, elementwise."""
    return iv(0, x, name=name)


def i1(x: Any, name: str | None = None) -> Node:
    """The modified Bessel function of order 1, elementwise."""
    return iv(1, x, name=name)


def i0e(x: Any, name: str | None = None) -> Node:
    """exp(-|x|) * i0(x), elementwise. The gradient at 0 is 0."""
    return ive(0, x, name=name)


def i1e(x: Any, name: str | None = None) -> Node:
    """exp(-|x|) * i1(x), elementwise."""
    return ive(1, x, name=name)


def j0(x: Any, name: str | None = None) -> Node:
    """The Bessel function of the first kind of order 0, elementwise."""
    return jn(0, x, name=name)


def j1(x: Any, name: str | None = None) -> Node:
    """The Bessel function of the first kind of order 1, elementwise."""
    return jn(1, x, name=name)


def y0(x: Any, name: str | None = None) -> Node:
    """The Bessel function of the second kind of order 0, elementwise, for x > 0."""
    return yn(0, x, name=name)


def y1(x: Any, name: str | None = None) -> Node:
    """The Bessel function of the second kind of order 1, elementwise, for x > 0."""
    return yn(1, x, name=name)


def _order(given: Any) -> float:
    number = float(given)
    return int(number) if number.is_integer() else number
