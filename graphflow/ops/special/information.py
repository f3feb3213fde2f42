"""Products with logarithms that are 0 where their factor is: entropies; and log-odds."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...graph import Elementwise, Node
from ...registry import RegisterGradient
from ..elementwise import add, divide, equal, log, log1p, reciprocal, sigmoid, where

__all__ = [
    "Entr", "Logit", "RelEntr", "Xlog1py", "Xlogy", "entr", "expit", "kl_div", "logit", "rel_entr",
    "xlog1py", "xlogy",
]  # fmt: skip


def _ratio(x: Node, y: Node) -> Node:
    """x / y, but 0 where x is 0."""
    is_zero = equal(x, 0)
    return where(is_zero, 0, divide(x, where(is_zero, 1, y)))


class Xlogy(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        nothing = xp.logical_and(xp.equal(x, 0), xp.logical_not(xp.isnan(y)))
        return xp.where(nothing, 0 * x, x * xp.log(xp.where(nothing, xp.ones_like(y), y)))


@RegisterGradient("Xlogy")
def _xlogy_grad(op: Node, grad: Node) -> list[Node | None]:
    x, y = op.inputs
    return [grad * log(y), grad * _ratio(x, y)]


def xlogy(x: Any, y: Any, name: str | None = None) -> Node:
    """x * log(y), elementwise, and 0 where x is 0 (unless y is NaN)."""
    return Xlogy(*_inexact(x, y), name=name)


class Xlog1py(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        nothing = xp.logical_and(xp.equal(x, 0), xp.logical_not(xp.isnan(y)))
        return xp.where(nothing, 0 * x, x * xp.log1p(xp.where(nothing, xp.ones_like(y), y)))


@RegisterGradient("Xlog1py")
def _xlog1py_grad(op: Node, grad: Node) -> list[Node | None]:
    x, y = op.inputs
    return [grad * log1p(y), grad * _ratio(x, 1 + y)]


def xlog1py(x: Any, y: Any, name: str | None = None) -> Node:
    """x * log1p(y), elementwise, and 0 where x is 0 (unless y is NaN)."""
    return Xlog1py(*_inexact(x, y), name=name)


class Entr(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        inside = xp.greater(x, 0)
        value = -x * xp.log(xp.where(inside, x, xp.ones_like(x)))
        return xp.where(xp.less(x, 0), -np.inf, value)


@RegisterGradient("Entr")
def _entr_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * (-log(x) - 1)


def entr(x: Any, name: str | None = None) -> Node:
    """-x * log(x), elementwise: 0 at 0, -inf below. The gradient at 0 is infinite."""
    return Entr(*_inexact(x), name=name)


class RelEntr(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        inside = xp.logical_and(xp.greater(x, 0), xp.greater(y, 0))
        one = xp.ones_like(x + y)
        value = x * xp.log(xp.where(inside, x, one) / xp.where(inside, y, one))
        nothing = xp.logical_and(xp.equal(x, 0), xp.greater_equal(y, 0))
        bad = xp.logical_or(xp.isnan(x), xp.isnan(y))
        outside = xp.where(bad, np.nan * one, np.inf * one)
        return xp.where(inside, value, xp.where(nothing, 0 * one, outside))


@RegisterGradient("RelEntr")
def _rel_entr_grad(op: Node, grad: Node) -> list[Node | None]:
    x, y = op.inputs
    return [grad * (log(x / y) + 1), grad * -_ratio(x, y)]


def rel_entr(x: Any, y: Any, name: str | None = None) -> Node:
    """x * log(x / y), elementwise, for x, y > 0: 0 where x is 0, else inf outside."""
    return RelEntr(*_inexact(x, y), name=name)


def kl_div(x: Any, y: Any, name: str | None = None) -> Node:
    """x * log(x / y) - x + y, elementwise, as SciPy's: not the divergence of PyTorch's name."""
    p, q = _inexact(x, y)
    return add(rel_entr(p, q) - p, q, name=name)


class Logit(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        near = xp.less(xp.absolute(x - 0.5), 0.2)  # there x / (1 - x) is near 1
        middle = xp.log1p((2 * x - 1) / (1 - x))
        return xp.where(near, middle, xp.log(x / (1 - x)))


@RegisterGradient("Logit")
def _logit_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * reciprocal(x * (1 - x))


def logit(x: Any, name: str | None = None) -> Node:
    """log(x / (1 - x)), elementwise: the inverse of sigmoid; NaN outside of [0, 1]."""
    return Logit(*_inexact(x), name=name)


def _inexact(*operands: Any) -> list[Any]:
    """Integers and booleans as float64, everything else as it is."""
    found: list[Any] = []
    for operand in operands:
        kind = (operand if isinstance(operand, Node) else np.asarray(operand)).dtype.kind
        if kind in "biu" and isinstance(operand, Node):
            found.append(operand.astype(np.float64))
        elif kind in "biu" and not isinstance(operand, int | float):
            found.append(np.asarray(operand, np.float64))
        else:
            found.append(float(operand) if isinstance(operand, int) else operand)
    return found


expit = sigmoid
