"""Domains: where an operand may lie, away from kinks and poles, and what brings it there."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..dtypes import Array

MARGIN = 0.05  # how far from a kink or a pole a value is
_LARGE = 1000.0
_REPEATS = 10  # so many steps or corners are told on each side of 0

Draw = Callable[[np.random.Generator, tuple[int, ...]], Array]


def _anything(value: Array) -> bool:
    return bool(np.all(np.abs(value) <= _LARGE))


def _nowhere(value: Array) -> str:
    return ""


@dataclass(frozen=True)
class Domain:
    """Where an operand lies.

    `draw(rng, shape)` gives float64, integers or booleans; `holds(value)` tells whether an array
    lies in it; `brought(value)` is Python that makes a node of the domain from a node `{}` of this
    value, or nothing where there is none. `rank` is the least that an array of it has.
    """

    kind: str  # "f", "i" or "b"
    draw: Draw
    holds: Callable[[Array], bool] = _anything
    brought: Callable[[Array], str] = _nowhere
    rank: int = 0


def _away(value: Array, but: tuple[float, ...]) -> Array:
    return np.all([np.abs(value - b) >= MARGIN for b in but], axis=0)


def _squeezed(low: float, high: float) -> str:
    """Python for a smooth function into an interval, in numbers of one or two digits."""
    digits = 1 if high - low > 0.6 else 2
    center = round((low + high) / 2, digits)
    radius = math.floor(0.9 * min(center - low, high - center) * 10**digits) / 10**digits
    return f"{center:g} + {radius:g} * gf.tanh({{}})" if center else f"{radius:g} * gf.tanh({{}})"


def reals(low: float, high: float, *, but: tuple[float, ...] = (), wide: bool = False) -> Domain:
    """Uniform between the bounds, away from each of `but`: the kinks and poles.

    A value may lie further out where the domain is `wide`: the bounds are those of what is drawn.
    """
    least, most = (-_LARGE, _LARGE) if wide else (low, high)

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        values = rng.uniform(low, high, shape)
        for _ in range(100):
            far = _away(values, but) if but else True
            if np.all(far):
                return np.asarray(values)
            values = np.where(far, values, rng.uniform(low, high, shape))
        raise AssertionError(f"nothing left between {low} and {high} but {but}")

    def holds(value: Array) -> bool:
        inside = (value >= least) & (value <= most)
        return bool(np.all(inside & _away(value, but) if but else inside))

    edges = sorted({low, high, *(b for b in but if low < b < high)})
    gaps = [*pairwise(edges)]
    left, right = max(reversed(gaps), key=lambda gap: round(gap[1] - gap[0], 6))
    squeezed = _squeezed(left, right)
    return Domain("f", draw, holds, lambda value: squeezed)


def between_multiples(low: float, high: float, offset: float = 0.0) -> Domain:
    """Away from every integer plus `offset`: steps and corners that repeat."""
    inner = [n + offset for n in range(-_REPEATS, _REPEATS + 1)]
    near = reals(low, high, but=tuple(n for n in inner if low <= n <= high))

    def holds(value: Array) -> bool:
        gap = np.abs(value - offset - np.rint(value - offset))
        return _anything(value) and bool(np.all(gap >= MARGIN))

    return Domain("f", near.draw, holds, near.brought)


def grid(low: float, high: float, offset: float = 0.0) -> Domain:
    """Multiples of 0.1 plus an offset: operands with other offsets never tie."""
    steps = round((high - low) / 0.1)
    return Domain("f", lambda rng, shape: low + 0.1 * rng.integers(0, steps, shape) + offset)


def _is_spread(value: Array) -> bool:
    apart = np.diff(np.sort(value, axis=None)) >= MARGIN
    return _anything(value) and bool(np.all(apart))


def _ramp(value: Array) -> str:
    if value.ndim == 0:
        return ""
    shape = "" if value.ndim == 1 else f".reshape{value.shape}"
    return f"np.arange({float(value.size)}){shape} + 0.4 * gf.tanh({{}})"


def distinct(low: float = -2.0, high: float = 2.0) -> Domain:
    """No two entries alike: no ties in an extreme."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return rng.permutation(np.linspace(low, high, max(1, int(np.prod(shape))))).reshape(shape)

    return Domain("f", draw, _is_spread, _ramp)


def _split(value: Array) -> float | None:
    """A number that no entry is near, with entries on both sides where that can be."""
    middle = np.sort(value, axis=None)[value.size // 2] if value.size else 0.0
    numbers = sorted(np.arange(-8, 9) / 4, key=lambda c: float(abs(c - middle)))
    return next((float(c) for c in numbers if np.all(np.abs(value - c) >= MARGIN)), None)


def integers(low: int, high: int) -> Domain:
    """From `low` to below `high`."""

    def brought(value: Array) -> str:
        split = _split(value)
        if split is None or low + 1 >= high:
            return ""
        start = f"{low} + " if low else ""
        return f"{start}gf.cast({{}} > {split:g}, np.int64)"

    return Domain(
        "i",
        lambda rng, shape: rng.integers(low, high, shape),
        lambda value: bool(np.all((value >= low) & (value < high))),
        brought,
    )


def booleans() -> Domain:
    """True or false."""

    def brought(value: Array) -> str:
        split = _split(value)
        return "" if split is None else f"{{}} > {split:g}"

    return Domain("b", lambda rng, shape: rng.random(shape) < 0.5, lambda value: True, brought)


# ---- matrices ---------------------------------------------------------------------------------


def _well_spread(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    matrix = 0.3 * rng.normal(size=shape)
    for i in range(min(shape[-2:])):
        matrix[..., i, i] += 1.0 + 1.5 * i
    return matrix


def _is_regular(value: Array) -> bool:
    if value.ndim < 2 or value.size == 0 or value.shape[-1] > 3 or not _anything(value):
        return False
    singular = np.linalg.svd(value, compute_uv=False)
    if singular.min() < 0.3 or np.min(-np.diff(singular), initial=1.0) < 0.3:
        return False
    if value.shape[-1] != value.shape[-2]:
        return True
    symmetric = np.linalg.eigvalsh(value + np.swapaxes(value, -1, -2)) / 2
    roots = np.linalg.eigvals(value)
    # For slopes of eigenvalues: real ones, apart, none near 0.
    real = np.all(np.isreal(roots)) and np.min(np.abs(roots)) > 0.3
    gaps = np.diff(np.sort(roots.real, axis=-1)), np.diff(symmetric)
    return bool(real and min(np.min(gap, initial=1.0) for gap in gaps) > 0.2)


_DIAGONALS = {1: "1.0", 2: "1.0, 2.5", 3: "1.0, 2.5, 4.0"}


def _as_matrix(value: Array) -> str:
    square = value.ndim >= 2 and value.shape[-1] == value.shape[-2]
    n = value.shape[-1] if square or value.ndim == 1 else 2
    if n not in _DIAGONALS or not (square or value.ndim < 2):
        return ""
    return f"np.diag([{_DIAGONALS[n]}]) + 0.2 * gf.tanh({{}})"


# Matrices whose singular values, and those of whose symmetric parts, lie apart.
REGULAR = Domain("f", _well_spread, _is_regular, _as_matrix, rank=2)


# ---- the usual ones ---------------------------------------------------------------------------

ANY = reals(-3, 3, wide=True)
NOT_ZERO = reals(-3, 3, but=(0.0,), wide=True)
POSITIVE = reals(0.1, 5)
STEPS = between_multiples(-2.9, 2.9)  # away from the integers
HALVES = between_multiples(-2.4, 2.4, 0.5)
BOOLEANS = booleans()
