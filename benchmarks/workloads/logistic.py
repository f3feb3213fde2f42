"""Logistic regression on 100,000 rows of 50 numbers (W12), by hand in tiles of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import absolute, add, dot, exp, log1p, maximum, negative, subtract

from ..problem import Problem, Step, Workload, aligned

_ROWS = 2_048


def _loss(ops: Any, parameters: Any, x: Any, y: Any) -> Any:
    z = ops.matvec(x, parameters[0])
    return ops.mean(ops.softplus(z) - y * z)


def make(tiny: bool) -> Problem:
    """Random rows, labels 0 and 1; the weights come in with every call."""
    rng = np.random.default_rng(13)
    rows, columns = (7, 3) if tiny else (100_000, 50)
    x, weights = rng.normal(size=(rows, columns)), 0.1 * rng.normal(size=columns)
    y = (rng.random(rows) < 0.5).astype(float)
    return Problem(_loss, [aligned(weights)], [(aligned(x), aligned(y))], fed=True)


def by_hand(problem: Problem) -> Step:
    """A tile of x is read once, for its scores z and for the gradient, (sigmoid(z) - y) x / n.

    log sigmoid(z) = z - softplus(z), so softplus serves both.
    """
    feeds = problem.feeds()
    weights = problem.parameters[0]
    rows = len(problem.batches[0][0])
    rooms = [np.empty(min(_ROWS, rows)) for _ in range(3)]
    part, slope = np.empty_like(weights), np.empty_like(weights)
    ones, zero = np.ones(_ROWS), np.array(0.0)
    bounds = [(i, min(i + _ROWS, rows)) for i in range(0, rows, _ROWS)]
    tiles = [(a, b, ones[: b - a], *(room[: b - a] for room in rooms)) for a, b in bounds]

    def step() -> list[Any]:
        x, y = next(feeds)
        total = 0.0
        slope.fill(0)
        for start, stop, ones, z, e, t in tiles:
            rows, labels = x[start:stop], y[start:stop]
            dot(rows, weights, z)
            absolute(z, e), negative(e, e), exp(e, e), log1p(e, e)
            maximum(z, zero, out=t), add(e, t, t)
            total += dot(t, ones) - dot(labels, z)
            subtract(z, t, t), exp(t, t), subtract(t, labels, t)
            dot(t, rows, part), add(slope, part, slope)
        return [total / len(y), slope / len(y)]

    return Step(step)


WORKLOADS = [Workload("W12", "logistic regression 100,000×50", make, {"numpy": by_hand})]
