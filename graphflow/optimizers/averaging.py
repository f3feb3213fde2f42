"""Moving averages of weights, and evaluating by them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import DisconnectedError, DTypeError
from ..graph import Node, Variable, building, current
from ..ops.elementwise import equal, where
from ..ops.state import Assign, group
from ..ops.state import assign as updated
from ..session import Session
from ..traversal import ancestors
from .base import in_range
from .slots import Slots, Steps


class ExponentialMovingAverage:
    """Averages of the variables that `step` moves: average * decay + new value * (1 - decay).

    Run `average.step` in place of `step`: it makes the step and moves the averages by the values
    *after* it. The first run copies them, so there is no bias; before it an average is the
    variable's initial value. To evaluate by averages, feed them for a run:

        session.run(accuracy, {x: images, **average.feed(session)})

    `variables` are by default all trainable ones that `step` moves.

    Raises DTypeError when `step` is no update, DisconnectedError for a variable it does not move,
    ValueError for a decay outside of [0, 1).

    Attributes: `step`, the update to run; `averages`, a dict from variables to their averages,
    which are variables in the scope `name`.
    """

    def __init__(
        self,
        step: Node,
        decay: float = 0.999,
        variables: Iterable[Variable] | None = None,
        *,
        name: str = "average",
    ) -> None:
        if not isinstance(step, Node) or not step.is_update:
            raise DTypeError(f"ExponentialMovingAverage: {step!r} is not an update")
        keep = in_range("decay", decay, 0, 1)
        moved = _moved(step, variables)
        self.averages: dict[Variable, Variable] = {}
        with building(role="optimizer", graph=step.graph):
            steps = Steps(f"{current().scope}{name}/")
            share = where(equal(steps.before, 0), 0.0, keep)
            updates = [step]
            for variable, new in moved.items():
                slots = Slots(variable, f"{current().scope}{name}/", steps)
                average = slots.full("average", variable.initial_value)
                kept = slots.fitted(share)
                self.averages[variable] = average
                updates.append(updated(average, average * kept + new * (1 - kept)))
            updates += [updated(counter, more) for counter, more in steps.updates()]
            self.step = group(*updates)

    def feed(self, session: Session) -> dict[Variable, np.ndarray[Any, Any]]:
        """`{variable: its average in the session}`, to be fed where averages shall stand."""
        return {variable: session.value(mean) for variable, mean in self.averages.items()}


def _moved(step: Node, variables: Iterable[Variable] | None) -> dict[Variable, Node]:
    """The new values that `step` gives to variables."""
    assigns = [node for node in ancestors([step]) if isinstance(node, Assign)]
    new = {a.variable: a.inputs[1] for a in assigns}
    if variables is None:
        return {variable: value for variable, value in new.items() if variable.trainable}
    for variable in (chosen := list(variables)):
        if variable not in new:
            raise DisconnectedError(
                f"ExponentialMovingAverage: the step does not move {variable!r}"
            )
    return {variable: new[variable] for variable in chosen}
