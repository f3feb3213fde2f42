"""Convolution primitives: windows of arrays with channels last, as matrix products.

Arrays are (batch, *spatial, channels), kernels (*window, channels in a group, output channels).
Loops go over the places of a window and never over pixels or batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np

from .. import shapes
from ..dtypes import promote
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


def conv_rule(x: Spec, w: Spec, g: Geometry) -> Spec:
    """One output per window and output channel."""
    rank = len(g.strides) + 2
    dtype = promote(x.loop_operand, w.loop_operand)
    for spec, what in ((x, "input"), (w, "kernel")):
        if spec.shape is not None and len(spec.shape) != rank:
            raise ShapeError(f"the {what} has {rank} axes, not {shapes.show(spec.shape)}")
    if x.shape is None or w.shape is None:
        return Spec((None,) * rank, dtype)
    channels, inside, outside = x.shape[-1], w.shape[-2], w.shape[-1]
    if isinstance(channels, int) and isinstance(inside, int) and channels != inside * g.groups:
        raise ShapeError(f"{channels} channels for a kernel of {inside} in {g.groups} groups")
    if isinstance(outside, int) and outside % g.groups:
        raise ShapeError(f"{outside} output channels are no {g.groups} groups")
    sizes = [out_size(x.shape[i + 1], w.shape[i], i, g) for i in range(rank - 2)]
    return Spec((x.shape[0], *sizes, outside), dtype)


def conv_input_rule(grad: Spec, w: Spec, like: Spec, g: Geometry) -> Spec:
    """The spatial sizes of `like`, the batch of `grad`, the kernel's input channels."""
    rank = len(g.strides) + 2
    batch = grad.shape[0] if grad.shape is not None else None
    inside = w.shape[-2] if w.shape is not None else None
    channels = inside * g.groups if isinstance(inside, int) else None
    middle = like.shape[1:-1] if like.shape is not None else (None,) * (rank - 2)
    return Spec((batch, *middle, channels), promote(grad.loop_operand, w.loop_operand))


def conv_kernel_rule(x: Spec, grad: Spec, like: Spec, g: Geometry) -> Spec:
    """The shape of the kernel."""
    return Spec(like.shape, promote(x.loop_operand, grad.loop_operand))


def patches_rule(x: Spec, window: tuple[int, ...], g: Geometry, fill: float) -> Spec:
    """The entries of every window in one axis, before the channels."""
    rank = len(g.strides) + 2
    if x.shape is None:
        return Spec((None,) * (rank + 1), x.dtype)
    if len(x.shape) != rank:
        raise ShapeError(f"the input has {rank} axes, not {shapes.show(x.shape)}")
    sizes = [out_size(x.shape[i + 1], window[i], i, g) for i in range(rank - 2)]
    return Spec((x.shape[0], *sizes, prod(window), x.shape[-1]), x.dtype)


def unpatch_rule(grad: Spec, like: Spec, window: tuple[int, ...], g: Geometry) -> Spec:
    """The shape of what the windows were taken of."""
    return Spec(like.shape, grad.dtype)


def _padded(x: Any, g: Geometry, fill: float = 0) -> Any:
    if not any(map(any, g.padding)):
        return x
    pairs = list(zip(x.shape[1:-1], g.padding, strict=True))
    sizes = [before + n + after for n, (before, after) in pairs]
    result = np.full((x.shape[0], *sizes, x.shape[-1]), fill, x.dtype)
    result[(slice(None), *[slice(a, a + n) for n, (a, _) in pairs])] = x
    return result


def _windows(x: Any, window: tuple[int, ...], g: Geometry, fill: float = 0) -> Any:
    """A view of shape (batch, *places, *window, channels)."""
    x = _padded(x, g, fill)
    counts = [
        (n - d * (k - 1) - 1) // s + 1
        for n, k, s, d in zip(x.shape[1:-1], window, g.strides, g.dilation, strict=True)
    ]
    first, *middle, last = x.strides
    steps = [n * s for n, s in zip(middle, g.strides, strict=True)]
    gaps = [n * d for n, d in zip(middle, g.dilation, strict=True)]
    return np.lib.stride_tricks.as_strided(
        x,
        (x.shape[0], *counts, *window, x.shape[-1]),
        (first, *steps, *gaps, last),
        writeable=False,
    )


