"""What a run was asked for: nodes in any nesting, flattened and put back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..errors import DTypeError
from ..graph import Node

Restore = Callable[[list[Any]], Any]


def flatten(fetches: Any) -> tuple[list[Node], Restore]:
    """The nodes in `fetches`, and a function that puts a value per node in the same structure.

    `fetches` is a node, or a list, tuple, named tuple or dict of such, nested in any way. Raises
    DTypeError for anything else.
    """
    nodes: list[Node] = []
    restore = _flatten(fetches, nodes)
    return nodes, restore


def _flatten(fetch: Any, nodes: list[Node]) -> Restore:
    if isinstance(fetch, Node):
        place = len(nodes)
        nodes.append(fetch)
        return lambda values: values[place]
    if isinstance(fetch, Mapping):
        parts = {key: _flatten(part, nodes) for key, part in fetch.items()}
        return lambda values: {key: part(values) for key, part in parts.items()}
    if isinstance(fetch, list | tuple):
        kind = type(fetch)
        if kind in (list, tuple) and all(isinstance(part, Node) for part in fetch):
            start = len(nodes)
            nodes.extend(fetch)
            stop = len(nodes)
            return lambda values: kind(values[start:stop])
        items = [_flatten(part, nodes) for part in fetch]
        if hasattr(fetch, "_fields"):
            return lambda values: kind(*[item(values) for item in items])
        return lambda values: kind([item(values) for item in items])
    raise DTypeError(
        f"run: cannot fetch {fetch!r} ({type(fetch).__name__})",
        "fetch a node, or a list, tuple or dict of nodes",
    )
