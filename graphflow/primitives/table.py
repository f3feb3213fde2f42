"""The table of primitives: one row per array function that an operation's `compute` may call.

Each row holds the name (NumPy's where NumPy has the function), the abstract rule that the tracer
reads, and the function that computes values. `FUNCTIONS` is the value column as a namespace: it is
the `xp` that `compute` gets when values are wanted.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from ..errors import ShapeError
from ..shapes import normalize_axes
from . import linear_algebra, rules, scipy_functions
from .rules import Rule


class Primitive(NamedTuple):
    """One array function: its name, its abstract rule, and how NumPy computes it.

    `arrays` says which positional arguments are arrays (None: all); the others are static.
    """

    name: str
    rule: Rule
    function: Callable[..., Any]
    arrays: tuple[int, ...] | None = (0,)


UFUNCS = (
    "absolute add arccos arccosh arcsin arcsinh arctan arctan2 arctanh bitwise_and bitwise_not "
    "bitwise_or bitwise_xor cbrt ceil conjugate copysign cos cosh divide equal exp exp2 expm1 "
    "float_power floor floor_divide fmax fmin fmod greater greater_equal heaviside hypot invert "
    "isfinite isinf isnan left_shift less less_equal log log10 log1p log2 logaddexp logaddexp2 "
    "logical_and logical_not logical_or logical_xor maximum minimum multiply negative nextafter "
    "not_equal positive power reciprocal remainder right_shift rint sign signbit sin sinh sqrt "
    "square subtract tan tanh trunc"
).split()


def astype(x: Any, dtype: Any) -> Any:
    """`x`, which may be a Python number, in another dtype."""
    return np.asarray(x).astype(dtype)


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`np.mean`, without its warning for the mean of nothing, which is NaN."""
    out = x.dtype if x.dtype.kind in "fc" else np.dtype(np.float64)
    wide = np.dtype(np.float32) if out == np.float16 else out
    total = np.sum(x, axis=axis, dtype=wide, keepdims=keepdims)
    axes = normalize_axes(axis, x.ndim)
    return (total / math.prod([x.shape[a] for a in axes])).astype(out, copy=False)


def einsum(subscripts: str, *arrays: Any) -> Any:
    """`np.einsum`, by matrix products where there are several operands."""
    return np.einsum(subscripts, *arrays, optimize=len(arrays) > 1)


def index(x: Any, key: tuple[Any, ...]) -> Any:
    """`x[key]`."""
    return x[key]


def index_set(x: Any, key: tuple[Any, ...], values: Any) -> Any:
    """A copy of `x` with `values` at `key`; of repeated entries the last one stays."""
    result = np.array(x)
    result[key] = values
    return result


def index_add(x: Any, key: tuple[Any, ...], values: Any) -> Any:
    """A copy of `x` with `values` added at `key`; repeated entries add up."""
    result = np.array(x)
    if any(isinstance(part, np.ndarray) for part in key):
        np.add.at(result, key, values)
    else:
        result[key] += values
    return result


def put_along_axis_add(x: Any, indices: Any, values: Any, axis: int) -> Any:
    """A copy of `x` with `values` added at `indices` along `axis`; repeated entries add up."""
    result = np.array(x)
    places = list(np.ogrid[tuple(slice(n) for n in indices.shape)])
    places[axis] = indices
    np.add.at(result, tuple(places), values)
    return result


def entry_of_class(scores: Any, labels: Any) -> Any:
    """`scores[..., labels]`, one entry of the last axis for each label; no label wraps around."""
    count = scores.shape[-1]
    wrong = (labels < 0) | (labels >= count)
    if np.any(wrong):
        label = np.asarray(labels)[wrong].flat[0]
        raise ShapeError(f"label {label} is no class: there are {count}, from 0 to {count - 1}")
    return np.take_along_axis(scores, np.expand_dims(labels, -1), -1)[..., 0]


def _entry_of_class_rule(scores: Any, labels: Any) -> Any:
    return rules.index(scores, (Ellipsis, 0))


def _generator(key: Any, stream: int) -> np.random.Generator:
    """The generator of one node in one run: counters far apart for every seed, node and step."""
    seed, step = key
    counter = np.array([0, 0, 0, step], np.uint64)
    return np.random.Generator(np.random.Philox(key=[int(seed), stream], counter=counter))


def random_normal(key: Any, stream: int, shape: tuple[int, ...], dtype: Any) -> Any:
    """Standard normal numbers, a function of the run's key and the node's stream."""
    return _generator(key, stream).standard_normal(shape, dtype)


def random_uniform(key: Any, stream: int, shape: tuple[int, ...], dtype: Any) -> Any:
    """Numbers from [0, 1), a function of the run's key and the node's stream."""
    return _generator(key, stream).random(shape, dtype)


