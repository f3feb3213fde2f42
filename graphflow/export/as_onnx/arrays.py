"""The rows of primitives on whole arrays: choices, reductions, products, shapes, new arrays.

A row is called as its primitive, after the Spec of the result, with tensors for arrays.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...primitives import Spec
from ...shapes import normalize_axes, normalize_axis
from ..counts import count_of
from . import tensors
from .accurate import is_negative
from .model import BOOL, INT, Tensor, UnsupportedError
from .tensors import concat, expand, full, is_nan, pad, reduced, reshape, unsqueeze

ARRAYS: dict[str, Callable[..., Tensor]] = {}


def _row(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    ARRAYS[function.__name__.removesuffix("_")] = function
    return function


def _cast(x: Tensor, spec: Spec) -> Tensor:
    return x.model.cast(x, spec.dtype)


@_row
def where(spec: Spec, condition: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """x where the condition is true, else y."""
    found = tensors.where(_true(condition), _cast(x, spec), _cast(y, spec))
    return expand(found, spec.shape)  # type: ignore[arg-type]


@_row
def masked(spec: Spec, x: Tensor, mask: Tensor) -> Tensor:
    """x, and 0 where the mask is not true."""
    return tensors.where(_true(mask), x, x.model.constant(0, x.dtype))


@_row
def astype(spec: Spec, x: Tensor, dtype: Any) -> Tensor:
    """x in another dtype."""
    return ~x.equals(0) if spec.dtype == BOOL and x.dtype != BOOL else _cast(x, spec)


def _true(x: Tensor) -> Tensor:
    return x if x.dtype == BOOL else ~x.equals(0)


# ---- reductions -------------------------------------------------------------------------------


def _axes(x: Tensor, axis: Any) -> tuple[int, ...]:
    return normalize_axes(axis, x.rank)


@_row
def sum_(
    spec: Spec, x: Tensor, axis: Any = None, keepdims: bool = False, initial: Any = None
) -> Tensor:
    """The sum over axes."""
    found = reduced(_cast(x, spec), "ReduceSum", _axes(x, axis), keepdims)
    return found if not initial else found + initial


@_row
def prod(
    spec: Spec, x: Tensor, axis: Any = None, keepdims: bool = False, initial: Any = None
) -> Tensor:
    """The product over axes."""
    found = reduced(_cast(x, spec), "ReduceProd", _axes(x, axis), keepdims)
    return found if initial is None else found * initial


def _extreme(operator: str, pair: str) -> Callable[..., Tensor]:
    """The extreme over axes; NaN where one is, which onnxruntime's reductions lose."""

    def made(
        spec: Spec, x: Tensor, axis: Any = None, keepdims: bool = False, initial: Any = None
    ) -> Tensor:
        axes = _axes(x, axis)
        if initial is not None and not axes:
            return x.model.call(pair, x, initial)
        if initial is not None:  # as a further entry along the first of them
            sizes = [1 if i == axes[0] else n for i, n in enumerate(x.shape)]
            first = full(x.model, tuple(sizes), initial, x.dtype)
            x = concat([first, x], axes[0])
        found = reduced(x, operator, axes, keepdims)
        if x.dtype.kind != "f" or not axes:
            return found
        spoiled = x.model.node(
            "ReduceMax",
            [is_nan(x), x.model.constant(list(axes), INT)],
            BOOL,
            found.shape,
            keepdims=int(keepdims),
        )
        return tensors.where(spoiled, math.nan, found)

    return made


ARRAYS["max"] = _extreme("ReduceMax", "Max")
ARRAYS["min"] = _extreme("ReduceMin", "Min")


def _truth(operator: str) -> Callable[..., Tensor]:
    def made(
        spec: Spec, x: Tensor, axis: Any = None, keepdims: bool = False, initial: Any = None
    ) -> Tensor:
        axes = _axes(x, axis)
        if 0 in [x.shape[a] for a in axes]:
            return full(x.model, spec.shape, operator == "ReduceMin", BOOL)  # type: ignore[arg-type]
        return reduced(_true(x), operator, axes, keepdims)

    return made


ARRAYS["all"] = _truth("ReduceMin")
ARRAYS["any"] = _truth("ReduceMax")


