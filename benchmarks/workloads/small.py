"""Small float64 models, where calls cost more than arithmetic: a perceptron (W2), an MLP (W3)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import add, copyto, divide, dot, exp, log, maximum, multiply, subtract, tanh

from ..problem import Problem, Step, Workload, aligned


def _perceptron(ops: Any, parameters: Any, x: Any, c: Any) -> Any:
    weights, bias = parameters
    p = ops.softmax(x @ weights + bias)
    return -ops.sum(c * ops.log(p))


def make_perceptron(tiny: bool) -> Problem:
    """Two clouds of points, classes as one-hot rows."""
    rng = np.random.default_rng(2)
    n = 6 if tiny else 100
    labels = np.arange(n) % 2
    x = rng.normal(size=(n, 2)) + np.where(labels, 1.0, -1.0)[:, None]
    parameters = [rng.normal(size=(2, 2)), np.zeros(2)]
    return Problem(_perceptron, parameters, [(aligned(x), aligned(np.eye(2)[labels]))], rate=0.01)


def perceptron_by_hand(problem: Problem) -> Step:
    """Columns are examples. The gradient by the scores is softmax - c, where rows of c sum to 1."""
    feeds = problem.feeds()
    n = len(problem.batches[0][0])
    weights, bias = problem.parameters[0].T.copy(), problem.parameters[1].reshape(2, 1).copy()
    z, top, total, by_weights, by_bias = (
        np.empty(shape) for shape in ((2, n), (n,), (n,), (2, 2), (2, 1))
    )
    first, second = z
    ones, column, rate = np.ones(n), np.ones((n, 1)), np.array(problem.rate)

    def step() -> float:
        x, c = next(feeds)
        dot(weights, x.T, z)
        add(z, bias, z)
        maximum(first, second, out=top)
        subtract(z, top, z)
        chosen = np.vdot(c.T, z)
        exp(z, z)
        add(first, second, total)
        divide(z, total, z)
        log(total, total)
        loss = dot(total, ones) - chosen
        subtract(z, c.T, z)
        multiply(z, rate, z)
        dot(z, x, by_weights)
        dot(z, column, by_bias)
        subtract(weights, by_weights, weights)
        subtract(bias, by_bias, bias)
        return loss

    return Step(step, lambda: [weights.T, bias.reshape(2)])


def _mlp(ops: Any, parameters: Any, x: Any, y: Any) -> Any:
    w0, b0, w1, b1, w2, b2 = parameters
    h = ops.tanh(x @ w0 + b0)
    h = ops.tanh(h @ w1 + b1)
    return ops.mean((h @ w2 + b2 - y) ** 2)


def make_mlp(tiny: bool) -> Problem:
    """A sine, learned from four batches of 128 points."""
    rng = np.random.default_rng(3)
    n, hidden = (5, 4) if tiny else (128, 20)
    sizes = [(1, hidden), (hidden, hidden), (hidden, 1)]
    parameters = []
    for before, after in sizes:
        parameters += [rng.normal(size=(before, after)) / np.sqrt(before), np.zeros(after)]
    batches = []
    for _ in range(4):
        x = rng.uniform(-2, 2, (n, 1))
        batches.append((aligned(x), aligned(np.sin(2 * x))))
    return Problem(_mlp, parameters, batches, rate=0.05)


def mlp_by_hand(problem: Problem) -> Step:
    """Columns are examples, and every layer ends in a row of ones: biases are weights like others.

    So three products give all gradients, and no row is broadcast. The factor 2 / n and the rate go
    into the gradient where it is smallest.
    """
    feeds = problem.feeds()
    n, hidden = len(problem.batches[0][0]), len(problem.parameters[1])
    w0, w1, w2 = (
        np.vstack([weights, bias]).T.copy()
        for weights, bias in zip(problem.parameters[::2], problem.parameters[1::2], strict=True)
    )
    x1, h1, g1 = np.ones((2, n)), np.ones((hidden + 1, n)), np.empty((hidden, n))
    h2, g2, s = np.ones((hidden + 1, n)), np.empty((hidden, n)), np.empty((hidden, n))
    x0, a1, a2, out = x1[:1], h1[:-1], h2[:-1], np.empty((1, n))
    x1t, h1t, h2t, flat = x1.T, h1.T, h2.T, out.reshape(n)
    d0, d1, d2 = np.empty_like(w0), np.empty_like(w1), np.empty_like(w2)
    w1t, w2t = w1[:, :-1].T, w2[:, :-1].T
    scale, one = np.array(problem.rate * 2 / n), np.array(1.0)

    def step() -> float:
        x, y = next(feeds)
        copyto(x0, x.T)
        dot(w0, x1, a1)
        tanh(a1, a1)
        dot(w1, h1, a2)
        tanh(a2, a2)
        dot(w2, h2, out)
        subtract(out, y.T, out)
        loss = dot(flat, flat) / n
        multiply(out, scale, out)
        dot(out, h2t, d2)
        multiply(a2, a2, s)
        subtract(one, s, s)
        multiply(w2t, out, g2)
        multiply(g2, s, g2)
        dot(g2, h1t, d1)
        multiply(a1, a1, s)
        subtract(one, s, s)
        dot(w1t, g2, g1)
        multiply(g1, s, g1)
        dot(g1, x1t, d0)
        subtract(w0, d0, w0)
        subtract(w1, d1, w1)
        subtract(w2, d2, w2)
        return loss

    def parameters() -> list[Any]:
        return [part for w in (w0, w1, w2) for part in (w[:, :-1].T, w[:, -1])]

    return Step(step, parameters)


WORKLOADS = [
    Workload("W2", "perceptron 100×2, softmax", make_perceptron, {"numpy": perceptron_by_hand}),
    Workload("W3", "MLP 1-20-20-1, tanh, batch 128", make_mlp, {"numpy": mlp_by_hand}),
]
