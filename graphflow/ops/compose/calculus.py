"""Functions of samples: interpolation, integrals, slopes, polynomials, choices, convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


from ... import registry, shapes
from ...errors import DTypeError, ShapeError
from ...graph import Node, Operation
from ...registry import RegisterGradient
from ..array import as_node, as_nodes, concatenate, reshape, stack, zeros_like
from ..elementwise import (
    abs,
    add,
    clip,
    divide,
    logical_and,
    multiply,
    remainder,
    where,
)
from ..indexing import getitem
from ..reduction import norm2, sum
from ..scan import cumsum
from ..sorting import searchsorted
from .arranging import diff, flip
from .padding import pad
from .known import along, rank_of, size_of

__all__ = [
    "Convolve", "convolve", "correlate", "gradient", "interp", "polyadd", "polyder", "polyfit",
    "polyint", "polymul", "polysub", "polyval", "select", "trapezoid", "unwrap", "vander",
]  # fmt: skip


def interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, name: str | None = None
) -> Node:
    """The piecewise linear function through the points (xp, fp), at x: `np.interp`.

    xp ascends, and its size, at least 1, must be known. Beyond its ends the value is `left` and
    `right`, by default that at the end, where the gradient by x is 0. Differentiable by all of x,
    xp, fp; at a point of xp the slope is that to the right.
    """
    at, points, values = as_nodes(x, xp, fp)
    if rank_of("interp", points) != 1 or rank_of("interp", values) != 1:
        raise ShapeError("interp: xp and fp are vectors")
    count = size_of("interp", points, 0)
    if count < 1 or not shapes.maybe_equal(points.shape, values.shape):
        raise ShapeError(f"interp: {points.describe()} does not fit {values.describe()}")
    low = values[0] if left is None else as_node(left, [at])
    high = values[-1] if right is None else as_node(right, [at])
    if count == 1:
        inside = values[0] + 0 * at
    else:
        i = clip(searchsorted(points, at, side="right") - 1, 0, count - 2)
        x0, f0 = getitem(points, i), getitem(values, i)
        slope = (getitem(values, i + 1) - f0) / (getitem(points, i + 1) - x0)
        inside = f0 + slope * (at - x0)
    inside = where(at == points[-1], values[-1], inside)
    return where(at < points[0], low, where(at > points[-1], high, inside), name=name)


def trapezoid(
    y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1, name: str | None = None
) -> Node:
    """The integral of samples y along `axis`, by the trapezoidal rule, at points x or dx apart."""
    values = as_node(y)
    place = shapes.normalize_axis(axis, rank_of("trapezoid", values))
    middle = along(values, place, slice(1, None)) + along(values, place, slice(None, -1))
    if x is None:
        return multiply(0.5, sum(dx * middle, axis=place), name=name)
    points = as_node(x, [values])
    if rank_of("trapezoid", points) == 1:
        steps = _spread(diff(points), place, rank_of("trapezoid", values))
    else:
        steps = diff(points, axis=axis)
    return multiply(0.5, sum(steps * middle, axis=place), name=name)


def _spread(vector: Node, place: int, rank: int) -> Node:
    """A vector along one of several axes."""
    return reshape(vector, tuple([-1 if axis == place else 1 for axis in range(rank)]))


def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Slopes of samples by central differences: `np.gradient`, for one axis or a tuple of more.

    `varargs` are the spacing: nothing (1), a number, or a number or vector of coordinates per axis.
    Sizes along the axes must be known, at least edge_order + 1.
    """
    x = as_node(f)
    rank = rank_of("gradient", x)
    given = shapes.as_axis(axis)
    axes = shapes.normalize_axes(given, rank)
    if isinstance(given, tuple):  # in the order in which they are asked for
        axes = tuple([shapes.normalize_axis(a, rank) for a in given])
    spacing = list(varargs) if varargs else [1.0]
    if len(spacing) == 1:
        spacing = spacing * len(axes)
    if len(spacing) != len(axes) or edge_order not in (1, 2):
        raise ShapeError(f"gradient: {len(spacing)} spacings for {len(axes)} axes; edge_order 1, 2")
    found = [_slope(x, h, a, edge_order) for h, a in zip(spacing, axes, strict=True)]
    return found[0] if len(found) == 1 else tuple(found)


