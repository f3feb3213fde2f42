"""The points at which formulas are compared: what was fed, and nearby or random values of the rest.

A formula that is wrong may be right at one point by accident (weights of 0, one sample), so
variables are moved, and placeholders that were not fed are drawn.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..dtypes import Array
from ..errors import FeedError
from ..graph import Node
from ..session import Session
from ..shapes import Size
from ..traversal import ancestors

POINTS = 3
_SIZES = (7, 11, 5, 13, 3, 17)  # of open axes: such as no formula has written into it
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
        sizes = _Sizes()
        for node, value in feeds.items():
            sizes.learn(node, np.shape(value))
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


class _Sizes:
    """The sizes of open axes: those with one name agree, and those without at one place."""

    def __init__(self) -> None:
        self._known: dict[Any, int] = {}
        self._free = itertools.cycle(_SIZES)

    def learn(self, node: Any, shape: tuple[int, ...]) -> None:
        """Take over the open sizes of what is fed for a placeholder."""
        if isinstance(node, Node) and node.is_placeholder and len(node.shape or ()) == len(shape):
            for axis, (size, fed) in enumerate(zip(node.shape or (), shape, strict=True)):
                if not isinstance(size, int):
                    self._known.setdefault(size or (None, axis), fed)

    def of(self, axis: int, size: Size) -> int:
        """The size of an axis."""
        if isinstance(size, int):
            return size
        key = size or (None, axis)
        if key not in self._known:
            self._known[key] = next(self._free)
        return self._known[key]


def _drawn(node: Node, sizes: _Sizes, rng: np.random.Generator) -> Array:
    """Random values: floats are normal, integers and booleans 0 or 1."""
    if node.shape is None:
        raise FeedError(
            f"verify_derivation: no value fed for {node.describe()}",
            "its rank is not known, so none can be drawn: feed_dict={...: ...}",
        )
    shape = [sizes.of(axis, size) for axis, size in enumerate(node.shape)]
    if node.dtype.kind in "fc":
        return rng.standard_normal(shape).astype(node.dtype)
    return rng.integers(0, 2, shape).astype(node.dtype)
