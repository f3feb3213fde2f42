"""Calls chosen by the number of elements: few take the time of their calls, many their own."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np

from ..primitives import Spec
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
    return _with_long_hypot(_with_short_softplus(program))


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


def _with_long_hypot(program: Program) -> Program:
    """Long hypot(x, c) for a number c by calls with SIMD, in a third of the time.

    That is sqrt(x**2 + c**2), or |x| where the square overflows; c**2 is far from both ends.
    """
    calls: list[Call] = []
    for call in program.calls:
        spec = program.specs[call.output]
        c = _number(program, call.args[1]) if call.name == "hypot" else None
        if c is None or not _is_long(program, call) or not _is_moderate(c, spec.dtype):
            calls.append(call)
            continue

        def made(name: str, *args: Any, call: Call = call, spec: Spec = spec) -> Ref:
            value = program.new(spec, name)
            calls.append(Call(name, args, (), value, call.about))
            return Ref(value)

        x, largest = call.args[0], float(np.finfo(spec.dtype).max)
        root = made("sqrt", made("add", made("square", x), float(c) ** 2))
        size, bounded = made("absolute", x), made("minimum", root, math.sqrt(largest))
        calls.append(call._replace(name="maximum", args=(bounded, size)))
    program.calls = calls
    return program


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
