"""launch: a job of many processes on this machine, begun again when one of them dies."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import MissingError
from .attempt import Attempt, Outcome, attempt
from .joining import INSTALL
from .place import HEARTBEAT, Place, host_and_port, is_loopback

RESTARTS = 10
GRACE = 5.0  # seconds between the request to end and the end
_LOOPBACK = "127.0.0.1"
_HUNG = 124  # the exit code of `timeout`


@dataclass(frozen=True)
class Job:
    """What is to run, where, and what is done when a part of it dies.

    `processes` of `total` run here, from number `first` on; all of them unless said otherwise.
    `coordinator` is the HOST:PORT of process 0, by default a free port that this machine alone can
    reach, and `bind` the address of this machine on which it listens. `devices` are of each
    process, one unless said otherwise. `heartbeat` and `hang` are in seconds.
    """

    script: Path
    arguments: Sequence[str] = ()
    processes: int = 1
    total: int | None = None
    first: int = 0
    coordinator: str | None = None
    bind: str | None = None
    devices: int | None = None
    restarts: int = RESTARTS
    heartbeat: int = HEARTBEAT
    hang: float | None = None

    def check(self) -> None:
        """Raise ValueError, FileNotFoundError or MissingError for what cannot be started."""
        counts = {"processes": self.processes, "devices": self.devices, "heartbeat": self.heartbeat}
        for name, count in counts.items():
            if count is not None and count < 1:
                raise ValueError(f"launch: --{name} is at least 1, not {count}")
        if self.restarts < 0:
            raise ValueError(f"launch: --restarts is not negative: {self.restarts}")
        if self.hang is not None and not self.hang > 0:
            raise ValueError(f"launch: --hang is a time above 0 seconds, not {self.hang}")
        if self.coordinator is not None:
            host_and_port(self.coordinator)
        elif self.total is not None or self.first or self.bind is not None:
            raise ValueError(
                "launch: --total, --first and --bind are about several machines; "
                "say where process 0 is: --coordinator HOST:PORT"
            )
        if not 0 <= self.first <= self.everywhere - self.processes:
            raise ValueError(
                f"launch: processes {self.first} to {self.first + self.processes - 1} are not "
                f"among {self.everywhere}; --total says how many there are on all machines"
            )
        if not self.script.is_file():
            raise FileNotFoundError(f"launch: no such file: {self.script}")
        if os.name != "posix":
            raise ValueError("launch: it needs Linux or macOS; one process runs without it")
        if importlib.util.find_spec("jax") is None:
            raise MissingError("launch: many processes need JAX", INSTALL)

    @property
    def everywhere(self) -> int:
        """How many processes there are on all machines."""
        return self.processes if self.total is None else self.total


def launch(job: Job) -> int:
    """Run the job to its end; the exit code.

    0 when every process ended with 0. When one is killed, or its script fails, all are ended and
    started anew, at most `restarts` times; `gf.training.Checkpoint` has them go on from where they
    were. A script that fails twice in a row with one exit code ends the job, with that code.
    Otherwise the code is 128 and the number of the signal that ended the worker or this launcher,
    or 124 for a worker that hung.

    Raises what `job.check` raises, before anything is started.
    """
    job.check()
    with _requests() as asked:
        last: Outcome | None = None
        for number in range(job.restarts + 1):
            found = _run(job, asked)
            if found.kind == "done":
                return 0
            if found.kind == "stopped":
                _say(f"stopped by {signal.Signals(asked[0]).name}")
                return 128 + asked[0]
            again = last is not None and found.kind == last.kind == "failed"
            if again and last is not None and found.code == last.code:
                _say(f"{_told(found)} again: the job ends")
                return found.code
            if number == job.restarts:
                _say(f"{_told(found)}; no restart is left of {job.restarts}: the job ends")
                return _exit_code(found)
            _say(f"{_told(found)}; starting again ({number + 1} of {job.restarts})")
            last = found
            _wait(_pause(job), asked)
    raise AssertionError("the last attempt returns")


def _run(job: Job, asked: Sequence[int]) -> Outcome:
    """One attempt."""
    coordinator = job.coordinator or f"{_LOOPBACK}:{_free_port(_LOOPBACK)}"
    place = Place(coordinator, job.everywhere, bind=job.bind, heartbeat=job.heartbeat)
    with attempt() as running:
        for local in range(job.processes):
            if asked:
                return Outcome("stopped")
            here = replace(place, process=job.first + local)
            _start(running, job, here, local)
        found = running.watch(lambda: bool(asked), job.hang)
        if found.kind == "stopped":
            running.end(GRACE, lambda: len(asked) > 1)
        return found


def _start(running: Attempt, job: Job, place: Place, local: int) -> None:
    command = [sys.executable, "-m", f"{__package__}.worker", str(job.script), *job.arguments]
    width = len(str(job.everywhere - 1))
    number = job.first + local
    running.start(
        number, command, _variables(os.environ, job, place, local), f"[{number:>{width}}] "
    )


def _variables(environment: Mapping[str, str], job: Job, place: Place, local: int
) -> dict[str, str]:  # fmt: skip
    """The environment of a worker: what was set stays, but for its place."""
    count = job.devices or 1
    own = range(local * count, (local + 1) * count)
    made = {
        "PYTHONUNBUFFERED": "1",  # what a worker that is killed has printed is seen
        "JAX_LOCAL_DEVICE_IDS": ",".join(map(str, own)),  # of accelerators, those it may see
    }
    if job.devices is not None:
        made["JAX_NUM_CPU_DEVICES"] = str(job.devices)
    assert place.coordinator is not None
    variables = {**made, **environment, **place.variables()}
    if is_loopback(host_and_port(place.coordinator)[0]):
        _without_proxy(variables)
    return variables


def _without_proxy(variables: dict[str, str]) -> None:
    """Have a job on this machine ask no proxy for its own address."""
    if any(name.lower().endswith("_proxy") for name in variables):
        for name in ("no_proxy", "NO_PROXY"):
            known = [variables[name]] if variables.get(name) else []
            variables[name] = ",".join([*known, _LOOPBACK, "localhost"])


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
    return port


def _pause(job: Job) -> float:
    """Seconds until the next attempt: other machines must have noticed that this one is over."""
    return 1.5 * job.heartbeat if job.everywhere > job.processes else 0.0


def _wait(seconds: float, asked: Sequence[int]) -> None:
    until = time.monotonic() + seconds
    while not asked and time.monotonic() < until:
        time.sleep(0.1)


@contextlib.contextmanager
def _requests() -> Iterator[list[int]]:
    """The signals that ask for an end, as they come in the block."""
    asked: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def note(number: int, _frame: Any) -> None:
        asked.append(number)

    wanted = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup has it
        wanted.append(signal.SIGHUP)
    before = {number: signal.signal(number, note) for number in wanted}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def _told(found: Outcome) -> str:
    match found.kind:
        case "died":
            why = " (by JAX, where another one is silent)" if found.code == -signal.SIGABRT else ""
            return f"process {found.worker} was ended by {signal.Signals(-found.code).name}{why}"
        case "hung":
            return f"process {found.worker} made no step for too long"
    return f"the script failed in process {found.worker} with exit code {found.code}"


def _exit_code(found: Outcome) -> int:
    if found.kind == "hung":
        return _HUNG
    return 128 - found.code if found.kind == "died" else found.code


def _say(text: str) -> None:
    print(f"graphflow: {text}", file=sys.stderr, flush=True)
