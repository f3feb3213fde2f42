"""Float32 attention over 8 sequences of 256 (W8)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import divide, dot, exp, maximum, multiply, subtract

from ..problem import Problem, Step, Workload, aligned


def _attention(ops: Any, parameters: Any, x: Any, target: Any) -> Any:
    q, k, v = (x @ weights for weights in parameters)
    scores = (q @ ops.swap_last(k)) / 8
    return ops.mean((ops.softmax(scores) @ v - target) ** 2)


def make(tiny: bool) -> Problem:
    """Random sequences and targets."""
    rng = np.random.default_rng(8)
    batch, length, size = (2, 3, 4) if tiny else (8, 256, 64)
    x, target = (rng.standard_normal((batch, length, size), np.float32) for _ in range(2))
    scale = np.float32(size**-0.5)
    parameters = [rng.standard_normal((size, size), np.float32) * scale for _ in range(3)]
    return Problem(_attention, parameters, [(aligned(x), aligned(target))])


def by_hand(problem: Problem) -> Step:
    """A sequence goes forward and back while its scores are in the cache.

    With e = exp(scores - max) and s its rows' sums, the output o is e v / s, so only rows of v's
    size are divided. With g the gradient by o, divided by s, that by v is e^T g, and that by the
    scores is e (g v^T - d) with d the rows' sums of g o. The queries' weights hold the 1/8.
    """
    feeds = problem.feeds()
    x, _ = problem.batches[0]
    batch, length, size = x.shape
    rows, f = batch * length, np.float32
    weights = [problem.parameters[0] / f(8), *problem.parameters[1:]]
    made, grads = ([np.empty((rows, size), f) for _ in range(3)] for _ in range(2))
    slopes = [np.empty((size, size), f) for _ in range(3)]
    out, g, t = (np.empty((length, size), f) for _ in range(3))
    e, by_e = (np.empty((length, length), f) for _ in range(2))
    top, s, d = (np.empty((length, 1), f) for _ in range(3))
    short, wide, flat = np.ones((size, 1), f), np.ones((length, 1), f), g.reshape(-1)
    scale, eighth, et = np.array(2 / (rows * size), f), np.array(1 / 8, f), e.T
    parts = [slice(i * length, (i + 1) * length) for i in range(batch)]
    sequences = [
        (*(m[p] for m in made), made[1][p].T, made[2][p].T, *(b[p] for b in grads)) for p in parts
    ]

    def step() -> list[Any]:
        x, targets = next(feeds)
        flat_x, loss = x.reshape(rows, size), 0.0
        for w, m in zip(weights, made, strict=True):
            dot(flat_x, w, m)
        for (q, k, v, kt, vt, by_q, by_k, by_v), target in zip(sequences, targets, strict=True):
            dot(q, kt, e)
            maximum.reduce(e, 1, None, top, True), subtract(e, top, e), exp(e, e)
            dot(e, wide, s), dot(e, v, out), divide(out, s, out)
            subtract(out, target, g)
            loss += dot(flat, flat)
            divide(scale, s, s), multiply(g, s, g)
            multiply(g, out, t), dot(t, short, d)
            dot(et, g, by_v)
            dot(g, vt, by_e), subtract(by_e, d, by_e), multiply(by_e, e, by_e)
            dot(by_e, k, by_q), dot(by_e.T, q, by_k)
        for by, slope in zip(grads, slopes, strict=True):
            dot(flat_x.T, by, slope)
        multiply(slopes[0], eighth, slopes[0])
        return [loss / (rows * size), *slopes]

    return Step(step)


WORKLOADS = [Workload("W8", "attention, float32, 8×256×64", make, {"numpy": by_hand})]
