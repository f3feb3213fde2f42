"""Derivatives of Python functions over arrays: what is written in NumPy, differentiated.

    slope = gf.grad(lambda w: np.sum(np.tanh(x @ w) ** 2))
    slope(np.ones(3))

They may be nested: the derivative of a derivative is one again.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..dtypes import is_inexact
from ..errors import DTypeError, ShapeError
from ..gradients import gradients
from ..graph import Node, constant
from ..ops.array import reshape
from ..ops.barrier import Opaque
from ..transforms import jacobian
from .containers import flatten, restored
from .function import TracedFunction

Argnums = int | Sequence[int]


def grad(fn: Callable[..., Any], argnums: Argnums = 0) -> TracedFunction:
    """The gradient of a scalar function by the arguments `argnums`: a function of the same ones.

    It returns arrays in the structure of the argument, or a tuple of those for several. Python
    integers among them count as floats. What the value does not depend on, or only by steps as of
    `floor`, gets zeros. Raises DTypeError for arrays of integers, ShapeError where the value has
    more than one element.
    """

    def build(*args: Any, **kwargs: Any) -> Any:
        return _value_and_grad("grad", fn, argnums, args, kwargs)[1]

    return TracedFunction(fn, build, _numbers(argnums))


def value_and_grad(fn: Callable[..., Any], argnums: Argnums = 0) -> TracedFunction:
    """The value of a scalar function and its gradient, as a pair; otherwise as `grad`."""

    def build(*args: Any, **kwargs: Any) -> Any:
        return _value_and_grad("value_and_grad", fn, argnums, args, kwargs)

    return TracedFunction(fn, build, _numbers(argnums))


def jacobian_of(fn: Callable[..., Any], argnums: Argnums = 0) -> TracedFunction:
    """The derivatives of all outputs by all entries of an argument, of shape (*output, *argument).

    The value of the function is an array; the argument may be a container, with a Jacobian for each
    array in it. Built row by row or column by column, whichever are fewer.
    """

    def build(*args: Any, **kwargs: Any) -> Any:
        inside, leaves, structures = _opened("jacobian_of", argnums, args)
        y = _as_output("jacobian_of", fn(*inside, **kwargs))
        parts = iter(_jacobians(y, leaves))
        return _picked(argnums, [restored(s, parts) for s in structures])

    return TracedFunction(fn, build, _numbers(argnums))


def hessian_of(fn: Callable[..., Any], argnums: int = 0) -> TracedFunction:
    """The second derivatives of a scalar function by an argument, of shape (*argument, *argument).

    Where the argument is a container, a container of containers: by one array, then by the other.
    """

    def build(*args: Any, **kwargs: Any) -> Any:
        inside, leaves, (structure,) = _opened("hessian_of", operator.index(argnums), args)
        y = _as_scalar("hessian_of", fn(*inside, **kwargs))
        slopes = gradients(y, leaves, unconnected="zero")
        rows = [restored(structure, iter(_jacobians(slope, leaves))) for slope in slopes]
        return restored(structure, iter(rows))

    return TracedFunction(fn, build, [operator.index(argnums)])


def _numbers(argnums: Argnums) -> list[int]:
    return list(argnums) if isinstance(argnums, Sequence) else [operator.index(argnums)]


def _picked(argnums: Argnums, parts: list[Any]) -> Any:
    return tuple(parts) if isinstance(argnums, Sequence) else parts[0]


def _opened(
    caller: str, argnums: Argnums, args: tuple[Any, ...]
) -> tuple[list[Any], list[Node], list[Any]]:
    """The arguments with leaves of their own in the differentiated ones, these, and structures.

    A leaf of its own, so that an array given twice is differentiated where it is asked for alone.
    """
    inside = list(args)
    all_leaves: list[Node] = []
    structures = []
    for i in _numbers(argnums):
        if not -len(args) <= i < len(args):
            raise DTypeError(f"{caller}: argnums has {i}, but {len(args)} arguments were given")
        values, structure = flatten(args[i], integers=True)
        leaves = [_leaf(caller, i, value) for value in values]
        if not leaves:
            raise DTypeError(f"{caller}: argument {i} holds no arrays: {args[i]!r}")
        inside[i] = restored(structure, iter(leaves))
        all_leaves += leaves
        structures.append(structure)
    return inside, all_leaves, structures


def _leaf(caller: str, place: int, value: Any) -> Node:
    node = value if isinstance(value, Node) else constant(value)
    if not is_inexact(node.dtype):
        raise DTypeError(
            f"{caller}: argument {place} holds {node.dtype}, which carries no gradient",
            "pass floats: values.astype(float)",
        )
    return Opaque(node, name=node._own_name)  # messages then name the user's argument


def _as_output(caller: str, value: Any) -> Node:
    if isinstance(value, Node):
        return value
    if isinstance(value, np.ndarray | np.generic | float | int):
        return constant(np.asarray(value, float))
    raise DTypeError(f"{caller}: the function returned {type(value).__name__}, not an array")


def _as_scalar(caller: str, value: Any) -> Node:
    y = _as_output(caller, value)
    if y.size == 1:
        y = reshape(y, ())
    if y.shape != ():
        shape = f"[{', '.join(map(str, y.shape))}]" if y.shape is not None else "[...]"
        raise ShapeError(
            f"{caller}: the function returned an array of shape {shape}, not a scalar",
            "sum it, or use gf.jacobian_of",
        )
    return y


def _value_and_grad(
    caller: str, fn: Callable[..., Any], argnums: Argnums, args: Any, kwargs: Any
) -> tuple[Node, Any]:
    inside, leaves, structures = _opened(caller, argnums, args)
    y = _as_scalar(caller, fn(*inside, **kwargs))
    parts = iter(gradients(y, leaves, unconnected="zero"))
    return y, _picked(argnums, [restored(s, parts) for s in structures])


def _jacobians(y: Node, leaves: list[Node]) -> list[Node]:
    """dy/dx for every leaf, zeros where y does not depend on it."""
    found = gradients(y, leaves, unconnected="none")
    pairs = zip(leaves, found, strict=True)
    return [_zeros(y, x) if part is None else jacobian(y, x) for x, part in pairs]


def _zeros(y: Node, x: Node) -> Node:
    sizes = [*(y.shape or ()), *(x.shape or ())]
    known = [size for size in sizes if isinstance(size, int)]
    if y.shape is None or x.shape is None or len(known) < len(sizes):
        raise ShapeError(f"jacobian_of: every size must be known: {y.describe()}")
    return constant(np.zeros(known), y.dtype)
