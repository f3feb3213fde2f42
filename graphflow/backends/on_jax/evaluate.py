"""A program read with JAX's arrays: call by call, in NumPy's dtypes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ...dtypes import DType, weak_dtype
from ...errors import DTypeError, GraphError, lay_out
from ...graph import Operation
from ...ops.tap import Tap
from ...primitives import FUNCTIONS, TABLE, spec_of
from ...primitives.table import UFUNCS
from ...program import Call, Program, Ref, reraise
from ...program.lengths import is_moderate
from ...program.record import WHOLE, resolved
from .column import COLUMN, INVERSES, PROMOTING, WHY_NOT, on_host
from .faults import FAULTS, Fault

LONG = 2_000  # calls of a program
_WIDE = {np.dtype(name) for name in ("int64", "uint64", "float64", "complex128")}


class Alarm(NamedTuple):
    """A fault that a step looks for, and the operation it would be a fault of."""

    fault: Fault
    about: Operation


class Found:
    """What a step brings beside values: whether there are faults, what taps are shown, and what
    Python raised in the middle of a run, by the number of the run.
    """

    def __init__(self, run: Any = None) -> None:
        self.run = run  # while it is traced
        self.alarms: list[Alarm] = []
        self.rings: list[Any] = []  # for every alarm whether it rings; while it is traced
        self.taps: list[tuple[Tap, int]] = []  # with the number of values that they are shown
        self.seen: list[Any] = []  # these values; while it is traced
        self.raised: dict[int, tuple[Exception, Operation]] = {}

    def taken(self) -> tuple[list[Any], list[Any]]:
        """What taps are shown and whether alarms ring: handed over, as tracing ends."""
        taken = self.seen, self.rings
        self.run, self.seen, self.rings = None, [], []
        return taken


def check_runs(program: Program, host_calls: bool) -> None:
    """Raise a GraphError, at the user's line, for what JAX cannot run.

    With `host_calls` what is computed by NumPy in the middle of a step may be.
    """
    for call in program.calls:
        op = program.operations[call.about]
        why_not = WHY_NOT.get(call.name)
        if not host_calls and why_not is None and on_host(call):
            why_not = f"with several processes nothing runs on the host, and {on_host(call)}"
        if why_not is not None:
            raise GraphError(
                lay_out(f"jax: {op.kind} cannot run: {why_not}", [("", op.describe())],
                        "run it with backend='numpy', or feed its value")
            )  # fmt: skip
        dtype = program.specs[call.output].dtype
        if dtype.itemsize > (16 if dtype.kind == "c" else 8):
            raise DTypeError(f"jax: {op.describe()}: XLA has no {dtype}")


def needs_x64(program: Program) -> bool:
    """Whether a value of the program has a dtype that JAX would narrow to 32 bits."""
    return any(spec.dtype in _WIDE for spec in program.specs)


def evaluate(program: Program, leaves: Mapping[int, Any], found: Found) -> dict[int, Any]:
    """All values by number; what else a step brings goes into `found`.

    `leaves` are feeds, variables, random draws, and the key where calls need it.
    """
    values: dict[int, Any] = {**program.constants, **leaves}
    inverses = _Inverses(program, values)
    for call in program.calls:
        if call.output in leaves:
            continue
        op = program.operations[call.about]
        if isinstance(op, Tap):
            shown = resolved(call.args, values)
            found.taps.append((op, len(shown)))
            found.seen += shown
            continue
        try:
            if on_host(call):
                values[call.output] = _by_numpy(program, call, values, found)
                continue
            ring = None
            quotient = inverses.quotient(call) if call.name == "divide" else None
            if quotient is not None:
                values[call.output] = quotient
            else:
                values[call.output], ring = _computed(program, call, values)
        except Exception as error:
            reraise(error, op)
        if ring is not None:
            found.alarms.append(Alarm(FAULTS[call.name], op))
            found.rings.append(ring)
    return values


class _Inverses:
    """Quotients by what a function of `INVERSES` gives the inverse of, as products with that.

    XLA makes one loop of any number of elementwise calls, in time that grows with the square of it,
    but ends a loop at most divisions. So those of scalars, and of long programs, stay.
    """

    def __init__(self, program: Program, values: Mapping[int, Any]) -> None:
        self._specs, self._values = program.specs, values
        calls = program.calls if len(program.calls) <= LONG else []
        self._made = {
            call.output: call
            for call in calls
            if call.name in INVERSES and program.specs[call.output].shape != ()
        }
        self._known: dict[int, Any] = {}

    def quotient(self, call: Call) -> Any:
        """The value of a division; None where it is no such quotient, all of one real dtype."""
        x, y = call.args
        dtype = self._specs[call.output].dtype
        made = self._made.get(y.value) if isinstance(y, Ref) else None
        if made is None or dtype.kind != "f" or self._specs[made.output].dtype != dtype:
            return None
        if made.output not in self._known:
            operands = resolved(made.args, self._values)
            operands = [jnp.asarray(operand, dtype) for operand in operands]
            self._known[made.output] = INVERSES[made.name](*operands)
        return jnp.asarray(resolved([x], self._values)[0], dtype) * self._known[made.output]


def _computed(program: Program, call: Call, values: Mapping[int, Any]) -> tuple[Any, Any]:
    """The value of a call, and whether it is at fault; None where it cannot be."""
    spec = program.specs[call.output]
    args, options = resolved(call.args, values), dict(call.options)
    if call.name == "hypot" and _is_moderate_number(args[1], spec.dtype):
        return COLUMN["hypot_of"](jnp.asarray(args[0], spec.dtype), float(args[1])), None
    if call.name in UFUNCS:
        args = _loop_operands(call.name, args)
    else:
        args = _as_arrays(call, args, spec.dtype if call.name in PROMOTING else None)
    result = COLUMN[call.name](*args, **options)
    if result.dtype != spec.dtype:
        result = result.astype(spec.dtype)
    fault = FAULTS.get(call.name)
    return result, None if fault is None else _ring(fault, result, args, options)


def _is_moderate_number(arg: Any, dtype: DType) -> bool:
    """Whether it is a number that can be squared beside floats of this dtype."""
    is_constant = isinstance(arg, float | int | np.ndarray | np.number) and np.ndim(arg) == 0
    return is_constant and dtype.kind == "f" and is_moderate(arg, dtype)


def _loop_operands(name: str, args: list[Any]) -> list[Any]:
    """Operands in the dtypes that NumPy's loop takes; Python numbers are weak there."""
    kinds = [type(arg) if weak_dtype(arg) is not None else arg.dtype for arg in args]
    weak = all(isinstance(kind, type) for kind in kinds)
    given = [np.dtype(bool) if k is bool else k for k in kinds]
    given = [spec_of(arg).dtype for arg in args] if weak else given
    loop = getattr(np, name).resolve_dtypes((*given, None))
    return [jnp.asarray(arg, dtype) for arg, dtype in zip(args, loop, strict=False)]


