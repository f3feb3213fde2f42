"""Indexing: picking entries out of an array, and putting gradients back where they came from."""

from __future__ import annotations

import operator
from typing import Any, NamedTuple

import numpy as np

from ..dtypes import DType, as_dtype, float64
from ..errors import DTypeError, ShapeError
from ..graph import Node, Operation
from ..primitives import TABLE, Spec
from ..registry import NotDifferentiable, RegisterGradient
from ..shapes import normalize_axis
from .array import as_node, reshape
from .array.like import new_zeros

__all__ = [
    "Getitem", "IndexAdd", "OneHot", "PutAlongAxis", "TakeAlongAxis", "getitem", "one_hot", "take",
    "take_along_axis",
]  # fmt: skip


class Picked:
    """Stands in a key for the next index array among an operation's inputs."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "[...]"


PICKED = Picked()
Template = tuple[Any, ...]  # integers, slices, None, Ellipsis, and PICKED for every index array


def filled(template: Template, indices: tuple[Any, ...]) -> tuple[Any, ...]:
    """The key: the template with its arrays."""
    arrays = iter(indices)
    return tuple([next(arrays) if part is PICKED else _plain(part) for part in template])


def _plain(part: Any) -> Any:
    return slice(*part.bounds) if isinstance(part, Slice) else part


class Slice:
    """A slice that can be hashed, which Python's own can only from 3.12 on."""

    __slots__ = ("bounds",)

    def __init__(self, bounds: tuple[int | None, int | None, int | None]) -> None:
        self.bounds = bounds

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Slice) and self.bounds == other.bounds

    def __hash__(self) -> int:
        return hash(self.bounds)

    def __repr__(self) -> str:
        start, stop, step = ("" if bound is None else str(bound) for bound in self.bounds)
        return f"{start}:{stop}:{step}" if step else f"{start}:{stop}"


class Getitem(Operation):
    attributes = ("key",)
    masks = True

    key: Template

    def compute(self, xp: Any, x: Any, *indices: Any) -> Any:
        return x[filled(self.key, indices)]


@RegisterGradient("Getitem")
def _getitem_grad(op: Getitem, grad: Node) -> list[Node | None]:
    x, *indices = op.inputs
    return [IndexAdd(grad, x, *indices, key=op.key), *[None] * len(indices)]


class IndexAdd(Operation):
    """Zeros of the shape of `like`, with `values` added at a key; repeated entries add up."""

    attributes = ("key",)

    key: Template

    def infer(self, *specs: Spec) -> Spec:
        values, like, *indices = specs
        whole = Spec(like.shape, values.dtype)
        return TABLE["index_add"].rule(whole, filled(self.key, tuple(indices)), values)

    def compute(self, xp: Any, values: Any, like: Any, *indices: Any) -> Any:
        zeros = new_zeros(xp, like, values.dtype)
        return xp.index_add(zeros, filled(self.key, indices), values)


@RegisterGradient("IndexAdd")
def _index_add_grad(op: IndexAdd, grad: Node) -> list[Node | None]:
    indices = op.inputs[2:]
    return [Getitem(grad, *indices, key=op.key), None, *[None] * len(indices)]


def getitem(x: Any, key: Any, name: str | None = None) -> Node:
    """x[key] by NumPy's rules: integers, slices, None, Ellipsis, and arrays or nodes of integers.

    An array of booleans in the key must be known when the graph is built. An entry picked twice
    gets both gradients.

    Raises ShapeError for an index that is out of bounds and for too many indices, DTypeError for
    what is no index and for a node of booleans, whose result would have no known shape.
    """
    node = as_node(x)
    template, indices = key_of("getitem", node, key)
    return Getitem(node, *indices, key=template, name=name)


def key_of(caller: str, x: Node, key: Any) -> tuple[Template, list[Any]]:
    """A key as a template and its index arrays, checked against what is known of x."""
    entries = [
        entry for part in (key if isinstance(key, tuple) else (key,)) for entry in _read(part)
    ]
    template = tuple([entry.part for entry in entries])
    if template.count(Ellipsis) > 1:
        raise ShapeError(f"{caller}: an index can have only one ellipsis ('...')")
    _check_known(x, entries)
    return template, [entry.index for entry in entries if entry.part is PICKED]


class Entry(NamedTuple):
    """One place of a template, with its index array and the length of the mask it was made of."""

    part: Any
    index: Any = None
    mask_size: int | None = None


def _read(part: Any) -> list[Entry]:
    """What one part of a key is in the template: one entry, of a mask one per axis."""
    if part is None or part is Ellipsis:
        return [Entry(part)]
    if isinstance(part, slice):
        return [Entry(Slice((_bound(part.start), _bound(part.stop), _bound(part.step))))]
    if isinstance(part, Node):
        return [Entry(PICKED, _index_node(part))]
    if isinstance(part, bool | np.bool_):
        raise DTypeError("getitem: True and False are no indices", "use gf.where for a choice")
    try:
        return [Entry(operator.index(part))]
    except TypeError:
        return _read_array(part)


def _bound(bound: Any) -> int | None:
    if bound is None:
        return None
    if isinstance(bound, Node):
        raise DTypeError(
            f"getitem: a node cannot bound a slice: {bound.describe()}",
            "the size of the result would not be known; pick by an array of integers",
        )
    try:
        return operator.index(bound)
    except TypeError as error:
        raise DTypeError(f"getitem: {bound!r} cannot bound a slice") from error


def _index_node(node: Node) -> Node:
    if node.dtype.kind == "b":
        raise DTypeError(
            f"getitem: how many entries a mask picks is not known: {node.describe()}",
            "use gf.where(mask, x, 0), or a mask that is a NumPy array",
        )
    if node.dtype.kind not in "iu":
        raise DTypeError(f"getitem: an index holds integers: {node.describe()}")
    return node


