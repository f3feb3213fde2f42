"""Array functions of the table that NumPy does not have, or has with another contract."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..shapes import normalize_axes
from .windows import zeroed


def astype(x: Any, dtype: Any) -> Any:
    """`x`, which may be a Python number, in another dtype."""
    return np.asarray(x).astype(dtype)


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`np.mean`, without its warning for the mean of nothing, which is NaN."""
    out = x.dtype if x.dtype.kind in "fc" else np.dtype(np.float64)
    wide = np.dtype(np.float32) if out == np.float16 else out
    total = np.sum(x, axis=axis, dtype=wide, keepdims=keepdims)
    axes = normalize_axes(axis, x.ndim)
    return (total / math.prod([x.shape[a] for a in axes])).astype(out, copy=False)


def masked(x: Any, mask: Any) -> Any:
    """`x`, and 0 where the mask is not true."""
    return np.where(mask, x, x.dtype.type(0))


def reshape_like(x: Any, like: Any) -> Any:
    """The elements of `x` in the shape of `like`."""
    return np.reshape(x, like.shape)


def sum_like(x: Any, like: Any) -> Any:
    """`x` summed over the axes along which `like` was broadcast to its shape."""
    sizes = (1,) * (x.ndim - like.ndim) + like.shape
    axes = tuple([axis for axis, size in enumerate(sizes) if size == 1 != x.shape[axis]])
    return np.reshape(np.sum(x, axis=axes), like.shape)


def einsum(subscripts: str, *arrays: Any) -> Any:
    """`np.einsum`, by matrix products where there are several operands."""
    return np.einsum(subscripts, *arrays, optimize=len(arrays) > 1)


def log1p_square(x: Any, out: Any = None) -> Any:
    """log(1 + x**2); where the square overflows, 2 * log(|x|)."""
    value = np.log1p(np.square(x, out), out)
    if not np.isfinite(np.max(value, initial=0)):
        np.copyto(value, 2 * np.log(np.absolute(x)), where=np.isinf(value))
    return value


def hypot_of(x: Any, number: float, out: Any = None) -> Any:
    """sqrt(x**2 + number**2); where the square overflows, |x|."""
    value = np.square(x, out)
    value = np.sqrt(np.add(value, number**2, out), out)
    if not np.isfinite(np.max(value, initial=0)):
        np.copyto(value, np.absolute(x), where=np.isinf(value))
    return value


def contiguous(x: Any) -> Any:
    """A copy of `x` whose elements stand one after the other."""
    return np.array(x, order="C")


def pad_zeros(x: Any, widths: tuple[tuple[int, int], ...], out: Any = None) -> Any:
    """`x` with zeros around it."""
    size = tuple([before + n + after for n, (before, after) in zip(x.shape, widths, strict=True)])
    result = zeroed(size, x.dtype, out)
    inner = [slice(before, before + n) for n, (before, _) in zip(x.shape, widths, strict=True)]
    result[tuple(inner)] = x
    return result


def index(x: Any, key: tuple[Any, ...]) -> Any:
    """`x[key]`."""
    return x[key]


def index_set(x: Any, key: tuple[Any, ...], values: Any) -> Any:
    """A copy of `x` with `values` at `key`; of repeated entries the last one stays."""
    result = np.array(x)
    result[key] = values
    return result


def index_add(x: Any, key: tuple[Any, ...], values: Any, apart: bool = False) -> Any:
    """A copy of `x` with `values` added at `key`; repeated entries add up; `apart`: none is."""
    result = np.array(x)
    if not apart and any(isinstance(part, np.ndarray) for part in key):
        np.add.at(result, key, values)
    else:
        result[key] += values
    return result


def last_writer(x: Any, key: tuple[Any, ...]) -> Any:
    """Whether an entry that `key` picks is the last one to pick its place."""
    count = x[key].size
    numbers = np.arange(count).reshape(x[key].shape)
    owner = np.zeros(x.shape, np.intp)
    owner[key] = numbers
    return owner[key] == numbers


