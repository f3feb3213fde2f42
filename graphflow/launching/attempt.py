"""One attempt at a job: its workers are started, watched until the first fails, and ended."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from .life import VARIABLE
from .output import Lines

_TICK = 0.1  # seconds between two looks
_LAST_WORDS = 1.0  # seconds in which to read what the dead have printed
Kind = Literal["done", "stopped", "died", "failed", "hung"]


class Outcome(NamedTuple):
    """How an attempt ended: by which worker, and its exit code, or minus the signal that killed it.

    `failed` is an exit code of the script's own, `died` a death by a signal.
    """

    kind: Kind
    worker: int = 0
    code: int = 0


@dataclass(eq=False)
class Worker:
    """A process, the pipes that come from it, and when it last said that it goes on."""

    number: int
    process: subprocess.Popen[bytes]
    beats: int
    outputs: list[Lines]
    alive_at: float = field(default_factory=time.monotonic)

    def heard(self) -> bool:
        """Take note of signs of life; False once none will come any more."""
        self.alive_at = time.monotonic()
        return bool(os.read(self.beats, 4096))


class Attempt:
    """The workers of an attempt, all of them running; as a block it ends them, whatever happens."""

    def __init__(self) -> None:
        self.workers: list[Worker] = []
        self._selector = selectors.DefaultSelector()
        self._life, self._held = os.pipe()

    def start(self, number: int, command: Sequence[str], variables: Mapping[str, str], prefix: str
    ) -> None:  # fmt: skip
        """Start a worker in a session of its own: a Ctrl-C reaches the launcher alone."""
        beats, told = os.pipe()
        try:
            process = subprocess.Popen(
                command,
                env={**variables, VARIABLE: f"{self._life},{told}"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=(self._life, told),
                start_new_session=True,
            )
        finally:
            os.close(told)
        worker = Worker(number, process, beats, [])
        self.workers.append(worker)
        self._selector.register(beats, selectors.EVENT_READ, worker.heard)
        for pipe, stream in ((process.stdout, sys.stdout), (process.stderr, sys.stderr)):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
            lines = Lines(pipe.fileno(), stream.buffer, prefix)
            self._selector.register(pipe, selectors.EVENT_READ, lines.pump)

    def watch(self, stopped: Callable[[], bool], hang: float | None) -> Outcome:
        """Pass on what they print until all are done, one fails, or `stopped` says so.

        One that gave no sign of life for `hang` seconds counts as failed.
        """
        while True:
            self._look(_TICK)
            if stopped():
                return Outcome("stopped")
            codes = [worker.process.poll() for worker in self.workers]
            if any(codes):  # what they failed of may have been looked at before it died
                codes = [worker.process.poll() for worker in self.workers]
                ended = zip(self.workers, codes, strict=True)
                return _blamed([(worker.number, code) for worker, code in ended if code])
            if None not in codes:
                return Outcome("done")
            hung = self._hung(codes, hang)
            if hung is not None:
                return Outcome("hung", hung)

    def _hung(self, codes: Sequence[int | None], hang: float | None) -> int | None:
        if hang is None:
            return None
        late = time.monotonic() - hang
        running = [w for w, code in zip(self.workers, codes, strict=True) if code is None]
        return next((w.number for w in running if w.alive_at < late), None)

    def _look(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            if not key.data():
                self._selector.unregister(key.fileobj)

    def end(self, grace: float, hurried: Callable[[], bool]) -> None:
        """Ask the workers to end; after `grace` seconds, or when `hurried`, they are killed."""
        if grace:
            self._signal(signal.SIGTERM)
        until = time.monotonic() + grace
        while time.monotonic() < until and not hurried() and self._running():
            self._look(_TICK)
        self._signal(signal.SIGKILL)
        for worker in self.workers:
            worker.process.wait()
        until = time.monotonic() + _LAST_WORDS
        while self._selector.get_map() and time.monotonic() < until:
            self._look(_TICK)

    def close(self) -> None:
        """Close the pipes."""
        self._selector.close()
        for worker in self.workers:
            os.close(worker.beats)
            for pipe in (worker.process.stdout, worker.process.stderr):
                if pipe is not None:
                    pipe.close()
        os.close(self._held)
        os.close(self._life)

    def _running(self) -> bool:
        return any(worker.process.poll() is None for worker in self.workers)

    def _signal(self, number: int) -> None:
        """To the workers and what they started."""
        for worker in self.workers:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(worker.process.pid, number)


@contextlib.contextmanager
def attempt() -> Iterator[Attempt]:
    """An attempt, none of whose workers outlives the block."""
    made = Attempt()
    try:
        yield made
    finally:
        try:
            made.end(0.0, lambda: True)
        finally:
            made.close()


def _blamed(bad: Sequence[tuple[int, int]]) -> Outcome:
    """Who of those that ended badly is the cause.

    JAX ends a process by SIGABRT when another one died, and what that other one did to it may also
    be an error in the script: so other signals come first, then SIGABRT.
    """

    def order(one: tuple[int, int]) -> int:
        return 0 if one[1] < 0 and one[1] != -signal.SIGABRT else 1 if one[1] < 0 else 2

    worker, code = min(bad, key=order)
    return Outcome("died" if code < 0 else "failed", worker, code)
