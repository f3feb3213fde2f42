"""Silence about overflow, division by zero and NaN in a run, at a tenth of `errstate`'s cost."""

from __future__ import annotations

from types import TracebackType
from typing import Any

import numpy as np

SETTING: Any = None  # a context variable, or None where NumPy has it no more
SILENT: Any = None
try:  # what np.errstate sets, made once; NumPy keeps it private
    from numpy._core import umath

    SETTING, SILENT = umath._extobj_contextvar, umath._make_extobj(all="ignore")
except (ImportError, AttributeError, TypeError):
    pass


class _Quiet:
    __slots__ = ("_token",)

    def __enter__(self) -> None:
        self._token = SETTING.set(SILENT)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        SETTING.reset(self._token)


def quiet() -> Any:
    """A context in which NumPy gives no floating-point warnings."""
    return np.errstate(all="ignore") if SETTING is None else _Quiet()
