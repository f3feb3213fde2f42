"""Reading ahead: a thread makes the next items while the last one is used."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

Item = TypeVar("Item")


class _Made(NamedTuple):
    """What the thread hands over: an item, an exception, or neither at the end."""

    item: Any = None
    error: BaseException | None = None
    last: bool = False


def prefetch(items: Iterable[Item], ahead: int = 2) -> Iterator[Item]:
    """The same items, up to `ahead` of them made in a thread before they are asked for.

    An exception of `items` is raised where its item would have come. When the reader stops early,
    at the latest as this iterator is closed or collected, the thread ends after the item it is at.
    Raises ValueError for `ahead` below 1.
    """
    if ahead < 1:
        raise ValueError(f"prefetch: at least one item ahead, not {ahead}")
    return _prefetched(items, ahead)


def _prefetched(items: Iterable[Item], ahead: int) -> Iterator[Item]:
    made: queue.SimpleQueue[_Made] = queue.SimpleQueue()
    room, stop = threading.Semaphore(ahead), threading.Event()
    thread = threading.Thread(
        target=_produce, args=(iter(items), made, room, stop), name="prefetch", daemon=True
    )
    thread.start()
    try:
        while True:
            found = made.get()
            if found.error is not None:
                raise found.error
            if found.last:
                return
            room.release()
            yield found.item
    finally:
        stop.set()
        room.release()
        thread.join()


def _produce(
    items: Iterator[Any],
    made: queue.SimpleQueue[_Made],
    room: threading.Semaphore,
    stop: threading.Event,
) -> None:
    try:
        while True:
            room.acquire()
            if stop.is_set():
                return
            try:
                made.put(_Made(next(items)))
            except StopIteration:
                made.put(_Made(last=True))
                return
    except BaseException as error:  # every one of them is the reader's to see
        made.put(_Made(error=error))
