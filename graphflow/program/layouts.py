"""Recording once more, with transposes moved behind what can be computed before them.

Convolutions choose the order in which the axes of their arrays stand in memory, and say it by a
transpose. What follows is computed in that order too, where all its operands have it: so between
convolutions that choose alike no element is moved.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from ..primitives import TABLE, Spec
from ..primitives.table import UFUNCS
from ..shapes import is_known, normalize_axes
from .program import TAP, Call, Program, Ref

_MOVED = ("transpose", "broadcast_to", "index", "windows")  # views whose elements lie apart
Axes = tuple[int, ...]


class Again:
    """The calls of a program recorded anew in `rec`, which may be told to make others for them."""

    def __init__(self, old: Program, rec: Any) -> None:
        self.old = old
        self.rec = rec
        rec.program.operations = old.operations
        self._found: dict[int, Any] = {}
        self._known = 0  # how many values there were before the call that is made again
        self._leaves()

    def begin(self, call: Call) -> None:
        """Say which call is to be made again, in this way or another."""
        self.rec.about = call.about
        self._known = len(self.rec.program.specs)

    def value(self, number: int) -> Any:
        """What stands for a value of the old program."""
        found = self._found.get(number)
        if found is None:
            found = self._found[number] = self.rec.constant(self.old.constants[number])
        return found

    def becomes(self, number: int, value: Any) -> None:
        """Let `value` stand for one of the old program, and have its name if it is new."""
        self._found[number] = value
        if value.number is None and value.value >= self._known:
            self.rec.program.names[value.value] = self.old.names[number]

    def again(self, call: Call) -> None:
        """The same call of what stands for its arguments."""
        args = tuple([self._new(arg) for arg in call.args])
        if call.name == TAP:
            self.rec.tap(self.old.operations[call.about], args)
            return
        primitive = TABLE.get(call.name)
        if primitive is None:
            found = self.rec.whole(self.old.operations[call.about], args)
        else:
            spec = self.old.specs[call.output]
            found = self.rec.emit(primitive, args, dict(call.options), spec)
        self.becomes(call.output, found)

    def closed(self) -> Program:
        """The new program, when all calls have been made again."""
        old, new = self.old, self.rec.program
        outputs = [None if v is None else in_order(self.rec, self.value(v)) for v in old.outputs]
        updates = [in_order(self.rec, self.value(update.value)) for update in old.updates]
        new.outputs = [None if x is None else x.value for x in outputs]
        new.updates = [u._replace(value=x.value) for u, x in zip(old.updates, updates, strict=True)]
        self.rec.close()
        found: Program = new.without_dead_calls()
        return found

    def _leaves(self) -> None:
        old, new = self.old, self.rec.program
        new.feeds = [None if value is None else self._leaf(value) for value in old.feeds]
        new.feed_names = old.feed_names
        new.reads = [read._replace(value=self._leaf(read.value)) for read in old.reads]
        new.key = None if old.key is None else self._leaf(old.key)

    def _leaf(self, number: int) -> int:
        leaf = self.rec.leaf(self.old.specs[number], self.old.names[number])
        self._found[number] = leaf
        value: int = leaf.value
        return value

    def _new(self, arg: Any) -> Any:
        if isinstance(arg, Ref):
            return self.value(arg.value)
        if type(arg) in (list, tuple):
            return type(arg)([self._new(part) for part in arg])
        return arg


def in_order(rec: Any, x: Any) -> Any:
    """`x` with its elements one after the other in memory: itself, or a copy."""
    inner = x
    while (call := rec.source(inner, "reshape")) is not None:
        inner = rec.at(call.args[0])
    return rec.contiguous(x) if any(rec.source(inner, name) for name in _MOVED) else x


def swapped(rec: Any, x: Any) -> Any:
    """`x` with its first and last axes swapped: (batch, ..., channels) the other way round."""
    return rec.transpose(x, _ends(len(x.spec.shape)))


def are_swapped(rec: Any, x: Any) -> bool:
    """Whether the ends of `x` are recorded as swapped."""
    turn = _turned(rec, x)
    return turn is not None and turn[1] == _ends(len(turn[1]))


def _ends(rank: int) -> Axes:
    return (rank - 1, *range(1, rank - 1), 0)


# ---- what can be computed before a transpose ----------------------------------------------------

BEHIND: dict[str, Callable[..., Any]] = {}


def _behind(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        BEHIND.update(dict.fromkeys(names, function))
        return function

    return add


def _turned(rec: Any, x: Any) -> tuple[Any, Axes] | None:
    """(y, axes), if x is recorded as transpose(y, axes)."""
    call = rec.source(x, "transpose")
    return None if call is None else (rec.at(call.args[0]), call.args[1])


def _inverse(axes: Axes) -> Axes:
    return tuple([axes.index(i) for i in range(len(axes))])


@_behind(*UFUNCS, "masked", "where", "astype")
def _elementwise(rec: Any, name: str, spec: Spec, *args: Any, **options: Any) -> Any:
    """f(transpose(x), transpose(y)) = transpose(f(x, y)); y may be smaller, if it is broadcast."""
    found = [_turned(rec, x) for x in args]
    axes = next((turn[1] for turn in found if turn is not None), ())
    if len(axes) < 3 or len(axes) != len(spec.shape or ()):
        return None
    if any(turn is not None and turn[1] != axes for turn in found):
        return None
    operands = []
    for x, turn in zip(args, found, strict=True):
        operand = turn[0] if turn is not None else _broadcast(rec, x, spec, axes)
        if operand is None:
            return None
        operands.append(operand)
    return rec.transpose(getattr(rec, name)(*operands, **options), axes)


def _broadcast(rec: Any, x: Any, spec: Spec, axes: Axes) -> Any:
    """A smaller operand, as it is broadcast to the transposed shape; None for one of full size."""
    shape = getattr(getattr(x, "spec", None), "shape", None)
    if not shape:  # a number, or what is no array
        return x
    if tuple(shape) == spec.shape:
        return None
    wide = (1,) * (len(axes) - len(shape)) + tuple(shape)
    inverse = _inverse(axes)
    turned = tuple([wide[a] for a in inverse])
    if sum(size > 1 for size in wide) <= 1:
        return rec.reshape(x, turned)
    return rec.contiguous(rec.transpose(rec.reshape(x, wide), inverse))


@_behind("sum", "max", "min", "prod", "all", "any")
def _reduction(rec: Any, name: str, spec: Spec, *args: Any, **options: Any) -> Any:
    """sum(transpose(x), axes) = transpose(sum(x, axes in x)); sum(x) of rows = sum of a matrix's"""
    turn, x = _turned(rec, args[0]), args[0]
    if options.get("keepdims") or options.get("initial") is not None or len(x.spec.shape) < 3:
        return None
    if turn is None:
        rows = (prod(x.spec.shape[:-1]), x.spec.shape[-1])
        whole = options.get("axis") == tuple(range(len(x.spec.shape) - 1))
        return rec.sum(rec.reshape(x, rows), axis=0) if name == "sum" and whole else None
    x, axes = turn
    over = tuple(sorted(axes[a] for a in normalize_axes(options.get("axis"), len(axes))))
    kept = [a for a in axes if a not in over]
    if over == tuple(range(1, len(axes))):  # whole rows
        x, over = rec.reshape(x, (x.spec.shape[0], prod(x.spec.shape[1:]))), (1,)
    result = getattr(rec, name)(x, axis=over)
    order = tuple([sorted(kept).index(a) for a in kept])
    return rec.transpose(result, order) if order else result


