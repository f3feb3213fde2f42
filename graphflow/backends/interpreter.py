"""The interpreting backend: what `optimize=False` runs, and what others are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..dtypes import Array
from ..program import State, interpret
from .backend import Backend


class Interpreter(Backend):
    """A program run call by call."""

    def __call__(self, state: State, feeds: Sequence[Array], key: Array) -> Sequence[Any]:
        """The fetched values, then the new values of the updated variables."""
        return interpret(self.program, state, feeds, key)