def _columns(x: Any, window: tuple[int, ...], g: Geometry) -> Any:
    """(groups, windows, entries of a window in a group)."""
    view = _windows(x, window, g)
    places = view.shape[: len(window) + 1]
    if g.groups == 1:
        return view.reshape(1, prod(places), -1)
    apart = view.reshape(prod(places), prod(window), g.groups, -1)
    return apart.transpose(2, 0, 1, 3).reshape(g.groups, prod(places), -1)


def _grouped_kernel(w: Any, g: Geometry) -> Any:
    """(groups, entries of a window, output channels of a group)."""
    flat = w.reshape(-1, g.groups, w.shape[-1] // g.groups)
    return flat.transpose(1, 0, 2)


def _grouped_grad(grad: Any, g: Geometry) -> Any:
    """(groups, windows, output channels of a group)."""
    return grad.reshape(-1, g.groups, grad.shape[-1] // g.groups).transpose(1, 0, 2)


def conv(x: Any, w: Any, g: Geometry) -> Any:
    """The sum over every window of entries times kernel."""
    window = w.shape[:-2]
    sizes = [
        out_size(n, k, i, g) for i, (n, k) in enumerate(zip(x.shape[1:-1], window, strict=True))
    ]
    found = np.matmul(_columns(x, window, g), _grouped_kernel(w, g))
    return found.transpose(1, 0, 2).reshape(x.shape[0], *sizes, w.shape[-1])


def conv_input(grad: Any, w: Any, like: Any, g: Geometry) -> Any:
    """Kernels times `grad`, put back where their windows were, and added up."""
    window, inside = w.shape[:-2], w.shape[-2]
    columns = np.matmul(_grouped_grad(grad, g), _grouped_kernel(w, g).transpose(0, 2, 1))
    count = columns.shape[1]
    spread = columns.reshape(g.groups, count, prod(window), inside).transpose(1, 2, 0, 3)
    parts = spread.reshape(*grad.shape[:-1], prod(window), g.groups * inside)
    return _put_back(parts, like.shape[1:-1], window, g)


def conv_kernel(x: Any, grad: Any, like: Any, g: Geometry) -> Any:
    """Windows times `grad`, summed over batch and places."""
    columns = _columns(x, like.shape[:-2], g)
    found = np.matmul(columns.transpose(0, 2, 1), _grouped_grad(grad, g))
    return found.transpose(1, 0, 2).reshape(like.shape)


def patches(x: Any, window: tuple[int, ...], g: Geometry, fill: float) -> Any:
    """The entries of every window; outside of x they are `fill`."""
    view = _windows(x, window, g, fill)
    return view.reshape(*view.shape[: len(window) + 1], prod(window), x.shape[-1])


def unpatch(grad: Any, like: Any, window: tuple[int, ...], g: Geometry) -> Any:
    """The entries of windows put back where they were, and added up."""
    return _put_back(grad, like.shape[1:-1], window, g)


def _put_back(parts: Any, sizes: tuple[int, ...], window: tuple[int, ...], g: Geometry) -> Any:
    """`parts` (batch, *places, entries of a window, channels), added into an array of `sizes`."""
    whole = [n + a + b for n, (a, b) in zip(sizes, g.padding, strict=True)]
    result = np.zeros((parts.shape[0], *whole, parts.shape[-1]), parts.dtype)
    counts = parts.shape[1 : len(window) + 1]
    for number, place in enumerate(_places(window)):
        ends = [
            slice(k * d, k * d + s * (count - 1) + 1, s)
            for k, d, s, count in zip(place, g.dilation, g.strides, counts, strict=True)
        ]
        result[(slice(None), *ends)] += parts[..., number, :]
    pairs = zip(sizes, g.padding, strict=True)
    return result[(slice(None), *[slice(a, a + n) for n, (a, _) in pairs])]


def _places(window: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    return product(*map(range, window))
