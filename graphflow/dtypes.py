"""Dtypes: what is accepted as one, what can carry a gradient, how NumPy 2 promotes them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from .errors import DTypeError

DType = np.dtype[Any]
Array = Any  # an ndarray, a NumPy scalar, or a tracer that stands for one

float64: DType = np.dtype(np.float64)
boolean: DType = np.dtype(np.bool_)

_SUPPORTED = "biufc"
_WEAK_DTYPES: dict[type, DType] = {
    bool: boolean,
    int: np.dtype(np.int64),
    float: float64,
    complex: np.dtype(np.complex128),
}
_WEAK_KINDS: dict[str, DType | type] = {"b": boolean, "i": int, "f": float, "c": complex}


def as_dtype(dtype: Any) -> DType:
    """The NumPy dtype that `dtype` names, in native byte order.

    Raises DTypeError for anything but booleans, integers, floats and complex numbers.
    """
    try:
        found = np.dtype(dtype)
    except TypeError as error:
        raise DTypeError(f"dtype: {dtype!r} is not a dtype") from error
    if found.kind not in _SUPPORTED:
        raise DTypeError(
            f"dtype: {found} is not supported",
            "use a boolean, integer, float or complex dtype",
        )
    native: DType = np.dtype(found.type)  # NumPy's one object for it: `is` can compare then
    return native


def is_inexact(dtype: DType | None) -> bool:
    """Whether values of this dtype can carry a gradient (floats and complex numbers)."""
    return dtype is not None and dtype.kind in "fc"


def weak_dtype(value: Any) -> DType | None:
    """The dtype a Python number has on its own; None when `value` is not a plain Python number.

    Python numbers are weak (NEP 50): next to an array they take the array's precision.
    """
    return _WEAK_DTYPES.get(type(value))


def weak_kind(dtype: DType) -> DType | type:
    """What stands for a weak operand in `ufunc.resolve_dtypes`: its Python type, bool's dtype."""
    return _WEAK_KINDS[dtype.kind]


@lru_cache(maxsize=4096)
def resolve(ufunc: np.ufunc, *operands: DType | type) -> DType:
    """The dtype of `ufunc`'s result by NumPy's promotion rule; Python types are weak operands."""
    if all(isinstance(operand, type) for operand in operands):
        operands = tuple(_WEAK_DTYPES[operand] for operand in operands)  # type: ignore[index]
    try:
        return as_dtype(ufunc.resolve_dtypes((*operands, None))[-1])
    except TypeError as error:
        names = ", ".join(o.__name__ if isinstance(o, type) else o.name for o in operands)
        raise DTypeError(f"no loop for the dtypes ({names})") from error


def promote(*operands: DType | type) -> DType:
    """The common dtype of the operands by NumPy's promotion; Python types are weak operands."""
    strong = [o for o in operands if not isinstance(o, type)]
    if not strong:
        return np.result_type(*(_WEAK_DTYPES[o] for o in operands if isinstance(o, type)))
    return np.result_type(*strong, *(o(0) for o in operands if isinstance(o, type)))