@_behind("max_pool", "sum_pool")
def _pooled(rec: Any, name: str, spec: Spec, *args: Any, **options: Any) -> Any:
    """max_pool(swap(x)) = swap(max_pool(x)), where batch and channels are swapped"""
    turn = _turned(rec, args[0])
    if turn is None or turn[1] != _ends(len(turn[1])):
        return None
    return rec.transpose(getattr(rec, name)(turn[0], *args[1:]), turn[1])


@_behind("to_largest", "of_largest")
def _to_largest(rec: Any, name: str, spec: Spec, *args: Any, **options: Any) -> Any:
    """to_largest(g, swap(x), swap(top)) = swap(to_largest(swap(g), x, top)), the same of means"""
    turn, top = _turned(rec, args[1]), _turned(rec, args[2])
    if turn is None or top is None or {turn[1], top[1]} != {_ends(len(turn[1]))}:
        return None
    grad = rec.transpose(args[0], turn[1])
    return rec.transpose(getattr(rec, name)(grad, turn[0], top[0], *args[3:]), turn[1])


@_behind("spread")
def _spread(rec: Any, name: str, spec: Spec, *args: Any, **options: Any) -> Any:
    """spread(swap(g), like) = swap(spread(g, swap(like)))"""
    turn = _turned(rec, args[0])
    if turn is None or turn[1] != _ends(len(turn[1])):
        return None
    like = rec.transpose(args[1], turn[1])
    return rec.transpose(rec.spread(turn[0], like, *args[2:]), turn[1])


@_behind("reshape")
def _reshape(rec: Any, name: str, spec: Spec, *args: Any, **options: Any) -> Any:
    """A reshape that moves elements copies them into their order first."""
    if (
        _turned(rec, args[0]) is None
        or not is_known(spec.shape)
        or sum(size > 1 for size in args[0].spec.shape) < 2
    ):
        return None
    return rec.reshape(rec.contiguous(args[0]), spec.shape)
