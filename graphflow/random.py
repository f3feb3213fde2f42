"""Random draws: functions of the session's seed, the node and the step."""

from .ops.random import bernoulli, normal, uniform

__all__ = ["bernoulli", "normal", "uniform"]
