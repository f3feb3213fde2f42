"""Gradients in the graph's own dtypes against the same gradients in float64."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..dtypes import Array
from .probes import scales
from .subject import Subject

_NEARBY = 4
_DOUBTED = 32  # so many entries are looked at closely
_ROUNDED = 0.1  # an output with so large a rounding error, relative, has no gradient to compare


class Own(NamedTuple):
    """The gradient in its own dtype and in float64, and where the one is not what the other is.

    `wrong` is what rounding does not explain. `lost` is what says nothing, for in its own dtype the
    outputs, or numbers that the rules go through, overflow, or the outputs are rounding errors.
    """

    own: Array
    wide: Array
    wrong: Array
    lost: Array


def astray(subject: Subject, place: int, point: Array, row: Array) -> Own:
    """What becomes of the gradient in its own dtype.

    Rounding is told from a wrong rule at some points nearby: it differs there in sign and size.
    """
    own, wide = _both(subject, place, point, row)
    with np.errstate(all="ignore"):
        size, rounding = _outputs(subject, place, point, row)
        suspect = ~(np.abs(own - wide) <= _allowance(subject, point, wide, size))
        suspect &= ~(np.isnan(own) & np.isnan(wide)) & (own != wide)
        far = subject.is_far(place, point, wide=False)
        lost = suspect & ((far & ~np.isfinite(own)) | (rounding > _ROUNDED * size))
        suspect &= ~lost
        if suspect.any():
            suspect = np.array(suspect & ~_is_rounding(subject, place, point, row, own - wide))
        for index in np.argwhere(suspect)[:_DOUBTED]:
            one = np.zeros(point.shape)
            one[tuple(index)] = 1.0
            x = point.astype(np.float64)
            bound = subject.gradient_error(place, x, row, one.ravel(), wide=False)
            suspect[tuple(index)] = not abs(own - wide)[tuple(index)] <= 4 * bound
    return Own(own, wide, suspect, lost)


def _outputs(subject: Subject, place: int, point: Array, row: Array) -> tuple[float, float]:
    """The size of the weighed outputs and their rounding error, as far as they are finite."""
    own = subject.outputs(place, point, wide=False)
    wide = subject.outputs(place, point.astype(np.float64))
    weighed = np.abs(row) * np.array([np.abs(wide), np.abs(own - wide)])
    size, rounding = np.sum(weighed, axis=1, where=np.isfinite(weighed))
    return float(size), float(rounding)


def _both(subject: Subject, place: int, point: Array, row: Array) -> tuple[Array, Array]:
    own = subject.gradient(place, point, row, wide=False)
    wide = subject.gradient(place, point.astype(np.float64), row, wide=True)
    return own.astype(np.float64), wide


def _allowance(subject: Subject, point: Array, wide: Array, size: float) -> Array:
    """What rounding may do, given the gradient and the size of the outputs it is of."""
    info = np.finfo(subject.precision)
    eps, tiny = float(info.eps), float(info.tiny)
    sizes = scales(point)
    terms = np.abs(wide) * sizes
    largest = np.max(terms, where=np.isfinite(terms), initial=size)
    return eps * (32 * np.abs(wide) + 8 * largest / sizes) + tiny


def _is_rounding(subject: Subject, place: int, point: Array, row: Array, gap: Array) -> Array:
    rng = np.random.default_rng(0)
    gaps = [gap]
    for _ in range(_NEARBY):
        near = (point * rng.uniform(0.95, 1.05, point.shape)).astype(point.dtype)
        own, wide = _both(subject, place, near, row)
        gaps.append(own - wide)
    return np.abs(np.mean(gaps, axis=0)) <= 3 * np.std(gaps, axis=0)
