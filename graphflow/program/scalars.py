"""Scalars of float64 as Python floats: ten times faster than arrays of rank 0.

Where NumPy gives an infinity or NaN with a warning, Python's floats raise: `RAISED` lists what, and
a run that meets one is done again by the interpreter. `math` and NumPy may differ by one unit in
the last place.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from .program import Call, Program, Ref

RAISED = (ZeroDivisionError, OverflowError, ValueError)

_MATH = (
    "sqrt exp expm1 log log1p log2 log10 sin cos tan sinh cosh tanh isfinite isnan isinf "
    "hypot copysign"
).split()
_RENAMED = {
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "arcsinh": "asinh",
    "arccosh": "acosh", "arctanh": "atanh", "power": "pow", "float_power": "pow",
}  # fmt: skip
EXPRESSIONS = {
    "add": "{} + {}",
    "subtract": "{} - {}",
    "multiply": "{} * {}",
    "divide": "{} / {}",
    "negative": "-{}",
    "absolute": "abs({})",
    "square": "{0} * {0}",
    "reciprocal": "1.0 / {}",
    "maximum": "{0} if {0} >= {1} or {0} != {0} else {1}",
    "minimum": "{0} if {0} <= {1} or {0} != {0} else {1}",
    "where": "{1} if {0} else {2}",
    "less": "{} < {}",
    "less_equal": "{} <= {}",
    "greater": "{} > {}",
    "greater_equal": "{} >= {}",
    "equal": "{} == {}",
    "not_equal": "{} != {}",
    "logical_and": "{} and {}",
    "logical_or": "{} or {}",
    "logical_not": "not {}",
    **{name: f"math.{name}({{}})" for name in _MATH[:-2]},
    **{name: f"math.{name}({{}}, {{}})" for name in _MATH[-2:]},
    **{name: f"math.{short}({{}})" for name, short in _RENAMED.items()},
    **{name: f"math.{_RENAMED[name]}({{}}, {{}})" for name in ("arctan2", "power", "float_power")},
}
_BOOLEANS = {"where", "logical_and", "logical_or", "logical_not"}


def python_scalars(program: Program) -> dict[int, bool]:
    """The values that are Python floats and booleans: whether each is an expression of others.

    Expressions are scalars that `EXPRESSIONS` computes from such scalars, from numbers, and from
    float64 scalars that are fed, kept, constant, or the result of anything else.
    """
    found: dict[int, bool] = {}
    for call in program.calls:
        if call.name in EXPRESSIONS and _is_scalar(program, call.output):
            operands = call.reads()
            if operands and all(_fits(program, call, v, found) for v in operands):
                found[call.output] = True
                for value in operands:
                    found.setdefault(value, False)
    return found


def _is_scalar(program: Program, value: int) -> bool:
    shape, dtype, _ = program.specs[value]
    return shape == () and dtype in (np.float64, np.bool_)


def _fits(program: Program, call: Call, value: int, found: dict[int, bool]) -> bool:
    shape, dtype, _ = program.specs[value]
    if any(not isinstance(arg, Ref | float | int) or arg != arg for arg in call.args):
        return False
    if dtype == np.float64:
        return shape == ()
    return bool(found.get(value)) and call.name in _BOOLEANS


def once_read(program: Program, scalars: dict[int, bool]) -> set[int]:
    """The expressions that can stand within another: one reads them, at one place."""
    reads = Counter(v for call in program.calls for v in call.reads())
    found: set[int] = set()
    for call in program.calls:
        if scalars.get(call.output) and "{0}" not in EXPRESSIONS[call.name]:
            found.update(v for v in call.reads() if scalars.get(v) and reads[v] == 1)
    return found - set(program.wanted())
