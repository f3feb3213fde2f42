"""Which calls run together in tiles: a loop over the rows of large arrays, or over their elements.

What a tile passes on stays in the cache. In a group are elementwise calls, reductions within a row,
and totals: sums, extremes and products over all rows. Other arrays are read whole in every tile.
Products of large matrices with vectors gain nothing in tiles. The size of a tile depends on shapes
alone, so bits repeat.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any

from ..primitives.table import UFUNCS
from ..shapes import is_known
from .program import REDUCTIONS, Call, Loop, Program, Ref, nbytes, reading, size

_ELEMENTWISE = {*UFUNCS, "masked", "where", "astype", "log1p_square", "hypot_of"}
_LEAST_CALLS = 3  # that a group has
_LEAST_BYTES = 16 << 20  # of the arrays that it would go through whole
_SEED_BYTES = 1 << 18  # of an array that a group may begin with
_CACHE = 1 << 22  # bytes that the arrays of a tile may take
_LEAST_TILE, _LARGEST_TILE = 1 << 12, 1 << 15  # elements of each
_WIDEST_ROW = 1 << 12  # elements


@dataclass(slots=True)
class _Group:
    """A group while it is found: what it iterates over, its calls, and those around them."""

    program: Program
    shape: tuple[int, ...]
    flat: bool
    before: list[Call]
    calls: list[Call] = field(default_factory=list)
    after: list[Call] = field(default_factory=list)
    made: set[int] = field(default_factory=set)  # rows
    read: set[int] = field(default_factory=set)  # rows of arrays from outside
    whole: set[int] = field(default_factory=set)
    totals: set[int] = field(default_factory=set)

    @property
    def length(self) -> int:
        return prod(self.shape) if self.flat else self.shape[0]


def in_tiles(program: Program) -> Program:
    """The program with the calls of each group one after the other, and its loops."""
    done: list[Call] = []
    rest = program.calls
    while True:
        group = _first_group(program, rest)
        if group is None:
            break
        done += group.before
        if _pays(group):
            _view_again(group)
            program.loops.append(_loop(group, len(done)))
        done += group.calls
        rest = group.after
    program.calls = [*done, *rest]
    return program


# ---- groups -----------------------------------------------------------------------------------


def _first_group(program: Program, calls: list[Call]) -> _Group | None:
    """The group of the first call on large arrays, with all that can join it."""
    for i, call in enumerate(calls):
        spec = program.specs[call.output]
        shape: Any = spec.shape
        if call.name not in _ELEMENTWISE or not shape or not is_known(shape):
            continue
        if nbytes(spec) >= _SEED_BYTES and size(spec):
            group = _Group(program, shape, size(spec) > _WIDEST_ROW * shape[0], calls[:i])
            if _joins(group, call):
                group.calls.append(call)
                _gather(group, calls[i + 1 :])
                return group
    return None


def _gather(group: _Group, calls: list[Call]) -> None:
    """Put each call into the group, or before or after it."""
    late: set[int] = set()
    for call in calls:
        reads = call.reads()
        if not late.isdisjoint(reads) or not group.totals.isdisjoint(reads):
            group.after.append(call)
            late.add(call.output)
        elif _joins(group, call):
            group.calls.append(call)
        elif group.made.isdisjoint(reads):
            group.before.append(call)
        else:
            group.after.append(call)
            late.add(call.output)


def _joins(group: _Group, call: Call) -> bool:
    """Whether a call can be made in tiles; then its operands and its value are noted."""
    specs = group.program.specs
    if not all(is_known(specs[v].shape) for v in (*call.reads(), call.output)):
        return False
    if call.name in _ELEMENTWISE:
        return _joins_elementwise(group, call)
    if call.name in REDUCTIONS:
        return _joins_reduced(group, call)
    if call.name == "matmul" and not group.flat:
        return _joins_product(group, call)
    if call.name == "reshape" and not group.flat:  # within rows
        out, (source,) = specs[call.output].shape, call.reads()
        if source in group.made and out and out[0] == group.length:
            group.made.add(call.output)
            return True
    return False


def _joins_elementwise(group: _Group, call: Call) -> bool:
    shape: Any = group.program.specs[call.output].shape
    if shape != group.shape if group.flat else not shape or shape[0] != group.shape[0]:
        return False
    roles = {v: _role(group, v, shape) for arg in call.args for v in _values(arg)}
    return "row" in roles.values() and _noted(group, roles, call, total=False)


def _values(arg: Any) -> list[int]:
    return [arg.value] if isinstance(arg, Ref) else []


def _role(group: _Group, value: int, out: tuple[int, ...]) -> str | None:
    """How an operand of an elementwise call is read: as rows, whole, or neither fits."""
    shape: Any = group.program.specs[value].shape
    if group.flat:
        return "row" if shape == out else "whole" if shape == () else None
    if len(shape) == len(out) and shape[0] == out[0]:
        return "row"
    return None if value in group.made else "whole"


def _joins_reduced(group: _Group, call: Call) -> bool:
    (source,) = call.reads() or [-1]
    shape: Any = group.program.specs[source].shape
    axis = dict(call.options).get("axis")
    if "initial" in dict(call.options) or source not in group.made | group.read:
        return False
    axes = () if axis is None else (axis,) if isinstance(axis, int) else axis
    total = axis is None or 0 in axes
    if shape[0] != group.shape[0] or (group.flat and axis is not None):
        return False
    return _noted(group, {source: "row"}, call, total)


def _joins_product(group: _Group, call: Call) -> bool:
    """A vector of elements times rows that the group makes is a total; such rows times a vector
    give an element a row."""
    a, b = (arg.value for arg in call.args)
    shapes: Any = [group.program.specs[v].shape for v in (a, b)]
    length = group.shape[0]
    if [len(shape) for shape in shapes] == [2, 1] and a in group.made and b not in group.made:
        return _noted(group, {a: "row", b: "whole"}, call, total=False)
    if a == b or len(shapes[0]) != 1 or any(shape[0] != length for shape in shapes if shape):
        return False
    made = b in group.made or (len(shapes[1]) == 1 and a in group.made)
    return made and _noted(group, {a: "row", b: "row"}, call, total=True)


def _noted(group: _Group, roles: dict[int, str | None], call: Call, total: bool) -> bool:
    """Note how values are read, unless one is read otherwise already."""
    rows = {v for v, role in roles.items() if role == "row"} - group.made
    whole = {v for v, role in roles.items() if role == "whole"}
    if None in roles.values() or rows & group.whole or whole & (group.read | group.made):
        return False
    group.read |= rows
    group.whole |= whole
    (group.totals if total else group.made).add(call.output)
    return True


# ---- sizes ------------------------------------------------------------------------------------


def _pays(group: _Group) -> bool:
    """Whether a loop gains more by the cache than it costs."""
    made = [call for call in group.calls if call.name != "reshape"]
    values = {call.output for call in made} - group.totals | group.read
    whole = sum(nbytes(group.program.specs[value]) for value in values)
    return len(made) >= _LEAST_CALLS and whole >= _LEAST_BYTES and group.length > 1


def _view_again(group: _Group) -> None:
    """Make views of rows that are read after the loop after it once more, of whole arrays."""
    program = group.program
    outside = _outside(group)
    again: list[Call] = []
    instead: dict[int, int] = {}
    for call in group.calls:
        if call.name == "reshape" and call.output in outside:
            new = program.new(program.specs[call.output], program.names[call.output])
            args = tuple([reading(arg, instead) for arg in call.args])
            again.append(call._replace(args=args, output=new))
            instead[call.output] = new
    moved = [
        call._replace(args=tuple([reading(arg, instead) for arg in call.args]))
        for call in group.after
    ]
    group.after = [*again, *moved]
    program.redirect(instead)


def _outside(group: _Group) -> set[int]:
    """The values that are read after the group, or leave the program."""
    return {v for call in group.after for v in call.reads()} | set(group.program.wanted())


def _loop(group: _Group, start: int) -> Loop:
    outside = _outside(group)
    kept = [call.output for call in group.calls if call.output in outside & group.made]
    return Loop(
        start=start,
        stop=start + len(group.calls),
        length=group.length,
        step=_step(group, set(kept)),
        flat=group.flat,
        read=tuple(sorted(group.read)),
        made=tuple(call.output for call in group.calls if call.output in group.made),
        kept=tuple(kept),
        totals=tuple(call.output for call in group.calls if call.output in group.totals),
    )


def _step(group: _Group, kept: set[int]) -> int:
    """Rows of a tile: the largest power of two for which all that is live fits into the cache."""
    specs, length = group.program.specs, group.length
    last = {v: i for i, call in enumerate(group.calls) for v in call.reads()}
    live = most = widest = 0
    for value in group.read:
        live += nbytes(specs[value]) // length
        widest = max(widest, size(specs[value]) // length)
    for i, call in enumerate(group.calls):
        if call.output not in group.totals and call.name != "reshape":
            live += nbytes(specs[call.output]) // length
            widest = max(widest, size(specs[call.output]) // length)
        most = max(most, live)
        for value in set(call.reads()):
            if last[value] == i and value in group.made - kept:
                live -= nbytes(specs[value]) // length
    step = 1
    while 2 * step * widest <= _LARGEST_TILE and (
        2 * step * most <= _CACHE or 2 * step * widest <= _LEAST_TILE
    ):
        step *= 2
    return step
