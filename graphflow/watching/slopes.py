"""Whether a number can be the slope of a function at 0, judged by differences."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_STEP = 2.0**-17  # near eps**(1/3), where truncation and rounding balance
_SMALLER = [2.0**-power for power in (14, 20, 23, 26)]
_ALLOWED = 1e-3  # of the slope: what a coarse check calls equal
_ROUNDING = 64 * float(np.finfo(float).eps)


def refuted(f: Callable[[float], float], claimed: float, spread: float) -> float | None:
    """The slope of `f` at 0 if `claimed` cannot be it; None where it may be.

    `spread` is the size of the terms that `claimed` is a sum of. A number between the slopes on
    both sides may be it: there is a kink, or the function bends. What is not finite, or lost in
    rounding, refutes nothing.
    """
    high, low = f(_STEP), f(-_STEP)
    slope = (high - low) / (2 * _STEP)
    if _may_be(claimed, slope, slope, spread, max(abs(high), abs(low)) / _STEP):
        return None
    base = f(0.0)
    for step in _SMALLER:
        left, right = (base - f(-step)) / step, (f(step) - base) / step
        if _may_be(claimed, left, right, spread, abs(base) / step):
            return None
    return slope


def _may_be(claimed: float, left: float, right: float, spread: float, size: float) -> bool:
    """Whether a slope is between two others, but for what was neglected and rounded."""
    if not np.isfinite([claimed, left, right]).all():
        return True
    slack = _ALLOWED * max(spread, abs(left), abs(right)) + _ROUNDING * size
    return bool(min(left, right) - slack <= claimed <= max(left, right) + slack)
