"""Abstract rules: the shape and dtype of a primitive's result from those of its arguments.

A rule is called like its primitive, with a Spec in the place of every array, and returns a Spec.
Sizes may be unknown (None) or named; a rule never takes an unknown size for equal to another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import shapes
from ..dtypes import as_dtype, boolean, promote, resolve
from ..errors import ShapeError
from ..shapes import Axis, Shape, Size
from .spec import Spec

Rule = Callable[..., Spec]


def elementwise(ufunc: np.ufunc) -> Rule:
    """The one rule of every ufunc: operands broadcast, the loop decides the dtype."""

    def rule(*operands: Spec) -> Spec:
        dtype = resolve(ufunc, *(x.loop_operand for x in operands))
        return Spec(shapes.broadcast(*(x.shape for x in operands)), dtype)

    return rule


def where(condition: Spec, x: Spec, y: Spec) -> Spec:
    """`where` broadcasts its three operands and promotes the last two."""
    shape = shapes.broadcast(condition.shape, x.shape, y.shape)
    return Spec(shape, promote(x.loop_operand, y.loop_operand))


def masked(x: Spec, mask: Spec) -> Spec:
    """`x`, and 0 where the mask is not true."""
    return Spec(shapes.broadcast(x.shape, mask.shape), x.dtype)


def astype(x: Spec, dtype: Any) -> Spec:
    """The same shape in another dtype."""
    return Spec(x.shape, as_dtype(dtype))


def real_part(x: Spec) -> Spec:
    """The real or the imaginary part."""
    return Spec(x.shape, np.zeros(0, x.dtype).real.dtype)


def angle(x: Spec) -> Spec:
    """An angle: a float, that of 0 above a real number."""
    return Spec(x.shape, resolve(np.arctan2, int, real_part(x).dtype))


def like(x: Spec) -> Spec:
    """An array of the same shape and dtype."""
    return Spec(x.shape, x.dtype)


def shaped_like(x: Spec, like: Spec) -> Spec:
    """The dtype of `x` in the shape of `like`."""
    return Spec(like.shape, x.dtype)


def filled(shape: Any, *, dtype: Any) -> Spec:
    """A new array of the given shape and dtype."""
    return Spec(shapes.as_shape(shape), as_dtype(dtype))


def arange(stop: int, *, dtype: Any) -> Spec:
    """The integers below `stop`."""
    return Spec((stop,), as_dtype(dtype))


def reduction(ufunc: np.ufunc) -> Rule:
    """The rule of a reduction by a ufunc; small integers and booleans widen as NumPy's sums do."""
    empty_ok = ufunc.identity is not None

    def rule(
        x: Spec, axis: Axis = None, keepdims: bool = False, initial: float | None = None
    ) -> Spec:
        dtype = _accumulated(x.dtype) if ufunc in (np.add, np.multiply) else x.dtype
        if ufunc in (np.logical_and, np.logical_or):
            dtype = boolean
        if not empty_ok and initial is None:
            _refuse_empty(x.shape, axis)
        return Spec(shapes.reduced(x.shape, axis, keepdims), dtype)

    return rule


def _accumulated(dtype: Any) -> Any:
    """The dtype that NumPy adds and multiplies up in."""
    if dtype.kind not in "bui":
        return dtype
    return np.dtype(np.uint64 if dtype.kind == "u" else np.int64)


def running(x: Spec, axis: int) -> Spec:
    """Running sums and products along one axis."""
    if x.shape is not None:
        shapes.normalize_axis(axis, len(x.shape))
    return Spec(x.shape, _accumulated(x.dtype))


def mean(x: Spec, axis: Axis = None, keepdims: bool = False) -> Spec:
    """Means of integers are float64, of floats their own dtype."""
    dtype = x.dtype if x.dtype.kind in "fc" else np.dtype(np.float64)
    return Spec(shapes.reduced(x.shape, axis, keepdims), dtype)


def arg_reduction(x: Spec, axis: int | None = None, keepdims: bool = False) -> Spec:
    """Indices of the extremes along one axis, or of the flattened array."""
    _refuse_empty(x.shape, axis)
    return Spec(shapes.reduced(x.shape, axis, keepdims), np.dtype(np.intp))


def _refuse_empty(shape: Shape, axis: Axis) -> None:
    if shape is None:
        return
    if any(shape[a] == 0 for a in shapes.normalize_axes(axis, len(shape))):
        raise ShapeError(f"nothing to choose from: an axis of {shapes.show(shape)} is empty")


def matmul(a: Spec, b: Spec) -> Spec:
    """The matrix product, with batch axes."""
    dtype = resolve(np.matmul, a.loop_operand, b.loop_operand)
    return Spec(shapes.matmul(a.shape, b.shape), dtype)


def reshape(x: Spec, shape: Any) -> Spec:
    """The same elements in another shape; one size may be -1."""
    target = (shape,) if isinstance(shape, int) else tuple(shape)
    return Spec(shapes.reshaped(x.shape, target), x.dtype)


def transpose(x: Spec, axes: Sequence[int] | None = None) -> Spec:
    """Axes in another order, reversed by default."""
    if x.shape is None:
        return Spec(None, x.dtype)
    rank = len(x.shape)
    order = range(rank)[::-1] if axes is None else [shapes.normalize_axis(a, rank) for a in axes]
    if sorted(order) != list(range(rank)):
        raise ShapeError(f"axes {axes} are no permutation of the {rank} axes")
    return Spec(tuple(x.shape[a] for a in order), x.dtype)


