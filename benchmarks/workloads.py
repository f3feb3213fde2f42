"""Some workloads, each by hand in NumPy, in graphflow and in HIPS autograd.

A workload is a function of the engine's name that returns `step`: it makes one step and returns a
number to compare, the loss before it. All begin with the same values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

WORKLOADS: dict[str, Callable[[str], Callable[[], float]]] = {}


def _workload(make: Callable[[str], Callable[[], float]]) -> Callable[[str], Callable[[], float]]:
    WORKLOADS[make.__name__.upper()] = make
    return make


def _descend(loss: Any, values: list[Any], rate: float, feeds: Any = ()) -> Callable[[], float]:
    """Gradient descent by autograd."""
    from autograd import value_and_grad

    both = value_and_grad(loss, tuple(range(len(values))))

    def step() -> float:
        value, slopes = both(*values, *feeds)
        values[:] = [v - rate * s for v, s in zip(values, slopes, strict=True)]
        return float(value)

    return step


def _namespace(engine: str) -> Any:
    if engine == "autograd":
        import autograd.numpy

        return autograd.numpy
    return np


def _by_graph(loss: Any, variables: list[Any], rate: float, inputs: Any, feeds: Any) -> Any:
    import graphflow as gf

    update = gf.GradientDescentOptimizer(rate).minimize(loss, variables)
    f = gf.Session().make_callable([loss, update], inputs)
    return lambda: float(f(*feeds)[0])


@_workload
def w1(engine: str) -> Callable[[], float]:
    """A float64 scalar, x * x - 4 x + 5, gradient descent."""
    if engine == "graphflow":
        import graphflow as gf

        x = gf.Variable(5.0, name="x")
        return _by_graph(x * x - 4 * x + 5, [x], 0.1, [], [])
    if engine == "autograd":
        return _descend(lambda x: x * x - 4 * x + 5, [5.0], 0.1)
    state = [5.0]

    def step() -> float:
        x = state[0]
        state[0] = x - 0.1 * (2 * x - 4)
        return x * x - 4 * x + 5

    return step


@_workload
def w3(engine: str) -> Callable[[], float]:
    """A float64 MLP 1-20-20-1, tanh, mean squared error, batch 128, gradient descent."""
    rng = np.random.default_rng(0)
    X = rng.uniform(-2, 2, (128, 1))
    Y = np.sin(X)
    sizes = [(1, 20), (20, 20), (20, 1)]
    values = [v for n, m in sizes for v in (rng.normal(size=(n, m)) / np.sqrt(n), np.zeros(m))]
    if engine == "numpy":
        return _mlp_by_hand(X, Y, values, 0.05)
    xp = _namespace(engine)

    def loss(W0: Any, b0: Any, W1: Any, b1: Any, W2: Any, b2: Any, x: Any, y: Any) -> Any:
        h = xp.tanh(x @ W0 + b0)
        h = xp.tanh(h @ W1 + b1)
        return xp.mean((h @ W2 + b2 - y) ** 2)

    if engine == "autograd":
        return _descend(loss, values, 0.05, (X, Y))
    import graphflow as gf

    x, y = gf.placeholder((128, 1), name="x"), gf.placeholder((128, 1), name="y")
    variables = [gf.Variable(value) for value in values]
    return _by_graph(loss(*variables, x, y), variables, 0.05, [x, y], [X, Y])


def _mlp_by_hand(X: Any, Y: Any, values: list[Any], rate: float) -> Callable[[], float]:
    n = len(X)
    W0, b0, W1, b1, W2, b2 = [value.copy() for value in values]
    h0, h1, out = np.empty((n, 20)), np.empty((n, 20)), np.empty((n, 1))
    g0, g1, s = np.empty((n, 20)), np.empty((n, 20)), np.empty((n, 20))
    dW0, dW1, dW2 = np.empty((1, 20)), np.empty((20, 20)), np.empty((20, 1))
    d0, d1, d2 = np.empty(20), np.empty(20), np.empty(1)
    ones, rate_ = np.ones(n), np.array(rate)
    one, scale = np.array(1.0), np.array(2 / n)
    add, dot, multiply, subtract, tanh = np.add, np.dot, np.multiply, np.subtract, np.tanh

    def step() -> float:
        dot(X, W0, h0), add(h0, b0, h0), tanh(h0, h0)
        dot(h0, W1, h1), add(h1, b1, h1), tanh(h1, h1)
        dot(h1, W2, out), add(out, b2, out), subtract(out, Y, out)
        flat = out.ravel()
        loss = dot(flat, flat) / n
        multiply(out, scale, out)
        dot(h1.T, out, dW2), dot(ones, out, d2)
        dot(out, W2.T, g1), multiply(h1, h1, s), subtract(one, s, s), multiply(g1, s, g1)
        dot(h0.T, g1, dW1), dot(ones, g1, d1)
        dot(g1, W1.T, g0), multiply(h0, h0, s), subtract(one, s, s), multiply(g0, s, g0)
        dot(X.T, g0, dW0), dot(ones, g0, d0)
        for value, slope in ((W0, dW0), (b0, d0), (W1, dW1), (b1, d1), (W2, dW2), (b2, d2)):
            multiply(slope, rate_, slope), subtract(value, slope, value)
        return float(loss)

    return step


@_workload
def w4(engine: str) -> Callable[[], float]:
    """A float32 MLP 784-256-128-10, ReLU, cross-entropy of int64 labels, batch 128."""
    rng = np.random.default_rng(0)
    n = 128
    X = rng.normal(size=(n, 784)).astype(np.float32)
    labels = rng.integers(0, 10, n)
    sizes = [(784, 256), (256, 128), (128, 10)]
    values: list[Any] = []
    for a, b in sizes:
        values.append((rng.normal(size=(a, b)) / np.sqrt(a)).astype(np.float32))
        values.append(np.zeros(b, np.float32))
    if engine == "numpy":
        return _classifier_by_hand(X, labels, values, 0.05)
    if engine == "autograd":
        xp = _namespace(engine)

        def loss(W0: Any, b0: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
            h = xp.maximum(X @ W0 + b0, 0)
            h = xp.maximum(h @ W1 + b1, 0)
            z = h @ W2 + b2
            z = z - xp.max(z, axis=1, keepdims=True)
            chosen = z[np.arange(n), labels]
            return xp.mean(xp.log(xp.sum(xp.exp(z), axis=1)) - chosen)

        return _descend(loss, values, 0.05)
    import graphflow as gf

    x, y = gf.placeholder((n, 784), np.float32, name="x"), gf.placeholder((n,), np.int64, name="y")
    variables = [gf.Variable(value) for value in values]
    h = x
    for i in range(3):
        h = h @ variables[2 * i] + variables[2 * i + 1]
        h = gf.relu(h) if i < 2 else h
    each = gf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=h)
    return _by_graph(gf.mean(each), variables, 0.05, [x, y], [X, labels])


def _classifier_by_hand(X: Any, labels: Any, values: list[Any], rate: float) -> Any:
    n = len(X)
    W0, b0, W1, b1, W2, b2 = [value.copy() for value in values]
    f = np.float32
    h0, h1, z = np.empty((n, 256), f), np.empty((n, 128), f), np.empty((n, 10), f)
    g0, g1, slopes = (
        np.empty((n, 256), f),
        np.empty((n, 128), f),
        [np.empty_like(v) for v in values],
    )
    m0, m1 = np.empty((n, 256), bool), np.empty((n, 128), bool)
    ones, rows, zero = np.ones(n, f), np.arange(n), np.array(0, f)
    scale, rate_ = np.array(1 / n, f), np.array(rate, f)

    def step() -> float:
        np.dot(X, W0, h0), np.add(h0, b0, h0), np.maximum(h0, zero, out=h0)
        np.dot(h0, W1, h1), np.add(h1, b1, h1), np.maximum(h1, zero, out=h1)
        np.dot(h1, W2, z), np.add(z, b2, z)
        np.subtract(z, z.max(axis=1, keepdims=True), z)
        chosen = z[rows, labels]
        np.exp(z, z)
        total = np.add.reduce(z, 1)
        loss = np.add.reduce(np.log(total) - chosen) / n
        np.divide(z, total[:, None], z)
        z[rows, labels] -= 1
        np.multiply(z, scale, z)
        np.dot(h1.T, z, slopes[4]), np.dot(ones, z, slopes[5])
        np.dot(z, W2.T, g1), np.greater(h1, zero, m1), np.multiply(g1, m1, g1)
        np.dot(h0.T, g1, slopes[2]), np.dot(ones, g1, slopes[3])
        np.dot(g1, W1.T, g0), np.greater(h0, zero, m0), np.multiply(g0, m0, g0)
        np.dot(X.T, g0, slopes[0]), np.dot(ones, g0, slopes[1])
        for value, slope in zip((W0, b0, W1, b1, W2, b2), slopes, strict=True):
            np.multiply(slope, rate_, slope), np.subtract(value, slope, value)
        return float(loss)

    return step


@_workload
def w7(engine: str) -> Callable[[], float]:
    """Float64 scalars: h = tanh(a * h + b), 3,334 times; value and gradients by x, a, b."""
    times = 3334
    if engine == "graphflow":
        import graphflow as gf

        x, a, b = (gf.Variable(v) for v in (0.5, 1.0, 0.0))
        h: Any = x
        for _ in range(times):
            h = gf.tanh(a * h + b)
        f = gf.Session().make_callable([h, *gf.gradients(h, [x, a, b])], [])
        return lambda: float(f()[0])
    if engine == "autograd":
        from autograd import value_and_grad

        xp = _namespace(engine)

        def chain(x: Any, a: Any, b: Any) -> Any:
            for _ in range(times):
                x = xp.tanh(a * x + b)
            return x

        both = value_and_grad(chain, (0, 1, 2))
        return lambda: float(both(0.5, 1.0, 0.0)[0])
    from math import tanh

    def step() -> float:
        h, a, b = 0.5, 1.0, 0.0
        trace = [h]
        for _ in range(times):
            h = tanh(a * h + b)
            trace.append(h)
        by_h, by_a, by_b = 1.0, 0.0, 0.0
        for i in range(times, 0, -1):
            t = trace[i]
            g = by_h * (1 - t * t)
            by_a += g * trace[i - 1]
            by_b += g
            by_h = g * a
        return h

    return step


@_workload
def w12(engine: str) -> Callable[[], float]:
    """Float64 logistic regression, 100,000 x 50, mean of softplus(z) - y z, value and gradient."""
    rng = np.random.default_rng(0)
    X, w = rng.normal(size=(100_000, 50)), 0.1 * rng.normal(size=50)
    y = (rng.random(100_000) < 0.5).astype(float)
    n = len(X)
    if engine == "graphflow":
        import graphflow as gf

        nodes = [gf.placeholder(v.shape, name=name) for v, name in ((w, "w"), (X, "X"), (y, "y"))]
        z = nodes[1] @ nodes[0]
        loss = gf.mean(gf.softplus(z) - nodes[2] * z)
        f = gf.Session().make_callable([loss, gf.gradients(loss, nodes[0])[0]], nodes)
        return lambda: float(f(w, X, y)[0])
    if engine == "autograd":
        from autograd import value_and_grad

        xp = _namespace(engine)

        def mean_loss(w: Any) -> Any:
            z = X @ w
            return xp.mean(xp.logaddexp(0, z) - y * z)

        both = value_and_grad(mean_loss)
        return lambda: float(both(w)[0])
    z, e, t = (np.empty(n) for _ in range(3))

    def step() -> float:
        np.dot(X, w, z)
        np.abs(z, e), np.negative(e, e), np.exp(e, e)
        np.log1p(e, t)
        loss = (np.add.reduce(t) + np.add.reduce(np.maximum(z, 0, out=t)) - np.dot(y, z)) / n
        np.add(e, 1, out=t)
        np.copyto(e, 1, where=z >= 0)
        np.divide(e, t, e), np.subtract(e, y, e)
        grad = np.dot(e, X)
        np.multiply(grad, 1 / n, grad)
        return float(loss)

    return step
