"""Fetches of a session as a function of arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from .errors import DTypeError, FeedError
from .graph import Node


class Running(Protocol):
    """What a function runs in: a session."""

    def run(self, fetches: Any, feed_dict: Any = None) -> Any:
        """The values of fetches."""


class Function:
    """Fetches as a function of fed nodes: `f(*arrays)` gives values, in the structure of fetches.

    It runs in a session, whose variables it reads and, if it fetches updates, changes. Raises
    FeedError for a wrong number of arrays and what `Session.run` raises.
    """

    def __init__(
        self, fetches: Any, inputs: Sequence[Node], session: Running, updates: Any = None
    ) -> None:
        self._fetches = (fetches, [] if updates is None else updates)
        self._inputs = list(inputs)
        self.session = session
        for node in self._inputs:
            if not isinstance(node, Node):
                raise DTypeError(f"function: the inputs are nodes, not {node!r}")

    def __call__(self, *arrays: Any) -> Any:
        """The values of the fetches for these arrays, one per input."""
        if len(arrays) != len(self._inputs):
            names = ", ".join(node.name for node in self._inputs)
            raise FeedError(
                f"function: takes {len(self._inputs)} arrays ({names}), got {len(arrays)}"
            )
        return self.session.run(self._fetches, dict(zip(self._inputs, arrays, strict=True)))[0]

    def __repr__(self) -> str:
        return f"<Function of ({', '.join(node.name for node in self._inputs)})>"