def swapaxes(x: Spec, axis1: int, axis2: int) -> Spec:
    """Two axes exchanged."""
    if x.shape is None:
        return Spec(None, x.dtype)
    sizes = list(x.shape)
    i, j = (shapes.normalize_axis(a, len(sizes)) for a in (axis1, axis2))
    sizes[i], sizes[j] = sizes[j], sizes[i]
    return Spec(tuple(sizes), x.dtype)


def expand_dims(x: Spec, axis: Axis) -> Spec:
    """New axes of size 1 at the places `axis` of the result."""
    if x.shape is None:
        return Spec(None, x.dtype)
    places = axis if isinstance(axis, tuple) else (axis,)
    rank = len(x.shape) + len(places)
    new = shapes.normalize_axes(places, rank)
    old = iter(x.shape)
    return Spec(tuple(1 if i in new else next(old) for i in range(rank)), x.dtype)


def squeeze(x: Spec, axis: Axis = None) -> Spec:
    """Axes of size 1 removed."""
    if x.shape is None:
        return Spec(None, x.dtype)
    if axis is None:
        if not shapes.is_known(x.shape):
            raise ShapeError(f"which axes of {shapes.show(x.shape)} have size 1 is not known")
        return Spec(tuple(size for size in x.shape if size != 1), x.dtype)
    axes = shapes.normalize_axes(axis, len(x.shape))
    for a in axes:
        if isinstance(x.shape[a], int) and x.shape[a] != 1:
            raise ShapeError(f"axis {a} has size {x.shape[a]}, not 1")
    return Spec(tuple(s for i, s in enumerate(x.shape) if i not in axes), x.dtype)


def broadcast_to(x: Spec, shape: Any) -> Spec:
    """`x` repeated to fill `shape`."""
    target = tuple(shape)
    if not shapes.maybe_equal(shapes.broadcast(x.shape, target), target):
        raise ShapeError(f"{shapes.show(x.shape)} does not broadcast to {shapes.show(target)}")
    return Spec(target, x.dtype)


def concatenate(arrays: Sequence[Spec], axis: int = 0) -> Spec:
    """Arrays joined along an axis they have."""
    dtype = promote(*(x.loop_operand for x in arrays))
    ranks = {len(x.shape) for x in arrays if x.shape is not None}
    if len(ranks) > 1:
        raise ShapeError(f"ranks differ ({', '.join(map(str, sorted(ranks)))})")
    known = [x.shape for x in arrays if x.shape is not None]
    if not known:
        return Spec(None, dtype)
    place = shapes.normalize_axis(axis, len(known[0]))
    sizes: list[Size] = list(known[0])
    for shape in known[1:]:
        for i, size in enumerate(shape):
            if i != place:
                sizes[i] = _joined(sizes[i], size, i)
    along = [shape[place] for shape in known]
    complete = len(known) == len(arrays)
    lengths = [size for size in along if isinstance(size, int)]
    sizes[place] = sum(lengths) if complete and len(lengths) == len(along) else None
    return Spec(tuple(sizes), dtype)


def stack(arrays: Sequence[Spec], axis: int = 0) -> Spec:
    """Arrays of one shape joined along a new axis."""
    dtype = promote(*(x.loop_operand for x in arrays))
    known = [x.shape for x in arrays if x.shape is not None]
    if not known:
        return Spec(None, dtype)
    if len({len(shape) for shape in known}) > 1:
        raise ShapeError("ranks differ (" + ", ".join(map(shapes.show, known)) + ")")
    sizes: list[Size] = list(known[0])
    for shape in known[1:]:
        sizes = [_joined(s, t, i) for i, (s, t) in enumerate(zip(sizes, shape, strict=True))]
    sizes.insert(shapes.normalize_axis(axis, len(sizes) + 1), len(arrays))
    return Spec(tuple(sizes), dtype)


def _joined(s: Size, t: Size, axis: int) -> Size:
    try:
        return shapes.merge(s, t)
    except ShapeError:
        raise ShapeError(f"sizes along axis {axis} differ ({s} != {t})") from None


def pad_zeros(x: Spec, widths: tuple[tuple[int, int], ...]) -> Spec:
    """Longer axes."""
    if x.shape is None:
        return Spec((None,) * len(widths), x.dtype)
    if len(widths) != len(x.shape):
        raise ShapeError(f"{len(widths)} pairs of widths for {len(x.shape)} axes")
    pairs = zip(x.shape, widths, strict=True)
    return Spec(tuple([n + a + b if isinstance(n, int) else None for n, (a, b) in pairs]), x.dtype)


def einsum(subscripts: str, *operands: Spec) -> Spec:
    """A sum of products: every letter is an axis, and sizes of one letter agree or are 1."""
    left, _, out = subscripts.partition("->")
    sizes: dict[str, Size] = {}
    for term, x in zip(left.split(","), operands, strict=True):
        if x.shape is None:
            continue
        if len(term) != len(x.shape):
            raise ShapeError(f"{len(x.shape)} axes for the letters {term!r}")
        for letter, size in zip(term, x.shape, strict=True):
            known = (sizes.get(letter, 1),)
            try:
                (sizes[letter],) = shapes.broadcast(known, (size,)) or (None,)
            except ShapeError:
                raise ShapeError(f"sizes of {letter!r} differ ({known[0]} != {size})") from None
    dtype = promote(*(x.loop_operand for x in operands))
    if any(x.shape is None for x in operands):  # a size of 1 may yet broadcast
        sizes = {c: None if n == 1 else n for c, n in sizes.items()}
    return Spec(tuple([sizes.get(c) for c in out]), dtype)