def _as_arrays(call: Call, args: list[Any], dtype: DType | None) -> list[Any]:
    """Arguments with arrays of JAX in the places of arrays, in this dtype if one is given."""
    places = TABLE[call.name].arrays
    skipped = 0 if call.name == "where" else -1  # its condition keeps its dtype
    found: list[Any] = []
    for i, arg in enumerate(args):
        if places is not None and i not in places:
            found.append(arg)
            continue
        to = None if i == skipped else dtype
        is_list = isinstance(arg, list | tuple)
        found.append([jnp.asarray(x, to) for x in arg] if is_list else jnp.asarray(arg, to))
    return found


def _by_numpy(program: Program, call: Call, values: Mapping[int, Any], found: Found) -> Any:
    """The value of a call that the host computes."""
    spec, op = program.specs[call.output], program.operations[call.about]
    numbers = list(dict.fromkeys(call.reads()))

    function = partial(op.compute, FUNCTIONS) if call.name == WHOLE else TABLE[call.name].function

    def compute(run: Any, *operands: Any) -> Any:
        arrays = dict(zip(numbers, map(np.asarray, operands), strict=True))
        try:
            with np.errstate(all="ignore"):
                result = function(*resolved(call.args, arrays), **dict(call.options))
                return np.asarray(result, spec.dtype)
        except Exception as error:
            found.raised.setdefault(int(run), (error, op))
            return np.zeros(spec.shape, spec.dtype)

    shape = jax.ShapeDtypeStruct(spec.shape, spec.dtype)
    return jax.pure_callback(compute, shape, found.run, *[values[number] for number in numbers])


def _ring(fault: Fault, result: Any, args: list[Any], options: dict[str, Any]) -> Any:
    """Whether a call is at fault. Raises its error where that is known already."""
    found = fault.found(result, *args, **options)
    if found is None or isinstance(found, jax.Array):
        return found
    if bool(found):
        raise fault.error(fault.text, fault.hint)
    return None
