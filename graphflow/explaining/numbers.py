"""How numbers are printed and when they count as equal."""

from __future__ import annotations

import numpy as np

from ..dtypes import Array, DType
from ..shapes import show

SMALL = 12  # elements of an array that is printed whole


def number(value: Array) -> str:
    """A scalar in six digits, `0.25`."""
    item = np.asarray(value)[()]
    return str(item) if np.asarray(value).dtype.kind in "biu" else f"{item:.6g}"


def shown(value: Array) -> str:
    """A scalar as a number, a small array as nested lists, a large one by shape, norm and range."""
    array = np.asarray(value)
    if array.ndim == 0:
        return number(array)
    if array.size <= SMALL:
        text = np.array2string(array, precision=4, separator=", ", suppress_small=False)
        return " ".join(text.split()).replace("[ ", "[")
    return f"{array.dtype}{show(array.shape)} {_summary(array)}"


def _summary(array: Array) -> str:
    finite = array[np.isfinite(array)]
    if not finite.size:
        return "without a finite entry"
    if array.size == finite.size and np.all(array == array.flat[0]):
        return f"all {number(array.flat[0])}"
    text = f"norm {norm(array):.4g}"
    if array.dtype.kind != "c":
        text += f", from {finite.min() + 0.0:.4g} to {finite.max() + 0.0:.4g}"
    lost = array.size - finite.size
    return text + (f", {lost} not finite" if lost else "")


def norm(array: Array) -> float:
    """The root of the sum of squares of the finite entries, without overflow."""
    finite = array[np.isfinite(array)]
    if not finite.size:
        return 0.0
    largest = float(np.max(np.abs(finite)))
    scaled = finite / largest if largest else finite
    return largest * float(np.sqrt(np.sum(np.abs(scaled) ** 2)))


def counted(count: int) -> str:
    """A count in full, or by its power of ten where that is longer than a line."""
    if count < 10**15:
        return f"{count:,}"
    return f"about 10^{(count.bit_length() - 1) * 30103 // 100000}"


def tolerance(*dtypes: DType) -> float:
    """How far values of these dtypes may lie apart, relative to their largest entry: eps**(2/3).

    That leaves room for a few thousand roundings, 4e-11 in float64 and 2e-5 in float32, and is far
    below any error of a formula.
    """
    kinds = [dtype for dtype in dtypes if dtype.kind in "fc"]
    eps = max((float(np.finfo(dtype).eps) for dtype in kinds), default=2.0**-52)
    return float(eps ** (2 / 3))


def close(a: Array, b: Array, scale: float = 0.0) -> Array:
    """Where two arrays of one shape are equal but for rounding; NaN equals nothing.

    Entries are compared with the largest of `b`, or where that is nothing, with rounding errors of
    values of size `scale`.
    """
    allowed = tolerance(a.dtype, b.dtype)
    finite = np.abs(b[np.isfinite(b)])
    size = max(float(np.max(finite, initial=0.0)), allowed * scale)
    with np.errstate(all="ignore"):
        return (a == b) | (np.abs(a - b) <= allowed * size)
