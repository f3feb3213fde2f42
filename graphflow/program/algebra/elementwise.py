"""Equations of elementwise calls, and of places that are filled."""

from __future__ import annotations

from typing import Any

import numpy as np

from .table import FLOATS, alike, is_number, parts, placed_in_zeros, rule, same


@rule("multiply", of="constant")
def times_one(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """x * 1 = x"""
    if is_number(rec, y, 1) and same(x, spec):
        return x
    return y if is_number(rec, x, 1) and same(y, spec) else None


@rule("divide", "power", of="constant")
def by_one(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """x / 1 = x ** 1 = x"""
    return x if is_number(rec, y, 1) and same(x, spec) else None


@rule("add", "subtract", of="constant")
def plus_zero(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """x + 0 = x - 0 = x"""
    if is_number(rec, y, 0) and same(x, spec):
        return x
    return y if name == "add" and is_number(rec, x, 0) and same(y, spec) else None


@rule("power", of="constant")
def squared(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """x ** 2 = square(x)"""
    return rec.square(x) if is_number(rec, y, 2) and same(x, spec) else None


@rule("multiply")
def times_itself(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """x * x = square(x), but for truths, whose squares are integers"""
    alike = getattr(x, "value", None) == getattr(y, "value", -2) and spec.dtype.kind != "b"
    return rec.square(x) if alike else None


@rule("multiply", of="constant")
def times_minus_one(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """x * -1 = -x"""
    if is_number(rec, y, -1) and same(x, spec):
        return rec.negative(x)
    return rec.negative(y) if is_number(rec, x, -1) and same(y, spec) else None


@rule("negative", of="negative subtract")
def negated(rec: Any, name: str, spec: Any, x: Any) -> Any:
    """-(-x) = x and -(x - y) = y - x"""
    inner = parts(rec, x, "negative")
    if inner is not None:
        return inner[0]
    apart = parts(rec, x, "subtract")
    return rec.subtract(apart[1], apart[0]) if apart is not None else None


@rule("add", of="negative")
def plus_negative(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """x + -y = x - y"""
    for a, b in ((x, y), (y, x)):
        minus = parts(rec, b, "negative")
        if minus is not None and b.spec.dtype == spec.dtype:  # else unsigned integers wrap between
            return rec.subtract(a, minus[0])
    return None


@rule("subtract", of="negative")
def minus_negative(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """x - -y = x + y"""
    minus = parts(rec, y, "negative")
    wraps = minus is not None and y.spec.dtype != spec.dtype  # of unsigned integers
    return rec.add(x, minus[0]) if minus is not None and not wraps else None


@rule("subtract", of="negative")
def negative_minus(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """-x - y = -(x + y) for floats: a number that this is multiplied by takes the sign"""
    minus = parts(rec, x, "negative")
    if minus is None or spec.dtype not in FLOATS or x.spec.dtype != spec.dtype:
        return None
    return rec.negative(rec.add(minus[0], y))


@rule("ones_like", "zeros_like", "zeros", "ones")
def filled(rec: Any, name: str, spec: Any, *args: Any, **options: Any) -> Any:
    """ones_like(x) = broadcast(1), and so for zeros and for arrays of a shape"""
    one = rec.constant(np.asarray(name.startswith("one"), spec.dtype))
    return rec.broadcast_to(one, spec.shape)


@rule("add", "subtract", of="index_add")
def plus_placed(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """x + place(0, key, a) = x with a added at the key; so for differences, and with -a or -x"""
    for a, b, turned in ((x, y, "values"), (y, x, "array")):
        placed = placed_in_zeros(rec, b)
        if placed is None or not same(a, spec) or not same(b, spec):
            continue
        key, values = placed
        if name == "subtract" and turned == "values":
            values = rec.negative(values)
        elif name == "subtract":
            a = rec.negative(a)
        return rec.index_add(a, key, values)
    return None


@rule("index_add")
def in_rows_apart(
    rec: Any, name: str, spec: Any, x: Any, key: Any, values: Any, apart: bool = False
) -> Any:
    """x with a added at (rows, i), for rows that are known and in order: no two places are one"""
    if apart or len(key) != 2 or rec.maker(x) in ("broadcast_to", "constant"):
        return None
    rows, shape = np.asarray(rec.constant_of(key[0])), getattr(key[1], "spec", spec).shape
    if rows.dtype.kind not in "iu" or rows.ndim != 1 or rows.shape != shape:
        return None
    in_order = np.all(rows >= 0) and np.all(rows[1:] > rows[:-1])
    return rec.index_add(x, key, values, apart=True) if in_order else None


@rule("put_along_axis_add")
def at_rows(rec: Any, name: str, spec: Any, x: Any, indices: Any, values: Any, axis: int) -> Any:
    """put(x, i, a) = x with a added at (rows, i), for one entry in each row of a matrix"""
    if len(spec.shape) != 2 or axis not in (-1, 1) or rec.maker(x) in ("broadcast_to", "constant"):
        return None
    count = spec.shape[0]
    if not indices.spec.shape == values.spec.shape == (count, 1):
        return None
    repeated = parts(rec, values, "broadcast_to")
    added = None if repeated is None else rec.constant_of(repeated[0])
    if added is None or np.ndim(added):
        added = rec.reshape(values, (count,))
    return rec.index_add(x, (np.arange(count), rec.reshape(indices, (count,))), added)


@rule("where", of="equal")
def no_length_of_zero(rec: Any, name: str, spec: Any, condition: Any, x: Any, y: Any) -> Any:
    """where(hypot(u, a) == 0, x, y) = y for a number a other than 0"""
    compared = parts(rec, condition, "equal")
    if compared is None or not same(y, spec) or not is_number(rec, compared[1], 0):
        return None
    sides = parts(rec, compared[0], "hypot")
    a = None if sides is None else rec.constant_of(sides[1])
    return y if a is not None and np.ndim(a) == 0 and a != 0 else None


@rule("where", of="logical_and")
def absorbed(rec: Any, name: str, spec: Any, condition: Any, x: Any, y: Any) -> Any:
    """where(g == 0 and not isfinite(y), 0, y) = masked(y, g != 0) for y a product with g in it,
    which at g = 0 is 0 or not finite"""
    both = parts(rec, condition, "logical_and")
    if both is None or not is_number(rec, x, 0) or not same(y, spec) or spec.dtype not in FLOATS:
        return None
    zero, infinite = parts(rec, both[0], "equal"), parts(rec, both[1], "logical_not")
    finite = None if infinite is None else parts(rec, infinite[0], "isfinite")
    if zero is None or finite is None or not alike(finite[0], y):
        return None
    if not is_number(rec, zero[1], 0) or not _is_product(rec, y, zero[0].value):
        return None
    return rec.masked(y, rec.not_equal(zero[0], 0))


def _is_product(rec: Any, x: Any, factor: int) -> bool:
    """Whether `x` is recorded as a product, quotient or negative with that value as a factor."""
    pending = [x]
    for _ in range(16):
        if not pending:
            return False
        value = pending.pop()
        if getattr(value, "value", None) == factor:
            return True
        quotient, minus = parts(rec, value, "divide"), parts(rec, value, "negative")
        pending += quotient[:1] if quotient else minus or parts(rec, value, "multiply") or []
    return False


@rule("where")
def masked(rec: Any, name: str, spec: Any, condition: Any, x: Any, y: Any) -> Any:
    """where(c, x, 0) = masked(x, c): the bits of x times 0 or 1; no branch, no NaN comes through"""
    if spec.dtype not in FLOATS or getattr(condition, "number", True) is not None:
        return None
    if condition.spec.dtype != np.bool_:
        return None  # any number but 0 is true, and would be a factor
    if is_number(rec, y, 0) and same(x, spec):
        return rec.masked(x, condition)
    if not is_number(rec, x, 0) or not same(y, spec):
        return None
    other = parts(rec, condition, "equal"), parts(rec, condition, "not_equal")
    if other[0] is not None:
        return rec.masked(y, rec.not_equal(*other[0]))
    if other[1] is not None:
        return rec.masked(y, rec.equal(*other[1]))
    return rec.masked(y, rec.logical_not(condition))


@rule("subtract", "add", of="put_along_axis_add")
def at_places(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """x - put(0, i, a) = put(x, i, -a) for a number a, and x + put(0, i, a) = put(x, i, a)"""
    put = rec.source(y, "put_along_axis_add")
    if put is None or not same(x, spec) or not same(y, spec):
        return None
    zeros, indices, values = (rec.operand(arg) for arg in put.args[:3])
    filled_with = parts(rec, zeros, "broadcast_to")
    known = rec.constant_of(filled_with[0] if filled_with else zeros)
    if known is None or np.any(known):
        return None
    added = rec.negative(values) if name == "subtract" else values
    return rec.put_along_axis_add(x, indices, added, put.args[3])
