"""Graphs: what the nodes of one graph share, the user's handle on it, and the current graph.

A `Ledger` is what nodes point to: it numbers and names them and knows them only weakly. A `Graph`
is the user's handle. An explicit `Graph()` keeps its nodes and lets them go as a whole; the
default graph keeps nothing alive. No reference leads from a ledger to a node or from a node to a
handle, so there are no cycles and reference counting frees everything.
"""

from __future__ import annotations

import itertools
import weakref
from contextlib import AbstractContextManager
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import DTypeError, GraphError, closest
from ..registry import mimebundle
from .origin import Where
from .summary import summarized

if TYPE_CHECKING:
    from .leaves import Placeholder, Variable
    from .node import Node

_SWEEP_AT_LEAST = 256


class Ledger:
    """Numbers and names of the nodes of one graph, which it knows by weak reference."""

    def __init__(self, first: int = 1) -> None:
        self._numbers = itertools.count(first)
        self._nodes: dict[int, weakref.ref[Node]] = {}
        self._named: dict[str, weakref.ref[Node]] = {}
        self._sweep_at = _SWEEP_AT_LEAST
        self._handle: weakref.ref[Graph] | None = None

    def next_number(self) -> int:
        """A number no other node of this graph has; later nodes have greater ones."""
        return next(self._numbers)

    def enter(self, node: Node) -> None:
        """List a finished node."""
        self._nodes[node.number] = weakref.ref(node)
        handle = self._living_handle()
        if handle is not None and handle._kept is not None:
            handle._kept.append(node)
        if len(self._nodes) > self._sweep_at:
            self._sweep()

    def adopt(self, node: Node) -> None:
        """List a node that was numbered and named elsewhere."""
        self._nodes[node.number] = weakref.ref(node)
        if node._own_name is not None:
            self.hold_name(node._own_name, node)

    def _sweep(self) -> None:
        """Forget the nodes that are gone; amortised over as many entries as there are left."""
        for number, ref in list(self._nodes.items()):
            if ref() is None:
                self._nodes.pop(number, None)
        for name, ref in list(self._named.items()):
            if ref() is None:
                self._named.pop(name, None)
        self._sweep_at = max(_SWEEP_AT_LEAST, 2 * len(self._nodes))

    def listed(self) -> list[Node]:
        """The living nodes in creation order."""
        found = (ref() for _, ref in sorted(list(self._nodes.items())))
        return [node for node in found if node is not None]

    def free_name(self, wanted: str) -> str:
        """`wanted`, with the lowest suffix that makes it unique."""
        name, suffix = wanted, 0
        while self.find(name) is not None:
            suffix += 1
            name = f"{wanted}_{suffix}"
        return name

    def free_scope(self, wanted: str) -> str:
        """`wanted`, with the lowest suffix for which no living node's given name is within it."""
        living = [name for name in list(self._named) if self.find(name) is not None]
        scope, suffix = wanted, 0
        while any(name.startswith(f"{scope}/") for name in living):
            suffix += 1
            scope = f"{wanted}_{suffix}"
        return scope

    def hold_name(self, name: str, node: Node) -> None:
        """Reserve a name for as long as the node lives."""
        self._named[name] = weakref.ref(node)

    def find(self, name: str) -> Node | None:
        """The living node of this name, given or automatic."""
        ref = self._named.get(name)
        node = ref() if ref is not None else None
        if node is not None:
            return node
        head, _, number = name.rpartition("_")
        if head and number.isdecimal() and (ref := self._nodes.get(int(number))) is not None:
            node = ref()
            if node is not None and node._own_name is None and node._automatic_name() == name:
                return node
        return None

    def graph(self) -> Graph:
        """The user's handle; a new one, keeping nothing alive, if that is gone."""
        handle = self._living_handle()
        return handle if handle is not None else Graph._over(self)

    def _living_handle(self) -> Graph | None:
        return self._handle() if self._handle is not None else None


