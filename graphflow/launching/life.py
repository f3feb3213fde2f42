"""What ties a worker to its launcher: it ends when the launcher does, and says that it goes on."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Mapping

VARIABLE = "GRAPHFLOW_LAUNCHER"  # two file descriptors: ends with the launcher, tells it of steps
_SECONDS = 0.2  # between two signs of life

_told: int | None = None
_last = 0.0


def follow(environment: Mapping[str, str]) -> None:
    """End this process and its children, at once, when the launcher that started it ends."""
    global _told
    if VARIABLE not in environment:
        return
    life, told = map(int, environment[VARIABLE].split(","))
    os.set_blocking(told, False)
    _told = told
    threading.Thread(target=_end_with, args=(life,), name="launcher", daemon=True).start()


def beat() -> None:
    """Say to the launcher that a step was made; `gf.train` does, a loop of your own may.

    By that `launch --hang SECONDS` knows a worker that does nothing any more. Without a launcher
    it does nothing.
    """
    global _last
    if _told is None or time.monotonic() - _last < _SECONDS:
        return
    _last = time.monotonic()
    with contextlib.suppress(OSError):  # it is not read just now, or nobody is left to read
        os.write(_told, b".")


def _end_with(life: int) -> None:
    os.read(life, 1)  # nobody writes: it returns when the other end closes
    os.killpg(os.getpgrp(), signal.SIGKILL)
