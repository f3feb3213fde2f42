"""Gradients in the graph's own dtypes against the same gradients in float64."""

from __future__ import annotations

import numpy as np

from ..dtypes import Array
from .probes import scales
from .subject import Subject

_NEARBY = 4


def astray(subject: Subject, place: int, point: Array, row: Array) -> tuple[Array, Array, Array]:
    """The gradient in its own dtype, in float64, and where rounding does not explain the gap.

    Rounding is told from a wrong rule at some points nearby: it differs there in sign and size.
    """
    own, wide = _both(subject, place, point, row)
    with np.errstate(all="ignore"):
        outputs = np.abs(subject.outputs(place, point.astype(np.float64)))
        size = float(np.sum(np.abs(row) * outputs, where=np.isfinite(outputs)))
        suspect = ~(np.abs(own - wide) <= _allowance(subject, point, wide, size))
        suspect &= ~(np.isnan(own) & np.isnan(wide)) & (own != wide)
        if not subject.is_finite(place, point):  # too large for the dtype before any gradient
            suspect &= np.isfinite(own)
        if suspect.any():
            suspect &= ~_is_rounding(subject, place, point, row, own - wide)
    return own, wide, suspect


def _both(subject: Subject, place: int, point: Array, row: Array) -> tuple[Array, Array]:
    own = subject.gradient(place, point, row, wide=False)
    wide = subject.gradient(place, point.astype(np.float64), row, wide=True)
    return own.astype(np.float64), wide


def _allowance(subject: Subject, point: Array, wide: Array, size: float) -> Array:
    """What rounding may do, given the gradient and the size of the outputs it is of."""
    eps = float(np.finfo(subject.precision).eps)
    sizes = scales(point)
    terms = np.abs(wide) * sizes
    largest = np.max(terms, where=np.isfinite(terms), initial=size)
    return eps * (32 * np.abs(wide) + 8 * largest / sizes)


def _is_rounding(subject: Subject, place: int, point: Array, row: Array, gap: Array) -> Array:
    rng = np.random.default_rng(0)
    gaps = [gap]
    for _ in range(_NEARBY):
        near = (point * rng.uniform(0.95, 1.05, point.shape)).astype(point.dtype)
        own, wide = _both(subject, place, near, row)
        gaps.append(own - wide)
    return np.abs(np.mean(gaps, axis=0)) <= 3 * np.std(gaps, axis=0)
