"""The plan of a run: which operations to compute in which order, on which slots.

A plan refers to no node of the user's: it can outlive the graph and be kept in a cache. It is what
a backend turns into a callable; the recorded program of primitive calls will take its place.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import GraphError, lay_out
from ..graph import Constant, Node, Operation, Variable
from ..ops.random import RunKey
from ..ops.state import Assign
from ..traversal import ancestors
from .specialize import Special


class Step(NamedTuple):
    """One operation: the slots it reads, the slot it fills, the slots not needed after it."""

    operation: Operation
    inputs: tuple[int, ...]
    output: int
    done_with: tuple[int, ...]


class Read(NamedTuple):
    """A variable that is read: its slot, its key in the state, its value at birth."""

    slot: int
    uid: int
    initial: np.ndarray[Any, Any]


class Update(NamedTuple):
    """A variable that is updated: its key in the state and the slot of its new value."""

    uid: int
    slot: int
    variable: weakref.ref[Variable]


class Plan(NamedTuple):
    """All that a backend needs to run some fetches."""

    slot_count: int
    constants: list[tuple[int, Any]]
    feeds: list[int | None]  # a slot per feed; None for a feed that is not needed
    keys: list[int]
    reads: list[Read]
    steps: list[Step]
    outputs: list[int | None]  # a slot per fetch; None for an update
    updates: list[Update]


def plan(special: Special) -> Plan:
    """The plan that computes `special.fetches` from `special.feeds` and the state.

    Raises GraphError when a variable would be updated twice.
    """
    assigns = [node for node in ancestors(special.fetches) if isinstance(node, Assign)]
    _check_once(assigns, special.targets)
    wanted = [node for node in special.fetches if not node.is_update]
    computed = ancestors([*wanted, *(node.inputs[1] for node in assigns)])
    slot = {node.number: i for i, node in enumerate(computed)}
    updates = [_update(special.targets[node.number], node, slot) for node in assigns]
    outputs = [None if node.is_update else slot[node.number] for node in special.fetches]
    fed = {leaf.number for leaf in special.feeds}
    kept = {update.slot for update in updates} | {s for s in outputs if s is not None}
    return Plan(
        slot_count=len(computed),
        constants=[(slot[n.number], n.value) for n in computed if isinstance(n, Constant)],
        feeds=[slot.get(leaf.number) for leaf in special.feeds],
        keys=[slot[n.number] for n in computed if isinstance(n, RunKey)],
        reads=[
            Read(slot[n.number], n.uid, n._initial)
            for n in computed
            if isinstance(n, Variable) and n.number not in fed
        ],
        steps=_steps([n for n in computed if isinstance(n, Operation)], slot, kept),
        outputs=outputs,
        updates=updates,
    )


def _check_once(assigns: list[Assign], targets: dict[int, Variable]) -> None:
    first: dict[int, Node] = {}
    for node in assigns:
        variable = targets[node.number]
        other = first.setdefault(variable.number, node)
        if other is not node:
            rows = [("", n.name, str(n.origin or "")) for n in (other, node)]
            raise GraphError(
                lay_out(
                    f"run: variable {variable.name!r} would be updated twice",
                    rows,
                    "run the updates one after the other",
                )
            )


def _update(variable: Variable, node: Assign, slot: dict[int, int]) -> Update:
    return Update(variable.uid, slot[node.inputs[1].number], weakref.ref(variable))


def _steps(operations: Sequence[Operation], slot: dict[int, int], kept: set[int]) -> list[Step]:
    """The operations as steps; a slot is released after the last step that reads it."""
    steps: list[Step] = []
    released = set(kept)
    for op in reversed(operations):
        inputs = tuple([slot[i.number] for i in op.inputs])
        done_with = tuple([i for i in dict.fromkeys(inputs) if i not in released])
        released.update(done_with)
        steps.append(Step(op.detached(), inputs, slot[op.number], done_with))
    return steps[::-1]
