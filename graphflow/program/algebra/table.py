"""The table of equations for fewer and cheaper calls, and what its rules look at.

A rule is called like the forms of `canonical`, after them, and only where optimizing is asked for.
Its docstring is its equation. What it makes has the shape and dtype of what it replaces; values are
equal up to rounding, also for NaN and infinities, and for all but the sign of a zero.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

ALGEBRA: dict[str, list[Callable[..., Any]]] = {}
FLOATS = (np.float32, np.float64)


_MADE_BY: dict[Callable[..., Any], frozenset[str]] = {}


def rule(*names: str, of: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers a rule for calls of these primitives, after those that are there.

    `of` names calls, "constant" among them, of which one makes an operand wherever the rule
    applies: it need not be tried elsewhere.
    """

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        for name in names:
            ALGEBRA.setdefault(name, []).append(function)
        if of:
            _MADE_BY[function] = frozenset(of.split())
        return function

    return add


def simplified(rec: Any, name: str, spec: Any, *args: Any, **options: Any) -> Any:
    """The value by the first rule that applies, or None."""
    rules = ALGEBRA.get(name)
    if rules is None:
        return None
    makers = [rec.maker(arg) for arg in args]
    for function in rules:
        makes = _MADE_BY.get(function)
        if makes is not None and makes.isdisjoint(makers):
            continue
        found = function(rec, name, spec, *args, **options)
        if found is not None:
            return found
    return None


def is_number(rec: Any, x: Any, number: float) -> bool:
    """Whether an operand is that number, as a scalar."""
    value: Any = rec.constant_of(x)
    if value is None or np.ndim(value):
        return False
    alike: bool = np.equal(value, number).item()
    return alike


def scalar_of(rec: Any, x: Any, dtype: Any) -> Any:
    """The value of a finite scalar constant, exact in a float dtype, or None."""
    value = rec.constant_of(x)
    if value is None or np.ndim(value) or dtype not in FLOATS:
        return None
    number = float(np.real(value))
    return number if np.isfinite(number) else None


def same(x: Any, spec: Any) -> bool:
    """Whether an operand has that shape and dtype."""
    alike: bool = getattr(x, "spec", None) == spec
    return alike


def parts(rec: Any, x: Any, name: str) -> list[Any] | None:
    """The operands of the call that computes `x`, if it is one of `name`."""
    call = rec.source(x, name)
    return None if call is None else [rec.operand(arg) for arg in call.args]


def alike(x: Any, y: Any) -> bool:
    """Whether two operands are one value, or equal numbers."""
    values = [getattr(operand, "value", None) for operand in (x, y)]
    return bool(x == y if values == [None, None] else values[0] == values[1])


def turned(pair: list[Any] | None) -> list[tuple[Any, Any]]:
    """Two operands in both orders; none for None."""
    return [] if pair is None else [(pair[0], pair[1]), (pair[1], pair[0])]


def number(spec: Any, value: float) -> Any:
    """A scalar of the dtype of `spec`."""
    return np.asarray(value, spec.dtype)


def placed_in_zeros(rec: Any, x: Any) -> tuple[Any, Any] | None:
    """The key and the values, if `x` is values added at a key to zeros."""
    call = rec.source(x, "index_add")
    zeros = None if call is None else parts(rec, rec.operand(call.args[0]), "broadcast_to")
    if call is None or zeros is None or not is_number(rec, zeros[0], 0):
        return None
    return tuple([rec.operand(part) for part in call.args[1]]), rec.operand(call.args[2])
