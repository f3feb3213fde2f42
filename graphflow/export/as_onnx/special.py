"""The rows of error functions, of which onnxruntime has erf in float32 alone.

Operands are in the dtype of the result. What is narrower than float64 is computed in float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...primitives import Spec
from .accurate import absolute, call, exp, log, log1p, with_sign
from .model import Tensor
from .tensors import where

_F64 = np.dtype(np.float64)
_ROOT_HALF = math.sqrt(0.5)
SPECIAL: dict[str, Callable[..., Tensor]] = {}

# (1 + 2x) exp(x^2) erfc(x) for x >= 0 as a polynomial in t = (x - 3.75) / (x + 3.75), from its
# Chebyshev series: within two roundings. The form is that of Shepherd and Laframboise, Mathematics
# of Computation 36 (1981) 249-253; tests/test_onnx.py computes the coefficients.
SCALED = (
    1.2375126308378275,
    -0.14024059858554525,
    0.0035854154854790257,
    0.08227673848999506,
    -0.10880393014244462,
    0.09230432116428125,
    -0.05869339857664934,
    0.02836227737211114,
    -0.009746579683265262,
    0.0017556261651970652,
    0.000293714378044958,
    -0.00029015535246077655,
    5.164652974177416e-05,
    2.2387565714911816e-05,
    -1.1438048033346894e-05,
    -9.792625707303523e-07,
    1.7419821586224816e-06,
    -5.084465378687302e-08,
    -2.4857126248016745e-07,
    1.879082322370048e-08,
    3.197926671666804e-08,
    -1.9551358868985616e-09,
    -2.623107347133476e-09,
)
_TERMS = 18  # of erf's series, enough for |x| <= 1
SERIES = tuple(
    [(-1) ** n * 2 / math.sqrt(math.pi) / math.factorial(n) / (2 * n + 1) for n in range(_TERMS)]
)


def _row(name: str, plain: str = "") -> Callable[[Callable[[Tensor], Tensor]], Any]:
    """A function of float64; where onnxruntime has an operator for narrower floats, by that."""

    def add(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        def made(spec: Spec, x: Tensor) -> Tensor:
            if x.dtype == _F64:
                return function(x)
            if plain:
                return call(plain, x)
            return x.model.cast(function(x.model.cast(x, _F64)), x.dtype)

        SPECIAL[name] = made
        return function

    return add


def _polynomial(coefficients: tuple[float, ...], x: Tensor) -> Tensor:
    """By Horner's rule."""
    found: Any = coefficients[-1]
    for coefficient in coefficients[-2::-1]:
        found = x * found + coefficient
    found_tensor: Tensor = found
    return found_tensor


def _scaled(x: Tensor) -> Tensor:
    """exp(x^2) erfc(x) for x >= 0."""
    size = x.model.call("Min", x, 1e300)  # an infinite one too
    t = (size - 3.75) / (size + 3.75)
    return _polynomial(SCALED, t) / (1 + 2 * size)


def _exp_of_square(x: Tensor, sign: int) -> Tensor:
    """exp(x^2) or exp(-x^2), where x^2 has more digits than a float: those of x in two parts."""
    high = call("Round", x * 16) / 16
    return exp(sign * (high * high)) * exp(sign * ((x - high) * (x + high)))


def _tail(x: Tensor) -> Tensor:
    """erfc(x) for x >= 0."""
    near = x.model.call("Min", x, 30.0)  # beyond it is 0
    return _exp_of_square(near, -1) * _scaled(near)


@_row("erf", "Erf")
def erf(x: Tensor) -> Tensor:
    """By its series up to 1, by 1 - erfc beyond."""
    size = absolute(x)
    series = x * _polynomial(SERIES, x * x)
    return where(size <= 1, series, with_sign(1 - _tail(size), x))


@_row("erfc")
def erfc(x: Tensor) -> Tensor:
    """exp(-x^2) times a smooth function of x >= 0; 2 - erfc(-x) below."""
    tail = _tail(absolute(x))
    return where(x < 0, 2 - tail, tail)


@_row("erfcx")
def erfcx(x: Tensor) -> Tensor:
    """exp(x^2) erfc(x)."""
    size = absolute(x)
    below = x.model.call("Max", x, -30.0)  # beyond it is infinite
    found = where(x < 0, 2 * _exp_of_square(below, 1) - _scaled(size), _scaled(size))
    return where(x.equals(math.inf), 0.0, found)


@_row("log_ndtr")
def log_ndtr(x: Tensor) -> Tensor:
    """log(erfc(-x / sqrt 2) / 2), below -1 as log(erfcx) less the square."""
    far = log(_scaled(-_ROOT_HALF * x.model.call("Min", x, -1.0)) / 2) - x * x / 2
    return where(x < -1, far, log1p(erfc(_ROOT_HALF * x) / -2))
