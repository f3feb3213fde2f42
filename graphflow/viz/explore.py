"""A graph of any size as one HTML page to explore: fold, find, trace, look at values."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..dtypes import Array
from ..errors import DTypeError, GraphError
from ..graph import Node
from ..profiling import Profile
from ..session import Session
from .explore_cards import cards, computed
from .explore_views import views
from .output import write_whole
from .page_file import PageFile
from .graph_page import page
from .subject import checked_nodes, subject_of
from .values import array_for

MOST_NODES = 20_000


def explore(
    nodes_or_graph: Any,
    path: str | os.PathLike[str],
    *,
    feed_dict: Any = None,
    session: Session | None = None,
    values: Mapping[Node, Any] | None = None,
    profile: Profile | None = None,
) -> PageFile:
    """Write one HTML page to explore these nodes and all they are computed from; its path.

    Takes what `draw` takes. The page needs no network and no layout: pan, zoom, find, levels of
    depth, a view inside everything that is folded, a card for each node, everything upstream and
    downstream of a click, forward, gradients and optimizer on and off, light and dark, keyboard.

    With a `feed_dict` (it may be empty) or a `session`, the nodes run once and their values are
    summarised on the cards; `values` gives or replaces some: {node: array}. In a dict from nodes to
    nodes, as `compute_gradients` returns, each is shown as the gradient of its key. `profile` is
    what `session.profile` returned.

    Raises DTypeError for what is no node, GraphError for nodes of two graphs or over 20,000 of
    them, what `Session.run` raises, OSError when the file cannot be written.
    """
    nodes, _, names = subject_of(nodes_or_graph)
    _check(nodes)
    known = computed(nodes, feed_dict, session) if feed_dict is not None or session else {}
    known |= _values(values, nodes)
    gradients = _gradients(nodes_or_graph)
    data = {
        "title": f"{len(nodes):,} nodes",
        "nodes": cards(nodes, known, gradients, profile),
        "views": views(nodes, names),
    }
    written = PageFile(path)
    write_whole(written, page("explore", f"Graph of {data['title']}", data).encode())
    return written


def _check(nodes: list[Node]) -> None:
    if not nodes:
        raise GraphError("explore: there are no nodes", "pass nodes, or keep a reference to them")
    if len(nodes) > MOST_NODES:
        raise GraphError(
            f"explore: {len(nodes):,} nodes are too many for one page (at most {MOST_NODES:,})",
            "pass a node further up; gf.viz.draw folds a graph of any size into one picture",
        )


def _values(given: Any, nodes: list[Node]) -> dict[int, Array]:
    """The given values by the numbers of their nodes, which are of the graph of `nodes`."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise DTypeError(
            f"explore: values is a {type(given).__name__}, not a dict of nodes",
            "pass {node: array}; a Profile goes to profile=",
        )
    nodes = checked_nodes([*given, *nodes[:1]], "values")
    return {n.number: array_for(n, v) for n, v in zip(nodes, given.values(), strict=False)}


def _gradients(given: Any) -> dict[int, int]:
    """The number of its gradient by the number of each node that is a key in a dict."""
    found: dict[int, int] = {}
    todo = [given]
    while todo:
        item = todo.pop()
        if isinstance(item, Mapping):
            pairs = [(k, v) for k, v in item.items() if isinstance(k, Node) and isinstance(v, Node)]
            found.update((key.number, value.number) for key, value in pairs)
            todo.extend(item.values())
        elif isinstance(item, list | tuple):
            todo.extend(item)
    return found
