"""What NumPy raises and XLA does not: found within a step, and raised after it.

A fault is a predicate on the result and arguments of a call. XLA goes on with some value where an
index is out of bounds or a matrix has no inverse; a step tells so beside its results.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ...errors import GraphflowError, NumericError, ShapeError
from .algebra import close_values


class Fault(NamedTuple):
    """Whether something is wrong with a call, and what is said then."""

    found: Callable[..., Any]  # of the result and the arguments: a scalar truth, None for "no"
    error: type[GraphflowError]
    text: str
    hint: str = ""


def _any(tests: Iterator[Any]) -> Any:
    found = None
    for test in tests:
        found = test.any() if found is None else found | test.any()
    return found


def _outside(indices: Any, size: int, least: int) -> Any:
    return (indices < least) | (indices >= size)


def _off_axis(result: Any, x: Any, indices: Any, *rest: Any, axis: int = 0) -> Any:
    """For `take_along_axis(x, indices, axis)` and its like."""
    place = rest[-1] if rest else axis
    size = x.shape[place]
    return jnp.any(_outside(indices, size, -size))


def _off_key(result: Any, x: Any, key: tuple[Any, ...], *values: Any, apart: bool = False) -> Any:
    """For a key with integer arrays among its parts."""
    return _any(_outside(part, size, -size) for part, size in _indexed(x.shape, key))


def _indexed(shape: tuple[int, ...], key: tuple[Any, ...]) -> Iterator[tuple[Any, int]]:
    """The integer arrays of a key, each with the size of its axis."""
    rest = len(shape) - sum(part is not None and part is not Ellipsis for part in key)
    axis = 0
    for part in key:
        if isinstance(part, np.ndarray | jax.Array):
            yield part, shape[axis]
        axis += rest if part is Ellipsis else part is not None


def _off_class(result: Any, scores: Any, labels: Any) -> Any:
    return jnp.any(_outside(labels, scores.shape[-1], 0))


def _off_count(result: Any, x: Any, weights: Any, length: int) -> Any:
    return jnp.any(_outside(x, length, 0))


def _spoiled(result: Any, *operands: Any) -> Any:
    sound = jnp.array(True)
    for x in operands:
        sound &= jnp.all(jnp.isfinite(x))
    return sound & ~jnp.all(jnp.isfinite(result))


def _told_apart(result: Any, numerator: Any, values: Any, slopes: Any) -> Any:
    """As `primitives.linear_algebra.over_gaps` has it."""
    if not values.size:
        return None
    eps = float(np.finfo(values.dtype).eps)
    noise = values.shape[-1] * eps * jnp.max(jnp.abs(numerator), axis=(-2, -1), keepdims=True)
    split = jnp.abs(slopes[..., None, :] - slopes[..., :, None])
    allowed = math.sqrt(eps) * jnp.max(jnp.abs(slopes), axis=-1)[..., None, None]
    return jnp.any(close_values(values) & ((jnp.abs(numerator) > noise) | (split > allowed)))


_INDEX = Fault(_off_key, ShapeError, "an index is out of bounds")
_ALONG = Fault(_off_axis, ShapeError, "an index is out of bounds")
_SINGULAR = Fault(_spoiled, NumericError, "a matrix is singular")
FAULTS: dict[str, Fault] = {
    **dict.fromkeys(
        ("index", "index_set", "index_add", "index_multiply", "index_maximum", "index_minimum",
         "last_writer"), _INDEX,
    ),
    "take_along_axis": _ALONG,
    "put_along_axis_add": _ALONG,
    "entry_of_class": Fault(_off_class, ShapeError, "a label is no class"),
    "bincount": Fault(_off_count, ShapeError, "an entry is not below the length, or negative"),
    "inv": _SINGULAR,
    "solve": _SINGULAR,
    "cholesky": Fault(_spoiled, NumericError, "a matrix is not positive definite"),
    "over_gaps": Fault(
        _told_apart,
        NumericError,
        "the gradient does not exist: equal eigenvalues or singular values, "
        "which the function tells apart",
        "use a function that treats equal values alike, such as their sum",
    ),
}  # fmt: skip
