"""Descent: plain, accumulated as in tutorial 3, with momentum, with Nesterov's."""

from __future__ import annotations

from typing import Any, Unpack

from ..graph import Node
from .base import Optimizer, Options, Rate, in_range
from .slots import Slots, Updates


class GradientDescentOptimizer(Optimizer):
    """variable - learning_rate * gradient.

    With `accumulate` the gradients of all steps so far are summed, as happens where nobody sets
    them to zero between steps.
    """

    takes_complex = True

    def __init__(
        self, learning_rate: Rate, *, accumulate: bool = False, **options: Unpack[Options]
    ) -> None:
        super().__init__(learning_rate, **options)
        self._accumulate = accumulate

    def move(self, grad: Node, rate: Any, slots: Slots) -> tuple[Node, Updates]:
        """rate * g, or rate times the sum of all g."""
        if not self._accumulate:
            return grad * rate, []
        total = slots.full("gradient_sum")
        new = total + grad
        return new * rate, [(total, new)]


class MomentumOptimizer(Optimizer):
    """variable - learning_rate * velocity, where velocity = momentum * velocity + gradient.

    With `nesterov` the step is learning_rate * (gradient + momentum * velocity). As PyTorch's SGD
    and TensorFlow's MomentumOptimizer.

    Source: I. Sutskever et al., "On the importance of initialization and momentum in deep
    learning" (2013), eqs. (1) to (4), with the rate taken out of the velocity.
    """

    takes_complex = True

    def __init__(
        self,
        learning_rate: Rate,
        momentum: float = 0.9,
        *,
        nesterov: bool = False,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, **options)
        self._momentum = in_range("momentum", momentum, 0)
        self._nesterov = nesterov

    def move(self, grad: Node, rate: Any, slots: Slots) -> tuple[Node, Updates]:
        """rate * v, or rate * (g + momentum * v)."""
        velocity = slots.full("velocity")
        new = self._momentum * velocity + grad
        ahead = grad + self._momentum * new if self._nesterov else new
        return ahead * rate, [(velocity, new)]
