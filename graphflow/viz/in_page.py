"""A program as data that the script of a page runs: `pages/arrays.js` is its interpreter.

The page then computes what NumPy would, for any place of its sliders, with no kernel behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..graph import Node
from ..primitives import Spec
from ..program import Call, Program, Ref
from ..session import Session

ELEMENTWISE = (
    "absolute add arccos arccosh arcsin arcsinh arctan arctan2 arctanh bitwise_and bitwise_or "
    "bitwise_xor cbrt ceil copysign cos cosh divide equal exp exp2 expm1 floor greater "
    "greater_equal hypot isfinite isinf isnan less less_equal log log10 log1p log2 logaddexp "
    "logical_and logical_not logical_or logical_xor masked maximum minimum multiply negative "
    "not_equal positive power reciprocal rint sign signbit sin sinh sqrt square subtract tan tanh "
    "trunc where"
).split()
REDUCTIONS = ("sum", "prod", "max", "min", "mean")
_AS = {  # calls that are told by the shape and type of what they give
    "reshape": "reshape", "expand_dims": "reshape", "squeeze": "reshape",
    "broadcast_to": "positive", "astype": "positive",
}  # fmt: skip
_TYPES = {"float64": "Float64Array", "float32": "Float32Array", "bool": "Uint8Array"}
_MOST_NUMBERS = 400_000  # in the constants of a page

_Array = np.ndarray[Any, Any]


class NotInPageError(Exception):
    """What a page cannot compute. The text says what."""


def page_program(
    fetches: Sequence[Node], parameters: Sequence[Node], session: Session, feeds: Mapping[Node, Any]
) -> dict[str, Any]:
    """The program that computes `fetches` from scalar `parameters`, for `pages/arrays.js`.

    `feeds` are fed to other nodes and, as the variables' values now, become constants.

    Raises NotInPageError for a call or a type that the script does not know.
    """
    zeros: dict[Node, Any] = {node: np.zeros((), node.dtype) for node in parameters}
    compiled, arrays = session.compiled(list(fetches), {**zeros, **feeds})
    program: Program = compiled.program
    count = len(parameters)
    if program.key is not None or program.updates:
        raise NotInPageError("random numbers and updates are made in Python alone")
    known = dict(program.constants)
    known |= {read.value: session.current(read.uid, read.initial) for read in program.reads}
    fed = zip(program.feeds[count:], arrays[count:], strict=True)
    known |= {place: array for place, array in fed if place is not None}
    constants = {v: np.ravel(np.asarray(value, float)) for v, value in known.items()}
    _check(constants.values())
    calls = [_call(program, call) for call in program.calls]
    feeds_of_page = program.feeds[:count]
    used = {*known, *(call.output for call in program.calls), *feeds_of_page}
    return {
        "specs": [_spec(spec) if v in used else None for v, spec in enumerate(program.specs)],
        "constants": constants,
        "feeds": feeds_of_page,
        "calls": calls,
        "outputs": program.outputs,
    }


def _check(constants: Iterable[_Array]) -> None:
    """Raise NotInPageError for what JSON cannot hold, or not well."""
    arrays = list(constants)
    if sum(array.size for array in arrays) > _MOST_NUMBERS:
        raise NotInPageError(f"its constants are more than {_MOST_NUMBERS:,} numbers")
    if not all(np.isfinite(array).all() for array in arrays):
        raise NotInPageError("a constant that is not finite is none of a page")


def _spec(spec: Spec) -> dict[str, Any]:
    kind = _TYPES.get(str(spec.dtype))
    if kind is None:
        raise NotInPageError(f"{spec.dtype} is a type that the page does not know")
    return {"type": kind, "shape": spec.shape}


def _call(program: Program, call: Call) -> dict[str, Any]:
    """One call: what is done, to which values, and how. Raises for what the script cannot do."""
    ranks = [len(program.specs[v].shape or ()) for v in call.reads()]
    options = dict(call.options)
    more: dict[str, Any] = {}
    args: Sequence[Any] = call.args
    if call.name in ELEMENTWISE or (call.name == "matmul" and set(ranks) <= {1, 2}):
        do = call.name
    elif call.name == "astype" and program.specs[call.output].dtype == np.bool_:
        do, args = "not_equal", (call.args[0], 0)
    elif call.name == "stack" and set(ranks) <= {0}:
        do, args = "stack", call.args[0]
    elif call.name in _AS:
        do, args = _AS[call.name], call.args[:1]
    elif call.name in REDUCTIONS and set(options) <= {"axis", "keepdims", "initial"}:
        do, args = call.name, call.args[:1]
        more = {"axes": _axes(options.get("axis"), ranks[0]), "initial": options.get("initial")}
    else:
        raise NotInPageError(f"{call.name} is a call that the page does not know")
    operands = [_operand(call, arg) for arg in args]
    return {"do": do, "args": operands, "output": call.output, **more}


def _axes(axis: Any, rank: int) -> list[int]:
    chosen = range(rank) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return sorted(int(one) % rank for one in chosen)


def _operand(call: Call, arg: Any) -> Any:
    """A value by its number, or a number as it is."""
    if isinstance(arg, Ref):
        return {"value": arg.value}
    if isinstance(arg, bool | int | float | np.generic) and np.isfinite(arg):
        return float(arg)
    raise NotInPageError(f"{call.name} takes what the page does not know")
