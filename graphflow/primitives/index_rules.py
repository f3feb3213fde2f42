"""Abstract rules of indexing and ordering: which entries, in which order, and how many."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import shapes
from ..dtypes import boolean, promote
from ..errors import DTypeError, ShapeError
from ..shapes import Shape, Size
from .spec import Spec


def take_along_axis(x: Spec, indices: Spec, axis: int) -> Spec:
    """Entries of `x` picked along an axis, one per index."""
    if indices.dtype.kind not in "iu":
        raise DTypeError(f"indices must be integers, not {indices.dtype}")
    if x.shape is None or indices.shape is None:
        return Spec(None, x.dtype)
    if len(x.shape) != len(indices.shape):
        raise ShapeError(f"ranks differ ({len(x.shape)} != {len(indices.shape)})")
    place = shapes.normalize_axis(axis, len(x.shape))
    other = (*x.shape[:place], 1, *x.shape[place + 1 :])
    return Spec(shapes.broadcast(other, indices.shape), x.dtype)


def index(x: Spec, key: tuple[Any, ...]) -> Spec:
    """`x[key]`: integers, slices, Ellipsis, None, and integer arrays (as Specs), mixed freely."""
    if x.shape is None:
        return Spec(None, x.dtype)
    parts = _spread(key, len(x.shape))
    sizes: list[Size] = []
    arrays: list[Shape] = []
    places: list[tuple[int, int]] = []  # of integer arrays, among the parts and among the sizes
    axis = 0
    for position, part in enumerate(parts):
        if part is None:
            sizes.append(1)
            continue
        if isinstance(part, slice):
            sizes.append(_slice_size(part, x.shape[axis]))
        elif isinstance(part, Spec):
            arrays.append(part.shape)
            places.append((position, len(sizes)))
        else:
            _check_index(part, x.shape[axis], axis)
            if any(isinstance(p, Spec) for p in parts):  # an integer is an array of rank 0 then
                arrays.append(())
                places.append((position, len(sizes)))
        axis += 1
    if not arrays:
        return Spec(tuple(sizes), x.dtype)
    picked = shapes.broadcast(*arrays)
    if picked is None:
        return Spec(None, x.dtype)
    first, at = places[0]
    if places[-1][0] - first != len(places) - 1:
        at = 0  # arrays that do not stand together: NumPy puts their axes first
    return Spec((*sizes[:at], *picked, *sizes[at:]), x.dtype)


def _spread(key: tuple[Any, ...], rank: int) -> list[Any]:
    used = sum(part is not None and part is not Ellipsis for part in key)
    if used > rank:
        raise ShapeError(f"{used} indices for {rank} axes")
    rest = [slice(None)] * (rank - used)
    for i, part in enumerate(key):
        if part is Ellipsis:
            return [*key[:i], *rest, *key[i + 1 :]]
    return [*key, *rest]


def _slice_size(part: slice, size: Size) -> Size:
    if isinstance(size, int):
        return len(range(*part.indices(size)))
    whole = part.start in (None, 0) and part.stop is None and part.step in (None, 1, -1)
    return size if whole else None


def _check_index(number: int, size: Size, axis: int) -> None:
    if isinstance(size, int) and not -size <= number < size:
        raise ShapeError(f"index {number} is out of bounds for axis {axis} of size {size}")


def index_update(x: Spec, key: tuple[Any, ...], values: Spec, apart: bool = False) -> Spec:
    """`x` with the entries at `key` replaced by, or combined with, `values`."""
    place = index(x, key).shape
    fits = shapes.maybe_equal(shapes.broadcast(place, values.shape), place)
    if not fits:
        raise ShapeError(f"{shapes.show(values.shape)} does not fit {shapes.show(place)}")
    return Spec(x.shape, x.dtype)


def index_mask(x: Spec, key: tuple[Any, ...]) -> Spec:
    """A boolean for every entry that a key picks."""
    return Spec(index(x, key).shape, boolean)


def order(x: Spec, axis: int, kth: tuple[int, ...] = ()) -> Spec:
    """Indices along an axis."""
    if x.shape is not None:
        place = shapes.normalize_axis(axis, len(x.shape))
        for k in kth:
            _check_index(k, x.shape[place], place)
    return Spec(x.shape, np.dtype(np.intp))


def searchsorted(a: Spec, v: Spec, side: str) -> Spec:
    """An index for every value."""
    if a.shape is not None and len(a.shape) != 1:
        raise ShapeError(f"the sorted array is a vector, not {shapes.show(a.shape)}")
    return Spec(v.shape, np.dtype(np.intp))


def bincount(x: Spec, weights: Spec, length: int) -> Spec:
    """A vector of sums."""
    if x.shape is not None and len(x.shape) != 1:
        raise ShapeError(f"what is counted is a vector, not {shapes.show(x.shape)}")
    if not shapes.maybe_equal(shapes.broadcast(x.shape, weights.shape), x.shape):
        raise ShapeError(f"weights {shapes.show(weights.shape)} for {shapes.show(x.shape)}")
    return Spec((length,), weights.dtype)


def convolve(a: Spec, v: Spec, mode: str) -> Spec:
    """The sum of the lengths less one, or ("valid") the difference plus one."""
    dtype = promote(a.loop_operand, v.loop_operand)
    for x in (a, v):
        if x.shape is not None and (len(x.shape) != 1 or x.shape[0] == 0):
            raise ShapeError(f"vectors are convolved, none of them empty: {shapes.show(x.shape)}")
    m, n = (x.shape[0] if x.shape is not None else None for x in (a, v))
    if not isinstance(m, int) or not isinstance(n, int):
        return Spec((None,), dtype)
    return Spec((m + n - 1 if mode == "full" else abs(m - n) + 1,), dtype)


def some_indices(x: Spec) -> Spec:
    """As many indices as a run finds."""
    return Spec((None,), np.dtype(np.intp))


def all_indices(x: Spec) -> Spec:
    """An index for every element."""
    return Spec(x.shape, np.dtype(np.intp))
