"""Pooling: the largest or the mean of windows, of given or of adapting sizes."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ...errors import ShapeError
from ...graph import Node, Operation
from ...primitives import Geometry
from ...registry import RegisterGradient
from ..array import as_node
from ..elementwise import where
from ..indexing import take
from ..reduction import max, sum
from .convolution import channels_last, numbers, padded, put_first

__all__ = [
    "Patches", "Unpatch", "adaptive_avg_pool", "adaptive_max_pool", "avg_pool", "max_pool",
]  # fmt: skip


class Patches(Operation):
    """The entries of every window, in an axis of their own before the channels."""

    attributes = ("window", "geometry", "fill")

    window: tuple[int, ...]
    geometry: Geometry
    fill: float  # what stands outside of x

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.patches(x, self.window, self.geometry, self.fill)


@RegisterGradient("Patches")
def _patches_grad(op: Patches, grad: Node) -> Node:
    return Unpatch(grad, op.inputs[0], window=op.window, geometry=op.geometry)


class Unpatch(Operation):
    """The entries of windows put back where they were, and added up."""

    attributes = ("window", "geometry")

    window: tuple[int, ...]
    geometry: Geometry

    def compute(self, xp: Any, grad: Any, like: Any) -> Any:
        return xp.unpatch(grad, like, self.window, self.geometry)


@RegisterGradient("Unpatch")
def _unpatch_grad(op: Unpatch, grad: Node) -> list[Node | None]:
    return [Patches(grad, window=op.window, geometry=op.geometry, fill=0.0), None]


def _patches(
    caller: str, x: Any, window: Any, strides: Any, padding: Any, dilations: Any,
    data_format: str | None, fill: float,
) -> tuple[Node, Patches, bool, int]:  # fmt: skip
    node = as_node(x)
    if node.shape is None or not 3 <= len(node.shape) <= 5:
        raise ShapeError(f"{caller}: x has one to three spatial axes: {node.describe()}")
    rank = len(node.shape) - 2
    y, were_first = channels_last(caller, node, rank, data_format)
    sizes = numbers(caller, "window", window, rank)
    steps = numbers(caller, "strides", window if strides is None else strides, rank)
    gaps = numbers(caller, "dilations", dilations, rank)
    assert y.shape is not None
    pads = padded(caller, padding, y.shape[1:-1], sizes, steps, gaps)
    if any(
        p >= d * (k - 1) + 1 for pair, d, k in zip(pads, gaps, sizes, strict=True) for p in pair
    ):
        raise ShapeError(f"{caller}: padding {pads} is not smaller than the window {sizes}")
    geometry = Geometry(steps, pads, gaps)
    return y, Patches(y, window=sizes, geometry=geometry, fill=fill), were_first, rank


def max_pool(
    x: Any, window: Any, strides: Any = None, padding: Any = "VALID", dilations: Any = 1,
    data_format: str | None = None, name: str | None = None,
) -> Node:  # fmt: skip
    """The largest entry of every window, per channel; x has one to three spatial axes.

    Axes, `padding` and `data_format` as in `conv2d`; `strides` are the window's sizes by default.
    What lies outside of x counts for nothing. Ties share the gradient equally.
    """
    _, parts, were_first, rank = _patches(
        "max_pool", x, window, strides, padding, dilations, data_format, -np.inf
    )
    return put_first(max(parts, axis=-2, name=name), were_first, rank)


def avg_pool(
    x: Any, window: Any, strides: Any = None, padding: Any = "VALID", dilations: Any = 1,
    data_format: str | None = None, count_include_pad: bool = False, name: str | None = None,
) -> Node:  # fmt: skip
    """The mean of every window, per channel; x has one to three spatial axes.

    Arguments as in `max_pool`. The mean is of what lies in x (TensorFlow's way), or, with
    `count_include_pad`, of the padding's zeros too (PyTorch's).
    """
    y, parts, were_first, rank = _patches(
        "avg_pool", x, window, strides, padding, dilations, data_format, 0.0
    )
    total = sum(parts, axis=-2)
    if count_include_pad or not any(map(any, parts.geometry.padding)):
        mean = total / prod(parts.window)
    else:
        inside = y[:1, ..., :1] * 0 + 1
        counts = Patches(inside, window=parts.window, geometry=parts.geometry, fill=0.0)
        mean = total / sum(counts, axis=-2)
    return put_first(where(True, mean, mean, name=name) if name else mean, were_first, rank)


def _adaptive(
    caller: str, x: Any, output_size: Any, data_format: str | None, largest: bool
) -> Node:  # fmt: skip
    node = as_node(x)
    if node.shape is None or not 3 <= len(node.shape) <= 5:
        raise ShapeError(f"{caller}: x has one to three spatial axes: {node.describe()}")
    rank = len(node.shape) - 2
    y, were_first = channels_last(caller, node, rank, data_format)
    wanted = numbers(caller, "output_size", output_size, rank)
    for axis, count in enumerate(wanted, 1):
        assert y.shape is not None
        size = y.shape[axis]
        if not isinstance(size, int) or not size:
            raise ShapeError(f"{caller}: spatial sizes must be known: {node.describe()}")
        y = _along(y, axis, size, count, largest)
    return put_first(y, were_first, rank)


def _along(x: Node, axis: int, size: int, count: int, largest: bool) -> Node:
    """Windows from floor(i size / count) to ceil((i + 1) size / count), along one axis."""
    starts = [i * size // count for i in range(count)]
    ends = [-(-(i + 1) * size // count) for i in range(count)]
    lengths = np.subtract(ends, starts)
    offsets = np.arange(lengths.max())
    places = np.minimum(np.add.outer(starts, offsets), size - 1)
    inside = offsets < lengths[:, None]
    assert x.shape is not None
    spread = take(x, places, axis)
    mask = inside.reshape(*inside.shape, *[1] * (len(x.shape) - axis - 1))
    if largest:
        return max(where(mask, spread, -np.inf), axis=axis + 1)
    total = sum(where(mask, spread, 0), axis=axis + 1)
    each = lengths.reshape(-1, *[1] * (len(x.shape) - axis - 1)).astype(x.dtype)
    mean: Node = total / each
    return mean


def adaptive_max_pool(x: Any, output_size: Any, data_format: str | None = None) -> Node:
    """The largest of windows that divide x as evenly as possible into `output_size` parts.

    Windows overlap where sizes do not divide, as PyTorch's. Spatial sizes must be known.
    """
    return _adaptive("adaptive_max_pool", x, output_size, data_format, True)


def adaptive_avg_pool(x: Any, output_size: Any, data_format: str | None = None) -> Node:
    """The mean of windows that divide x as evenly as possible into `output_size` parts.

    Windows overlap where sizes do not divide, as PyTorch's. Spatial sizes must be known.
    """
    return _adaptive("adaptive_avg_pool", x, output_size, data_format, False)
