"""Which way of a convolution is the cheapest: a model of its cost by shapes alone.

Its constants are nanoseconds for float32 on a core with AVX-512 and a cache of 1 MiB, for output,
gradient by the kernel and gradient by the input together, fitted to measurements of 49 shapes from
1 to 128 images, of 1 to 64 channels. For float64 all are about twice that, so dtypes choose alike.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from ..primitives import Geometry

_COPIED = 4.0  # a run of entries that is copied at once
_ADDED = 20.0  # a run of entries that is added at once
_ENTRY = 2.0  # an entry of a window, copied and added
_BESIDE = 0.3  # an entry more, where places are in rows
_PRODUCT = 0.06  # a product of an entry and a weight, in each of three matrix products
_MOVED = 3.0  # an element of the input in another order than it comes in


class Way(NamedTuple):
    """How a convolution is computed: with swapped ends or not, and the block of outputs, if any."""

    swapped: bool
    block: tuple[int, ...] = ()


def cheapest(
    x: tuple[int, ...], w: tuple[int, ...], g: Geometry, block: tuple[int, ...], swapped: bool
) -> Way:
    """The cheapest way for an input of shape `x` and kernels of shape `w`.

    `block` is the window of the pool that follows, or nothing; `swapped` says whether the ends of
    the input are swapped already.
    """
    ways = [Way(False), Way(True), *([Way(True, block)] if block else [])]
    moved = [prod(x) * (_MOVED if way.swapped != swapped else 0.0) for way in ways]
    costs = [_cost(x, w, g, way) + more for way, more in zip(ways, moved, strict=True)]
    return ways[costs.index(min(costs))]


def _cost(x: tuple[int, ...], w: tuple[int, ...], g: Geometry, way: Way) -> float:
    """Nanoseconds for one way."""
    rank, (inside, outside) = len(w) - 2, w[-2:]
    block = way.block or (1,) * rank
    window = [k + b - 1 for k, b in zip(w[:-2], block, strict=True)]
    strides = [s * b for s, b in zip(g.strides, block, strict=True)]
    counts = [
        (n + sum(pads) - d * (k - 1) - 1) // s + 1
        for n, pads, d, k, s in zip(x[1:-1], g.padding, g.dilation, window, strides, strict=True)
    ]
    entries = prod(window) * inside * prod(counts) * x[0]
    along = counts[-1] if strides[-1] == 1 else 1  # the places whose entries are side by side
    if way.swapped:
        run = along * x[0] if x[0] > 1 else counts[-1]
        each = _ENTRY + _BESIDE + (_COPIED + _ADDED) / run
    else:
        copied = inside * (window[-1] if g.dilation[-1] == 1 else 1)
        each = _ENTRY + _COPIED / copied + _ADDED / (along * inside)
    return entries * (each + _PRODUCT * prod(block) * outside)
