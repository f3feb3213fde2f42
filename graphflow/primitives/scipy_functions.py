"""Primitives that SciPy computes: special functions, elementwise, and the matrix exponential.

SciPy is an optional extra, imported when a value is first wanted. Without it `erf`, `erfc` and
`gammaln` are computed by Python's own `math`, number by number; the others are refused when a node
of theirs is made.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np

from .. import shapes
from ..dtypes import DType, promote
from ..errors import DTypeError, MissingError, ShapeError
from .spec import Spec

ELEMENTWISE = (
    "beta betainc betaln digamma erf erfc erfcinv erfcx erfinv gamma gammainc gammaincc gammaln "
    "log_ndtr ndtri"
).split()
WITH_ORDER = "iv ive jv yv polygamma".split()  # a static number, then the array


def _gammaln_of(x: float) -> float:
    try:
        return math.lgamma(x)
    except (ValueError, OverflowError):  # at a pole, and beyond the largest float
        return math.inf


def _by_math(name: str) -> Callable[[float], float] | None:
    """Python's own function of a number, where there is one."""
    return {"erf": math.erf, "erfc": math.erfc, "gammaln": _gammaln_of}.get(name)


@lru_cache(maxsize=1)
def _has_scipy() -> bool:
    return find_spec("scipy") is not None


def _check_there(name: str) -> None:
    if _by_math(name) is None and not _has_scipy():
        raise MissingError(
            f"{name} is computed by SciPy, which is not installed",
            'pip install "graphflow-autodiff[scipy]"',
        )


def _floating(dtype: DType) -> DType:
    """The dtype that a special function of this one is computed in."""
    if dtype.kind == "c":
        raise DTypeError(f"not for complex numbers ({dtype})")
    if dtype.kind != "f":
        return np.dtype(np.float64)
    return np.dtype(np.float32) if dtype.itemsize < 4 else dtype


def rule(name: str) -> Callable[..., Spec]:
    """Operands broadcast and promote; integers and booleans count as float64."""

    def read(*operands: Spec) -> Spec:
        _check_there(name)
        dtype = _floating(promote(*(x.loop_operand for x in operands)))
        return Spec(shapes.broadcast(*(x.shape for x in operands)), dtype)

    return read


def rule_with_order(name: str) -> Callable[..., Spec]:
    """As `rule`, for functions of a static order and one operand."""
    read = rule(name)
    return lambda x, order: read(x)


def by_scipy(name: str, *operands: Any) -> Any:
    """SciPy's function of that name, or Python's where there is no SciPy."""
    dtype = _floating(np.result_type(*operands))
    arrays = [np.asarray(x, dtype) for x in operands]
    return np.asarray(_ufunc(name)(*arrays), dtype)


def by_scipy_with_order(name: str, x: Any, order: float) -> Any:
    """SciPy's function of a static order and an array."""
    dtype = _floating(np.result_type(x))
    return np.asarray(_ufunc(name)(order, np.asarray(x, dtype))).astype(dtype)


@lru_cache(maxsize=64)
def _ufunc(name: str) -> Callable[..., Any]:
    if not _has_scipy():
        own: Any = _by_math(name)
        return np.vectorize(own, otypes=[np.float64])
    import scipy.special

    found: Callable[..., Any] = getattr(scipy.special, name)
    return found


def expm_rule(a: Spec) -> Spec:
    """The matrix exponential of the last two axes, which are equal."""
    _check_there("expm")
    if a.shape is not None:
        rows, columns = a.shape[-2:] if len(a.shape) > 1 else (1, 0)
        if not shapes.maybe_equal((rows,), (columns,)):
            raise ShapeError(f"not a square matrix: {shapes.show(a.shape)}")
    return Spec(a.shape, _floating(a.dtype))


def expm(a: Any) -> Any:
    """SciPy's matrix exponential."""
    import scipy.linalg

    return scipy.linalg.expm(np.asarray(a, _floating(np.result_type(a))))


# ---- how a gamma variable moves with its shape ------------------------------------------------

_NODES = 64  # of the quadrature


def gamma_slope_rule(a: Spec, x: Spec) -> Spec:
    """The shape that a and x broadcast to."""
    return rule("digamma")(a, x)


def gamma_slope(a: Any, x: Any) -> Any:
    """dx/da at a constant P(a, x): minus dP/da over the density, for a > 0 and x >= 0.

    P is the sum over n of x^(a+n) e^-x / gamma(a+n+1), and 1 - P an integral over the tail. Divided
    by the density both are of the size of the result: nothing underflows. The sum is taken up to a
    deviation above the mean, where its terms begin to cancel; then the integral, by Gauss-Laguerre
    quadrature.
    """
    dtype = _floating(np.result_type(a, x))
    shape, at = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(x, np.float64))
    far = at > shape + 1 + 1.25 * np.sqrt(shape)
    tail = _by_tail(shape, np.where(far, at, shape + 9))
    near = _by_series(shape, np.where(far, 0.0, at))
    return np.where(far, tail, near).astype(dtype)


def _by_series(a: Any, x: Any) -> Any:
    digamma = _ufunc("digamma")
    log = np.log(np.where(x > 0, x, 1))
    term, psi = x / a, digamma(a + 1)
    total = term * (log - psi)
    for n in range(1, 100_000):
        term = term * (x / (a + n))
        psi = psi + 1 / (a + n)
        step = term * (log - psi)
        total = total + step
        if np.all(np.abs(step) <= 1e-18 * np.abs(total)):
            break
    return -total


def _by_tail(a: Any, x: Any) -> Any:
    nodes, weights = np.polynomial.laguerre.laggauss(_NODES)
    rate = 1 - (a - 1) / x  # how fast the density falls at x
    total = np.zeros_like(x)
    psi = _ufunc("digamma")(a)
    for u, weight in zip(nodes, weights, strict=True):
        s = u / rate
        exponent = (a - 1) * np.log1p(s / x) - s + u
        total += weight * np.exp(exponent) * (np.log(x + s) - psi) / rate
    return total
