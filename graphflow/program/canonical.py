"""One form for each call: what several primitives mean is recorded as the same few.

A rule is called like its primitive, after the recorder and the spec of the result, and returns the
value in simpler form, or None to record the call as it is. Shapes are known.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from ..primitives.table import UFUNCS
from ..shapes import broadcast, normalize_axes, normalize_axis

CANONICAL: dict[str, Callable[..., Any]] = {}


def _form(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        CANONICAL.update(dict.fromkeys(names, function))
        return function

    return add


def _call(rec: Any, name: str, *args: Any, **options: Any) -> Any:
    return getattr(rec, name)(*args, **options)


def _shape(x: Any) -> tuple[int, ...]:
    """The shape of a value or a Python number."""
    spec = getattr(x, "spec", None)
    return () if spec is None else spec.shape


@_form(*UFUNCS)
def elementwise(rec: Any, name: str, spec: Any, *operands: Any) -> Any:
    """f(broadcast(x), y) = f(x, y) where y fills the shape; broadcast(f(x)) where all repeat."""
    sources = [rec.source(x, "broadcast_to") for x in operands]
    if not any(sources):
        return None
    found = list(operands)
    for i, call in enumerate(sources):
        if call is not None:
            found[i] = rec.at(call.args[0])
    small = broadcast(*[_shape(x) for x in found])
    result = _call(rec, name, *found)
    return result if small == spec.shape else _call(rec, "broadcast_to", result, spec.shape)


@_form("positive")
def positive(rec: Any, name: str, spec: Any, x: Any) -> Any:
    """+x = x"""
    return x if getattr(x, "spec", None) == spec else None


@_form("astype")
def astype(rec: Any, name: str, spec: Any, x: Any, dtype: Any) -> Any:
    """A cast to its own dtype is x."""
    return x if getattr(x, "spec", None) == spec else None


@_form("broadcast_to")
def broadcast_to(rec: Any, name: str, spec: Any, x: Any, shape: Any) -> Any:
    """x, if it has that shape; one repetition for two."""
    if getattr(x, "spec", None) == spec:
        return x
    inner = rec.source(x, "broadcast_to")
    return None if inner is None else _call(rec, "broadcast_to", rec.at(inner.args[0]), spec.shape)


@_form("expand_dims", "squeeze")
def resized(rec: Any, name: str, spec: Any, x: Any, *args: Any, **options: Any) -> Any:
    """Axes of size 1 come and go by a reshape."""
    return _call(rec, "reshape", rec.strong(x), spec.shape)


@_form("reshape")
def reshape(rec: Any, name: str, spec: Any, x: Any, shape: Any) -> Any:
    """x, if it has that shape; one reshape for two; a repeated scalar is repeated otherwise."""
    x = rec.strong(x)
    if x.spec.shape == spec.shape:
        return x
    repeated = rec.source(x, "broadcast_to")
    if repeated is not None and rec.at(repeated.args[0]).spec.shape == ():
        return rec.broadcast_to(rec.at(repeated.args[0]), spec.shape)
    inner = rec.source(x, "reshape")
    if inner is not None:
        return _call(rec, "reshape", rec.at(inner.args[0]), spec.shape)
    return None if shape == spec.shape else _call(rec, "reshape", x, spec.shape)


@_form("swapaxes")
def swapaxes(rec: Any, name: str, spec: Any, x: Any, axis1: int, axis2: int) -> Any:
    """A transpose."""
    order = list(range(len(spec.shape)))
    i, j = normalize_axis(axis1, len(order)), normalize_axis(axis2, len(order))
    order[i], order[j] = order[j], order[i]
    return _call(rec, "transpose", x, tuple(order))


@_form("transpose")
def transpose(rec: Any, name: str, spec: Any, x: Any, axes: Any = None) -> Any:
    """x, if no axis moves; one transpose for two."""
    rank = len(spec.shape)
    order = tuple(range(rank)[::-1] if axes is None else [normalize_axis(a, rank) for a in axes])
    if order == tuple(range(rank)):
        return rec.strong(x)
    inner = rec.source(x, "transpose")
    if inner is not None:
        merged = tuple([inner.args[1][a] for a in order])
        return _call(rec, "transpose", rec.at(inner.args[0]), merged)
    return None if axes == order else _call(rec, "transpose", x, order)


@_form("sum", "prod", "max", "min", "all", "any")
def reduction(
    rec: Any,
    name: str,
    spec: Any,
    x: Any,
    axis: Any = None,
    keepdims: bool = False,
    initial: Any = None,
) -> Any:
    """Reduced axes are left out, and put back by a reshape; axes in order, None for all."""
    x = rec.strong(x)
    shape = x.spec.shape
    axes = normalize_axes(axis, len(shape))
    if x.spec.dtype == spec.dtype and all(shape[a] == 1 for a in axes) and initial is None:
        return _call(rec, "reshape", x, spec.shape)
    whole = len(axes) == len(shape)
    plain = None if whole else axes[0] if len(axes) == 1 else tuple(sorted(axes))
    if plain == axis and type(plain) is type(axis) and not keepdims:
        return None
    options = {} if initial is None else {"initial": initial}
    kept = _call(rec, name, x, axis=plain, **options)
    return _call(rec, "reshape", kept, spec.shape) if keepdims else kept


@_form("mean")
def mean(rec: Any, name: str, spec: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """sum(x) / n"""
    x = rec.strong(x)
    if spec.dtype == np.float16:
        return None
    counted = prod([x.spec.shape[a] for a in normalize_axes(axis, len(x.spec.shape))])
    wide = x if x.spec.dtype == spec.dtype else _call(rec, "astype", x, spec.dtype)
    return _call(rec, "divide", _call(rec, "sum", wide, axis=axis, keepdims=keepdims), counted)


@_form("where")
def where(rec: Any, name: str, spec: Any, condition: Any, x: Any, y: Any) -> Any:
    """where(True, x, y) = x"""
    if condition is True and getattr(x, "spec", None) == spec:
        return x
    return None


@_form("real", "conjugate")
def real(rec: Any, name: str, spec: Any, x: Any) -> Any:
    """x, if it is real."""
    if getattr(x, "spec", None) == spec and spec.dtype.kind != "c":
        return x
    return elementwise(rec, name, spec, x)
