"""Breakpoints: where the runs of a session stop for somebody to look at a value."""

from __future__ import annotations

import builtins
import sys
import weakref
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Protocol

from ..errors import DTypeError, GraphError
from ..graph import Node
from ..graph.origin import Origin

Hook = Callable[[Node, Any, Origin | None], object]
_stopped: ContextVar[tuple[int, ...]] = ContextVar("graphflow_stopped", default=())


class Stopping(Protocol):
    """What has breakpoints: a session."""

    def replan(self) -> None:
        """Forget the programs that were made with other breakpoints."""


class Breakpoint:
    """A node at which the runs of a session stop, until it is removed or the node is gone.

    As a context manager it is removed at the end of the block.
    """

    def __init__(
        self,
        node: Node,
        when: Callable[[Any], object] | None,
        hook: Hook | None,
        session: Stopping,
    ) -> None:
        for function in (when, hook):
            if function is not None and not callable(function):
                raise DTypeError(f"add_breakpoint: {function!r} is not a function")
        self._node, self._session = weakref.ref(node), weakref.ref(session)
        self._when, self._hook = when, hook or debug
        self.hits = 0  # how often it has stopped a run
        self._is_removed = False

    @property
    def node(self) -> Node | None:
        """The node; None once it is gone or the breakpoint is removed."""
        return None if self._is_removed else self._node()

    def remove(self) -> None:
        """Let runs pass again. Harmless when done twice."""
        self._is_removed = True
        session = self._session()
        if session is not None:
            session.replan()

    def __call__(self, line: Origin | None, value: Any) -> None:
        node, session = self.node, self._session()
        if node is None or session is None or not (self._when is None or self._when(value)):
            return
        self.hits += 1
        token = _stopped.set((*_stopped.get(), id(session)))
        try:
            self._hook(node, value, line)
        finally:
            _stopped.reset(token)

    def __enter__(self) -> Breakpoint:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


def debug(node: Node, value: Any, line: Origin | None) -> None:
    """Say where it is, and open the debugger that Python's `breakpoint()` opens.

    `node`, `value` (a copy) and `line` are its variables here; `up` leads to the run.
    """
    place = f"{line}: {line.text}" if line is not None else "made by no line"
    builtins.print(f"{node.describe()}\n{place}\nvalue = {value}")
    sys.breakpointhook()


def check_going(session: Stopping) -> None:
    """Raise GraphError where a run of this session is stopped: it would wait for itself."""
    if id(session) in _stopped.get():
        raise GraphError(
            "run: the variables cannot change while a run of this session is stopped",
            "look at them with session.value; change them when the run has ended",
        )
