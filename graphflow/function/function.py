"""Functions that run: over given nodes, or traced from Python functions of arrays."""

from __future__ import annotations

import functools
import inspect
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np

from ..callables import Function
from ..dtypes import as_dtype, float64
from ..errors import DTypeError
from ..graph import Graph, Node, Placeholder
from ..registry import mimebundle
from ..session import Session
from .containers import Structure, flatten, labels, restored

_TRACES_KEPT = 64
_tracing: ContextVar[bool] = ContextVar("graphflow_tracing", default=False)


class _Trace(NamedTuple):
    """A graph that a Python function built, with what a call of it needs."""

    inputs: list[Placeholder]
    outputs: list[Node]
    structure: Structure  # of the result
    constants: list[Any]  # results that are no nodes, in their places; None where one is
    graph: Graph


class TracedFunction:
    """A Python function over arrays, run as a graph.

    The first call with arguments of some structure, shapes and dtypes calls the function with nodes
    in the place of arrays, and keeps the graph (the last 64 of them). Later calls run it. Python
    floats are arrays of rank 0; other values than arrays are constants of the graph. Called with
    nodes, or by a function that is being traced, it builds in their graph.

    Raises what the function raises; a DTypeError at the user's line where it needs a value, as an
    `if` on an array does.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        build: Callable[..., Any] | None = None,
        floats: Sequence[int] = (),
        session: Session | None = None,
    ) -> None:
        functools.update_wrapper(self, fn)
        self._fn = fn
        self._build = build or fn
        self._floats = frozenset(floats)  # arguments whose Python integers are floats
        self._traces: OrderedDict[Any, _Trace] = OrderedDict()
        self._lock = threading.Lock()
        self._session = session or Session()

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The function's value: arrays in the structure that it returns."""
        leaves: list[Any] = []
        structures = []
        for i, arg in enumerate(args):
            found, structure = flatten(arg, integers=i in self._floats)
            leaves += found
            structures.append(structure)
        found, named = flatten(kwargs)
        leaves += found
        if any(isinstance(leaf, Node) for leaf in leaves) or _tracing.get():
            return self._build(*args, **kwargs)  # as a part of the graph that is being built
        arrays = _as_arrays(leaves)
        key = (tuple(structures), named, tuple([(a.shape, a.dtype) for a in arrays]))
        trace = self._known(key) or self._traced(key, arrays)
        feed = dict(zip(trace.inputs, arrays, strict=True))
        values = iter(self._session.run(trace.outputs, feed))
        results = [next(values) if c is None else np.copy(c)[()] for c in trace.constants]
        return restored(trace.structure, iter(results))

    @property
    def trace_count(self) -> int:
        """How many graphs are kept: one per structure, shapes and dtypes of the arguments."""
        return len(self._traces)

    def _known(self, key: Any) -> _Trace | None:
        with self._lock:
            trace = self._traces.get(key)
            if trace is not None:
                self._traces.move_to_end(key)
            return trace

    def _traced(self, key: Any, arrays: list[np.ndarray[Any, Any]]) -> _Trace:
        structures, named, _ = key
        with Graph() as graph:
            names = _names(self._fn, structures, named)
            inputs = [
                Placeholder(array.shape, array.dtype, name=name)
                for array, name in zip(arrays, names, strict=True)
            ]
            nodes = iter(inputs)
            args = [restored(structure, nodes) for structure in structures]
            outer = _tracing.set(True)
            try:
                result = self._build(*args, **restored(named, nodes))
            finally:
                _tracing.reset(outer)
        leaves, structure = flatten(result, integers=True)
        trace = _Trace(
            inputs=inputs,
            outputs=[leaf for leaf in leaves if isinstance(leaf, Node)],
            structure=structure,
            constants=[None if isinstance(leaf, Node) else leaf for leaf in leaves],
            graph=graph,
        )
        with self._lock:
            self._traces[key] = trace
            while len(self._traces) > _TRACES_KEPT:
                self._traces.popitem(last=False)
        return trace

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        with self._lock:
            newest = [trace.outputs for trace in list(self._traces.values())[-1:]]
        return mimebundle(self, newest)

    def __repr__(self) -> str:
        return f"<TracedFunction {getattr(self._fn, '__qualname__', self._fn)}>"


def _as_arrays(leaves: list[Any]) -> list[np.ndarray[Any, Any]]:
    """The leaves as arrays; a Python number gets the precision of the floats beside it."""
    beside = {leaf.dtype for leaf in leaves if hasattr(leaf, "dtype") and leaf.dtype.kind in "fc"}
    precision = np.result_type(*beside) if beside else float64
    arrays = []
    for leaf in leaves:
        if isinstance(leaf, float | int) and not isinstance(leaf, np.generic):
            real = precision.type(0).real.dtype
            try:
                arrays.append(np.asarray(leaf, real if real.itemsize < 8 else float64))
            except OverflowError as error:
                raise DTypeError("function: an argument is too large for a float") from error
        else:
            array = np.asarray(leaf)
            arrays.append(array.astype(as_dtype(array.dtype), copy=False))
    return arrays


def _names(fn: Callable[..., Any], structures: Any, named: Structure) -> list[str]:
    """A name per leaf, from the function's parameters."""
    try:
        parameters = list(inspect.signature(fn).parameters)
    except (TypeError, ValueError):
        parameters = []
    found: list[str] = []
    for i, structure in enumerate(structures):
        found += labels(structure, parameters[i] if i < len(parameters) else f"arg{i}")
    for key, part in zip(named.what, named.parts, strict=True):
        found += labels(part, key)
    return [re.sub(r"\W", "_", name) or "x" for name in found]


def function(
    fetches: Any,
    inputs: Sequence[Node] = (),
    *,
    updates: Any = None,
    backend: str = "numpy",
    mesh: Mapping[str, int] | None = None,
    shard: Mapping[str, Sequence[str | None]] | None = None,
    optimize: bool = True,
    check_numerics: bool = False,
) -> Any:
    """`fetches` as a function of `inputs`; or, as a decorator, a Python function run as a graph.

    With nodes: a `Function`, with a session of its own, whose calls also run `updates`. With a
    Python function over arrays and nested containers of them: a `TracedFunction`. With
    `optimize=False` the graph runs as it is written, but for its stable forms; with
    `check_numerics` a NaN or infinity in what it returns raises a NumericError, as in a `Session`,
    which says what the other options are.

        power = gf.function(x**n, [x])        @gf.function
        power(np.arange(3.0))                 def loss(params, x): ...

    Raises DTypeError for inputs that are no nodes.
    """
    session = Session(
        backend=backend, mesh=mesh, shard=shard, optimize=optimize, check_numerics=check_numerics
    )
    if callable(fetches) and not isinstance(fetches, Node):
        return TracedFunction(fetches, session=session)
    return Function(fetches, inputs, session, updates)
