"""Work that no Ctrl-C divides: what it asks for is done when the work is."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

# Without the wrappers that make enumerations of numbers, which take ten times as long.
_set: Any = getattr(signal.signal, "__wrapped__", signal.signal)
_get: Any = getattr(signal.getsignal, "__wrapped__", signal.getsignal)


def undivided(work: Callable[[], T]) -> T:
    """`work()`; a Ctrl-C that comes meanwhile is handled after it, as it would have been.

    Only the main thread is interrupted, and only where Python handles the signal.
    """
    before = _get(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        return work()
    heard: list[tuple[int, Any]] = []

    def hear(number: int, frame: Any) -> None:
        heard.append((number, frame))

    _set(signal.SIGINT, hear)
    try:
        done = work()
    finally:
        _set(signal.SIGINT, before)
        if heard:
            before(*heard[0])
    return done
