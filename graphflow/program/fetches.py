"""What a run was asked for: nodes in any nesting, flattened and put back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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
    try:
        return nodes, _flatten(fetches, nodes)
    except RecursionError:
        what = "run: cannot fetch lists that hold themselves, or too many in another"
        raise DTypeError(what) from None


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


def written(fetch: Any, values: Iterator[str], given: dict[str, Any]) -> str:
    """What `flatten` puts back, as an expression of the values'; `given` gets what it names."""
    if isinstance(fetch, Node):
        return next(values)
    items = fetch.items() if isinstance(fetch, Mapping) else enumerate(fetch)
    parts = [(key, written(part, values, given)) for key, part in items]
    if isinstance(fetch, Mapping):
        keys = [f"key{len(given) + i}" for i in range(len(parts))]
        given.update(zip(keys, [key for key, _ in parts], strict=True))
        return "{" + ", ".join(f"{k}: {v}" for k, (_, v) in zip(keys, parts, strict=True)) + "}"
    row = ", ".join(text for _, text in parts)
    if type(fetch) is list:
        return f"[{row}]"
    if type(fetch) is tuple:
        return f"({row},)" if parts else "()"
    kind = f"kind{len(given)}"
    given[kind] = type(fetch)
    return f"{kind}({row})" if hasattr(fetch, "_fields") else f"{kind}([{row}])"
