"""Which operation's rule makes a gradient wrong: each on the way is checked alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..copies import copied
from ..dtypes import Array, is_inexact
from ..errors import GraphflowError, NumericError
from ..gradients import nodes_between
from ..graph import Graph, Node, Operation, Placeholder
from ..ops.elementwise import Imag, Real, imag, real
from ..rewrite import STABILIZE, rewrite
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
    image = rewrite(subject.ys, [STABILIZE], subject.ys[0].graph._ledger).image
    ys = [image[y.number] for y in subject.ys]
    leaves = {image[x.number]: value for x, value in feeds.items() if x.number in image}
    with np.errstate(all="ignore"):
        known = node_values(leaves, ys, {}, None)
    between = nodes_between(ys, [image[subject.xs[place].number]], set())
    for node in sorted(list(between.values())[:_OPERATIONS], key=_is_complex):
        if isinstance(node, Operation):
            sources = {x.number: x for x in node.inputs if not x.is_constant}
            passed = [number for number in sources if number in between]
            others = [n for n in sources if n not in between and is_inexact(sources[n].dtype)]
            for more in dict.fromkeys((tuple(others), ())):  # some have no gradient
                with contextlib.suppress(GraphflowError):
                    alone = _over_leaves(node, sources, [*passed, *more], known)
                    parts = [2 if sources[number].dtype.kind == "c" else 1 for number in passed]
                    yield node, alone, sum(parts)
                    break


def _is_complex(op: Node) -> int:
    """How far an operation is from real numbers: those between them and complex ones are judged
    before others of complex numbers, which are judged by way of them.
    """
    if op.dtype.kind != "c" and all(x.dtype.kind != "c" for x in op.inputs):
        return 0
    return 1 if isinstance(op, Real | Imag) else 2


def _over_leaves(
    op: Operation, sources: dict[int, Node], xs: list[int], known: dict[int, Any]
) -> Subject:
    """The operation over leaves; of complex numbers, over their real and imaginary parts."""
    with Graph() as graph:
        image = copied([op], sources, taps=True)
        y: Node = image[op.number]
        leaves: list[Node] = []
        feeds: dict[Node, Array] = {}
        moved: dict[int, Node] = {}
        for number in dict.fromkeys([*xs, *sources]):
            leaf, value = image[number], np.asarray(known[number])
            parts = [(leaf, value)]
            if value.dtype.kind == "c":
                parts = [(Placeholder(v.shape, v.dtype), v) for v in (value.real, value.imag)]
                moved[leaf.number] = parts[0][0] + 1j * parts[1][0]
            feeds |= dict(parts)
            leaves += [part for part, _ in parts if number in xs]
        y = rewrite([y], (), graph._ledger, leaves=moved).image[y.number] if moved else y
        ys = [real(y), imag(y)] if y.dtype.kind == "c" else [y]
    return Subject(ys, leaves, feeds)


def _mistake(alone: Subject, place: int) -> str | None:
    """What is wrong with the rule of an operation by one of its inputs, if anything is."""
    with contextlib.suppress(NumericError):  # what is refused is not wrong
        return _mistake_at(alone, place, alone.point(place))
    return None


def _mistake_at(alone: Subject, place: int, point: Array) -> str | None:
    unfit = alone.unfit(place, point)
    if unfit:
        return cause_of_unfit(alone, place, unfit[0])
    table = compared(alone, place, point)
    if table.wrong.any() or table.lost_at_kink.any():
        return cause(alone, place, table)
    if alone.precision.itemsize == 8:
        return None
    if any(astray(alone, place, point, row).wrong.any() for row in table.rows):
        return f"it is wrong in {alone.precision} only"
    return None
