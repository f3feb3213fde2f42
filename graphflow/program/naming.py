"""Identifiers for the values of a program: the user's names where they can be, each used once."""

from __future__ import annotations

import keyword
import re

from ..primitives.table import UFUNCS
from .program import Program

_RESERVED = (
    "block start buffer step constants math np float array dot matmul copyto empty float64 bool_ "
    "dtype unused unprinted tiles parts scratch stop clip"
).split()


class Names:
    """Identifiers for the values of a program, each used once."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._names: dict[int, str] = {}
        self._taken = {*keyword.kwlist, *_RESERVED, *UFUNCS}

    def of(self, value: int) -> str:
        """The identifier of a value."""
        known = self._names.get(value)
        if known is None:
            name = _identifier(self._program.names[value])
            known = self._names[value] = self.free(f"{name}_{value}")
        return known

    def share(self, value: int, other: int) -> None:
        """Let a value have the name of another: it is the same array, changed."""
        self._names[value] = self.of(other)

    def give(self, value: int, wanted: str) -> str:
        """Give a value the name that the user gave it, if that is free."""
        self._names[value] = self.free(_identifier(wanted))
        return self._names[value]

    def free(self, wanted: str) -> str:
        """`wanted`, with a number behind it if it is taken."""
        name, i = wanted, 1
        while name in self._taken:
            name, i = f"{wanted}_{i}", i + 1
        self._taken.add(name)
        return name


def _identifier(name: str) -> str:
    cleaned = re.sub(r"\W", "_", name.rpartition("/")[2], flags=re.ASCII)
    return cleaned if cleaned and not cleaned[0].isdigit() else f"v_{cleaned}"
