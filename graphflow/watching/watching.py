"""What a session was asked to watch for, and what is called with the results of its runs."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..compiled import Compiled, Watch
from ..errors import DTypeError
from ..graph import Node
from .gradients import Counter, gradients_watch
from .numerics import numerics_watch

_COUNTED = 256


class Watching:
    """The wishes of a session: whether numbers are watched, and which part of training steps.

    Raises DTypeError or ValueError for a part that is no number from 0 to 1.
    """

    def __init__(self, numerics: bool, gradients: float) -> None:
        self._numerics = bool(numerics)
        self._every = _as_period(gradients)
        self._counters: dict[Any, Counter] = {}  # by the ids of what is fetched
        self._scalars: dict[int, weakref.ref[Node]] = {}  # that were fetched, by id

    def of(self, compiled: Compiled, nodes: Sequence[Node], feeds: Sequence[Node]) -> Watch | None:
        """What looks at the results of a program's runs before they count, if anybody does."""
        watches: list[Watch] = []
        if self._numerics:
            watches.append(numerics_watch(compiled, nodes, feeds))
        if self._every:
            self._note(nodes)
            if compiled.updates:
                counter = self._counter(nodes)
                watches.append(gradients_watch(nodes, feeds, self._every, counter, self._losses))
        if len(watches) < 2:
            return watches[0] if watches else None
        first, second = watches

        def both(*run: Any) -> None:
            first(*run)
            second(*run)

        return both

    def _counter(self, nodes: Sequence[Node]) -> Counter:
        if len(self._counters) > _COUNTED:  # of graphs that are gone: counting begins again
            self._counters.clear()
        return self._counters.setdefault(tuple(map(id, nodes)), Counter())

    def _note(self, nodes: Sequence[Node]) -> None:
        """A scalar that is fetched may be the loss of an update that does not name its own."""
        alive = {key: ref for key, ref in self._scalars.items() if ref() is not None}
        scalars = [n for n in nodes if not n.is_update and n.shape == () and n.dtype.kind == "f"]
        self._scalars = alive | {id(node): weakref.ref(node) for node in scalars}

    def _losses(self) -> list[Node]:
        return [node for ref in self._scalars.values() if (node := ref()) is not None]


def _as_period(part: Any) -> int:
    """Every how many steps; 0 for never."""
    if isinstance(part, bool) or not isinstance(part, int | float | np.integer | np.floating):
        raise DTypeError(f"Session: check_gradients is a part of the steps, as 0.01, not {part!r}")
    if not 0 <= part <= 1:
        raise ValueError(f"Session: check_gradients is a number from 0 to 1, not {part!r}")
    return round(1 / part) if part else 0
