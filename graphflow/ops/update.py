"""Arrays with some entries changed: `x.at[key].set(values)` and its kin make a new array."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DTypeError, ShapeError
from ..graph import Node, Operation
from ..registry import NotDifferentiable, RegisterGradient
from ..shapes import normalize_axis
from .array import as_node, as_nodes, ones_like, sum_to, zeros_like
from .elementwise import cast, divide, equal, where
from .indexing import Getitem, IndexAdd, Template, filled, key_of, take

__all__ = [
    "IndexMaximum", "IndexMinimum", "IndexMultiply", "IndexSet", "LastWriter", "gather", "index_at",
    "put_along_axis", "scatter",
]  # fmt: skip


class IndexSet(Operation):
    """x with values at a key; of repeated entries the last one stays."""

    attributes = ("key",)
    masks = True

    key: Template

    def compute(self, xp: Any, x: Any, values: Any, *indices: Any) -> Any:
        return xp.index_set(x, filled(self.key, indices), values)


@RegisterGradient("IndexSet")
def _index_set_grad(op: IndexSet, grad: Node) -> list[Node | None]:
    _, values, *indices = op.inputs
    by_x = IndexSet(grad, zeros_like(values), *indices, key=op.key)
    by_values: Node = Getitem(grad, *indices, key=op.key)
    if indices:
        by_values = where(LastWriter(grad, *indices, key=op.key), by_values, 0)
    return [by_x, sum_to(by_values, values), *[None] * len(indices)]


class LastWriter(Operation):
    """For every entry that a key picks, whether it is the last to pick its place."""

    attributes = ("key",)

    key: Template

    def compute(self, xp: Any, x: Any, *indices: Any) -> Any:
        return xp.last_writer(x, filled(self.key, indices))


NotDifferentiable("LastWriter")


class IndexMultiply(Operation):
    """x with values multiplied in at a key, repeated entries all."""

    attributes = ("key",)

    key: Template

    def compute(self, xp: Any, x: Any, values: Any, *indices: Any) -> Any:
        return xp.index_multiply(x, filled(self.key, indices), values)


@RegisterGradient("IndexMultiply")
def _index_multiply_grad(op: IndexMultiply, grad: Node) -> list[Node | None]:
    """By a value: x times the other values of its place, which are no quotient where one is 0."""
    x, values, *indices = op.inputs
    by_x = IndexMultiply(grad, values, *indices, key=op.key)
    there = Getitem(grad * x, *indices, key=op.key)
    if not indices:
        return [by_x, sum_to(there, values)]
    is_zero = equal(values, 0)
    factors = IndexMultiply(ones_like(x), where(is_zero, 1, values), *indices, key=op.key)
    zeros = IndexAdd(cast(is_zero, x.dtype), x, *indices, key=op.key)
    factor, count = (Getitem(n, *indices, key=op.key) for n in (factors, zeros))
    others = where(
        is_zero,
        where(equal(count, 1), factor, 0),
        where(equal(count, 0), divide(factor, where(is_zero, 1, values)), 0),
    )
    return [by_x, sum_to(there * others, values), *[None] * len(indices)]


class IndexMaximum(Operation):
    """x with the larger of its entries and the values at a key."""

    attributes = ("key",)
    masks = True

    key: Template

    def compute(self, xp: Any, x: Any, values: Any, *indices: Any) -> Any:
        return xp.index_maximum(x, filled(self.key, indices), values)


@RegisterGradient("IndexMaximum")
def _index_maximum_grad(op: IndexMaximum, grad: Node) -> list[Node | None]:
    return _to_ties(op, op.key, grad)


def _to_ties(op: Node, key: Template, grad: Node) -> list[Node | None]:
    """The gradient in equal shares to all that are the extreme of their place."""
    x, values, *indices = op.inputs
    own = equal(x, op)
    given = equal(values, Getitem(op, *indices, key=key))
    ties = cast(own, grad.dtype) + IndexAdd(cast(given, grad.dtype), grad, *indices, key=key)
    share = grad / where(equal(ties, 0), 1, ties)
    by_values = where(given, Getitem(share, *indices, key=key), 0)
    return [where(own, share, 0), sum_to(by_values, values), *[None] * len(indices)]


class IndexMinimum(Operation):
    """x with the smaller of its entries and the values at a key."""

    attributes = ("key",)
    masks = True

    key: Template

    def compute(self, xp: Any, x: Any, values: Any, *indices: Any) -> Any:
        return xp.index_minimum(x, filled(self.key, indices), values)


@RegisterGradient("IndexMinimum")
def _index_minimum_grad(op: IndexMinimum, grad: Node) -> list[Node | None]:
    return _to_ties(op, op.key, grad)


class Place:
    """The entries of a node that a key picks, to be changed in a copy: `x.at[key]`."""

    __slots__ = ("_indices", "_key", "_x")

    def __init__(self, x: Node, key: Any) -> None:
        self._x = x
        self._key, self._indices = key_of("at", x, key)

    def _changed(self, op: type[Operation], values: Any, name: str | None) -> Node:
        x = self._x
        given = as_node(values, [x])
        if given.dtype != x.dtype:
            if not np.can_cast(given.dtype, x.dtype, "same_kind"):
                raise DTypeError(
                    f"at: {given.dtype} does not cast safely to {x.describe()}",
                    "cast the array first: x.astype(...)",
                )
            given = cast(given, x.dtype)
        return op(x, given, *self._indices, key=self._key, name=name)

    def set(self, values: Any, name: str | None = None) -> Node:
        """The values there; where an entry is picked twice, the last value stays."""
        return self._changed(IndexSet, values, name)

    def add(self, values: Any) -> Node:
        """The values added there; where an entry is picked twice, both are."""
        x = self._x
        given = as_node(values, [x])
        if not np.can_cast(given.dtype, x.dtype, "same_kind"):
            raise DTypeError(f"at: {given.dtype} does not cast safely to {x.describe()}")
        there = IndexAdd(cast(given, x.dtype), x, *self._indices, key=self._key)
        total: Node = x + there
        return total

    def subtract(self, values: Any) -> Node:
        """The values subtracted there, as by `add`."""
        return self.add(-as_node(values, [self._x]))

    def multiply(self, values: Any, name: str | None = None) -> Node:
        """The values multiplied in; where an entry is picked twice, both are."""
        return self._changed(IndexMultiply, values, name)

    def divide(self, values: Any) -> Node:
        """Divided there by the values, as by `multiply`."""
        return self.multiply(1 / as_node(values, [self._x]))

    def max(self, values: Any, name: str | None = None) -> Node:
        """The larger of entry and values. Ties share the gradient equally."""
        return self._changed(IndexMaximum, values, name)

    def min(self, values: Any, name: str | None = None) -> Node:
        """The smaller of entry and values. Ties share the gradient equally."""
        return self._changed(IndexMinimum, values, name)

    def get(self) -> Node:
        """x[key]."""
        return Getitem(self._x, *self._indices, key=self._key)


class At:
    """`x.at`, to be indexed."""

    __slots__ = ("_x",)

    def __init__(self, x: Node) -> None:
        self._x = x

    def __getitem__(self, key: Any) -> Place:
        return Place(self._x, key)


def index_at(x: Any) -> At:
    """`x.at`: `index_at(x)[key].set(values)` is a copy of x with values at the key.

    Beside `set` there are add, subtract, multiply, divide, max, min and get. Keys are those of
    x[key]; values broadcast to its shape and are cast to x's dtype where `same_kind` allows.
    """
    return At(as_node(x))


def put_along_axis(
    arr: Any, indices: Any, values: Any, axis: int = -1, name: str | None = None
) -> Node:
    """A copy of the array with values put at `indices` along `axis`; NumPy's changes the array.

    The shape of `indices` must be known. Of repeated indices the last value stays.
    """
    x, at = as_nodes(arr, indices)
    sizes = [size for size in at.shape or () if isinstance(size, int)]
    if at.shape is None or len(sizes) != len(at.shape) or x.shape is None:
        raise ShapeError(f"put_along_axis: the sizes must be known: {at.describe()}")
    if len(sizes) != len(x.shape):
        raise ShapeError(f"put_along_axis: ranks differ ({len(sizes)} != {len(x.shape)})")
    key: list[Any] = list(np.ogrid[tuple([slice(size) for size in sizes])])
    key[normalize_axis(axis, len(sizes))] = at
    return index_at(x)[tuple(key)].set(values, name=name)


def gather(params: Any, indices: Any, axis: int = 0, name: str | None = None) -> Node:
    """The slices of `params` at `indices` along `axis`: TensorFlow's name for `take`."""
    return take(params, indices, axis, name=name)


def scatter(indices: Any, updates: Any, shape: Any) -> Node:
    """Zeros of `shape` with `updates` added at `indices` of the first axis."""
    new = as_node(updates)
    zeros, at = as_node(np.zeros(shape, new.dtype), [new]), as_node(indices, [new])
    return index_at(zeros)[at].add(new)
