"""Orders: sorting, the largest few, searching in sorted arrays, counting, distinct values."""

from __future__ import annotations

import operator
from typing import Any, NamedTuple

import numpy as np

from .. import shapes
from ..errors import DTypeError, ShapeError
from ..graph import Node, Operation
from ..registry import NotDifferentiable, RegisterGradient
from .array import as_node, as_nodes, expand_dims, ravel, stack
from .elementwise import cast, equal, negative, subtract
from .indexing import getitem, take_along_axis
from .reduction import any

__all__ = [
    "Argpartition", "Argsort", "Bincount", "Flatnonzero", "Searchsorted", "UniqueCounts",
    "UniqueIndices", "UniqueInverse", "argpartition", "argsort", "argwhere", "bincount", "digitize",
    "flatnonzero", "isin", "nonzero", "partition", "searchsorted", "sort", "topk", "unique",
    "unique_all", "unique_counts", "unique_inverse", "unique_values",
]  # fmt: skip


class Argsort(Operation):
    attributes = ("axis",)

    axis: int

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.argsort(x, axis=self.axis)


NotDifferentiable("Argsort")


def _line(caller: str, a: Any, axis: int | None) -> tuple[Node, int]:
    x = as_node(a)
    return (ravel(x), 0) if axis is None else (x, operator.index(axis))


def argsort(
    a: Any, axis: int | None = -1, descending: bool = False, name: str | None = None
) -> Node:
    """The indices that sort along `axis`, or the flattened array; equal entries keep their order.

    NaN comes last. No gradient.
    """
    x, place = _line("argsort", a, axis)
    if descending:
        x = negative(x)
    return Argsort(x, axis=place, name=name)


def sort(a: Any, axis: int | None = -1, descending: bool = False, name: str | None = None) -> Node:
    """The entries along `axis`, or all of them, in ascending order, NaN last.

    The gradient goes back to where each entry came from; equal entries keep their order.
    """
    x, place = _line("sort", a, axis)
    return take_along_axis(x, argsort(x, place, descending), place, name=name)


class TopkResult(NamedTuple):
    """The largest entries and their indices."""

    values: Node
    indices: Node


def topk(x: Any, k: int, axis: int = -1, largest: bool = True) -> TopkResult:
    """The k largest (or smallest) entries along `axis`, in order, and their indices.

    Raises ShapeError where there are not so many.
    """
    node = as_node(x)
    if node.shape is None:
        raise ShapeError(f"topk: the rank must be known: {node.describe()}")
    place = shapes.normalize_axis(axis, len(node.shape))
    count, size = operator.index(k), node.shape[place]
    if count < 0 or (isinstance(size, int) and count > size):
        raise ShapeError(f"topk: not {k} entries along axis {axis}: {node.describe()}")
    order = argsort(node, place, descending=largest)
    indices = order[(*[slice(None)] * place, slice(0, count))]
    return TopkResult(take_along_axis(node, indices, place), indices)


class Argpartition(Operation):
    attributes = ("kth", "axis")

    kth: tuple[int, ...]
    axis: int

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.argpartition(x, kth=self.kth, axis=self.axis)


NotDifferentiable("Argpartition")


def argpartition(a: Any, kth: Any, axis: int | None = -1, name: str | None = None) -> Node:
    """The indices by which the kth entries stand where sorting puts them, smaller ones before."""
    x, place = _line("argpartition", a, axis)
    places = shapes.as_axis(kth)
    wanted = places if isinstance(places, tuple) else (operator.index(kth),)
    return Argpartition(x, kth=wanted, axis=place, name=name)


def partition(a: Any, kth: Any, axis: int | None = -1, name: str | None = None) -> Node:
    """The entries with the kth ones where sorting puts them, smaller ones before, in some order."""
    x, place = _line("partition", a, axis)
    return take_along_axis(x, argpartition(x, kth, place), place, name=name)


class Searchsorted(Operation):
    attributes = ("side",)

    side: str

    def compute(self, xp: Any, a: Any, v: Any) -> Any:
        return xp.searchsorted(a, v, self.side)


NotDifferentiable("Searchsorted")


def searchsorted(a: Any, v: Any, side: str = "left", name: str | None = None) -> Node:
    """Where the values v would be put in the ascending vector a: before equal ones, or after them
    with side "right". No gradient.
    """
    if side not in ("left", "right"):
        raise ShapeError(f"searchsorted: the side is 'left' or 'right', not {side!r}")
    return Searchsorted(a, v, side=side, name=name)


def digitize(x: Any, bins: Any, right: bool = False, name: str | None = None) -> Node:
    """The number of the bin that each value falls in. No gradient.

    Bins rise, or fall where they are no node. Raises ShapeError for those that do neither.
    """
    side = "left" if right else "right"
    edges = None if isinstance(bins, Node) else np.asarray(bins)
    if edges is None or np.all(edges[1:] >= edges[:-1]):
        return searchsorted(bins, x, side=side, name=name)
    if np.any(edges[1:] > edges[:-1]):
        raise ShapeError("digitize: bins rise or fall, these do neither")
    return subtract(len(edges), searchsorted(edges[::-1], x, side=side), name=name)


