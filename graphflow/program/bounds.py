"""Bounds of many floats by a number: NumPy's `clip` has SIMD for them."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from ..shapes import element_count
from .algebra import FLOATS
from .algebra.table import turned
from .program import Call, Program, Ref

_FREE = {"maximum": inf, "minimum": -inf}  # the other end
_MANY = 1 << 12  # elements; of fewer, the function around the loop takes longer


def clipped(program: Program, call: Call) -> tuple[Ref, list[float]] | None:
    """What `maximum(x, number)` and `minimum(x, number)` clip, and to which ends.

    None where that is no gain, or where the number is zero: its sign would be another.
    """
    if call.name not in _FREE:
        return None
    spec = program.specs[call.output]
    if spec.dtype not in FLOATS or (element_count(spec.shape) or 0) < _MANY:
        return None
    for bound, x in turned(list(call.args)):
        if isinstance(x, Ref) and program.specs[x.value][:2] == spec[:2] and _is_bound(bound):
            return x, sorted([bound, _FREE[call.name]])
    return None


def _is_bound(number: Any) -> bool:
    return isinstance(number, float | int) and not np.isnan(number) and number != 0
