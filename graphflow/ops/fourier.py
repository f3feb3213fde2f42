"""Discrete Fourier transforms. Gradients by complex numbers: see `elementwise/parts.py`."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import shapes
from ..errors import DTypeError, ShapeError
from ..graph import Node, Operation, constant
from ..registry import RegisterGradient
from .array import as_node, concatenate, zeros_like
from .compose.arranging import roll
from .compose.known import along, rank_of, size_of
from .compose.padding import pad
from .elementwise import conjugate, multiply, real

__all__ = [
    "Fft", "Irfft", "Rfft", "fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "ifft", "ifft2",
    "ifftn", "ifftshift", "ihfft", "irfft", "irfft2", "irfftn", "rfft", "rfft2", "rfftfreq",
    "rfftn",
]  # fmt: skip

_NORMS = ("backward", "ortho", "forward")
_SWAPPED = {"backward": "forward", "ortho": "ortho", "forward": "backward"}


class Fft(Operation):
    attributes = ("axis", "norm", "inverse")

    axis: int
    norm: str
    inverse: bool

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.fft(x, self.axis, self.norm, self.inverse)


@RegisterGradient("Fft")
def _fft_grad(op: Fft, grad: Node) -> Node:
    """The matrix of the transform is symmetric."""
    return Fft(grad, axis=op.axis, norm=op.norm, inverse=op.inverse)


class Rfft(Operation):
    attributes = ("axis", "norm")

    axis: int
    norm: str

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.rfft(x, self.axis, self.norm)


@RegisterGradient("Rfft")
def _rfft_grad(op: Rfft, grad: Node) -> Node:
    (x,) = op.inputs
    count = size_of("gradients", x, op.axis)
    rest = count - size_of("gradients", grad, op.axis)
    if rest:
        grad = concatenate([grad, zeros_like(along(grad, op.axis, slice(0, rest)))], op.axis)
    return real(Fft(grad, axis=op.axis, norm=op.norm, inverse=False))


class Irfft(Operation):
    attributes = ("axis", "norm", "n")

    axis: int
    norm: str
    n: int

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.irfft(x, self.axis, self.norm, self.n)


@RegisterGradient("Irfft")
def _irfft_grad(op: Irfft, grad: Node) -> Node:
    """Every frequency stands for two, but 0 and, for an even n, the last."""
    spectrum = conjugate(Rfft(grad, axis=op.axis, norm=_SWAPPED[op.norm]))
    count = op.n // 2 + 1
    twice = np.full(count, 2.0)
    twice[0] = 1
    if op.n % 2 == 0:
        twice[-1] = 1
    rank = rank_of("gradients", spectrum)
    wide = twice.reshape([-1 if a == op.axis else 1 for a in range(rank)])
    return spectrum * wide.astype(grad.dtype)


def _opened(caller: str, a: Any, axis: int, norm: str | None) -> tuple[Node, int, str]:
    x = as_node(a)
    known = "backward" if norm is None else norm
    if known not in _NORMS:
        raise ShapeError(f"{caller}: the norm is one of {_NORMS}, not {norm!r}")
    return x, shapes.normalize_axis(axis, rank_of(caller, x)), known


def _sized(caller: str, x: Node, n: int | None, axis: int) -> Node:
    """x cut, or filled up with zeros, to n entries along an axis."""
    if n is None:
        return x
    size, wanted = size_of(caller, x, axis), operator.index(n)
    if wanted < 1:
        raise ShapeError(f"{caller}: the number of points must be positive, not {n}")
    if wanted <= size:
        return x if wanted == size else along(x, axis, slice(0, wanted))
    widths = [(0, wanted - size if a == axis else 0) for a in range(rank_of(caller, x))]
    return pad(x, widths)


def fft(
    a: Any, n: int | None = None, axis: int = -1, norm: str | None = None, name: str | None = None
) -> Node:
    """The discrete Fourier transform along `axis`, of n points (cut or zeros added): complex.

    `norm` says which direction is divided by n: "backward" (this one is not), "forward", "ortho"
    (each by its root). Source: NumPy's pocketfft.
    """
    x, place, known = _opened("fft", a, axis, norm)
    x = _sized("fft", x, n, place)
    return Fft(x, axis=place, norm=known, inverse=False, name=name)


def ifft(
    a: Any, n: int | None = None, axis: int = -1, norm: str | None = None, name: str | None = None
) -> Node:
    """The inverse of `fft`."""
    x, place, known = _opened("ifft", a, axis, norm)
    x = _sized("ifft", x, n, place)
    return Fft(x, axis=place, norm=known, inverse=True, name=name)


def rfft(
    a: Any, n: int | None = None, axis: int = -1, norm: str | None = None, name: str | None = None
) -> Node:
    """The first n // 2 + 1 entries of the `fft` of real numbers; the others are their conjugates.

    For a gradient the number of points must be known. Raises DTypeError for complex numbers.
    """
    x, place, known = _opened("rfft", a, axis, norm)
    if x.dtype.kind == "c":
        raise DTypeError(f"rfft: for real numbers: {x.describe()}", "use fft")
    return Rfft(_sized("rfft", x, n, place), axis=place, norm=known, name=name)


def irfft(
    a: Any, n: int | None = None, axis: int = -1, norm: str | None = None, name: str | None = None
) -> Node:
    """The inverse of `rfft`: n real numbers, by default 2 * (size - 1) of them."""
    x, place, known = _opened("irfft", a, axis, norm)
    count = 2 * (size_of("irfft", x, place) - 1) if n is None else operator.index(n)
    if count < 1:
        raise ShapeError(f"irfft: the number of points must be positive, not {count}")
    x = _sized("irfft", x, count // 2 + 1, place)
    return Irfft(x, axis=place, norm=known, n=count, name=name)


def hfft(
    a: Any, n: int | None = None, axis: int = -1, norm: str | None = None, name: str | None = None
) -> Node:
    """The `fft`, which is real, of points whose second half is the conjugate of the first."""
    swapped = _SWAPPED[_opened("hfft", a, axis, norm)[2]]
    return irfft(conjugate(a), n, axis, swapped, name=name)


def ihfft(
    a: Any, n: int | None = None, axis: int = -1, norm: str | None = None, name: str | None = None
) -> Node:
    """The inverse of `hfft`."""
    swapped = _SWAPPED[_opened("ihfft", a, axis, norm)[2]]
    return conjugate(rfft(a, n, axis, swapped), name=name)


def _axes(caller: str, a: Any, s: Any, axes: Any) -> tuple[Node, list[int], list[int | None]]:
    """The axes to go along and the number of points of each."""
    x = as_node(a)
    rank = rank_of(caller, x)
    if axes is None:
        count = rank if s is None else len(s)
        found = list(range(rank - count, rank))
    else:
        found = [shapes.normalize_axis(axis, rank) for axis in axes]
    if not found:
        raise ShapeError(f"{caller}: nothing to transform: {x.describe()}")
    counts: list[int | None] = [None] * len(found) if s is None else list(s)
    if len(counts) != len(found):
        raise ShapeError(f"{caller}: {len(counts)} numbers of points for {len(found)} axes")
    return x, found, counts


def fftn(a: Any, s: Sequence[int] | None = None, axes: Any = None, norm: str | None = None) -> Node:
    """`fft` along several axes, by default all; `s` has the number of points of each."""
    x, places, counts = _axes("fftn", a, s, axes)
    for place, n in zip(places[::-1], counts[::-1], strict=True):
        x = fft(x, n, place, norm)
    return x


def ifftn(
    a: Any, s: Sequence[int] | None = None, axes: Any = None, norm: str | None = None
) -> Node:
    """The inverse of `fftn`."""
    x, places, counts = _axes("ifftn", a, s, axes)
    for place, n in zip(places[::-1], counts[::-1], strict=True):
        x = ifft(x, n, place, norm)
    return x


def rfftn(
    a: Any, s: Sequence[int] | None = None, axes: Any = None, norm: str | None = None
) -> Node:
    """`rfft` along the last of several axes, then `fft` along the others."""
    x, places, counts = _axes("rfftn", a, s, axes)
    x = rfft(x, counts[-1], places[-1], norm)
    for place, n in zip(places[-2::-1], counts[-2::-1], strict=True):
        x = fft(x, n, place, norm)
    return x


def irfftn(
    a: Any, s: Sequence[int] | None = None, axes: Any = None, norm: str | None = None
) -> Node:
    """The inverse of `rfftn`."""
    x, places, counts = _axes("irfftn", a, s, axes)
    for place, n in zip(places[:-1], counts[:-1], strict=True):
        x = ifft(x, n, place, norm)
    return irfft(x, counts[-1], places[-1], norm)


def fft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Node:
    """`fftn` along two axes, by default the last."""
    return fftn(a, s, axes, norm)


def ifft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Node:
    """`ifftn` along two axes, by default the last."""
    return ifftn(a, s, axes, norm)


def rfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Node:
    """`rfftn` along two axes, by default the last."""
    return rfftn(a, s, axes, norm)


def irfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Node:
    """`irfftn` along two axes, by default the last."""
    return irfftn(a, s, axes, norm)


def fftshift(x: Any, axes: Any = None, name: str | None = None) -> Node:
    """Frequency 0 moved to the middle of `axes`, by default all; their sizes must be known."""
    node = as_node(x)
    places = shapes.normalize_axes(shapes.as_axis(axes), rank_of("fftshift", node))
    steps = tuple([size_of("fftshift", node, a) // 2 for a in places])
    return roll(node, steps, places, name=name)


def ifftshift(x: Any, axes: Any = None, name: str | None = None) -> Node:
    """The inverse of `fftshift`."""
    node = as_node(x)
    places = shapes.normalize_axes(shapes.as_axis(axes), rank_of("ifftshift", node))
    steps = tuple([-(size_of("ifftshift", node, a) // 2) for a in places])
    return roll(node, steps, places, name=name)


def fftfreq(n: int, d: Any = 1.0, name: str | None = None) -> Node:
    """The frequencies of `fft`, in cycles per unit of the spacing d, a number or a node."""
    return _spaced(np.fft.fftfreq(n), d, name)


def rfftfreq(n: int, d: Any = 1.0, name: str | None = None) -> Node:
    """The frequencies of `rfft`, in cycles per unit of the spacing d, a number or a node."""
    return _spaced(np.fft.rfftfreq(n), d, name)


def _spaced(frequencies: Any, d: Any, name: str | None) -> Node:
    if isinstance(d, Node):
        return multiply(frequencies, 1 / d, name=name)
    return constant(frequencies / d, name=name)
