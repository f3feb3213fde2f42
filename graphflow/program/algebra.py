"""Fewer and cheaper calls: equations that hold for all values, applied as a program is recorded.

A rule is called like the forms of `canonical`, after them, and only where optimizing is asked for.
Its docstring is its equation. What it makes has the shape and dtype of what it replaces; values are
equal up to rounding, also for NaN and infinities, and for all but the sign of a zero.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

ALGEBRA: dict[str, list[Callable[..., Any]]] = {}
_SHORT_SUM = 4096  # up to so many products a float32 sum may run in one pass
_FLOATS = (np.float32, np.float64)


def _rule(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        for name in names:
            ALGEBRA.setdefault(name, []).append(function)
        return function

    return add


def simplified(rec: Any, name: str, spec: Any, *args: Any, **options: Any) -> Any:
    """The value by the first rule that applies, or None."""
    for rule in ALGEBRA.get(name, ()):
        found = rule(rec, name, spec, *args, **options)
        if found is not None:
            return found
    return None


def _is(rec: Any, x: Any, number: float) -> bool:
    """Whether an operand is that number, as a scalar."""
    value: Any = rec.constant_of(x)
    if value is None or np.ndim(value):
        return False
    alike: bool = np.equal(value, number).item()
    return alike


def _scalar(rec: Any, x: Any, dtype: Any) -> Any:
    """The value of a finite scalar constant, exact in a float dtype, or None."""
    value = rec.constant_of(x)
    if value is None or np.ndim(value) or dtype not in _FLOATS:
        return None
    number = float(np.real(value))
    return number if np.isfinite(number) else None


def _same(x: Any, spec: Any) -> bool:
    same: bool = getattr(x, "spec", None) == spec
    return same


def _parts(rec: Any, x: Any, name: str) -> list[Any] | None:
    """The operands of the call that computes `x`, if it is one of `name`."""
    call = rec.source(x, name)
    return None if call is None else [rec.operand(arg) for arg in call.args]


@_rule("subtract", "add")
def at_places(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """x - put(0, i, a) = put(x, i, -a) for a number a, and x + put(0, i, a) = put(x, i, a)"""
    put = rec.source(y, "put_along_axis_add")
    if put is None or not _same(x, spec) or not _same(y, spec):
        return None
    zeros, indices, values = (rec.operand(arg) for arg in put.args[:3])
    filled_with = _parts(rec, zeros, "broadcast_to")
    known = rec.constant_of(filled_with[0] if filled_with else zeros)
    if known is None or np.any(known):
        return None
    added = rec.negative(values) if name == "subtract" else values
    return rec.put_along_axis_add(x, indices, added, put.args[3])


@_rule("multiply")
def times_one(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """x * 1 = x"""
    if _is(rec, y, 1) and _same(x, spec):
        return x
    return y if _is(rec, x, 1) and _same(y, spec) else None


@_rule("divide", "power")
def by_one(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """x / 1 = x ** 1 = x"""
    return x if _is(rec, y, 1) and _same(x, spec) else None


@_rule("add", "subtract")
def plus_zero(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """x + 0 = x - 0 = x"""
    if _is(rec, y, 0) and _same(x, spec):
        return x
    return y if name == "add" and _is(rec, x, 0) and _same(y, spec) else None


@_rule("power")
def squared(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """x ** 2 = square(x)"""
    return rec.square(x) if _is(rec, y, 2) and _same(x, spec) else None


@_rule("multiply")
def times_itself(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """x * x = square(x)"""
    alike = getattr(x, "value", None) == getattr(y, "value", -2) and _same(x, spec)
    return rec.square(x) if alike else None


@_rule("multiply")
def times_minus_one(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """x * -1 = -x"""
    if _is(rec, y, -1) and _same(x, spec):
        return rec.negative(x)
    return rec.negative(y) if _is(rec, x, -1) and _same(y, spec) else None


@_rule("negative")
def negated(rec: Any, name: str, spec: Any, x: Any) -> Any:
    """-(-x) = x and -(x - y) = y - x"""
    inner = _parts(rec, x, "negative")
    if inner is not None:
        return inner[0]
    apart = _parts(rec, x, "subtract")
    return rec.subtract(apart[1], apart[0]) if apart is not None else None


@_rule("add")
def plus_negative(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """x + -y = x - y"""
    for a, b in ((x, y), (y, x)):
        minus = _parts(rec, b, "negative")
        if minus is not None:
            return rec.subtract(a, minus[0])
    return None


@_rule("subtract")
def minus_negative(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """x - -y = x + y"""
    minus = _parts(rec, y, "negative")
    return rec.add(x, minus[0]) if minus is not None else None


@_rule("multiply")
def constants_together(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """a * (b * x) = (a * b) * x for numbers a, b; so for -x as -1 * x"""
    for number, rest in ((x, y), (y, x)):
        a = _scalar(rec, number, spec.dtype)
        if a is None or not _same(rest, spec):
            continue
        minus = _parts(rec, rest, "negative")
        if minus is not None:
            return rec.multiply(_number(spec, -a), minus[0])
        for p, q in _turned(_parts(rec, rest, "multiply")):
            b = _scalar(rec, p, spec.dtype)
            if b is not None and _same(q, spec) and _plain(a * b, spec.dtype):
                return rec.multiply(_number(spec, a * b), q)
    return None


@_rule("add", "subtract")
def factored(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """a * x + a * y = a * (x + y) for |a| >= 1, so that no sum overflows first; signs likewise"""
    for p, u in _turned(_parts(rec, x, "multiply")):
        a = _scalar(rec, p, spec.dtype)
        if a is None or not _same(u, spec):
            continue
        for q, v in _turned(_parts(rec, y, "multiply")):
            b = _scalar(rec, q, spec.dtype)
            if b is None or abs(a) < 1 or abs(a) != abs(b) or not _same(v, spec):
                continue
            joined = rec.add if (a == b) == (name == "add") else rec.subtract
            return rec.multiply(_number(spec, a), joined(u, v))
    return None


def _turned(pair: list[Any] | None) -> list[tuple[Any, Any]]:
    return [] if pair is None else [(pair[0], pair[1]), (pair[1], pair[0])]


def _number(spec: Any, value: float) -> Any:
    return np.asarray(value, spec.dtype)


def _plain(value: float, dtype: Any) -> bool:
    """Whether a number is neither tiny nor huge: products with it round as usual."""
    info = np.finfo(dtype)
    return bool(float(info.tiny) / float(info.eps) < abs(value) < float(info.max) * float(info.eps))


@_rule("ones_like", "zeros_like")
def filled(rec: Any, name: str, spec: Any, x: Any) -> Any:
    """ones_like(x) = broadcast(1)"""
    one = rec.constant(np.asarray(1 if name == "ones_like" else 0, spec.dtype))
    return rec.broadcast_to(one, spec.shape)


@_rule("where")
def masked(rec: Any, name: str, spec: Any, condition: Any, x: Any, y: Any) -> Any:
    """where(c, x, 0) = masked(x, c): the bits of x times 0 or 1; no branch, no NaN comes through"""
    if spec.dtype not in _FLOATS or getattr(condition, "number", True) is not None:
        return None
    if _is(rec, y, 0) and _same(x, spec):
        return rec.masked(x, condition)
    if not _is(rec, x, 0) or not _same(y, spec):
        return None
    other = _parts(rec, condition, "equal"), _parts(rec, condition, "not_equal")
    if other[0] is not None:
        return rec.masked(y, rec.not_equal(*other[0]))
    if other[1] is not None:
        return rec.masked(y, rec.equal(*other[1]))
    return rec.masked(y, rec.logical_not(condition))


@_rule("sum")
def sum_by_product(
    rec: Any, name: str, spec: Any, x: Any, axis: Any = None, keepdims: bool = False
) -> Any:
    """sum(x, 0) = ones @ x; sum(x * y) = x . y; sum(a * x) = a * sum(x) for |a| >= 1"""
    if spec.dtype not in _FLOATS or x.spec.dtype != spec.dtype:
        return None
    shape = x.spec.shape
    for number, rest in _turned(_parts(rec, x, "multiply")):
        a = _scalar(rec, number, spec.dtype)
        if a is not None and abs(a) >= 1 and _same(rest, x.spec):
            return rec.multiply(rec.sum(rest, axis=axis), number)
    if axis is None and (spec.dtype == np.float64 or prod(shape) <= _SHORT_SUM):
        square = _parts(rec, x, "square")
        pair = _parts(rec, x, "multiply") or ([square[0], square[0]] if square else None)
        if pair is not None and all(_same(part, x.spec) for part in pair):
            u, v = (rec.reshape(part, (prod(shape),)) for part in pair)
            return rec.matmul(u, v)
    if axis == 0 and len(shape) == 2 and shape[0] > 1:
        ones = rec.broadcast_to(_number(spec, 1.0), (shape[0],))
        return rec.matmul(rec.dense(ones), x)
    return None


@_rule("matmul")
def product_of_vector(rec: Any, name: str, spec: Any, a: Any, b: Any) -> Any:
    """A @ column = reshape(A @ vector), and row @ B likewise"""
    if len(a.spec.shape) != 2 or len(b.spec.shape) != 2:
        return None
    inner = a.spec.shape[1]
    if b.spec.shape[1] == 1:
        return rec.reshape(rec.matmul(a, rec.reshape(b, (inner,))), spec.shape)
    if a.spec.shape[0] == 1:
        return rec.reshape(rec.matmul(rec.reshape(a, (inner,)), b), spec.shape)
    return None


@_rule("matmul")
def product_of_batch(rec: Any, name: str, spec: Any, a: Any, b: Any) -> Any:
    """A batch of matrices times one matrix is one product of all their rows."""
    if len(a.spec.shape) < 3 or len(b.spec.shape) != 2 or rec.source(a, "transpose") is not None:
        return None
    rows = rec.reshape(a, (prod(a.spec.shape[:-1]), a.spec.shape[-1]))
    return rec.reshape(rec.matmul(rows, b), spec.shape)
