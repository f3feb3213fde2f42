"""One input of one subject: compared, moved off its kinks, and what there is to say of it."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..dtypes import Array
from ..errors import NumericError
from ..graph import Node
from .causes import cause_of_unfit
from .diagnosis import UNKNOWN, Diagnosis, diagnosed
from .probes import moved
from .report import Finding, Row
from .rounding import Own, astray
from .subject import Subject
from .verdict import Table, compared, located

_MOVES = 4
_KINK = Diagnosis("a kink")


class About(NamedTuple):
    """What an examination is about, in the user's words: input, outputs, order."""

    x: Node
    ys: Sequence[Node]
    order: int

    def finding(self, reason: str, why: Diagnosis = UNKNOWN, **entry: object) -> Finding:
        """A finding, with the user's lines."""
        lines = dict.fromkeys(str(y.origin) for y in self.ys if y.origin)
        return Finding(
            reason=reason,
            order=self.order,
            x=self.x.name,
            y=self.ys[0].name if len(self.ys) == 1 else f"{self.ys[0].name}...",
            x_line=str(self.x.origin or ""),
            y_line=" ".join(lines),
            cause=why.cause,
            op=why.op,
            op_line=why.line,
            **entry,  # type: ignore[arg-type]
        )

    def row(self, checked: int, worst: float, verdict: str) -> Row:
        """A row of the report."""
        return Row(self.order, self.x.name, str(self.x.origin or ""), checked, worst, verdict)


class Result(NamedTuple):
    """What became of one input."""

    failures: list[Finding]
    inconclusive: list[Finding]
    moved: list[Finding]
    row: Row


def examined(subject: Subject, place: int, about: About) -> Result:
    """The gradient by one input, entry by entry, at its value or near it."""
    point = subject.point(place)
    try:
        return _examined_at(subject, place, about, point)
    except NumericError as error:
        why = f"the gradient is refused: {error}".splitlines()[0]
    for attempt in range(_MOVES):
        with contextlib.suppress(NumericError):
            beside = _beside(point, np.ones(point.size, bool), attempt)
            result = _examined_at(subject, place, about, beside)
            refused = about.finding(f"{why}: judged beside it", _KINK)
            return result._replace(moved=[refused, *result.moved])
    return Result([], [about.finding(why, _KINK, checked=0)], [], about.row(0, 0.0, "undecided"))


def _examined_at(subject: Subject, place: int, about: About, point: Array) -> Result:
    unfit = subject.unfit(place, point)
    if unfit:
        why = diagnosed(subject, place, point, None)
        if not why.cause:
            why = why._replace(cause=cause_of_unfit(subject, place, unfit[0]))
        failures = [about.finding(reason, why, checked=0) for reason in unfit]
        return Result(failures, [], [], about.row(0, float("inf"), "WRONG"))
    first, last, beside = _compared_off_kinks(subject, place, point)
    failures = []
    for table, at, wrong, reason in (
        (first, point, first.lost_at_kink, "not finite at a kink between finite slopes"),
        (last, beside, last.wrong, "they differ"),
    ):
        if wrong.any():
            why = diagnosed(subject, place, at, table)
            failures.append(_worst(subject, place, about, table, wrong, reason, why))
    narrow, lost = _astray(subject, place, about, beside, last.rows)
    failures += narrow
    inconclusive = [] if failures else _undecided(subject, place, about, last) + lost
    kinks = []
    if first.kink.any():
        reason = "a kink: judged beside it"
        kinks = [_worst(subject, place, about, first, first.kink, reason, _KINK)]
    worst = float(last.relative.max(initial=0.0))
    verdict = "WRONG" if failures else "undecided" if inconclusive else "right"
    return Result(failures, inconclusive, kinks, about.row(last.claimed.size, worst, verdict))


def _compared_off_kinks(subject: Subject, place: int, point: Array) -> tuple[Table, Table, Array]:
    """The table at the point, and the one at the first place beside it that can be judged."""
    first = table = compared(subject, place, point)
    beside = point
    for attempt in range(_MOVES):
        stuck = (table.kink | table.undecided) & first.defined
        if table.wrong.any() or not stuck.any():
            return first, table, beside
        entries = np.zeros(point.size, bool)
        for way, is_stuck in zip(table.directions, list(stuck.any(axis=0)), strict=True):
            entries[slice(None) if way.entry is None else way.entry] |= is_stuck
        beside = _beside(point, entries, attempt)
        table = compared(subject, place, beside)
    return first, first, point


def _beside(point: Array, entries: Array, attempt: int) -> Array:
    flat = moved(point.astype(np.float64).ravel(), entries, attempt)
    return flat.reshape(point.shape).astype(point.dtype)


