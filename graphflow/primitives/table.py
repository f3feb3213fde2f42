"""The table of primitives: one row per array function that an operation's `compute` may call.

Each row holds the name (NumPy's where NumPy has the function), the abstract rule that the tracer
reads, and the function that computes values. `FUNCTIONS` is the value column as a namespace: it is
the `xp` that `compute` gets when values are wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from . import (
    convolutions,
    functions,
    index_rules,
    linear_algebra,
    pooling,
    rules,
    scipy_functions,
    spectral,
    windows,
)
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


def _entry_of_class_rule(scores: Any, labels: Any) -> Any:
    return index_rules.index(scores, (Ellipsis, 0))


def _random_rule(key: Any, stream: int, shape: tuple[int, ...], dtype: Any) -> Any:
    return rules.filled(shape, dtype=dtype)


def _random_gamma_rule(key: Any, a: Any, stream: int) -> Any:
    return rules.like(a)


def _put_along_axis_rule(x: Any, indices: Any, values: Any, axis: int) -> Any:
    index_rules.take_along_axis(x, indices, axis)
    return rules.like(x)


# The rows by subject: name, rule, function, and which positional arguments are arrays if not only
# the first.
_ARRAYS: list[tuple[Any, ...]] = [
    ("where", rules.where, np.where, None),
    ("masked", rules.masked, functions.masked, None),
    ("astype", rules.astype, functions.astype),
    ("mean", rules.mean, functions.mean),
    ("cumsum", rules.running, np.cumsum),
    ("cumprod", rules.running, np.cumprod),
    ("argmax", rules.arg_reduction, np.argmax),
    ("argmin", rules.arg_reduction, np.argmin),
    ("matmul", rules.matmul, np.matmul, None),
    ("reshape", rules.reshape, np.reshape),
    ("reshape_like", rules.shaped_like, functions.reshape_like, (0, 1)),
    ("sum_like", rules.shaped_like, functions.sum_like, (0, 1)),
    ("transpose", rules.transpose, np.transpose),
    ("swapaxes", rules.swapaxes, np.swapaxes),
    ("expand_dims", rules.expand_dims, np.expand_dims),
    ("squeeze", rules.squeeze, np.squeeze),
    ("broadcast_to", rules.broadcast_to, np.broadcast_to),
    ("concatenate", rules.concatenate, np.concatenate),
    ("stack", rules.stack, np.stack),
    ("pad_zeros", rules.pad_zeros, functions.pad_zeros),
    ("contiguous", rules.like, functions.contiguous),
    ("log1p_square", rules.like, functions.log1p_square),
    ("hypot_of", rules.like, functions.hypot_of),
    ("real", rules.real_part, np.real),
    ("imag", rules.real_part, np.imag),
    ("angle", rules.angle, np.angle),
    ("zeros_like", rules.like, np.zeros_like),
    ("ones_like", rules.like, np.ones_like),
    ("zeros", rules.filled, np.zeros, ()),
    ("ones", rules.filled, np.ones, ()),
    ("arange", rules.arange, np.arange, ()),
]
_PLACES: list[tuple[Any, ...]] = [
    ("take_along_axis", index_rules.take_along_axis, np.take_along_axis, (0, 1)),
    ("put_along_axis_add", _put_along_axis_rule, functions.put_along_axis_add, (0, 1, 2)),
    ("entry_of_class", _entry_of_class_rule, functions.entry_of_class, (0, 1)),
    ("index", index_rules.index, functions.index),
    ("last_writer", index_rules.index_mask, functions.last_writer),
    ("index_multiply", index_rules.index_update, partial(functions.index_at, "multiply"), (0, 2)),
    ("index_maximum", index_rules.index_update, partial(functions.index_at, "maximum"), (0, 2)),
    ("index_minimum", index_rules.index_update, partial(functions.index_at, "minimum"), (0, 2)),
    ("argsort", index_rules.order, functions.argsort),
    ("argpartition", index_rules.order, np.argpartition),
    ("searchsorted", index_rules.searchsorted, np.searchsorted, (0, 1)),
    ("bincount", index_rules.bincount, functions.bincount, (0, 1)),
    ("convolve", index_rules.convolve, functions.convolve, (0, 1)),
    ("unique_indices", index_rules.some_indices, functions.unique_indices),
    ("unique_counts", index_rules.some_indices, functions.unique_counts),
    ("flatnonzero", index_rules.some_indices, np.flatnonzero),
    ("unique_inverse", index_rules.all_indices, functions.unique_inverse),
    ("index_set", index_rules.index_update, functions.index_set, (0, 2)),
    ("index_add", index_rules.index_update, functions.index_add, (0, 2)),
]
_DRAWS: list[tuple[Any, ...]] = [
    ("random_normal", _random_rule, functions.random_normal),
    ("random_uniform", _random_rule, functions.random_uniform),
    ("random_gamma", _random_gamma_rule, functions.random_gamma, (0, 1)),
    ("gamma_slope", scipy_functions.gamma_slope_rule, scipy_functions.gamma_slope, (0, 1)),
]
_FOURIER: list[tuple[Any, ...]] = [
    ("fft", spectral.fft_rule, spectral.fft),
    ("rfft", spectral.rfft_rule, spectral.rfft),
    ("irfft", spectral.irfft_rule, spectral.irfft),
]
_cv, _la, _po, _wi = convolutions, linear_algebra, pooling, windows
_WINDOWS: list[tuple[Any, ...]] = [
    ("conv", _cv.conv_rule, _cv.conv, (0, 1)),
    ("conv_input", _cv.conv_input_rule, _cv.conv_input, (0, 1, 2)),
    ("conv_kernel", _cv.conv_kernel_rule, _cv.conv_kernel, (0, 1, 2)),
    ("windows", _wi.windows_rule, _wi.windows),
    ("overlap_add", _wi.overlap_add_rule, _wi.overlap_add),
    ("max_pool", _po.pool_rule, _po.max_pool),
    ("to_largest", _po.to_largest_rule, _po.to_largest, (0, 1, 2)),
    ("of_largest", _po.of_largest_rule, _po.of_largest, (0, 1, 2)),
    ("shares", _po.shares_rule, _po.shares, (0, 1, 2)),
    ("sum_pool", _po.pool_rule, _po.sum_pool),
    ("spread", _po.spread_rule, _po.spread, (0, 1)),
]
_ALGEBRA: list[tuple[Any, ...]] = [
    ("einsum", rules.einsum, functions.einsum, tuple(range(1, 64))),
    ("tril", _la.matrix_rule, np.tril),
    ("triu", _la.matrix_rule, np.triu),
    ("inv", _la.square_rule, np.linalg.inv),
    ("solve", _la.solve_rule, np.linalg.solve, (0, 1)),
    ("det", _la.scalar_rule, np.linalg.det),
    ("sign_of_det", _la.scalar_rule, _la.sign_of_det),
    ("log_abs_det", _la.size_rule, _la.log_abs_det),
    ("cofactors", _la.real_square_rule, _la.cofactors),
    ("pinv", _la.pinv_rule, _la.pinv),
    ("cholesky", _la.square_rule, np.linalg.cholesky),
    ("qr", _la.qr_rule, _la.qr),
    ("eigh", _la.eigh_rule, _la.eigh),
    ("eigvalsh", _la.eigvalsh_rule, _la.eigvalsh),
    ("svd", _la.svd_rule, _la.svd),
    ("eig", _la.eig_rule, _la.eig),
    ("svdvals", _la.values_rule, np.linalg.svdvals),
    ("over_gaps", _la.over_gaps_rule, _la.over_gaps, (0, 1, 2)),
    ("expm", scipy_functions.expm_rule, scipy_functions.expm),
]
_REDUCTIONS: dict[str, np.ufunc] = {
    "sum": np.add,
    "prod": np.multiply,
    "max": np.maximum,
    "min": np.minimum,
    "all": np.logical_and,
    "any": np.logical_or,
}


def _rows() -> Iterator[Primitive]:
    for name in UFUNCS:
        yield Primitive(name, rules.elementwise(getattr(np, name)), getattr(np, name), None)
    for name, ufunc in _REDUCTIONS.items():
        yield Primitive(name, rules.reduction(ufunc), getattr(np, name))
    for row in [*_ARRAYS, *_PLACES, *_DRAWS, *_FOURIER, *_WINDOWS, *_ALGEBRA]:
        yield Primitive(*row)
    by = scipy_functions
    for name in by.ELEMENTWISE:
        yield Primitive(name, by.rule(name), partial(by.by_scipy, name), None)
    for name in by.WITH_ORDER:
        yield Primitive(name, by.rule_with_order(name), partial(by.by_scipy_with_order, name))


TABLE: dict[str, Primitive] = {row.name: row for row in _rows()}
FUNCTIONS = SimpleNamespace(**{row.name: row.function for row in TABLE.values()})
FUNCTIONS.abs = np.absolute