class Graph:
    """A set of nodes that refer to each other.

    `with Graph() as g:` and `with g.as_default():` make it the current graph inside the block;
    `Graph().as_default()` as a statement installs it from there on. An operation joins the graph
    of its inputs; only leaves (variables, placeholders, constants) ask for the current graph.
    """

    def __init__(self) -> None:
        self._bind(Ledger(), keep=True)

    @classmethod
    def _over(cls, ledger: Ledger) -> Graph:
        graph = cls.__new__(cls)
        graph._bind(ledger, keep=False)
        return graph

    @classmethod
    def _of(cls, nodes: list[Node]) -> Graph:
        """A graph to look at: of nodes in creation order, made elsewhere, which it keeps."""
        ledger = Ledger(first=1 + max((node.number for node in nodes), default=0))
        graph = cls.__new__(cls)
        graph._bind(ledger, keep=True)
        graph._kept = nodes
        for node in nodes:
            ledger.adopt(node)
        return graph

    def _bind(self, ledger: Ledger, keep: bool) -> None:
        self._ledger = ledger
        self._kept: list[Node] | None = [] if keep else None
        self._entered: list[_Installed] = []
        ledger._handle = weakref.ref(self)

    @property
    def nodes(self) -> list[Node]:
        """All nodes in creation order; of the default graph, those that somebody still holds."""
        return self._ledger.listed()

    @property
    def variables(self) -> list[Variable]:
        """The variables in creation order."""
        return [node for node in self.nodes if node.is_variable]  # type: ignore[misc]

    @property
    def placeholders(self) -> list[Placeholder]:
        """The placeholders in creation order."""
        return [node for node in self.nodes if node.is_placeholder]  # type: ignore[misc]

    def node(self, name: str) -> Node:
        """The node of this name. Raises GraphError when there is none."""
        found = self._ledger.find(name)
        if found is None:
            raise GraphError(f"graph: no node named {name!r}", self._near(name))
        return found

    def summary(self) -> str:
        """A table of the forward graph, a row per scope, with totals.

        Columns: operations, parameters (numbers in trainable variables), dtype and shape of the
        scope's last node. What gradients and optimizers added is counted in the last line.
        """
        return summarized(self.nodes)

    def _near(self, name: str) -> str:
        near = closest(name, sorted(node.name for node in self.nodes))
        return f"did you mean {near!r}?" if near else ""

    def as_default(self) -> AbstractContextManager[Graph]:
        """Make this the current graph: for a with-block, or, as a statement, from here on."""
        return _Installed(self)

    def __enter__(self) -> Graph:
        self._entered.append(_Installed(self))
        return self

    def __exit__(self, *exc: object) -> None:
        self._entered.pop().restore()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return mimebundle(self, self)

    def __repr__(self) -> str:
        return f"<Graph of {len(self.nodes)} nodes>"


class Building(NamedTuple):
    """What is current while nodes are made, in this thread and context."""

    graph: Graph | None = None  # None: the process-wide default graph
    scope: str = ""
    role: str = "forward"  # "forward", "gradient" or "optimizer"
    where: Where | None = None  # the line nodes are attributed to, instead of the caller's
    ledger: Ledger | None = None  # rewriting: nodes join this ledger, unlisted
    moved: Moved | None = None  # differentiating: what became of the forward nodes


class Moved:
    """What a derivation made of the forward nodes, by node number; it holds no node.

    `image[n]` is the number of the node that stands for node `n` in the derived gradient, or the
    name of the rewrite that looked through it, so that nothing stands for it.
    """

    __slots__ = ("image",)

    def __init__(self, image: dict[int, int | str]) -> None:
        self.image = image


_building: ContextVar[Building] = ContextVar("graphflow_building", default=Building())
current = _building.get
_root = Graph._over(Ledger())


def get_default_graph() -> Graph:
    """The graph that new variables, placeholders and constants join."""
    return current().graph or _root


def reset_default_graph() -> None:
    """Start over with an empty default graph, leaving every scope. Existing nodes stay usable."""
    global _root
    _root = Graph._over(Ledger())
    _building.set(Building())


class _Installed(AbstractContextManager[Graph]):
    """The effect of `as_default`: in force from construction, undone on leaving the block."""

    def __init__(self, graph: Graph) -> None:
        self._before = current().graph
        self._graph = graph
        _building.set(current()._replace(graph=graph))

    def __enter__(self) -> Graph:
        return self._graph

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.restore()

    def restore(self) -> None:
        """Make the graph current again that was so before."""
        _building.set(current()._replace(graph=self._before))


class building(AbstractContextManager[None]):  # noqa: N801 - reads as a statement: with building(...)
    """Change what is current while nodes are made, for a with-block: wholly, or some fields."""

    def __init__(self, now: Building | None = None, **changes: object) -> None:
        self._now = now
        self._changes = changes

    def __enter__(self) -> None:
        now = self._now or current()._replace(**self._changes)  # type: ignore[arg-type]
        self._token = _building.set(now)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _building.reset(self._token)


def name_scope(name: str) -> AbstractContextManager[None]:
    """Prefix the names of nodes made in the block with `name/`; scopes nest.

    Pictures draw a scope as a cluster. Raises DTypeError when `name` is not a string.
    """
    if not isinstance(name, str) or not name:
        raise DTypeError(f"name_scope: a scope's name is a string, not {name!r}")
    return building(scope=f"{current().scope}{name}/")
