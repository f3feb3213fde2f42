"""The program of a run: primitive array calls in order, on numbered values of known shape.

A program refers to no node of the user's: it can outlive the graph and be kept in a cache. It is
what fusion, buffers and printing work on, once for every operation.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ..errors import plain
from ..graph import Operation, Variable
from ..primitives import Spec
from ..shapes import show

REDUCTIONS = {  # and the ufuncs that reduce
    "sum": "add", "prod": "multiply", "max": "maximum", "min": "minimum",
    "all": "logical_and", "any": "logical_or",
}  # fmt: skip


TAP = "tap"  # the name of a call that shows values to somebody and computes none


class Ref(NamedTuple):
    """A value as an argument of a call, by its number."""

    value: int


class Call(NamedTuple):
    """One primitive applied to values and static arguments: `output = name(*args, **options)`.

    `about` is the number of the operation that it is a part of, for messages and comments.
    """

    name: str
    args: tuple[Any, ...]
    options: tuple[tuple[str, Any], ...]
    output: int
    about: int

    def reads(self) -> list[int]:
        """The numbers of the values it reads, with repetitions."""
        found: list[int] = []
        for arg in self.args:
            if type(arg) is Ref:
                found.append(arg.value)
            elif isinstance(arg, list | tuple):
                found.extend(refs(arg))
        return found


class Read(NamedTuple):
    """A variable that is read: the value's number, its key in the state, its value at birth."""

    value: int
    uid: int
    initial: np.ndarray[Any, Any]
    name: str


class Update(NamedTuple):
    """A variable that is updated: its key in the state and the number of its new value."""

    uid: int
    value: int
    variable: weakref.ref[Variable]
    name: str


class Loop(NamedTuple):
    """Calls `start` to `stop` of a program, run in tiles of `step` of `length` rows.

    Where it is `flat`, the rows are the elements of arrays of one shape. `read` are the values from
    outside of which a tile has its rows; `made` those that are made in it; `kept` are those of them
    that are read later or leave the program. `totals` are made of a part from each tile.
    """

    start: int
    stop: int
    length: int
    step: int
    flat: bool
    read: tuple[int, ...]
    made: tuple[int, ...]
    kept: tuple[int, ...]
    totals: tuple[int, ...]


