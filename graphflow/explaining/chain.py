"""The paths from a loss to a node, and what every edge of them does to a derivative."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..errors import DisconnectedError
from ..disconnection import disconnection
from ..gradients import contributions, nodes_between
from ..graph import Elementwise, Node, Operation, building
from ..ops.array import ones_like
from ..registry import rule_of


class Edge(NamedTuple):
    """One input of one node: `consumer.inputs[slot]`."""

    consumer: Operation
    slot: int

    @property
    def source(self) -> Node:
        """The node at the lower end."""
        return self.consumer.inputs[self.slot]


Route = tuple[Edge, ...]


class Routes:
    """All paths from `loss` down to `wrt`: how many, and the first of them.

    Raises DisconnectedError where there is none.
    """

    def __init__(self, loss: Node, wrt: Node) -> None:
        self.loss, self.wrt = loss, wrt
        self._between = nodes_between([loss], [wrt], set())
        if loss.number not in self._between:
            raise DisconnectedError(f"explain: {disconnection([loss], wrt).reason}")
        self._counts = self._counted()
        self.count = self._counts[loss.number]

    def _counted(self) -> dict[int, int]:
        """Paths from every node down to wrt: sums over inputs, so nothing is enumerated."""
        counts: dict[int, int] = {}
        for node in self._between.values():  # in creation order: inputs first
            below = sum(counts.get(source.number, 0) for source in node.inputs)
            counts[node.number] = below + (node is self.wrt)
        return counts

    def first(self, limit: int) -> list[Route]:
        """The first `limit` paths, inputs from left to right."""
        found: list[Route] = []
        for route in self._walk():
            found.append(route)
            if len(found) == limit:
                break
        return found

    def _walk(self) -> Iterator[Route]:
        """Depth first: a list of edges that grows and shrinks, and what is left to try at each."""
        route: list[Edge] = []
        if self.loss is self.wrt:
            yield ()
        left = [self._edges(self.loss)]
        while left:
            edge = next(left[-1], None)
            if edge is None:
                left.pop()
                if route:
                    route.pop()
                continue
            route.append(edge)
            if edge.source is self.wrt:
                yield tuple(route)
            left.append(self._edges(edge.source))

    def _edges(self, node: Node) -> Iterator[Edge]:
        if not isinstance(node, Operation):
            return iter(())
        slots = enumerate(node.inputs)
        return iter([Edge(node, slot) for slot, s in slots if self._counts.get(s.number)])


class Link(NamedTuple):
    """What an edge does on one path: nodes to run for the numbers."""

    edge: Edge
    incoming: Node  # the derivative of the loss by the edge's consumer, along this path alone
    factor: Node | None  # dy/dx entry by entry, where the operation treats every entry alike
    arriving: Node  # that by the edge's source


def links(routes: Sequence[Route], seed: Node) -> list[list[Link] | None]:
    """The links of every path; None for one along which a rule gives no gradient.

    Paths share what they have in common from the loss on. The nodes are made beside the graph,
    which they do not join.
    """
    made: dict[_Key, Link | None] = {}
    with building(ledger=seed._ledger, role="gradient", scope=""):
        return [_linked(route, seed, made) for route in routes]


_Key = tuple[int, int, int, bool]


def _linked(route: Route, seed: Node, made: dict[_Key, Link | None]) -> list[Link] | None:
    found: list[Link] = []
    arriving, masked = seed, False
    for edge in route:
        key = (arriving.number, edge.consumer.number, edge.slot, masked)
        if key not in made:
            made[key] = _link(edge, arriving, masked)
        link = made[key]
        if link is None:
            return None
        found.append(link)
        arriving, masked = link.arriving, masked or edge.consumer.masks
    return found


def _link(edge: Edge, arriving: Node, masked: bool) -> Link | None:
    wanted = [slot == edge.slot for slot in range(len(edge.consumer.inputs))]
    part = contributions(edge.consumer, arriving, wanted, masked)[edge.slot]
    return None if part is None else Link(edge, arriving, _factor(edge), part)


def _factor(edge: Edge) -> Node | None:
    """The local derivative of an elementwise operation: what its rule makes of ones."""
    op = edge.consumer
    if not isinstance(op, Elementwise):
        return None
    with building(where=op._where):
        given = rule_of(type(op))(op, ones_like(op))
    part = list(given)[edge.slot] if isinstance(given, list | tuple) else given
    return part if isinstance(part, Node) else None