def _read_array(part: Any) -> list[Entry]:
    """An array of integers as it is, a mask as the places where it is true."""
    if isinstance(part, str | bytes):
        raise DTypeError(f"getitem: {part!r} is not an index")
    try:
        array = np.asarray(part)
    except (TypeError, ValueError) as error:
        raise DTypeError(f"getitem: {part!r} is not an index: {error}") from error
    if array.size == 0 and not isinstance(part, np.ndarray):
        array = array.astype(np.intp)
    if array.dtype.kind == "b":
        pairs = zip(array.nonzero(), array.shape, strict=True)
        return [Entry(PICKED, places, size) for places, size in pairs]
    if array.dtype.kind not in "iu":
        raise DTypeError(f"getitem: an index holds integers, not {array.dtype}: {part!r}")
    return [Entry(PICKED, array)]


def _check_known(x: Node, entries: list[Entry]) -> None:
    """Masks and index arrays that are known already must fit; the rest is checked in the run."""
    used = sum(entry.part is not None and entry.part is not Ellipsis for entry in entries)
    axis = 0
    for entry in entries:
        if entry.part is Ellipsis:
            axis += len(x.shape or ()) - used
        elif entry.part is not None:
            size = x.shape[axis] if x.shape is not None and axis < len(x.shape) else None
            if entry.mask_size is not None and entry.mask_size != size:
                raise ShapeError(
                    f"getitem: a mask of size {entry.mask_size} for axis {axis} of {x.describe()}",
                    "where the size is not known, pick by integers: np.flatnonzero(mask)",
                )
            if isinstance(entry.index, np.ndarray) and isinstance(size, int) and entry.index.size:
                _check_within(entry.index, size, axis, x)
            axis += 1


def _check_within(index: np.ndarray[Any, Any], size: int, axis: int, x: Node) -> None:
    for number in (int(index.min()), int(index.max())):
        if not -size <= number < size:
            raise ShapeError(
                f"getitem: index {number} is out of bounds for axis {axis} of size {size}: "
                f"{x.describe()}"
            )


def take(x: Any, indices: Any, axis: int | None = None, name: str | None = None) -> Node:
    """The entries of x at `indices` along `axis`, or of the flattened x.

    The shape is that of x with the axis replaced by the shape of `indices`. Raises ShapeError for
    an index that is out of bounds, DTypeError for indices that are no integers.
    """
    if axis is None:
        return getitem(reshape(x, (-1,)), (indices,), name=name)
    place = operator.index(axis)
    if place >= 0:
        return getitem(x, (*[slice(None)] * place, indices), name=name)
    return getitem(x, (Ellipsis, indices, *[slice(None)] * (-place - 1)), name=name)


class TakeAlongAxis(Operation):
    attributes = ("axis",)
    masks = True

    axis: int

    def compute(self, xp: Any, x: Any, indices: Any) -> Any:
        return xp.take_along_axis(x, indices, self.axis)


@RegisterGradient("TakeAlongAxis")
def _take_along_axis_grad(op: TakeAlongAxis, grad: Node) -> list[Node | None]:
    x, indices = op.inputs
    return [PutAlongAxis(grad, x, indices, axis=op.axis), None]


class PutAlongAxis(Operation):
    """Zeros of the shape of `like`, with `values` added at `indices` along an axis."""

    attributes = ("axis",)

    axis: int

    def infer(self, *specs: Spec) -> Spec:
        values, like, _ = specs
        return Spec(like.shape, values.dtype)

    def compute(self, xp: Any, values: Any, like: Any, indices: Any) -> Any:
        zeros = new_zeros(xp, like, values.dtype)
        return xp.put_along_axis_add(zeros, indices, values, self.axis)


@RegisterGradient("PutAlongAxis")
def _put_along_axis_grad(op: PutAlongAxis, grad: Node) -> list[Node | None]:
    return [take_along_axis(grad, op.inputs[2], op.axis), None, None]


def take_along_axis(x: Any, indices: Any, axis: int = -1, name: str | None = None) -> Node:
    """x[..., indices[..., i, ...], ...]: entries picked along `axis`, the other axes side by side.

    `indices` are integers of x's rank, whose other sizes broadcast with those of x. Raises
    ShapeError when they do not, or for an index that is out of bounds (in the run).
    """
    return TakeAlongAxis(x, indices, axis=operator.index(axis), name=name)


class OneHot(Operation):
    attributes = ("depth", "to", "axis")

    depth: int
    to: DType
    axis: int

    def compute(self, xp: Any, indices: Any) -> Any:
        classes = xp.arange(self.depth, dtype=np.dtype(np.int64))
        if self.axis != -1:
            rank = len(indices.shape) + 1
            after = rank - 1 - normalize_axis(self.axis, rank)
            classes = xp.reshape(classes, (self.depth, *[1] * after))
        return xp.astype(xp.equal(xp.expand_dims(indices, self.axis), classes), self.to)


NotDifferentiable("OneHot")


def one_hot(
    indices: Any, depth: int, dtype: Any = float64, axis: int = -1, name: str | None = None
) -> Node:
    """1 at the index and 0 elsewhere, along a new axis of size `depth`; zeros for no such index.

    Raises DTypeError when the indices are no integers.
    """
    node = as_node(indices)
    if node.dtype.kind not in "iu":
        raise DTypeError(f"one_hot: indices are integers, not {node.describe()}")
    if operator.index(depth) < 0:
        raise ShapeError(f"one_hot: the depth cannot be negative ({depth})")
    attributes = {"depth": operator.index(depth), "to": as_dtype(dtype)}
    return OneHot(node, **attributes, axis=operator.index(axis), name=name)
