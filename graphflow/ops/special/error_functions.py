"""The error function, its relatives and inverses, and the normal distribution function."""

from __future__ import annotations

import math
from typing import Any

from ...dtypes import float64
from ...graph import Elementwise, Node
from ...registry import RegisterGradient
from ..elementwise import exp, maximum, square, where

__all__ = [
    "Erf", "Erfc", "ErfcRatio", "Erfcinv", "Erfcx", "ErfcxMean", "Erfinv", "LogErfc", "LogErfcx",
    "LogNdtr", "Ndtr", "Ndtri", "erf", "erfc", "erfc_ratio", "erfcinv", "erfcx", "erfinv",
    "log_erfc", "log_erfcx", "log_ndtr", "ndtr", "ndtri",
]  # fmt: skip

_SLOPE = 2 / math.sqrt(math.pi)  # of erf at 0
_DENSITY = 1 / math.sqrt(2 * math.pi)  # of the normal distribution at 0
_ROOT_HALF = math.sqrt(0.5)
_TAIL = 16.0
_EXCESS = (1.0, -2.0, 10.0, -74.0, 706.0, -8162.0, 110410.0, -1708394.0, 29752066.0)
_DEPTH = 90  # of a continued fraction above the bound
_BOUND = 1.25


class Erf(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.erf(x)


@RegisterGradient("Erf")
def _erf_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * (_SLOPE * exp(-square(x)))


def erf(x: Any, name: str | None = None) -> Node:
    """The error function 2/sqrt(pi) times the integral of exp(-t**2) from 0 to x, elementwise."""
    return Erf(x, name=name)


class Erfc(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.erfc(x)


@RegisterGradient("Erfc")
def _erfc_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * (-_SLOPE * exp(-square(x)))


def erfc(x: Any, name: str | None = None) -> Node:
    """1 - erf(x), elementwise, with all digits where that is small."""
    return Erfc(x, name=name)


class Erfcx(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.erfcx(x)


@RegisterGradient("Erfcx")
def _erfcx_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * (-2 * op * ErfcxMean(x, order=1))  # 2 * x * op - 2 / sqrt(pi) would cancel


def erfcx(x: Any, name: str | None = None) -> Node:
    """exp(x**2) * erfc(x), elementwise: it falls as 1/x."""
    return Erfcx(x, name=name)


class ErfcRatio(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return 1 / xp.erfcx(x)


@RegisterGradient("ErfcRatio")
def _erfc_ratio_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    far = _slope_in_tail(maximum(x, _TAIL))
    return grad * where(x > _TAIL, far, op * (_SLOPE * op - 2 * x))


def _slope_in_tail(x: Node) -> Node:
    """The slope of erfc_ratio, whose terms cancel where x is large, by powers of 1 / (2 x**2).

    With p = x * (2/sqrt(pi) * erfc_ratio(x) - 2x), whose coefficients are OEIS A000698: from the
    asymptotic series of erfc, NIST DLMF 7.12.1. What is left out is below the precision of float64.
    """
    z = 0.5 / square(x)
    p: Any = 0.0
    for coefficient in reversed(_EXCESS):
        p = p * z + coefficient
    slope: Node = (2 / _SLOPE) * p * (1 + z * p)
    return slope


def erfc_ratio(x: Any, name: str | None = None) -> Node:
    """exp(-x**2) / erfc(x), elementwise, without underflow: the hazard of the normal tail."""
    return ErfcRatio(x, name=name)


class ErfcxMean(Elementwise):
    """The quotient of two integrals over t from 0 on, of t**order and of t**(order - 1).

    The weight is exp(-t**2 - 2 * x * t), by which the integral of 1 is erfcx(x) * sqrt(pi) / 2.
    """

    attributes = ("order",)

    order: int

    def compute(self, xp: Any, x: Any) -> Any:
        dtype = x.dtype if x.dtype.kind == "f" else float64
        wide = self._in_float64(xp, xp.astype(x, float64))  # in float32 too much would cancel
        return xp.astype(wide, dtype)

    def _in_float64(self, xp: Any, x: Any) -> Any:
        is_far = xp.greater(x, _BOUND)
        far = xp.where(is_far, x, _BOUND * xp.ones_like(x))
        last = 2 * (self.order + _DEPTH + 1)
        value = 0.5 * (xp.sqrt(xp.square(far) + last) - far)
        for n in range(self.order + _DEPTH, self.order - 1, -1):
            value = 0.5 * n / (far + value)  # by parts
        near = xp.where(is_far, xp.zeros_like(x), x)
        below = 0.5 * _SLOPE / xp.erfcx(near) - near
        for n in range(1, self.order):
            below = 0.5 * n / below - near
        return xp.where(is_far, value, below)


@RegisterGradient("ErfcxMean")
def _erfcx_mean_grad(op: ErfcxMean, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * (2 * op * (op - ErfcxMean(x, order=op.order + 1)))


class LogErfcx(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        below, above = xp.minimum(x, 0.5), xp.maximum(x, 0.5)
        near = xp.square(below) + xp.log1p(-xp.erf(below))
        return xp.where(xp.less(x, 0.5), near, xp.log(xp.erfcx(above)))


@RegisterGradient("LogErfcx")
def _log_erfcx_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * (-2 * ErfcxMean(x, order=1))


def log_erfcx(x: Any, name: str | None = None) -> Node:
    """log(exp(x**2) * erfc(x)), elementwise, without overflow."""
    return LogErfcx(x, name=name)


class LogErfc(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        tail = xp.maximum(x, 0.5)
        far = xp.log(xp.erfcx(tail)) - xp.square(tail)
        return xp.where(xp.less(x, 0.5), xp.log1p(-xp.erf(x)), far)


@RegisterGradient("LogErfc")
def _log_erfc_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * (-_SLOPE * erfc_ratio(x))


def log_erfc(x: Any, name: str | None = None) -> Node:
    """log(erfc(x)), elementwise, without underflow and with all digits near 0."""
    return LogErfc(x, name=name)


class Erfinv(Elementwise):
    def compute(self, xp: Any, y: Any) -> Any:
        return xp.erfinv(y)


@RegisterGradient("Erfinv")
def _erfinv_grad(op: Node, grad: Node) -> Node:
    return grad * (exp(square(op)) / _SLOPE)


def erfinv(y: Any, name: str | None = None) -> Node:
    """The x with erf(x) = y, elementwise; infinite at -1 and 1, NaN beyond."""
    return Erfinv(y, name=name)


class Erfcinv(Elementwise):
    def compute(self, xp: Any, y: Any) -> Any:
        return xp.erfcinv(y)


@RegisterGradient("Erfcinv")
def _erfcinv_grad(op: Node, grad: Node) -> Node:
    return grad * (exp(square(op)) / -_SLOPE)


def erfcinv(y: Any, name: str | None = None) -> Node:
    """The x with erfc(x) = y, elementwise; infinite at 0 and 2, NaN beyond."""
    return Erfcinv(y, name=name)


class Ndtr(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return 0.5 * xp.erfc(-_ROOT_HALF * x)


@RegisterGradient("Ndtr")
def _ndtr_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * (_DENSITY * exp(-0.5 * square(x)))


def ndtr(x: Any, name: str | None = None) -> Node:
    """The probability that a standard normal number is below x, elementwise."""
    return Ndtr(x, name=name)


class LogNdtr(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.log_ndtr(x)


@RegisterGradient("LogNdtr")
def _log_ndtr_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * (2 * _DENSITY * erfc_ratio(-_ROOT_HALF * x))  # density / probability


def log_ndtr(x: Any, name: str | None = None) -> Node:
    """log(ndtr(x)), elementwise, without underflow; the gradient keeps its digits too."""
    return LogNdtr(x, name=name)


class Ndtri(Elementwise):
    def compute(self, xp: Any, p: Any) -> Any:
        return xp.ndtri(p)


@RegisterGradient("Ndtri")
def _ndtri_grad(op: Node, grad: Node) -> Node:
    return grad * (exp(0.5 * square(op)) / _DENSITY)


def ndtri(p: Any, name: str | None = None) -> Node:
    """The x with ndtr(x) = p, elementwise; infinite at 0 and 1, NaN beyond."""
    return Ndtri(p, name=name)
