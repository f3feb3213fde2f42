"""Elementwise functions of NumPy's that are others put together."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...dtypes import float64
from ...graph import Node
from ..array import as_node, as_nodes, zeros_like
from ..elementwise import (
    abs,
    add,
    cast,
    equal,
    exp2,
    floor_divide,
    isnan,
    logaddexp,
    maximum,
    minimum,
    multiply,
    power,
    remainder,
    signbit,
    subtract,
    trunc,
    where,
)

__all__ = [
    "allclose", "array_equal", "copysign", "deg2rad", "degrees", "divmod", "fabs", "float_power",
    "fmax", "fmin", "heaviside", "isclose", "isneginf", "isposinf", "ldexp", "logaddexp2",
    "modf", "nan_to_num", "rad2deg", "radians",
]  # fmt: skip


def fmax(x1: Any, x2: Any, name: str | None = None) -> Node:
    """The larger of the two, elementwise, or the one that is a number. Ties share the gradient."""
    x, y = as_nodes(x1, x2)
    return where(isnan(x), y, where(isnan(y), x, maximum(x, y)), name=name)


def fmin(x1: Any, x2: Any, name: str | None = None) -> Node:
    """The smaller of the two, elementwise, or the one that is a number. Ties share the gradient."""
    x, y = as_nodes(x1, x2)
    return where(isnan(x), y, where(isnan(y), x, minimum(x, y)), name=name)


def heaviside(x1: Any, x2: Any, name: str | None = None) -> Node:
    """0 where x1 < 0, 1 where x1 > 0, x2 where x1 is 0, elementwise. Differentiable by x2."""
    x, y = as_nodes(x1, x2)
    filled = y + zeros_like(x)
    return where(isnan(x), np.nan, where(x < 0, 0, where(x > 0, 1, filled)), name=name)


def copysign(x1: Any, x2: Any, name: str | None = None) -> Node:
    """|x1| with the sign of x2, elementwise, that of -0.0 too. Differentiable by x1."""
    size = abs(_inexact(x1))
    return where(signbit(x2), -size, size, name=name)


def _inexact(x: Any) -> Node:
    """Integers and booleans as float64."""
    node = as_node(x)
    return cast(node, float64) if node.dtype.kind in "biu" else node


def fabs(x: Any, name: str | None = None) -> Node:
    """|x|, elementwise, of floats. The gradient at 0 is 0."""
    return abs(_inexact(x), name=name)


def float_power(x1: Any, x2: Any, name: str | None = None) -> Node:
    """x1 ** x2, elementwise, in float64."""
    return power(_wide(x1), _wide(x2), name=name)


def _wide(x: Any) -> Any:
    if isinstance(x, int | float):
        return float(x)
    node = as_node(x)
    return node if node.dtype == float64 else cast(node, float64)


def deg2rad(x: Any, name: str | None = None) -> Node:
    """Degrees as radians, elementwise."""
    return multiply(x, math.pi / 180, name=name)


def rad2deg(x: Any, name: str | None = None) -> Node:
    """Radians as degrees, elementwise."""
    return multiply(x, 180 / math.pi, name=name)


def logaddexp2(x1: Any, x2: Any, name: str | None = None) -> Node:
    """log2(2 ** x1 + 2 ** x2), elementwise, without overflow."""
    log2 = math.log(2)
    return multiply(logaddexp(multiply(x1, log2), multiply(x2, log2)), 1 / log2, name=name)


def ldexp(x1: Any, x2: Any, name: str | None = None) -> Node:
    """x1 * 2 ** x2, elementwise, for integers x2. Differentiable by x1."""
    x, power_of_2 = as_nodes(x1, x2)
    return multiply(x, exp2(cast(power_of_2, x.dtype)), name=name)


def divmod(x1: Any, x2: Any) -> tuple[Node, Node]:
    """floor(x1 / x2), which has no gradient, and the remainder, elementwise."""
    return floor_divide(x1, x2), remainder(x1, x2)


def modf(x: Any) -> tuple[Node, Node]:
    """The part after the point and the whole part, which has no gradient; both of x's sign."""
    node = _inexact(x)
    whole = trunc(node)
    infinite = (node == np.inf) | (node == -np.inf)
    return where(infinite, 0, subtract(node, whole)), whole


def nan_to_num(
    x: Any,
    nan: float = 0.0,
    posinf: float | None = None,
    neginf: float | None = None,
    name: str | None = None,
) -> Node:
    """x with numbers in the place of NaN and infinities: by default 0 and the extremes of x.

    What was replaced gets no gradient. Unlike NumPy's it always makes a new array.
    """
    node = as_node(x)
    if node.dtype.kind != "f":
        return add(node, 0, name=name)
    extremes = np.finfo(node.dtype)
    high = float(extremes.max) if posinf is None else posinf
    low = float(extremes.min) if neginf is None else neginf
    finite = where(node == np.inf, high, where(node == -np.inf, low, node))
    return where(isnan(node), nan, finite, name=name)


def isclose(
    a: Any,
    b: Any,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    equal_nan: bool = False,
    name: str | None = None,
) -> Node:
    """Whether |a - b| <= atol + rtol * |b|, elementwise; infinities of one sign are close."""
    x, y = as_nodes(a, b)
    finite = (abs(y) < np.inf) & (abs(x) < np.inf)
    close = ((abs(subtract(x, y)) <= atol + rtol * abs(y)) & finite) | (x == y)
    if equal_nan:
        close = close | (isnan(x) & isnan(y))
    return where(True, close, False, name=name)


def allclose(
    a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Node:
    """Whether all elements are close, as by `isclose`: one boolean."""
    return isclose(a, b, rtol, atol, equal_nan).all()


def array_equal(a1: Any, a2: Any) -> Node:
    """Whether shapes, which must be known, and all elements are equal: one boolean."""
    x, y = as_nodes(a1, a2)
    return (x == y).all() if x.shape == y.shape else as_node(np.bool_(False))


def isposinf(x: Any, name: str | None = None) -> Node:
    """Whether an element is +inf."""
    return equal(x, np.inf, name=name)


def isneginf(x: Any, name: str | None = None) -> Node:
    """Whether an element is -inf."""
    return equal(x, -np.inf, name=name)


degrees, radians = rad2deg, deg2rad
