"""Nested containers: taken apart into arrays and a structure, and put together again.

Containers are dicts, lists, tuples, named tuples and dataclasses. Leaves are arrays, nodes, and
Python floats and complex numbers. Anything else (integers, strings, None, functions) is part of the
structure: a function is traced anew for every value of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..errors import DTypeError
from ..graph import Node


class Structure(NamedTuple):
    """What remains of containers without their leaves; equal structures hash alike."""

    kind: str  # "leaf", "static", "dict", "list", "tuple", "named", "dataclass"
    what: Any = None  # the static value and its type; the keys; the class
    parts: tuple[Structure, ...] = ()


LEAF = Structure("leaf")


def flatten(tree: Any, *, integers: bool = False) -> tuple[list[Any], Structure]:
    """The leaves of `tree`, in order, and its structure. `integers` counts Python's as leaves.

    Raises DTypeError for a value in it that is no leaf and cannot be hashed, for a masked array,
    and for containers that hold themselves.
    """
    leaves: list[Any] = []
    try:
        return leaves, _flatten(tree, leaves, integers)
    except RecursionError:
        what = "function: an argument holds containers that hold themselves, or too many in another"
        raise DTypeError(what) from None


def _flatten(tree: Any, leaves: list[Any], integers: bool) -> Structure:
    if isinstance(tree, np.ma.MaskedArray):
        raise DTypeError("function: an argument holds a masked array", "use .filled()")
    if isinstance(tree, Node | np.ndarray | np.generic | float | complex) or (
        integers and isinstance(tree, int)
    ):
        leaves.append(tree)
        return LEAF
    if isinstance(tree, dict):
        parts = [_flatten(part, leaves, integers) for part in tree.values()]
        return Structure("dict", tuple(tree), tuple(parts))
    if isinstance(tree, list | tuple):
        parts = [_flatten(part, leaves, integers) for part in tree]
        if hasattr(tree, "_fields"):
            return Structure("named", type(tree), tuple(parts))
        return Structure("list" if isinstance(tree, list) else "tuple", None, tuple(parts))
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        fields = [f.name for f in dataclasses.fields(tree) if f.init]
        parts = [_flatten(getattr(tree, name), leaves, integers) for name in fields]
        return Structure("dataclass", (type(tree), tuple(fields)), tuple(parts))
    try:
        hash(tree)
    except TypeError as error:
        raise DTypeError(
            f"function: an argument holds {type(tree).__name__}, which is neither an array, "
            "nor a container of arrays, nor hashable"
        ) from error
    return Structure("static", (type(tree), tree))


def restored(structure: Structure, leaves: Iterator[Any]) -> Any:
    """A tree of this structure with the next of the leaves."""
    kind, what, parts = structure
    if kind == "leaf":
        return next(leaves)
    if kind == "static":
        return what[1]
    found = [restored(part, leaves) for part in parts]
    if kind == "dict":
        return dict(zip(what, found, strict=True))
    if kind == "named":
        return what(*found)
    if kind == "dataclass":
        cls, names = what
        return cls(**dict(zip(names, found, strict=True)))
    return found if kind == "list" else tuple(found)


def labels(structure: Structure, prefix: str) -> Iterator[str]:
    """A name for every leaf: the argument's, then its keys."""
    kind, what, parts = structure
    if kind == "leaf":
        yield prefix
        return
    keys: Any = range(len(parts))
    if kind == "dict":
        keys = what
    elif kind == "named":
        keys = what._fields
    elif kind == "dataclass":
        keys = what[1]
    for key, part in zip(keys, parts, strict=True):
        yield from labels(part, f"{prefix}_{key}")