def _random_rule(key: Any, stream: int, shape: tuple[int, ...], dtype: Any) -> Any:
    return rules.filled(shape, dtype=dtype)


def _put_along_axis_rule(x: Any, indices: Any, values: Any, axis: int) -> Any:
    rules.take_along_axis(x, indices, axis)
    return rules.like(x)


def _rows() -> list[Primitive]:
    ufuncs = [
        Primitive(name, rules.elementwise(getattr(np, name)), getattr(np, name), None)
        for name in UFUNCS
    ]
    reductions = [
        Primitive(name, rules.reduction(ufunc), getattr(np, name))
        for name, ufunc in (
            ("sum", np.add),
            ("prod", np.multiply),
            ("max", np.maximum),
            ("min", np.minimum),
            ("all", np.logical_and),
            ("any", np.logical_or),
        )
    ]
    others: list[tuple[Any, ...]] = [
        ("where", rules.where, np.where, None),
        ("astype", rules.astype, astype),
        ("mean", rules.mean, mean),
        ("cumsum", rules.running, np.cumsum),
        ("cumprod", rules.running, np.cumprod),
        ("argmax", rules.arg_reduction, np.argmax),
        ("argmin", rules.arg_reduction, np.argmin),
        ("matmul", rules.matmul, np.matmul, None),
        ("reshape", rules.reshape, np.reshape),
        ("transpose", rules.transpose, np.transpose),
        ("swapaxes", rules.swapaxes, np.swapaxes),
        ("expand_dims", rules.expand_dims, np.expand_dims),
        ("squeeze", rules.squeeze, np.squeeze),
        ("broadcast_to", rules.broadcast_to, np.broadcast_to),
        ("concatenate", rules.concatenate, np.concatenate),
        ("stack", rules.stack, np.stack),
        ("zeros_like", rules.like, np.zeros_like),
        ("ones_like", rules.like, np.ones_like),
        ("zeros", rules.filled, np.zeros, ()),
        ("ones", rules.filled, np.ones, ()),
        ("arange", rules.arange, np.arange, ()),
        ("take_along_axis", rules.take_along_axis, np.take_along_axis, (0, 1)),
        ("put_along_axis_add", _put_along_axis_rule, put_along_axis_add, (0, 1, 2)),
        ("entry_of_class", _entry_of_class_rule, entry_of_class, (0, 1)),
        ("random_normal", _random_rule, random_normal),
        ("random_uniform", _random_rule, random_uniform),
        ("index", rules.index, index),
        ("index_set", rules.index_update, index_set, (0, 2)),
        ("index_add", rules.index_update, index_add, (0, 2)),
    ]
    special = [
        *[
            Primitive(name, scipy_functions.rule(name), scipy_functions.function(name), None)
            for name in scipy_functions.ELEMENTWISE
        ],
        *[
            Primitive(
                name,
                scipy_functions.rule_with_order(name),
                scipy_functions.function_with_order(name),
            )
            for name in scipy_functions.WITH_ORDER
        ],
        Primitive("expm", scipy_functions.expm_rule, scipy_functions.expm),
    ]
    la = linear_algebra
    algebra: list[tuple[Any, ...]] = [
        ("einsum", rules.einsum, einsum, tuple(range(1, 64))),
        ("tril", la.matrix_rule, np.tril),
        ("triu", la.matrix_rule, np.triu),
        ("inv", la.square_rule, np.linalg.inv),
        ("solve", la.solve_rule, np.linalg.solve, (0, 1)),
        ("det", la.scalar_rule, np.linalg.det),
        ("sign_of_det", la.scalar_rule, la.sign_of_det),
        ("log_abs_det", la.scalar_rule, la.log_abs_det),
        ("cofactors", la.square_rule, la.cofactors),
        ("pinv", la.pinv_rule, la.pinv),
        ("cholesky", la.square_rule, np.linalg.cholesky),
        ("qr", la.qr_rule, la.qr),
        ("eigh", la.eigh_rule, la.eigh),
        ("eigvalsh", la.eigvalsh_rule, np.linalg.eigvalsh),
        ("svd", la.svd_rule, la.svd),
        ("svdvals", la.values_rule, np.linalg.svdvals),
        ("over_gaps", la.over_gaps_rule, la.over_gaps, (0, 1, 2)),
    ]
    return ufuncs + reductions + [Primitive(*row) for row in others + algebra] + special


TABLE: dict[str, Primitive] = {row.name: row for row in _rows()}
FUNCTIONS = SimpleNamespace(**{row.name: row.function for row in TABLE.values()})
FUNCTIONS.abs = np.absolute
