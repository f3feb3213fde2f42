"""Backends by name. One that needs an optional library is loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

from ..errors import MissingError
from .backend import Kind
from .interpreter import Interpreter
from .numpy_source import Runner

NUMPY = Kind(Runner)
_PLAIN = Kind(Interpreter, simplify=False)


class Wishes(NamedTuple):
    """What a session was asked for, as far as a backend may care.

    `watched`: somebody looks at state and results before they are committed.
    """

    optimize: bool = True
    watched: bool = False
    mesh: Mapping[str, int] | None = None
    shard: Mapping[str, Any] | None = None


def _numpy(wishes: Wishes) -> Kind:
    if wishes.mesh is not None or wishes.shard is not None:
        raise ValueError("Session: a mesh takes backend='jax'; NumPy has one device")
    return NUMPY if wishes.optimize else _PLAIN


def _jax(wishes: Wishes) -> Kind:
    if find_spec("jax") is None:
        raise MissingError(
            "Session: backend 'jax' needs JAX, which is not installed",
            'pip install "graphflow-autodiff[jax]"',
        )
    kind: Kind = import_module(f"{__package__}.on_jax").kind(wishes)
    return kind


_BACKENDS: dict[str, Callable[[Wishes], Kind]] = {"numpy": _numpy, "jax": _jax}


def chosen(name: str, wishes: Wishes) -> Kind:
    """How to run, by the name of a backend.

    Raises ValueError for an unknown name and for wishes that it cannot meet, MissingError where
    its library is not installed.
    """
    if name not in _BACKENDS:
        known = " and ".join(map(repr, _BACKENDS))
        raise ValueError(f"Session: unknown backend {name!r}; there are {known}")
    return _BACKENDS[name](wishes)
