"""What is done to whole tensors: shapes, choices, sums, places; each by one node or a few."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..counts import Size, count_of
from .model import BOOL, INT, Model, Shape, Tensor, broadcast


def full(model: Model, shape: Shape, value: Any, dtype: Any) -> Tensor:
    """A tensor of one value."""
    found = expand(model.constant(value, dtype), shape)
    if value == 0:
        model.zeros.add(found.number)
    return found


def expand(x: Tensor, shape: Shape) -> Tensor:
    """x repeated to fill a shape."""
    if x.shape == tuple(shape):
        return x
    return x.model.node("Expand", [x, x.model.shape(shape)], x.dtype, tuple(shape))


def reshape(x: Tensor, shape: Shape) -> Tensor:
    """The same elements in another shape."""
    if x.shape == tuple(shape):
        return x
    sizes = x.model.shape(shape, guess=True)
    allow = {"allowzero": 1} if 0 in shape else {}
    return x.model.node("Reshape", [x, sizes], x.dtype, tuple(shape), **allow)


def flat(x: Tensor) -> Tensor:
    """All elements along one axis."""
    return reshape(x, (count_of(x.shape),))


def transpose(x: Tensor, axes: Sequence[int]) -> Tensor:
    """Axes in another order."""
    if list(axes) == list(range(x.rank)):
        return x
    shape = tuple([x.shape[a] for a in axes])
    return x.model.node("Transpose", [x], x.dtype, shape, perm=list(axes))


def unsqueeze(x: Tensor, axes: Sequence[int]) -> Tensor:
    """New axes of size 1 at these places of the result."""
    old = iter(x.shape)
    shape = tuple([1 if i in axes else next(old) for i in range(x.rank + len(axes))])
    places = x.model.constant(list(axes), INT)
    return x.model.node("Unsqueeze", [x, places], x.dtype, shape)


def squeeze(x: Tensor, axes: Sequence[int]) -> Tensor:
    """Axes of size 1 left out."""
    if not axes:
        return x
    shape = tuple([n for i, n in enumerate(x.shape) if i not in axes])
    return x.model.node("Squeeze", [x, x.model.constant(list(axes), INT)], x.dtype, shape)


def concat(parts: Sequence[Tensor], axis: int) -> Tensor:
    """Tensors of one dtype joined along an axis."""
    first = parts[0]
    if len(parts) == 1:
        return first
    total: Size = 0
    for part in parts:
        total = part.shape[axis] + total
    shape = (*first.shape[:axis], total, *first.shape[axis + 1 :])
    return first.model.node("Concat", parts, first.dtype, shape, axis=axis)


def where(condition: Tensor, x: Tensor | float, y: Tensor | float) -> Tensor:
    """x where the condition is true, else y."""
    model = condition.model
    dtype = next(t.dtype for t in (x, y) if isinstance(t, Tensor))
    wide = model.kernel("Where", dtype)
    both = [
        model.cast(t, wide) if isinstance(t, Tensor) else model.constant(t, wide) for t in (x, y)
    ]
    shape = broadcast(condition.shape, *[t.shape for t in both])
    return model.cast(model.node("Where", [condition, *both], wide, shape), dtype)


def reduced(x: Tensor, operator: str, axes: Sequence[int], keepdims: bool = False) -> Tensor:
    """A reduction over axes."""
    if not axes:
        return x
    model = x.model
    wide = model.kernel(operator, x.dtype)
    shape = tuple(
        [1 if i in axes else n for i, n in enumerate(x.shape) if keepdims or i not in axes]
    )
    inputs = [model.cast(x, wide), model.constant(list(axes), INT)]
    return model.cast(model.node(operator, inputs, wide, shape, keepdims=int(keepdims)), x.dtype)


def total(x: Tensor, axes: Sequence[int], keepdims: bool = False) -> Tensor:
    """The sum over axes."""
    return reduced(x, "ReduceSum", axes, keepdims)


def sliced(x: Tensor, parts: dict[int, tuple[Size, Size, int]], shape: Shape) -> Tensor:
    """x from a start to before an end by a step, along some axes; `shape` is the result's."""
    if not parts:
        return x
    model = x.model
    starts = model.shape([part[0] for part in parts.values()])
    ends = model.shape([part[1] for part in parts.values()])
    steps = [part[2] for part in parts.values()]
    inputs = [x, starts, ends, model.constant(list(parts), INT)]
    inputs += [] if all(step == 1 for step in steps) else [model.constant(steps, INT)]
    return model.node("Slice", inputs, x.dtype, shape)


