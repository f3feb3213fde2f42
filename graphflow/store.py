"""The values of variables in a session: read as one state, and replaced as one."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from .graph import Variable

Updates = Sequence[tuple[int, "weakref.ref[Variable]"]]


class Store:
    """Values by the keys of variables; a variable that has none here has its initial value.

    `values` is never changed, only replaced, by whoever holds `turn`: who took the reference has a
    consistent state. Values are arrays that are not written to, and Python floats for scalars of
    float64. A value goes with its variable. Where a run may use up old values (`lends`), `held` is
    held while values are in use: from when the reference is taken.
    """

    def __init__(self, lends: bool = False) -> None:
        self.values: dict[int, Any] = {}
        self.turn = threading.Lock()  # for runs that update: held for the whole run
        self.held = threading.Lock() if lends else nullcontext()
        self.gone: deque[int] = deque()
        self._watched: dict[int, weakref.ref[Variable]] = {}

    def variables(self) -> list[Variable]:
        """Those that have values here."""
        alive = (ref() for ref in list(self._watched.values()))
        return [variable for variable in alive if variable is not None]

    def put(self, pairs: Sequence[tuple[Variable, Any]]) -> None:
        """Give variables values, all or none. The caller holds the turn."""
        updates = [(variable.uid, weakref.ref(variable)) for variable, _ in pairs]
        self.commit(updates, [value for _, value in pairs])

    def watch(self, updates: Updates) -> None:
        """See to it that values of these variables go with them."""
        for uid, variable in updates:
            alive = variable()
            if uid not in self._watched and alive is not None:
                self._watched[uid] = self._watch(alive)

    def commit(self, updates: Updates, values: Sequence[Any]) -> None:
        """Replace the state by one with these values. The caller holds the turn."""
        self.watch(updates)
        state = self.values.copy()
        for (uid, _), value in zip(updates, values, strict=True):
            if uid in self._watched:
                state[uid] = value
        self.values = state
        if self.gone:
            self.forget_gone()

    def forget_gone(self) -> None:
        """Let the values of variables go that are no more. The caller holds the turn."""
        state = self.values.copy()
        while self.gone:
            uid = self.gone.popleft()
            state.pop(uid, None)
            self._watched.pop(uid, None)
        self.values = state

    def _watch(self, variable: Variable) -> weakref.ref[Variable]:
        """A reference to the variable that drops its value here when it dies."""
        uid, mine = variable.uid, weakref.ref(self)

        def on_death(_: object) -> None:
            store = mine()
            if store is not None:
                store.gone.append(uid)
                if store.turn.acquire(blocking=False):  # else whoever holds it does it
                    try:
                        store.forget_gone()
                    finally:
                        store.turn.release()

        return weakref.ref(variable, on_death)
