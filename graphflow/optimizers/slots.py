"""What an update remembers between steps: variables that are not trained, made under its scope."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dtypes import float64
from ..graph import Node, Variable, building
from ..ops.elementwise import cast

Updates = list[tuple[Variable, Node]]


class Steps:
    """The number of steps made, in a variable that exists once somebody asks for it."""

    def __init__(self, scope: str) -> None:
        self._scope = scope
        self._counter: Variable | None = None
        self._before: Node | None = None
        self._now: Node | None = None

    @property
    def before(self) -> Node:
        """The number of steps made before this one, as a float64: 0 in the first."""
        if self._before is None:
            with building(scope=self._scope):
                self._counter = Variable(np.int64(0), trainable=False, name="steps")
                self._before = cast(self._counter, float64)
        return self._before

    @property
    def now(self) -> Node:
        """The number of this step, as a float64: 1 in the first."""
        if self._now is None:
            self._now = self.before + 1
        return self._now

    def updates(self) -> Updates:
        """What makes the counter go on, if there is one."""
        return [] if self._counter is None else [(self._counter, self._counter + 1)]


class Slots:
    """What an optimizer remembers for one variable, and the number of the step.

    `t` is a float64 node, 1 in the first step. Slots are variables in the scope
    `<optimizer>/<variable>`; their values are in the session's state, and saved with it.
    """

    def __init__(self, variable: Variable, scope: str, steps: Steps) -> None:
        self.scope = f"{scope}{variable.name}/"
        self._variable = variable
        self._steps = steps

    @property
    def t(self) -> Node:
        """The number of this step: 1 in the first."""
        return self._steps.now

    def full(self, name: str, value: Any = 0.0) -> Variable:
        """A slot like the variable, that starts with every entry at `value`."""
        return self._slot(np.full_like(self._variable.initial_value, value), name)

    def scalar(self, name: str, value: float) -> Variable:
        """A slot of one float64."""
        return self._slot(np.float64(value), name)

    def fitted(self, number: Any) -> Any:
        """A number or scalar node in the dtype of the variable: nothing drifts to float64."""
        if not isinstance(number, Node) or number.dtype == self._variable.dtype:
            return number
        return cast(number, self._variable.dtype)

    def _slot(self, initial: Any, name: str) -> Variable:
        with building(scope=self.scope):
            return Variable(initial, trainable=False, name=name)
