"""Random draws: functions of the session's seed, the node and the step."""

from .ops.random import (
    bernoulli, beta, categorical, exponential, gamma, gumbel, normal, permutation,
    truncated_normal, uniform,
)  # fmt: skip

__all__ = [
    "bernoulli", "beta", "categorical", "exponential", "gamma", "gumbel", "normal", "permutation",
    "truncated_normal", "uniform",
]  # fmt: skip
