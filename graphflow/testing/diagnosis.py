"""Which operation's rule makes a gradient wrong: each on the way is checked alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..copies import copied
from ..dtypes import Array
from ..errors import GraphflowError
from ..gradients import nodes_between
from ..graph import Graph, Node, Operation
from ..primitives import Spec
from ..program import specialize
from ..watching import node_values
from .causes import cause, cause_of_unfit
from .rounding import astray
from .subject import Subject
from .verdict import Table, compared

_OPERATIONS = 400  # no more are tried


class Diagnosis(NamedTuple):
    """The mistake, the operation whose rule has it, and the user's line that made that."""

    cause: str = ""
    op: str = ""
    line: str = ""


UNKNOWN = Diagnosis()


def diagnosed(subject: Subject, place: int, point: Array, table: Table | None) -> Diagnosis:
    """What is wrong with the gradient by one input at a point, and where.

    The operation is the first on the way from the input whose own rule is wrong there. Without one,
    as where gradients are added up or passed on wrongly, the cause is that of `table`.
    """
    for op, alone, places in _alone(subject, place, point):
        for i in range(places):
            text = _mistake(alone, i)
            if text is not None:
                return Diagnosis(text, type(op).__name__, str(op.origin or ""))
    return UNKNOWN if table is None else Diagnosis(cause(subject, place, table))


def _alone(subject: Subject, place: int, point: Array) -> Iterator[tuple[Operation, Subject, int]]:
    """The operations that the gradient goes through, each over leaves with the values it has.

    With each, how many of its inputs are on the way: they come first.
    """
    feeds = subject.feeds | {subject.xs[place]: point}
    special = specialize(subject.ys, {x: Spec(np.shape(v), x.dtype) for x, v in feeds.items()})
    known = node_values(special, special.fetches, feeds, {}, None)
    target = special.form.image[subject.xs[place].number]
    between = nodes_between(list(special.fetches), [target], set())
    for node in list(between.values())[:_OPERATIONS]:
        if not isinstance(node, Operation) or _is_complex(node):
            continue
        sources = {x.number: x for x in node.inputs if not x.is_constant}
        passed = [number for number in sources if number in between]
        others = [n for n, x in sources.items() if n not in between and x.dtype.kind == "f"]
        for more in dict.fromkeys((tuple(others), ())):  # there may be no gradient by the others
            with contextlib.suppress(GraphflowError):
                yield node, _over_leaves(node, sources, [*passed, *more], known), len(passed)
                break


def _is_complex(op: Operation) -> bool:
    """Whether there are complex numbers in or out: `compared` knows none."""
    return any(node.dtype.kind == "c" for node in (op, *op.inputs))


def _over_leaves(
    op: Operation, sources: dict[int, Node], xs: list[int], known: dict[int, Any]
) -> Subject:
    with Graph():
        image = copied([op], sources)
    feeds = {image[number]: np.asarray(known[number]) for number in sources}
    return Subject([image[op.number]], [image[number] for number in xs], feeds)


def _mistake(alone: Subject, place: int) -> str | None:
    """What is wrong with the rule of an operation by one of its inputs, if anything is."""
    point = alone.point(place)
    unfit = alone.unfit(place, point)
    if unfit:
        return cause_of_unfit(alone, place, unfit[0])
    table = compared(alone, place, point)
    if table.wrong.any() or table.lost_at_kink.any():
        return cause(alone, place, table)
    if alone.precision.itemsize == 8:
        return None
    if any(suspect.any() for *_, suspect in (astray(alone, place, point, r) for r in table.rows)):
        return f"it is wrong in {alone.precision} only"
    return None