@_row
def mean(spec: Spec, x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The sum by the number of entries."""
    wide = np.dtype(np.float32) if spec.dtype == np.float16 else spec.dtype
    axes = _axes(x, axis)
    found = reduced(x.model.cast(x, wide), "ReduceSum", axes, keepdims)
    count = x.model.scalar(count_of([x.shape[a] for a in axes]))
    return x.model.cast(found / x.model.cast(count, wide), spec.dtype)


def _arg(operator: str) -> Callable[..., Tensor]:
    def made(spec: Spec, x: Tensor, axis: int | None = None, keepdims: bool = False) -> Tensor:
        model = x.model
        line = tensors.flat(x) if axis is None else x
        place = 0 if axis is None else normalize_axis(axis, x.rank)
        wide = model.kernel(operator, x.dtype)
        shape = tuple([n for i, n in enumerate(line.shape) if i != place])
        found = model.node(operator, [model.cast(line, wide)], INT, shape, axis=place, keepdims=0)
        return reshape(found, spec.shape)  # type: ignore[arg-type]

    return made


ARRAYS["argmax"] = _arg("ArgMax")
ARRAYS["argmin"] = _arg("ArgMin")


@_row
def cumsum(spec: Spec, x: Tensor, axis: int) -> Tensor:
    """Running sums."""
    model = x.model
    wide = model.kernel("CumSum", spec.dtype)
    place = model.constant(normalize_axis(axis, x.rank), INT)
    found = model.node("CumSum", [model.cast(x, wide), place], wide, x.shape)
    return model.cast(found, spec.dtype)


@_row
def cumprod(spec: Spec, x: Tensor, axis: int) -> Tensor:
    """Running products: of 1, 2, 4, 8 ... entries."""
    place = normalize_axis(axis, x.rank)
    size = x.shape[place]
    if not isinstance(size, int):
        raise UnsupportedError("ONNX has no running product, and the axis has no fixed size")
    found = _cast(x, spec)
    step = 1
    while step < size:
        ones = [step if i == place else n for i, n in enumerate(x.shape)]
        first = full(x.model, tuple(ones), 1, spec.dtype)
        found = found * concat([first, tensors.cut(found, place, 0, size - step)], place)
        step *= 2
    return found


# ---- products ---------------------------------------------------------------------------------


@_row
def matmul(spec: Spec, a: Tensor, b: Tensor) -> Tensor:
    """The matrix product."""
    if spec.dtype == BOOL:
        wide = [x.model.cast(x, np.dtype(np.int32)) for x in (a, b)]
        return ~tensors.matmul(*wide).equals(0)
    return tensors.matmul(_cast(a, spec), _cast(b, spec))


@_row
def einsum(spec: Spec, subscripts: str, *operands: Tensor) -> Tensor:
    """A sum of products; a letter's axes of size 1 are repeated."""
    model = operands[0].model
    terms = subscripts.partition("->")[0].split(",")
    sizes: dict[str, Any] = {}
    for term, x in zip(terms, operands, strict=True):
        for letter, size in zip(term, x.shape, strict=True):
            sizes[letter] = size if sizes.get(letter, 1) == 1 else sizes[letter]
    wide = model.kernel("Einsum", spec.dtype)
    spread = [
        model.cast(expand(x, tuple([sizes[letter] for letter in term])), wide)
        for term, x in zip(terms, operands, strict=True)
    ]
    found = model.node("Einsum", spread, wide, spec.shape, equation=subscripts)  # type: ignore[arg-type]
    return model.cast(found, spec.dtype)


def _triangle(upper: int) -> Callable[..., Tensor]:
    def made(spec: Spec, x: Tensor, k: int = 0) -> Tensor:
        model = x.model
        wide = model.kernel("Trilu", x.dtype)
        inputs = [model.cast(x, wide), model.constant(k, INT)]
        return _cast(model.node("Trilu", inputs, wide, x.shape, upper=upper), spec)

    return made


ARRAYS["tril"] = _triangle(0)
ARRAYS["triu"] = _triangle(1)


@_row
def det(spec: Spec, x: Tensor) -> Tensor:
    """The determinant, in float32."""
    x.model.kernel("Det", spec.dtype)
    return x.model.node("Det", [x], spec.dtype, x.shape[:-2])


# ---- shapes -----------------------------------------------------------------------------------


def _reshaped(spec: Spec, x: Tensor, *args: Any, **options: Any) -> Tensor:
    """The elements in the shape of the result."""
    return reshape(x, spec.shape)  # type: ignore[arg-type]


ARRAYS |= dict.fromkeys(("reshape", "expand_dims", "squeeze"), _reshaped)


@_row
def transpose(spec: Spec, x: Tensor, axes: Sequence[int] | None = None) -> Tensor:
    """Axes in another order."""
    order = range(x.rank)[::-1] if axes is None else [a % x.rank for a in axes]
    return tensors.transpose(x, list(order))


@_row
def swapaxes(spec: Spec, x: Tensor, axis1: int, axis2: int) -> Tensor:
    """Two axes exchanged."""
    order = list(range(x.rank))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return tensors.transpose(x, order)


@_row
def broadcast_to(spec: Spec, x: Tensor, shape: Any) -> Tensor:
    """x repeated to fill a shape."""
    return expand(x, spec.shape)  # type: ignore[arg-type]


@_row
def concatenate(spec: Spec, arrays: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Arrays joined along an axis."""
    return concat([_cast(x, spec) for x in arrays], normalize_axis(axis, arrays[0].rank))


@_row
def stack(spec: Spec, arrays: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Arrays joined along a new axis."""
    place = normalize_axis(axis, arrays[0].rank + 1)
    return concat([unsqueeze(_cast(x, spec), [place]) for x in arrays], place)


@_row
def pad_zeros(spec: Spec, x: Tensor, widths: Any) -> Tensor:
    """x with zeros around it."""
    return pad(x, widths)


# ---- parts and new arrays ---------------------------------------------------------------------

ARRAYS |= dict.fromkeys(("contiguous", "real"), lambda spec, x: x)


@_row
def imag(spec: Spec, x: Tensor) -> Tensor:
    """0, of a real number."""
    return full(x.model, x.shape, 0, spec.dtype)


@_row
def angle(spec: Spec, x: Tensor) -> Tensor:
    """0 or pi, by the sign of a real number."""
    wide = _cast(x, spec)
    return tensors.where(is_nan(wide), wide, tensors.where(is_negative(wide), math.pi, wide * 0))


def _filled(value: int) -> Callable[..., Tensor]:
    def made(spec: Spec, like: Tensor) -> Tensor:
        return full(like.model, spec.shape, value, spec.dtype)  # type: ignore[arg-type]

    return made


ARRAYS["zeros_like"] = _filled(0)
ARRAYS["ones_like"] = _filled(1)
