"""Static shapes: sizes that are known, named or unknown, and the rules that combine them.

A size is an int, a name that stands for one size wherever it appears (`"n"`), or None (unknown).
A shape is a tuple of sizes, or None when not even the rank is known. Unknown sizes never prove
anything: two Nones are not equal sizes.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import Any

from .errors import DTypeError, ShapeError

Size = int | str | None
Shape = tuple[Size, ...] | None
Axis = int | tuple[int, ...] | None


def as_shape(shape: Any) -> Shape:
    """`shape` as a tuple of sizes; an int means one axis, None an unknown rank."""
    if shape is None:
        return None
    if isinstance(shape, str) or not isinstance(shape, Iterable):
        shape = (shape,)
    return tuple(map(_as_size, shape))


def _as_size(size: Any) -> Size:
    if size is None or isinstance(size, str):
        return size
    try:
        number = operator.index(size)
    except TypeError as error:
        raise DTypeError(
            f"shape: {size!r} is not a size", "a size is an int, a name such as 'n', or None"
        ) from error
    if number < 0:
        raise ShapeError(f"shape: a size cannot be negative ({number})")
    return number


def show(shape: Shape) -> str:
    """`[2, 3]`; `[?, n]` for an unknown and a named size; `[...]` for an unknown rank."""
    if shape is None:
        return "[...]"
    return "[" + ", ".join("?" if size is None else str(size) for size in shape) + "]"


def is_known(shape: Shape) -> bool:
    """Whether every size is a number."""
    return shape is not None and all(isinstance(size, int) for size in shape)


def element_count(shape: Shape) -> int | None:
    """The number of elements; None unless every size is known."""
    if shape is None:
        return None
    count = 1
    for size in shape:
        if not isinstance(size, int):
            return None
        count *= size
    return count


def surely_equal(a: Shape, b: Shape) -> bool:
    """Whether the shapes are equal whatever is fed. Unknown sizes prove nothing."""
    if a is None or b is None or len(a) != len(b):
        return False
    return all(s is not None and s == t for s, t in zip(a, b, strict=True))


def maybe_equal(a: Shape, b: Shape) -> bool:
    """Whether some feed could make the shapes equal."""
    if a is None or b is None:
        return True
    return len(a) == len(b) and all(map(_maybe_same, a, b))


def _maybe_same(s: Size, t: Size) -> bool:
    return s == t or not (isinstance(s, int) and isinstance(t, int))


def merge(s: Size, t: Size) -> Size:
    """The size known from two descriptions of it; ShapeError when they contradict."""
    if s is None or s == t:
        return t
    if t is None:
        return s
    if isinstance(s, int) and isinstance(t, int):
        raise ShapeError(f"sizes differ ({s} != {t})")
    return s if isinstance(s, int) else t


def broadcast(*shapes: Shape) -> Shape:
    """The shape that `shapes` broadcast to; ShapeError when they do not."""
    first = shapes[0] if shapes else ()
    if first is not None and shapes.count(first) == len(shapes) and is_known(first):
        return first
    if any(shape is None for shape in shapes):
        return None
    rank = max((len(shape) for shape in shapes if shape is not None), default=0)
    result: list[Size] = [1] * rank
    for shape in shapes:
        offset = rank - len(shape or ())
        for axis, size in enumerate(shape or (), offset):
            try:
                result[axis] = _broadcast_size(result[axis], size)
            except ShapeError:
                raise ShapeError(
                    "shapes do not broadcast (" + " and ".join(map(show, shapes)) + ")"
                ) from None
    return tuple(result)


def _broadcast_size(s: Size, t: Size) -> Size:
    if s == 1:
        return t
    if t == 1 or (s is not None and s == t):
        return s
    if isinstance(s, int) and isinstance(t, int):
        raise ShapeError(f"{s} against {t}")
    return s if isinstance(s, int) else t if isinstance(t, int) else None


def normalize_axis(axis: Any, rank: int) -> int:
    """`axis` counted from 0; ShapeError when it is outside, DTypeError when it is no integer."""
    try:
        number = operator.index(axis)
    except TypeError as error:
        raise DTypeError(f"axis must be an integer, not {axis!r}") from error
    if not -rank <= number < rank:
        raise ShapeError(f"axis {number} is out of bounds for rank {rank}")
    return number % rank


def normalize_axes(axis: Any, rank: int) -> tuple[int, ...]:
    """`axis` (an int, a tuple, or None for all) as sorted axes counted from 0."""
    if axis is None:
        return tuple(range(rank))
    axes = axis if isinstance(axis, tuple) else (axis,)
    found = sorted(normalize_axis(a, rank) for a in axes)
    if len(set(found)) != len(found):
        raise ShapeError(f"axis {axis} names an axis twice")
    return tuple(found)


def as_axis(axis: Any) -> Axis:
    """An axis argument in the form attributes store: None, an int, or a tuple of ints."""
    if axis is None:
        return None
    try:
        if isinstance(axis, Sequence):
            return tuple(operator.index(a) for a in axis)
        return operator.index(axis)
    except TypeError as error:
        raise DTypeError(f"axis must be an integer or a tuple of them, not {axis!r}") from error


def reduced(shape: Shape, axis: Axis, keepdims: bool) -> Shape:
    """The shape left when `axis` is reduced away (to size 1 with `keepdims`)."""
    if shape is None:
        return () if axis is None and not keepdims else None
    axes = normalize_axes(axis, len(shape))
    if keepdims:
        return tuple(1 if i in axes else size for i, size in enumerate(shape))
    return tuple(size for i, size in enumerate(shape) if i not in axes)


def matmul(a: Shape, b: Shape) -> Shape:
    """The shape of a matrix product with NumPy's rules for vectors and batch axes."""
    if (a is not None and not a) or (b is not None and not b):
        raise ShapeError("operands must have at least one axis", "use multiply for a scalar")
    if a is None or b is None:
        return None
    inner_a, inner_b = a[-1], b[-2] if len(b) > 1 else b[0]
    if not _maybe_same(inner_a, inner_b):
        raise ShapeError(f"inner sizes differ ({inner_a} != {inner_b})")
    batch = broadcast(a[:-2], b[:-2])
    assert batch is not None
    return batch + a[-2:-1] + (b[-1:] if len(b) > 1 else ())


def reshaped(shape: Shape, target: tuple[Size, ...]) -> tuple[Size, ...]:
    """`target` with its one -1 worked out where that is possible; ShapeError when it cannot fit."""
    unknown = [i for i, size in enumerate(target) if size == -1]
    if len(unknown) > 1:
        raise ShapeError(f"only one size can be -1, not {len(unknown)}")
    count = element_count(shape)
    rest = element_count(tuple(size for size in target if size != -1))
    if unknown:
        if count is None or rest is None:
            return tuple(None if size == -1 else size for size in target)
        if rest == 0 or count % rest:
            raise ShapeError(f"{count} elements do not fit {show(target).replace('-1', '?')}")
        return tuple(count // rest if size == -1 else size for size in target)
    if count is not None and rest is not None and count != rest:
        raise ShapeError(f"{count} elements do not fit {show(target)} ({rest})")
    return target
