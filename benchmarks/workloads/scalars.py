"""Scalars: descent on a parabola (W1), a chain of tanh (W7, W7L). By hand they are floats."""

from __future__ import annotations

from functools import partial
from math import tanh
from typing import Any

from ..problem import Problem, Step, Workload


def _parabola(ops: Any, parameters: Any) -> Any:
    x = parameters[0]
    return x * x - 4 * x + 5


def make_parabola(tiny: bool) -> Problem:
    """x * x - 4 x + 5 from x = 5."""
    return Problem(_parabola, [5.0], rate=0.1)


def parabola_by_hand(problem: Problem) -> Step:
    """The slope is 2 x - 4."""
    x = problem.parameters[0]

    def step() -> float:
        nonlocal x
        before = x
        x = before - 0.1 * (2 * before - 4)
        return before * before - 4 * before + 5

    return Step(step, lambda: [x])


def _chain(ops: Any, parameters: Any, *, times: int) -> Any:
    h, a, b = parameters
    for _ in range(times):
        h = ops.tanh(a * h + b)
    return h


def make_chain(tiny: bool, times: int) -> Problem:
    """h = tanh(a h + b), many times over."""
    return Problem(partial(_chain, times=20 if tiny else times), [0.5, 1.0, 0.0])


def chain_by_hand(problem: Problem) -> Step:
    """tanh' = 1 - tanh**2, from a list of all values."""
    times = problem.loss.keywords["times"]
    x, a, b = problem.parameters

    def step() -> list[float]:
        h = x
        trace = [h]
        keep = trace.append
        for _ in range(times):
            h = tanh(a * h + b)
            keep(h)
        value, grad, by_a, by_b = h, 1.0, 0.0, 0.0
        trace.pop()
        for before in reversed(trace):
            grad *= 1.0 - h * h
            by_a += grad * before
            by_b += grad
            grad *= a
            h = before
        return [value, grad, by_a, by_b]

    return Step(step)


WORKLOADS = [
    Workload(
        "W1", "scalar x² - 4x + 5", make_parabola, {"numpy": parabola_by_hand}
    ),
    Workload(
        "W7", "10,002 scalar operations of tanh(a·h + b)", partial(make_chain, times=3_334),
        {"numpy": chain_by_hand},
    ),
    Workload(
        "W7L", "the same 10,000 times, 30,000 operations", partial(make_chain, times=10_000),
        {"numpy": chain_by_hand},
    ),
]  # fmt: skip
