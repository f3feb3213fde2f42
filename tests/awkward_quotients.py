"""Awkward formulas of the sciences: quotients, lengths, tails and differences, as typed."""

from __future__ import annotations

from typing import Any

import numpy as np
from awkward import Awkward, mp, mpf, sigmoid

import graphflow as gf
from graphflow import special


def hazard(x: Any) -> Any:
    """The density over the tail of a standard normal number."""
    return mp.npdf(x) / mp.ncdf(-x)


def softplus(x: Any) -> Any:
    return mp.log1p(mp.exp(x))


QUOTIENTS = {
    "tanh(x) / x": Awkward(
        lambda x: np.tanh(x) / x, lambda x: mp.tanh(x) / x, [-3.0, 1e-8, 1e-5, 1e-3, 800.0], 2
    ),
    "x * cosh(x) / sinh(x)": Awkward(
        lambda x: x * np.cosh(x) / np.sinh(x), lambda x: x * mp.coth(x), [-800.0, 1e-5, 2.0, 800.0]
    ),
    "function of Langevin": Awkward(
        lambda x: 1 / np.tanh(x) - 1 / x, lambda x: mp.coth(x) - 1 / x,
        [-2.0, 1e-8, 1e-5, 1e-3, 1.0, 800.0], 2,
    ),
    "function of Brillouin": Awkward(
        lambda x: 1.5 / np.tanh(1.5 * x) - 0.5 / np.tanh(0.5 * x),
        lambda x: mpf(1.5) * mp.coth(mpf(1.5) * x) - mp.coth(x / 2) / 2, [1e-6, 1.0, 800.0],
    ),
    "log of a constant of von Mises and Fisher": Awkward(
        lambda x: np.log(x / (4 * np.pi * np.sinh(x))),
        lambda x: mp.log(x / (4 * mpf(np.pi) * mp.sinh(x))), [1e-8, 1e-3, 2.0, 800.0],
    ),
    "x / (exp(x) - 1)": Awkward(
        lambda x: x / (np.exp(x) - 1), lambda x: x / mp.expm1(x),
        [-800.0, -1e-9, 1e-5, 2.0, 700.0, 800.0], 2,
    ),
    "occupation of bosons and one": Awkward(
        lambda x: np.exp(x) / (np.exp(x) - 1), lambda x: -1 / mp.expm1(-x), [1e-9, 3.0, 800.0]
    ),
    "heat of Einstein's solid": Awkward(
        lambda x: x**2 * np.exp(x) / (np.exp(x) - 1) ** 2,
        lambda x: x**2 * mp.exp(x) / mp.expm1(x) ** 2, [-3.0, 1e-9, 1e-3, 1.0, 700.0],
    ),
    "rate of Hodgkin and Huxley": Awkward(
        lambda x: 0.25 * (x + 40) / (1 - np.exp(-0.125 * (x + 40))),
        lambda x: (x + 40) / 4 / -mp.expm1(-(x + 40) / 8), [-8000.0, -40 + 2.0**-30, 1.0, 60.0],
    ),
    "relativistic length": Awkward(
        lambda x: np.sqrt(x**2 + 1), lambda x: mp.sqrt(x**2 + 1), [-1e200, -3.0, 1e-200, 1e8, 1e200]
    ),
    "x / sqrt(1 + x**2)": Awkward(
        lambda x: x / np.sqrt(1 + x**2), lambda x: x / mp.sqrt(1 + x**2), [-3.0, 1e-9, 1e8, 1e100]
    ),
    "squareplus": Awkward(
        lambda x: (x + np.sqrt(x**2 + 4)) / 2, lambda x: (x + mp.sqrt(x**2 + 4)) / 2,
        [-1e100, -1e8, 1e-9, 1e8, 1e200],
    ),
    "Charbonnier's loss": Awkward(
        lambda x: np.sqrt(x**2 + 0.25), lambda x: mp.sqrt(x**2 + mpf(0.25)), [-1e200, 1e-9, 1.0]
    ),
    "likelihood of Cauchy": Awkward(
        lambda x: -np.log(np.pi * 2 * (1 + ((x - 1) / 2) ** 2)),
        lambda x: -mp.log(mpf(np.pi) * 2 * (1 + ((x - 1) / 2) ** 2)), [-5.0, 1 + 1e-9, 1e10, 1e200],
    ),
    "likelihood of Student": Awkward(
        lambda x: 2.5 * np.log(1 + x**2 / 4), lambda x: mpf(2.5) * mp.log1p(x**2 / 4),
        [-3.0, 1e-200, 1e-9, 1e10, 1e200],
    ),
    "log of a sum of a square and a number": Awkward(
        lambda x: np.log(x**2 + 9), lambda x: mp.log(x**2 + 9), [1e-9, 3.0, 1e200]
    ),
    "entropy of a normal distribution": Awkward(
        lambda x: 0.5 * np.log(6.5 * x**2), lambda x: mp.log(mpf(6.5) * x**2) / 2,
        [1e-200, 3.0, 1e200],
    ),
    "log10(1 + x)": Awkward(
        lambda x: np.log10(1 + x), lambda x: mp.log1p(x) / mp.log(10), [-1e-9, 1e-12, 3.0]
    ),
    "log(x / (1 + x))": Awkward(
        lambda x: np.log(x / (1 + x)), lambda x: mp.log(x / (1 + x)), [-3.0, 1e-300, 1.0, 1e15], 2
    ),
    "log(x) - log(1 + x)": Awkward(
        lambda x: np.log(x) - np.log(1 + x), lambda x: mp.log(x / (1 + x)), [1e-300, 1.0, 1e15], 2
    ),
    "likelihood of a negative binomial": Awkward(
        lambda x: 3 * np.log(5 / (5 + x)) + 2 * np.log(x / (5 + x)),
        lambda x: 3 * mp.log(5 / (5 + x)) + 2 * mp.log(x / (5 + x)), [1e-12, 1.0, 1e12],
    ),
    "log-odds by one over p": Awkward(
        lambda p: -np.log(1 / p - 1), lambda p: mp.log(p / (1 - p)), [1e-300, 0.3, 1 - 2.0**-40]
    ),
    "exp(x**2) * erfc(x)": Awkward(
        lambda x: np.exp(x**2) * (1 - special.erf(x)), lambda x: mp.exp(x**2) * mp.erfc(x),
        [-2.0, 1e-9, 1.2, 1.3, 30.0, 100.0, 1e4], 2,
    ),
    "hazard of the normal distribution": Awkward(
        lambda x: np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi) / (1 - special.ndtr(x)), hazard,
        [-5.0, 1.0, 30.0, 40.0, 100.0],
    ),
    "log of that hazard": Awkward(
        lambda x: np.log(np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi) / special.ndtr(-x)),
        lambda x: mp.log(hazard(x)), [-30.0, -5.0, 30.0, 100.0],
    ),
    "ratio of Mills": Awkward(
        lambda x: special.ndtr(-x) / (np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi)),
        lambda x: 1 / hazard(x), [-5.0, 1.0, 40.0, 100.0],
    ),
    "arccos(1 - x)": Awkward(
        lambda x: np.arccos(1 - x), lambda x: mp.acos(1 - x), [1e-300, 1e-12, 0.5, 2 - 2.0**-40]
    ),
    "arctan(1 / x)": Awkward(
        lambda x: np.arctan(1 / x), lambda x: mp.atan(1 / x), [-2.0, 1e-300, 1.0, 1e100]
    ),
    "log(1 + x) - x": Awkward(
        lambda x: np.log(1 + x) - x, lambda x: mp.log1p(x) - x, [-0.9, -1e-9, 1e-12, 1e-3, 0.4, 3.0]
    ),
    "divergence of normal distributions by log-variance": Awkward(
        lambda x: -0.5 * (1 + x - np.exp(x)), lambda x: (mp.expm1(x) - x) / 2,
        [-50.0, -1e-9, 1e-12, 1e-4, 3.0], 2,
    ),
    "Stein's loss": Awkward(
        lambda x: x - 1 - np.log(x), lambda x: x - 1 - mp.log(x), [0.1, 1 - 2.0**-30, 1.001, 3.0]
    ),
    "transform of Box and Cox by its exponent": Awkward(
        lambda x: (3.0**x - 1) / x, lambda x: mp.expm1(x * mp.log(3)) / x, [-2.0, 1e-9, 1e-4, 1.0]
    ),
    "focal loss": Awkward(
        lambda x: -((1 - gf.sigmoid(x)) ** 2) * np.log(gf.sigmoid(x)),
        lambda x: sigmoid(-x) ** 2 * softplus(-x), [-800.0, -40.0, 1.0, 40.0],
    ),
    "occupation of fermions": Awkward(
        lambda x: 1 / (np.exp((x - 1) / 0.03125) + 1), lambda x: sigmoid((1 - x) * 32),
        [-5.0, 1.0, 15.0],
    ),
    "log of a survival function of Weibull": Awkward(
        lambda x: np.log(1 - np.exp(-((x / 2) ** 1.5))),
        lambda x: mp.log(-mp.expm1(-((x / 2) ** mpf(1.5)))), [1e-9, 1.0, 40.0],
    ),
    "loss of Huber, smooth": Awkward(
        lambda x: 4 * (np.sqrt(1 + (x / 2) ** 2) - 1), lambda x: 4 * (mp.sqrt(1 + x**2 / 4) - 1),
        [-1e200, 1e-9, 1.0, 1e10],
    ),
}  # fmt: skip
