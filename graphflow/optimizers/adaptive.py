"""Rates per entry from the squares of past gradients: Adagrad, Adadelta, RMSProp."""

from __future__ import annotations

from typing import Any, Unpack

from ..graph import Node
from ..ops.elementwise import maximum, sqrt, square
from .base import Optimizer, Options, Rate, in_range
from .slots import Slots, Updates


class AdagradOptimizer(Optimizer):
    """variable - learning_rate * g / (sqrt(sum of g ** 2) + epsilon).

    The sum starts at `initial_accumulator_value`. Defaults as PyTorch's.

    Source: J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods" (2011), fig. 1, diagonal.
    """

    def __init__(
        self,
        learning_rate: Rate = 0.01,
        initial_accumulator_value: float = 0.0,
        epsilon: float = 1e-10,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, **options)
        self._initial = in_range("initial_accumulator_value", initial_accumulator_value, 0)
        self._epsilon = in_range("epsilon", epsilon, 0)

    def move(self, grad: Node, rate: Any, slots: Slots) -> tuple[Node, Updates]:
        """rate * g / (sqrt(G) + epsilon), G = G + g ** 2."""
        total = slots.full("square_sum", self._initial)
        new = total + square(grad)
        return grad * rate / (sqrt(new) + self._epsilon), [(total, new)]


class AdadeltaOptimizer(Optimizer):
    """variable - learning_rate * g * RMS(earlier steps) / RMS(gradients).

    RMS(x) is the root of the running mean of x ** 2 plus `epsilon`; here epsilon is inside of the
    root, as in the paper. Defaults as PyTorch's.

    Source: M. D. Zeiler, "ADADELTA: an adaptive learning rate method" (2012), algorithm 1,
    eqs. (8), (9), (14).
    """

    def __init__(
        self,
        learning_rate: Rate = 1.0,
        rho: float = 0.9,
        epsilon: float = 1e-6,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, **options)
        self._rho = in_range("rho", rho, 0, 1)
        self._epsilon = in_range("epsilon", epsilon, 0)

    def move(self, grad: Node, rate: Any, slots: Slots) -> tuple[Node, Updates]:
        """rate * d, d = sqrt(D + epsilon) / sqrt(G + epsilon) * g."""
        squares, steps = slots.full("square_mean"), slots.full("step_square_mean")
        new = self._rho * squares + (1 - self._rho) * square(grad)
        step = sqrt(steps + self._epsilon) / sqrt(new + self._epsilon) * grad
        moved = self._rho * steps + (1 - self._rho) * square(step)
        return step * rate, [(squares, new), (steps, moved)]


class RMSPropOptimizer(Optimizer):
    """variable - learning_rate * g / (sqrt(running mean of g ** 2) + epsilon).

    `centered` takes the square of the running mean of g off, so that the root is a standard
    deviation. With `momentum` the quotients go into a velocity. Defaults and the place of epsilon
    (outside of the root) as PyTorch's.

    Source: T. Tieleman, G. Hinton, "Neural networks for machine learning", lecture 6e (2012);
    centered: A. Graves, "Generating sequences with recurrent neural networks" (2013), eqs. (38)
    to (41), where epsilon is inside of the root.
    """

    def __init__(
        self,
        learning_rate: Rate = 0.01,
        decay: float = 0.99,
        momentum: float = 0.0,
        epsilon: float = 1e-8,
        *,
        centered: bool = False,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, **options)
        self._decay = in_range("decay", decay, 0, 1)
        self._momentum = in_range("momentum", momentum, 0)
        self._epsilon = in_range("epsilon", epsilon, 0)
        self._centered = centered

    def move(self, grad: Node, rate: Any, slots: Slots) -> tuple[Node, Updates]:
        """rate * g / (sqrt(n) + epsilon), n = decay * n + (1 - decay) * g ** 2."""
        squares = slots.full("square_mean")
        spread = new = self._decay * squares + (1 - self._decay) * square(grad)
        updates: Updates = [(squares, new)]
        if self._centered:
            mean = slots.full("mean")
            moved = self._decay * mean + (1 - self._decay) * grad
            updates.append((mean, moved))
            spread = maximum(new - square(moved), 0)  # rounding may take it below
        step = grad / (sqrt(spread) + self._epsilon)
        if self._momentum:
            velocity = slots.full("velocity")
            step = self._momentum * velocity + step
            updates.append((velocity, step))
        return step * rate, updates
