"""The points at which formulas are compared: what was fed, and nearby or random values of the rest.

A formula that is wrong may be right at one point by accident (weights of 0, one sample), so
variables are moved, and placeholders that were not fed are drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..dtypes import Array
from ..errors import FeedError
from ..graph import Node
from ..session import Session
from ..traversal import ancestors

POINTS = 3
_SIZES = (5, 3, 4, 7, 6, 2, 9, 8)  # of axes whose size is open: different, so that none hides
Feeds = dict[Node, Any]


def values(session: Session, nodes: Sequence[Node], feeds: Feeds) -> list[Array]:
    """The values of nodes as arrays, fed with those of `feeds` that they depend on."""
    fed = {node.number for node in feeds}
    above = {node.number for node in ancestors(nodes, stop=fed)}
    needed = {node: value for node, value in feeds.items() if node.number in above}
    return [np.asarray(value) for value in session.run(list(nodes), needed)]


def points(leaves: Iterable[Node], feed_dict: Any, session: Session, *, fixed: bool) -> list[Feeds]:
    """Feeds for some runs. With `fixed`, only what was given: numbers are compared, not formulas.

    Raises FeedError for a placeholder that was not fed and cannot be drawn.
    """
    nodes = list(leaves)
    given = _given(feed_dict)
    if fixed:
        return given
    found = []
    for place in range(max(POINTS, len(given))):
        rng = np.random.default_rng(place)
        feeds = dict(given[place % len(given)])
        sizes: dict[Any, int] = {}
        for node in nodes:
            if node in feeds:
                continue
            if node.is_placeholder and getattr(node, "default", None) is None:
                feeds[node] = _drawn(node, sizes, rng)
            elif node.is_variable and place and node.dtype.kind in "fc":
                feeds[node] = _moved(session.value(node), rng)  # type: ignore[arg-type]
        found.append(feeds)
    return found


def _given(feed_dict: Any) -> list[Feeds]:
    """One or several feeds."""
    many = feed_dict if isinstance(feed_dict, list | tuple) else [feed_dict]
    for feeds in many:
        if feeds is not None and not isinstance(feeds, Mapping):
            raise FeedError(f"verify_derivation: {feeds!r:.60} is not a dict of feeds")
    return [dict(feeds or {}) for feeds in many] or [{}]


def _moved(value: Array, rng: np.random.Generator) -> Array:
    size = float(np.sqrt(np.mean(np.abs(value) ** 2))) if value.size else 0.0
    step = rng.standard_normal(value.shape) * (0.3 * size or 0.3)
    return (value + step).astype(value.dtype)


def _drawn(node: Node, sizes: dict[Any, int], rng: np.random.Generator) -> Array:
    """Random values: floats are normal, integers and booleans 0 or 1."""
    if node.shape is None:
        raise FeedError(
            f"verify_derivation: no value fed for {node.describe()}",
            "its rank is not known, so none can be drawn: feed_dict={...: ...}",
        )
    shape = []
    for axis, size in enumerate(node.shape):
        key = size if isinstance(size, str) else (None, axis)  # open sizes agree axis by axis
        if not isinstance(size, int):
            size = sizes.setdefault(key, _SIZES[len(sizes) % len(_SIZES)])
        shape.append(size)
    if node.dtype.kind in "fc":
        return rng.standard_normal(shape).astype(node.dtype)
    return rng.integers(0, 2, shape).astype(node.dtype)
