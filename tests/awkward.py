"""Formulas that are awkward to differentiate, as they are written naively, and what they are.

Values and derivatives are mpmath's with hundreds of digits, at exactly the floats that are given;
at kinks and poles they stand there as numbers, by the policy of docs/kinks.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import mpmath
import numpy as np

import graphflow as gf
from graphflow import nn, special

INF = np.inf
mp = mpmath.mp.clone()
mp.dps = 340  # what is lost beside 1 is no float
mpf = mp.mpf


class Awkward(NamedTuple):
    """A formula, what it is, where it is tried, and how many derivatives are compared."""

    formula: Callable[[Any], Any]
    exact: Callable[..., Any]
    points: list[Any]
    order: int = 1


def sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def log_total(*z: Any) -> Any:
    return mp.log(mp.fsum(mp.exp(part) for part in z))


def distance(*x: Any) -> Any:
    return mp.sqrt(mp.fsum(part**2 for part in x))


def variance(*x: Any) -> Any:
    mean = mp.fsum(x) / len(x)
    return mp.fsum((part - mean) ** 2 for part in x) / len(x)


def normal(x: Any, mean: float, deviation: float) -> Any:
    """The density, as a textbook prints it."""
    z = (x - mean) / deviation
    return np.exp(-0.5 * z**2) / (deviation * np.sqrt(2 * np.pi))


def m_normal(x: Any, mean: float, deviation: float) -> Any:
    z = (x - mean) / mpf(deviation)
    return mp.exp(-(z**2) / 2) / (deviation * mp.sqrt(2 * mp.pi))


FAR = [-1000.0, -745.0, -88.5, -3.0, -1e-9, 0.0, 1e-9, 2.0, 40.0, 710.0, 1000.0]
SCORES = [(1000.0, 0.0, -1000.0), (-1000.0, 1000.0, 0.5), (0.1, 0.2, 0.3), (-800.0, -801.0, -803.0)]
LABEL = np.array([0.0, 1.0, 0.0])

ELEMENTWISE = {
    "log-sigmoid": Awkward(
        lambda x: np.log(1 / (1 + np.exp(-x))), lambda x: -mp.log1p(mp.exp(-x)), FAR, 2
    ),
    "log of one minus a sigmoid": Awkward(
        lambda x: np.log(1 - 1 / (1 + np.exp(-x))), lambda x: -mp.log1p(mp.exp(x)), FAR, 2
    ),
    "binary cross-entropy": Awkward(
        lambda x: (lambda p: -(0.25 * np.log(p) + 0.75 * np.log(1 - p)))(1 / (1 + np.exp(-x))),
        lambda x: mp.log1p(mp.exp(-x)) / 4 + 3 * mp.log1p(mp.exp(x)) / 4,
        [-1000.0, -40.0, -3.0, 2.0, 40.0, 1000.0],
    ),
    "softplus": Awkward(lambda x: np.log(1 + np.exp(x)), lambda x: mp.log1p(mp.exp(x)), FAR, 2),
    "softplus from pieces": Awkward(
        lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
        lambda x: mp.log1p(mp.exp(x)), FAR, 2,
    ),
    "inverse of softplus": Awkward(
        lambda x: np.log(np.exp(x) - 1), lambda x: mp.log(mp.expm1(x)),
        [1e-300, 1e-20, 1e-9, 0.5, 3.0, 40.0, 710.0, 1000.0], 2,
    ),
    "log of one minus exp": Awkward(
        lambda x: np.log(1 - np.exp(-x)), lambda x: mp.log(-mp.expm1(-x)),
        [1e-20, 1e-9, 0.5, 0.7, 3.0, 40.0, 700.0], 2,
    ),
    "log(cosh(x))": Awkward(
        lambda x: np.log(np.cosh(x)), lambda x: mp.log(mp.cosh(x)), [*FAR, 1e-20, 1e-4, 0.9, 1.1], 2
    ),
    "log(cosh(x)) from exponentials": Awkward(
        lambda x: np.log((np.exp(x) + np.exp(-x)) / 2), lambda x: mp.log(mp.cosh(x)), FAR, 2
    ),
    "tanh from exponentials": Awkward(
        lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)), mp.tanh, FAR[:-2]
    ),
    "slope of tanh": Awkward(
        lambda x: 1 - np.tanh(x) ** 2, lambda x: 1 / mp.cosh(x) ** 2,
        [-300.0, -40.0, -19.0, -1.0, 0.0, 1e-9, 0.5, 20.0, 300.0], 2,
    ),
    "slope of a sigmoid": Awkward(
        lambda x: gf.sigmoid(x) * (1 - gf.sigmoid(x)), lambda x: sigmoid(x) * sigmoid(-x),
        [-700.0, -40.0, -1.0, 0.0, 1e-9, 0.5, 36.0, 40.0, 700.0], 2,
    ),
    "exp(x) - 1": Awkward(
        lambda x: np.exp(x) - 1, mp.expm1, [-800.0, -1e-9, -1e-20, 0.0, 1e-20, 1e-9, 0.5, 700.0], 2
    ),
    "(exp(x) - 1) / x": Awkward(
        lambda x: (np.exp(x) - 1) / x, lambda x: mp.expm1(x) / x,
        [-100.0, -1.0, -1e-3, -1e-9, 1e-12, 1e-5, 0.5, 3.0, 100.0], 2,
    ),
    "log(1 + x)": Awkward(
        lambda x: np.log(1 + x), mp.log1p, [-0.999, -1e-9, 1e-300, 1e-20, 1e-9, 0.5, 1e10], 2
    ),
    "log(1 + x) / x": Awkward(
        lambda x: np.log(1 + x) / x, lambda x: mp.log1p(x) / x,
        [-0.9, -0.3, -1e-3, -1e-9, 1e-12, 1e-5, 0.2, 0.3, 3.0, 100.0], 2,
    ),
    "1 - cos(x)": Awkward(
        lambda x: 1 - np.cos(x), lambda x: 1 - mp.cos(x), [-3.0, -1e-9, 1e-12, 1e-4, 0.5, 2.0], 2
    ),
    "(1 - cos(x)) / x**2": Awkward(
        lambda x: (1 - np.cos(x)) / x**2, lambda x: (1 - mp.cos(x)) / x**2,
        [-2.0, -1e-9, 1e-12, 1e-4, 0.5, 2.0], 2,
    ),
    "sin(x) / x": Awkward(
        lambda x: np.sin(x) / x, lambda x: mp.sin(x) / x, [-2.0, -1e-9, 1e-12, 1e-4, 0.5, 2.0], 2
    ),
    "sqrt(x + 1) - sqrt(x)": Awkward(
        lambda x: np.sqrt(x + 1) - np.sqrt(x), lambda x: mp.sqrt(x + 1) - mp.sqrt(x),
        [1e-9, 0.5, 1e3, 1e8, 1e16, 1e30], 2,
    ),
    "sqrt(1 + x**2) - 1": Awkward(
        lambda x: np.sqrt(1 + x**2) - 1, lambda x: mp.sqrt(1 + x**2) - 1,
        [-1e200, -3.0, -1e-9, 1e-12, 1e-4, 0.5, 2.0, 1e8, 1e200],
    ),
    "1 - sqrt(1 - x)": Awkward(
        lambda x: 1 - np.sqrt(1 - x), lambda x: 1 - mp.sqrt(1 - x), [-3.0, -1e-9, 1e-12, 0.5], 2
    ),
    "log(x + sqrt(x**2 + 1))": Awkward(
        lambda x: np.log(x + np.sqrt(x**2 + 1)), mp.asinh,
        [-1e200, -1e9, -3.0, -1e-9, 1e-12, 0.5, 1e9, 1e200],
    ),
    "half the log of (1 + x) / (1 - x)": Awkward(
        lambda x: 0.5 * np.log((1 + x) / (1 - x)), mp.atanh, [-0.999, -1e-9, 1e-20, 0.5, 0.999]
    ),
    "log-odds": Awkward(
        lambda p: np.log(p / (1 - p)), lambda p: mp.log(p / (1 - p)),
        [1e-300, 1e-9, 0.3, 0.5 + 1e-9, 0.7, 1 - 2.0**-40],
    ),
    "one minus erf": Awkward(
        lambda x: 1 - special.erf(x), mp.erfc, [-5.0, -1e-9, 0.5, 3.0, 6.0, 10.0, 20.0]
    ),
    "log of one minus erf": Awkward(
        lambda x: np.log(1 - special.erf(x)), lambda x: mp.log(mp.erfc(x)),
        [-10.0, -1.0, 1e-9, 0.4, 0.6, 5.0, 26.0, 30.0, 100.0],
    ),
    "log of the normal distribution": Awkward(
        lambda x: np.log(0.5 * (1 + special.erf(x / np.sqrt(2)))), lambda x: mp.log(mp.ncdf(x)),
        [-100.0, -38.0, -8.0, -1.0, 1e-9, 1.0, 5.0, 8.0],
    ),
    "log of a normal density": Awkward(
        lambda x: np.log(normal(x, 1.0, 0.5)), lambda x: mp.log(m_normal(x, 1, 0.5)),
        [-1e4, -40.0, 0.0, 2.0, 1e4], 2,
    ),
    "log of a mixture of normal densities": Awkward(
        lambda x: np.log(0.25 * normal(x, -1.0, 1.0) + 0.75 * normal(x, 2.0, 0.5)),
        lambda x: mp.log(m_normal(x, -1, 1) / 4 + 3 * m_normal(x, 2, 0.5) / 4),
        [-100.0, -40.0, -1.5, 0.25, 40.0, 100.0],
    ),
    "log of a logistic density": Awkward(
        lambda x: np.log(np.exp(-x) / (1 + np.exp(-x)) ** 2),
        lambda x: -x - 2 * mp.log1p(mp.exp(-x)), [-1000.0, -40.0, -1.0, 1.0, 40.0, 1000.0],
    ),
    "log of a Bessel function": Awkward(
        lambda x: np.log(np.i0(x)), lambda x: mp.log(mp.besseli(0, x)),
        [-1000.0, -3.0, 1e-9, 0.1, 1.9, 2.1, 50.0, 700.0, 1000.0],
    ),
    "log of the gamma function": Awkward(
        lambda x: np.log(special.gamma(x)), mp.loggamma, [1e-9, 0.5, 10.0, 171.0, 200.0, 1e9]
    ),
    "gammaln": Awkward(special.gammaln, mp.loggamma, [1e-300, 0.5, 10.0, 200.0, 1e20]),
    "Planck's law": Awkward(
        lambda x: x**3 / (np.exp(x) - 1), lambda x: x**3 / mp.expm1(x),
        [1e-9, 1e-3, 1.0, 40.0, 700.0],
    ),
    "exponential linear distribution": Awkward(
        lambda x: 1 - np.exp(-np.exp(x)), lambda x: -mp.expm1(-mp.exp(x)),
        [-700.0, -40.0, -1.0, 1.0, 3.0],
    ),
    "arccos": Awkward(np.arccos, mp.acos, [1 - 1e-12, 0.5, -1 + 1e-12]),
    "log of a high power": Awkward(
        lambda x: np.log(x**40), lambda x: 40 * mp.log(abs(x)), [-1e100, -0.5, 1e-100, 3.0, 1e100]
    ),
    "silu": Awkward(
        lambda x: x / (1 + np.exp(-x)), lambda x: x * sigmoid(x), [-1000.0, -700.0, -3.0, 0.0, 40.0]
    ),
    "gelu": Awkward(
        lambda x: 0.5 * x * (1 + special.erf(x / np.sqrt(2))), lambda x: x * mp.ncdf(x),
        [-20.0, -8.0, -1.0, 0.0, 1e-9, 3.0, 1000.0],
    ),
    "mish": Awkward(
        lambda x: x * np.tanh(np.log(1 + np.exp(x))),
        lambda x: x * mp.tanh(mp.log1p(mp.exp(x))), [-700.0, -40.0, -1.0, 0.0, 3.0, 1000.0],
    ),
    "Poisson loss of a log-rate": Awkward(
        lambda x: np.exp(x) - 3 * np.log(np.exp(x)), lambda x: mp.exp(x) - 3 * x,
        [-1000.0, -40.0, 0.5, 40.0],
    ),
    "exp(-1 / x**2) by where": Awkward(
        lambda x: np.where(x == 0, 0.0, np.exp(-1 / x**2)), lambda x: mp.exp(-1 / x**2),
        [-3.0, -0.1, 0.05, 1.0],
    ),
}  # fmt: skip

OF_VECTORS = {
    "softmax cross-entropy": Awkward(
        lambda z: -np.sum(LABEL * np.log(np.exp(z) / np.sum(np.exp(z)))),
        lambda *z: log_total(*z) - z[1], SCORES,
    ),
    "softmax cross-entropy of a chosen class": Awkward(
        lambda z: -np.log((np.exp(z) / np.sum(np.exp(z)))[1]),
        lambda *z: log_total(*z) - z[1], SCORES,
    ),
    "softmax cross-entropy of the sum over labels": Awkward(
        lambda z: -np.log(np.sum(LABEL * np.exp(z)) / np.sum(np.exp(z))),
        lambda *z: log_total(*z) - z[1], SCORES,
    ),
    "log-softmax with the maximum taken off": Awkward(
        lambda z: (lambda s: np.log(np.sum(np.exp(s))) - s[1])(z - np.max(z)),
        lambda *z: log_total(*z) - z[1], SCORES,
    ),
    "log-sum-exp": Awkward(
        lambda z: np.log(np.sum(np.exp(z))), log_total, [*SCORES, (-1e4, -1e4, -1e4)]
    ),
    "log-sum-exp with the maximum put back": Awkward(
        lambda z: (lambda m: m + np.log(np.sum(np.exp(z - m))))(np.max(z)), log_total, SCORES
    ),
    "log-mean-exp": Awkward(
        lambda z: np.log(np.mean(np.exp(z))), lambda *z: log_total(*z) - mp.log(3), SCORES
    ),
    "weighted log-sum-exp": Awkward(
        lambda z: np.log(np.sum(np.array([0.5, 2.0, 0.0]) * np.exp(z))),
        lambda a, b, c: mp.log(mp.exp(a) / 2 + 2 * mp.exp(b)), SCORES,
    ),
    "mean under a softmax": Awkward(
        lambda z: np.sum(np.exp(z) * np.array([1.0, 2.0, 4.0])) / np.sum(np.exp(z)),
        lambda a, b, c: mp.exp(a - log_total(a, b, c)) + 2 * mp.exp(b - log_total(a, b, c))
        + 4 * mp.exp(c - log_total(a, b, c)), [*SCORES[1:3], (5.0, 800.0, 801.0)],
    ),
    "entropy of a softmax": Awkward(
        lambda z: (lambda p: -np.sum(p * np.log(p)))(np.exp(z) / np.sum(np.exp(z))),
        lambda *z: -mp.fsum(mp.exp(s - log_total(*z)) * (s - log_total(*z)) for s in z),
        [(0.1, 0.2, 0.4), (800.0, 801.0, 803.0), (-3.0, 0.0, 1.0)],
    ),
    "divergence from a softmax": Awkward(
        lambda z: (lambda q, p: np.sum(q * np.log(q / p)))(
            np.array([0.25, 0.5, 0.25]), np.exp(z) / np.sum(np.exp(z))),
        lambda a, b, c: log_total(a, b, c) - (a + 2 * b + c) / 4 - mp.log(64) / 4, SCORES,
    ),
    "variance as a difference of means": Awkward(
        lambda x: np.mean(x**2) - np.mean(x) ** 2, variance,
        [(1e8 + 1, 1e8 + 2, 1e8 + 4), (0.1, 0.3, 0.4), (1e-9, 3e-9, 4e-9)],
    ),
    "deviation as a root of a difference": Awkward(
        lambda x: np.sqrt(np.mean(x**2) - np.mean(x) ** 2), lambda *x: mp.sqrt(variance(*x)),
        [(1e8 + 1, 1e8 + 2, 1e8 + 4), (0.1, 0.3, 0.4)],
    ),
    "length": Awkward(
        lambda x: np.sqrt(np.sum(x**2)), distance,
        [(3.0, 4.0, 12.0), (1e-200, 2e-200, 2e-200), (1e200, 1e200, 2e200)],
    ),
    "product": Awkward(np.prod, lambda a, b, c: a * b * c, [(0.0, 2.0, 3.0), (0.0, 0.0, 3.0)]),
    "likelihood as a product": Awkward(
        lambda x: np.log(np.prod(normal(x, 0.0, 1.0))),
        lambda *x: mp.fsum(-part**2 / 2 for part in x) - 3 * mp.log(2 * mp.pi) / 2,
        [(30.0, 40.0, 50.0), (0.5, 1.0, -2.0)],
    ),
}  # fmt: skip

# name: formula, where, value, derivative
AT_KINKS: dict[str, tuple[Callable[[Any], Any], Any, Any, Any]] = {
    "length of nothing": (lambda x: np.sqrt(np.sum(x**2)), [0.0, 0.0], 0.0, [0.0, 0.0]),
    "np.linalg.norm of nothing": (np.linalg.norm, [0.0, 0.0], 0.0, [0.0, 0.0]),
    "sqrt(x * x)": (lambda x: np.sqrt(x * x), [-3.0, 0.0, 3.0], [3.0, 0.0, 3.0], [-1.0, 0.0, 1.0]),
    "x ** 0": (lambda x: x**0, [0.0, 2.0], [1.0, 1.0], [0.0, 0.0]),
    "x ** x": (lambda x: x**x, [1.0], [1.0], [1.0]),
    "x * log(x)": (lambda x: x * np.log(x), [0.0, 1.0], [0.0, 0.0], [-INF, 1.0]),
    "guarded quotient": (
        lambda x: np.where(x != 0, np.sin(x) / np.where(x != 0, x, 1.0), 1.0), [0.0], [1.0], [0.0]),
    "unguarded quotient in a branch": (
        lambda x: np.where(x > 0, 1 / x, x), [0.0, 2.0], [0.0, 0.5], [1.0, -0.25]),
    "log in a branch": (
        lambda x: np.where(x > 0, np.log(x), 0.0), [-1.0, 0.0, 2.0], [0.0, 0.0, np.log(2)],
        [0.0, 0.0, 0.5]),
    "sqrt in a branch": (
        lambda x: np.where(x > 0, np.sqrt(x), 0.0), [0.0, 4.0], [0.0, 2.0], [0.0, 0.25]),
    "exp that overflows in a branch": (
        lambda x: np.where(x < 700, np.exp(x), 0.0), [800.0, 0.0], [0.0, 1.0], [0.0, 1.0]),
    "maximum of ties": (np.max, [2.0, 2.0, 1.0], 2.0, [0.5, 0.5, 0.0]),
    "relu": (lambda x: np.maximum(x, 0), [-1.0, 0.0, 1.0], [0.0, 0.0, 1.0], [0.0, 0.5, 1.0]),
    "deviation of a constant": (np.std, [2.0, 2.0, 2.0], 0.0, [0.0, 0.0, 0.0]),
    "deviation of a constant by hand": (
        lambda x: np.sqrt(np.mean(x**2) - np.mean(x) ** 2), [0.1, 0.1, 0.1], 0.0, [0.0, 0.0, 0.0]),
    "log-sum-exp of one score": (
        lambda z: np.log(np.sum(np.exp(z))), [-INF, 3.0, -INF], 3.0, [0.0, 1.0, 0.0]),
    "softmax with a masked score": (
        lambda z: (np.exp(z) / np.sum(np.exp(z)))[1], [-INF, 0.0, 0.0], 0.5, [0.0, 0.25, -0.25]),
    "entropy with a masked score": (
        lambda z: (lambda p: -np.sum(p * np.log(p)))(gf.softmax(z)), [-INF, 0.0, 0.0], np.log(2),
        [0.0, 0.0, 0.0]),
    "cosine of a zero vector, guarded": (
        lambda x: (lambda n: np.where(n > 0, x[0] / n, 0.0))(np.linalg.norm(x)), [0.0, 0.0], 0.0,
        [0.0, 0.0]),
    "Huber's loss": (
        lambda x: np.where(np.abs(x) <= 1, 0.5 * x**2, np.abs(x) - 0.5), [-1.0, 0.0, 1.0, 2.0],
        [0.5, 0.0, 0.5, 1.5], [-1.0, 0.0, 1.0, 1.0]),
    "angle on an axis": (
        lambda x: np.arctan2(x[0], x[1]), [0.0, -2.0], np.pi, [-0.5, 0.0]),
    "np.sinc": (np.sinc, [0.0, 1.0], [1.0, 0.0], [0.0, -1.0]),
    "exp(-1 / x**2)": (
        lambda x: np.where(x == 0, 0.0, np.exp(-1 / x**2)), [0.0], [0.0], [0.0]),
    "product of zeros": (np.prod, [0.0, 0.0, 3.0], 0.0, [0.0, 0.0, 0.0]),
    "running products with a zero": (
        lambda x: np.sum(np.cumprod(x)), [2.0, 0.0, 3.0], 2.0, [1.0, 8.0, 0.0]),
    "cube root of a square": (lambda x: np.cbrt(x) ** 3, [8.0], [8.0], [1.0]),
    "silu at the ends": (nn.silu, [-INF, INF], [0.0, INF], [0.0, 1.0]),
    "gelu at the ends": (nn.gelu, [-INF, INF], [0.0, INF], [0.0, 1.0]),
    "gelu by tanh at the ends": (
        lambda x: nn.gelu(x, "tanh"), [-INF, INF], [0.0, INF], [0.0, 1.0]),
    "mish at the ends": (nn.mish, [-INF, INF], [0.0, INF], [0.0, 1.0]),
    "silu by hand at the ends": (
        lambda x: x / (1 + np.exp(-x)), [-INF, INF], [0.0, INF], [0.0, 1.0]),
    "logistic loss at the ends": (
        lambda x: np.log(1 + np.exp(-x)), [-INF, INF], [INF, 0.0], [-1.0, 0.0]),
    "clip": (lambda x: np.clip(x, 0, 1), [-1.0, 0.5, 2.0], [0.0, 0.5, 1.0], [0.0, 1.0, 0.0]),
    "median of an even number": (np.median, [1.0, 2.0, 4.0, 8.0], 3.0, [0.0, 0.5, 0.5, 0.0]),
    "negative base": (lambda x: x**3.0, [-2.0], [-8.0], [12.0]),
}  # fmt: skip
