"""The programs that a session keeps, and the short ways to those that run again."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .compiled import Compiled
from .entry import entry
from .graph import Node
from .store import Store

_KEPT = 128

Entry = Callable[..., Any]


class Plans:
    """Programs by fetches and feeds with their shapes, as long as their nodes live: the last 128.

    `entries` has the short way by fetches and feeds alone: that of the last shapes.
    """

    def __init__(self, store: Store) -> None:
        self.entries: dict[Any, Entry] = {}
        self._store = store
        self._kept: OrderedDict[Any, tuple[Compiled, list[weakref.ref[Node]]]] = OrderedDict()
        self._lock = threading.Lock()  # held for moments

    def __len__(self) -> int:
        return len(self._kept)

    def known(self, key: Any) -> Compiled | None:
        """The program of this key; it runs again, so there is a short way to it from now on."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            compiled = self._kept[key][0]
            if compiled.entry is None and not compiled.stops:
                compiled.entry = entry(compiled, self._store, _in_a_list)
            if compiled.entry is not None:
                self.entries[_ids(key)] = compiled.entry
            return compiled

    def keep(self, compiled: Compiled, nodes: Iterable[Node]) -> None:
        """Keep a program until one of these nodes dies or 128 others were used after it."""
        mine, key = weakref.ref(self), compiled.key

        def forget(_: object) -> None:  # an id may be used again once its node is gone
            plans = mine()
            if plans is not None:
                plans._forget(key)

        watched = [weakref.ref(node, forget) for node in nodes]
        with self._lock:
            self._kept[key] = (compiled, watched)
            while len(self._kept) > _KEPT:
                self._forget(next(iter(self._kept)))

    def clear(self) -> None:
        """Forget all programs."""
        with self._lock:
            for key in list(self._kept):
                self._forget(key)

    def _forget(self, key: Any) -> None:
        self._kept.pop(key, None)
        self.entries.pop(_ids(key), None)


def plan_key(nodes: Sequence[Node], feeds: dict[Node, Any]) -> Any:
    """What a program for arrays of these shapes is kept by."""
    return (
        tuple([id(node) for node in nodes]),
        tuple([(id(node), array.shape) for node, array in feeds.items()]),
    )


def _ids(key: Any) -> Any:
    """What the short way is kept by: the nodes of a program's key, without shapes."""
    return key[0], tuple([number for number, _ in key[1]])


def _in_a_list(values: Sequence[str], given: dict[str, Any]) -> str:
    return f"[{', '.join(values)}]"
