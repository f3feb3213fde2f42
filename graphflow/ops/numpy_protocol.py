"""NumPy's functions applied to nodes: they build the nodes of graphflow's functions of that name.

`np.tanh(node)`, `array * node` and all other ufuncs arrive at `apply_ufunc`, `np.sum(node, axis=0)`
and what else is no ufunc at `apply_function`. Both look the function up in the registry.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from .. import registry
from ..errors import DTypeError
from ..shapes import element_count, normalize_axis

_IN_A_RUN = "a node has values only in a run: session.run(node) or node.eval()"
_INSTEAD = {
    "dtype": "cast the result: gf.cast(y, dtype)",
    "out": "an array cannot hold a node: write y = f(x), or y = y + x for y += x",
    "where": "choose among the results: gf.where(condition, y, other)",
}
_UFUNC_DEFAULTS = {"casting": "same_kind", "dtype": None, "order": "K", "out": None, "where": True}
_REDUCTIONS = {
    np.add: "sum",
    np.multiply: "prod",
    np.maximum: "max",
    np.minimum: "min",
    np.logical_and: "all",
    np.logical_or: "any",
}
_RENAMED = {"a_max": "max", "a_min": "min"}  # np.clip's older names


def apply_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: Any) -> Any:
    """The node of `ufunc(*inputs)`.

    Raises DTypeError for methods such as `np.add.reduce`, for `out=`, `where=` and other options,
    and for a ufunc without a counterpart, saying what to do instead.
    """
    is_numpys = getattr(np, ufunc.__name__, None) is ufunc
    called = f"np.{ufunc.__name__}" if is_numpys else ufunc.__name__
    if method != "__call__":
        raise DTypeError(f"{called}.{method}: not for nodes", _instead_of_method(ufunc, method))
    for option, value in kwargs.items():
        if not _is_default(value, _UFUNC_DEFAULTS.get(option, inspect.Parameter.empty)):
            raise _refused(called, option)
    function = registry.functions.get(ufunc.__name__)
    if function is None or not is_numpys:
        raise _unknown(called)
    return function(*inputs)


def apply_function(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """What `function(*args, **kwargs)` of NumPy's is for nodes: a node, or a static fact.

    Raises DTypeError for an option that the operation lacks and for a function without a
    counterpart.
    """
    called = f"{function.__module__}.{function.__name__}".replace("numpy", "np", 1)
    ours = _SPECIAL.get(function)
    if ours is None and getattr(np, function.__name__, None) is function:
        ours = registry.functions.get(function.__name__)
    if ours is None:
        raise _unknown(called)
    first, options = _by_name(function, ours, args, kwargs)
    accepted = _signature(ours)
    for option in options:
        if option not in accepted.parameters or option == "name":
            raise _refused(called, option)
    try:
        accepted.bind(first, **options)
    except TypeError as error:
        raise DTypeError(f"{called}: for nodes, {error}") from error
    return ours(first, **options)


def _by_name(
    theirs: Callable[..., Any],
    ours: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
) -> tuple[Any, dict[str, Any]]:
    """The first argument, and the others by NumPy's names, but for those left at their default."""
    try:
        signature = _signature(theirs)
    except ValueError:  # written in C: older NumPys do not tell their signatures
        names = list(_signature(ours).parameters)
        named = dict(zip(names, args, strict=False)) | dict(kwargs)
        return named.pop(names[0]), named
    (_, first), *others = signature.bind(*args, **kwargs).arguments.items()
    options: dict[str, Any] = {}
    for name, value in others:
        parameter = signature.parameters[name]
        if parameter.kind is parameter.VAR_KEYWORD:
            options.update(value)
        elif not _is_default(value, parameter.default):
            options[_RENAMED.get(name, name)] = value
    return first, options


@lru_cache(maxsize=256)
def _signature(function: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(function)


def _is_default(value: Any, default: Any) -> bool:
    return value is default or (isinstance(value, str | int) and value == default)


def _refused(called: str, option: str) -> DTypeError:
    hint = _INSTEAD.get(option, "leave it out")
    return DTypeError(f"{called}: {option}= is not for nodes", hint)


def _instead_of_method(ufunc: np.ufunc, method: str) -> str:
    if method == "reduce" and ufunc in _REDUCTIONS:
        return f"use np.{_REDUCTIONS[ufunc]}(node, axis=...)"
    if method == "outer":
        return f"use np.{ufunc.__name__}(a[:, None], b)"
    return f"apply np.{ufunc.__name__} itself, or run the node first"


def _unknown(called: str) -> DTypeError:
    return DTypeError(f"{called}: graphflow has no such operation", _IN_A_RUN)


def _size(x: Any, axis: Any = None) -> int | None:
    shape = np.shape(x)
    if axis is None or shape is None:
        return None if shape is None else element_count(shape)
    size = shape[normalize_axis(axis, len(shape))]
    return size if isinstance(size, int) else None


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The 2-norm over an axis, or over all of them."""
    if ord is not None:
        raise DTypeError("np.linalg.norm: only the 2-norm is for nodes", "leave ord= out")
    return registry.call("norm2", x, axis=axis, keepdims=keepdims)


_SPECIAL: dict[Any, Callable[..., Any]] = {
    np.linalg.norm: _norm,
    np.ndim: lambda a: a.ndim,
    np.shape: lambda a: a.shape,
    np.size: _size,
}

registry.protocols["array_ufunc"] = apply_ufunc
registry.protocols["array_function"] = apply_function
