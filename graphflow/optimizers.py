"""Optimizers: they build the update that a training step runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .dtypes import is_inexact
from .errors import DisconnectedError, DTypeError, ShapeError
from .gradients import gradients
from .graph import Node, Variable, building
from .ops.elementwise import cast
from .ops.state import assign, group
from .shapes import maybe_equal
from .traversal import ancestors

Pairs = list[tuple[Node, Variable]]


class Optimizer(ABC):
    """Base of the optimizers. A subclass says how one variable is updated by its gradient."""

    def minimize(self, loss: Node, variables: Iterable[Variable] | None = None) -> Node:
        """The update that makes one step down the gradient of `loss`; running it gives None.

        Trains `variables`, by default the trainable ones that the loss depends on. A run of it
        recomputes what it needs: the loss need not be fetched first.

        Raises DisconnectedError when there is nothing to train, DTypeError for a variable that
        holds no floats.
        """
        return self.apply_gradients(self.compute_gradients(loss, variables))

    def compute_gradients(self, loss: Node, variables: Iterable[Variable] | None = None) -> Pairs:
        """`[(gradient, variable)]`, for `variables` or the trainable ones `loss` depends on."""
        if not isinstance(loss, Node):
            raise DTypeError(f"minimize: the loss is {loss!r}, not a node")
        chosen = _trainable(loss) if variables is None else list(variables)
        _check_variables(loss, chosen)
        unconnected = "none" if variables is None else "error"
        found = gradients(loss, chosen, unconnected=unconnected)
        pairs = [(g, v) for g, v in zip(found, chosen, strict=True) if g is not None]
        if not pairs:
            gradients(loss, chosen)  # raises, saying what cuts the loss from its variables
        return pairs

    def apply_gradients(self, pairs: Sequence[tuple[Node, Variable]]) -> Node:
        """The update that moves each variable by its gradient; running it gives None.

        Raises ShapeError when a gradient has not the shape of its variable.
        """
        for grad, variable in pairs:
            if not isinstance(grad, Node) or not isinstance(variable, Variable):
                raise DTypeError(
                    f"apply_gradients: {grad!r}, {variable!r} is no gradient and variable"
                )
            if not maybe_equal(grad.shape, variable.shape):
                raise ShapeError(
                    f"apply_gradients: gradient {grad.type_text} for {variable.describe()}"
                )
        if not pairs:
            raise DisconnectedError("apply_gradients: nothing to train: no gradients were given")
        with building(role="optimizer", graph=pairs[0][1].graph):
            return group(*[self._updated(variable, grad) for grad, variable in pairs])

    @abstractmethod
    def _updated(self, variable: Variable, grad: Node) -> Node:
        """The update of one variable, including those of what the optimizer remembers for it."""


class GradientDescentOptimizer(Optimizer):
    """variable - learning_rate * gradient.

    `learning_rate` is a number or a scalar node. With `accumulate` the gradients of all steps so
    far are summed, as happens where nobody sets them to zero between steps.

    Raises ValueError for a learning rate that is not finite, DTypeError for one that is no number,
    ShapeError for a node that is no scalar.
    """

    def __init__(self, learning_rate: Any, *, accumulate: bool = False) -> None:
        self._learning_rate = _as_rate(learning_rate)
        self._accumulate = accumulate

    def _updated(self, variable: Variable, grad: Node) -> Node:
        if not self._accumulate:
            return assign(variable, variable - self._step(grad))
        total = Variable(np.zeros_like(variable.initial_value), trainable=False)
        new = total + grad
        return group(assign(total, new), assign(variable, variable - self._step(new)))

    def _step(self, grad: Node) -> Node:
        rate = self._learning_rate
        if isinstance(rate, Node) and rate.dtype != grad.dtype:
            rate = cast(rate, grad.dtype)
        step: Node = grad * rate
        return step


def _as_rate(rate: Any) -> Any:
    if isinstance(rate, Node):
        if not maybe_equal(rate.shape, ()):
            raise ShapeError(f"learning_rate: a scalar is wanted, not {rate.describe()}")
        return rate
    if isinstance(rate, bool) or not isinstance(rate, int | float | np.integer | np.floating):
        raise DTypeError(f"learning_rate: a number or a node is wanted, not {rate!r}")
    if not np.isfinite(rate):
        raise ValueError(f"learning_rate: a finite number is wanted, not {rate!r}")
    return float(rate)


def _trainable(loss: Node) -> list[Variable]:
    found = [n for n in ancestors([loss]) if isinstance(n, Variable) and n.trainable]
    if not found:
        raise DisconnectedError(
            f"minimize: {loss.name!r} depends on no trainable variable: nothing to train"
        )
    return found


def _check_variables(loss: Node, variables: list[Variable]) -> None:
    if not variables:
        raise DisconnectedError(f"minimize: no variables were given to minimize {loss.name!r} by")
    for variable in variables:
        if not isinstance(variable, Variable):
            raise DTypeError(f"minimize: {variable!r} is not a variable")
        if not is_inexact(variable.dtype):
            raise DTypeError(
                f"minimize: {variable.describe()} holds no floats, so it cannot be trained",
                "make it float64, or trainable=False",
            )