@dataclass(slots=True)
class Program:
    """All that a backend needs to run some fetches.

    A value is a constant, a feed, a variable that is read, the key of random draws, or what one of
    `calls` computes. `specs` gives shape and dtype of every value, `names` what to call it. A loop
    is a way to run some calls; run one by one they give the same, up to rounding.
    """

    specs: list[Spec] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    constants: dict[int, Any] = field(default_factory=dict)
    feeds: list[int | None] = field(default_factory=list)  # None for one that is not needed
    feed_names: list[str] = field(default_factory=list)
    key: int | None = None
    reads: list[Read] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)  # in the order of their calls
    outputs: list[int | None] = field(default_factory=list)  # None for an update
    updates: list[Update] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)  # detached; what calls are about

    def new(self, spec: Spec, name: str) -> int:
        """A further value."""
        self.specs.append(spec)
        self.names.append(name)
        return len(self.specs) - 1

    def units(self) -> Iterator[tuple[int, int, Loop | None]]:
        """Where what runs as one begins and ends: a call, or a loop."""
        loops = {loop.start: loop for loop in self.loops}
        start = 0
        while start < len(self.calls):
            loop = loops.get(start)
            stop = start + 1 if loop is None else loop.stop
            yield start, stop, loop
            start = stop

    def wanted(self) -> list[int]:
        """The numbers of the values that leave the program."""
        return [v for v in self.outputs if v is not None] + [u.value for u in self.updates]

    def without_dead_calls(self) -> Program:
        """The same program without what nothing needs."""
        needed = set(self.wanted())
        kept = []
        for call in reversed(self.calls):
            if call.output in needed or call.name == TAP:
                needed.update(call.reads())
                kept.append(call)
        self.calls = kept[::-1]
        self.constants = {v: c for v, c in self.constants.items() if v in needed}
        self.reads = [read for read in self.reads if read.value in needed]
        self.feeds = [v if v in needed else None for v in self.feeds]
        if self.key not in needed:
            self.key = None
        return self

    def redirect(self, instead: dict[int, int]) -> None:
        """Let what leaves the program be other values than those that are keys of `instead`."""
        self.outputs = [v if v is None else instead.get(v, v) for v in self.outputs]
        self.updates = [
            update._replace(value=instead.get(update.value, update.value))
            for update in self.updates
        ]

    def dump(self) -> str:
        """The program as text, a line for every value: what it is, its type, the user's line."""
        rows = [
            *((self._label(f), f"feed {n}", f) for f, n in self._named_feeds()),
            *((self._label(r.value), f"variable {r.name}", r.value) for r in self.reads),
            *((self._label(v), f"constant {_short(c)}", v) for v, c in self.constants.items()),
        ]
        if self.key is not None:
            rows.append((self._label(self.key), "random key", self.key))
        lines = [(*row[:2], self._type(row[2]), "") for row in rows]
        for call in self.calls:
            origin = str(self.operations[call.about].origin or "")
            out = call.output
            lines.append((self._label(out), self.written(call), self._type(out), origin))
        lines += [
            ("return", self._label(v), self._type(v), "") for v in self.outputs if v is not None
        ]
        lines += [
            (u.name, f"becomes {self._label(u.value)}", self._type(u.value), "")
            for u in self.updates
        ]
        shown = [tuple(map(plain, line)) for line in lines]
        widths = [max((len(line[i]) for line in shown), default=0) for i in range(3)]
        return "\n".join(
            "  ".join(part.ljust(w) for part, w in zip(line, (*widths, 0), strict=True)).rstrip()
            for line in shown
        )

    def written(self, call: Call) -> str:
        """`name(args, option=value)`."""
        parts = [self._argument(arg) for arg in call.args]
        parts += [f"{key}={value!r}" for key, value in call.options]
        return f"{call.name}({', '.join(parts)})"

    def _argument(self, arg: Any) -> str:
        if isinstance(arg, Ref):
            return self._label(arg.value)
        if isinstance(arg, list | tuple) and any(True for _ in refs(arg)):
            return "[" + ", ".join(self._argument(part) for part in arg) + "]"
        return str(arg)

    def _label(self, value: int) -> str:
        return f"{self.names[value]}#{value}"

    def _type(self, value: int) -> str:
        return f"{self.specs[value].dtype}{show(self.specs[value].shape)}"

    def _named_feeds(self) -> Iterator[tuple[int, str]]:
        for value, name in zip(self.feeds, self.feed_names, strict=True):
            if value is not None:
                yield value, name


def refs(args: Any) -> Iterator[int]:
    """The numbers of the values in arguments, in lists and keys too."""
    for arg in args:
        if isinstance(arg, Ref):
            yield arg.value
        elif isinstance(arg, list | tuple):
            yield from refs(arg)


def is_box(key: tuple[Any, ...]) -> bool:
    """Whether an index picks neighbouring elements along each axis: integers, slices of step 1."""
    return all(
        part.step in (None, 1) if isinstance(part, slice) else isinstance(part, int) for part in key
    )


def reading(arg: Any, instead: dict[int, int]) -> Any:
    """An argument that reads other values than those that are keys of `instead`."""
    if isinstance(arg, Ref):
        return Ref(instead.get(arg.value, arg.value))
    if type(arg) in (list, tuple):
        return type(arg)([reading(part, instead) for part in arg])
    return arg


def size(spec: Spec) -> int:
    """The number of elements of an array of a known shape."""
    sizes: Any = spec.shape
    count: int = math.prod(sizes)
    return count


def nbytes(spec: Spec) -> int:
    """The bytes of an array of a known shape."""
    return size(spec) * spec.dtype.itemsize


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 40 else text[:37] + "..."
