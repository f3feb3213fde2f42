"""Equations of products and quotients: numbers in them come together, reciprocals are divisors.

Numbers are moved only where they are neither tiny nor huge, so that no product overflows that did
not, but for operands within a factor 2**32 of the largest number.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .logistic import is_sigmoid
from .table import FLOATS, is_number, number, parts, rule, same, scalar_of, turned

_FAR = 2.0**32  # numbers from its reciprocal to it are moved
_BOUNDED = ("tanh", "sin", "cos", "arctan", "sign")
_GROWING = ("exp", "square", "absolute", "cosh", "sqrt")  # of values that are at least 0


class _Scaled(NamedTuple):
    """A value as a number times another value of its shape and dtype."""

    by: float
    value: Any


def _scaled(rec: Any, spec: Any, x: Any) -> _Scaled:
    """`x` without the number that it is a multiple of, which is 1 if there is none."""
    if not same(x, spec) or spec.dtype not in FLOATS:
        return _Scaled(1.0, x)
    minus = parts(rec, x, "negative")
    if minus is not None:
        return _Scaled(-1.0, minus[0])
    for p, u in turned(parts(rec, x, "multiply")):
        a = scalar_of(rec, p, spec.dtype)
        if a is not None and same(u, spec) and is_movable(a):
            return _Scaled(a, u)
    return _Scaled(1.0, x)


def is_movable(a: float) -> bool:
    """Whether a number may go to another place among factors."""
    return 1 / _FAR <= abs(a) <= _FAR


def _times(rec: Any, spec: Any, by: float, x: Any) -> Any:
    return x if by == 1 else rec.multiply(number(spec, by), x)


@rule("multiply", of="constant")
def constants_together(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """a * (b * x) = (a * b) * x for numbers a, b; so for -x as -1 * x"""
    for p, rest in ((x, y), (y, x)):
        a = scalar_of(rec, p, spec.dtype)
        if a is None or not same(rest, spec):
            continue
        by, inner = _scaled(rec, spec, rest)
        if by != 1 and is_movable(a * by):
            return _times(rec, spec, a * by, inner)
    return None


@rule("multiply", of="constant")
def constant_of_product(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """a * ((b * x) * y) = (a * b) * (x * y); so for quotients, and a * (b / y) = (a * b) / y"""
    for p, rest in ((x, y), (y, x)):
        a = scalar_of(rec, p, spec.dtype)
        if a is not None and is_movable(a) and same(rest, spec):
            found = _into_product(rec, spec, a, rest)
            if found is not None:
                return found
    return None


@rule("negative", of="multiply divide negative")
def negative_product(rec: Any, name: str, spec: Any, x: Any) -> Any:
    """-(a * x) = (-a) * x for a number a; so within products and quotients"""
    by, inner = _scaled(rec, spec, x)
    if by != 1:
        return _times(rec, spec, -by, inner)
    return _into_product(rec, spec, -1.0, x)


def _into_product(rec: Any, spec: Any, a: float, product: Any) -> Any:
    """a * product by one call less, if there is a number in the product or quotient."""
    for of in ("multiply", "divide"):
        inner = parts(rec, product, of)
        if inner is not None:
            return _merged(rec, of, spec, a, *inner)
    return None


def _merged(rec: Any, name: str, spec: Any, a: float, x: Any, y: Any) -> Any:
    """a * (x * y) or a * (x / y), where x or y has a number to which a can go; else None."""
    u, v = _scaled(rec, spec, x), _scaled(rec, spec, y)
    if u.by == v.by == 1:
        b = scalar_of(rec, x, spec.dtype) if name == "divide" else None
        return None if b is None or not is_movable(a * b) else rec.divide(number(spec, a * b), y)
    by = a * u.by * (v.by if name == "multiply" else 1 / v.by)
    if not is_movable(by):
        return None
    return _times(rec, spec, by, getattr(rec, name)(u.value, v.value))


@rule("multiply", "divide", of="multiply negative")
def multiples(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """(a * x) * (b * y) = (a * b) * (x * y) and (a * x) / (b * y) = (a / b) * (x / y)"""
    u, v = _scaled(rec, spec, x), _scaled(rec, spec, y)
    by = u.by * (v.by if name == "multiply" else 1 / v.by)
    if 1 in (u.by, v.by) or not is_movable(by):
        return None
    return _times(rec, spec, by, getattr(rec, name)(u.value, v.value))


@rule("divide", of="constant")
def number_by_multiple(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """a / (b * y) = (a / b) / y"""
    a, v = scalar_of(rec, x, spec.dtype), _scaled(rec, spec, y)
    if a is None or v.by == 1 or not is_movable(a / v.by):
        return None
    return rec.divide(number(spec, a / v.by), v.value)


@rule("multiply", of="divide")
def quotient_times_multiple(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """(a / x) * (b * y) = (a * b / x) * y"""
    for quotient, multiple in ((x, y), (y, x)):
        inner, v = parts(rec, quotient, "divide"), _scaled(rec, spec, multiple)
        if inner is None or v.by == 1 or quotient.spec.dtype != spec.dtype:
            continue
        a = scalar_of(rec, inner[0], spec.dtype)
        if a is not None and is_movable(a * v.by):
            return rec.multiply(rec.divide(number(spec, a * v.by), inner[1]), v.value)
    return None


@rule("divide", of="constant")
def by_number(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """x / a = x * (1 / a) for a power of two a, and for x a multiple of a number"""
    a = scalar_of(rec, y, spec.dtype)
    if a is None or not same(x, spec) or not a or not is_movable(a):
        return None
    exact = abs(np.frexp(a)[0]) == 0.5
    return _times(rec, spec, 1 / a, x) if exact or _scaled(rec, spec, x).by != 1 else None


@rule("reciprocal")
def reciprocal(rec: Any, name: str, spec: Any, x: Any) -> Any:
    """reciprocal(x) = 1 / x for floats, which NumPy computes faster"""
    return rec.divide(number(spec, 1.0), x) if spec.dtype in FLOATS else None


@rule("multiply", of="divide square")
def times_reciprocal(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """x * (1 / y) = x / y and x * (1 / y)**2 = x / y / y"""
    if not same(x, spec) or not same(y, spec):
        return None
    for a, b in ((x, y), (y, x)):
        inverse = _inverted(rec, spec, b)
        if inverse is not None:
            return rec.divide(a, inverse)
        square = parts(rec, b, "square")
        inverse = None if square is None else _inverted(rec, spec, square[0])
        if inverse is not None:
            return rec.divide(rec.divide(a, inverse), inverse)
    return None


def _inverted(rec: Any, spec: Any, x: Any) -> Any:
    """What `x` is the reciprocal of, if that has shape and dtype of `spec`; else None."""
    quotient = parts(rec, x, "divide")
    is_inverse = quotient is not None and is_number(rec, quotient[0], 1)
    return quotient[1] if quotient is not None and is_inverse and same(quotient[1], spec) else None


@rule("add")
def doubled(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """x + x = 2 * x"""
    alike = getattr(x, "value", None) == getattr(y, "value", -2) and same(x, spec)
    return rec.multiply(number(spec, 2), x) if alike and spec.dtype.kind == "f" else None


@rule("add", "subtract", of="multiply negative")
def factored(rec: Any, name: str, spec: Any, x: Any, y: Any) -> Any:
    """a * x + a * y = a * (x + y), signs likewise, where no sum overflows first: for |a| >= 1, or
    if x or y is at most 1"""
    u, v = _scaled(rec, spec, x), _scaled(rec, spec, y)
    if 1 in (u.by, v.by) or abs(u.by) != abs(v.by):
        return None
    if abs(u.by) < 1 and not (_is_bounded(rec, u.value) or _is_bounded(rec, v.value)):
        return None
    joined = rec.add if (u.by == v.by) == (name == "add") else rec.subtract
    return rec.multiply(number(spec, u.by), joined(u.value, v.value))


def _is_bounded(rec: Any, x: Any) -> bool:
    """Whether the call that computes `x` gives values of at most 1 or so: then x + y rounds to y
    where y is as large as can be."""
    return is_sigmoid(rec, x) or any(rec.source(x, name) is not None for name in _BOUNDED)
