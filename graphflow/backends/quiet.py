"""Silence about overflow, division by zero and NaN during a run, at a tenth of `errstate`'s cost."""

from __future__ import annotations

from types import TracebackType
from typing import Any

import numpy as np

try:  # what np.errstate sets, made once; NumPy keeps it private
    from numpy._core.umath import _extobj_contextvar as _setting  # type: ignore[attr-defined]
    from numpy._core.umath import _make_extobj  # type: ignore[attr-defined]

    _silent: Any = _make_extobj(all="ignore")
except (ImportError, AttributeError, TypeError):
    _setting = _silent = None


class _Quiet:
    __slots__ = ("_token",)

    def __enter__(self) -> None:
        self._token = _setting.set(_silent)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _setting.reset(self._token)


def quiet() -> Any:
    """A context in which NumPy gives no floating-point warnings."""
    return np.errstate(all="ignore") if _setting is None else _Quiet()
