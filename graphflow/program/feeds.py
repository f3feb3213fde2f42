"""What a run is given: every value checked and cast before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import FeedError
from ..graph import Ledger, Node, holds_mask
from ..shapes import show
from .quiet import silently

Feeds = dict[Node, np.ndarray[Any, Any]]


def checked(feed_dict: Any, ledger: Ledger | None) -> Feeds:
    """The arrays to use for the nodes in `feed_dict`, of the nodes' dtypes.

    Raises FeedError, naming the key, for a key that is no node of the graph, for a value that is
    no array of numbers or does not cast to the node's dtype under `same_kind`, and for a shape or
    a named size that does not fit.
    """
    if feed_dict is None:
        return {}
    if not isinstance(feed_dict, Mapping):
        raise FeedError(f"run: feed_dict is a {type(feed_dict).__name__}, not a dict of nodes")
    feeds: Feeds = {}
    sizes: dict[str, tuple[int, Node]] = {}
    for key, value in feed_dict.items():
        _check_key(key, ledger)
        array = _as_fed(key, value)
        _check_shape(key, array.shape, sizes)
        feeds[key] = array
    return feeds


def _check_key(key: Any, ledger: Ledger | None) -> None:
    if not isinstance(key, Node):
        raise FeedError(f"run: feed_dict has the key {key!r}, which is not a node")
    if ledger is not None and key._ledger is not ledger:
        raise FeedError(f"run: {key.describe()} is fed but belongs to another graph")
    if key.is_update:
        raise FeedError(f"run: {key.describe()} has no value, so none can be fed")


def _as_fed(node: Node, value: Any) -> np.ndarray[Any, Any]:
    if isinstance(value, Node):
        raise FeedError(
            f"run: a node was fed for {node.describe()}", "feed its value: session.run(...)"
        )
    try:
        array = np.asarray(value)
    except MemoryError:
        raise
    except Exception as error:  # what is no array of NumPy's may raise anything
        raise FeedError(f"run: what was fed for {node.describe()} is no array: {error}") from error
    if holds_mask(value, array.ndim):
        raise FeedError(f"run: a masked array was fed for {node.describe()}", "use .filled()")
    if array.dtype.kind not in "biufc":
        raise FeedError(
            f"run: {_kind_of(value, array)} was fed for {node.describe()}",
            "feed numbers: an array, a number, or nested lists of one shape",
        )
    return array if array.dtype == node.dtype else _cast(node, array)


def _kind_of(value: Any, array: np.ndarray[Any, Any]) -> str:
    if value is None:
        return "None"
    return f"{type(value).__name__} (dtype {array.dtype})"


def _cast(node: Node, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if not np.can_cast(array.dtype, node.dtype, "same_kind"):
        raise FeedError(
            f"run: {array.dtype} was fed for {node.describe()}",
            f"it does not cast safely; if you mean it: values.astype({node.dtype.name!r})",
        )
    result = silently(array.astype, node.dtype)
    if node.dtype.kind in "iu" and not np.array_equal(result, array):
        raise FeedError(f"run: a value fed for {node.describe()} is out of range of {node.dtype}")
    return result


def _check_shape(node: Node, fed: tuple[int, ...], sizes: dict[str, tuple[int, Node]]) -> None:
    if node.shape is None:
        return
    fits = len(fed) == len(node.shape) and all(
        not isinstance(size, int) or size == n for size, n in zip(node.shape, fed, strict=True)
    )
    if not fits:
        raise FeedError(f"run: shape {show(fed)} was fed for {node.describe()}")
    for name, n in zip(node.shape, fed, strict=True):
        if isinstance(name, str):
            known, other = sizes.setdefault(name, (n, node))
            if known != n:
                raise FeedError(
                    f"run: size {name!r} is {known} in {other.describe()}\n"
                    f"but {n} in {node.describe()}"
                )
