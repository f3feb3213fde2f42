"""A float32 tanh RNN of 100 steps, loss on its last state (W9)."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy import add, dot, multiply, subtract, tanh

from ..problem import Problem, Step, Workload, aligned


def _rnn(ops: Any, parameters: Any, x: Any, target: Any, *, steps: int) -> Any:
    wx, wh, bias = parameters
    h = ops.tanh(x[0] @ wx + bias)
    for t in range(1, steps):
        h = ops.tanh(x[t] @ wx + h @ wh + bias)
    return ops.mean((h - target) ** 2)


def make(tiny: bool) -> Problem:
    """Random inputs, one target for the last state."""
    rng = np.random.default_rng(9)
    steps, batch, size = (4, 3, 5) if tiny else (100, 32, 64)
    x = rng.standard_normal((steps, batch, size), np.float32)
    target = rng.standard_normal((batch, size), np.float32)
    scale = np.float32(size**-0.5)
    parameters = [rng.standard_normal((size, size), np.float32) * scale for _ in range(2)]
    parameters.append(np.zeros(size, np.float32))
    return Problem(partial(_rnn, steps=steps), parameters, [(aligned(x), aligned(target))])


def by_hand(problem: Problem) -> Step:
    """What does not depend on the last state is one product over all steps, there and back."""
    feeds = problem.feeds()
    x, _ = problem.batches[0]
    steps, batch, size = x.shape
    rows, f = steps * batch, np.float32
    wx, wh, bias = problem.parameters
    h, s, g = (np.empty((steps, batch, size), f) for _ in range(3))
    by_h, state, error = (np.empty((batch, size), f) for _ in range(3))
    by_wx, by_wh, by_bias = np.empty_like(wx), np.empty_like(wh), np.empty_like(bias)
    ones, one, scale = np.ones(rows, f), np.array(1, f), np.array(2 / (batch * size), f)
    flat_h, flat_g, before, after = (a.reshape(-1, size) for a in (h, g, h[:-1], g[1:]))
    forward, backward = list(pairwise(h)), list(zip(s, g, strict=True))[::-1]
    flat, last, wht = error.reshape(-1), h[-1], wh.T

    def step() -> list[Any]:
        x, target = next(feeds)
        flat_x = x.reshape(rows, size)
        dot(flat_x, wx, flat_h), add(flat_h, bias, flat_h)
        tanh(h[0], h[0])
        for old, new in forward:
            dot(old, wh, state), add(state, new, new), tanh(new, new)
        subtract(last, target, error)
        loss = dot(flat, flat) / error.size
        multiply(h, h, s), subtract(one, s, s)
        multiply(error, scale, by_h)
        for slope, grad in backward:
            multiply(by_h, slope, grad), dot(grad, wht, by_h)
        dot(flat_x.T, flat_g, by_wx), dot(before.T, after, by_wh), dot(ones, flat_g, by_bias)
        return [loss, by_wx, by_wh, by_bias]

    return Step(step)


WORKLOADS = [Workload("W9", "tanh RNN, 100 steps, float32", make, {"numpy": by_hand})]
