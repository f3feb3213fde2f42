"""MyGrad: tensors over NumPy arrays that remember the operations; memory guards are off."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import mygrad as mg
import numpy as np
from mygrad.nnet.activations import relu, softmax
from mygrad.nnet.layers import conv_nd, max_pool
from mygrad.nnet.losses import softmax_crossentropy

from ..problem import Problem, Step

mg.turn_memory_guarding_off()


def _conv(x: Any, kernel: Any) -> Any:
    out = conv_nd(mg.transpose(x, (0, 3, 1, 2)), mg.transpose(kernel, (3, 2, 0, 1)), stride=1)
    return mg.transpose(out, (0, 2, 3, 1))


def _pool(x: Any) -> Any:
    return mg.transpose(max_pool(mg.transpose(x, (0, 3, 1, 2)), (2, 2), 2), (0, 2, 3, 1))


OPS = SimpleNamespace(
    tanh=mg.tanh, exp=mg.exp, log=mg.log, log1p=mg.log1p, sqrt=mg.sqrt, sum=mg.sum, mean=mg.mean,
    relu=relu, softmax=softmax, softplus=lambda x: mg.logaddexp(0, x), matvec=mg.matmul,
    swap_last=lambda x: mg.swapaxes(x, -1, -2), reshape=mg.reshape,
    cross_entropy=softmax_crossentropy, conv=_conv, pool=_pool,
)  # fmt: skip


def build(problem: Problem, variant: str) -> Step:
    """A step of the problem; there are no second derivatives."""
    if problem.direction is not None:
        raise NotImplementedError("MyGrad has no second derivatives")
    feeds = problem.feeds()
    parameters = [mg.tensor(np.array(value)) for value in problem.parameters]
    rate = problem.rate

    def run() -> Any:
        loss = problem.loss(OPS, parameters, *next(feeds))
        loss.backward()
        if rate is None:
            return [loss.data, *[parameter.grad for parameter in parameters]]
        for parameter in parameters:
            parameter.data -= rate * parameter.grad
        return loss.data

    return Step(run, lambda: [parameter.data for parameter in parameters])
