"""Calls chosen by the number of elements: few take the time of their calls, many their own."""

from __future__ import annotations

import math
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
        spec = program.specs[call.output]
        if spec.dtype not in FLOATS or (element_count(spec.shape) or 0) < _LONG:
            continue
        if call.name == "hypot":
            x, c = call.args[0], _number(program, call.args[1])
            alike = isinstance(x, Ref) and program.specs[x.value][:2] == spec[:2]
            if alike and c is not None and is_moderate(c, spec.dtype):
                program.calls[i] = call._replace(name="hypot_of", args=(x, float(c)))
        elif call.name == "where":
            x = _squared_in_log1p(program, made, call)
            if x is not None:
                program.calls[i] = call._replace(name="log1p_square", args=(x,))
    return program.without_dead_calls()


def _squared_in_log1p(program: Program, made: dict[int, Call], call: Call) -> Any:
    """The x of log(1 + x**2) by `Log1pSquare`: where x is far, of a fraction of it."""
    log, offset = _chosen(program, made, Ref(call.output), call.args[0], "add")
    less, one = _chosen(program, made, _only(made, log, "log1p"), call.args[0], "subtract")
    x, scale = _chosen(program, made, _only(made, less, "square"), call.args[0], "multiply")
    if x is None or one != 1 or scale <= 0 or not math.isclose(offset, -2 * math.log(scale)):
        return None
    far = _maker(made, call.args[0])
    size, bound = (None, None) if far is None or far.name != "greater" else far.args
    least = program.specs[x.value].dtype.type(_number(program, bound) or 0)
    is_far = _only(made, size, "absolute") == x and np.square(least) + 1 == np.square(least)
    return x if is_far else None


def _chosen(
    program: Program, made: dict[int, Call], arg: Any, condition: Any, name: str
) -> tuple[Any, Any]:
    """`(x, c)` of where(condition, name(x, c), x) for a number c; else None twice."""
    call = _maker(made, arg)
    if call is None or call.name != "where" or call.args[0] != condition:
        return None, None
    inner = _maker(made, call.args[1])
    if inner is None or inner.name != name or call.args[2] not in inner.args:
        return None, None
    numbers = [c for part in inner.args if (c := _number(program, part)) is not None]
    return (call.args[2], numbers[0]) if numbers else (None, None)


def _only(made: dict[int, Call], arg: Any, name: str) -> Any:
    """The operand of the function of one that gives a value, if it is that; else None."""
    call = _maker(made, arg)
    return call.args[0] if call is not None and call.name == name else None


def is_moderate(c: Any, dtype: Any) -> bool:
    """Whether the square of a number has all its digits beside others of this dtype."""
    info = np.finfo(dtype)
    least, largest = float(info.tiny) / float(info.eps), float(info.max) * float(info.eps)
    return math.sqrt(least) < abs(float(c)) < math.sqrt(largest)


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
