"""Float32 MLPs, where products of matrices cost most: W4 classifies, W5 fits."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy import add, divide, dot, exp, greater, log, maximum, multiply, subtract

from ..problem import Problem, Step, Workload, aligned

_BLOCK = 1024  # rows of weights that are updated while their gradient is in the cache


def _weights(rng: np.random.Generator, sizes: list[int], dtype: Any = np.float32) -> list[Any]:
    """Weights and biases of layers, drawn so that the activations keep their size."""
    parameters = []
    for before, after in pairwise(sizes):
        drawn = rng.standard_normal((before, after), dtype) * np.asarray(before**-0.5, dtype)
        parameters += [drawn, np.zeros(after, dtype)]
    return parameters


def _classify(ops: Any, parameters: Any, x: Any, labels: Any) -> Any:
    w0, b0, w1, b1, w2, b2 = parameters
    h = ops.relu(x @ w0 + b0)
    h = ops.relu(h @ w1 + b1)
    return ops.cross_entropy(h @ w2 + b2, labels)


def make_classifier(tiny: bool) -> Problem:
    """Random images and labels, in eight batches."""
    return classifier(6, [7, 5, 4, 3]) if tiny else classifier(128, [784, 256, 128, 10])


def classifier(n: int, sizes: list[int], dtype: Any = np.float32) -> Problem:
    """A network of three layers of such sizes, for batches of `n`."""
    rng = np.random.default_rng(4)
    batches = []
    for _ in range(8):
        x = rng.standard_normal((n, sizes[0]), dtype)
        batches.append((aligned(x), aligned(rng.integers(0, sizes[-1], n))))
    return Problem(_classify, _weights(rng, sizes, dtype), batches, rate=0.05)


def classifier_by_hand(problem: Problem) -> Step:
    """The gradient by the scores is (softmax - one-hot) / n; the rate goes into it there.

    Scores have classes as rows, so that their reductions run along the batch.
    """
    feeds = problem.feeds()
    n, f = len(problem.batches[0][0]), problem.parameters[0].dtype
    w0, b0, w1, b1, w2, b2 = (value.copy() for value in problem.parameters)
    d0, c0, d1, c1, d2, c2 = (np.empty_like(value) for value in problem.parameters)
    h0, g0, m0 = (np.empty((n, len(b0)), dtype) for dtype in (f, f, bool))
    h1, g1, m1 = (np.empty((n, len(b1)), dtype) for dtype in (f, f, bool))
    z, top, total = np.empty((len(b2), n), f), np.empty(n, f), np.empty(n, f)
    flat, bias, zt, h0t, h1t = z.reshape(-1), b2[:, None], z.T, h0.T, h1.T
    w1t, w2t = w1.T, w2.T
    ones, columns, places, zero = np.ones(n, f), np.arange(n), np.empty(n, int), np.array(0, f)
    width, scale = np.array(n), np.array(problem.rate / n, f)

    def step() -> float:
        x, labels = next(feeds)
        dot(x, w0, h0), add(h0, b0, h0), maximum(h0, zero, out=h0)
        dot(h0, w1, h1), add(h1, b1, h1), maximum(h1, zero, out=h1)
        dot(w2t, h1t, z), add(z, bias, z)
        multiply(labels, width, places), add(places, columns, places)
        maximum.reduce(z, 0, None, top), subtract(z, top, z)
        chosen = dot(flat[places], ones)
        exp(z, z), add.reduce(z, 0, None, total), divide(z, total, z)
        flat[places] -= 1
        log(total, total)
        loss = (dot(total, ones) - chosen) / n
        multiply(z, scale, z)
        dot(h1t, zt, d2), dot(z, ones, c2)
        dot(zt, w2t, g1), greater(h1, zero, m1), multiply(g1, m1, g1)
        dot(h0t, g1, d1), dot(ones, g1, c1)
        dot(g1, w1t, g0), greater(h0, zero, m0), multiply(g0, m0, g0)
        dot(x.T, g0, d0), dot(ones, g0, c0)
        subtract(w0, d0, w0), subtract(b0, c0, b0), subtract(w1, d1, w1)
        subtract(b1, c1, b1), subtract(w2, d2, w2), subtract(b2, c2, b2)
        return loss

    return Step(step, lambda: [w0, b0, w1, b1, w2, b2])


def _fit(ops: Any, parameters: Any, x: Any, y: Any) -> Any:
    w0, b0, w1, b1 = parameters
    return ops.mean((ops.relu(x @ w0 + b0) @ w1 + b1 - y) ** 2)


def make_fit(tiny: bool) -> Problem:
    """Random inputs and outputs, in two batches."""
    rng = np.random.default_rng(5)
    n, sizes = (4, [3, 6, 3]) if tiny else (512, [1024, 4096, 1024])
    parts = [rng.standard_normal((n, sizes[0]), np.float32) for _ in range(4)]
    batches = [(aligned(parts[0]), aligned(parts[1])), (aligned(parts[2]), aligned(parts[3]))]
    return Problem(_fit, _weights(rng, sizes), batches, rate=0.1)


def fit_by_hand(problem: Problem) -> Step:
    """Weights are updated in blocks of rows, each while its gradient is in the cache."""
    feeds = problem.feeds()
    n, f = len(problem.batches[0][0]), np.float32
    w0, b0, w1, b1 = (value.copy() for value in problem.parameters)
    h, g, mask = (np.empty((n, len(b0)), dtype) for dtype in (f, f, bool))
    out, c0, c1 = np.empty((n, len(b1)), f), np.empty_like(b0), np.empty_like(b1)
    flat, ones, zero = out.reshape(-1), np.ones(n, f), np.array(0, f)
    scale = np.array(problem.rate * 2 / out.size, f)
    blocks0, blocks1 = _blocks(w0), _blocks(w1)

    def descend(inputs: Any, grad: Any, blocks: Any) -> None:
        for rows, part, slope in blocks:
            dot(inputs[rows], grad, slope), subtract(part, slope, part)

    def step() -> float:
        x, y = next(feeds)
        dot(x, w0, h), add(h, b0, h), maximum(h, zero, out=h)
        dot(h, w1, out), add(out, b1, out), subtract(out, y, out)
        loss = dot(flat, flat) / out.size
        multiply(out, scale, out)
        dot(out, w1.T, g), greater(h, zero, mask), multiply(g, mask, g)
        descend(h.T, out, blocks1)
        descend(x.T, g, blocks0)
        dot(ones, out, c1), subtract(b1, c1, b1)
        dot(ones, g, c0), subtract(b0, c0, b0)
        return loss

    return Step(step, lambda: [w0, b0, w1, b1])


def _blocks(weights: Any) -> list[Any]:
    """Slices of rows, the weights in them, and room for their gradient."""
    room = np.empty((min(_BLOCK, len(weights)), weights.shape[1]), weights.dtype)
    starts = range(0, len(weights), _BLOCK)
    slices = [slice(i, min(i + _BLOCK, len(weights))) for i in starts]
    return [(rows, weights[rows], room[: rows.stop - rows.start]) for rows in slices]


WORKLOADS = [
    Workload(
        "W4", "MLP 784-256-128-10, float32, batch 128", make_classifier,
        {"numpy": classifier_by_hand},
    ),
    Workload("W5", "MLP 1024-4096-1024, float32, batch 512", make_fit, {"numpy": fit_by_hand}),
]  # fmt: skip
