"""HIPS autograd: every step records the formula anew, and walks back over it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import autograd.numpy as np
from autograd import hessian_vector_product, value_and_grad

from ..problem import Problem, Step


def _softmax(z: Any) -> Any:
    e = np.exp(z - np.max(z, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def _cross_entropy(scores: Any, labels: Any) -> Any:
    z = scores - np.max(scores, axis=1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(z), axis=1)) - z[np.arange(len(labels)), labels])


def _conv(x: Any, kernel: Any) -> Any:
    rows, columns = kernel.shape[:2]
    height, width = x.shape[1] - rows + 1, x.shape[2] - columns + 1
    parts = [x[:, i : i + height, j : j + width] for i in range(rows) for j in range(columns)]
    windows = np.concatenate(parts, axis=3)
    return np.dot(windows, np.reshape(kernel, (-1, kernel.shape[3])))


def _pool(x: Any) -> Any:
    n, height, width, channels = x.shape
    return np.max(np.reshape(x, (n, height // 2, 2, width // 2, 2, channels)), axis=(2, 4))


OPS = SimpleNamespace(
    tanh=np.tanh, exp=np.exp, log=np.log, log1p=np.log1p, sqrt=np.sqrt, sum=np.sum, mean=np.mean,
    relu=lambda x: np.maximum(x, 0), softmax=_softmax, softplus=lambda x: np.logaddexp(0, x),
    matvec=np.dot, swap_last=lambda x: np.swapaxes(x, -1, -2), reshape=np.reshape,
    cross_entropy=_cross_entropy, conv=_conv, pool=_pool,
)  # fmt: skip


def build(problem: Problem, variant: str) -> Step:
    """A step of the problem."""
    feeds = problem.feeds()
    values = list(problem.parameters)
    if problem.direction is not None:
        product = hessian_vector_product(lambda x: problem.loss(OPS, [x]))
        return Step(lambda: [product(values[0], problem.direction)])

    def loss(*args: Any) -> Any:
        return problem.loss(OPS, args[: len(values)], *args[len(values) :])

    both = value_and_grad(loss, tuple(range(len(values))))
    rate = problem.rate
    if rate is None:

        def gradients() -> list[Any]:
            value, slopes = both(*values, *next(feeds))
            return [value, *slopes]

        return Step(gradients)

    def descend() -> Any:
        value, slopes = both(*values, *next(feeds))
        values[:] = [v - rate * s for v, s in zip(values, slopes, strict=True)]
        return value

    return Step(descend, lambda: values)
