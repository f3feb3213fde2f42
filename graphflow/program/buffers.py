"""Where values live: which are views of others, which share a planned block, which are new.

Every value that does not leave the program and can be computed into an array that is there already
gets a place in one block of memory, planned from when it is made to when it is last read. An
elementwise call may write over an operand that nothing reads afterwards.
"""

from __future__ import annotations

from bisect import insort
from typing import Any, NamedTuple

import numpy as np

from ..primitives import Spec
from ..primitives.table import UFUNCS
from ..shapes import is_known
from .program import Call, Program, Ref, nbytes

VIEWS = ("reshape", "transpose", "broadcast_to", "index")
REDUCTIONS = {
    "sum": "add", "prod": "multiply", "max": "maximum", "min": "minimum",
    "all": "logical_and", "any": "logical_or",
}  # fmt: skip
INTO = {
    *UFUNCS,
    *REDUCTIONS,
    "matmul",
    "astype",
    "masked",
    "concatenate",
    "stack",
    "cumsum",
    "cumprod",
}
_ALIGNED = 64
_MAYBE_VIEWS = ("real", "imag", "einsum")  # NumPy may return a view of the first operand


class Storage(NamedTuple):
    """Where the values of a program live.

    `root` gives for every value the one whose memory it is in (itself, if not a view). `place`
    gives for values in the block their offset in bytes. `fixed` are the values in the block and
    their views: arrays that are made once. `size` is that of the block in bytes. `last` says after
    which call a root is not read again.
    """

    root: dict[int, int]
    place: dict[int, int]
    fixed: set[int]
    size: int
    last: dict[int, int]


def is_view(call: Call) -> bool:
    """Whether a call moves no data: it names elements of its first operand in another way."""
    if call.name == "index":
        return all(
            isinstance(part, int | slice | None) or part is Ellipsis for part in call.args[1]
        )
    return call.name in VIEWS


def plan_storage(program: Program, scalars: set[int]) -> Storage:
    """The storage of a program's values; `scalars` are no arrays and live nowhere."""
    roots, layouts = _roots(program, scalars)
    leaving = {roots.get(v, v) for v in program.wanted()}
    last = _last_reads(program, roots)
    place: dict[int, int] = {}
    arena = _Arena()
    for i, call in enumerate(program.calls):
        out = call.output
        if _in_block(program, call, scalars, leaving) and roots[out] == out:
            taken = _overwritten(program, call, i, roots, place, last)
            if taken is None:
                place[out] = arena.take(nbytes(program.specs[out]))
            else:
                place[out] = place.pop(taken)
                arena.hand_over(taken)
            arena.hold(out, place[out], nbytes(program.specs[out]))
        for value in {roots.get(v, v) for v in call.reads()} | {out}:
            if value in arena.held and last.get(value, -1) <= i:
                arena.release(value)
    places = arena.places
    fixed = {v for v, root in roots.items() if root in places and layouts.get(v) is not None}
    return Storage(roots, places, fixed, arena.size, last)


def _in_block(program: Program, call: Call, scalars: set[int], leaving: set[int]) -> bool:
    shape = program.specs[call.output].shape
    if call.output in scalars or call.output in leaving or call.name not in INTO:
        return False
    return bool(shape) and is_known(shape)


def _roots(
    program: Program, scalars: set[int]
) -> tuple[dict[int, int], dict[int, np.ndarray[Any, Any] | None]]:
    """The value in whose memory each value is, and a model of its layout where that is known."""
    roots = {v: v for v in range(len(program.specs))}
    layouts: dict[int, np.ndarray[Any, Any] | None] = {}
    for call in program.calls:
        out = call.output
        source = next(call.reads(), None)
        if is_view(call) and source is not None and not {source, out} & scalars:
            layout = _viewed(call, layouts.get(source))
            if layout is not None or layouts.get(source) is None:
                roots[out], layouts[out] = roots[source], layout
        elif call.name in _MAYBE_VIEWS and source is not None:
            roots[out] = roots[source]
        elif call.name in INTO and program.specs[out].shape:
            layouts[out] = _model(program.specs[out])
    return roots, layouts


