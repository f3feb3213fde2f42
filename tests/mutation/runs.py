"""Running tests in forked processes: the library and all tests are imported and collected once."""

from __future__ import annotations

import json
import os
import resource
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import pytest

ARGUMENTS = ["-qq", "-s", "--tb=native", "-p", "no:cacheprovider"]
MEMORY = 8 << 30  # bytes a mutant may address beyond what is there
SLACK = 5.0  # seconds of CPU that a test may take beyond ten times its usual ones


class Outcome(NamedTuple):
    """What became of a mutant."""

    how: str  # "killed", "timeout", "survived", "failed" (the machinery itself)
    by: str  # the test that noticed it, or what failed
    tests: int  # run
    seconds: float  # of CPU


class Collected:
    """A plugin that hands the collected tests to a function instead of running them."""

    def __init__(self, then: Callable[[dict[str, pytest.Item]], None]) -> None:
        self._then = then

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        """No shrinking: that a test fails is all that is asked."""
        from hypothesis import Phase, settings  # after pytest has seen to its plugin

        usual = settings.get_profile("ci")
        settings.register_profile("once", usual, phases=[Phase.explicit, Phase.generate])
        settings.load_profile("once")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._then({item.nodeid: item for item in session.items})
        return True


class Failures:
    """A plugin that remembers which tests failed."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.found.append(report.nodeid)


def collect(paths: Iterable[str], then: Callable[[dict[str, pytest.Item]], None]) -> None:
    """Import and collect the tests in `paths`, and call `then` with them by their ids."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        base = f"--basetemp={folder}/tests"
        status = pytest.main([*ARGUMENTS, base, *paths], plugins=[Collected(then)])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise SystemExit(f"the tests cannot be collected: {status!r}")


def run_until_failure(items: Iterable[tuple[pytest.Item, float]]) -> tuple[str, int]:
    """The id of the first test that fails, or "", and how many were run.

    A test that takes far longer than its usual seconds ends this process by SIGPROF.
    """
    failures, count = Failures(), 0
    given = list(items)
    for i, (item, usual) in enumerate(given):
        if i == 0:
            item.config.pluginmanager.register(failures)
        following = given[i + 1][0] if i + 1 < len(given) else None
        signal.setitimer(signal.ITIMER_PROF, 10 * usual + SLACK)
        item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        count += 1
        if failures.found:
            return failures.found[0], count
    return "", count


class Child(NamedTuple):
    """A forked process at work, and the pipe that it will answer by."""

    pid: int
    reads: int
    started: float


def fork(work: Callable[[], dict[str, Any]]) -> Child:
    """Start `work` in a copy of this process, quiet, bounded in memory."""
    reads, writes = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writes)
        return Child(pid, reads, time.monotonic())
    os.close(reads)
    answer: dict[str, Any]
    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        with open("/proc/self/statm") as sizes:
            now = int(sizes.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, now + MEMORY))
        answer = work()
    except BaseException as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    os.write(writes, json.dumps(answer).encode()[:60_000])
    os._exit(0)


def finished(child: Child, status: int, seconds: float) -> Outcome:
    """What a child that has ended found out."""
    with os.fdopen(child.reads, "rb") as pipe:
        text = pipe.read()
    if not text:
        how = "timeout" if os.WIFSIGNALED(status) else "failed"
        by = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"status {status}"
        return Outcome("killed" if by in _CRASHES else how, by, 0, seconds)
    answer = json.loads(text)
    if "error" in answer:
        return Outcome("failed", answer["error"], 0, seconds)
    how = "killed" if answer["by"] else "survived"
    return Outcome(how, answer["by"], answer["tests"], seconds)


_CRASHES = {f"signal {number:d}" for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGFPE)}


def in_turn(
    tasks: Iterable[tuple[Any, Callable[[], dict[str, Any]]]], jobs: int, limit: float
) -> Iterator[tuple[Any, Outcome]]:
    """Run tasks in forked processes, `jobs` at a time; each is killed after `limit` seconds."""
    todo = iter(tasks)
    running: dict[int, tuple[Any, Child]] = {}
    more = True
    while more or running:
        while more and len(running) < jobs:
            task = next(todo, None)
            if task is None:
                more = False
                break
            child = fork(task[1])
            running[child.pid] = task[0], child
        for pid in list(running):
            key, child = running[pid]
            ended, status, usage = os.wait4(pid, os.WNOHANG)
            if ended:
                del running[pid]
                yield key, finished(child, status, usage.ru_utime + usage.ru_stime)
            elif time.monotonic() - child.started > limit:
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)
