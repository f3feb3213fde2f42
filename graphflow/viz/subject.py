"""What a picture is of: the nodes that were given, their ancestors, and which of them to show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..errors import DTypeError, GraphError
from ..graph import Graph, Node
from ..traversal import ancestors
from . import label

SHOW = ("all", "forward", "gradients")


class Subject(NamedTuple):
    """The nodes of a picture in creation order, the arrows between them, and given names."""

    nodes: list[Node]
    pairs: list[tuple[Node, Node]]  # a node, and one that takes it
    names: dict[int, str]  # what a dict calls its nodes, by number


def subject_of(
    given: Any, show: str = "all", focus: Node | Iterable[Node] | None = None, hops: int = 2
) -> Subject:
    """The nodes of a graph or of nested containers, and everything they are computed from.

    `show` and `focus` leave out what they do not ask for. Raises as `draw` does.
    """
    nodes, names = named_nodes(given)
    nodes = _chosen(ancestors(nodes), show)
    pairs = _pairs(nodes, show)
    if focus is not None:
        near = _near(pairs, checked_nodes(focus, "focus"), hops, nodes)
        nodes = [node for node in nodes if node.number in near]
        pairs = [(a, b) for a, b in pairs if a.number in near and b.number in near]
    return Subject(nodes, pairs, names)


def checked_nodes(nodes: Any, what: str) -> list[Node]:
    """A node or nodes as a list. Raises DTypeError for anything else, GraphError for two graphs."""
    found = [nodes] if isinstance(nodes, Node) else list(nodes)
    for node in found:
        if not isinstance(node, Node):
            raise DTypeError(
                f"{what}: {node!r} ({type(node).__name__}) is no node",
                "graph.node(name) finds a node by its name",
            )
        if node._ledger is not found[0]._ledger:
            raise GraphError(
                f"{what}: nodes of two graphs: {found[0].describe()}, {node.describe()}",
                "draw one graph at a time",
            )
    return found


def is_derived(node: Node) -> bool:
    """Whether a node was made by differentiating or by an optimizer."""
    return node.role != "forward"


def named_nodes(given: Any) -> tuple[list[Node], dict[int, str]]:
    """The nodes of a graph or of nested containers, and what a dict calls them, by number.

    Raises DTypeError for what is no node, GraphError for nodes of two graphs.
    """
    if isinstance(given, Graph):
        return given.nodes, {}
    nodes: list[Node] = []
    names: dict[int, str] = {}
    todo: list[tuple[Any, str]] = [(given, "")]
    while todo:
        item, name = todo.pop()
        if isinstance(item, Node):
            nodes.append(item)
            if name:
                names[item.number] = name
        elif isinstance(item, Mapping):
            todo.extend((value, _key_text(key)) for key, value in item.items())
        elif isinstance(item, list | tuple):
            todo.extend((value, name) for value in item)
        else:
            raise DTypeError(
                f"draw: {item!r} ({type(item).__name__}) is no node",
                "pass a node, a list, tuple or dict of nodes, or a Graph",
            )
    return checked_nodes(nodes, "draw"), names


def _key_text(key: Any) -> str:
    """What a dict's key says about its node; that of compute_gradients is the node derived by."""
    return f"∂/∂{label.title(key)}" if isinstance(key, Node) else str(key)


def _chosen(nodes: list[Node], show: str) -> list[Node]:
    if show not in SHOW:
        raise ValueError(f"draw: show must be one of {', '.join(SHOW)}, not {show!r}")
    if show == "all":
        return nodes
    if show == "forward":
        return [node for node in nodes if not is_derived(node)]
    wanted = {node.number for node in nodes if node.role == "gradient"}
    wanted |= {i.number for node in nodes if node.role == "gradient" for i in node.inputs}
    if nodes and not wanted:
        raise GraphError(
            "draw: there is no gradient among the nodes to show",
            "draw what gf.gradients returned, or use show='all'",
        )
    return [node for node in nodes if node.number in wanted]


def _pairs(nodes: list[Node], show: str) -> list[tuple[Node, Node]]:
    shown = {node.number for node in nodes}
    targets = nodes if show != "gradients" else [n for n in nodes if n.role == "gradient"]
    return [(source, n) for n in targets for source in n.inputs if source.number in shown]


def _near(
    pairs: Sequence[tuple[Node, Node]], focus: list[Node], hops: int, nodes: list[Node]
) -> set[int]:
    """The numbers of what is at most `hops` arrows from a node of the focus, along or against."""
    if isinstance(hops, bool) or not isinstance(hops, int) or hops < 0:
        raise ValueError(f"draw: hops must be a number from 0, not {hops!r}")
    shown = {node.number for node in nodes}
    for node in focus:
        if node.number not in shown:
            raise GraphError(
                f"focus: {node.describe()} is not in the picture",
                "draw a node that depends on it, or the whole graph",
            )
    beside: dict[int, list[int]] = {}
    for a, b in pairs:
        beside.setdefault(a.number, []).append(b.number)
        beside.setdefault(b.number, []).append(a.number)
    near = {node.number for node in focus}
    edge = list(near)
    for _ in range(hops):
        edge = list(dict.fromkeys(n for m in edge for n in beside.get(m, ()) if n not in near))
        near.update(edge)
    return near
