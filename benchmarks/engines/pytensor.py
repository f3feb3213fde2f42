"""PyTensor: a graph over shared variables, compiled to C or by Numba."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt

from ..problem import Problem, Step

sys.setrecursionlimit(200_000)  # it walks its graphs by recursion


def _cross_entropy(scores: Any, labels: Any) -> Any:
    rows = pt.arange(labels.shape[0])
    return -pt.mean(pt.special.log_softmax(scores, axis=1)[rows, labels])


def _conv(x: Any, kernel: Any) -> Any:
    rows, columns = kernel.type.shape[:2]
    height, width = x.type.shape[1] - rows + 1, x.type.shape[2] - columns + 1
    parts = [x[:, i : i + height, j : j + width] for i in range(rows) for j in range(columns)]
    windows = pt.concatenate(parts, axis=3)
    flat = windows.reshape((-1, windows.type.shape[3]))
    out = flat @ kernel.reshape((-1, kernel.type.shape[3]))
    return out.reshape((x.type.shape[0], height, width, kernel.type.shape[3]))


def _pool(x: Any) -> Any:
    n, height, width, channels = x.type.shape
    return pt.max(x.reshape((n, height // 2, 2, width // 2, 2, channels)), axis=(2, 4))


OPS = SimpleNamespace(
    tanh=pt.tanh, exp=pt.exp, log=pt.log, log1p=pt.log1p, sqrt=pt.sqrt, sum=pt.sum, mean=pt.mean,
    relu=lambda x: pt.maximum(x, 0), softmax=lambda x: pt.special.softmax(x, axis=-1),
    softplus=pt.softplus, matvec=pt.dot, swap_last=lambda x: pt.swapaxes(x, -1, -2),
    reshape=lambda x, shape: x.reshape(shape), cross_entropy=_cross_entropy, conv=_conv, pool=_pool,
)  # fmt: skip


def build(problem: Problem, variant: str) -> Step:
    """A step of the problem, by the C linker or by Numba's."""
    arrays = [np.asarray(value) for value in problem.parameters]
    batch = [pt.tensor(dtype=str(a.dtype), shape=a.shape) for a in problem.batches[0]]
    if problem.fed:
        parameters = [pt.tensor(dtype=str(a.dtype), shape=a.shape) for a in arrays]
    else:
        parameters = [pytensor.shared(a, shape=a.shape) for a in arrays]
    loss = problem.loss(OPS, parameters, *batch)
    slopes = pytensor.grad(loss, parameters)
    updates: list[Any] = []
    if problem.direction is not None:
        direction = pt.constant(problem.direction)
        outputs = pytensor.grad(pt.sum(slopes[0] * direction), parameters)
    elif problem.rate is None:
        outputs = [loss, *slopes]
    else:
        outputs = [loss]
        rate = np.asarray(problem.rate, arrays[0].dtype)
        updates = [(p, p - rate * s) for p, s in zip(parameters, slopes, strict=True)]
    mode = pytensor.compile.mode.get_mode({"c": "CVM", "numba": "NUMBA"}[variant])
    inputs = [*parameters, *batch] if problem.fed else batch
    f = pytensor.function(inputs, outputs, updates=updates, mode=mode)
    f.trust_input = True
    feeds = problem.feeds()
    given = arrays if problem.fed else []
    if problem.rate is None:
        return Step(lambda: f(*given, *next(feeds)))
    return Step(lambda: f(*next(feeds))[0], lambda: [p.get_value() for p in parameters])
