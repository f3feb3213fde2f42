"""Where the time of a run goes: the text that runs, with the clock read after every line."""

from __future__ import annotations

import json
import os
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import prod
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from .compiled import Compiled
from .errors import plain
from .graph import Node
from .program import Call, Program
from .program.buffers import is_view
from .shapes import is_known


class Row(NamedTuple):
    """One node in the mean of the runs: seconds, bytes read and written, floating-point operations.

    An elementwise function counts one operation for each element, a product two for each pair.
    `number` is that of the user's node, or of the one that was replaced by what ran; 0 for none.
    """

    name: str
    op: str
    scope: str
    line: str
    seconds: float
    bytes: int
    flops: int
    number: int

    @property
    def bandwidth(self) -> float:
        """Bytes a second."""
        return self.bytes / self.seconds if self.seconds else 0.0


class Profile:
    """The time of a run, by node and by scope; it prints as a table.

    `gf.viz.draw(fetches, values=profile)` shows it as colours.
    """

    def __init__(self, rows: list[Row], spans: list[tuple[str, float, float]], wall: float) -> None:
        self.rows = sorted(rows, key=lambda row: -row.seconds)
        self.wall = wall  # seconds of a run, the envelope around the step included
        self._spans = spans  # of the last run: node, start and end in seconds

    @property
    def attributed(self) -> float:
        """The share of the wall time that nodes have, from 0 to 1."""
        return min(1.0, sum(row.seconds for row in self.rows) / self.wall)

    def scopes(self) -> dict[str, float]:
        """Seconds by scope; what stands in none is under ""."""
        found: dict[str, float] = {}
        for row in self.rows:
            found[row.scope] = found.get(row.scope, 0.0) + row.seconds
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    def table(self, limit: int = 20) -> str:
        """The costliest nodes: microseconds, share, kB, operations, GB/s, the user's line."""
        lines = [f"{'node':<28}{'us':>9}{'share':>8}{'kB':>10}{'flops':>12}{'GB/s':>7}  line"]
        for row in self.rows[:limit]:
            share = row.seconds / self.wall
            numbers = f"{row.seconds * 1e6:9.2f}{share:8.1%}{row.bytes / 1e3:10.1f}{row.flops:12d}"
            lines.append(
                f"{plain(row.name[:27]):<28}{numbers}{row.bandwidth / 1e9:7.1f}  {row.line}"
            )
        rest = len(self.rows) - limit
        lines += [f"... and {rest} more"] if rest > 0 else []
        lines.append(f"{self.wall * 1e6:.2f} us a run, {self.attributed:.1%} of it in nodes")
        return "\n".join(lines)

    def chrome_trace(self, path: str | os.PathLike[str]) -> None:
        """Write the last run for chrome://tracing or Perfetto: JSON, one event for each line."""
        events = [
            {"name": name, "ph": "X", "ts": start * 1e6, "dur": (end - start) * 1e6, "pid": 0,
             "tid": 0}
            for name, start, end in self._spans
        ]  # fmt: skip
        Path(path).write_text(json.dumps({"traceEvents": events}), encoding="utf-8")

    __str__ = __repr__ = table


def profiled(compiled: Compiled, run: Callable[[Callable[..., Any]], object], runs: int) -> Profile:
    """The profile of `runs` runs; `run(step)` makes one, with `step` in the place of the step."""
    source, program = compiled.printed("profile").source, compiled.program
    marks: list[tuple[int, float]] = []
    step = compiled.timed_step(marks, perf_counter)
    spent: dict[int, float] = {}
    wall = 0.0
    run(step)  # warm
    for _ in range(runs):
        marks.clear()
        start = perf_counter()
        run(step)
        wall += perf_counter() - start
        for (_, a), (line, b) in pairwise(marks):
            about = source.lines[line][0]
            spent[about] = spent.get(about, 0.0) + b - a
    begin = marks[0][1]
    spans = [
        (_name(program, source.lines[line][0]), a - begin, b - begin)
        for (_, a), (line, b) in pairwise(marks)
    ]
    rows = _rows(compiled, {about: seconds / runs for about, seconds in spent.items()})
    return Profile(rows, spans, wall / runs)


def _name(program: Program, about: int) -> str:
    return program.operations[about].name if about >= 0 else "arguments"


def _rows(compiled: Compiled, spent: dict[int, float]) -> list[Row]:
    program = compiled.program
    images = sorted(compiled.images)
    moved: dict[int, int] = {}
    worked: dict[int, int] = {}
    for call in program.calls:
        moved[call.about] = moved.get(call.about, 0) + _bytes(program, call)
        worked[call.about] = worked.get(call.about, 0) + _flops(program, call)
    rows = []
    for about, seconds in spent.items():
        op = program.operations[about] if about >= 0 else None
        rows.append(
            Row(
                name=_name(program, about),
                op=op.kind if op is not None else "",
                scope=op._scope.rstrip("/") if op is not None else "",
                line=str(op.origin or "") if op is not None else "",
                seconds=seconds,
                bytes=moved.get(about, 0),
                flops=worked.get(about, 0),
                number=_users_number(compiled.images, images, op),
            )
        )
    return rows


def _users_number(of_image: dict[int, int], images: list[int], op: Node | None) -> int:
    """The user's node behind an operation: what a rule makes is numbered up to the image."""
    place = bisect_left(images, op.number) if op is not None else len(images)
    return of_image[images[place]] if place < len(images) else 0


def _size(program: Program, value: int) -> int:
    shape: Any = program.specs[value].shape
    return prod(shape) if is_known(shape) else 0


def _bytes(program: Program, call: Call) -> int:
    if is_view(call):
        return 0
    values: Sequence[int] = [*dict.fromkeys(call.reads()), call.output]
    return sum(_size(program, v) * program.specs[v].dtype.itemsize for v in values)


def _flops(program: Program, call: Call) -> int:
    if is_view(call):
        return 0
    if call.name == "matmul":
        inner: Any = program.specs[call.args[0].value].shape
        return 2 * _size(program, call.output) * inner[-1] if is_known(inner) else 0
    return max([_size(program, v) for v in [*call.reads(), call.output]])
