"""The gamma and beta functions, their logarithms and derivatives, and the incomplete ones."""

from __future__ import annotations

import operator
from typing import Any, ClassVar

from ...errors import ShapeError
from ...graph import Elementwise, Node
from ...registry import RegisterGradient
from ..elementwise import exp
from .information import xlog1py, xlogy

__all__ = [
    "Beta", "Betainc", "Betaln", "Digamma", "Gamma", "GammaSlope", "Gammainc", "Gammaincc",
    "Gammaln", "Polygamma", "beta", "betainc", "betaln", "digamma", "gamma", "gammainc",
    "gammaincc", "gammaln", "multigammaln", "polygamma", "psi",
]  # fmt: skip

_FIRST = "there is a first derivative by the shape, and no second one"
_ASK = "hold it constant (gf.stop_gradient), or differentiate by the argument x alone"


class Gammaln(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.gammaln(x)


@RegisterGradient("Gammaln")
def _gammaln_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * digamma(x)


def gammaln(x: Any, name: str | None = None) -> Node:
    """log(|gamma(x)|), elementwise; infinite at 0, -1, -2, ..."""
    return Gammaln(x, name=name)


class Gamma(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.gamma(x)


@RegisterGradient("Gamma")
def _gamma_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * (op * digamma(x))


def gamma(x: Any, name: str | None = None) -> Node:
    """The gamma function, elementwise: (x - 1)! at whole numbers; NaN at -1, -2, ..."""
    return Gamma(x, name=name)


class Digamma(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.digamma(x)


@RegisterGradient("Digamma")
def _digamma_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * polygamma(1, x)


def digamma(x: Any, name: str | None = None) -> Node:
    """The derivative of gammaln, elementwise."""
    return Digamma(x, name=name)


class Polygamma(Elementwise):
    attributes = ("order",)

    order: int

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.polygamma(x, self.order)


@RegisterGradient("Polygamma")
def _polygamma_grad(op: Polygamma, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * polygamma(op.order + 1, x)


def polygamma(n: int, x: Any, name: str | None = None) -> Node:
    """The n-th derivative of digamma, elementwise, for a whole number n and x > 0.

    Raises ShapeError for a negative n.
    """
    order = operator.index(n)
    if order < 0:
        raise ShapeError(f"polygamma: the order is 0, 1, 2, ..., not {n}")
    return digamma(x, name=name) if order == 0 else Polygamma(x, order=order, name=name)


class Beta(Elementwise):
    def compute(self, xp: Any, a: Any, b: Any) -> Any:
        return xp.beta(a, b)


@RegisterGradient("Beta")
def _beta_grad(op: Node, grad: Node) -> list[Node | None]:
    a, b = op.inputs
    both = digamma(a + b)
    return [grad * (op * (digamma(a) - both)), grad * (op * (digamma(b) - both))]


def beta(a: Any, b: Any, name: str | None = None) -> Node:
    """gamma(a) * gamma(b) / gamma(a + b), elementwise."""
    return Beta(a, b, name=name)


class Betaln(Elementwise):
    def compute(self, xp: Any, a: Any, b: Any) -> Any:
        return xp.betaln(a, b)


@RegisterGradient("Betaln")
def _betaln_grad(op: Node, grad: Node) -> list[Node | None]:
    a, b = op.inputs
    both = digamma(a + b)
    return [grad * (digamma(a) - both), grad * (digamma(b) - both)]


def betaln(a: Any, b: Any, name: str | None = None) -> Node:
    """log(|beta(a, b)|), elementwise."""
    return Betaln(a, b, name=name)


class GammaSlope(Elementwise):
    """dx/da at a constant gammainc(a, x): how a gamma variable moves with its shape."""

    refused: ClassVar[dict[str, str]] = {"a": _FIRST, "x": _FIRST}

    def compute(self, xp: Any, a: Any, x: Any) -> Any:
        return xp.gamma_slope(a, x)


@RegisterGradient("GammaSlope")
def _gamma_slope_grad(op: Node, grad: Node) -> list[Node | None]:
    return [None, None]


class Gammainc(Elementwise):
    def compute(self, xp: Any, a: Any, x: Any) -> Any:
        return xp.gammainc(a, x)


@RegisterGradient("Gammainc")
def _gammainc_grad(op: Node, grad: Node) -> list[Node | None]:
    a, x = op.inputs
    density = grad * _gamma_density(a, x)
    return [-density * GammaSlope(a, x), density]


def _gamma_density(a: Node, x: Node) -> Node:
    return exp(xlogy(a - 1, x) - x - gammaln(a))


def gammainc(a: Any, x: Any, name: str | None = None) -> Node:
    """The regularised lower incomplete gamma function P(a, x), elementwise, for a, x >= 0.

    Differentiable by x, and once by the shape `a`: a second derivative through that raises
    RegistrationError.
    """
    return Gammainc(a, x, name=name)


class Gammaincc(Elementwise):
    def compute(self, xp: Any, a: Any, x: Any) -> Any:
        return xp.gammaincc(a, x)


@RegisterGradient("Gammaincc")
def _gammaincc_grad(op: Node, grad: Node) -> list[Node | None]:
    a, x = op.inputs
    density = grad * _gamma_density(a, x)
    return [density * GammaSlope(a, x), -density]


def gammaincc(a: Any, x: Any, name: str | None = None) -> Node:
    """1 - gammainc(a, x), elementwise, with all digits where that is small; as `gammainc`."""
    return Gammaincc(a, x, name=name)


class Betainc(Elementwise):
    refused: ClassVar[dict[str, str]] = {"a": _ASK, "b": _ASK}

    def compute(self, xp: Any, a: Any, b: Any, x: Any) -> Any:
        return xp.betainc(a, b, x)


@RegisterGradient("Betainc")
def _betainc_grad(op: Node, grad: Node) -> list[Node | None]:
    a, b, x = op.inputs
    density = exp(xlogy(a - 1, x) + xlog1py(b - 1, -x) - betaln(a, b))
    return [None, None, grad * density]


def betainc(a: Any, b: Any, x: Any, name: str | None = None) -> Node:
    """The regularised incomplete beta function I_x(a, b), elementwise, for 0 <= x <= 1.

    Differentiable by x; a gradient by the shapes `a` and `b` raises RegistrationError.
    """
    return Betainc(a, b, x, name=name)


def multigammaln(a: Any, d: int, name: str | None = None) -> Node:
    """The log of the gamma function of dimension d, elementwise, for a > (d - 1) / 2."""
    count = operator.index(d)
    if count < 1:
        raise ShapeError(f"multigammaln: the dimension is 1, 2, ..., not {d}")
    total = gammaln(a)
    for j in range(1, count):
        total = total + gammaln(a - 0.5 * j)
    log_pi = 1.1447298858494002
    return total if count == 1 else total + count * (count - 1) / 4 * log_pi


psi = digamma
