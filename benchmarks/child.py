"""A process that measures one engine at one workload: `python -m benchmarks.child W4 torch ...`.

It makes its step, writes the results of the first steps to a file, says that it is ready, and then
answers requests, lines of JSON, until its input ends.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable
from itertools import repeat
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

from .engines import ENGINES
from .problem import COMPARED, Problem, Step, listed, outcome
from .workloads import WORKLOADS

_REPEATS = 3  # of which the fastest counts
_COLD = 0.05  # seconds: a faster step is made once before it is timed, to bring its data back


def pin(core: int) -> None:
    """Let all threads of this process run on one core only, where the system can do that."""
    threads = Path("/proc/self/task")
    if hasattr(os, "sched_setaffinity") and threads.exists():
        for thread in threads.iterdir():
            os.sched_setaffinity(int(thread.name), {core})


def resident(field: str) -> int:
    """Bytes of this process's memory: "VmRSS" now, "VmHWM" at the peak; 0 where nobody tells."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    found = [line.split()[1] for line in lines if line.startswith(field + ":")]
    return int(found[0]) * 1024 if found else 0


def forget_peak() -> None:
    """Count the peak from now on."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")


def builder(workload: str, engine: str) -> Callable[[Problem], Step]:
    """What makes the step. KeyError where a workload has no such step by hand."""
    chosen = ENGINES[engine]
    if not chosen.module:
        return WORKLOADS[workload].by_hand[engine]
    module = importlib.import_module(f".engines.{chosen.module}", __package__)
    return lambda problem: module.build(problem, chosen.variant)


def seconds_per_step(
    step: Step, seconds: float, clock: Callable[[], float] = perf_counter
) -> float:
    """The least of three repeats of about `seconds` in all; of one where a step takes that."""
    run, wait = step.run, step.wait
    started = clock()
    wait(run())
    once = clock() - started
    if once >= seconds:
        return once
    count, best = 1, np.inf
    for _ in range(_REPEATS):
        if once < _COLD:
            wait(run())
        while True:
            started = clock()
            for _ in repeat(None, count):
                results = run()
            wait(results)
            taken = clock() - started
            if count > 1 or taken >= seconds / _REPEATS / 2:
                break
            count = max(2, int(seconds / _REPEATS / max(min(once, taken), 1e-7)))
        best = min(best, taken / count)
    return float(best)


def main(workload: str, engine: str, core: str, path: str) -> None:
    """Make the step, then answer."""
    say = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is no answer
    pin(int(core))
    build = builder(workload, engine)
    imported = resident("VmRSS")
    problem = WORKLOADS[workload].make(False)
    started = perf_counter()
    step = build(problem)
    results = listed(step.run())
    built = perf_counter() - started
    results += outcome(step, problem, COMPARED - 1)
    np.savez(path, *results)
    del results
    forget_peak()
    print(json.dumps({"built": built}), file=say)
    for line in sys.stdin:
        asked: dict[str, Any] = json.loads(line)
        pin(asked["core"])
        clock = process_time if asked["cpu"] else perf_counter
        seconds = seconds_per_step(step, asked["seconds"], clock)
        peak = max(0, resident("VmHWM") - imported)
        print(json.dumps({"seconds": seconds, "peak": peak}), file=say)


if __name__ == "__main__":
    main(*sys.argv[1:])
