"""Convolutions of one, two and three spatial axes, and transposed ones."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import ShapeError
from ...graph import Node, Operation
from ...primitives import Geometry
from ...registry import RegisterGradient
from ...shapes import Size
from ..array import as_nodes, transpose

__all__ = [
    "Conv", "ConvInput", "ConvKernel", "conv1d", "conv2d", "conv3d", "conv_transpose1d",
    "conv_transpose2d", "conv_transpose3d",
]  # fmt: skip

_FORMATS = {1: ("NWC", "NCW"), 2: ("NHWC", "NCHW"), 3: ("NDHWC", "NCDHW")}


class Conv(Operation):
    attributes = ("geometry",)

    geometry: Geometry

    def compute(self, xp: Any, x: Any, w: Any) -> Any:
        return xp.conv(x, w, self.geometry)


@RegisterGradient("Conv")
def _conv_grad(op: Conv, grad: Node) -> list[Node | None]:
    x, w = op.inputs
    return [
        ConvInput(grad, w, x, geometry=op.geometry),
        ConvKernel(x, grad, w, geometry=op.geometry),
    ]


class ConvInput(Operation):
    """The gradient of a convolution by its input: also a transposed convolution."""

    attributes = ("geometry",)

    geometry: Geometry

    def compute(self, xp: Any, grad: Any, w: Any, like: Any) -> Any:
        return xp.conv_input(grad, w, like, self.geometry)


@RegisterGradient("ConvInput")
def _conv_input_grad(op: ConvInput, grad: Node) -> list[Node | None]:
    given, w, _ = op.inputs
    return [
        Conv(grad, w, geometry=op.geometry),
        ConvKernel(grad, given, w, geometry=op.geometry),
        None,
    ]


class ConvKernel(Operation):
    """The gradient of a convolution by its kernel."""

    attributes = ("geometry",)

    geometry: Geometry

    def compute(self, xp: Any, x: Any, grad: Any, like: Any) -> Any:
        return xp.conv_kernel(x, grad, like, self.geometry)


@RegisterGradient("ConvKernel")
def _conv_kernel_grad(op: ConvKernel, grad: Node) -> list[Node | None]:
    x, given, _ = op.inputs
    return [
        ConvInput(given, grad, x, geometry=op.geometry),
        Conv(x, grad, geometry=op.geometry),
        None,
    ]


def numbers(caller: str, what: str, given: Any, rank: int, least: int = 1) -> tuple[int, ...]:
    """A number per spatial axis, from one or from so many."""
    many = list(given) if isinstance(given, Sequence) else [given] * rank
    found = tuple([operator.index(n) for n in many])
    if len(found) != rank or any(n < least for n in found):
        raise ShapeError(f"{caller}: {what} is a number from {least} on, or {rank}: {given!r}")
    return found


def padded(
    caller: str,
    padding: Any,
    sizes: Sequence[Size],
    window: Sequence[Size],
    strides: tuple[int, ...],
    dilation: tuple[int, ...],
) -> tuple[tuple[int, int], ...]:
    """Zeros before and after, from "VALID", "SAME", a number, or one or two numbers per axis."""
    rank = len(strides)
    if isinstance(padding, str):
        if padding.upper() == "VALID":
            return ((0, 0),) * rank
        if padding.upper() != "SAME":
            raise ShapeError(f"{caller}: padding is 'SAME', 'VALID' or numbers, not {padding!r}")
        return tuple(
            [_same(caller, *four) for four in zip(sizes, window, strides, dilation, strict=True)]
        )
    if not isinstance(padding, Sequence):
        padding = [padding] * rank
    pairs = [(p, p) if not isinstance(p, Sequence) else tuple(p) for p in padding]
    if len(pairs) != rank or any(len(p) != 2 or min(p) < 0 for p in pairs):
        raise ShapeError(f"{caller}: padding is a number or a pair per axis: {padding!r}")
    return tuple([(operator.index(a), operator.index(b)) for a, b in pairs])


def _same(caller: str, size: Size, window: Size, stride: int, dilation: int) -> tuple[int, int]:
    """TensorFlow's rule: ceil(size / stride) windows, the odd zero behind."""
    if not isinstance(window, int) or (stride > 1 and not isinstance(size, int)):
        raise ShapeError(
            f"{caller}: padding 'SAME' needs known sizes of kernel and, with strides, of input"
        )
    reach = dilation * (window - 1) + 1
    if stride == 1 or not isinstance(size, int):
        total = reach - 1
    else:
        total = max(0, (-(-size // stride) - 1) * stride + reach - size)
    return total // 2, total - total // 2


def channels_last(caller: str, x: Node, rank: int, data_format: str | None) -> tuple[Node, bool]:
    """x with its channels last, and whether they were first."""
    last, first = _FORMATS[rank]
    if data_format not in (None, last, first):
        raise ShapeError(f"{caller}: data_format is {last!r} or {first!r}, not {data_format!r}")
    if data_format == first:
        return transpose(x, (0, *range(2, rank + 2), 1)), True
    return x, False


def put_first(x: Node, were_first: bool, rank: int) -> Node:
    """Undoes `channels_last`."""
    return transpose(x, (0, rank + 1, *range(1, rank + 1))) if were_first else x


def _conv(
    rank: int, x: Any, filters: Any, strides: Any, padding: Any, dilations: Any, groups: int,
    data_format: str | None, name: str | None,
) -> Node:  # fmt: skip
    caller = f"conv{rank}d"
    given, w = as_nodes(x, filters)
    y, were_first = channels_last(caller, given, rank, data_format)
    steps = numbers(caller, "strides", strides, rank)
    gaps = numbers(caller, "dilations", dilations, rank)
    window = _window(caller, w, rank)
    sizes = y.shape[1:-1] if y.shape is not None else (None,) * rank
    pads = padded(caller, padding, _spatial(caller, y, sizes, rank), window, steps, gaps)
    geometry = Geometry(steps, pads, gaps, operator.index(groups))
    return put_first(Conv(y, w, geometry=geometry, name=name), were_first, rank)


def _spatial(caller: str, x: Node, sizes: Sequence[Size], rank: int) -> Sequence[Size]:
    if len(sizes) != rank:
        raise ShapeError(f"{caller}: the input has {rank + 2} axes: {x.describe()}")
    return sizes


def _window(caller: str, w: Node, rank: int) -> Sequence[Size]:
    if w.shape is None or len(w.shape) != rank + 2:
        raise ShapeError(
            f"{caller}: the kernel is ({'window, ' * rank}channels, output channels): "
            f"{w.describe()}"
        )
    return w.shape[:-2]


def conv1d(
    x: Any, filters: Any, strides: Any = 1, padding: Any = "VALID", dilations: Any = 1,
    groups: int = 1, data_format: str | None = None, name: str | None = None,
) -> Node:  # fmt: skip
    """As `conv2d`, with one spatial axis: x (batch, width, channels), filters (width, in, out)."""
    return _conv(1, x, filters, strides, padding, dilations, groups, data_format, name)


def conv2d(
    x: Any, filters: Any, strides: Any = 1, padding: Any = "VALID", dilations: Any = 1,
    groups: int = 1, data_format: str | None = None, name: str | None = None,
) -> Node:  # fmt: skip
    """The sum over windows of x times filters, which are not turned round: a cross-correlation.

    x is (batch, height, width, channels), or (batch, channels, height, width) with `data_format`
    "NCHW"; filters are (height, width, channels / groups, output channels). `padding` is "VALID",
    "SAME" (as many outputs as ceil(size / stride), TensorFlow's way), or zeros: a number, one per
    axis, or a pair (before, after) per axis. Raises ShapeError for what does not fit.
    """
    return _conv(2, x, filters, strides, padding, dilations, groups, data_format, name)


def conv3d(
    x: Any, filters: Any, strides: Any = 1, padding: Any = "VALID", dilations: Any = 1,
    groups: int = 1, data_format: str | None = None, name: str | None = None,
) -> Node:  # fmt: skip
    """As `conv2d`, with three spatial axes: x (batch, depth, height, width, channels)."""
    return _conv(3, x, filters, strides, padding, dilations, groups, data_format, name)


def _conv_transpose(
    rank: int, x: Any, filters: Any, strides: Any, padding: Any, dilations: Any, groups: int,
    output_padding: Any, data_format: str | None, name: str | None,
) -> Node:  # fmt: skip
    caller = f"conv_transpose{rank}d"
    given, w = as_nodes(x, filters)
    y, were_first = channels_last(caller, given, rank, data_format)
    steps = numbers(caller, "strides", strides, rank)
    gaps = numbers(caller, "dilations", dilations, rank)
    more = numbers(caller, "output_padding", output_padding, rank, 0)
    window = _window(caller, w, rank)
    sizes = _spatial(caller, y, y.shape[1:-1] if y.shape is not None else (), rank)
    known = [n for n in (*sizes, *window) if isinstance(n, int)]
    if len(known) < 2 * rank:
        raise ShapeError(f"{caller}: spatial sizes must be known: {y.describe()}")
    reach = [d * (k - 1) + 1 for k, d in zip(known[rank:], gaps, strict=True)]
    same = isinstance(padding, str) and padding.upper() == "SAME"
    if same:
        whole = [n * s for n, s in zip(known, steps, strict=False)]
        pads = padded(caller, "SAME", whole, window, steps, gaps)
    else:
        pads = padded(caller, padding, sizes, window, steps, gaps)
        whole = [
            (n - 1) * s + r - a - b + m
            for n, s, r, (a, b), m in zip(known, steps, reach, pads, more, strict=False)
        ]
    like = np.zeros((1, *whole, 1), np.bool_)
    geometry = Geometry(steps, pads, gaps, operator.index(groups))
    return put_first(ConvInput(y, w, like, geometry=geometry, name=name), were_first, rank)


def conv_transpose1d(
    x: Any, filters: Any, strides: Any = 1, padding: Any = "VALID", dilations: Any = 1,
    groups: int = 1, output_padding: Any = 0, data_format: str | None = None,
    name: str | None = None,
) -> Node:  # fmt: skip
    """As `conv_transpose2d`, with one spatial axis."""
    return _conv_transpose(
        1, x, filters, strides, padding, dilations, groups, output_padding, data_format, name
    )


def conv_transpose2d(
    x: Any, filters: Any, strides: Any = 1, padding: Any = "VALID", dilations: Any = 1,
    groups: int = 1, output_padding: Any = 0, data_format: str | None = None,
    name: str | None = None,
) -> Node:  # fmt: skip
    """The transpose of the `conv2d` with these arguments, which takes the output's size to x's.

    filters are those of that convolution: (height, width, output channels / groups, channels of x).
    The output's size is (size - 1) * stride + dilation * (window - 1) + 1 less the padding, plus
    `output_padding`; with "SAME" it is size * stride. Spatial sizes must be known.
    """
    return _conv_transpose(
        2, x, filters, strides, padding, dilations, groups, output_padding, data_format, name
    )


def conv_transpose3d(
    x: Any, filters: Any, strides: Any = 1, padding: Any = "VALID", dilations: Any = 1,
    groups: int = 1, output_padding: Any = 0, data_format: str | None = None,
    name: str | None = None,
) -> Node:  # fmt: skip
    """As `conv_transpose2d`, with three spatial axes."""
    return _conv_transpose(
        3, x, filters, strides, padding, dilations, groups, output_padding, data_format, name
    )
