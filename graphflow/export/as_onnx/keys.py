"""`x[key]` by NumPy's rules: integers, slices, None, Ellipsis and arrays of integers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..counts import Count, Size
from .model import INT, Model, Tensor, UnsupportedError, broadcast
from .tensors import concat, expand, gather, reshape, sliced, transpose, unsqueeze

_LAST = np.iinfo(np.int64).max


def picked(x: Tensor, key: tuple[Any, ...]) -> Tensor:
    """x[key]."""
    parts = whole(key, x.rank)
    x = _sliced(x, [part for part in parts if part is not None])
    if any(isinstance(part, Tensor) for part in parts):
        return _gathered(x, parts)
    sizes: list[Size] = []
    axis = 0
    for part in parts:  # integers take their axes away
        if part is None:
            sizes.append(1)
        elif isinstance(part, slice):
            sizes.append(x.shape[axis])
            axis += 1
        else:
            x = gather(x, x.model.constant(part, INT), axis)
    return reshape(x, tuple(sizes))


def box(key: tuple[Any, ...], shape: Sequence[Size]) -> list[tuple[Size, Size]] | None:
    """Where a key of integers, None and slices without steps begins and ends along each axis.

    None for any other key.
    """
    found: list[tuple[Size, Size]] = []
    parts = [part for part in whole(key, len(shape)) if part is not None]
    for part, size in zip(parts, shape, strict=True):
        if isinstance(part, int):
            start: Size = size + part if part < 0 else part
            found.append((start, start + 1))
        elif isinstance(part, slice) and part.step in (None, 1):
            found.append(_ends(part, size))
        else:
            return None
    return found


def _ends(part: slice, size: Size) -> tuple[Size, Size]:
    """Where a slice without steps begins and ends along an axis."""
    if isinstance(size, int) and not any(isinstance(n, Count) for n in (part.start, part.stop)):
        start, stop, _ = part.indices(size)
        return start, max(start, stop)
    ends = [
        default if end is None else size + end if isinstance(end, int) and end < 0 else end
        for end, default in zip((part.start, part.stop), (0, size), strict=True)
    ]
    return ends[0], ends[1]


def whole(key: tuple[Any, ...], rank: int) -> list[Any]:
    """A key with a part for every axis: its Ellipsis, and what it leaves out, as slices."""
    rest = [slice(None)] * (rank - sum(part is not None and part is not Ellipsis for part in key))
    for i, part in enumerate(key):
        if part is Ellipsis:
            return [*key[:i], *rest, *key[i + 1 :]]
    return [*key, *rest]


def _sliced(x: Tensor, parts: list[Any]) -> Tensor:
    """The slices of a key, one part for each axis of x."""
    cuts: dict[int, tuple[Size, Size, int]] = {}
    sizes = list(x.shape)
    for axis, part in enumerate(parts):
        if not isinstance(part, slice):
            continue
        step = 1 if part.step is None else part.step
        first, last = (0, _LAST) if step > 0 else (_LAST, -_LAST)
        start = first if part.start is None else part.start
        stop = last if part.stop is None else part.stop
        if (start, stop, step) != (0, _LAST, 1):
            cuts[axis] = (start, stop, step)
            sizes[axis] = _length(part, step, sizes[axis])
    return sliced(x, cuts, tuple(sizes))


def _length(part: slice, step: int, size: Size) -> Size:
    """How many entries a slice picks along an axis."""
    if step == 1:
        start, stop = _ends(part, size)
        return stop - start
    if isinstance(size, int) and not any(isinstance(n, Count) for n in (part.start, part.stop)):
        return len(range(*part.indices(size)))
    if step == -1 and part.start is part.stop is None:
        return size
    raise UnsupportedError("a slice in steps along a size that is not fixed")


def _gathered(x: Tensor, parts: list[Any]) -> Tensor:
    """What integers and arrays of a key pick, from an x that its slices are done on."""
    indexed = [i for i, part in enumerate(parts) if _is_index(part)]
    axes = [part for part in parts if part is not None]
    places = [i for i, part in enumerate(axes) if _is_index(part)]
    indices = [_index(x.model, axes[i]) for i in places]
    common = broadcast(*[i.shape for i in indices])
    others = [i for i in range(x.rank) if i not in places]
    rest = [x.shape[i] for i in others]
    together = indexed[-1] - indexed[0] == len(indexed) - 1
    ahead = parts[: indexed[0]] if together else []  # else NumPy puts the indices' axes first
    before = sum(part is not None for part in ahead)
    if len(places) == 1:
        found = gather(x, indices[0], places[0])
    else:
        vectors = [unsqueeze(expand(i, common), [len(common)]) for i in indices]
        front = transpose(x, [*places, *others])
        inputs = [front, concat(vectors, len(common))]
        found = x.model.node("GatherND", inputs, x.dtype, (*common, *rest))
        inner, outer = range(len(common)), range(len(common), found.rank)
        found = transpose(found, [*outer[:before], *inner, *outer[before:]])
    left = iter(rest)
    sizes = [1 if part is None else next(left) for part in parts if not _is_index(part)]
    return reshape(found, (*sizes[: len(ahead)], *common, *sizes[len(ahead) :]))


def _is_index(part: Any) -> bool:
    return not (part is None or isinstance(part, slice))


def _index(model: Model, part: Any) -> Tensor:
    """An integer, or an array of them, as indices."""
    return model.cast(part, INT) if isinstance(part, Tensor) else model.constant(part, INT)
