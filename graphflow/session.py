"""Session: the values of variables, and running nodes over them."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import Token
from os import PathLike
from typing import Any

import numpy as np

from .backends import Wishes, chosen
from .callables import Function
from .compiled import Compiled
from .entry import UNFIT, entry
from .errors import DTypeError, GraphError, ShapeError
from .graph import Graph, Node, Variable, as_array, entered_session, get_default_graph
from .graph.origin import Origin
from .io import RandomState, Restored, load_session, save_session
from .plans import Plans, plan_key
from .primitives import Spec
from .profiling import Profile, profiled
from .program import checked, flatten
from .program.quiet import silently
from .shapes import show
from .store import Store
from .watching import Breakpoint, Culprit, Watching, check_going, culprit

_Array = np.ndarray[Any, Any]


class Session:
    """Runs nodes; holds the current values of variables, which start at their initial values.

    A run is a pure function of the state and the feeds: every read of a variable sees its value at
    the start of the run, and updates are committed together at its end, or not at all if it raises.
    Several sessions over one graph are independent. A session may be used from several threads:
    runs that update take turns, others read one consistent state.

    `graph` restricts it to nodes of one graph. `seed` (an int of up to 64 bits) makes random
    operations repeatable; None draws one, readable as `seed`. With `optimize=False` the graph runs
    as it is written, call by call, but for its stable forms. With `check_numerics`, a run that
    would give or keep a NaN or infinity raises a NumericError that names the node which made it,
    and changes nothing. `check_gradients` is the part of training steps, as 0.01, in which the
    gradients are compared with differences of the loss; wrong ones raise a NumericError too. `with
    Session() as s:` makes it the session of `node.eval()`.

    With `backend="jax"` fetches are compiled by XLA as one function; results are the same up to
    rounding. `mesh`, as `{"data": 8}` or `{"data": 4, "model": 2}`, spreads its runs over so many
    devices: feeds along the batch, variables whole on each but for those that `shard` splits by
    their names, as `{"dense/W": (None, "model")}`. See docs/backends.md.

    Raises ValueError for an unknown backend or a mesh that cannot be, MissingError without JAX,
    DTypeError for a wrong graph or seed.
    """

    def __init__(
        self,
        graph: Graph | None = None,
        *,
        backend: str = "numpy",
        mesh: Mapping[str, int] | None = None,
        shard: Mapping[str, Sequence[str | None]] | None = None,
        optimize: bool = True,
        check_numerics: bool = False,
        check_gradients: float = 0.0,
        seed: int | None = None,
    ) -> None:
        if graph is not None and not isinstance(graph, Graph):
            raise DTypeError(f"Session: {graph!r} is not a graph", "name options by keyword")
        watched = bool(check_numerics or check_gradients)
        self.backend = backend
        self._kind = chosen(backend, Wishes(bool(optimize), watched, mesh, shard))
        drawn = None if seed is not None else int.from_bytes(os.urandom(8))
        self.seed = _as_seed(seed) if drawn is None else self._kind.agreed(drawn)
        self._graph = graph
        self._store = Store(lends=self._kind.keeping is not None)
        self._step = 0
        self._plans = Plans(self._store)
        self._entries = self._plans.entries
        self._lock = threading.Lock()  # for the step: held for moments
        self._watching = Watching(check_numerics, check_gradients)
        self._breakpoints: list[Breakpoint] = []
        self._functions: weakref.WeakSet[Function] = weakref.WeakSet()  # they know programs too
        self._tokens: list[Token[Any]] = []

    def run(self, fetches: Any, feed_dict: Any = None) -> Any:
        """The values of `fetches`, in the same structure, with `feed_dict` fed.

        `fetches` is a node or any nesting of lists, tuples and dicts of nodes; an update gives
        None. `feed_dict` maps nodes (placeholders, or any inner node to replace it) to arrays,
        numbers or lists. Results are the caller's own; 0-d results are NumPy scalars.

        Raises FeedError for a missing, unneeded or unfitting value, DTypeError for a fetch that is
        no node, GraphError for nodes of different graphs; nothing has changed then.
        """
        kind = type(fetches)
        if feed_dict is None or type(feed_dict) is dict:
            ids = tuple(map(id, fetches)) if kind is list or kind is tuple else (id(fetches),)
            known = self._entries.get((ids, tuple(map(id, feed_dict)) if feed_dict else ()))
            if known is not None:
                values = known(*feed_dict.values()) if feed_dict else known()
                if values is not UNFIT:
                    return values if kind is list else kind(values) if kind is tuple else values[0]
        nodes, restore = flatten(fetches)
        compiled, feeds = self.compiled(nodes, feed_dict)
        return restore(self.execute(compiled, feeds))

    def make_callable(self, fetches: Any, feeds: Sequence[Node]) -> Function:
        """`fetches` as a function of `feeds`, nodes: `f(*arrays)` gives what `run` does.

        It reads and updates the variables of this session. Raises DTypeError for feeds that are no
        nodes.
        """
        return Function(fetches, feeds, self)

    def profile(self, fetches: Any, feed_dict: Any = None, *, runs: int = 10) -> Profile:
        """Where the time of a run goes, by node: `.table()`, `.scopes()`, `.chrome_trace(path)`.

        It runs on the state as it is and changes nothing: updates are computed, not committed.
        Raises what `run` raises, ValueError for fewer than one run, and GraphError in a session
        with `optimize=False`.
        """
        if runs < 1:
            raise ValueError(f"profile: at least one run, not {runs}")
        compiled, feeds = self.compiled(flatten(fetches)[0], feed_dict)
        key = np.array([self.seed, self._step], np.uint64) if compiled.draws else None

        def run(step: Any) -> None:
            silently(step, *compiled.arguments(self._store.values, feeds, key))

        return profiled(compiled, run, runs)

    def add_breakpoint(
        self,
        node: Node,
        when: Callable[[Any], object] | None = None,
        *,
        hook: Callable[[Node, Any, Origin | None], object] | None = None,
    ) -> Breakpoint:
        """Stop every run that passes `node` where `when(value)` is true, or always without it.

        At a stop `hook(node, value, line)` is called, `value` a copy and `line` the user's line;
        without a hook that prints them and opens the debugger of Python's `breakpoint()`. What it
        raises ends the run, which then has changed nothing. `.remove()` on what this returns, or
        the end of a `with` block over it, lets runs pass again.

        Raises DTypeError for what is no node or no function, GraphError for a node of another
        graph; GraphError where variables are changed from within a stop.
        """
        if not isinstance(node, Node) or node.is_update:
            raise DTypeError(f"add_breakpoint: {node!r} is not a node with a value")
        self._check_graph([node])
        added = Breakpoint(node, when, hook, self)
        self._breakpoints.append(added)
        self.replan()
        return added

    def replan(self) -> None:
        """Forget all programs: they are made anew when they are asked for."""
        self._breakpoints = [stop for stop in self._breakpoints if stop.node is not None]
        self._plans.clear()
        for function in list(self._functions):
            function.forget()

    def compiled(self, nodes: list[Node], feed_dict: Any) -> tuple[Compiled, list[_Array]]:
        """What runs these fetches for feeds of such shapes, made now if need be, and the feeds.

        Raises what `run` raises for feeds and fetches that do not fit.
        """
        self._check_graph(nodes)
        feeds = checked(feed_dict, nodes[0]._ledger if nodes else None)
        return self._compiled(nodes, feeds), list(feeds.values())

    def _culprit(self, node: Node, feed_dict: Any = None) -> Culprit | None:
        """The node that `node` has a NaN or infinity from, on the state as it is; None for none."""
        self._check_graph([node])
        feeds = checked(feed_dict, node._ledger)
        key = np.array([self.seed, self._step], np.uint64)
        with self._store.held:
            state = {uid: self._on_host(value) for uid, value in self._store.values.items()}
        return culprit([node], feeds, state, key)

    def value(self, variable: Variable) -> _Array:
        """A copy of the variable's current value."""
        self._check_variable(variable, "value")
        return np.array(self.current(variable.uid, variable._initial))

    def current(self, uid: int, initial: Any) -> Any:
        """What the state has under a variable's key: an array or a float, not to be written to."""
        with self._store.held:
            return self._on_host(self._store.values.get(uid, initial))

    def _on_host(self, value: Any) -> Any:
        return value if self._kind.as_array is None else self._kind.as_array(value)

    def assign(self, variable: Variable, value: Any) -> None:
        """Give the variable a value: copied, of its shape, cast to its dtype under `same_kind`.

        Raises ShapeError or DTypeError, with nothing changed, when the value does not fit.
        """
        self._assign([(variable, value)])

    def _assign(self, pairs: Iterable[tuple[Variable, Any]]) -> None:
        """What `assign` does, for several variables: all or none."""
        taken = [(variable, self._fitting(variable, value)) for variable, value in pairs]
        check_going(self)
        with self._store.turn:
            self._store.put(taken)

    def _fitting(self, variable: Variable, value: Any) -> _Array:
        """A value as the state keeps it."""
        self._check_variable(variable, "assign")
        array = value if isinstance(value, np.ndarray) else as_array(value, "assign")
        if array.shape != variable.shape:  # before it is copied, however large it is
            raise ShapeError(f"assign: shape {show(array.shape)} for {variable.describe()}")
        array = as_array(array, "assign")
        if not np.can_cast(array.dtype, variable.dtype, "same_kind"):
            raise DTypeError(f"assign: {array.dtype} does not cast safely to {variable.describe()}")
        stored = array.astype(variable.dtype)
        stored.setflags(write=False)
        return stored

    def save(
        self,
        path: str | PathLike[str],
        *,
        variables: Iterable[Variable] | None = None,
        extra: Any = None,
    ) -> None:
        """Write variables by their unique names, the random state and `extra`.

        The variables are those of the graph unless some are given; an optimizer's are among them
        for as long as the training step, which holds them, is there. The suffix chooses the format:
        .npz (which `numpy.load` reads) or .safetensors. The file is there whole or not at all,
        whatever happens meanwhile. `extra` is plain data as JSON has it, such as `batches.state`.

        Raises ValueError for another suffix and for what the format cannot hold, DTypeError for an
        `extra` that is no plain data, GraphError for a session of several graphs, OSError.
        """
        self._save(path, variables, extra, write=True)

    def _save(
        self,
        path: str | PathLike[str],
        variables: Iterable[Variable] | None,
        extra: Any,
        *,
        write: bool,
    ) -> None:
        """Bring the values to the host, in which all processes take part, and `write` them."""
        chosen = self._variables() if variables is None else list(variables)
        for variable in chosen:
            self._check_variable(variable, "save")
        with self._store.turn, self._store.held:
            state, random = self._store.values, RandomState(self.seed, self._step)
            values = [self._on_host(state.get(v.uid, v._initial)) for v in chosen]
        arrays = {v.name: np.asarray(x) for v, x in zip(chosen, values, strict=True)}
        if write:
            save_session(path, arrays, random, extra)

    def restore(self, path: str | PathLike[str], *, strict: bool = True) -> Restored:
        """Take variables, by their unique names, and the random state from a file of `save`.

        Runs go on from there bit for bit. Gives a report of what matched, which has the `extra`
        that was saved. With `strict=False` what does not fit is left as it is.

        Raises DataError, with nothing changed, for a damaged or foreign file and for names, shapes
        or dtypes that differ; ValueError for another suffix; GraphError as `save`; OSError.
        """
        check_going(self)
        report, values = load_session(path, self._variables(), strict)
        with self._store.turn:
            before = self._store.values, self.seed, self._step
            try:
                self._store.put(values)
                if report.random is not None:
                    self.seed, self._step = report.random
            except BaseException:  # Ctrl-C between them
                self._store.values, self.seed, self._step = before
                raise
        return report

    def _moment(self) -> tuple[dict[int, Any], int]:
        """Where the session is, to go back there: from now on no run uses up old values."""
        if self._kind.keeping is not None:
            self._kind = self._kind.keeping
            self.replan()
        return self._store.values, self._step

    def _go_back(self, moment: tuple[dict[int, Any], int]) -> None:
        with self._store.turn:
            self._store.values, self._step = moment

    def _variables(self) -> list[Variable]:
        """Those of the graph of this session: the given one, that of its values, or the current."""
        if self._graph is not None:
            return self._graph.variables
        held: list[Node] = [*self._store.variables()]
        self._check_graph(held)
        found = (held[0].graph if held else get_default_graph()).variables
        if not found:
            raise GraphError("save, restore: no variables", "name the graph: Session(graph)")
        return found

    def _check_variable(self, variable: Any, caller: str) -> None:
        if not isinstance(variable, Variable):
            raise DTypeError(f"{caller}: {variable!r} is not a variable")
        self._check_graph([variable])

    def _check_graph(self, nodes: list[Node]) -> None:
        ledger = self._graph._ledger if self._graph is not None else None
        for node in nodes:
            ledger = ledger or node._ledger
            if node._ledger is not ledger:
                own = "the session's" if self._graph is not None else nodes[0].describe() + "'s"
                raise GraphError(f"run: {node.describe()} is in another graph than {own}")

    def _compiled(self, nodes: list[Node], feeds: dict[Node, _Array]) -> Compiled:
        """The program for these fetches and shapes of feeds, from those kept or made now."""
        key = plan_key(nodes, feeds)
        known = self._plans.known(key)
        if known is not None:
            return known
        if self._kind.check_names is not None and nodes:
            graph = nodes[0].graph
            named: list[Node] = [*graph.variables, *graph.placeholders, *feeds]
            self._kind.check_names([node.name for node in named])
        specs = {node: Spec(array.shape, node.dtype) for node, array in feeds.items()}
        stops = [(node, stop) for stop in self._breakpoints if (node := stop.node) is not None]
        compiled = Compiled(nodes, specs, self._kind, key, stops)
        compiled.watch = self._watching.of(compiled, nodes, list(feeds))
        self._plans.keep(compiled, [*nodes, *feeds])
        return compiled

    def execute(self, compiled: Compiled, feeds: Sequence[_Array]) -> list[Any]:
        """Run on arrays that were checked: the fetched values, None for updates."""
        if not compiled.updates:
            return self._draw(compiled, feeds)
        check_going(self)
        with self._store.turn:
            values = self._draw(compiled, feeds)
        return values

    def entry(self, compiled: Compiled, function: Function) -> Callable[..., Any] | None:
        """The short way into a program for a function; None if it has none."""
        self._functions.add(function)
        return None if compiled.stops else entry(compiled, self._store, function.written)

    def _draw(self, compiled: Compiled, feeds: Sequence[_Array]) -> list[Any]:
        """Run on the state as it is; a run that draws random numbers takes the next step."""
        if not compiled.draws:
            return compiled.execute(self._store, feeds, None)
        before, step = self._store.values, None
        try:
            with self._lock:
                step = self._step
                self._step = step + 1
            key = np.array([self.seed, step], np.uint64)
            return compiled.execute(self._store, feeds, key)
        except BaseException as error:
            is_done = compiled.updates and self._store.values is not before
            if compiled.run.uses_up and isinstance(error, Exception):
                is_done = False  # a step that goes wrong puts the old values back
            with self._lock:
                if step is not None and self._step == step + 1 and not is_done:
                    self._step = step
            raise

    def __enter__(self) -> Session:
        self._tokens.append(entered_session.set(self))
        return self

    def __exit__(self, *exc: object) -> None:
        entered_session.reset(self._tokens.pop())

    def __repr__(self) -> str:
        count = len(self._store.values)
        return f"<Session backend={self.backend!r} seed={self.seed} of {count} values>"


def _as_seed(seed: Any) -> int:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**64:
        raise DTypeError(f"Session: the seed is an integer from 0 to 2**64 - 1, not {seed!r}")
    return int(seed)
