"""What a picture shows: boxes and arrows, before any layout and without any colour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ..errors import DTypeError, GraphError
from ..graph import Graph, Node
from ..traversal import ancestors
from . import label, theme

SHOW = ("all", "forward", "gradients")
_DEEPEST = 8  # scopes nested deeper are drawn as one
_CLUSTER_OF_ROLE = {"gradient": "gradients", "optimizer": "optimizer"}


class Box(NamedTuple):
    """A node as it is drawn. Texts are plain: nothing in them has a meaning to a renderer."""

    number: int
    kind: str  # one of theme.OUTLINES
    op: str
    name: str
    lines: tuple[str, ...]
    tooltip: str
    part: str  # "", "gradients" or "optimizer"
    scope: tuple[str, ...]
    highlighted: bool


class Arrow(NamedTuple):
    """A value on its way from one box to another."""

    source: int
    target: int
    text: str
    tooltip: str
    dashed: bool
    kept: bool  # a value of the forward pass that a gradient takes
    highlighted: bool


class Figure(NamedTuple):
    """Boxes in creation order, and the arrows between them."""

    boxes: list[Box]
    arrows: list[Arrow]


def figure(subject: Any, show: str = "all", highlight: Iterable[Node] = ()) -> Figure:
    """The boxes and arrows of nodes (or of a graph) and of everything they are computed from."""
    given, names = _named_nodes(subject)
    nodes = _chosen(ancestors(given), show)
    lit = {node.number for node in _checked_nodes(highlight, "highlight")}
    pairs = _pairs(nodes, show)
    said = {source.number for source, node in pairs if not is_derived(node)}
    arrows = [_arrow(source, node, said, lit) for source, node in pairs]
    used = {arrow.source for arrow in arrows}
    boxes = [_box(node, names.get(node.number, ""), node.number in used, lit) for node in nodes]
    return Figure(boxes, arrows)


def _pairs(nodes: list[Node], show: str) -> list[tuple[Node, Node]]:
    """Source and target of every arrow."""
    shown = {node.number for node in nodes}
    targets = nodes if show != "gradients" else [n for n in nodes if n.role == "gradient"]
    return [(source, n) for n in targets for source in n.inputs if source.number in shown]


def kind_of(node: Node) -> str:
    """Which of theme.OUTLINES stands for a node."""
    if node.is_placeholder:
        return theme.PLACEHOLDER
    if node.is_variable:
        return theme.VARIABLE
    if node.is_constant:
        return theme.CONSTANT
    if node.is_update or node.role == "optimizer":
        return theme.UPDATE
    return theme.GRADIENT if node.role == "gradient" else theme.OPERATION


def is_derived(node: Node) -> bool:
    """Whether a node was made by differentiating or by an optimizer."""
    return node.role != "forward"


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


def _box(node: Node, given: str, is_used: bool, lit: set[int]) -> Box:
    texts = [label.title(node), given or label.subtitle(node)]
    if not is_used:
        texts.append(label.type_text(node))
    return Box(
        node.number,
        kind_of(node),
        node.kind,
        label.plain(node.name),
        tuple(label.shorten(label.plain(text)) for text in texts if text),
        label.tooltip(node),
        _CLUSTER_OF_ROLE.get(node.role, ""),
        _nested(label.scope_and_name(node)[0]),
        node.number in lit,
    )


def _nested(scope: tuple[str, ...]) -> tuple[str, ...]:
    if len(scope) > _DEEPEST:
        scope = (*scope[: _DEEPEST - 1], "/".join(scope[_DEEPEST - 1 :]))
    return tuple(label.plain(part) for part in scope)


def _arrow(source: Node, target: Node, said: set[int], lit: set[int]) -> Arrow:
    """The arrow between two nodes. The shapes of the nodes in `said` are on other arrows."""
    kept = is_derived(target) and not is_derived(source)
    silent = label.value_text(source) or (kept and source.number in said)
    return Arrow(
        source.number,
        target.number,
        "" if silent else label.type_text(source),
        label.shorten(label.plain(f"{source.describe()} → {target.kind}"), label.TOOLTIP_LENGTH),
        is_derived(target) and not kept,
        kept,
        source.number in lit and target.number in lit,
    )


def _named_nodes(subject: Any) -> tuple[list[Node], dict[int, str]]:
    """The nodes of a graph or of nested containers, and what a dict calls them, by number."""
    if isinstance(subject, Graph):
        return subject.nodes, {}
    nodes: list[Node] = []
    names: dict[int, str] = {}
    todo: list[tuple[Any, str]] = [(subject, "")]
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
    return _checked_nodes(nodes, "draw"), names


def _key_text(key: Any) -> str:
    """What a dict's key says about its node; that of compute_gradients is the node derived by."""
    return f"∂/∂{label.title(key)}" if isinstance(key, Node) else str(key)


def _checked_nodes(nodes: Iterable[Any], what: str) -> list[Node]:
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
