"""Silence about overflow, division by zero and NaN in a run, at a tenth of `errstate`'s cost.

It ends whenever an interrupt comes, which Python lets happen at the end of every call: within what
`errstate` does on entering and leaving too, so that NumPy would stay silent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
T = TypeVar("T")

SETTING: Any = None  # a context variable, or None where NumPy has it no more
SILENT: Any = None
try:  # what np.errstate sets, made once; NumPy keeps it private
    from numpy._core import umath

    SETTING, SILENT = umath._extobj_contextvar, umath._make_extobj(all="ignore")
except (ImportError, AttributeError, TypeError):
    pass


def silently(function: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """`function(*args, **options)`, in which NumPy gives no floating-point warnings."""
    if SETTING is None:
        with np.errstate(all="ignore"):
            return function(*args, **options)
    before = SETTING.get()
    try:
        SETTING.set(SILENT)
        found = function(*args, **options)
    finally:
        SETTING.set(before)
    return found