def cut(x: Tensor, axis: int, start: Size, stop: Size, step: int = 1) -> Tensor:
    """x from `start` to before `stop` along one axis, both within it."""
    length = stop - start
    if step != 1:
        assert isinstance(length, int)
        length = -(-length // step)
    shape = (*x.shape[:axis], length, *x.shape[axis + 1 :])
    return x if x.shape == shape else sliced(x, {axis: (start, stop, step)}, shape)


def pad(x: Tensor, widths: Sequence[tuple[Size, Size]], value: Any = 0) -> Tensor:
    """x with a value around it, or less of it where a width is negative."""
    if all(w == (0, 0) for w in widths):
        return x
    model = x.model
    wide = model.kernel("Pad", x.dtype)
    shape = tuple([n + a + b for n, (a, b) in zip(x.shape, widths, strict=True)])
    ends = model.shape([w[0] for w in widths] + [w[1] for w in widths])
    inputs = [model.cast(x, wide), ends]
    inputs += [model.constant(value, wide)] if value else []
    return model.cast(model.node("Pad", inputs, wide, shape), x.dtype)


def gather(x: Tensor, indices: Tensor, axis: int) -> Tensor:
    """The entries of x at indices along an axis."""
    shape = (*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])
    return x.model.node("Gather", [x, indices], x.dtype, shape, axis=axis)


def gather_along(x: Tensor, indices: Tensor, axis: int) -> Tensor:
    """x[..., indices[...], ...], an entry for each index, both of equal sizes on other axes."""
    return x.model.node("GatherElements", [x, indices], x.dtype, indices.shape, axis=axis)


def scattered(
    x: Tensor, indices: Tensor, values: Tensor, axis: int, reduction: str = "none"
) -> Tensor:
    """x with values put at indices along an axis, or added ("add") and so on."""
    model = x.model
    wide = x.dtype if reduction == "none" else model.kernel("ScatterElements", x.dtype)
    inputs = [model.cast(x, wide), indices, model.cast(values, wide)]
    options: dict[str, Any] = {} if reduction == "none" else {"reduction": reduction}
    found = model.node("ScatterElements", inputs, wide, x.shape, axis=axis, **options)
    return model.cast(found, x.dtype)


def matmul(a: Tensor, b: Tensor) -> Tensor:
    """The matrix product of tensors of one dtype, by NumPy's rules for vectors and batches."""
    model = a.model
    wide = model.kernel("MatMul", a.dtype)
    rows = a.shape[-2:-1] if a.rank > 1 else ()
    columns = b.shape[-1:] if b.rank > 1 else ()
    batch = broadcast(a.shape[:-2], b.shape[:-2]) if a.rank > 1 or b.rank > 1 else ()
    found = model.node(
        "MatMul", [model.cast(a, wide), model.cast(b, wide)], wide, (*batch, *rows, *columns)
    )
    return model.cast(found, a.dtype)


def numbers(model: Model, count: Size) -> Tensor:
    """0, 1, 2 ... below `count`."""
    if isinstance(count, int):
        return model.constant(np.arange(count))
    inputs = [model.constant(0, INT), model.scalar(count), model.constant(1, INT)]
    return model.node("Range", inputs, INT, (count,))


def is_nan(x: Tensor) -> Tensor:
    """Whether entries are NaN."""
    return x.model.call("IsNaN", x, to=BOOL)
