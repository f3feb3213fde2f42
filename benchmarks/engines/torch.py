"""PyTorch: eager, with backward over the recorded operations, or the whole step compiled."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from ..problem import Problem, Step

torch.set_num_threads(1)


def _conv(x: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    return functional.conv2d(x.permute(0, 3, 1, 2), kernel.permute(3, 2, 0, 1)).permute(0, 2, 3, 1)


def _pool(x: torch.Tensor) -> torch.Tensor:
    return functional.max_pool2d(x.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)


OPS = SimpleNamespace(
    tanh=torch.tanh, exp=torch.exp, log=torch.log, log1p=torch.log1p, sqrt=torch.sqrt,
    sum=torch.sum, mean=torch.mean, relu=torch.relu, softmax=lambda x: torch.softmax(x, -1),
    softplus=functional.softplus, matvec=torch.mv, swap_last=lambda x: x.transpose(-1, -2),
    reshape=torch.reshape, cross_entropy=functional.cross_entropy, conv=_conv, pool=_pool,
)  # fmt: skip


def _as_tensors(arrays: Any) -> list[torch.Tensor]:
    return [torch.from_numpy(array) for array in arrays]


def build(problem: Problem, variant: str) -> Step:
    """A step of the problem, eager or compiled."""
    make = _compiled if variant == "compile" else _eager
    parameters = [torch.tensor(np.asarray(value)) for value in problem.parameters]
    step = make(problem, parameters)
    return Step(step, lambda: [parameter.detach().numpy() for parameter in parameters])


def _eager(problem: Problem, parameters: list[torch.Tensor]) -> Any:
    feeds = problem.feeds()
    rate = problem.rate
    arrays = [np.asarray(value) for value in problem.parameters]
    if problem.direction is not None:
        direction = torch.from_numpy(problem.direction)
        product = lambda x: _hvp(problem, x, direction)  # noqa: E731
        return lambda: [product(torch.from_numpy(arrays[0])).numpy()]
    for parameter in parameters:
        parameter.requires_grad_()

    def gradients() -> list[Any]:
        given = [t.requires_grad_() for t in _as_tensors(arrays)] if problem.fed else parameters
        loss = problem.loss(OPS, given, *_as_tensors(next(feeds)))
        return [loss.detach(), *torch.autograd.grad(loss, given)]

    def descend() -> Any:
        loss, *slopes = gradients()
        with torch.no_grad():
            for parameter, slope in zip(parameters, slopes, strict=True):
                parameter.sub_(slope, alpha=rate)
        return loss

    return gradients if rate is None else descend


def _hvp(problem: Problem, x: torch.Tensor, direction: torch.Tensor) -> torch.Tensor:
    slope = torch.func.grad(lambda x: problem.loss(OPS, [x]))
    product: torch.Tensor = torch.func.jvp(slope, (x,), (direction,))[1]
    return product


def _compiled(problem: Problem, parameters: list[torch.Tensor]) -> Any:
    feeds = problem.feeds()
    rate = problem.rate
    arrays = [np.asarray(value) for value in problem.parameters]
    if problem.direction is not None:
        direction = torch.from_numpy(problem.direction)
        product = torch.compile(lambda x: _hvp(problem, x, direction))
        return lambda: [product(torch.from_numpy(arrays[0])).numpy()]
    both = torch.func.grad_and_value(lambda p, *batch: problem.loss(OPS, p, *batch))

    def whole(given: list[torch.Tensor], *batch: torch.Tensor) -> list[torch.Tensor]:
        slopes, loss = both(given, *batch)
        if rate is None:
            return [loss, *slopes]
        # of rank 0 they are not updated in place: torch 2.13 loses that when it compiles
        pairs = zip(given, slopes, strict=True)
        return [loss, *[p.sub_(s, alpha=rate) if p.ndim else p - rate * s for p, s in pairs]]

    step = torch.compile(whole, fullgraph=True, dynamic=False)

    def run() -> Any:
        given = _as_tensors(arrays) if problem.fed else parameters
        with torch.no_grad():
            results = step(given, *_as_tensors(next(feeds)))
        if rate is None:
            return results
        parameters[:] = results[1:]
        return results[0]

    return run
