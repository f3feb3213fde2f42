"""Calls chosen by the number of elements: few take the time of their calls, many their own."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from ..shapes import element_count
from .algebra import FLOATS
from .algebra.table import turned
from .program import Call, Program, Ref

_LONG = 4096  # elements; of fewer, eight calls may take longer than one that has no SIMD
_SHORT = 128  # elements; of more, logaddexp, which has no SIMD, takes longer than the five calls


def by_lengths(program: Program) -> Program:
    """The same program with cheaper calls where the number of elements is known.

    Values are equal up to rounding.
    """
    return _with_repairs(_with_short_softplus(program))


def _with_short_softplus(program: Program) -> Program:
    """Short max(x, 0) + log1p(exp(-|x|)) as logaddexp(x, 0), which computes the same formula."""
    made = {call.output: call for call in program.calls}
    uses = Counter(value for call in program.calls for value in call.reads())
    uses.update(program.wanted())
    for i, call in enumerate(program.calls):
        spec = program.specs[call.output]
        count = element_count(spec.shape)
        if call.name != "add" or count is None or not 1 < count <= _SHORT:
            continue
        for above, below in turned([_maker(made, arg) for arg in call.args]):
            if above is None or below is None or program.specs[above.output].dtype not in FLOATS:
                continue
            alone = uses[above.output] == uses[below.output] == 1
            if alone and _is_softplus(program, made, above, below):
                program.calls[i] = call._replace(name="logaddexp", args=above.args)
    return program.without_dead_calls()


def _with_repairs(program: Program) -> Program:
    """Long formulas that guard every element from overflow by those that mend what overflowed."""
    made = {call.output: call for call in program.calls}
    for i, call in enumerate(program.calls):
        if not _is_long(program, call):
            continue
        if call.name == "hypot":
            c = _number(program, call.args[1])
            if c is not None and _is_moderate(c, program.specs[call.output].dtype):
                program.calls[i] = call._replace(name="hypot_of", args=(call.args[0], float(c)))
        elif call.name == "add":
            x = _squared_in_log1p(program, made, call)
            if x is not None:
                program.calls[i] = call._replace(name="log1p_square", args=(x,))
    return program.without_dead_calls()


def _squared_in_log1p(program: Program, made: dict[int, Call], call: Call) -> Any:
    """The x of log1p(min(|x|, a)**2) + 2 * log(max(|x| / a, 1)), where a**2 + 1 is a**2."""
    for near, far in turned(list(call.args)):
        x, bounds = _within(program, made, near, "log1p square minimum")
        y, numbers = _within(program, made, far, "multiply log maximum multiply")
        if x is not None and x == y and numbers == [2, 1, 1 / bounds[0]]:
            largest = program.specs[call.output].dtype.type(bounds[0])
            if np.square(largest) + 1 == np.square(largest):
                return _within(program, made, x, "absolute")[0]
    return None


def _within(
    program: Program, made: dict[int, Call], arg: Any, names: str
) -> tuple[Ref | None, list[Any]]:
    """What functions are applied to, the outermost named first, and their other operands.

    None where the value is not made so, each function of a value and of a number if of two.
    """
    numbers: list[Any] = []
    for name in names.split():
        call = _maker(made, arg)
        if call is None or call.name != name:
            return None, []
        others = [_number(program, operand) for operand in call.args]
        numbers += [number for number in others if number is not None]
        values = [operand for operand in call.args if _number(program, operand) is None]
        if len(values) != 1:
            return None, []
        arg = values[0]
    return arg, numbers


def _is_moderate(c: Any, dtype: Any) -> bool:
    """Whether the square of a number has all its digits beside others of this dtype."""
    info = np.finfo(dtype)
    return bool(float(info.tiny) / float(info.eps) < float(c) ** 2 < float(info.max) * info.eps)


def _is_long(program: Program, call: Call) -> bool:
    """Whether a call gives many floats of the shape and dtype of its first operand."""
    x, spec = call.args[0], program.specs[call.output]
    if not isinstance(x, Ref) or spec.dtype not in FLOATS:
        return False
    alike = program.specs[x.value][:2] == spec[:2]
    return alike and (element_count(spec.shape) or 0) >= _LONG


def _maker(made: dict[int, Call], arg: Any) -> Call | None:
    return made.get(arg.value) if isinstance(arg, Ref) else None


def _is_softplus(program: Program, made: dict[int, Call], above: Call, below: Call) -> bool:
    """Whether these are max(x, 0) and log1p(exp(copysign(x, -1)))."""
    if above.name != "maximum" or below.name != "log1p":
        return False
    power = _maker(made, below.args[0])
    signed = None if power is None or power.name != "exp" else _maker(made, power.args[0])
    if signed is None or signed.name != "copysign" or signed.args[0] != above.args[0]:
        return False
    numbers = (_number(program, call.args[1]) for call in (above, signed))
    return tuple(numbers) == (0, -1)


def _number(program: Program, arg: Any) -> Any:
    """The number that an argument is; None for what is no scalar constant."""
    value = program.constants.get(arg.value) if isinstance(arg, Ref) else arg
    return None if value is None or np.ndim(value) else value
