"""Primitives of Fourier transforms, along one axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import shapes
from ..dtypes import DType
from ..errors import ShapeError
from .spec import Spec


def _complex(dtype: DType) -> DType:
    single = dtype in (np.dtype(np.float32), np.dtype(np.complex64), np.dtype(np.float16))
    return np.dtype(np.complex64 if single else np.complex128)


def _checked(x: Spec, axis: int) -> None:
    if x.shape is not None:
        place = shapes.normalize_axis(axis, len(x.shape))
        if x.shape[place] == 0:
            raise ShapeError(f"nothing to transform: axis {axis} of {shapes.show(x.shape)}")


def fft_rule(x: Spec, axis: int, norm: str, inverse: bool) -> Spec:
    """Complex numbers of the same shape."""
    _checked(x, axis)
    return Spec(x.shape, _complex(x.dtype))


def rfft_rule(x: Spec, axis: int, norm: str) -> Spec:
    """Half of the frequencies, rounded down, and one."""
    _checked(x, axis)
    return Spec(_resized(x, axis, None), _complex(x.dtype))


def irfft_rule(x: Spec, axis: int, norm: str, n: int) -> Spec:
    """n real numbers, of the precision of the input: of float16 too."""
    dtype = x.dtype if x.dtype.kind == "f" else np.zeros(0, _complex(x.dtype)).real.dtype
    return Spec(_resized(x, axis, n), dtype)


def _resized(x: Spec, axis: int, n: int | None) -> shapes.Shape:
    if x.shape is None:
        return None
    sizes = list(x.shape)
    place = shapes.normalize_axis(axis, len(sizes))
    size = sizes[place]
    sizes[place] = n if n is not None else size // 2 + 1 if isinstance(size, int) else None
    return tuple(sizes)


def fft(x: Any, axis: int, norm: str, inverse: bool) -> Any:
    """`np.fft.fft` or `np.fft.ifft`."""
    return (np.fft.ifft if inverse else np.fft.fft)(x, axis=axis, norm=norm)  # type: ignore[arg-type]


def rfft(x: Any, axis: int, norm: str) -> Any:
    """`np.fft.rfft`."""
    return np.fft.rfft(x, axis=axis, norm=norm)  # type: ignore[arg-type]


def irfft(x: Any, axis: int, norm: str, n: int) -> Any:
    """`np.fft.irfft`."""
    return np.fft.irfft(x, n=n, axis=axis, norm=norm)  # type: ignore[arg-type]
