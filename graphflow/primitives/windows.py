"""Windows that move over the middle axes of an array: views of them, and sums back into place.

All axes but the first and the last are spatial: (batch, *spatial, channels), or as well
(channels, *spatial, batch). Loops go over the places of a window, never over where it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from ..errors import ShapeError
from ..shapes import Size
from .spec import Spec


class Geometry(NamedTuple):
    """How a window moves: its steps, zeros before and after, the gaps within it, the groups."""

    strides: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]
    groups: int = 1


def out_size(size: Size, window: Size, place: int, g: Geometry) -> Size:
    """How many windows fit along a spatial axis. Raises ShapeError for none."""
    if not isinstance(size, int) or not isinstance(window, int):
        return None
    whole = size + sum(g.padding[place]) - g.dilation[place] * (window - 1) - 1
    if whole < 0:
        raise ShapeError(f"a window of {window} does not fit size {size} with its padding")
    return whole // g.strides[place] + 1


def windows_rule(
    x: Spec, window: tuple[int, ...], strides: tuple[int, ...], dilation: tuple[int, ...]
) -> Spec:
    """The axes of a window, then those of x with the places of windows for its spatial ones."""
    rank = len(window)
    if x.shape is None:
        return Spec((None,) * (2 * rank + 2), x.dtype)
    g = Geometry(strides, ((0, 0),) * rank, dilation)
    counts = [out_size(x.shape[i + 1], window[i], i, g) for i in range(rank)]
    return Spec((*window, x.shape[0], *counts, x.shape[-1]), x.dtype)


def windows(
    x: Any, window: tuple[int, ...], strides: tuple[int, ...], dilation: tuple[int, ...]
) -> Any:
    """A view of x by entry of a window and place of a window: (*window, first, *places, last)."""
    gaps = [n * d for n, d in zip(x.strides[1:-1], dilation, strict=True)]
    steps = [n * s for n, s in zip(x.strides[1:-1], strides, strict=True)]
    counts = [
        (n - d * (k - 1) - 1) // s + 1
        for n, k, s, d in zip(x.shape[1:-1], window, strides, dilation, strict=True)
    ]
    return np.lib.stride_tricks.as_strided(
        x,
        (*window, x.shape[0], *counts, x.shape[-1]),
        (*gaps, x.strides[0], *steps, x.strides[-1]),
    )


def overlap_add_rule(
    parts: Spec, sizes: tuple[int, ...], strides: tuple[int, ...], dilation: tuple[int, ...]
) -> Spec:
    """The array that windows were taken of."""
    rank = len(sizes)
    if parts.shape is None:
        return Spec((None,) * (rank + 2), parts.dtype)
    return Spec((parts.shape[rank], *sizes, parts.shape[-1]), parts.dtype)


def overlap_add(
    parts: Any,
    sizes: tuple[int, ...],
    strides: tuple[int, ...],
    dilation: tuple[int, ...],
    out: Any = None,
) -> Any:
    """The transpose of `windows`: the entries of windows added up where they were taken."""
    rank = len(sizes)
    total = zeroed((parts.shape[rank], *sizes, parts.shape[-1]), parts.dtype, out)
    window = parts.shape[:rank]
    view = windows(total, window, strides, dilation)
    for place in places(window):
        target = view[place]
        np.add(target, parts[place], target)
    return total


def zeroed(shape: tuple[int, ...], dtype: Any, out: Any = None) -> Any:
    """Zeros: a new array, or `out`."""
    if out is None:
        return np.zeros(shape, dtype)
    out.fill(0)
    return out


def places(window: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The places of the entries of a window, in order."""
    return product(*map(range, window))


def padded(x: Any, padding: tuple[tuple[int, int], ...], fill: Any = 0) -> Any:
    """x with `fill` around its spatial axes; x itself where nothing is added."""
    if not any(map(any, padding)):
        return x
    pairs = list(zip(x.shape[1:-1], padding, strict=True))
    sizes = [before + n + after for n, (before, after) in pairs]
    result = np.full((x.shape[0], *sizes, x.shape[-1]), fill, x.dtype)
    result[within(x.shape[1:-1], padding)] = x
    return result


def within(sizes: tuple[int, ...], padding: tuple[tuple[int, int], ...]) -> tuple[slice, ...]:
    """Where x stands in the padded x, as a key."""
    spatial = [slice(a, a + n) for n, (a, _) in zip(sizes, padding, strict=True)]
    return (slice(None), *spatial, slice(None))
