"""Training data as feeds, epoch by epoch, with a position that can be left and returned to."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np

from ..data import Batches
from ..errors import DTypeError
from ..graph import Node
from ..program import checked

Feed = Mapping[Node, Any]


class Feeds:
    """`{placeholder: array}` as one feed an epoch, batches of such a dict, or a list of feeds."""

    def __init__(self, data: Any, what: str = "data") -> None:
        if isinstance(data, Mapping):
            data = [checked(data, None)]
        if not isinstance(data, Iterable) or isinstance(data, np.ndarray | str):
            raise DTypeError(
                f"train: {what} is a {type(data).__name__}, which says nothing of placeholders",
                "write {x: ..., y: ...}, or gf.data.batches({x: ..., y: ...}, batch_size)",
            )
        if isinstance(data, Iterator):
            raise DTypeError(
                f"train: {what} is a {type(data).__name__}, which can be read once",
                "give a list, or gf.data.batches(...), which starts anew every epoch",
            )
        self._data = data
        self._what = what
        self.step = 0  # how many feeds of this epoch were handed out

    def rest(self) -> Generator[Feed, None, None]:
        """The feeds of this epoch that were not handed out yet."""
        if isinstance(self._data, Batches):
            finished = self.step > 0 and self._data.step >= len(self._data)
            left: Iterable[Any] = () if finished else self._data
        else:
            left = islice(self._data, self.step, None)
        for feed in left:
            self._check(feed)
            self.step += 1
            yield feed

    def in_order(self) -> Iterator[Feed]:
        """All feeds, without moving the position."""
        for feed in self._data.in_order() if isinstance(self._data, Batches) else self._data:
            self._check(feed)
            yield feed

    def next_epoch(self) -> None:
        """Begin anew."""
        self.step = 0

    @property
    def state(self) -> dict[str, Any]:
        """The position, as plain data."""
        return {"step": self.step, "batches": self._batches_state()}

    def _batches_state(self) -> dict[str, Any] | None:
        return self._data.state if isinstance(self._data, Batches) else None

    def restore(self, step: int, batches: Any) -> None:
        """Go to a position that `state` gave. Raises ValueError, unmoved, for what is none here."""
        if step < 0 or (batches is None) == isinstance(self._data, Batches):
            raise ValueError("train: the position is in data of another kind")
        if isinstance(self._data, Batches):
            self._data.restore(batches)
        self.step = step

    def _check(self, feed: Any) -> None:
        if not isinstance(feed, Mapping):
            raise DTypeError(
                f"train: {self._what} gave a {type(feed).__name__}, not a dict to feed",
                "write gf.data.batches({x: ..., y: ...}, batch_size), with your placeholders",
            )


def rows(feed: Feed) -> int:
    """How many rows a feed has: what the mean of its loss counts for."""
    return next((len(array) for array in map(np.asarray, feed.values()) if array.ndim), 1)
