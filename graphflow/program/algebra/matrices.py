"""Equations of sums and products of matrices."""

from __future__ import annotations

from functools import reduce
from math import prod
from typing import Any

import numpy as np

from .table import FLOATS, number, parts, placed_in_zeros, rule, same, scalar_of, turned

_SHORT_SUM = 4096  # up to so many products a float32 sum may run in one pass
_FEW_COLUMNS = 4


@rule("sum")
def sum_by_product(
    rec: Any, name: str, spec: Any, x: Any, axis: Any = None, keepdims: bool = False
) -> Any:
    """sum(x, 0) = ones @ x; sum(x * y) = x . y; sum(a * x) = a * sum(x) for |a| >= 1"""
    if spec.dtype not in FLOATS or x.spec.dtype != spec.dtype:
        return None
    shape = x.spec.shape
    for by, rest in turned(parts(rec, x, "multiply")):
        a = scalar_of(rec, by, spec.dtype)
        if a is not None and abs(a) >= 1 and same(rest, x.spec):
            return rec.multiply(rec.sum(rest, axis=axis), by)
    if axis is None and (spec.dtype == np.float64 or prod(shape) <= _SHORT_SUM):
        square = parts(rec, x, "square")
        pair = parts(rec, x, "multiply") or ([square[0], square[0]] if square else None)
        if pair is not None and all(same(part, x.spec) for part in pair):
            u, v = (rec.reshape(part, (prod(shape),)) for part in pair)
            return rec.matmul(u, v)
    if axis == 0 and len(shape) == 2 and shape[0] > 1:
        ones = rec.broadcast_to(number(spec, 1.0), (shape[0],))
        return rec.matmul(rec.dense(ones), x)
    return None


@rule("sum", of="index_add")
def sum_of_placed(
    rec: Any, name: str, spec: Any, x: Any, axis: Any = None, keepdims: bool = False
) -> Any:
    """sum(place(0, (arange(n), i), a), 1) = a, for one place in each row"""
    placed = placed_in_zeros(rec, x)
    if placed is None or axis != 1 or len(placed[0]) != 2 or len(x.spec.shape) != 2:
        return None
    rows, values = rec.constant_of(placed[0][0]), placed[1]
    if rows is None or not np.array_equal(rows, np.arange(x.spec.shape[0])):
        return None
    return rec.broadcast_to(values, spec.shape) if values.spec.dtype == spec.dtype else None


@rule("sum")
def sum_of_rows(
    rec: Any, name: str, spec: Any, x: Any, axis: Any = None, keepdims: bool = False
) -> Any:
    """sum(x, last axis) = x @ ones, which is three times as fast"""
    shape = x.spec.shape
    last = len(shape) - 1
    if spec.dtype not in FLOATS or x.spec.dtype != spec.dtype or last < 1 or axis != last:
        return None
    if not 1 < shape[-1] <= _SHORT_SUM or rec.source(x, "transpose") is not None:
        return None
    ones = rec.dense(rec.broadcast_to(number(spec, 1.0), (shape[-1],)))
    rows = rec.reshape(x, (prod(shape[:-1]), shape[-1]))
    return rec.reshape(rec.matmul(rows, ones), spec.shape)


@rule("max", "min")
def extreme_of_columns(
    rec: Any, name: str, spec: Any, x: Any, axis: Any = None, keepdims: bool = False, **more: Any
) -> Any:
    """max(x, 1) = maximum(x[:, 0], x[:, 1], ...) for up to four columns; so for min"""
    shape = x.spec.shape
    if len(shape) != 2 or axis != 1 or not 1 < shape[1] <= _FEW_COLUMNS or more:
        return None
    columns = [rec.index(x, (slice(None), i)) for i in range(shape[1])]
    return reduce(rec.maximum if name == "max" else rec.minimum, columns)


