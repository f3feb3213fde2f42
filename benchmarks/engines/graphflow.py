"""graphflow: the graph is made once, a callable of the session runs it, on NumPy or on JAX."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

import graphflow as gf

from ..problem import Problem, Step


def _cross_entropy(scores: Any, labels: Any) -> Any:
    return gf.mean(gf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=scores))


OPS = SimpleNamespace(
    tanh=gf.tanh, exp=gf.exp, log=gf.log, log1p=gf.log1p, sqrt=gf.sqrt, sum=gf.sum, mean=gf.mean,
    relu=gf.relu, softmax=gf.softmax, softplus=gf.softplus, matvec=gf.matmul,
    swap_last=gf.matrix_transpose, reshape=gf.reshape, cross_entropy=_cross_entropy,
    conv=gf.nn.conv2d, pool=lambda x: gf.nn.max_pool(x, 2),
)  # fmt: skip


def graph(problem: Problem, variant: str = "") -> tuple[Any, list[Any], list[Any]]:
    """The fetches, the placeholders of what is fed in every step, and the variables."""
    batch = [
        gf.placeholder(array.shape, array.dtype, name=f"batch{i}")
        for i, array in enumerate(problem.batches[0])
    ]
    if problem.fed:
        arrays = [np.asarray(value) for value in problem.parameters]
        parameters: list[Any] = [gf.placeholder(a.shape, a.dtype, name="x") for a in arrays]
    else:
        parameters = [gf.Variable(value) for value in problem.parameters]
    loss = problem.loss(OPS, parameters, *batch)
    fetches = _fetches(problem, loss, parameters, variant)
    return (fetches, [*parameters, *batch], []) if problem.fed else (fetches, batch, parameters)


def _fetches(problem: Problem, loss: Any, parameters: list[Any], variant: str) -> Any:
    if variant == "forward":
        return loss
    if problem.direction is not None:
        return gf.hvp(loss, parameters, [problem.direction])
    if problem.rate is None:
        return [loss, *gf.gradients(loss, parameters)]
    return [loss, gf.GradientDescentOptimizer(problem.rate).minimize(loss, parameters)]


def build(problem: Problem, variant: str) -> Step:
    """A step of the problem; with the variant "forward", the loss alone."""
    if variant == "jax-gpu":
        from .jax import on_gpu

        on_gpu()
    fetches, inputs, variables = graph(problem, variant)
    session = gf.Session(backend="jax" if variant.startswith("jax") else "numpy")
    f = session.make_callable(fetches, inputs)
    feeds = problem.feeds()
    if problem.fed:
        arrays = [np.asarray(value) for value in problem.parameters]
        return Step(lambda: f(*arrays, *next(feeds)))
    values = lambda: [session.value(variable) for variable in variables]  # noqa: E731
    if problem.rate is None or variant == "forward":
        return Step((lambda: f(*next(feeds))) if inputs else f, values)
    return Step((lambda: f(*next(feeds))[0]) if inputs else (lambda: f()[0]), values)
