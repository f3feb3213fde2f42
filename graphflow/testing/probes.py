"""Where a function is probed: lines through a point, weights of outputs, and how to move off."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..dtypes import Array
from .differences import Line
from .subject import Subject, drawn

_FULL = 64  # up to so many entries, each is taken by itself
_SAMPLE = 16  # of more, so many, and some random directions and weights
_RANDOM = 4
_ROUNDINGS = 3


class Direction(NamedTuple):
    """One coordinate by its scale (a power of two), or all of them, each by plus or minus its."""

    entry: int | None
    steps: Array

    def shifted(self, x: Array, t: float) -> Array:
        """`x + t * direction`, for x in one axis."""
        if self.entry is None:
            return x + t * self.steps
        result = x.copy()
        result[self.entry] += t * float(self.steps)
        return result

    def along(self, gradients: Array) -> Array:
        """The derivatives along the direction, from gradients (one a row)."""
        if self.entry is None:
            return np.where(self.steps == 0, 0.0, gradients * self.steps).sum(axis=1)
        return gradients[:, self.entry] * float(self.steps)

    def vector(self, size: int) -> Array:
        """The direction as an array of `size` entries."""
        if self.entry is None:
            return self.steps
        result = np.zeros(size)
        result[self.entry] = float(self.steps)
        return result


def scales(x: Array) -> Array:
    """The power of two next to the size of every entry; zeros take the size of the others, or 1."""
    size = np.abs(x).astype(np.float64)
    some = (size > 0) & np.isfinite(size)
    usual = np.median(size[some]) if some.any() else 1.0
    exponent = np.round(np.log2(np.where(some, size, usual)))
    return np.exp2(np.clip(exponent, -900, 900))


def directions(x: Array, rng: np.random.Generator) -> list[Direction]:
    """Every coordinate of a small x and a random direction; of a large one some of each."""
    steps = scales(x)
    numbers = np.arange(x.size)
    random = _RANDOM
    if x.size <= _FULL:
        random = 1 if x.size > 1 else 0
    else:
        numbers = np.sort(rng.choice(numbers, _SAMPLE, replace=False))
    single = [Direction(int(i), steps[i]) for i in numbers]
    signs = rng.choice([-1.0, 1.0], (random, x.size))
    return single + [Direction(None, sign * steps) for sign in signs]


def weights(size: int, rng: np.random.Generator) -> Array:
    """Rows that weigh outputs: each of a few by itself and a random row; of many random rows."""
    if size > _FULL:
        return drawn(rng, _RANDOM, size)
    return np.concatenate([np.eye(size), drawn(rng, 1, size)]) if size > 1 else np.eye(size)


def scatter(subject: Subject, place: int, x: Array, rows: Array) -> Array:
    """The rounding error of the weighed outputs around x (in one axis): it may exceed their size.

    What they do between neighbouring floats, less what is linear, is no property of the function.
    It is looked at in x and in places as far from there as the differences go.
    """
    shape = subject.point(place).shape
    rng = np.random.default_rng(1)
    found: Array = 0.0
    for turn in range(2 * _ROUNDINGS):
        at = x if turn < _ROUNDINGS else x + scales(x) * rng.uniform(-1.0, 1.0, x.shape)
        base = subject.outputs(place, at.reshape(shape))
        step = np.spacing(at) * rng.integers(1, 5, x.shape)
        sides = [subject.outputs(place, (at + s).reshape(shape)) for s in (step, -step)]
        noise = np.abs((sides[0] - base) - (base - sides[1])) / 2
        found = np.fmax(found, np.where(np.isfinite(noise), noise, 0.0))
    weighed: Array = np.abs(rows) @ found
    return weighed


def line(
    subject: Subject,
    place: int,
    x: Array,
    direction: Direction,
    rows: Array,
    scattered: Array | float = 0.0,
) -> Line:
    """The weighed outputs along a direction from x (in one axis)."""
    shape = subject.point(place).shape

    def outputs(t: float) -> Array:
        return subject.outputs(place, direction.shifted(x, t).reshape(shape))

    steps = np.abs(direction.steps)
    sizes = np.abs(x if direction.entry is None else x[direction.entry])
    finest = np.max(8 * np.spacing(sizes) / steps, where=steps > 0, initial=2.0**-60)
    # Other scales than its own may be the right ones: that of the other entries, and 1.
    around = [1.0, *np.max(np.abs(x), initial=0.0, keepdims=True)]
    largest = max(1.0, *(float(scale / np.max(steps)) for scale in around)) / 2
    return Line(
        outputs,
        rows,
        eps=subject.eps,
        smallest=float(np.exp2(np.ceil(np.log2(finest)))),
        largest=float(np.exp2(np.floor(np.log2(largest)))),
        scatter=scattered,
    )


def moved(x: Array, entries: Array, attempt: int) -> Array:
    """x with some entries moved by one to eight percent of their scale, each by its own amount."""
    spread = np.modf(np.arange(1, x.size + 1) * 0.6180339887498949)[0]  # golden ratio: no ties
    sign = -1.0 if attempt % 2 else 1.0
    share = sign * 2.0 ** (attempt // 2) * 0.01 * (1 + spread)
    return np.where(entries, x + share * scales(x), x)
