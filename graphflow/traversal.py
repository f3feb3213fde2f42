"""Walks over a graph: iterative, in creation order, which is a topological order."""

from __future__ import annotations

from collections.abc import Container, Iterable

from .graph import Node


def ancestors(nodes: Iterable[Node], stop: Container[int] = ()) -> list[Node]:
    """The nodes and everything they are computed from, inputs before consumers.

    The inputs of the nodes whose numbers are in `stop` are not followed.
    """
    found: dict[int, Node] = {}
    todo = list(nodes)
    while todo:
        node = todo.pop()
        if node.number not in found:
            found[node.number] = node
            if node.number not in stop:
                todo.extend(node.inputs)
    return [found[number] for number in sorted(found)]


def descendants(among: Iterable[Node], sources: Iterable[Node]) -> set[int]:
    """The numbers of those of `among` (in creation order) that depend on a source, or are one."""
    reached = {node.number for node in sources}
    for node in among:
        if node.number not in reached and any(i.number in reached for i in node.inputs):
            reached.add(node.number)
    return reached
