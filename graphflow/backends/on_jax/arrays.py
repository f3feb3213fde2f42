"""Array functions in JAX: reductions, shapes, places and orders of entries.

Each is called as its row of the table of primitives, with JAX's arrays.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...shapes import normalize_axes


def astype(x: Any, dtype: Any) -> Any:
    """`x` in another dtype; of a complex number the real part, as NumPy takes it."""
    x = jnp.asarray(x)
    real = jnp.iscomplexobj(x) and np.dtype(dtype).kind not in "cb"
    return (x.real if real else x).astype(dtype)


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`np.mean`."""
    out = x.dtype if x.dtype.kind in "fc" else np.dtype(np.float64)
    wide = x.astype(np.float32 if out == np.float16 else out)
    count = math.prod([x.shape[a] for a in normalize_axes(axis, x.ndim)])
    return jnp.sum(wide, axis=axis, keepdims=keepdims) / count


def masked(x: Any, mask: Any) -> Any:
    """`x`, and 0 where the mask is not true."""
    return jnp.where(mask, x, jnp.zeros((), x.dtype))


def contiguous(x: Any) -> Any:
    """`x`: XLA lays arrays out by itself."""
    return x


# ---- places -----------------------------------------------------------------------------------


def index(x: Any, key: tuple[Any, ...]) -> Any:
    """`x[key]`."""
    return x[key]


def _has_arrays(key: tuple[Any, ...]) -> bool:
    return any(isinstance(part, np.ndarray | jax.Array) for part in key)


def _owners(x: Any, key: tuple[Any, ...]) -> tuple[Any, Any]:
    """For every entry of x 1 + the number of the pick that takes its place last, or 0; and the
    numbers of the picks."""
    picked = jax.eval_shape(lambda a: a[key], x).shape
    numbers = jnp.arange(1, math.prod(picked) + 1).reshape(picked)
    return jnp.zeros(x.shape, numbers.dtype).at[key].max(numbers), numbers


def index_set(x: Any, key: tuple[Any, ...], values: Any) -> Any:
    """A copy of `x` with `values` at `key`; of repeated entries the last one stays.

    By a maximum of numbers, as the order in which XLA writes repeated entries is not defined.
    """
    values = values.astype(x.dtype)
    if not _has_arrays(key):
        return x.at[key].set(values)
    owner, numbers = _owners(x, key)
    if not numbers.size:
        return x
    flat = jnp.broadcast_to(values, numbers.shape).reshape(-1)
    return jnp.where(owner > 0, flat[jnp.maximum(owner - 1, 0)], x)


def last_writer(x: Any, key: tuple[Any, ...]) -> Any:
    """Whether an entry that `key` picks is the last one to pick its place."""
    owner, numbers = _owners(x, key)
    return owner[key] == numbers


def index_add(x: Any, key: tuple[Any, ...], values: Any, apart: bool = False) -> Any:
    """A copy of `x` with `values` added at `key`; repeated entries add up; `apart`: none is."""
    return x.at[key].add(values.astype(x.dtype), unique_indices=apart)


def index_multiply(x: Any, key: tuple[Any, ...], values: Any) -> Any:
    """A copy of `x` multiplied by `values` at `key`."""
    return x.at[key].multiply(values.astype(x.dtype))


def index_maximum(x: Any, key: tuple[Any, ...], values: Any) -> Any:
    """A copy of `x` with the larger of entry and value at `key`."""
    return x.at[key].max(values.astype(x.dtype))


def index_minimum(x: Any, key: tuple[Any, ...], values: Any) -> Any:
    """A copy of `x` with the smaller of entry and value at `key`."""
    return x.at[key].min(values.astype(x.dtype))


def put_along_axis_add(x: Any, indices: Any, values: Any, axis: int) -> Any:
    """A copy of `x` with `values` added at `indices` along `axis`; repeated entries add up."""
    rank = indices.ndim
    places = [
        jnp.arange(n).reshape([-1] + [1] * (rank - 1 - i)) for i, n in enumerate(indices.shape)
    ]
    places[axis] = indices
    return x.at[tuple(places)].add(values.astype(x.dtype))


def entry_of_class(scores: Any, labels: Any) -> Any:
    """`scores[..., labels]`, one entry of the last axis for each label."""
    return jnp.take_along_axis(scores, labels[..., None], -1)[..., 0]


def bincount(x: Any, weights: Any, length: int) -> Any:
    """Sums of weights by number, from 0 to below `length`."""
    return jnp.zeros(length, weights.dtype).at[x].add(weights)


# ---- order ------------------------------------------------------------------------------------


def argsort(x: Any, axis: int) -> Any:
    """The order along an axis in which equal entries keep theirs."""
    return jnp.argsort(x, axis=axis, stable=True)


def argpartition(x: Any, kth: Any, axis: int) -> Any:
    """An order with the entries `kth` in their places: the sorted one."""
    return argsort(x, axis)


def searchsorted(a: Any, v: Any, side: str) -> Any:
    """`np.searchsorted`."""
    common = jnp.result_type(a, v)
    return jnp.searchsorted(a.astype(common), v.astype(common), side=side)


def unique_inverse(x: Any) -> Any:
    """The number of each element among the distinct values."""
    if not x.size:
        return jnp.zeros(x.shape, np.intp)
    return jnp.unique(x, return_inverse=True, size=x.size)[1].reshape(x.shape)


# ---- several operands -------------------------------------------------------------------------


def einsum(subscripts: str, *arrays: Any) -> Any:
    """`np.einsum`; a letter's axes of size 1 are repeated."""
    terms = subscripts.partition("->")[0].split(",")
    sizes: dict[str, Any] = {}
    for term, x in zip(terms, arrays, strict=True):
        for letter, n in zip(term, x.shape, strict=True):
            sizes[letter] = n if sizes.get(letter, 1) == 1 else sizes[letter]
    spread = [
        jnp.broadcast_to(x, [sizes[letter] for letter in term])
        for term, x in zip(terms, arrays, strict=True)
    ]
    return jnp.einsum(subscripts, *spread)


def fft(x: Any, axis: int, norm: str, inverse: bool) -> Any:
    """`np.fft.fft` or `np.fft.ifft`."""
    return (jnp.fft.ifft if inverse else jnp.fft.fft)(x, axis=axis, norm=norm)


def rfft(x: Any, axis: int, norm: str) -> Any:
    """`np.fft.rfft`."""
    return jnp.fft.rfft(x, axis=axis, norm=norm)


def irfft(x: Any, axis: int, norm: str, n: int) -> Any:
    """`np.fft.irfft`."""
    return jnp.fft.irfft(x, n=n, axis=axis, norm=norm)
