"""One program for all sizes, from programs that were recorded for some of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from ..errors import GraphError, ShapeError, lay_out
from ..primitives import TABLE, Spec, Tracer
from ..program import Call, Program, Ref
from ..program.record import WHOLE
from .counts import Count, Samples


class _DifferenceError(Exception):
    """What several programs have in one place is no one thing."""


def generalized(caller: str, programs: Sequence[Program], samples: Samples) -> Program:
    """The program whose sizes are counts, of programs recorded at the points of `samples`.

    Raises GraphError, with the user's line, where they differ by more than such sizes.
    """
    first = programs[0]
    if len(programs) == 1:
        return first
    one = _Unifier(samples)
    _check_same_calls(caller, programs)
    specs, calls = list(first.specs), []
    for alike in zip(*[program.calls for program in programs], strict=True):
        try:
            args = one.unified([call.args for call in alike])
            options = one.unified([call.options for call in alike])
            specs[alike[0].output] = one.spec(programs, alike[0].output)
        except _DifferenceError as error:
            _refuse(caller, first, alike[0], str(error))
        calls.append(alike[0]._replace(args=args, options=options))
    for value in first.feeds:
        if value is not None:
            specs[value] = one.spec(programs, value)
    try:
        constants = {
            value: one.constant([program.constants[value] for program in programs])
            for value in first.constants
        }
    except _DifferenceError as error:
        raise GraphError(f"{caller}: not for every size: {error}", _HINT) from None
    found = Program(
        specs=specs,
        names=first.names,
        constants=constants,
        feeds=first.feeds,
        feed_names=first.feed_names,
        key=first.key,
        reads=first.reads,
        calls=calls,
        outputs=first.outputs,
        updates=first.updates,
        operations=first.operations,
    )
    for name in samples.points[0]:
        _check_at_one(caller, found, {**samples.points[0], name: 1}, name)
    return found


def _check_at_one(caller: str, program: Program, sizes: dict[str, int], name: str) -> None:
    """Refuse a program whose calls mean something else where a size is 1.

    A graph may be recorded by other calls there, as nothing is broadcast: they are not compared.
    """
    tracer = Tracer()

    def given(arg: Any) -> Any:
        if isinstance(arg, Ref):
            spec = program.specs[arg.value]
            return tracer.input(Spec(at_sizes(spec.shape, sizes), spec.dtype))
        if type(arg) in (list, tuple):
            return type(arg)([given(part) for part in arg])
        return at_sizes(arg, sizes)

    for call in program.calls:
        if call.name == WHOLE:
            continue
        wanted = at_sizes(program.specs[call.output].shape, sizes)
        if any(isinstance(size, int) and size < 0 for size in wanted):
            continue  # as of x[2:] - x[:-2]: there is nothing, as there should be
        options = at_sizes(call.options, sizes)
        try:
            shape = tracer.call(TABLE[call.name], *map(given, call.args), **dict(options)).shape
        except ShapeError:
            shape = None
        if shape != wanted:
            _refuse(caller, program, call, f"it means something else where {name} is 1")


def at_sizes(x: Any, sizes: dict[str, Any]) -> Any:
    """An argument or a shape with its counts for these sizes."""
    if isinstance(x, Count):
        return x.at(sizes)
    if isinstance(x, slice):
        return slice(*[at_sizes(part, sizes) for part in (x.start, x.stop, x.step)])
    if isinstance(x, list | tuple) and not isinstance(x, Ref):
        return _like(x, [at_sizes(part, sizes) for part in x])
    return x


_HINT = "give its inputs sizes that are known: inputs={x: (32, ...)}"


class _Unifier:
    """Equal things stay; whole numbers that differ become counts."""

    def __init__(self, samples: Samples) -> None:
        self._samples = samples
        self._known: dict[tuple[int, ...], Any] = {}

    def unified(self, alike: Sequence[Any]) -> Any:
        """What stands in one place of all programs."""
        first = alike[0]
        if isinstance(first, Ref) or any(type(x) is not type(first) for x in alike):
            return self._equal(alike)
        if type(first) is int:
            return self._count(tuple(alike))
        if isinstance(first, slice):
            ends = [[x.start for x in alike], [x.stop for x in alike], [x.step for x in alike]]
            return slice(*[self.unified(end) for end in ends])
        if isinstance(first, list | tuple):
            if any(len(x) != len(first) for x in alike):
                raise _DifferenceError("its arguments depend on a size")
            return _like(first, [self.unified(parts) for parts in zip(*alike, strict=True)])
        return self._equal(alike)

    def spec(self, programs: Sequence[Program], value: int) -> Spec:
        """The spec of a value."""
        alike = [program.specs[value] for program in programs]
        return Spec(self.unified([spec.shape for spec in alike]), alike[0].dtype)

    def constant(self, alike: Sequence[Any]) -> Any:
        """A constant of all programs: a number may depend on sizes."""
        first = alike[0]
        if all(x is first or _same(x, first) for x in alike):
            return first
        if all(x.shape == () and x.dtype.kind in "iuf" and x == np.rint(x) for x in alike):
            return self._count(tuple([int(x) for x in alike]))
        raise _DifferenceError("a constant depends on a size")

    def _count(self, values: tuple[int, ...]) -> Any:
        if values not in self._known:
            self._known[values] = self._samples.fitted(values)
        found = self._known[values]
        if found is None:
            raise _DifferenceError("a number in it is no sum of products of sizes")
        return found

    def _equal(self, alike: Sequence[Any]) -> Any:
        if any(not _same(x, alike[0]) for x in alike):
            raise _DifferenceError("its arguments depend on a size")
        return alike[0]


def _same(x: Any, y: Any) -> bool:
    if isinstance(x, np.ndarray):
        equal = isinstance(y, np.ndarray) and x.shape == y.shape and x.dtype == y.dtype
        return equal and x.tobytes() == y.tobytes()
    return type(x) is type(y) and repr(x) == repr(y)


def _like(x: Any, parts: list[Any]) -> Any:
    return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)


def _check_same_calls(caller: str, programs: Sequence[Program]) -> None:
    first = programs[0]
    for other in programs[1:]:
        for a, b in zip(first.calls, other.calls, strict=False):
            if a.name != b.name or a.output != b.output or a.about != b.about:
                _refuse(caller, first, a, "what it computes depends on a size")
        if len(first.calls) != len(other.calls) or list(first.constants) != list(other.constants):
            raise GraphError(f"{caller}: how many calls there are depends on a size", _HINT)


def _refuse(caller: str, program: Program, call: Call, why: str) -> NoReturn:
    op = program.operations[call.about]
    row = (op.kind, repr(op.name), str(op.origin or ""))
    raise GraphError(lay_out(f"{caller}: not for every size: {why}", [row], _HINT))
