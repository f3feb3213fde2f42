"""Arrays made from nothing, as constants of the graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import shapes
from ..dtypes import as_dtype
from ..errors import ShapeError
from ..graph import Node, constant
from .array import as_node, as_nodes, broadcast_like, broadcast_to, stack
from .elementwise import cast, exp, log, power, where

__all__ = [
    "arange", "array", "asarray", "empty", "empty_like", "eye", "full", "full_like", "geomspace",
    "identity", "linspace", "logspace", "ones", "tri", "zeros",
]  # fmt: skip


def _sizes(caller: str, shape: Any) -> tuple[int, ...]:
    sizes = shapes.as_shape((shape,) if isinstance(shape, int) else shape)
    if sizes is None or not shapes.is_known(sizes):
        raise ShapeError(f"{caller}: every size must be known, not {shape!r}")
    return tuple([size for size in sizes if isinstance(size, int)])


def zeros(shape: Any, dtype: Any = np.float64, *, name: str | None = None) -> Node:
    """Zeros of a shape whose sizes are known."""
    return constant(np.zeros(_sizes("zeros", shape), as_dtype(dtype)), name=name)


def ones(shape: Any, dtype: Any = np.float64, *, name: str | None = None) -> Node:
    """Ones of a shape whose sizes are known."""
    return constant(np.ones(_sizes("ones", shape), as_dtype(dtype)), name=name)


def empty(shape: Any, dtype: Any = np.float64, *, name: str | None = None) -> Node:
    """Zeros: nothing here is left to chance."""
    return zeros(shape, dtype, name=name)


def full(shape: Any, fill_value: Any, dtype: Any = None, *, name: str | None = None) -> Node:
    """An array of one value, a number or a node, of a shape whose sizes are known."""
    sizes = _sizes("full", shape)
    if isinstance(fill_value, Node):
        spread = broadcast_to(fill_value, sizes, name=name)
        return spread if dtype is None else cast(spread, dtype)
    return constant(np.full(sizes, fill_value, dtype), name=name)


def full_like(a: Any, fill_value: Any, dtype: Any = None, *, name: str | None = None) -> Node:
    """An array of one value, of the shape of a, and of its dtype unless one is given."""
    like = as_node(a)
    wanted = like.dtype if dtype is None else as_dtype(dtype)
    value = as_node(fill_value, [like])
    value = value if value.dtype == wanted else cast(value, wanted)
    spread = broadcast_like(value, like)
    return where(True, spread, spread, name=name) if name else spread


def empty_like(a: Any, dtype: Any = None, *, name: str | None = None) -> Node:
    """Zeros of the shape of a: nothing here is left to chance."""
    return full_like(a, 0, dtype, name=name)


def arange(
    start: Any, stop: Any = None, step: Any = 1, dtype: Any = None, *, name: str | None = None
) -> Node:
    """Numbers from `start` to below `stop`, a `step` apart: `np.arange`."""
    first, last = (0, start) if stop is None else (start, stop)
    return constant(np.arange(first, last, step, dtype), name=name)  # type: ignore[call-overload]


def linspace(
    start: Any, stop: Any, num: int = 50, *, endpoint: bool = True, dtype: Any = None,
    name: str | None = None,
) -> Node:  # fmt: skip
    """`num` numbers from `start` to `stop`, which are numbers or nodes, evenly apart."""
    if not isinstance(start, Node) and not isinstance(stop, Node):
        return constant(np.linspace(start, stop, num, endpoint=endpoint, dtype=dtype), name=name)
    first, last = as_nodes(start, stop)
    wide = np.result_type(*[x.dtype for x in (first, last) if not x.weak], np.float16)
    share = np.linspace(0.0, 1.0, num, endpoint=endpoint).astype(wide)
    share = share.reshape(-1, *[1] * max(first.ndim or 0, last.ndim or 0))
    whole = where(share == 1.0, last, first + (last - first) * share, name=name)
    return whole if dtype is None else cast(whole, dtype)


def eye(
    N: int, M: int | None = None, k: int = 0, dtype: Any = np.float64, *, name: str | None = None
) -> Node:
    """Ones on the k-th diagonal of a matrix of zeros."""
    return constant(np.eye(N, M, k, as_dtype(dtype)), name=name)


def identity(n: int, dtype: Any = np.float64, *, name: str | None = None) -> Node:
    """The square matrix with ones on the diagonal."""
    return eye(n, dtype=dtype, name=name)


def tri(
    N: int, M: int | None = None, k: int = 0, dtype: Any = np.float64, *, name: str | None = None
) -> Node:
    """Ones on and below the k-th diagonal of a matrix of zeros."""
    return constant(np.tri(N, M, k, as_dtype(dtype)), name=name)


def array(object: Any, dtype: Any = None, *, name: str | None = None) -> Node:
    """A number, array, node, or nested lists of them, as one node: `np.array`, which cannot hold a
    node.
    """
    if isinstance(object, list | tuple) and any(isinstance(x, Node) for x in _leaves(object)):
        whole = stack([array(part) for part in object], name=name)
        return whole if dtype is None else cast(whole, dtype)
    return asarray(object, dtype, name=name)


def _leaves(nested: Any) -> Iterator[Any]:
    for part in nested:
        if isinstance(part, list | tuple):
            yield from _leaves(part)
        else:
            yield part


def asarray(a: Any, dtype: Any = None, *, name: str | None = None) -> Node:
    """The value as a node: itself if it is one, else a constant."""
    if isinstance(a, Node):
        return a if dtype is None or a.dtype == as_dtype(dtype) else cast(a, dtype)
    return constant(a, dtype, name=name)


def logspace(
    start: Any, stop: Any, num: int = 50, *, endpoint: bool = True, base: float = 10.0,
    name: str | None = None,
) -> Node:  # fmt: skip
    """`base` to the powers `linspace(start, stop, num)`."""
    return power(base, linspace(start, stop, num, endpoint=endpoint), name=name)


def geomspace(
    start: Any, stop: Any, num: int = 50, *, endpoint: bool = True, name: str | None = None
) -> Node:
    """`num` numbers from `start` to `stop`, both positive, with equal ratios."""
    first, last = log(start), log(stop)
    return exp(linspace(first, last, num, endpoint=endpoint), name=name)
