"""Updates of variables: nodes that a run commits instead of returning."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ..errors import DTypeError, ShapeError
from ..graph import Node, Operation, Variable, constant
from ..primitives import Spec
from ..shapes import maybe_equal, show
from .elementwise import cast

__all__ = ["Assign", "Group", "assign", "assign_add", "assign_sub", "group"]


class Assign(Operation):
    """`variable` becomes `value` when the run that asks for it ends."""

    pure = False
    is_update: ClassVar[bool] = True
    operands = ("variable", "value")

    @property
    def variable(self) -> Variable:
        """What is updated."""
        variable = self.inputs[0]
        assert isinstance(variable, Variable)
        return variable

    def infer(self, *specs: Spec) -> Spec:
        variable, value = specs
        if not maybe_equal(variable.shape, value.shape):
            raise ShapeError(
                f"a value of shape {show(value.shape)} does not fit {show(variable.shape)}"
            )
        return variable


class Training(NamedTuple):
    """What a step was made for: gradients with the variables they move, and down which loss.

    The loss is None where it was not told. It is no input of the step, so it is known weakly.
    """

    pairs: Sequence[tuple[Node, Variable]]
    loss: weakref.ref[Node] | None


class Group(Operation):
    """All of its inputs, which are updates, at once."""

    pure = False
    is_update: ClassVar[bool] = True
    variadic = True

    training: Training | None = None

    @classmethod
    def step(
        cls, updates: Sequence[Node], pairs: Sequence[tuple[Node, Variable]], loss: Node | None
    ) -> Group:
        """A training step: a group that remembers what it was made for."""
        new = cls(*updates)
        new.__dict__["training"] = Training(pairs, None if loss is None else weakref.ref(loss))
        return new

    def infer(self, *specs: Spec) -> Spec:
        return Spec((), np.dtype(np.bool_))


def assign(variable: Variable, value: Any, name: str | None = None) -> Node:
    """An update that gives `variable` a new value; a run returns None for it.

    `value` has the variable's shape and a dtype that casts to its dtype under `same_kind`. All
    reads in a run see the values at its start; updates are committed together at its end.
    Raises DTypeError when `variable` is none or the dtype does not cast, ShapeError for the shape.
    """
    if not isinstance(variable, Variable):
        raise DTypeError(f"assign: {variable!r} is not a variable")
    return Assign(variable, _as_stored(variable, value), name=name)


def _as_stored(variable: Variable, value: Any) -> Any:
    value = value if isinstance(value, Node) else constant(value)
    if value.dtype == variable.dtype:
        return value
    if not np.can_cast(value.dtype, variable.dtype, "same_kind"):
        raise DTypeError(
            f"assign: {value.dtype} does not cast to {variable.dtype} of {variable.name!r}",
            "cast it yourself: gf.cast(value, variable.dtype)",
        )
    return cast(value, variable.dtype)


def assign_add(variable: Variable, value: Any, name: str | None = None) -> Node:
    """An update that adds `value` to `variable`."""
    return assign(variable, variable + value, name=name)


def assign_sub(variable: Variable, value: Any, name: str | None = None) -> Node:
    """An update that subtracts `value` from `variable`."""
    return assign(variable, variable - value, name=name)


def group(*updates: Node, name: str | None = None) -> Node:
    """One update that stands for all of them. Raises DTypeError for what is no update."""
    for update in updates:
        if not isinstance(update, Node) or not update.is_update:
            raise DTypeError(f"group: {update!r} is not an update", "make one with gf.assign")
    return Group(*updates, name=name)