def _slope(x: Node, spacing: Any, axis: int, edge_order: int) -> Node:
    n, rank = size_of("gradient", x, axis), rank_of("gradient", x)
    if n <= edge_order:
        raise ShapeError(f"gradient: at least {edge_order + 1} samples: {x.describe()}")
    h: Any = spacing if isinstance(spacing, int | float) else as_node(spacing, [x])
    even = not isinstance(h, Node) or rank_of("gradient", h) == 0
    steps = None if even else _spread(diff(h), axis, rank)

    def part(start: int | None, stop: int | None) -> Node:
        return along(x, axis, slice(start, stop))

    def step(start: int | None, stop: int | None) -> Any:
        return h if steps is None else along(steps, axis, slice(start, stop))

    before, after = (h, h) if even else (step(None, -1), step(1, None))
    a, b, c = part(None, -2), part(1, -1), part(2, None)
    if even:
        inner = (c - a) / (2 * h)
    else:
        inner = (
            before * before * c - after * after * a + (after * after - before * before) * b
        ) / (before * after * (before + after))
    if edge_order == 1:
        first = (part(1, 2) - part(0, 1)) / step(0, 1)
        last = (part(-1, None) - part(-2, -1)) / step(-1, None)
    else:
        first = _edge(part(0, 1), part(1, 2), part(2, 3), step(0, 1), step(1, 2))
        last = -_edge(
            part(-1, None), part(-2, -1), part(n - 3, n - 2), step(-1, None), step(-2, -1)
        )
    return concatenate([first, inner, last], axis)


def _edge(f0: Node, f1: Node, f2: Node, d1: Any, d2: Any) -> Node:
    """The slope at f0 of the parabola through three samples, d1 and d2 apart."""
    a = -(2 * d1 + d2) / (d1 * (d1 + d2))
    b = (d1 + d2) / (d1 * d2)
    c = -d1 / (d2 * (d1 + d2))
    slope: Node = a * f0 + b * f1 + c * f2
    return slope


def select(
    condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0, name: str | None = None
) -> Node:
    """The choice whose condition is the first that is true, elementwise, or the default."""
    if len(condlist) != len(choicelist) or not condlist:
        raise ShapeError(f"select: {len(condlist)} conditions for {len(choicelist)} choices")
    result = default
    for i in reversed(range(len(condlist))):
        if as_node(condlist[i]).dtype.kind != "b":
            raise DTypeError(f"select: conditions are booleans: {as_node(condlist[i]).describe()}")
        result = where(condlist[i], choicelist[i], result, name=name if i == 0 else None)
    node: Node = result
    return node


def polyval(p: Any, x: Any, name: str | None = None) -> Node:
    """The polynomial with coefficients p, the highest power first, at x, by Horner's rule."""
    coefficients, at = as_nodes(p, x)
    result = zeros_like(at)
    for i in range(size_of("polyval", coefficients, 0)):
        result = add(multiply(result, at), coefficients[i])
    return add(result, 0, name=name) if name else result


def vander(
    x: Any, N: int | None = None, increasing: bool = False, name: str | None = None
) -> Node:  # fmt: skip
    """The powers of a vector, in columns, the highest (or lowest) first."""
    vector = as_node(x)
    if rank_of("vander", vector) != 1:
        raise ShapeError(f"vander: a vector: {vector.describe()}")
    count = size_of("vander", vector, 0) if N is None else int(N)
    powers = list(range(count)) if increasing else list(range(count))[::-1]
    if not powers:
        raise ShapeError("vander: no columns")
    return stack([vector**n for n in powers], axis=1, name=name)


class Convolve(Operation):
    """The discrete convolution of vectors, whole ("full") or where the second lies inside the
    first ("valid").
    """

    attributes = ("mode",)

    mode: str

    def compute(self, xp: Any, a: Any, v: Any) -> Any:
        return xp.convolve(a, v, self.mode)


@RegisterGradient("Convolve")
def _convolve_grad(op: Convolve, grad: Node) -> list[Node | None]:
    a, v = op.inputs
    if op.mode == "full":
        return [Convolve(grad, flip(x), mode="valid") for x in (v, a)]
    return [Convolve(grad, flip(v), mode="full"), flip(Convolve(a, flip(grad), mode="valid"))]


