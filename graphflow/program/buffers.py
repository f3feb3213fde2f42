"""Where values live: which are views of others, which share a planned block, which are new.

Every value that does not leave the program and can be computed into an array that is there already
gets a place in one block of memory, planned from when it is made to when it is last read. An
elementwise call may write over an operand that nothing reads afterwards.
"""

from __future__ import annotations

from bisect import insort
from collections import Counter
from typing import Any, NamedTuple

import numpy as np

from ..primitives import Spec
from ..primitives.table import UFUNCS
from ..primitives.windows import windows
from ..shapes import is_known
from .program import REDUCTIONS, Call, Loop, Program, Ref, is_box, nbytes

VIEWS = ("reshape", "transpose", "broadcast_to", "index", "windows")
FILLING = {  # functions of the table that take an array to fill
    "pad_zeros", "overlap_add", "max_pool", "to_largest", "shares", "sum_pool", "spread",
    "log1p_square", "hypot_of",
}  # fmt: skip
INTO = {
    *UFUNCS,
    *REDUCTIONS,
    *FILLING,
    "contiguous",
    "matmul",
    "astype",
    "masked",
    "concatenate",
    "stack",
    "cumsum",
    "cumprod",
}
_ALIGNED = 64
_MAYBE_VIEWS = (
    "real",
    "imag",
    "einsum",
    "reshape_like",
)  # NumPy may return a view of the first operand


class Storage(NamedTuple):
    """Where the values of a program live.

    `root` gives for every value the one whose memory it is in (itself, if not a view). `place`
    gives for values in the block their offset in bytes, `tile` for those that only a tile has,
    `slot` for those that are computed as an entry of a stack that stack and the number there.
    `fixed` are the values in the block and their views: arrays that are made once. `size` is that
    of the block in bytes. `last` says after which call a root is not read again.
    """

    root: dict[int, int]
    place: dict[int, int]
    tile: dict[int, int]
    slot: dict[int, tuple[int, int]]
    fixed: set[int]
    size: int
    last: dict[int, int]


def fills(call: Call) -> bool:
    """Whether a call can be computed into an array that is there."""
    return call.name in INTO or _adds_in_place(call)


def _adds_in_place(call: Call) -> bool:
    return call.name == "index_add" and (is_box(call.args[1]) or bool(call.options))


def is_view(call: Call) -> bool:
    """Whether a call moves no data: it names elements of its first operand in another way."""
    if call.name == "index":
        return all(
            isinstance(part, int | slice | None) or part is Ellipsis for part in call.args[1]
        )
    return call.name in VIEWS


def plan_storage(program: Program, scalars: set[int]) -> Storage:
    """The storage of a program's values; `scalars` are no arrays and live nowhere."""
    slots = _slots(program, scalars)
    roots, layouts = _roots(program, scalars, slots)
    leaving = {roots.get(v, v) for v in program.wanted()}
    last = _last_reads(program, roots)
    places, tiles = _Places(program, roots, last), dict[int, int]()
    for start, stop, loop in program.units():
        calls = program.calls[start:stop]
        for call in calls:
            is_new = loop is None or call.output in loop.kept
            if call.output in slots:
                places.put_stack(slots[call.output][0])
            elif is_new and _in_block(program, call, scalars, leaving):
                places.put(call, start if loop is None else None)
        if loop is not None:
            tiles |= _tile_places(places, loop)
        places.release(calls, stop - 1)
    placed = places.arena.places
    fixed = {v for v, root in roots.items() if root in placed and layouts.get(v) is not None}
    return Storage(roots, placed, tiles, slots, fixed, places.arena.size, last)


def _tile_places(places: _Places, loop: Loop) -> dict[int, int]:
    """Places for the values that only a tile has, in a piece that is free after the loop."""
    local = _Places(places.program, places.roots, places.last, loop)
    for i, call in enumerate(places.program.calls[loop.start : loop.stop], loop.start):
        if call.output in loop.made and call.output not in loop.kept and call.name in INTO:
            local.put(call, i)
        local.release([call], i)
    base = places.arena.take(local.arena.size)
    places.arena.give_back(base, local.arena.size)
    return {value: base + offset for value, offset in local.arena.places.items()}


class _Places:
    """Places of values as calls are gone through: of whole arrays, or of the rows of a tile."""

    def __init__(
        self,
        program: Program,
        roots: dict[int, int],
        last: dict[int, int],
        loop: Loop | None = None,
    ) -> None:
        self.program, self.roots, self.last = program, roots, last
        self.arena = _Arena()
        self._loop = loop

    def put(self, call: Call, index: int | None) -> None:
        """Place what a call makes; at `index`, over an operand that nothing reads afterwards."""
        out = call.output
        if self.roots[out] != out or out in self.arena.held:
            return
        taken = None if index is None else self._overwritten(call, index)
        size = nbytes(self.program.specs[out])
        if self._loop is not None:
            size = size // self._loop.length * self._loop.step
        if taken is None:
            self.arena.hold(out, self.arena.take(size), size)
        else:
            self.arena.hold(out, self.arena.places[taken], size)
            self.arena.hand_over(taken)

    def put_stack(self, value: int) -> None:
        """Place a stack, when its first entry is computed."""
        if value not in self.arena.held:
            size = nbytes(self.program.specs[value])
            self.arena.hold(value, self.arena.take(size), size)

    def release(self, calls: list[Call], index: int) -> None:
        """Take back the places of what is not read after the call at `index`."""
        values = {self.roots[v] for call in calls for v in (*call.reads(), call.output)}
        for value in sorted(values):
            if value in self.arena.held and self.last.get(value, -1) <= index:
                self.arena.release(value)

    def _overwritten(self, call: Call, index: int) -> int | None:
        """An operand with a place of its own that this call may write its result over."""
        if call.name not in UFUNCS and call.name != "masked":
            return None
        specs, roots = self.program.specs, self.roots
        reads = call.reads()
        for arg in call.args:
            if not isinstance(arg, Ref) or specs[arg.value] != specs[call.output]:
                continue
            root = roots[arg.value]
            dies = root in self.arena.held and self.last[root] == index and root == arg.value
            if dies and all(v == root for v in reads if roots[v] == root):
                return root
        return None


