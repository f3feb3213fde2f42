"""Elements in other places: flips, rolls, splits, repeats, differences, diagonals, outer products.

They have no class and no rule of their own: shape, dtype and gradient are those of what they build.
Where a size decides what to build it must be known.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from ... import shapes
from ...errors import DTypeError, ShapeError
from ...graph import Node
from ...shapes import Axis
from ..array import (
    Pad,
    as_node,
    as_nodes,
    broadcast_to,
    concatenate,
    expand_dims,
    ravel,
    reshape,
    swapaxes,
    transpose,
    zeros_like,
)
from ..elementwise import multiply, subtract, where
from ..indexing import getitem
from ..reduction import sum
from .known import along, rank_of, size_of, sizes_of

__all__ = [
    "array_split", "broadcast_arrays", "delete", "diag", "diagflat", "diagonal", "diff", "ediff1d",
    "flip", "fliplr", "flipud", "meshgrid", "moveaxis", "outer", "repeat", "roll", "rollaxis",
    "rot90", "split", "tile", "trace", "unstack",
]  # fmt: skip


def flip(m: Any, axis: Axis = None, name: str | None = None) -> Node:
    """The elements in reverse order along `axis` (an int, a tuple, or None for all)."""
    x = as_node(m)
    axes = shapes.normalize_axes(shapes.as_axis(axis), rank_of("flip", x))
    key = [slice(None, None, -1) if i in axes else slice(None) for i in range(rank_of("flip", x))]
    return getitem(x, tuple(key), name=name)


def flipud(m: Any, name: str | None = None) -> Node:
    """The rows in reverse order: `flip` along axis 0."""
    return flip(m, 0, name=name)


def fliplr(m: Any, name: str | None = None) -> Node:
    """The columns in reverse order: `flip` along axis 1."""
    return flip(m, 1, name=name)


def roll(a: Any, shift: Any, axis: Axis = None, name: str | None = None) -> Node:
    """The elements moved by `shift` places along `axis`; what leaves one end enters the other.

    With axis None the array is rolled as if it had one axis, and keeps its shape. `shift` and
    `axis` may be tuples of one length, or one of them a single number.
    """
    x = as_node(a)
    moved = shapes.as_axis(axis)
    if moved is None:
        return reshape(_rolled(ravel(x), operator.index(shift), 0), sizes_of("roll", x), name=name)
    axes = moved if isinstance(moved, tuple) else (moved,)
    steps = shapes.as_axis(shift)
    shifts = steps if isinstance(steps, tuple) else (operator.index(shift),) * len(axes)
    if len(shifts) != len(axes):
        axes = axes * len(shifts) if len(axes) == 1 else axes
    if len(shifts) != len(axes):
        raise ShapeError(f"roll: {len(shifts)} shifts for {len(axes)} axes")
    for place, step in zip(axes, shifts, strict=True):
        x = _rolled(x, step, shapes.normalize_axis(place, rank_of("roll", x)))
    return x


def _rolled(x: Node, shift: int, axis: int) -> Node:
    size = size_of("roll", x, axis)
    cut = -shift % size if size else 0
    if not cut:
        return x
    parts = [along(x, axis, slice(cut, None)), along(x, axis, slice(None, cut))]
    return concatenate(parts, axis)


def moveaxis(a: Any, source: Any, destination: Any, name: str | None = None) -> Node:
    """The axes `source` moved to the places `destination`; the others keep their order."""
    x = as_node(a)
    rank = rank_of("moveaxis", x)
    origins, places = (_axes(given, rank) for given in (source, destination))
    if len(origins) != len(places):
        raise ShapeError(f"moveaxis: {len(origins)} axes for {len(places)} places")
    order = [axis for axis in range(rank) if axis not in origins]
    for place, origin in sorted(zip(places, origins, strict=True)):
        order.insert(place, origin)
    return transpose(x, tuple(order), name=name)


def _axes(given: Any, rank: int) -> list[int]:
    axes = shapes.as_axis(given)
    found = [shapes.normalize_axis(a, rank) for a in (axes if isinstance(axes, tuple) else (axes,))]
    if len(set(found)) != len(found):
        raise ShapeError(f"moveaxis: {given} names an axis twice")
    return found


def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Node]:
    """The parts of an array along `axis`: so many equal ones, or cut at the given indices.

    Raises ShapeError where equal parts are not possible, and for a size that is not known.
    """
    x = as_node(ary)
    place = shapes.normalize_axis(axis, rank_of("split", x))
    if isinstance(indices_or_sections, Sequence):
        return _cut(x, [operator.index(i) for i in indices_or_sections], place)
    count = _sections(indices_or_sections)
    if size_of("split", x, place) % count:
        raise ShapeError(
            f"split: size {size_of('split', x, place)} has no {count} equal parts: {x.describe()}",
            "use array_split for parts that differ by one",
        )
    return array_split(x, count, place)


def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Node]:
    """As `split`, with the first parts one longer where equal ones are not possible."""
    x = as_node(ary)
    place = shapes.normalize_axis(axis, rank_of("array_split", x))
    if isinstance(indices_or_sections, Sequence):
        return _cut(x, [operator.index(i) for i in indices_or_sections], place)
    count = _sections(indices_or_sections)
    each, more = divmod(size_of("array_split", x, place), count)
    lengths = [each + 1] * more + [each] * (count - more)
    return _cut(x, list(accumulate(lengths))[:-1], place)


def _sections(given: Any) -> int:
    try:
        count = operator.index(given)
    except TypeError as error:
        raise DTypeError(f"split: {given!r} is no number of parts and no list of cuts") from error
    if count < 1:
        raise ShapeError(f"split: the number of parts must be positive, not {count}")
    return count


def _cut(x: Node, cuts: list[int], axis: int) -> list[Node]:
    edges = [None, *cuts, None]
    return [along(x, axis, slice(edges[i], edges[i + 1])) for i in range(len(edges) - 1)]


def tile(A: Any, reps: Any, name: str | None = None) -> Node:
    """The array repeated `reps` times along every axis; all sizes must be known."""
    x = as_node(A)
    times = shapes.as_axis(reps)
    counts = times if isinstance(times, tuple) else (operator.index(reps),)
    sizes = sizes_of("tile", x)
    rank = max(len(counts), len(sizes))
    counts = (1,) * (rank - len(counts)) + counts
    sizes = (1,) * (rank - len(sizes)) + sizes
    pairs = list(zip(counts, sizes, strict=True))
    apart = reshape(x, tuple([n for _, size in pairs for n in (1, size)]))
    repeated = broadcast_to(apart, tuple([n for pair in pairs for n in pair]))
    return reshape(repeated, tuple([count * size for count, size in pairs]), name=name)


def diff(a: Any, n: int = 1, axis: int = -1, name: str | None = None) -> Node:
    """The differences of neighbours along `axis`, taken n times."""
    x = as_node(a)
    place = shapes.normalize_axis(axis, rank_of("diff", x))
    if operator.index(n) < 0:
        raise ShapeError(f"diff: n cannot be negative ({n})")
    for _ in range(operator.index(n)):
        after, before = (along(x, place, part) for part in (slice(1, None), slice(None, -1)))
        x = subtract(after, before, name=name)
    return x


def outer(a: Any, b: Any, name: str | None = None) -> Node:
    """The products of every element of a with every one of b, as a matrix."""
    x, y = map(ravel, as_nodes(a, b))
    return multiply(expand_dims(x, 1), y, name=name)


def diagonal(
    a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, name: str | None = None
) -> Node:
    """The entries a[i, i + offset] of two axes, as the last axis of the result."""
    x = moveaxis(a, (axis1, axis2), (-2, -1))
    rows, columns = (size_of("diagonal", x, axis) for axis in (-2, -1))
    first = range(max(0, -offset), max(0, -offset, min(rows, columns - offset)))
    key = (Ellipsis, list(first), [i + offset for i in first])
    return getitem(x, key, name=name)


def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, name: str | None = None) -> Node:
    """The sum of the diagonal of two axes."""
    return sum(diagonal(a, offset, axis1, axis2), axis=-1, name=name)


def repeat(a: Any, repeats: Any, axis: int | None = None, name: str | None = None) -> Node:
    """Every element `repeats` times along `axis`, or of the flattened array.

    `repeats` is a number, or one per entry of the axis, whose size must be known. Raises ShapeError
    where their counts differ or one is negative.
    """
    x = as_node(a)
    if axis is None:
        return repeat(ravel(x), repeats, 0, name=name)
    place = shapes.normalize_axis(axis, rank_of("repeat", x))
    size = size_of("repeat", x, place)
    times = np.asarray(repeats)
    if times.dtype.kind not in "iu" or times.ndim > 1 or np.any(times < 0):
        raise ShapeError(f"repeat: how often is a number from 0 on, or one per entry: {repeats!r}")
    if times.ndim and times.size not in (1, size):
        raise ShapeError(f"repeat: {times.size} numbers for size {size}: {x.describe()}")
    return along(x, place, np.repeat(np.arange(size), times), name=name)


def rot90(m: Any, k: int = 1, axes: Any = (0, 1), name: str | None = None) -> Node:
    """The plane of two axes turned by k quarters, from the first axis towards the second."""
    x = as_node(m)
    first, second = (shapes.normalize_axis(a, rank_of("rot90", x)) for a in axes)
    if first == second:
        raise ShapeError(f"rot90: two different axes, not {axes}")
    turns = operator.index(k) % 4
    if turns == 2:
        return flip(x, (first, second), name=name)
    if turns == 0:
        return along(x, 0, Ellipsis, name=name)
    if turns == 1:
        return swapaxes(flip(x, second), first, second, name=name)
    return flip(swapaxes(x, first, second), second, name=name)


def rollaxis(a: Any, axis: int, start: int = 0, name: str | None = None) -> Node:
    """The axis moved back until it lies before the place `start`."""
    x = as_node(a)
    rank = rank_of("rollaxis", x)
    place = shapes.normalize_axis(axis, rank)
    to = start + rank if start < 0 else start
    if not 0 <= to <= rank:
        raise ShapeError(f"rollaxis: no place {start} among {rank} axes")
    return moveaxis(x, place, to - (place < to), name=name)


def delete(arr: Any, obj: Any, axis: int | None = None, name: str | None = None) -> Node:
    """The array without the entries `obj` (integers, a slice, a mask) along `axis`."""
    x = as_node(arr)
    if axis is None:
        return delete(ravel(x), obj, 0, name=name)
    place = shapes.normalize_axis(axis, rank_of("delete", x))
    try:
        kept = np.delete(np.arange(size_of("delete", x, place)), obj)
    except (IndexError, ValueError) as error:
        raise ShapeError(f"delete: {error}: {x.describe()}") from error
    return along(x, place, kept, name=name)


def ediff1d(ary: Any, name: str | None = None) -> Node:
    """The differences of neighbours in the flattened array."""
    return diff(ravel(as_node(ary)), name=name)


def unstack(x: Any, axis: int = 0) -> list[Node]:
    """The parts of an array along an axis, which they lack; its size must be known."""
    node = as_node(x)
    place = shapes.normalize_axis(axis, rank_of("unstack", node))
    return [along(node, place, i) for i in range(size_of("unstack", node, place))]


def broadcast_arrays(*arrays: Any) -> list[Node]:
    """The arrays, all of their common shape, which must be known."""
    nodes = as_nodes(*arrays)
    shape = shapes.broadcast(*[x.shape for x in nodes])
    return [broadcast_to(x, shape) for x in nodes]


def meshgrid(*xi: Any, indexing: str = "xy") -> list[Node]:
    """Vectors as coordinates of a grid: with indexing "ij" in the order of the axes, with "xy" the
    first two exchanged.
    """
    if indexing not in ("xy", "ij"):
        raise ShapeError(f"meshgrid: indexing is 'xy' or 'ij', not {indexing!r}")
    nodes = [ravel(x) for x in as_nodes(*xi)]
    order = list(range(len(nodes)))
    if indexing == "xy" and len(nodes) > 1:
        order[:2] = [1, 0]
    wide = [
        expand_dims(x, tuple([a for a in range(len(nodes)) if a != place])) if len(nodes) > 1 else x
        for x, place in zip(nodes, order, strict=True)
    ]
    return broadcast_arrays(*wide)


def diag(v: Any, k: int = 0, name: str | None = None) -> Node:
    """The k-th diagonal of a matrix, or the matrix with a vector on its k-th diagonal."""
    x = as_node(v)
    if rank_of("diag", x) == 2:
        return diagonal(x, k, name=name)
    if rank_of("diag", x) != 1:
        raise ShapeError(f"diag: a vector or a matrix: {x.describe()}")
    offset = operator.index(k)
    count = size_of("diag", x, 0)
    above, left = (offset, 0) if offset > 0 else (0, -offset)
    spread = where(np.eye(count, dtype=bool), expand_dims(x, 1), zeros_like(x[:1]))
    return Pad(spread, widths=((left, above), (above, left)), name=name)


def diagflat(v: Any, k: int = 0, name: str | None = None) -> Node:
    """The matrix with the elements of v on its k-th diagonal."""
    return diag(ravel(as_node(v)), k, name=name)
