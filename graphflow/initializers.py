"""Initial values of weights: a random generator and a shape in, an array out.

An initializer is a function `(rng, shape, dtype=float64)`, with parameters by keyword; bind them
with `functools.partial(normal, scale=0.01)`. `rng` is a NumPy Generator, which goes on, or an
integer to seed a new one with. Weights have shape (..., in, out), as `x @ W` and convolutions take
them; leading axes are a window, which counts as often as it has places.

`xavier_...` is another name of `glorot_...`, `kaiming_...` of `he_...`.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np

from .dtypes import as_dtype
from .errors import DTypeError, ShapeError

__all__ = [
    "constant", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "kaiming_normal",
    "kaiming_uniform", "lecun_normal", "lecun_uniform", "normal", "ones", "orthogonal",
    "truncated_normal", "uniform", "xavier_normal", "xavier_uniform", "zeros",
]  # fmt: skip

_Array = np.ndarray[Any, Any]
Rng: TypeAlias = "np.random.Generator | int"  # as text: numpy.random takes time to load
ShapeLike = int | tuple[int, ...] | list[int]


def as_generator(rng: Any) -> np.random.Generator:
    """The generator itself, or a new one of this seed. Raises DTypeError for what is neither."""
    if isinstance(rng, np.random.Generator):
        return rng
    if isinstance(rng, bool) or not isinstance(rng, int | np.integer):
        raise DTypeError(
            f"rng: a Generator or an integer to seed one is wanted, not {rng!r}",
            "rng = np.random.default_rng(0)",
        )
    return np.random.default_rng(rng)


def zeros(rng: Any, shape: ShapeLike, dtype: Any = np.float64) -> _Array:
    """Zeros; `rng` is not used."""
    return np.zeros(shape, as_dtype(dtype))


def ones(rng: Any, shape: ShapeLike, dtype: Any = np.float64) -> _Array:
    """Ones; `rng` is not used."""
    return np.ones(shape, as_dtype(dtype))


def constant(rng: Any, shape: ShapeLike, dtype: Any = np.float64, *, value: float = 0.0) -> _Array:
    """`value` everywhere; `rng` is not used."""
    return np.full(shape, value, as_dtype(dtype))


def uniform(
    rng: Rng, shape: ShapeLike, dtype: Any = np.float64, *, low: float = -0.05, high: float = 0.05
) -> _Array:
    """Uniform numbers from [low, high)."""
    return as_generator(rng).uniform(low, high, shape).astype(_float(dtype))


def normal(
    rng: Rng, shape: ShapeLike, dtype: Any = np.float64, *, loc: float = 0.0, scale: float = 0.05
) -> _Array:
    """Normal numbers of mean `loc` and standard deviation `scale`."""
    return as_generator(rng).normal(loc, scale, shape).astype(_float(dtype))


def truncated_normal(
    rng: Rng,
    shape: ShapeLike,
    dtype: Any = np.float64,
    *,
    loc: float = 0.0,
    scale: float = 0.05,
    bound: float = 2.0,
) -> _Array:
    """Normal numbers, drawn again where they are more than `bound` times `scale` from `loc`."""
    if not bound > 0:
        raise ValueError(f"truncated_normal: a bound above 0 is wanted, not {bound!r}")
    generator = as_generator(rng)
    drawn = generator.standard_normal(shape)
    while (far := np.abs(drawn) > bound).any():
        drawn = np.where(far, generator.standard_normal(shape), drawn)
    return np.asarray(loc + scale * drawn, _float(dtype))


def glorot_uniform(rng: Rng, shape: ShapeLike, dtype: Any = np.float64) -> _Array:
    """Uniform numbers of variance 2 / (in + out): within sqrt(6 / (in + out)) of 0.

    Source: X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural
    networks" (2010), eq. (16).
    """
    fan_in, fan_out = _fans(shape)
    return _uniform_of(rng, shape, dtype, 2 / (fan_in + fan_out))


def glorot_normal(rng: Rng, shape: ShapeLike, dtype: Any = np.float64) -> _Array:
    """Normal numbers of variance 2 / (in + out). Source as of `glorot_uniform`, eq. (12)."""
    fan_in, fan_out = _fans(shape)
    return _normal_of(rng, shape, dtype, 2 / (fan_in + fan_out))


def he_uniform(rng: Rng, shape: ShapeLike, dtype: Any = np.float64) -> _Array:
    """Uniform numbers of variance 2 / in: within sqrt(6 / in) of 0. For relu.

    Source: K. He et al., "Delving deep into rectifiers" (2015), eq. (10).
    """
    return _uniform_of(rng, shape, dtype, 2 / _fans(shape)[0])


def he_normal(rng: Rng, shape: ShapeLike, dtype: Any = np.float64) -> _Array:
    """Normal numbers of variance 2 / in. For relu; source as of `he_uniform`."""
    return _normal_of(rng, shape, dtype, 2 / _fans(shape)[0])


def lecun_uniform(rng: Rng, shape: ShapeLike, dtype: Any = np.float64) -> _Array:
    """Uniform numbers of variance 1 / in: within sqrt(3 / in) of 0.

    Source: Y. LeCun et al., "Efficient BackProp" (1998), eq. (16).
    """
    return _uniform_of(rng, shape, dtype, 1 / _fans(shape)[0])


def lecun_normal(rng: Rng, shape: ShapeLike, dtype: Any = np.float64) -> _Array:
    """Normal numbers of variance 1 / in. For selu; source as of `lecun_uniform`."""
    return _normal_of(rng, shape, dtype, 1 / _fans(shape)[0])


def orthogonal(rng: Rng, shape: ShapeLike, dtype: Any = np.float64, *, gain: float = 1.0) -> _Array:
    """`gain` times a random matrix of orthonormal columns, or rows where there are fewer.

    Leading axes count as rows. Raises ShapeError for fewer than two axes.

    Source: A. M. Saxe et al., "Exact solutions to the nonlinear dynamics of learning" (2014);
    uniform by the signs of F. Mezzadri, "How to generate random matrices" (2007), eq. (5.12).
    """
    sizes = _sizes(shape)
    if len(sizes) < 2:
        raise ShapeError(f"orthogonal: at least two axes are wanted, not {shape!r}")
    rows, columns = math.prod(sizes[:-1]), sizes[-1]
    drawn = as_generator(rng).standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(drawn)
    q = q * np.sign(np.diag(r))
    return (gain * (q if rows >= columns else q.T)).reshape(sizes).astype(_float(dtype))


def _uniform_of(rng: Rng, shape: ShapeLike, dtype: Any, variance: float) -> _Array:
    bound = math.sqrt(3 * variance)
    return uniform(rng, shape, dtype, low=-bound, high=bound)


def _normal_of(rng: Rng, shape: ShapeLike, dtype: Any, variance: float) -> _Array:
    return normal(rng, shape, dtype, scale=math.sqrt(variance))


def _sizes(shape: ShapeLike) -> tuple[int, ...]:
    return (shape,) if isinstance(shape, int) else tuple(shape)


def _fans(shape: ShapeLike) -> tuple[int, int]:
    """How many numbers go into an output, and how many outputs a number goes into; at least 1."""
    sizes = _sizes(shape)
    if len(sizes) < 2:
        size = max(1, math.prod(sizes))
        return size, size
    window = math.prod(sizes[:-2])
    return max(1, window * sizes[-2]), max(1, window * sizes[-1])


def _float(dtype: Any) -> np.dtype[Any]:
    wanted = as_dtype(dtype)
    if wanted.kind != "f":
        raise DTypeError(f"initializers: draws are floats, not {wanted}")
    return wanted


xavier_uniform, xavier_normal = glorot_uniform, glorot_normal
kaiming_uniform, kaiming_normal = he_uniform, he_normal
