"""Quotients of exponentials by their argument, which are smooth at 0, with all derivatives.

Those are x / (exp(x) - 1), coth(x) - 1 / x and its integral, log(sinh(x) / x). Near 0 a derivative
is its power series, of Bernoulli numbers; elsewhere a polynomial in g = 1 / (exp(x) - 1), since
g' = -g * (1 + g).
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from ...graph import Elementwise, Node
from ...registry import RegisterGradient
from ..elementwise.digits import near_and_far

__all__ = [
    "CothPart", "ExpQuotient", "Sinhc", "coth_part", "exp_quotient", "log_sinhc", "sinhc",
]  # fmt: skip

_BOUND = 2.0  # of exponents within which a series is summed; it converges up to 2 pi
_TERMS = 20
_LARGE = 2000.0  # exponents beyond which exp(-x) is 0


def _bernoulli(count: int) -> list[Fraction]:
    """The Bernoulli numbers from the 0th on, of which the first is -1/2."""
    found = [Fraction(1)]
    for n in range(1, count):
        total = sum((math.comb(n + 1, k) * found[k] for k in range(n)), Fraction(0))
        found.append(-total / (n + 1))
    return found


_NUMBERS = _bernoulli(2 * _TERMS + 9)[::2]


def _series(xp: Any, x: Any, power: int, order: int, scale: int = 1) -> Any:
    """A derivative of the sum over even k of B(k) / k! * scale**k * x**(k + power).

    The derivative of order -1 is the integral from 0, whose terms of k = 0 are left out.
    """
    terms = []
    for i, number in enumerate(_NUMBERS[: _TERMS + max(order, 0) // 2]):
        k, n = 2 * i, 2 * i + power
        if n < max(order, 0):
            continue
        falling = Fraction(1, n + 1) if order < 0 else Fraction(math.perm(n, order))
        terms.append((n - order, float(number * falling * scale**k / math.factorial(k))))
    total = xp.zeros_like(x)
    for _, term in terms[::-1]:
        total = total * xp.square(x) + term
    for _ in range(terms[0][0]):
        total = total * x
    return total


def _bosons(xp: Any, x: Any, order: int) -> Any:
    """A derivative of 1 / (exp(x) - 1), away from 0."""
    small = xp.exp(-xp.absolute(x))
    whole = -xp.expm1(-xp.absolute(x))
    above = xp.greater(x, 0)
    g = xp.where(above, small / whole, -1 / whole)
    if order == 0:
        return g
    factors = [-1]  # of powers of g, in what the derivative has besides g * (1 + g)
    for _ in range(order - 1):
        lifted = [0] * (len(factors) + 1)
        for k, factor in enumerate(factors):
            lifted[k] -= (k + 1) * factor
            lifted[k + 1] -= (k + 2) * factor
        factors = lifted
    total = xp.zeros_like(x)
    for factor in factors[::-1]:
        total = total * g + factor
    return total * g * xp.where(above, 1 / whole, -small / whole)


class ExpQuotient(Elementwise):
    """A derivative of x / (exp(x) - 1)."""

    attributes = ("order",)

    order: int

    def compute(self, xp: Any, x: Any) -> Any:
        n = self.order
        is_near, near, far = near_and_far(xp, x, _BOUND)
        far = xp.minimum(far, _LARGE)
        series = _series(xp, near, 0, n)
        if n == 0:
            return xp.where(is_near, series - 0.5 * near, far * _bosons(xp, far, 0))
        far = xp.maximum(far, -_LARGE)
        value = far * _bosons(xp, far, n) + n * _bosons(xp, far, n - 1)
        return xp.where(is_near, series - 0.5 if n == 1 else series, value)


@RegisterGradient("ExpQuotient")
def _exp_quotient_grad(op: ExpQuotient, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * ExpQuotient(x, order=op.order + 1)


def exp_quotient(x: Any, name: str | None = None) -> Node:
    """x / (exp(x) - 1), elementwise, and 1 at 0, without overflow."""
    return ExpQuotient(x, order=0, name=name)


class CothPart(Elementwise):
    """A derivative of coth(x) - 1 / x; that of order -1 is the integral, log(sinh(x) / x)."""

    attributes = ("order",)

    order: int

    def compute(self, xp: Any, x: Any) -> Any:
        n = self.order
        is_near, near, far = near_and_far(xp, x, 0.5 * _BOUND)
        if n < 0:
            size = xp.absolute(far)
            value = size + xp.log1p(-xp.exp(-2 * size)) - xp.log(2 * size)
        else:
            pole = (-1) ** n * math.factorial(n) / xp.power(far, n + 1)
            value = 2 ** (n + 1) * _bosons(xp, 2 * far, n) - pole
        series = _series(xp, near, -1, n, scale=2)
        return xp.where(is_near, series, value + 1 if n == 0 else value)


@RegisterGradient("CothPart")
def _coth_part_grad(op: CothPart, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * CothPart(x, order=op.order + 1)


def coth_part(x: Any, name: str | None = None) -> Node:
    """coth(x) - 1 / x, elementwise, and 0 at 0: the function of Langevin."""
    return CothPart(x, order=0, name=name)


def log_sinhc(x: Any, name: str | None = None) -> Node:
    """log(sinh(x) / x), elementwise, and 0 at 0, without overflow."""
    return CothPart(x, order=-1, name=name)


class Sinhc(Elementwise):
    """sinh(x) / x, or its reciprocal."""

    attributes = ("inverse",)

    inverse: bool

    def compute(self, xp: Any, x: Any) -> Any:
        is_zero = xp.equal(x, 0)
        size = xp.where(is_zero, xp.ones_like(x), xp.absolute(x))
        if self.inverse:
            value = 2 * xp.minimum(size, _LARGE) * xp.exp(-size) / -xp.expm1(-2 * size)
        else:
            value = xp.sinh(size) / size
        return xp.where(is_zero, xp.ones_like(x), value)


@RegisterGradient("Sinhc")
def _sinhc_grad(op: Sinhc, grad: Node) -> Node:
    (x,) = op.inputs
    slope = op * coth_part(x)
    return grad * (-slope if op.inverse else slope)


def sinhc(x: Any, inverse: bool = False, name: str | None = None) -> Node:
    """sinh(x) / x, elementwise, and 1 at 0; or x / sinh(x), without overflow."""
    return Sinhc(x, inverse=inverse, name=name)
