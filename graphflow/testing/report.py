"""What a check found, and how it prints."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..errors import plain

_SHOWN = 5
_SEVERITY = ("right", "undecided", "WRONG")


@dataclass(frozen=True)
class Finding:
    """One input whose gradient is wrong or cannot be judged, at its worst entry.

    `order` counts differentiations; 0 is for what is wrong with `y` besides. `x` and `y` name the
    input and the output, `index` and `output` the worst entry of each (None where all entries
    moved, or were weighed, together). `rule` is the
    derivative by the gradient rules, `differences` the one by finite differences, known to
    within `error`. `count` entries of `checked` are concerned. `x_line` and `y_line` are the
    user's lines that made them. `op` is the operation whose rule is wrong, made at `op_line`, and
    `cause` the likely mistake; both are empty where they are not known.
    """

    reason: str
    order: int
    x: str
    y: str
    index: tuple[int, ...] | None = None
    output: tuple[int, ...] | None = None
    rule: float = float("nan")
    differences: float = float("nan")
    error: float = float("nan")
    count: int = 1
    checked: int = 1
    x_line: str = ""
    y_line: str = ""
    cause: str = ""
    op: str = ""
    op_line: str = ""

    def __str__(self) -> str:
        if self.order == 0:
            return f"{plain(self.y)}: {self.reason}"
        top = "d" if self.order == 1 else f"d^{self.order}"
        text = (
            f"{top} {plain(self.y)}{_entry(self.output)} / d {plain(self.x)}{_entry(self.index)}: "
        )
        if not (math.isnan(self.rule) and math.isnan(self.differences)):
            text += f"rule {self.rule:.9g}, differences {self.differences:.9g} ± {self.error:.1g}; "
        text += f"{self.reason} ({self.count} of {self.checked} entries)"
        places = ", ".join(place for place in (self.x_line, self.y_line) if place)
        return (f"{text} [{places}]" if places else text) + self._blamed()

    def _blamed(self) -> str:
        """The likely cause and the operation, as a clause."""
        where = f" ({self.op_line})" if self.op_line else ""
        if self.op and self.cause:
            return f"; likely cause: {self.cause}, in the rule of {self.op}{where}"
        op = f"; it is the rule of {self.op}{where}" if self.op else ""
        return op or (f"; likely cause: {self.cause}" if self.cause else "")


def _entry(index: tuple[int, ...] | None) -> str:
    if index is None:
        return "[*]"
    return f"[{', '.join(map(str, index))}]" if index else ""


@dataclass(frozen=True)
class Row:
    """What was checked of one input at one order."""

    order: int
    x: str
    line: str
    checked: int
    worst: float
    verdict: str


@dataclass(frozen=True, repr=False)
class Report:
    """The result of a check: true when every entry was judged and found right.

    `failures` are the gradients that are wrong, worst first; `inconclusive` those that differences
    could not judge; `moved` says which inputs lay on a kink and were judged beside it. `worst` is
    the largest relative error among the entries that were judged (infinite for NaN).
    """

    failures: tuple[Finding, ...] = ()
    inconclusive: tuple[Finding, ...] = ()
    moved: tuple[Finding, ...] = ()
    rows: tuple[Row, ...] = ()
    title: str = "check_gradients"

    @property
    def ok(self) -> bool:
        """Whether nothing failed and nothing was left undecided."""
        return not self.failures and not self.inconclusive

    @property
    def worst(self) -> float:
        """The largest relative error found."""
        return max((row.worst for row in self.rows), default=0.0)

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        titles = ("order", "input", "line", "entries", "worst error", "verdict")
        cells = [
            (str(r.order), plain(r.x), r.line, str(r.checked), f"{r.worst:.1e}", r.verdict)
            for r in self.rows
        ]
        table = _table([titles, *cells])
        return "\n".join([f"{self.title}: {self._summary()}", *table, *self._details()])

    def _summary(self) -> str:
        what = "gradients" if all(row.order for row in self.rows) else "checks"
        if self.failures:
            return f"{self._count('WRONG', self.failures)} of {len(self.rows)} {what} WRONG"
        if self.inconclusive:
            count = self._count("undecided", self.inconclusive)
            return f"{count} of {len(self.rows)} {what} undecided"
        return f"{len(self.rows)} {what} right"

    def _count(self, verdict: str, findings: tuple[Finding, ...]) -> int:
        """How many rows have the verdict; a finding may have no row of its own."""
        return sum(row.verdict == verdict for row in self.rows) or len(findings)

    def _details(self) -> list[str]:
        lines = []
        for title, findings in (
            ("wrong", self.failures),
            ("undecided", self.inconclusive),
            ("moved", self.moved),
        ):
            lines += [f"{title}: {finding}" for finding in findings[:_SHOWN]]
            if len(findings) > _SHOWN:
                lines.append(f"{title}: ... and {len(findings) - _SHOWN} more")
        return lines


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = [[cell.ljust(w) for cell, w in zip(row, widths, strict=True)] for row in rows]
    return ["  " + "  ".join(cells).rstrip() for cells in padded]


def merged(title: str, reports: Sequence[Report]) -> Report:
    """One report of all, whose rows sum up what was checked of one input at one order."""
    rows: dict[tuple[int, str], Row] = {}
    for row in (row for report in reports for row in report.rows):
        known = rows.setdefault((row.order, row.x), replace(row, checked=0))
        rows[row.order, row.x] = replace(
            known,
            checked=known.checked + row.checked,
            worst=max(known.worst, row.worst),
            verdict=max(known.verdict, row.verdict, key=_SEVERITY.index),
        )
    return Report(
        failures=tuple(f for report in reports for f in report.failures),
        inconclusive=tuple(f for report in reports for f in report.inconclusive),
        moved=tuple(f for report in reports for f in report.moved),
        rows=tuple(rows[key] for key in sorted(rows, key=lambda key: key[0])),
        title=title,
    )
