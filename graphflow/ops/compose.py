"""Functions made of other operations: flips, rolls, splits, tiles, differences, outer products.

They have no class and no rule of their own: shape, dtype and gradient are those of what they build.
Where a size decides what to build it must be known.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from .. import shapes
from ..errors import DTypeError, ShapeError
from ..graph import Node
from ..shapes import Axis
from .array import as_node, broadcast_to, concatenate, expand_dims, ravel, reshape, transpose
from .elementwise import multiply, subtract
from .indexing import getitem
from .reduction import sum

__all__ = [
    "array_split", "diagonal", "diff", "flip", "fliplr", "flipud", "moveaxis", "outer", "roll",
    "split", "tile", "trace",
]  # fmt: skip


def _rank(caller: str, x: Node) -> int:
    if x.shape is None:
        raise ShapeError(f"{caller}: the rank must be known: {x.describe()}")
    return len(x.shape)


def _size(caller: str, x: Node, axis: int) -> int:
    size = x.shape[axis] if x.shape is not None else None
    if not isinstance(size, int):
        raise ShapeError(f"{caller}: the size of axis {axis} must be known: {x.describe()}")
    return size


def _along(x: Node, axis: int, part: Any, name: str | None = None) -> Node:
    return getitem(x, (*[slice(None)] * axis, part), name=name)


def flip(m: Any, axis: Axis = None, name: str | None = None) -> Node:
    """The elements in reverse order along `axis` (an int, a tuple, or None for all)."""
    x = as_node(m)
    axes = shapes.normalize_axes(shapes.as_axis(axis), _rank("flip", x))
    key = [slice(None, None, -1) if i in axes else slice(None) for i in range(_rank("flip", x))]
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
        return reshape(_rolled(ravel(x), operator.index(shift), 0), _known("roll", x), name=name)
    axes = moved if isinstance(moved, tuple) else (moved,)
    steps = shapes.as_axis(shift)
    shifts = steps if isinstance(steps, tuple) else (operator.index(shift),) * len(axes)
    if len(shifts) != len(axes):
        axes = axes * len(shifts) if len(axes) == 1 else axes
    if len(shifts) != len(axes):
        raise ShapeError(f"roll: {len(shifts)} shifts for {len(axes)} axes")
    for place, step in zip(axes, shifts, strict=True):
        x = _rolled(x, step, shapes.normalize_axis(place, _rank("roll", x)))
    return x


def _rolled(x: Node, shift: int, axis: int) -> Node:
    size = _size("roll", x, axis)
    cut = -shift % size if size else 0
    if not cut:
        return x
    parts = [_along(x, axis, slice(cut, None)), _along(x, axis, slice(None, cut))]
    return concatenate(parts, axis)


def _known(caller: str, x: Node) -> tuple[int, ...]:
    return tuple([_size(caller, x, axis) for axis in range(_rank(caller, x))])


def moveaxis(a: Any, source: Any, destination: Any, name: str | None = None) -> Node:
    """The axes `source` moved to the places `destination`; the others keep their order."""
    x = as_node(a)
    rank = _rank("moveaxis", x)
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
    place = shapes.normalize_axis(axis, _rank("split", x))
    if isinstance(indices_or_sections, Sequence):
        return _cut(x, [operator.index(i) for i in indices_or_sections], place)
    count = _sections(indices_or_sections)
    if _size("split", x, place) % count:
        raise ShapeError(
            f"split: size {_size('split', x, place)} has no {count} equal parts: {x.describe()}",
            "use array_split for parts that differ by one",
        )
    return array_split(x, count, place)


def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Node]:
    """As `split`, with the first parts one longer where equal ones are not possible."""
    x = as_node(ary)
    place = shapes.normalize_axis(axis, _rank("array_split", x))
    if isinstance(indices_or_sections, Sequence):
        return _cut(x, [operator.index(i) for i in indices_or_sections], place)
    count = _sections(indices_or_sections)
    each, more = divmod(_size("array_split", x, place), count)
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
    return [_along(x, axis, slice(edges[i], edges[i + 1])) for i in range(len(edges) - 1)]


def tile(A: Any, reps: Any, name: str | None = None) -> Node:
    """The array repeated `reps` times along every axis; all sizes must be known."""
    x = as_node(A)
    times = shapes.as_axis(reps)
    counts = times if isinstance(times, tuple) else (operator.index(reps),)
    sizes = _known("tile", x)
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
    place = shapes.normalize_axis(axis, _rank("diff", x))
    if operator.index(n) < 0:
        raise ShapeError(f"diff: n cannot be negative ({n})")
    for _ in range(operator.index(n)):
        after, before = (_along(x, place, part) for part in (slice(1, None), slice(None, -1)))
        x = subtract(after, before, name=name)
    return x


def outer(a: Any, b: Any, name: str | None = None) -> Node:
    """The products of every element of a with every one of b, as a matrix."""
    x, y = ravel(as_node(a)), ravel(as_node(b))
    return multiply(expand_dims(x, 1), y, name=name)


def diagonal(
    a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, name: str | None = None
) -> Node:
    """The entries a[i, i + offset] of two axes, as the last axis of the result."""
    x = moveaxis(a, (axis1, axis2), (-2, -1))
    rows, columns = (_size("diagonal", x, axis) for axis in (-2, -1))
    first = range(max(0, -offset), max(0, -offset, min(rows, columns - offset)))
    key = (Ellipsis, list(first), [i + offset for i in first])
    return getitem(x, key, name=name)


def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, name: str | None = None) -> Node:
    """The sum of the diagonal of two axes."""
    return sum(diagonal(a, offset, axis1, axis2), axis=-1, name=name)
