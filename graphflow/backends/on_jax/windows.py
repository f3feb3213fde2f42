"""Convolutions, pooling and windows in JAX; what is a transpose is taken of JAX's own."""

from __future__ import annotations

from string import ascii_lowercase
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ...primitives import Geometry
from ...primitives.windows import places


def conv(x: Any, w: Any, g: Geometry) -> Any:
    """The sum over every window of entries times kernel."""
    spatial = ascii_lowercase[: len(g.strides)]
    order = (f"N{spatial}C", f"{spatial}IO", f"N{spatial}C")
    return lax.conv_general_dilated(
        x, w, g.strides, g.padding, rhs_dilation=g.dilation, dimension_numbers=order,
        feature_group_count=g.groups,
    )  # fmt: skip


def conv_input(grad: Any, w: Any, like: Any, g: Geometry) -> Any:
    """Kernels times `grad`, put back where their windows were, and added up."""
    sizes = (grad.shape[0], *like.shape[1:-1], w.shape[-2] * g.groups)
    return _transposed(lambda x: conv(x, w, g), sizes, grad)


def conv_kernel(x: Any, grad: Any, like: Any, g: Geometry) -> Any:
    """Windows times `grad`, summed over batch and places."""
    return _transposed(lambda w: conv(x, w, g), like.shape, grad)


def _transposed(linear: Any, shape: Any, grad: Any) -> Any:
    """The transpose of a function that is linear in an array of this shape."""
    [found] = jax.linear_transpose(linear, jax.ShapeDtypeStruct(shape, grad.dtype))(grad)
    return found


def windows(x: Any, window: Any, strides: Any, dilation: Any) -> Any:
    """x by entry of a window and place of a window: (*window, first, *places, last)."""
    counts = [
        (n - d * (k - 1) - 1) // s + 1
        for n, k, s, d in zip(x.shape[1:-1], window, strides, dilation, strict=True)
    ]
    axes = list(zip(dilation, strides, counts, strict=True))
    parts = [
        x[(slice(None), *[_row(at, *axis) for at, axis in zip(place, axes, strict=True)])]
        for place in places(window)
    ]
    return jnp.stack(parts).reshape(*window, *parts[0].shape)


def _row(place: int, gap: int, step: int, count: int) -> slice:
    first = place * gap
    return slice(first, first + step * (count - 1) + 1, step)


def overlap_add(parts: Any, sizes: Any, strides: Any, dilation: Any) -> Any:
    """The transpose of `windows`: the entries of windows added up where they were taken."""
    rank = len(sizes)
    shape = (parts.shape[rank], *sizes, parts.shape[-1])
    return _transposed(lambda x: windows(x, parts.shape[:rank], strides, dilation), shape, parts)


def _entries(x: Any, window: Any, g: Geometry, fill: Any) -> Any:
    """For every entry of a window, along the first axis, those of all windows."""
    wide = jnp.pad(x, ((0, 0), *g.padding, (0, 0)), constant_values=fill)
    found = windows(wide, window, g.strides, g.dilation)
    return found.reshape(-1, *found.shape[len(window) :])


def _least(dtype: Any) -> Any:
    if dtype.kind in "iu":
        return np.iinfo(dtype).min
    return False if dtype.kind == "b" else -np.inf


def max_pool(x: Any, window: Any, g: Geometry) -> Any:
    """The largest entry of every window; NaN if one is NaN."""
    return jnp.max(_entries(x, window, g, _least(x.dtype)), axis=0)


def sum_pool(x: Any, window: Any, g: Geometry) -> Any:
    """The sum of every window."""
    return jnp.sum(_entries(x, window, g, 0), axis=0)


def spread(grad: Any, like: Any, window: Any, g: Geometry) -> Any:
    """The transpose of `sum_pool`: `grad` added to every entry of its window."""
    return _transposed(lambda x: sum_pool(x, window, g), like.shape, grad)


def to_largest(grad: Any, x: Any, top: Any, window: Any, g: Geometry) -> Any:
    """`grad` in equal shares to the entries of every window that are its largest, added up."""
    chosen = _entries(x, window, g, _least(x.dtype)) == top
    parts = jnp.where(chosen, _share(grad, chosen), 0)
    return _transposed(lambda like: _entries(like, window, g, 0), x.shape, parts)


def of_largest(grad: Any, x: Any, top: Any, window: Any, g: Geometry) -> Any:
    """The transpose of `to_largest`: the mean of `grad` over the largest entries of a window."""
    chosen = _entries(x, window, g, _least(x.dtype)) == top
    entries = _entries(grad, window, g, 0)
    return _share(jnp.sum(jnp.where(chosen, entries, 0), axis=0), chosen)


def shares(grad: Any, x: Any, top: Any) -> Any:
    """`grad` in equal shares to the entries along the first axis of x that are `top`."""
    chosen = x == top
    return jnp.where(chosen, _share(grad, chosen), 0)


def _share(grad: Any, chosen: Any) -> Any:
    """`grad` by how many are chosen, along the first axis of `chosen`."""
    return grad / jnp.maximum(jnp.sum(chosen, axis=0), 1).astype(grad.real.dtype)
