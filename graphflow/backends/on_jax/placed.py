"""Values of variables on a device, for as long as somebody holds the arrays they were made of."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np


class Placed:
    """Arrays of the host by the keys of variables, with their copies on devices.

    What was assigned or restored, or is an initial value, is sent once and not in every run.
    """

    def __init__(self) -> None:
        self._kept: dict[int, tuple[weakref.ref[Any], Any]] = {}

    def on_device(self, uid: int, value: Any, put: Callable[[Any], Any]) -> Any:
        """`value` by `put`; what is on a device already as it is."""
        if not isinstance(value, np.ndarray):
            return value
        known = self._kept.get(uid)
        if known is None or known[0]() is not value:
            known = weakref.ref(value, lambda ref: self._forget(uid, ref)), put(value)
            self._kept[uid] = known
        return known[1]

    def _forget(self, uid: int, ref: weakref.ref[Any]) -> None:
        known = self._kept.get(uid)
        if known is not None and known[0] is ref:
            del self._kept[uid]
