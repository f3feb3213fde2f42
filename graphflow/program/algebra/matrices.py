"""Equations of sums and products of matrices."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .table import FLOATS, number, parts, rule, same, scalar_of, turned

_SHORT_SUM = 4096  # up to so many products a float32 sum may run in one pass


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