def _undecided(subject: Subject, place: int, about: About, table: Table) -> list[Finding]:
    known, overflown = table.undecided & table.defined, table.overflown
    reasons = (
        (table.kink, "a kink, also beside the point", _KINK),
        (table.undecided & ~table.defined, "the output is not finite", UNKNOWN),
        (known & overflown, "the rules overflow: the point is too far out", UNKNOWN),
        (known & ~overflown, "differences are not exact enough to tell", UNKNOWN),
    )
    return [
        _worst(subject, place, about, table, where, reason, why)
        for where, reason, why in reasons
        if where.any()
    ]


def _worst(
    subject: Subject,
    place: int,
    about: About,
    table: Table,
    where: Array,
    reason: str,
    why: Diagnosis,
) -> Finding:
    """The finding for the worst of the entries `where` something was found."""
    row, column = _worst_entry(table, where)
    way = table.directions[column]
    index = way.entry
    rule, value = table.claimed[row, column], table.estimates.value[row, column]
    error = table.estimates.error[row, column]
    steps = way.steps if index is not None else 1.0
    if index is None and reason == "they differ":
        index, rule, value, error = located(subject, place, table, row, way)
    with np.errstate(over="ignore"):  # of steps that are as small as the point
        rule, value, error = (float(number / steps) for number in (rule, value, error))
    return about.finding(
        reason,
        why,
        index=_index(index, subject.point(place).shape),
        output=_output(subject, about, table, row),
        rule=rule,
        differences=value,
        error=error,
        count=int(where.sum()),
        checked=where.size,
    )


def _worst_entry(table: Table, where: Array) -> tuple[int, int]:
    """The row and column of the worst error, of a single input and output if there is one.

    The largest of those whose relative error is at least half of the worst.
    """
    single_row = (table.rows != 0).sum(axis=1, keepdims=True) == 1
    single_column = np.array([way.entry is not None for way in table.directions])
    narrowings = (where & single_row & single_column, where & single_column, where)
    among = next(entries for entries in narrowings if entries.any())
    relative = np.where(among, np.nan_to_num(table.relative, posinf=1e300), -1.0)
    gap = np.nan_to_num(np.abs(table.claimed - table.estimates.value), nan=np.inf)
    gap = np.where(relative >= relative.max() / 2, gap, -1.0)
    row, column = np.unravel_index(int(np.argmax(gap)), gap.shape)
    return int(row), int(column)


def _index(number: int | None, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    return None if number is None else tuple(map(int, np.unravel_index(number, shape)))


def _output(subject: Subject, about: About, table: Table, row: int) -> tuple[int, ...] | None:
    """The index of the one output that the row weighs; with the output's number if several."""
    weighed = np.flatnonzero(table.rows[row])
    if len(weighed) != 1:
        return None
    number, index = subject.output(int(weighed[0]))
    return index if len(about.ys) == 1 or about.order > 1 else (number, *index)


def _astray(
    subject: Subject, place: int, about: About, point: Array, rows: Array
) -> tuple[list[Finding], list[Finding]]:
    """The worst entry of the gradient in the graph's own dtypes that is not the float64 one.

    That where it is wrong, and that where it is undecided.
    """
    if subject.precision.itemsize == 8:
        return [], []
    found = [astray(subject, place, point, row) for row in rows]
    wrong = next((one for one in found if one.wrong.any()), None)
    if wrong is not None:
        why = diagnosed(subject, place, point, None)
        reason = f"in {subject.precision} it is not what it is in float64"
        return [_worst_own(subject, about, wrong, wrong.wrong, reason, why)], []
    lost = next((one for one in found if one.lost.any()), None)
    reason = f"in {subject.precision} it overflows, or is one of rounding errors"
    undecided = [] if lost is None else [_worst_own(subject, about, lost, lost.lost, reason)]
    return [], undecided


def _worst_own(
    subject: Subject, about: About, of: Own, where: Array, reason: str, why: Diagnosis = UNKNOWN
) -> Finding:
    with np.errstate(invalid="ignore"):
        gap = np.where(where, np.nan_to_num(np.abs(of.own - of.wide), nan=np.inf), -1.0)
    index = np.unravel_index(int(np.argmax(gap)), gap.shape)
    return about.finding(
        reason,
        why,
        index=tuple(map(int, index)),
        rule=float(of.own[index]),
        differences=float(of.wide[index]),
        error=float(np.finfo(subject.precision).eps * abs(of.wide[index])),
        count=int(where.sum()),
        checked=where.size,
    )