def index_at(ufunc: str, x: Any, key: tuple[Any, ...], values: Any) -> Any:
    """A copy of `x` with a ufunc of the values applied at a key, one after the other."""
    result = np.array(x)
    getattr(np, ufunc).at(result, key, values)
    return result


def argsort(x: Any, axis: int) -> Any:
    """The order along an axis in which equal entries keep theirs."""
    return np.argsort(x, axis=axis, kind="stable")


def bincount(x: Any, weights: Any, length: int) -> Any:
    """Sums of weights by number, from 0 to below `length`."""
    if np.any((x < 0) | (x >= length)):
        raise ShapeError(f"an entry is not below the length {length}, or negative")
    result = np.zeros(length, weights.dtype)
    np.add.at(result, x, weights)
    return result


def convolve(a: Any, v: Any, mode: str) -> Any:
    """`np.convolve`, in the dtype the operands promote to."""
    return np.convolve(a, v, mode)  # type: ignore[call-overload]


def unique_indices(x: Any) -> Any:
    """Where each distinct value stands first."""
    return np.unique(x, return_index=True)[1]


def unique_inverse(x: Any) -> Any:
    """The number of each element among the distinct values."""
    return np.unique(x, return_inverse=True)[1].reshape(x.shape)


def unique_counts(x: Any) -> Any:
    """How often each distinct value stands."""
    return np.unique(x, return_counts=True)[1]


def put_along_axis_add(x: Any, indices: Any, values: Any, axis: int) -> Any:
    """A copy of `x` with `values` added at `indices` along `axis`; repeated entries add up."""
    result = np.array(x, order="C")
    last = axis in (-1, x.ndim - 1)
    if last and indices.shape == (*x.shape[:-1], 1) == values.shape:  # none is repeated
        if x.ndim == 2:
            result[rows_of(len(x)), indices[:, 0]] += values[:, 0]
        elif x.size:
            rows = result.reshape(-1, x.shape[-1])
            rows[rows_of(indices.size), indices.reshape(-1)] += values.reshape(-1)
        return result
    places = list(np.ogrid[tuple(slice(n) for n in indices.shape)])
    places[axis] = indices
    np.add.at(result, tuple(places), values)
    return result


@lru_cache(maxsize=64)
def rows_of(count: int) -> Any:
    """The numbers of `count` rows."""
    rows = np.arange(count)
    rows.setflags(write=False)
    return rows


def entry_of_class(scores: Any, labels: Any) -> Any:
    """`scores[..., labels]`, one entry of the last axis for each label; no label wraps around."""
    count = scores.shape[-1]
    try:
        if labels.size and np.minimum.reduce(labels, None) < 0:
            raise IndexError
        if labels.ndim == 1:
            return scores[rows_of(labels.size), labels]
        rows = scores.reshape(labels.size, count)
        return rows[rows_of(labels.size), labels.reshape(-1)].reshape(labels.shape)
    except IndexError:
        label = labels[(labels < 0) | (labels >= count)].flat[0]
        text = f"label {label} is no class: there are {count}, from 0 to {count - 1}"
        raise ShapeError(text) from None


def _generator(key: Any, stream: int) -> np.random.Generator:
    """The generator of one node in one run: counters far apart for every seed, node and step."""
    seed, step = key
    counter = np.array([0, 0, 0, step], np.uint64)
    return np.random.Generator(np.random.Philox(key=[int(seed), stream], counter=counter))


def random_normal(key: Any, stream: int, shape: tuple[int, ...], dtype: Any) -> Any:
    """Standard normal numbers, a function of the run's key and the node's stream."""
    return _generator(key, stream).standard_normal(shape, dtype)


def random_gamma(key: Any, a: Any, stream: int) -> Any:
    """Standard gamma numbers of the shapes `a`, a function of the run's key and the stream."""
    a = np.asarray(a)
    return np.asarray(_generator(key, stream).standard_gamma(a.astype(np.float64)), a.dtype)


def random_uniform(key: Any, stream: int, shape: tuple[int, ...], dtype: Any) -> Any:
    """Numbers from [0, 1), a function of the run's key and the node's stream."""
    return _generator(key, stream).random(shape, dtype)