class Bincount(Operation):
    attributes = ("length",)

    length: int

    def compute(self, xp: Any, x: Any, weights: Any) -> Any:
        return xp.bincount(x, weights, self.length)


@RegisterGradient("Bincount")
def _bincount_grad(op: Node, grad: Node) -> list[Node | None]:
    x, _ = op.inputs
    return [None, getitem(grad, x)]


def bincount(x: Any, weights: Any = None, minlength: int = 0, *, name: str | None = None) -> Node:
    """How often 0, 1, ... stand in a vector of integers, or the sums of their weights.

    The result has the length `minlength`, which must be given and be above all entries, unlike
    NumPy's: a run raises ShapeError otherwise. Differentiable by the weights.
    """
    node, each = as_nodes(x, np.ones((), np.int64) if weights is None else weights)
    if weights is not None and each.dtype.kind != "f":
        each = cast(each, np.float64)
    length = operator.index(minlength)
    if node.dtype.kind not in "iub":
        raise DTypeError(f"bincount: counts integers: {node.describe()}")
    if length < 1:
        raise ShapeError("bincount: the length of the result must be known", "give minlength=")
    return Bincount(node, each, length=length, name=name)


# ---- distinct values --------------------------------------------------------------------------


class UniqueIndices(Operation):
    """Where, in the flattened array, each distinct value stands first."""

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.unique_indices(x)


NotDifferentiable("UniqueIndices")


class UniqueInverse(Operation):
    """For each element, its number among the distinct values."""

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.unique_inverse(x)


NotDifferentiable("UniqueInverse")


class UniqueCounts(Operation):
    """How often each distinct value stands in the array."""

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.unique_counts(x)


NotDifferentiable("UniqueCounts")


def unique(
    ar: Any, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False
) -> Any:
    """The distinct values of an array in ascending order, and what else is asked for, as a tuple.

    How many there are is known only in a run. The gradient goes to the first of equal entries.
    """
    x = as_node(ar)
    indices = UniqueIndices(x)
    found = [getitem(ravel(x), indices)]
    if return_index:
        found.append(indices)
    if return_inverse:
        found.append(UniqueInverse(x))
    if return_counts:
        found.append(UniqueCounts(x))
    return found[0] if len(found) == 1 else tuple(found)


def unique_values(x: Any) -> Node:
    """The distinct values in ascending order."""
    values: Node = unique(x)
    return values


class UniqueAllResult(NamedTuple):
    """What is known of the distinct values."""

    values: Node
    indices: Node
    inverse_indices: Node
    counts: Node


def unique_all(x: Any) -> UniqueAllResult:
    """The distinct values, where they stand first, the number of each element, and the counts."""
    return UniqueAllResult(*unique(x, True, True, True))


class UniqueCountsResult(NamedTuple):
    """Distinct values and how often they stand."""

    values: Node
    counts: Node


def unique_counts(x: Any) -> UniqueCountsResult:
    """The distinct values and how often they stand."""
    return UniqueCountsResult(*unique(x, return_counts=True))


class UniqueInverseResult(NamedTuple):
    """Distinct values and the number of each element among them."""

    values: Node
    inverse_indices: Node


def unique_inverse(x: Any) -> UniqueInverseResult:
    """The distinct values and, for each element, its number among them."""
    return UniqueInverseResult(*unique(x, return_inverse=True))


class Flatnonzero(Operation):
    """Where, in the flattened array, entries are not 0."""

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.flatnonzero(x)


NotDifferentiable("Flatnonzero")


def flatnonzero(a: Any, name: str | None = None) -> Node:
    """The indices, in the flattened array, of what is not 0; how many is known in a run."""
    return Flatnonzero(a, name=name)


def nonzero(a: Any) -> tuple[Node, ...]:
    """The indices of what is not 0, an array per axis; sizes must be known, but for the first."""
    x = as_node(a)
    if x.shape is None or not all(isinstance(size, int) for size in x.shape[1:]):
        raise ShapeError(f"nonzero: sizes must be known: {x.describe()}")
    rest = flatnonzero(x)
    found = []
    for size in x.shape[:0:-1]:
        found.append(rest % size)
        rest = rest // size
    return (rest, *found[::-1])


def argwhere(a: Any) -> Node:
    """The indices of what is not 0, in rows; otherwise as `nonzero`."""
    return stack(nonzero(a), axis=-1)


def isin(element: Any, test_elements: Any, name: str | None = None) -> Node:
    """Whether each element is among the others. No gradient. Takes the memory of all pairs."""
    x, others = as_nodes(element, test_elements)
    return any(equal(expand_dims(x, -1), ravel(others)), axis=-1, name=name)
