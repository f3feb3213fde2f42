"""Convolution primitives: windows of arrays with channels last, as matrix products.

Arrays are (batch, *spatial, channels), kernels (*window, channels in a group, output channels).
What is here holds for all of them; `program.convolutions` has cheaper ways for the usual ones.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .. import shapes
from ..dtypes import promote
from ..errors import ShapeError
from .spec import Spec
from .windows import Geometry, out_size, overlap_add, padded, places, windows, within


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


def _columns(x: Any, window: tuple[int, ...], g: Geometry) -> Any:
    """(groups, windows, entries of a window in a group)."""
    rank = len(window)
    view = windows(padded(x, g.padding), window, g.strides, g.dilation)
    view = view.transpose(*range(rank, 2 * rank + 1), *range(rank), 2 * rank + 1)
    counted = view.shape[: rank + 1]
    if g.groups == 1:
        return view.reshape(1, prod(counted), prod(window) * x.shape[-1])
    apart = view.reshape(prod(counted), prod(window), g.groups, x.shape[-1] // g.groups)
    return apart.transpose(2, 0, 1, 3).reshape(g.groups, prod(counted), -1)


def _grouped_kernel(w: Any, g: Geometry) -> Any:
    """(groups, entries of a window, output channels of a group)."""
    flat = w.reshape(prod(w.shape[:-1]), g.groups, w.shape[-1] // g.groups)
    return flat.transpose(1, 0, 2)


def _grouped_grad(grad: Any, g: Geometry) -> Any:
    """(groups, windows, output channels of a group)."""
    return grad.reshape(prod(grad.shape[:-1]), g.groups, grad.shape[-1] // g.groups).transpose(
        1, 0, 2
    )


def conv(x: Any, w: Any, g: Geometry) -> Any:
    """The sum over every window of entries times kernel."""
    window = w.shape[:-2]
    if _is_depthwise(w, g):
        entries = windows(padded(x, g.padding), window, g.strides, g.dilation)
        products = (entries[place] * w[place][0] for place in places(window))
        total = next(products)
        for each in products:
            total += each
        return total
    sizes = [
        out_size(n, k, i, g) for i, (n, k) in enumerate(zip(x.shape[1:-1], window, strict=True))
    ]
    found = np.matmul(_columns(x, window, g), _grouped_kernel(w, g))
    return found.transpose(1, 0, 2).reshape(x.shape[0], *sizes, w.shape[-1])


def conv_input(grad: Any, w: Any, like: Any, g: Geometry) -> Any:
    """Kernels times `grad`, put back where their windows were, and added up."""
    window, inside, sizes = w.shape[:-2], w.shape[-2], like.shape[1:-1]
    whole = tuple([a + n + b for n, (a, b) in zip(sizes, g.padding, strict=True)])
    if _is_depthwise(w, g):
        return _depthwise_input(grad, w, whole, g)[within(sizes, g.padding)]
    columns = np.matmul(_grouped_grad(grad, g), _grouped_kernel(w, g).transpose(0, 2, 1))
    spread = columns.reshape(g.groups, columns.shape[1], prod(window), inside)
    parts = spread.transpose(2, 1, 0, 3).reshape(*window, *grad.shape[:-1], g.groups * inside)
    return overlap_add(parts, whole, g.strides, g.dilation)[within(sizes, g.padding)]


def conv_kernel(x: Any, grad: Any, like: Any, g: Geometry) -> Any:
    """Windows times `grad`, summed over batch and places."""
    if _is_depthwise(like, g):
        return _depthwise_kernel(x, grad, like.shape, g)
    columns = _columns(x, like.shape[:-2], g)
    found = np.matmul(columns.transpose(0, 2, 1), _grouped_grad(grad, g))
    return found.transpose(1, 0, 2).reshape(like.shape)


def _is_depthwise(w: Any, g: Geometry) -> bool:
    """Whether every channel has a kernel of its own: then products of matrices do not pay."""
    return g.groups > 1 and w.shape[-2] == 1 and w.shape[-1] == g.groups


def _depthwise_input(grad: Any, w: Any, whole: tuple[int, ...], g: Geometry) -> Any:
    dtype = np.result_type(grad, w)
    total = np.zeros((grad.shape[0], *whole, w.shape[-1]), dtype)
    view = windows(total, w.shape[:-2], g.strides, g.dilation)
    for place in places(w.shape[:-2]):
        view[place] += grad * w[place][0]
    return total


def _depthwise_kernel(x: Any, grad: Any, shape: tuple[int, ...], g: Geometry) -> Any:
    result = np.empty(shape, np.result_type(x, grad))
    entries = windows(padded(x, g.padding), shape[:-2], g.strides, g.dilation)
    ones = np.ones(prod(grad.shape[:-1]), result.dtype)
    for place in places(shape[:-2]):
        result[place] = ones @ (entries[place] * grad).reshape(len(ones), shape[-1])
    return result
