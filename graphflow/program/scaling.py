"""One multiplication for many: a number that every result is multiplied by, where they begin.

The gradients of a loss are linear in the number that backpropagation starts from. Where each of
them is multiplied by one number, as by a learning rate, that number can go to the start.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..primitives import spec_of
from ..shapes import is_known
from .algebra import FLOATS, is_movable
from .program import Call, Program, Ref, reading, refs, size

_CALL = 1000  # what a call costs beside its elements, in elements
_FIRST = (  # linear in the first operand
    "negative", "reshape", "transpose", "broadcast_to", "index", "sum", "masked", "divide",
    "sum_pool", "spread", "to_largest", "of_largest",
)  # fmt: skip
_EITHER = ("multiply", "matmul", "conv", "conv_input", "conv_kernel")  # linear in each of two
_BOTH = ("add", "subtract")

Slot = tuple[int, int]  # a call and a place among its arguments


class _Plan(NamedTuple):
    """What becomes of a program when its calls `ends`, multiplications by a number, are left out.

    `asked` are the values that calls read as multiples, with where; those of them in `scaled` are
    computed as multiples, the others have to be multiplied.
    """

    ends: set[int]
    asked: dict[int, set[Slot]]
    scaled: set[int]

    def to_multiply(self) -> list[int]:
        """The values that a call has to be made for."""
        return [v for v in self.asked if v not in self.scaled]


def with_factors_early(program: Program) -> Program:
    """The same program with numbers that many results are multiplied by applied once, before.

    Values are equal up to rounding.
    """
    tried: set[Any] = set()
    while True:
        groups: dict[Any, list[int]] = {}
        for i, call in enumerate(program.calls):
            factor = _factor(program, call)
            if factor is not None and is_movable(factor[0]):
                groups.setdefault((factor[0], program.specs[call.output].dtype), []).append(i)
        untried = [key for key, ends in groups.items() if len(ends) > 1 and key not in tried]
        if not untried:
            return _with_signs(program)
        tried.add(untried[0])
        plan = _planned(program, set(groups[untried[0]]))
        if _saves(program, plan):
            program = _applied(program, plan, untried[0][0])


def _with_signs(program: Program) -> Program:
    """The same program with -(a * x), where nothing else reads a * x, as (-a) * x."""
    uses, made = _uses(program), {call.output: call for call in program.calls}
    for i, call in enumerate(program.calls):
        inner = made.get(call.args[0].value) if call.name == "negative" else None
        factor = None if inner is None else _factor(program, inner)
        if inner is not None and factor is not None and len(uses[inner.output]) == 1:
            value = inner.args[factor[1]].value
            program.calls[i] = _product(program, value, call.output, -factor[0], call.about)
    return program.without_dead_calls()


def _factor(program: Program, call: Call) -> tuple[float, int] | None:
    """The number that a call multiplies by and the place of the value, if that is all it does."""
    if call.name != "multiply":
        return None
    for place in (0, 1):
        a, x = call.args[1 - place], call.args[place]
        value = program.constants.get(a.value) if isinstance(a, Ref) else a
        out = program.specs[call.output]
        if value is None or np.ndim(value) or not isinstance(x, Ref) or out.dtype not in FLOATS:
            continue
        if x.value not in program.constants and program.specs[x.value] == out:
            return float(value), place
    return None


def _planned(program: Program, ends: set[int]) -> _Plan:
    """From the last call to the first: a value is a multiple if all that read it ask for that."""
    plan = _Plan(ends, {}, set())
    uses, multiples = _uses(program), _multiples(program)
    likely = {call.output for call in program.calls if call.name != "transpose"}
    for i in reversed(range(len(program.calls))):
        call = program.calls[i]
        asked, factor = plan.asked.get(call.output), _factor(program, call)
        if i not in ends and (asked is None or asked != uses.get(call.output)):
            continue
        if factor is None:
            places = _places(call, multiples, likely)
        else:
            places = [factor[1]] if i in ends else []
        if i not in ends and (places or factor is not None):
            plan.scaled.add(call.output)
        for place in places:
            plan.asked.setdefault(call.args[place].value, set()).add((i, place))
    return plan


def _uses(program: Program) -> dict[int, set[Slot]]:
    """Where each value is read; what leaves the program is read at places of no call.

    Comparisons with 0 are left out: a multiple will do for them.
    """
    found: dict[int, set[Slot]] = {}
    for i, call in enumerate(program.calls):
        if call.name in ("equal", "not_equal") and call.args[1] == 0:
            continue
        for place, arg in enumerate(call.args):
            for value in refs([arg]):
                found.setdefault(value, set()).add((i, place if isinstance(arg, Ref) else -1))
    for place, value in enumerate(program.wanted()):
        found.setdefault(value, set()).add((-1, place))
    return found


def _multiples(program: Program) -> set[int]:
    """The values that are made of multiples of numbers by calls that are linear in them."""
    found: set[int] = set()
    for call in program.calls:
        among = [isinstance(arg, Ref) and arg.value in found for arg in call.args]
        if (
            _factor(program, call) is not None
            or (call.name in _FIRST and among[0])
            or (call.name in _EITHER and any(among))
            or (call.name in _BOTH and all(among))
        ):
            found.add(call.output)
    return found


def _places(call: Call, multiples: set[int], likely: set[int]) -> list[int]:
    """The operands that make the value a multiple when they are; none where it is not linear.

    Of two factors it is the one that is made of multiples, else the likelier one to be a gradient.
    """
    values = [place for place, arg in enumerate(call.args) if isinstance(arg, Ref)]
    if call.name in _FIRST:
        return [0] if 0 in values else []
    made = [place for place in values if call.args[place].value in multiples]
    if call.name in _EITHER:
        return (made or [p for p in values if call.args[p].value in likely])[:1]
    return [0, 1] if call.name in _BOTH and made == [0, 1] else []


def _saves(program: Program, plan: _Plan) -> bool:
    """Whether the calls that go cost more than those that come, and no two chains meet."""
    gone = [program.calls[i].output for i in plan.ends]
    if any(value in plan.asked for value in gone):
        return False
    come = plan.to_multiply()
    if not all(is_known(program.specs[value].shape) for value in [*come, *gone]):
        return False  # how much it would save is known in a run only
    return _cost(program, come) < _cost(program, gone)


def _cost(program: Program, values: list[int]) -> int:
    return sum(_CALL + size(program.specs[value]) for value in values)


def _applied(program: Program, plan: _Plan, by: float) -> Program:
    """The program with multiples by `by` as planned."""
    multiple = {v: program.new(program.specs[v], program.names[v]) for v in plan.to_multiply()}
    made = {call.output for call in program.calls}
    calls = [_product(program, v, multiple[v], by, 0) for v in multiple if v not in made]
    instead: dict[int, int] = {}  # what is read in the place of a value that is left out
    for i, call in enumerate(program.calls):
        args = list(call.args)
        for place, arg in enumerate(args):
            if isinstance(arg, Ref) and (i, place) in plan.asked.get(arg.value, ()):
                args[place] = Ref(multiple.get(arg.value, arg.value))
        args = [reading(arg, instead) for arg in args]
        factor = _factor(program, call)
        if i in plan.ends:
            assert factor is not None
            instead[call.output] = args[factor[1]].value
            continue
        if factor is not None and call.output in plan.scaled:
            args[1 - factor[1]] = Ref(_number(program, call.output, factor[0] * by))
        calls.append(call._replace(args=tuple(args)))
        if call.output in multiple:
            calls.append(_product(program, call.output, multiple[call.output], by, call.about))
    program.calls = calls
    program.redirect(instead)
    return program.without_dead_calls()


def _product(program: Program, value: int, output: int, by: float, about: int) -> Call:
    return Call("multiply", (Ref(value), Ref(_number(program, value, by))), (), output, about)


def _number(program: Program, value: int, number: float) -> int:
    """A scalar of the dtype of a value, as a constant of the program."""
    array = np.asarray(number, program.specs[value].dtype)
    new = program.new(spec_of(array), "factor")
    program.constants[new] = array
    return new
