"""Shares of totals, and powers less one: their derivatives and values do not cancel, elementwise.

Users write the formulas; the tables in `rewrite` put these in their place.
"""

from __future__ import annotations

from typing import Any

from ...graph import Constant, Elementwise, Node
from ...registry import RegisterGradient
from .arithmetic import absolute
from .exponential import power

__all__ = ["AbsShare", "Powm1", "Share", "abs_share", "powm1", "share"]

_NEAR = 0.5  # |log| of a power of which 1 is no longer taken


class Share(Elementwise):
    """x / (x + y); `guarded` also where x is infinite and y is not, or x is an overflow."""

    attributes = ("guarded",)

    guarded: bool

    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        quotient = x / (x + y)
        return xp.where(xp.isinf(x), 1 / (1 + y / x), quotient) if self.guarded else quotient


@RegisterGradient("Share")
def _share_grad(op: Node, grad: Node) -> list[Node | None]:
    x, y = op.inputs
    each = grad / (x + y)
    return [each * _other(y, x), -each * op]  # 1 / (x + y) - x / (x + y)**2 would cancel


def _other(y: Node, x: Node) -> Node:
    """y / (x + y), which is 1 where y overflows."""
    return share(y, x, guarded=not isinstance(y, Constant))


def share(x: Any, y: Any, guarded: bool = False, name: str | None = None) -> Node:
    """x / (x + y), elementwise: the law of Michaelis and Menten. `guarded`: 1 at infinity."""
    return Share(x, y, guarded=guarded, name=name)


class AbsShare(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return x / (xp.absolute(x) + y)


@RegisterGradient("AbsShare")
def _abs_share_grad(op: Node, grad: Node) -> list[Node | None]:
    x, y = op.inputs
    size = absolute(x)
    each = grad / (size + y)
    return [each * _other(y, size), -each * op]


def abs_share(x: Any, y: Any, name: str | None = None) -> Node:
    """x / (|x| + y), elementwise: a softsign of width y."""
    return AbsShare(x, y, name=name)


class Powm1(Elementwise):
    """(plus + x)**power - 1 for numbers `power` and `plus`, which is 0 or 1."""

    attributes = ("power", "plus")

    power: float
    plus: int

    def compute(self, xp: Any, x: Any) -> Any:
        exponent = self.power * (xp.log1p(x) if self.plus else xp.log(x))
        is_near = xp.less(xp.absolute(exponent), _NEAR)
        near = xp.where(is_near, exponent, xp.zeros_like(x))
        base = 1 + x if self.plus else x
        return xp.where(is_near, xp.expm1(near), xp.power(base, self.power) - 1)


@RegisterGradient("Powm1")
def _powm1_grad(op: Powm1, grad: Node) -> Node:
    (x,) = op.inputs
    base = 1 + x if op.plus else x
    return grad * (op.power * power(base, op.power - 1))


def powm1(x: Any, power: float, plus: int = 0, name: str | None = None) -> Node:
    """x**power - 1, or with `plus` (1 + x)**power - 1, elementwise, with all digits near 0."""
    return Powm1(x, power=float(power), plus=plus, name=name)
