"""What is said while XLA compiles: a line now and then on a terminal, a warning if it was long."""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

PATIENCE = 20.0  # seconds until something is said


@contextmanager
def waiting(what: str, patience: float | None = None) -> Iterator[None]:
    """A context in which compiling may take long.

    After `patience` seconds, and whenever the time has doubled, a line says so if the standard
    error is a terminal. A RuntimeWarning at the end gives the time that it took.
    """
    limit = PATIENCE if patience is None else patience
    done = threading.Event()
    start = perf_counter()
    teller = threading.Thread(target=_tell, args=(what, limit, done), daemon=True)
    if sys.stderr.isatty():
        teller.start()
    try:
        yield
    finally:
        done.set()
    seconds = perf_counter() - start
    if seconds > limit:
        warnings.warn(
            f"jax: compiling {what} took {seconds:.0f} s; it is kept for feeds of these shapes",
            RuntimeWarning,
            stacklevel=2,
        )


def _tell(what: str, limit: float, done: threading.Event) -> None:
    start, pause = perf_counter(), limit
    while not done.wait(pause):
        pause = perf_counter() - start
        print(f"jax: compiling {what} for {pause:.0f} s", file=sys.stderr, flush=True)
