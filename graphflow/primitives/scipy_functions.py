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

_BY_MATH: dict[str, Callable[[float], float]] = {"erf": math.erf, "erfc": math.erfc}

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


_BY_MATH["gammaln"] = _gammaln_of


@lru_cache(maxsize=1)
def _has_scipy() -> bool:
    return find_spec("scipy") is not None


def _check_there(name: str) -> None:
    if name not in _BY_MATH and not _has_scipy():
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


def function(name: str) -> Callable[..., Any]:
    """The function of values: SciPy's, or Python's where there is no SciPy."""

    def compute(*operands: Any) -> Any:
        dtype = _floating(np.result_type(*operands))
        arrays = [np.asarray(x, dtype) for x in operands]
        return np.asarray(_ufunc(name)(*arrays), dtype)

    return compute


def function_with_order(name: str) -> Callable[..., Any]:
    """The function of values and a static order."""

    def compute(x: Any, order: float) -> Any:
        dtype = _floating(np.result_type(x))
        wide = np.asarray(x, np.float64 if name == "polygamma" else dtype)
        return np.asarray(_ufunc(name)(order, wide)).astype(dtype)

    return compute


@lru_cache(maxsize=64)
def _ufunc(name: str) -> Callable[..., Any]:
    if not _has_scipy():
        return np.vectorize(_BY_MATH[name], otypes=[np.float64])
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
