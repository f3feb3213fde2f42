"""Calls for short arrays, whose time is that of the calls and not of their elements."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from ..shapes import element_count
from .algebra import FLOATS
from .algebra.table import turned
from .program import Call, Program, Ref

_SHORT = 128  # elements; of more, logaddexp, which has no SIMD, takes longer than the five calls


def with_short_softplus(program: Program) -> Program:
    """The same program with max(x, 0) + log1p(exp(-|x|)) of short arrays as logaddexp(x, 0).

    That computes the same formula: values are equal up to rounding.
    """
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