def _in_block(program: Program, call: Call, scalars: set[int], leaving: set[int]) -> bool:
    shape = program.specs[call.output].shape
    if call.output in scalars or call.output in leaving or not fills(call):
        return False
    return bool(shape) and is_known(shape)


def _slots(program: Program, scalars: set[int]) -> dict[int, tuple[int, int]]:
    """The values that can be computed as entries of stacks, with the stack and the number there."""
    makers = {call.output: call for call in program.calls}
    out = {*program.wanted(), *scalars, *[v for loop in program.loops for v in loop.made]}
    found: dict[int, tuple[int, int]] = {}
    for call in program.calls:
        if call.name != "stack" or dict(call.options).get("axis") != 0 or call.output in out:
            continue
        for i, part in enumerate(call.args[0]):
            if not isinstance(part, Ref) or part.value in out:
                continue
            maker = makers.get(part.value)
            is_array = program.specs[part.value].shape != ()
            if maker is not None and is_array and maker.name in INTO and maker.name != "stack":
                found.setdefault(part.value, (call.output, i))
    return found


def _roots(
    program: Program, scalars: set[int], slots: dict[int, tuple[int, int]]
) -> tuple[dict[int, int], dict[int, np.ndarray[Any, Any] | None]]:
    """The value in whose memory each value is, and a model of its layout where that is known."""
    roots = {v: v for v in range(len(program.specs))}
    layouts: dict[int, np.ndarray[Any, Any] | None] = {}
    changeable = _changeable(program)
    for call in program.calls:
        out = call.output
        source = next(iter(call.reads()), None)
        if out in slots:
            roots[out], entry = slots[out]
            stack = _model(program.specs[roots[out]])
            layouts[out] = None if stack is None else stack[entry]
        elif is_view(call) and source is not None and not {source, out} & scalars:
            layout = _viewed(call, layouts.get(source))
            if layout is not None or layouts.get(source) is None:
                roots[out], layouts[out] = roots[source], layout
        elif call.name in _MAYBE_VIEWS and source is not None:
            roots[out] = roots[source]
        elif _adds_in_place(call) and source in changeable:
            roots[out], layouts[out] = roots[source], layouts.get(source)  # changed in its place
        elif fills(call) and program.specs[out].shape:
            layouts[out] = _model(program.specs[out])
    return roots, layouts


def _changeable(program: Program) -> set[int]:
    """Values that a call makes into an array of its own, and that one call reads."""
    reads = Counter(v for call in program.calls for v in call.reads())
    left = {*program.wanted(), *[v for loop in program.loops for v in loop.made]}
    return {
        call.output
        for call in program.calls
        if reads[call.output] == 1 and fills(call) and call.output not in left
    }


def _model(spec: Spec) -> np.ndarray[Any, Any] | None:
    """An array with the layout of a new one and no memory: its elements have no bytes."""
    if not is_known(spec.shape) or spec.shape is None:
        return None
    strides, step = [], spec.dtype.itemsize
    for size in reversed(spec.shape):
        strides.append(step)
        step *= max(int(size), 1)  # type: ignore[arg-type]
    base = np.zeros((), np.dtype((np.void, 0)))
    far: Any = np.lib.stride_tricks.as_strided
    return far(base, spec.shape, strides[::-1], writeable=False)  # type: ignore[no-any-return]


def _viewed(call: Call, layout: np.ndarray[Any, Any] | None) -> np.ndarray[Any, Any] | None:
    """The layout of a view; None where elements would have to be copied, or that is not known."""
    if layout is None:
        return None
    if call.name == "reshape":
        try:
            return np.reshape(layout, call.args[1], copy=False)
        except ValueError:
            return None
    if call.name == "index":
        key = call.args[1]  # an Ellipsis keeps NumPy from reading an element
        return np.asarray(layout[key if Ellipsis in key else (*key, Ellipsis)])
    if call.name == "windows":
        return windows(layout, *call.args[1:])  # type: ignore[no-any-return]
    function = {"transpose": np.transpose, "broadcast_to": np.broadcast_to}[call.name]
    return function(layout, call.args[1])  # type: ignore[operator,no-any-return]


def _last_reads(program: Program, roots: dict[int, int]) -> dict[int, int]:
    last: dict[int, int] = {}
    for i, call in enumerate(program.calls):
        for value in call.reads():
            last[roots[value]] = i
    for value in program.wanted():
        last[roots[value]] = len(program.calls)
    return last


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
        """Take its piece back."""
        self.give_back(*self.held.pop(value))

    def give_back(self, offset: int, size: int) -> None:
        """Take back bytes, and join them with free neighbours."""
        size = _aligned(size)
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
