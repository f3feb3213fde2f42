"""Elementwise functions in JAX, where `jax.numpy` differs from NumPy, and special functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import lax
from jax.scipy import special

from ...primitives.table import UFUNCS


def _kept(function: Callable[..., Any]) -> Callable[..., Any]:
    """A rounding: integers stay as they are."""
    return lambda x: function(x) if x.dtype.kind in "fc" else x


def _by(function: Callable[..., Any]) -> Callable[..., Any]:
    """A division: by an integer 0 it gives 0."""

    def divided(x: Any, y: Any) -> Any:
        if y.dtype.kind == "f":
            return function(x, y)
        zero = jnp.zeros((), y.dtype)
        return jnp.where(y == zero, zero, function(x, jnp.where(y == zero, zero + 1, y)))

    return divided


def _reciprocal(x: Any) -> Any:
    if x.dtype.kind in "fc":
        return jnp.reciprocal(x)
    return lax.div(jnp.ones_like(x), jnp.where(x == 0, jnp.ones_like(x), x))


def _cosh(x: Any) -> Any:
    """By one exponential instead of two; complex numbers by JAX."""
    if x.dtype.kind == "c":
        return jnp.cosh(x)
    root = jnp.exp(jnp.abs(x) / 2)
    half = root * 0.5
    return half * root + 0.5 / (root * root)


def sech(x: Any) -> Any:
    """1 / cosh(x), by one exponential and tanh(x), which mostly is there: the slope of tanh is
    sech(x)**2.

    With r = exp(-|x|) it is 2 r / (1 + r**2), and 1 + |tanh(x)| is 2 / (1 + r**2): so nothing
    cancels or overflows. There is no division, at which XLA would end a loop over elements.
    """
    return jnp.exp(-jnp.abs(x)) * (1 + jnp.abs(jnp.tanh(x)))


ELEMENTWISE: dict[str, Callable[..., Any]] = {name: getattr(jnp, name) for name in UFUNCS} | {
    **{name: _kept(getattr(jnp, name)) for name in ("ceil", "floor", "rint", "trunc")},
    **{name: _by(getattr(jnp, name)) for name in ("floor_divide", "fmod", "remainder")},
    "reciprocal": _reciprocal,
    "cosh": _cosh,
}


def hypot_of(x: Any, number: float) -> Any:
    """sqrt(x**2 + number**2), without a division; where the square overflows, |x|."""
    root = jnp.sqrt(jnp.square(x) + number**2)
    return jnp.where(jnp.isinf(root), jnp.abs(x), root)


def erfcinv(x: Any) -> Any:
    """The inverse of erfc, by that of the normal distribution function: exact in the tail too."""
    return special.ndtri(x / 2) / -math.sqrt(2)


def polygamma(x: Any, order: int) -> Any:
    """The derivative of digamma of this order."""
    return special.polygamma(order, x)


def iv(x: Any, order: float) -> Any:
    """The modified Bessel function of order 0 or 1."""
    return (special.i0, special.i1)[int(order)](x)


def ive(x: Any, order: float) -> Any:
    """`iv` times exp(-|x|)."""
    return (special.i0e, special.i1e)[int(order)](x)
