"""What a command is about: the node or graph named, or the one most likely meant, and its feeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..dtypes import is_inexact
from ..errors import GraphError, closest
from ..graph import Graph, Node
from ..session import Session
from ..shapes import maybe_equal
from ..traversal import ancestors
from .script import CommandError, Ran

_LOSSES = ("loss", "cost", "objective", "error", "j", "l", "mse", "mae", "nll", "energy")


def chosen(ran: Ran, name: str | None) -> Graph | list[Node]:
    """The graph or nodes called `name`; without a name, the script's whole graph.

    A name is that of a global variable of the script, or of a node. Raises CommandError for a
    name that is neither, and for a script without a graph.
    """
    if name is None:
        if not ran.graph.nodes:
            raise CommandError(
                f"{ran.path.name} built no graph; does it build it under "
                "`if __name__ == '__main__':`? then add --main"
            )
        return ran.graph
    if name in ran.names:
        return _nodes(ran, name)
    try:
        return [ran.graph.node(name)]
    except GraphError:
        raise CommandError(_unknown(ran, name)) from None


def _nodes(ran: Ran, name: str) -> Graph | list[Node]:
    value = ran.names[name]
    if isinstance(value, Graph | Node):
        return [value] if isinstance(value, Node) else value
    given = value.values() if isinstance(value, Mapping) else value
    nodes = list(given) if isinstance(given, list | tuple) or given is not value else []
    if not nodes or not all(isinstance(node, Node) for node in nodes):
        raise CommandError(
            f"{name!r} in {ran.path.name} is of type {type(value).__name__}, no node"
        )
    return nodes


def _unknown(ran: Ran, name: str) -> str:
    known = [key for key, value in ran.names.items() if isinstance(value, Node | Graph)]
    near = closest(name, [*known, *[node.name for node in ran.graph.nodes]])
    hint = f"; did you mean {near!r}?" if near else ""
    return f"{ran.path.name} has no node or variable named {name!r}{hint}"


def one_node(ran: Ran, name: str) -> Node:
    """The node called `name`. Raises CommandError where that is several, or a graph."""
    found = chosen(ran, name)
    if isinstance(found, Graph) or len(found) != 1:
        raise CommandError(f"{name!r} in {ran.path.name} is not one node")
    return found[0]


def loss_of(ran: Ran) -> Node:
    """The node that is most likely the loss.

    A number that depends on a trainable variable: the last one that the script calls loss, cost or
    the like; else the last one that nothing else in the model uses. Raises CommandError where
    there is none.
    """
    chosen(ran, None)
    named = [
        value
        for key, value in ran.names.items()
        if isinstance(value, Node) and key.lower().split("_")[-1] in _LOSSES and _is_loss(value)
    ]
    if named:
        return max(named, key=lambda node: node.number)
    forward = [node for node in ran.graph.nodes if node.role == "forward" and not node.is_update]
    used = {source.number for node in forward for source in node.inputs}
    ends = [node for node in forward if node.number not in used and _is_loss(node)]
    if ends:
        return ends[-1]
    raise CommandError(
        f"{ran.path.name} has no loss: no single number that depends on a trainable variable; "
        f"name the node: {ran.path.name}:NAME"
    )


def _is_loss(node: Node) -> bool:
    single = is_inexact(node.dtype) and not node.is_update and maybe_equal(node.shape, ())
    return single and bool(node.inputs) and bool(variables_of(node))


def variables_of(loss: Node) -> list[Node]:
    """The trainable variables that a node is computed from."""
    return [node for node in ancestors([loss]) if getattr(node, "trainable", False)]


def feeds_of(ran: Ran, loss: Node, name: str | None) -> Mapping[Node, Any]:
    """The feeds: the dict called `name`, else the last one of the script that has what is needed.

    Raises CommandError naming the placeholders for which nothing is found.
    """
    if name is not None:
        feeds = ran.names.get(name)
        if not _is_feeds(feeds):
            raise CommandError(f"--feed: {name!r} in {ran.path.name} is no dict of nodes")
        return _needed(feeds, loss)
    missing = {
        node.number: node
        for node in ancestors([loss])
        if node.is_placeholder and getattr(node, "default", None) is None
    }
    if not missing:
        return {}
    for feeds in reversed(list(ran.names.values())):
        if _is_feeds(feeds) and not missing.keys() - {node.number for node in feeds}:
            return _needed(feeds, loss)
    names = ", ".join(f"{node.name!r} ({node.origin})" for node in missing.values())
    raise CommandError(
        f"no values for the placeholders {names}: {ran.path.name} has no dict with them; "
        "give it one, as feed = {x: ...}, or name it with --feed"
    )


def _is_feeds(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value) and all(isinstance(k, Node) for k in value)


def _needed(feeds: Any, loss: Node) -> Mapping[Node, Any]:
    above = {node.number for node in ancestors([loss])}
    return {node: value for node, value in feeds.items() if node.number in above}


def session_of(ran: Ran) -> Session | None:
    """The last session that the script has a name for: its variables are as trained."""
    sessions = [value for value in ran.names.values() if isinstance(value, Session)]
    return sessions[-1] if sessions else None
