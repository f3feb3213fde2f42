"""Fetches of a session as a function of arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .compiled import Compiled
from .entry import UNFIT
from .errors import DTypeError, FeedError, GraphError, plain
from .graph import Graph, Node
from .primitives import Spec
from .program import flatten, save_source, specialize, written
from .registry import mimebundle
from .shapes import is_known
from .traversal import ancestors

if TYPE_CHECKING:
    from os import PathLike
    from typing import Protocol

    class Running(Protocol):
        """What a function runs in: a session."""

        def compiled(self, nodes: list[Node], feed_dict: Any) -> tuple[Compiled, list[Any]]:
            """The program for fetches and feeds, and the feeds as arrays."""

        def execute(self, compiled: Compiled, feeds: Sequence[Any]) -> list[Any]:
            """The values of the fetches."""

        def entry(self, compiled: Compiled, function: Function) -> Callable[..., Any] | None:
            """The short way into a program for a function, if it has one."""

        def current(self, uid: int, initial: Any) -> Any:
            """The value of a variable by its key in the state, or its initial one."""


class Function:
    """Fetches as a function of fed nodes: `f(*arrays)` gives values, in the structure of fetches.

    It runs in a session, whose variables it reads and, if it fetches updates, changes. Arrays of
    the shapes and dtypes of the last call go straight to the program. Raises FeedError for a wrong
    number of arrays and what `Session.run` raises.
    """

    def __init__(
        self, fetches: Any, inputs: Sequence[Node], session: Running, updates: Any = None
    ) -> None:
        if isinstance(inputs, Node):
            raise DTypeError(f"function: the inputs are a list, not {inputs.describe()}", "add []")
        self._nodes, self._restore = flatten(fetches)
        self._fetches = fetches
        self._nodes += flatten([] if updates is None else updates)[0]
        self._inputs = list(inputs)
        self._last: Compiled | None = None
        self._entry: Callable[..., Any] | None = None
        self.session = session
        for node in self._inputs:
            if not isinstance(node, Node):
                raise DTypeError(f"function: the inputs are nodes, not {node!r}")

    def __call__(self, *arrays: Any) -> Any:
        """The values of the fetches for these arrays, one per input."""
        if self._entry is not None:
            result = self._entry(*arrays)
            if result is not UNFIT:
                return result
        if len(arrays) != len(self._inputs):
            names = ", ".join(plain(node.name) for node in self._inputs)
            raise FeedError(
                f"function: takes {len(self._inputs)} arrays ({names}), got {len(arrays)}"
            )
        feed_dict = dict(zip(self._inputs, arrays, strict=True))
        compiled, feeds = self.session.compiled(self._nodes, feed_dict)
        if len(feed_dict) == len(arrays):
            self._use(compiled)
        return self._restore(self.session.execute(compiled, feeds))

    def _use(self, compiled: Compiled) -> None:
        """Make this program the one that calls go straight to."""
        self._last = compiled
        self._entry = self.session.entry(compiled, self)

    def forget(self) -> None:
        """Let go of the program of the last call: the next one asks the session again."""
        self._last = self._entry = None

    def written(self, values: Sequence[str], given: dict[str, Any]) -> str:
        """The fetches as an expression of their values'."""
        return written(self._fetches, iter(values), given)

    @property
    def inputs(self) -> list[Node]:
        """The nodes that are fed, in the order of the arguments."""
        return list(self._inputs)

    @property
    def fetches(self) -> Any:
        """What a call returns the values of, in its structure."""
        return self._fetches

    @property
    def nodes(self) -> list[Node]:
        """The fetches, flat, then the updates."""
        return list(self._nodes)

    @property
    def source(self) -> str:
        """The text that runs for the shapes of the last call, or of the inputs where known.

        With `backend="jax"` it is StableHLO.
        """
        return self._ready().run.text

    @property
    def before(self) -> Graph:
        """The graph as it was written: the fetches and all that they are computed from."""
        return Graph._of(ancestors(self._nodes))

    @property
    def after(self) -> Graph:
        """The graph that the program is recorded from: in stable form, for the shapes of `source`.

        `gf.viz.diff(f.before, f.after)` shows what changed. What is simplified later, call by
        call, is seen in `program`.
        """
        inputs = list(dict.fromkeys(self._inputs))
        specs = [Spec(shape, dtype) for shape, dtype in self._ready().feed_specs]
        feeds = dict(zip(inputs, specs, strict=True))
        return Graph._of(ancestors(specialize(self._nodes, feeds).fetches))

    @property
    def program(self) -> Any:
        """The recorded calls of NumPy; `program.dump()` shows them."""
        return self._ready().program

    @property
    def memory(self) -> int:
        """The bytes that a call needs at its peak, without its arguments and the variables.

        Those are the planned buffers and the arrays that are made on the way. What single calls of
        NumPy need inside, as for a sort, a window or a factorization, is not known and not in it.
        """
        return self._ready().run.peak

    def stats(self) -> dict[str, Any]:
        """Seconds of each stage of compiling, and the number of lines of the text."""
        ready = self._ready()
        return {**ready.seconds, "lines": len(ready.run.text.splitlines())}

    def save(self, path: str | PathLike[str]) -> None:
        """Write the function as one Python file that needs NumPy alone.

        It defines `step`, a function of the inputs and the variables, whose values now are its
        defaults, and which returns the fetches, then the new values of updated variables. Larger
        arrays go into a file beside it (`model.py`, `model.npz`). Raises GraphError, before
        anything is written, for an operation that has no text, as a `py_func`.
        """
        ready = self._ready()
        source = ready.printed("save").source
        values = [self.session.current(read.uid, read.initial) for read in ready.program.reads]
        save_source(source, ready.program, [np.asarray(value) for value in values], path)

    def _ready(self) -> Compiled:
        if self._last is None:
            if not all(is_known(node.shape) for node in self._inputs):
                raise GraphError(
                    "function: which program it runs depends on shapes that are not known yet",
                    "call it once, or give its placeholders shapes",
                )
            shaped: list[Any] = [node.shape for node in self._inputs]
            zeros = [np.zeros(s, n.dtype) for s, n in zip(shaped, self._inputs, strict=True)]
            feeds = dict(zip(self._inputs, zeros, strict=True))
            self._use(self.session.compiled(self._nodes, feeds)[0])
        assert self._last is not None
        return self._last

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return mimebundle(self, self._nodes)

    def __repr__(self) -> str:
        return f"<Function of ({', '.join(plain(node.name) for node in self._inputs)})>"
