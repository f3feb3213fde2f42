"""Pooling: the largest or the mean of windows, of given or of adapting sizes."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import numpy as np

from ...errors import ShapeError
from ...graph import Node, Operation
from ...primitives import Geometry
from ...registry import RegisterGradient
from ..array import as_node, ones_like
from ..elementwise import cast, where
from ..indexing import take
from ..reduction import max, sum
from .convolution import channels_last, numbers, padded, put_first

__all__ = [
    "MaxPool", "OfLargest", "Spread", "SumPool", "ToLargest", "adaptive_avg_pool",
    "adaptive_max_pool", "avg_pool", "max_pool",
]  # fmt: skip


class MaxPool(Operation):
    """The largest entry of every window."""

    attributes = ("window", "geometry")
    masks = True

    window: tuple[int, ...]
    geometry: Geometry

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.max_pool(x, self.window, self.geometry)


@RegisterGradient("MaxPool")
def _max_pool_grad(op: MaxPool, grad: Node) -> Node:
    return ToLargest(grad, op.inputs[0], op, window=op.window, geometry=op.geometry)


class ToLargest(Operation):
    """What arrives at a window in equal shares to the entries that are its largest."""

    attributes = ("window", "geometry")

    window: tuple[int, ...]
    geometry: Geometry

    def compute(self, xp: Any, grad: Any, x: Any, top: Any) -> Any:
        return xp.to_largest(grad, x, top, self.window, self.geometry)


@RegisterGradient("ToLargest")
def _to_largest_grad(op: ToLargest, grad: Node) -> list[Node | None]:
    _, x, top = op.inputs
    return [OfLargest(grad, x, top, window=op.window, geometry=op.geometry), None, None]


class OfLargest(Operation):
    """The mean of the entries that are the largest of their window in another array."""

    attributes = ("window", "geometry")

    window: tuple[int, ...]
    geometry: Geometry

    def compute(self, xp: Any, grad: Any, x: Any, top: Any) -> Any:
        return xp.of_largest(grad, x, top, self.window, self.geometry)


@RegisterGradient("OfLargest")
def _of_largest_grad(op: OfLargest, grad: Node) -> list[Node | None]:
    _, x, top = op.inputs
    return [ToLargest(grad, x, top, window=op.window, geometry=op.geometry), None, None]


class SumPool(Operation):
    """The sum of every window."""

    attributes = ("window", "geometry")

    window: tuple[int, ...]
    geometry: Geometry

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.sum_pool(x, self.window, self.geometry)


@RegisterGradient("SumPool")
def _sum_pool_grad(op: SumPool, grad: Node) -> Node:
    return Spread(grad, op.inputs[0], window=op.window, geometry=op.geometry)


class Spread(Operation):
    """What arrives at a window added to each of its entries."""

    attributes = ("window", "geometry")

    window: tuple[int, ...]
    geometry: Geometry

    def compute(self, xp: Any, grad: Any, like: Any) -> Any:
        return xp.spread(grad, like, self.window, self.geometry)


@RegisterGradient("Spread")
def _spread_grad(op: Spread, grad: Node) -> list[Node | None]:
    return [SumPool(grad, window=op.window, geometry=op.geometry), None]


class _Windows(NamedTuple):
    """What is pooled, with its channels last; whether they were first; windows, and how they go."""

    x: Node
    were_first: bool
    window: tuple[int, ...]
    geometry: Geometry

    def placed(self, pooled: Node) -> Node:
        """The channels of the result where they were in x."""
        return put_first(pooled, self.were_first, len(self.window))


def _windows(
    caller: str, x: Any, window: Any, strides: Any, padding: Any, dilations: Any,
    data_format: str | None,
) -> _Windows:  # fmt: skip
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
    return _Windows(y, were_first, sizes, Geometry(steps, pads, gaps))


def max_pool(
    x: Any, window: Any, strides: Any = None, padding: Any = "VALID", dilations: Any = 1,
    data_format: str | None = None, name: str | None = None,
) -> Node:  # fmt: skip
    """The largest entry of every window, per channel; x has one to three spatial axes.

    Axes, `padding` and `data_format` as in `conv2d`; `strides` are the window's sizes by default.
    What lies outside of x counts for nothing. Ties share the gradient equally.
    """
    of = _windows("max_pool", x, window, strides, padding, dilations, data_format)
    return of.placed(MaxPool(of.x, window=of.window, geometry=of.geometry, name=name))


def avg_pool(
    x: Any, window: Any, strides: Any = None, padding: Any = "VALID", dilations: Any = 1,
    data_format: str | None = None, count_include_pad: bool = False, name: str | None = None,
) -> Node:  # fmt: skip
    """The mean of every window, per channel; x has one to three spatial axes.

    Arguments as in `max_pool`. The mean is of what lies in x (TensorFlow's way), or, with
    `count_include_pad`, of the padding's zeros too (PyTorch's).
    """
    of = _windows("avg_pool", x, window, strides, padding, dilations, data_format)
    wide = of.x if of.x.dtype.kind in "fc" else cast(of.x, np.float64)
    total = SumPool(wide, window=of.window, geometry=of.geometry)
    if count_include_pad or not any(map(any, of.geometry.padding)):
        mean = total / prod(of.window)
    else:
        ones = ones_like(wide[:1, ..., :1])
        mean = total / SumPool(ones, window=of.window, geometry=of.geometry)
    return of.placed(where(True, mean, mean, name=name) if name else mean)


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
