"""JAX: the whole step jitted, parameters donated where they are updated; float64 switched on.

Products are as exact as their dtype, on a GPU too.
"""

from __future__ import annotations

import operator
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..problem import Problem, Step

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_default_matmul_precision", "highest")


def _cross_entropy(scores: Any, labels: Any) -> Any:
    chosen = jnp.take_along_axis(jax.nn.log_softmax(scores), labels[:, None], axis=1)
    return -jnp.mean(chosen)


def _conv(x: Any, kernel: Any) -> Any:
    return lax.conv_general_dilated(
        x, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def _pool(x: Any) -> Any:
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


OPS = SimpleNamespace(
    tanh=jnp.tanh, exp=jnp.exp, log=jnp.log, log1p=jnp.log1p, sqrt=jnp.sqrt, sum=jnp.sum,
    mean=jnp.mean, relu=jax.nn.relu, softmax=jax.nn.softmax, softplus=jax.nn.softplus,
    matvec=operator.matmul, swap_last=lambda x: jnp.swapaxes(x, -1, -2), reshape=jnp.reshape,
    cross_entropy=_cross_entropy, conv=_conv, pool=_pool,
)  # fmt: skip


def on_gpu() -> None:
    """Raise NotImplementedError where JAX has no GPU."""
    if jax.default_backend() != "gpu":
        raise NotImplementedError(f"JAX sees no GPU, only {jax.default_backend()}")


def build(problem: Problem, variant: str) -> Step:
    """A step of the problem; with the variant "gpu", only where JAX has one."""
    if variant == "gpu":
        on_gpu()
    feeds = problem.feeds()
    given = [np.asarray(value) for value in problem.parameters]
    values = given if problem.fed else [jnp.asarray(value) for value in given]
    rate = problem.rate
    if problem.direction is not None:
        return _product(problem)

    def loss(parameters: list[Any], *batch: Any) -> Any:
        return problem.loss(OPS, parameters, *batch)

    both = jax.value_and_grad(loss)
    if rate is None:
        step = jax.jit(both)

        def gradients() -> list[Any]:
            value, slopes = step(values, *next(feeds))
            return [value, *(np.asarray(s) for s in slopes)] if problem.fed else [value, *slopes]

        return Step(gradients, wait=jax.block_until_ready)

    def update(parameters: list[Any], *batch: Any) -> Any:
        value, slopes = both(parameters, *batch)
        return value, [p - rate * s for p, s in zip(parameters, slopes, strict=True)]

    descend = jax.jit(update, donate_argnums=0)

    def run() -> Any:
        value, values[:] = descend(values, *next(feeds))
        return value

    return Step(run, lambda: [np.asarray(v) for v in values], jax.block_until_ready)


def _product(problem: Problem) -> Step:
    slope = jax.grad(lambda x: problem.loss(OPS, [x]))
    product = jax.jit(lambda x, v: jax.jvp(slope, (x,), (v,))[1])
    x = problem.parameters[0]
    return Step(lambda: [np.asarray(product(x, problem.direction))])
