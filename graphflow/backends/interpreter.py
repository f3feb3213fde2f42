"""The interpreting backend: what `optimize=False` runs, and what others are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..dtypes import Array
from ..program import Program, State, interpret


class Interpreter:
    """A program as a function of state, feeds and the run's random key, run call by call."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def __call__(self, state: State, feeds: Sequence[Array], key: Array) -> Sequence[Any]:
        """The fetched values, then the new values of the updated variables."""
        return interpret(self.program, state, feeds, key)