@rule("sum", of="add")
def sum_of_squares(
    rec: Any, name: str, spec: Any, x: Any, axis: Any = None, keepdims: bool = False
) -> Any:
    """sum(a * x**2 + b * y**2) = a * (x . x) + b * (y . y) for numbers a, b >= 1"""
    terms = parts(rec, x, "add")
    if axis is not None or spec.dtype != np.float64 or terms is None:
        return None
    if not all(same(term, x.spec) and _is_square(rec, x.spec, term) for term in terms):
        return None
    return rec.add(rec.sum(terms[0]), rec.sum(terms[1]))


def _is_square(rec: Any, spec: Any, x: Any) -> bool:
    """Whether `x` is a square, or one times a number of at least 1, and so cancels nothing."""
    for by, rest in turned(parts(rec, x, "multiply")):
        a = scalar_of(rec, by, spec.dtype)
        if a is not None and a >= 1:
            return rec.source(rest, "square") is not None
    return rec.source(x, "square") is not None


@rule("matmul")
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


@rule("matmul")
def product_of_batch(rec: Any, name: str, spec: Any, a: Any, b: Any) -> Any:
    """A batch of matrices times one matrix is one product of all their rows."""
    if len(a.spec.shape) < 3 or len(b.spec.shape) != 2 or rec.source(a, "transpose") is not None:
        return None
    rows = rec.reshape(a, (prod(a.spec.shape[:-1]), a.spec.shape[-1]))
    return rec.reshape(rec.matmul(rows, b), spec.shape)


def _turned_last(rec: Any, x: Any) -> Any:
    """What `x` is the transpose of in its last two axes, or None."""
    call = rec.source(x, "transpose")
    if call is None:
        return None
    rank = len(x.spec.shape)
    swapped = (*range(rank - 2), rank - 1, rank - 2)
    return rec.at(call.args[0]) if call.args[1] == swapped else None


def _turn_last(rec: Any, x: Any) -> Any:
    rank = len(x.spec.shape)
    return rec.transpose(x, (*range(rank - 2), rank - 1, rank - 2))


@rule("matmul", of="transpose")
def vector_first(rec: Any, name: str, spec: Any, a: Any, b: Any) -> Any:
    """A' @ vector = vector @ A and vector @ A' = A @ vector"""
    if len(spec.shape) != 1 or len(a.spec.shape) + len(b.spec.shape) != 3:
        return None
    turned = _turned_last(rec, a if len(a.spec.shape) == 2 else b)
    if turned is None:
        return None
    return rec.matmul(b, turned) if len(a.spec.shape) == 2 else rec.matmul(turned, a)


@rule("transpose", of="matmul")
def transposed_product(rec: Any, name: str, spec: Any, x: Any, axes: Any) -> Any:
    """(A' @ B)' = B' @ A for batches of matrices"""
    rank = len(spec.shape)
    product = parts(rec, x, "matmul")
    if rank < 3 or product is None or axes != (*range(rank - 2), rank - 1, rank - 2):
        return None
    a, b = product
    if len(a.spec.shape) != rank or len(b.spec.shape) != rank:
        return None
    if _turned_last(rec, a) is None and _turned_last(rec, b) is None:
        return None
    return rec.matmul(_turn_last(rec, b), _turn_last(rec, a))


@rule("sum", of="matmul")
def sum_of_products(
    rec: Any, name: str, spec: Any, x: Any, axis: Any = None, keepdims: bool = False
) -> Any:
    """The sum over a batch of A' @ B is one product of all rows of A and of B."""
    product = parts(rec, x, "matmul")
    batch = len(x.spec.shape) - 2
    if product is None or batch < 1 or axis not in (tuple(range(batch)), 0 if batch == 1 else None):
        return None
    a, b = _turned_last(rec, product[0]), product[1]
    if axis is None or a is None or a.spec.shape[:-1] != b.spec.shape[:-1]:
        return None
    rows = prod(b.spec.shape[:-1])
    left = rec.reshape(a, (rows, a.spec.shape[-1]))
    right = rec.reshape(b, (rows, b.spec.shape[-1]))
    return rec.matmul(rec.transpose(left, (1, 0)), right)
