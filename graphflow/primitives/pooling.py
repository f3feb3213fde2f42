"""Pooling primitives: extremes and sums of windows, by running over the places of a window.

Arrays are (batch, *spatial, channels), or as well (channels, *spatial, batch).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import shapes
from ..errors import ShapeError
from .spec import Spec
from .windows import Geometry, out_size, padded, places, windows, within, zeroed


def pool_rule(x: Spec, window: tuple[int, ...], g: Geometry) -> Spec:
    """One entry per window and channel."""
    rank = len(window) + 2
    if x.shape is None:
        return Spec((None,) * rank, x.dtype)
    if len(x.shape) != rank:
        raise ShapeError(f"the input has {rank} axes, not {shapes.show(x.shape)}")
    sizes = [out_size(x.shape[i + 1], k, i, g) for i, k in enumerate(window)]
    return Spec((x.shape[0], *sizes, x.shape[-1]), x.dtype)


def to_largest_rule(grad: Spec, x: Spec, top: Spec, window: tuple[int, ...], g: Geometry) -> Spec:
    """The shape of what the windows were taken of."""
    return Spec(x.shape, grad.dtype)


def of_largest_rule(grad: Spec, x: Spec, top: Spec, window: tuple[int, ...], g: Geometry) -> Spec:
    """One entry per window and channel."""
    return Spec(top.shape, grad.dtype)


def spread_rule(grad: Spec, like: Spec, window: tuple[int, ...], g: Geometry) -> Spec:
    """The shape of what the windows were taken of."""
    return Spec(like.shape, grad.dtype)


def shares_rule(grad: Spec, x: Spec, top: Spec) -> Spec:
    """The shape of x."""
    return Spec(x.shape, grad.dtype)


def max_pool(x: Any, window: tuple[int, ...], g: Geometry, out: Any = None) -> Any:
    """The largest entry of every window; NaN if one is NaN."""
    first, *rest = _parts(padded(x, g.padding, _least(x.dtype)), window, g)
    top = np.empty(first.shape, x.dtype) if out is None else out
    np.copyto(top, first)
    for part in rest:
        np.maximum(top, part, out=top)
    return top


def to_largest(
    grad: Any, x: Any, top: Any, window: tuple[int, ...], g: Geometry, out: Any = None
) -> Any:
    """`grad` in equal shares to the entries of every window that are its largest, added up."""
    chosen = _chosen(x, top, window, g)
    share = _shared(grad, chosen, top)
    total, view = _target(x.shape, grad.dtype, window, g, out)
    apart = all(s >= d * (k - 1) + 1 for s, d, k in zip(g.strides, g.dilation, window, strict=True))
    part = None if apart else np.empty(grad.shape, grad.dtype)
    for place, mask in zip(places(window), chosen, strict=True):
        if part is None:
            keep(share, mask, view[place])
        else:
            np.add(view[place], keep(share, mask, part), view[place])
    return _cropped(total, x.shape, g, out)


def of_largest(grad: Any, x: Any, top: Any, window: tuple[int, ...], g: Geometry) -> Any:
    """The transpose of `to_largest`: the mean of `grad` over the largest entries of a window."""
    chosen = _chosen(x, top, window, g)
    total, part = np.zeros(top.shape, grad.dtype), np.empty(top.shape, grad.dtype)
    for mask, entry in zip(chosen, _parts(padded(grad, g.padding), window, g), strict=True):
        np.add(total, keep(entry, mask, part), total)
    return _shared(total, chosen, top)


def sum_pool(x: Any, window: tuple[int, ...], g: Geometry, out: Any = None) -> Any:
    """The sum of every window."""
    first, *rest = _parts(padded(x, g.padding), window, g)
    total = np.empty(first.shape, x.dtype) if out is None else out
    np.copyto(total, first)
    for part in rest:
        np.add(total, part, total)
    return total


def spread(grad: Any, like: Any, window: tuple[int, ...], g: Geometry, out: Any = None) -> Any:
    """The transpose of `sum_pool`: `grad` added to every entry of its window."""
    total, view = _target(like.shape, grad.dtype, window, g, out)
    for place in places(window):
        np.add(view[place], grad, view[place])
    return _cropped(total, like.shape, g, out)


def shares(grad: Any, x: Any, top: Any, out: Any = None) -> Any:
    """`grad` in equal shares to the entries along the first axis of x that are `top`."""
    chosen = np.equal(x, top)
    found = np.empty(x.shape, grad.dtype) if out is None else out
    return keep(_shared(grad, chosen, top), chosen, found)


def keep(x: Any, mask: Any, out: Any) -> Any:
    """x, and 0 where the mask is false, in `out`; no NaN or infinity comes through a 0."""
    if x.itemsize <= 8:  # the bits times 0 or 1
        bits = f"i{x.itemsize}"
        np.multiply(x.view(bits), mask, out.view(bits))
    else:
        np.copyto(out, 0)
        np.copyto(out, x, where=mask)
    return out


def _parts(x: Any, window: tuple[int, ...], g: Geometry) -> list[Any]:
    """For every entry of a window those of all windows, as views of the padded x."""
    view = windows(x, window, g.strides, g.dilation)
    return [view[place] for place in places(window)]


def _chosen(x: Any, top: Any, window: tuple[int, ...], g: Geometry) -> Any:
    """For every entry of a window whether it is the largest."""
    parts = _parts(padded(x, g.padding, _least(x.dtype)), window, g)
    chosen = np.empty((len(parts), *top.shape), np.bool_)
    for part, mask in zip(parts, chosen, strict=True):
        np.equal(part, top, mask)
    return chosen


def _shared(grad: Any, chosen: Any, top: Any) -> Any:
    """`grad` by how many are chosen, along the first axis of `chosen`."""
    if np.count_nonzero(chosen) == top.size and not np.isnan(np.add.reduce(top, None)):
        return grad  # every window has one
    return grad / np.maximum(np.add.reduce(chosen, 0, grad.real.dtype), 1)


def _target(
    shape: tuple[int, ...], dtype: Any, window: tuple[int, ...], g: Geometry, out: Any
) -> tuple[Any, Any]:
    """Zeros of the shape with its padding, and the view of their windows."""
    sizes = [a + n + b for n, (a, b) in zip(shape[1:-1], g.padding, strict=True)]
    total = zeroed((shape[0], *sizes, shape[-1]), dtype, None if any(map(any, g.padding)) else out)
    return total, windows(total, window, g.strides, g.dilation)


def _cropped(total: Any, shape: tuple[int, ...], g: Geometry, out: Any) -> Any:
    """What is within the padding; in `out`, if that is given."""
    inner = total[within(shape[1:-1], g.padding)]
    if out is None or total is out:
        return inner
    np.copyto(out, inner)
    return out


def _least(dtype: Any) -> Any:
    """What is below all numbers of a dtype, or the least of them."""
    if dtype.kind in "iu":
        return np.iinfo(dtype).min
    return False if dtype.kind == "b" else -np.inf
