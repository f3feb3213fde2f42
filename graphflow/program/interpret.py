"""The reference interpreter: a program run call by call, as its table of primitives says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, cast

import numpy as np

from ..dtypes import Array
from ..errors import DTypeError, GraphflowError, NumericError, ShapeError
from ..graph import Operation
from ..ops.tap import Tap
from ..primitives import FUNCTIONS, TABLE
from .program import TAP, Call, Program
from .quiet import silently
from .record import WHOLE, resolved

State = Mapping[int, Any]

_TRANSLATED: dict[type[Exception], type[GraphflowError]] = {
    IndexError: ShapeError,
    TypeError: DTypeError,
    np.linalg.LinAlgError: NumericError,
    ValueError: ShapeError,
}


def interpret(
    program: Program, state: State, feeds: Sequence[Array], key: Array, tapped: int = 0
) -> list[Any]:
    """The fetched values, without updates, then the new values of the updated variables.

    Taps among the first `tapped` operations are passed over: they have had their values.

    All are fresh arrays that alias nothing; 0-d results are NumPy scalars. Raises a GraphflowError
    that names the operation.
    """
    values = leaves(program, state, feeds, key)
    silently(_run, program, values, tapped)
    outputs = [np.array(values[v])[()] for v in program.outputs if v is not None]
    return outputs + [np.array(values[update.value]) for update in program.updates]


def _run(program: Program, values: list[Array], tapped: int) -> None:
    done_with = _last_reads(program)
    for i, call in enumerate(program.calls):
        if call.name != TAP or call.about >= tapped:
            values[call.output] = computed(program, call, values)
        for value in done_with.get(i, ()):
            values[value] = None


def leaves(program: Program, state: State, feeds: Sequence[Array], key: Array) -> list[Array]:
    """The values by their numbers, of those that no call computes."""
    values: list[Array] = [None] * len(program.specs)
    for number, value in program.constants.items():
        values[number] = value
    for place, value in zip(program.feeds, feeds, strict=True):
        if place is not None:
            values[place] = value
    if program.key is not None:
        values[program.key] = key
    for read in program.reads:
        values[read.value] = np.asarray(state.get(read.uid, read.initial))
    return values


def _last_reads(program: Program) -> dict[int, list[int]]:
    """What can be let go after each call."""
    kept = {*program.wanted(), *program.constants}
    last = {value: i for i, call in enumerate(program.calls) for value in call.reads()}
    found: dict[int, list[int]] = {}
    for value, i in last.items():
        if value not in kept:
            found.setdefault(i, []).append(value)
    return found


def computed(program: Program, call: Call, values: list[Array]) -> Array:
    """What a call makes of values, by their numbers. Raises a GraphflowError that names the op."""
    op = program.operations[call.about]
    args = resolved(call.args, values)
    try:
        if call.name == TAP:
            return cast(Tap, op).show(*args)
        if call.name == WHOLE:
            return op.compute(FUNCTIONS, *args)
        return TABLE[call.name].function(*args, **dict(call.options))
    except Exception as error:
        reraise(error, op)


def reraise(error: Exception, op: Operation) -> NoReturn:
    """Raise the error as one of ours that names the operation; a stranger gets a note."""
    if isinstance(error, GraphflowError):
        raise type(error)(f"{op.describe()}: {error.rule}", error.hint) from error
    for kind, ours in _TRANSLATED.items():
        if isinstance(error, kind):
            raise ours(f"{op.describe()}: {error}") from error
    error.add_note(f"in {op.describe()}")
    raise error