def convolve(a: Any, v: Any, mode: str = "full", name: str | None = None) -> Node:
    """The discrete convolution of two vectors: `np.convolve`, with modes "full", "same", "valid".

    For the last two, sizes must be known.
    """
    x, y = as_nodes(a, v)
    if mode == "full":
        return Convolve(x, y, mode="full", name=name)
    if mode not in ("same", "valid"):
        raise ShapeError(f"convolve: the mode is 'full', 'same' or 'valid', not {mode!r}")
    long, short = size_of("convolve", x, 0), size_of("convolve", y, 0)
    if long < short:
        x, y, long, short = y, x, short, long
    if mode == "valid":
        return Convolve(x, y, mode="valid", name=name)
    start = (short - 1) // 2
    return getitem(Convolve(x, y, mode="full"), slice(start, start + long), name=name)


def correlate(a: Any, v: Any, mode: str = "valid", name: str | None = None) -> Node:
    """The cross-correlation of two vectors: `np.correlate`, with modes "full", "same", "valid"."""
    x, y = as_nodes(a, v)
    if mode == "full":
        return convolve(x, flip(y), "full", name=name)
    if size_of("correlate", x, 0) < size_of("correlate", y, 0):
        return flip(convolve(y, flip(x), mode), name=name)
    return convolve(x, flip(y), mode, name=name)


def polymul(a1: Any, a2: Any, name: str | None = None) -> Node:
    """The product of polynomials, by their coefficients, the highest power first."""
    return convolve(a1, a2, name=name)


def polyadd(a1: Any, a2: Any, name: str | None = None) -> Node:
    """The sum of polynomials, by their coefficients, the highest power first; sizes known."""
    x, y = as_nodes(a1, a2)
    m, n = size_of("polyadd", x, 0), size_of("polyadd", y, 0)
    x = pad(x, (n - m, 0)) if m < n else x
    y = pad(y, (m - n, 0)) if n < m else y
    return add(x, y, name=name)


def polysub(a1: Any, a2: Any, name: str | None = None) -> Node:
    """The difference of polynomials, by their coefficients; otherwise as `polyadd`."""
    x, y = as_nodes(a1, a2)
    return polyadd(x, -y, name=name)


def polyder(p: Any, m: int = 1, name: str | None = None) -> Node:
    """The m-th derivative of a polynomial, by its coefficients; their number must be known."""
    x = as_node(p)
    for _ in range(int(m)):
        powers = np.arange(size_of("polyder", x, 0) - 1, 0, -1).astype(x.dtype)
        x = multiply(x[:-1], powers, name=name)
    return x


def polyint(p: Any, m: int = 1, name: str | None = None) -> Node:
    """The m-th integral of a polynomial, with constants 0; their number must be known."""
    x = as_node(p)
    for _ in range(int(m)):
        powers = np.arange(size_of("polyint", x, 0), 0, -1).astype(x.dtype)
        x = pad(x / powers, (0, 1))
    return x


def polyfit(x: Any, y: Any, deg: int, name: str | None = None) -> Node:
    """The polynomial of degree `deg` that fits points (x, y) best, by its coefficients.

    Least squares of columns of length 1, as NumPy's; differentiable by both.
    """
    columns = vander(x, int(deg) + 1)
    scale = norm2(columns, axis=0)
    found = registry.call("lstsq", columns / scale, y).x
    widths = scale if rank_of("polyfit", as_node(y)) == 1 else reshape(scale, (-1, 1))
    return divide(found, widths, name=name)


def unwrap(
    p: Any, discont: float | None = None, axis: int = -1, period: Any = 2 * np.pi,
    name: str | None = None,
) -> Node:  # fmt: skip
    """Angles along `axis` with whole periods added so that steps are at most half a period."""
    x = as_node(p)
    place = shapes.normalize_axis(axis, rank_of("unwrap", x))
    step = diff(x, axis=place)
    half = period / 2
    rest = remainder(step + half, period) - half
    rest = where(logical_and(rest == -half, step > 0), half, rest)
    fixed = where(abs(step) < (half if discont is None else discont), 0, rest - step)
    first = zeros_like(along(x, place, slice(0, 1)))
    return add(x, cumsum(concatenate([first, fixed], place), place), name=name)
