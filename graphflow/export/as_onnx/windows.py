"""The rows of convolution and pooling: channels come last, as in the table of primitives.

In float32 a convolution is ONNX's Conv between transposes. Everything else runs over the places
of a window: for each, a strided slice has the entries there of all windows. So pooling keeps NaN,
which onnxruntime's MaxPool loses, and convolutions of float64, which its Conv lacks, are matrix
products.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from ...primitives import Spec
from ...primitives.windows import Geometry, places
from ..counts import count_of
from .kernels import kernel_dtype
from .model import Tensor, UnsupportedError
from .tensors import (
    concat, cut, matmul, pad, reshape, sliced, total, transpose, unsqueeze, where,
)  # fmt: skip

WINDOWS: dict[str, Callable[..., Tensor]] = {}


def _row(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    WINDOWS[function.__name__] = function
    return function


# ---- windows ----------------------------------------------------------------------------------


def _spatial(sizes: Sequence[Any]) -> list[int]:
    """Sizes that windows move over. Raises UnsupportedError for one that is not fixed."""
    if not all(isinstance(size, int) for size in sizes):
        raise UnsupportedError("windows move over an axis of no fixed size")
    return list(sizes)


def _counts(x: Tensor, window: Sequence[int], g: Geometry) -> list[int]:
    """How many windows stand along each spatial axis of a padded x."""
    sizes = zip(_spatial(x.shape[1:-1]), window, g.strides, g.dilation, strict=True)
    return [(n - d * (k - 1) - 1) // s + 1 for n, k, s, d in sizes]


def _entries(x: Tensor, window: Sequence[int], g: Geometry) -> list[Tensor]:
    """For every place of a window the entries of all windows there, from a padded x."""
    counts = _counts(x, window, g)
    shape = (x.shape[0], *counts, x.shape[-1])
    found = []
    for place in places(tuple(window)):
        starts = [i * d for i, d in zip(place, g.dilation, strict=True)]
        along = zip(starts, counts, g.strides, strict=True)
        parts = {a: (i, i + (c - 1) * s + 1, s) for a, (i, c, s) in enumerate(along, 1)}
        found.append(sliced(x, parts, shape))  # type: ignore[arg-type]
    return found


def _put_back(parts: Sequence[Tensor], window: Sequence[int], sizes: Any, g: Geometry) -> Tensor:
    """The transpose of `_entries`: entries added up where windows took them, of these sizes."""
    sizes = _spatial(sizes)
    found: Tensor | None = None
    for place, part in zip(places(tuple(window)), parts, strict=True):
        spread = _spread(part, g.strides)
        starts = [i * d for i, d in zip(place, g.dilation, strict=True)]
        along = zip(sizes, spread.shape[1:-1], starts, strict=True)
        widths = [(0, 0), *[(a, n - a - m) for n, m, a in along], (0, 0)]
        put = pad(spread, widths)
        found = put if found is None else found + put
    assert found is not None
    return found


def _spread(x: Tensor, strides: Sequence[int]) -> Tensor:
    """x with the other entries of a stride, zeros, after each of its entries."""
    if all(s == 1 for s in strides):
        return x
    rank = len(strides)
    apart = unsqueeze(x, [2 * i + 2 for i in range(rank)])  # (batch, n, 1, m, 1, ..., channels)
    widths = [(0, 0), *[w for s in strides for w in ((0, 0), (0, s - 1))], (0, 0)]
    sizes = [n * s for n, s in zip(x.shape[1:-1], strides, strict=True)]
    return reshape(pad(apart, widths), (x.shape[0], *sizes, x.shape[-1]))


def _padded(x: Tensor, g: Geometry, value: Any = 0) -> Tensor:
    return pad(x, [(0, 0), *g.padding, (0, 0)], value)


def _cropped(x: Tensor, g: Geometry) -> Tensor:
    return pad(x, [(0, 0), *[(-a, -b) for a, b in g.padding], (0, 0)])


@_row
def windows(spec: Spec, x: Tensor, window: Any, strides: Any, dilation: Any) -> Tensor:
    """The entries of windows by their place: (*window, first, *places, last)."""
    g = Geometry(strides, ((0, 0),) * len(strides), dilation)
    parts = [unsqueeze(part, [0]) for part in _entries(x, window, g)]
    return reshape(concat(parts, 0), spec.shape)  # type: ignore[arg-type]


@_row
def overlap_add(spec: Spec, parts: Tensor, sizes: Any, strides: Any, dilation: Any) -> Tensor:
    """The transpose of `windows`."""
    rank = len(strides)
    window = _spatial(parts.shape[:rank])
    g = Geometry(strides, ((0, 0),) * rank, dilation)
    line = reshape(parts, (prod(window), *parts.shape[rank:]))
    apart = [reshape(cut(line, 0, i, i + 1), parts.shape[rank:]) for i in range(prod(window))]
    return _put_back(apart, window, sizes, g)


# ---- convolutions -----------------------------------------------------------------------------


@_row
def conv(spec: Spec, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
    """The sum over every window of entries times kernel."""
    x, w = x.model.cast(x, spec.dtype), x.model.cast(w, spec.dtype)
    if kernel_dtype("Conv", spec.dtype) is not None:
        return _by_conv(spec, x, w, g)
    found = matmul(_columns(x, w.shape[:-2], g), _kernels(w, g))
    return _from_groups(found, spec.shape, g)


def _by_conv(spec: Spec, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
    """ONNX's Conv, which has channels first."""
    rank = len(g.strides)
    first = [0, rank + 1, *range(1, rank + 1)]
    pads = [a for a, _ in g.padding] + [b for _, b in g.padding]
    shape: Any = spec.shape
    found = x.model.node(
        "Conv",
        [transpose(x, first), transpose(w, [rank + 1, rank, *range(rank)])],
        spec.dtype,
        tuple([shape[a] for a in first]),
        strides=list(g.strides),
        pads=pads,
        dilations=list(g.dilation),
        group=g.groups,
    )
    return transpose(found, [0, *range(2, rank + 2), 1])


