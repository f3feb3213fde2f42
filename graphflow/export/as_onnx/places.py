"""The rows of primitives on places: entries that indices pick, and the order of entries.

What a key picks is found by picking from the numbers of all places; to change entries is then one
ScatterElements on the elements in a row, whatever the key is made of.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...primitives import Spec
from ...shapes import normalize_axis
from ..counts import count_of
from . import tensors
from .keys import box, picked, whole
from .model import BOOL, INT, Tensor, UnsupportedError, broadcast
from .tensors import (
    expand, flat, full, gather_along, numbers, pad, reshape, scattered, squeeze,
    unsqueeze, where,
)  # fmt: skip

PLACES: dict[str, Callable[..., Tensor]] = {}


def _row(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    PLACES[function.__name__] = function
    return function


@_row
def index(spec: Spec, x: Tensor, key: tuple[Any, ...]) -> Tensor:
    """x[key]."""
    return picked(x, key)


def _chosen(x: Tensor, key: tuple[Any, ...]) -> Tensor:
    """The numbers of the places that a key picks, among the elements in a row."""
    return picked(reshape(numbers(x.model, count_of(x.shape)), x.shape), key)


@_row
def index_add(spec: Spec, x: Tensor, key: tuple[Any, ...], values: Tensor) -> Tensor:
    """x with values added at a key; to zeros at neighbouring places, as of a slice, by a Pad."""
    ends = box(key, x.shape) if x.number in x.model.zeros else None
    if ends is None:
        return _updated("add")(spec, x, key, values)
    inner = [stop - start for start, stop in ends]
    left = iter(inner)
    sizes = [1 if part is None else next(left) for part in whole(key, x.rank)]
    shape = [n for n, part in zip(sizes, whole(key, x.rank), strict=True) if type(part) is not int]
    given = reshape(expand(x.model.cast(values, x.dtype), tuple(shape)), tuple(inner))
    return pad(given, [(a, n - b) for (a, b), n in zip(ends, x.shape, strict=True)])


def _updated(reduction: str) -> Callable[..., Tensor]:
    """x combined with values at a key, one after the other."""

    def made(spec: Spec, x: Tensor, key: tuple[Any, ...], values: Tensor) -> Tensor:
        places = _chosen(x, key)
        given = flat(expand(x.model.cast(values, x.dtype), places.shape))
        return reshape(scattered(flat(x), flat(places), given, 0, reduction), x.shape)

    return made


PLACES |= {
    "index_multiply": _updated("mul"),
    "index_maximum": _updated("max"),
    "index_minimum": _updated("min"),
}


def _owners(x: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
    """For every element of x 1 + the number of the last pick of it, or 0; and the numbers."""
    picks = numbers(x.model, count_of(places.shape)) + 1
    none = full(x.model, (count_of(x.shape),), 0, INT)
    return scattered(none, flat(places), picks, 0, "max"), picks


@_row
def index_set(spec: Spec, x: Tensor, key: tuple[Any, ...], values: Tensor) -> Tensor:
    """x with values at a key; of repeated entries the last one stays, which ONNX leaves open."""
    places = _chosen(x, key)
    given = flat(expand(x.model.cast(values, x.dtype), places.shape))
    if 0 in places.shape:
        return x
    if not any(isinstance(part, Tensor) for part in key):
        return reshape(scattered(flat(x), flat(places), given, 0), x.shape)
    owner, _ = _owners(x, places)
    none = owner.equals(0)
    taken = tensors.gather(given, where(none, 0, owner - 1), 0)
    return reshape(where(none, flat(x), taken), x.shape)


@_row
def last_writer(spec: Spec, x: Tensor, key: tuple[Any, ...]) -> Tensor:
    """Whether an entry that a key picks is the last one to pick its place."""
    places = _chosen(x, key)
    owner, picks = _owners(x, places)
    return reshape(tensors.gather(owner, flat(places), 0).equals(picks), places.shape)


@_row
def take_along_axis(spec: Spec, x: Tensor, indices: Tensor, axis: int) -> Tensor:
    """Entries picked along an axis; the other axes broadcast."""
    place = normalize_axis(axis, x.rank)
    around = broadcast(_without(x, place), _without(indices, place))
    whole = expand(x, (*around[:place], x.shape[place], *around[place:][1:]))
    chosen = expand(indices, (*around[:place], indices.shape[place], *around[place:][1:]))
    return gather_along(whole, x.model.cast(chosen, INT), place)


def _without(x: Tensor, place: int) -> tuple[Any, ...]:
    """The shape with an axis taken for 1."""
    return (*x.shape[:place], 1, *x.shape[place + 1 :])


@_row
def put_along_axis_add(spec: Spec, x: Tensor, indices: Tensor, values: Tensor, axis: int) -> Tensor:
    """x with values added at indices along an axis; repeated entries add up."""
    model = x.model
    given = expand(model.cast(values, x.dtype), indices.shape)
    place = normalize_axis(axis, x.rank)
    return scattered(x, model.cast(indices, INT), given, place, "add")


def _no_wrap(indices: Tensor, count: Any) -> Tensor:
    """Indices of which a negative one is out of bounds, which ends a run, and does not wrap."""
    wide = indices.model.cast(indices, INT)
    return where(wide < 0, indices.model.scalar(count), wide)


@_row
def entry_of_class(spec: Spec, scores: Tensor, labels: Tensor) -> Tensor:
    """scores[..., labels], one entry of the last axis for each label."""
    last = scores.rank - 1
    chosen = unsqueeze(_no_wrap(labels, scores.shape[last]), [last])
    return squeeze(gather_along(scores, chosen, last), [last])


@_row
def bincount(spec: Spec, x: Tensor, weights: Tensor, length: int) -> Tensor:
    """Sums of weights by number, from 0 to below `length`."""
    none = full(x.model, (length,), 0, spec.dtype)
    given = expand(x.model.cast(weights, spec.dtype), x.shape)
    return scattered(none, _no_wrap(x, length), given, 0, "add")


@_row
def argsort(spec: Spec, x: Tensor, axis: int) -> Tensor:
    """The order along an axis in which equal entries keep theirs."""
    place = normalize_axis(axis, x.rank)
    model = x.model
    wide = model.kernel("TopK", model.kernel("Where", x.dtype) if x.dtype == BOOL else x.dtype)
    inputs = [model.cast(x, wide), model.shape([x.shape[place]])]
    return model.node("TopK", inputs, INT, x.shape, place=1, axis=place, largest=0)


@_row
def argpartition(spec: Spec, x: Tensor, axis: int, kth: tuple[int, ...] = ()) -> Tensor:
    """An order with the entries `kth` in their places: the sorted one."""
    return argsort(spec, x, axis)


@_row
def searchsorted(spec: Spec, a: Tensor, v: Tensor, side: str) -> Tensor:
    """How many entries of a are less than each value, or not greater."""
    model = a.model
    common = np.result_type(a.dtype, v.dtype)
    entries, value = model.cast(a, common), unsqueeze(model.cast(v, common), [v.rank])
    before = entries < value if side == "left" else entries <= value
    return tensors.total(model.cast(before, INT), [v.rank])


@_row
def convolve(spec: Spec, a: Tensor, v: Tensor, mode: str) -> Tensor:
    """Every window of the longer vector times the other one, reversed."""
    model = a.model
    a, v = model.cast(a, spec.dtype), model.cast(v, spec.dtype)
    m, n = a.shape[0], v.shape[0]
    if not isinstance(m, int) or not isinstance(n, int):
        raise UnsupportedError("the vectors have no fixed sizes")
    if n > m:
        a, v, m, n = v, a, n, m
    if mode == "full":
        a = pad(a, [(n - 1, n - 1)])
        m += 2 * (n - 1)
    windows = np.arange(m - n + 1)[:, None] + np.arange(n)
    return tensors.matmul(
        tensors.gather(a, model.constant(windows, INT), 0),
        tensors.gather(v, model.constant(np.arange(n)[::-1].copy(), INT), 0),
    )


@_row
def unique_inverse(spec: Spec, x: Tensor) -> Tensor:
    """The number of each element among the distinct values, in order."""
    model = x.model
    line = flat(x)
    wide = model.kernel("Unique", x.dtype)
    found = model.node("Unique", [model.cast(line, wide)], INT, line.shape, place=2, sorted=1)
    return reshape(found, x.shape)
