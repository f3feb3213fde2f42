"""The reference interpreter: a plan run operation by operation on NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..dtypes import Array
from ..errors import DTypeError, GraphflowError, NumericError, ShapeError
from ..primitives import FUNCTIONS
from ..program import Plan, Step

State = Mapping[int, np.ndarray[Any, Any]]

_TRANSLATED: dict[type[Exception], type[GraphflowError]] = {
    IndexError: ShapeError,
    ValueError: ShapeError,
    TypeError: DTypeError,
    np.linalg.LinAlgError: NumericError,
}


class Runner:
    """A plan as a function of state, feeds and the run's random key; it keeps no values."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def __call__(
        self, state: State, feeds: Sequence[Array], key: Array
    ) -> tuple[list[Any], list[np.ndarray[Any, Any]]]:
        """The fetched values (None for updates) and the new values of the updated variables.

        All are fresh arrays that alias nothing; 0-d results are NumPy scalars.
        """
        values = self._leaves(state, feeds, key)
        with np.errstate(all="ignore"):
            for step in self._plan.steps:
                values[step.output] = _computed(step, values)
                for slot in step.done_with:
                    values[slot] = None
        outputs = [None if slot is None else _result(values[slot]) for slot in self._plan.outputs]
        return outputs, [_stored(values[update.slot]) for update in self._plan.updates]

    def _leaves(self, state: State, feeds: Sequence[Array], key: Array) -> list[Array]:
        plan = self._plan
        values: list[Array] = [None] * plan.slot_count
        for slot, value in plan.constants:
            values[slot] = value
        for place, value in zip(plan.feeds, feeds, strict=True):
            if place is not None:
                values[place] = value
        for slot in plan.keys:
            values[slot] = key
        for read in plan.reads:
            values[read.slot] = state.get(read.uid, read.initial)
        return values


def _computed(step: Step, values: list[Array]) -> Array:
    op = step.operation
    try:
        return op.compute(FUNCTIONS, *[values[slot] for slot in step.inputs])
    except GraphflowError as error:
        raise type(error)(f"{op.describe()}: {error.rule}", error.hint) from error
    except Exception as error:
        kind = _TRANSLATED.get(type(error))
        if kind is None:
            error.add_note(f"in {op.describe()}")
            raise
        raise kind(f"{op.describe()}: {error}") from error


def _result(value: Array) -> Any:
    """A copy for the caller: a scalar for rank 0."""
    return np.array(value)[()]


def _stored(value: Array) -> np.ndarray[Any, Any]:
    stored = np.array(value)
    stored.setflags(write=False)
    return stored