def _model(spec: Spec) -> np.ndarray[Any, Any] | None:
    """An array with the layout of a new one and without its memory: it must not be read."""
    if not is_known(spec.shape) or spec.shape is None:
        return None
    strides, step = [], spec.dtype.itemsize
    for size in reversed(spec.shape):
        strides.append(step)
        step *= max(int(size), 1)  # type: ignore[arg-type]
    base = np.zeros((), np.dtype((np.void, spec.dtype.itemsize)))
    far: Any = np.lib.stride_tricks.as_strided
    return far(base, spec.shape, strides[::-1], writeable=False)  # type: ignore[no-any-return]


def _viewed(call: Call, layout: np.ndarray[Any, Any] | None) -> np.ndarray[Any, Any] | None:
    """The layout of a view; None where elements would have to be copied, or that is not known."""
    if layout is None:
        return None
    if call.name == "reshape":
        result = layout.view()
        try:
            result.shape = call.args[1]
        except AttributeError:
            return None
        return result
    if call.name == "index":
        key = call.args[1]  # an Ellipsis keeps NumPy from reading an element
        return np.asarray(layout[key if Ellipsis in key else (*key, Ellipsis)])
    function = {"transpose": np.transpose, "broadcast_to": np.broadcast_to}[call.name]
    return function(layout, call.args[1])  # type: ignore[operator,no-any-return]


def _last_reads(program: Program, roots: dict[int, int]) -> dict[int, int]:
    last: dict[int, int] = {}
    for i, call in enumerate(program.calls):
        for value in call.reads():
            last[roots[value]] = i
        if roots[call.output] != call.output:
            last.setdefault(roots[call.output], i)
    for value in program.wanted():
        last[roots[value]] = len(program.calls)
    return last


def _overwritten(
    program: Program,
    call: Call,
    index: int,
    roots: dict[int, int],
    place: dict[int, int],
    last: dict[int, int],
) -> int | None:
    """An operand in the block that this call may write its result over."""
    if call.name not in UFUNCS and call.name != "masked":
        return None
    reads = list(call.reads())
    for arg in call.args:
        if not isinstance(arg, Ref) or program.specs[arg.value] != program.specs[call.output]:
            continue
        root = roots[arg.value]
        dies = root in place and last[root] == index and root == arg.value
        if dies and all(v == root for v in reads if roots[v] == root):
            return root
    return None


class _Arena:
    """One block of bytes, handed out in aligned pieces and taken back."""

    def __init__(self) -> None:
        self.size = 0
        self.places: dict[int, int] = {}
        self.held: dict[int, tuple[int, int]] = {}
        self._free: list[tuple[int, int]] = []  # (offset, bytes), by offset

    def take(self, size: int) -> int:
        """The offset of a free piece: the smallest that is large enough."""
        size = _aligned(size)
        fitting = [(free, offset) for offset, free in self._free if free >= size]
        if fitting:
            free, offset = min(fitting)
            self._free.remove((offset, free))
            if free > size:
                insort(self._free, (offset + size, free - size))
            return offset
        if self._free and sum(self._free[-1]) == self.size:  # the last piece can grow
            offset, _ = self._free.pop()
        else:
            offset = self.size
        self.size = offset + size
        return offset

    def hold(self, value: int, offset: int, size: int) -> None:
        """Note whose piece it is."""
        self.places[value] = offset
        self.held[value] = (offset, _aligned(size))

    def hand_over(self, value: int) -> None:
        """Its piece becomes another's."""
        self.held.pop(value)

    def release(self, value: int) -> None:
        """Take a piece back, and join it with free neighbours."""
        offset, size = self.held.pop(value)
        joined = []
        for start, length in self._free:
            if start + length == offset:
                offset, size = start, length + size
            elif start == offset + size:
                size += length
            else:
                joined.append((start, length))
        insort(joined, (offset, size))
        self._free = joined


def _aligned(size: int) -> int:
    return -(-max(size, 1) // _ALIGNED) * _ALIGNED
