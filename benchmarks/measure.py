"""Engines side by side at one workload: made ready, compared, and timed in turns."""

from __future__ import annotations

import queue
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from .engines import ENGINES
from .problem import difference
from .processes import Child, cores
from .workloads import WORKLOADS


class Budget(NamedTuple):
    """Rounds, seconds of each, and the seconds in which an engine must be ready.

    With `cpu` the time that a process computes counts: what is left beside other work.
    """

    rounds: int
    seconds: float
    limit: float
    cpu: bool = False


def compare(workload: str, engines: dict[str, str], budget: Budget, scratch: str) -> dict[str, Any]:
    """For every engine its seconds per step in each round, or a note why there are none.

    `engines` has the interpreter of each. All are made ready first, one on each core; then they
    take turns on the first core, each round starting with another.
    """
    children = [
        Child(workload, engine, python, scratch)
        for engine, python in engines.items()
        if ENGINES[engine].module or engine in WORKLOADS[workload].by_hand
    ]
    try:
        _start(children, budget.limit)
        _check(workload, children)
        core = cores()[0]
        for i in range(budget.rounds):
            ready = [child for child in children if not child.note]
            for child in ready[i % len(ready) :] + ready[: i % len(ready)]:
                child.time(core, budget.seconds, budget.limit, budget.cpu)
    finally:
        for child in children:
            child.stop()
    return {child.engine: _found(child) for child in children}


def _found(child: Child) -> dict[str, Any]:
    if child.note:
        return {"note": child.note}
    return {"rounds": child.rounds, "built": child.built, "peak": child.peak}


def _start(children: list[Child], limit: float) -> None:
    free: queue.SimpleQueue[int] = queue.SimpleQueue()
    for core in cores():
        free.put(core)

    def start(child: Child) -> None:
        core = free.get()
        try:
            child.start(core, limit)
        finally:
            free.put(core)

    with ThreadPoolExecutor(len(cores())) as pool:
        list(pool.map(start, children))


def _check(workload: str, children: list[Child]) -> None:
    """Note and end those whose results are not the first one's, NumPy's by hand."""
    problem = WORKLOADS[workload].make(False)
    reference = children[0]
    if reference.note:
        sys.exit(f"{workload}: the step by hand gave no results: {reference.note}")
    wanted = _results(reference)
    for child in children[1:]:
        if not child.note and ENGINES[child.engine].variant != "forward":
            child.note = difference(_results(child), wanted, problem)
            if child.note:
                child.note = f"wrong: {child.note}"
                child.stop()


def _results(child: Child) -> list[Any]:
    with np.load(child.results) as file:
        found = [file[name] for name in file.files]
    child.results.unlink()
    return found
