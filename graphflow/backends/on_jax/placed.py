"""Values of variables on devices, for as long as somebody holds the arrays they were made of."""

from __future__ import annotations

import weakref
from typing import Any

import jax
import numpy as np

from .devices import OneDevice, Spread


class Placed:
    """Arrays of the host by the keys of variables, with their copies on devices.

    What was assigned or restored, or is an initial value, is sent once and not in every run.
    """

    def __init__(self, devices: OneDevice | Spread) -> None:
        self._devices = devices
        self._kept: dict[int, tuple[weakref.ref[Any], Any]] = {}

    def on_devices(self, uid: int, value: Any, place: Any) -> Any:
        """`value` at its place; what is on devices already as it is."""
        if isinstance(value, jax.Array):
            return value
        if not isinstance(value, np.ndarray):
            return self._devices.put(value, place)
        known = self._kept.get(uid)
        if known is None or known[0]() is not value:
            mine = weakref.ref(self)

            def forget(ref: weakref.ref[Any]) -> None:
                placed = mine()
                if placed is not None:
                    placed._forget(uid, ref)

            known = weakref.ref(value, forget), self._devices.put(value, place)
            self._kept[uid] = known
        return known[1]

    def _forget(self, uid: int, ref: weakref.ref[Any]) -> None:
        known = self._kept.get(uid)
        if known is not None and known[0] is ref:
            del self._kept[uid]