def _columns(x: Tensor, window: Any, g: Geometry) -> Tensor:
    """(groups, windows, entries of a window in a group)."""
    x = _padded(x, g)
    inside = x.shape[-1] // g.groups if isinstance(x.shape[-1], int) else x.shape[-1]
    parts = [unsqueeze(part, [1]) for part in _flat_rows(_entries(x, _spatial(window), g))]
    line = concat(parts, 1)  # (windows, entries of a window, channels)
    count, entries = line.shape[0], line.shape[1]
    if g.groups == 1:
        return reshape(line, (1, count, entries * inside))
    apart = transpose(reshape(line, (count, entries, g.groups, inside)), [2, 0, 1, 3])
    return reshape(apart, (g.groups, count, entries * inside))


def _flat_rows(parts: Sequence[Tensor]) -> list[Tensor]:
    """(windows, channels) of (batch, *places, channels)."""
    return [reshape(part, (count_of(part.shape[:-1]), part.shape[-1])) for part in parts]


def _kernels(w: Tensor, g: Geometry) -> Tensor:
    """(groups, entries of a window, output channels of a group)."""
    return _in_groups(w, g)


def _in_groups(x: Tensor, g: Geometry) -> Tensor:
    """(groups, all else, last axis of a group)."""
    rows = count_of(x.shape[:-1])
    outside = x.shape[-1]
    if g.groups == 1:
        return reshape(x, (1, rows, outside))
    assert isinstance(outside, int)
    return transpose(reshape(x, (rows, g.groups, outside // g.groups)), [1, 0, 2])


def _from_groups(x: Tensor, shape: Any, g: Geometry) -> Tensor:
    """The transpose of `_in_groups`."""
    return reshape(x if g.groups == 1 else transpose(x, [1, 0, 2]), shape)


@_row
def conv_input(spec: Spec, grad: Tensor, w: Tensor, like: Tensor, g: Geometry) -> Tensor:
    """Kernels times `grad`, put back where their windows were, and added up."""
    grad, w = grad.model.cast(grad, spec.dtype), grad.model.cast(w, spec.dtype)
    window = _spatial(w.shape[:-2])
    inside = w.shape[-2]
    turned = transpose(_kernels(w, g), [0, 2, 1])
    found = matmul(_in_groups(grad, g), turned)  # (groups, windows, entries of a window)
    rows = found.shape[1]
    apart = transpose(
        reshape(found, (g.groups, rows, prod(window), inside)), [2, 1, 0, 3]
    )  # (entries of a window, windows, groups, channels of a group)
    shape = (*grad.shape[:-1], g.groups * inside)
    parts = [reshape(cut(apart, 0, i, i + 1), shape) for i in range(prod(window))]
    sizes = zip(_spatial(like.shape[1:-1]), g.padding, strict=True)
    return _cropped(_put_back(parts, window, [a + n + b for n, (a, b) in sizes], g), g)


@_row
def conv_kernel(spec: Spec, x: Tensor, grad: Tensor, like: Tensor, g: Geometry) -> Tensor:
    """Windows times `grad`, summed over batch and places."""
    x, grad = x.model.cast(x, spec.dtype), x.model.cast(grad, spec.dtype)
    columns = transpose(_columns(x, like.shape[:-2], g), [0, 2, 1])
    return _from_groups(matmul(columns, _in_groups(grad, g)), like.shape, g)


# ---- pooling ----------------------------------------------------------------------------------


def _least(dtype: np.dtype[Any]) -> Any:
    if dtype.kind in "iu":
        return np.iinfo(dtype).min
    return False if dtype.kind == "b" else -np.inf


def _parts(x: Tensor, window: Any, g: Geometry, value: Any = 0) -> list[Tensor]:
    return _entries(_padded(x, g, value), window, g)


@_row
def max_pool(spec: Spec, x: Tensor, window: Any, g: Geometry) -> Tensor:
    """The largest entry of every window; NaN if one is NaN."""
    first, *rest = _parts(x, window, g, _least(x.dtype))
    for part in rest:
        first = x.model.call("Max", first, part)
    return first


@_row
def sum_pool(spec: Spec, x: Tensor, window: Any, g: Geometry) -> Tensor:
    """The sum of every window."""
    first, *rest = _parts(x, window, g)
    for part in rest:
        first = first + part
    return first


@_row
def spread(spec: Spec, grad: Tensor, like: Tensor, window: Any, g: Geometry) -> Tensor:
    """The transpose of `sum_pool`."""
    sizes = zip(_spatial(like.shape[1:-1]), g.padding, strict=True)
    parts = [grad] * prod(window)
    return _cropped(_put_back(parts, window, [a + n + b for n, (a, b) in sizes], g), g)


def _largest(x: Tensor, top: Tensor, window: Any, g: Geometry) -> tuple[list[Tensor], Tensor]:
    """For every place of a window whether it is the largest there, and how many are, or 1."""
    chosen = [part.equals(top) for part in _parts(x, window, g, _least(x.dtype))]
    return chosen, _at_least_one([top.model.cast(mask, _float(top)) for mask in chosen])


def _float(x: Tensor) -> np.dtype[Any]:
    return x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)


def _at_least_one(masks: Sequence[Tensor]) -> Tensor:
    count, *rest = masks
    for mask in rest:
        count = count + mask
    return count.model.call("Max", count, 1)


@_row
def to_largest(
    spec: Spec, grad: Tensor, x: Tensor, top: Tensor, window: Any, g: Geometry
) -> Tensor:
    """`grad` in equal shares to the entries of every window that are its largest, added up."""
    chosen, count = _largest(x, top, window, g)
    share = grad / grad.model.cast(count, grad.dtype)
    parts = [where(mask, share, 0.0) for mask in chosen]
    sizes = zip(_spatial(x.shape[1:-1]), g.padding, strict=True)
    return _cropped(_put_back(parts, window, [a + n + b for n, (a, b) in sizes], g), g)


@_row
def of_largest(
    spec: Spec, grad: Tensor, x: Tensor, top: Tensor, window: Any, g: Geometry
) -> Tensor:
    """The transpose of `to_largest`: the mean of `grad` over the largest entries of a window."""
    chosen, count = _largest(x, top, window, g)
    found: Tensor | None = None
    for mask, part in zip(chosen, _parts(grad, window, g), strict=True):
        kept = where(mask, part, 0.0)
        found = kept if found is None else found + kept
    assert found is not None
    return found / grad.model.cast(count, grad.dtype)


@_row
def shares(spec: Spec, grad: Tensor, x: Tensor, top: Tensor) -> Tensor:
    """`grad` in equal shares to the entries along the first axis of x that are `top`."""
    chosen = x.equals(top)
    count = total(grad.model.cast(chosen, grad.dtype), [0])
    share = grad / grad.model.call("Max", count, 1)
    return where(chosen, share, 0.0)
