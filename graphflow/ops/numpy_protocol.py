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
_IN_LINALG = {"diagonal": "matrix_diagonal", "trace": "matrix_trace"}  # of the last two axes
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
    own = _SPECIAL.get(function)
    ours = own or _counterpart(function)
    if ours is None:
        raise _unknown(called)
    accepted = _signature(ours)
    if own is not None or _takes_many(ours):
        for option in kwargs:
            if option not in accepted.parameters or option == "name":
                raise _refused(called, option)
        return ours(*args, **kwargs)
    first, options = _by_name(function, ours, args, kwargs)
    for option in options:
        if option not in accepted.parameters or option == "name":
            raise _refused(called, option)
    try:
        accepted.bind(first, **options)
    except TypeError as error:
        raise DTypeError(f"{called}: for nodes, {error}") from error
    return ours(first, **options)


def _takes_many(function: Callable[..., Any]) -> bool:
    parameters = _signature(function).parameters.values()
    return any(p.kind is p.VAR_POSITIONAL for p in parameters)


def _counterpart(function: Callable[..., Any]) -> Callable[..., Any] | None:
    name = function.__name__
    if getattr(np, name, None) is function:
        return registry.functions.get(name)
    if any(getattr(space, name, None) is function for space in (np.linalg, np.fft)):
        return registry.functions.get(_IN_LINALG.get(name, name))
    return None


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
    own_names = list(_signature(ours).parameters)
    options: dict[str, Any] = {}
    for place, (name, value) in enumerate(others, 1):
        parameter = signature.parameters[name]
        if parameter.kind is parameter.VAR_KEYWORD:
            options.update(value)
        elif parameter.kind is parameter.POSITIONAL_ONLY:
            options[own_names[place]] = value
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


def _einsum(*operands: Any, optimize: Any = False) -> Any:
    return registry.call("einsum", *operands)


_SPECIAL: dict[Any, Callable[..., Any]] = {
    np.einsum: _einsum,
    np.iscomplexobj: lambda x: x.dtype.kind == "c",
    np.isrealobj: lambda x: x.dtype.kind != "c",
    np.ndim: lambda a: a.ndim,
    np.shape: lambda a: a.shape,
    np.size: _size,
}

registry.protocols["array_ufunc"] = apply_ufunc
registry.protocols["array_function"] = apply_function
