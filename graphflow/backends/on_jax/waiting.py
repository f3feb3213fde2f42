"""What is said while XLA compiles: a line now and then on a terminal, a warning if it was long."""

from __future__ import annotations

import sys
import threading
import warnings
from time import perf_counter
from typing import Any

from ...graph.origin import here, resolve

PATIENCE = 20.0  # seconds until something is said


class Waiting:
    """A context in which compiling may take long.

    After `PATIENCE` seconds, and whenever the time has doubled, a line says so if the standard
    error is a terminal. A RuntimeWarning at the end, at the user's line, gives the time.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._done = threading.Event()

    def __enter__(self) -> None:
        self._start = perf_counter()
        if sys.stderr.isatty():
            threading.Thread(target=self._tell, daemon=True).start()

    def __exit__(self, *exc: Any) -> None:
        self._done.set()
        seconds = perf_counter() - self._start
        if seconds > PATIENCE and exc[0] is None:
            self._warn(f"took {seconds:.0f} s; it is kept for feeds of these shapes")

    def _warn(self, text: str) -> None:
        origin = resolve(here())
        file, line = (origin.file, origin.line) if origin is not None else ("graphflow", 0)
        message = f"jax: compiling {self._what} {text}"
        warnings.warn_explicit(message, RuntimeWarning, file, line)

    def _tell(self) -> None:
        pause = PATIENCE
        while not self._done.wait(pause):
            pause = perf_counter() - self._start
            text = f"jax: compiling {self._what} for {pause:.0f} s"
            print(text, file=sys.stderr, flush=True)
