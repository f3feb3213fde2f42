"""What the explorer says about each node: what it is, where it comes from, its values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..dtypes import Array
from ..graph import Node
from ..profiling import Profile
from ..session import Session
from . import label
from .alike import PARTS
from .arrays import inline, norm, number
from .figure import kind_of
from .values import duration

_FIRST = 5  # entries that a summary shows


def cards(
    nodes: Sequence[Node],
    values: Mapping[int, Array],
    gradients: Mapping[int, int],
    profile: Profile | None,
) -> list[dict[str, Any]]:
    """A card per node: `values` by number, `gradients` from a node to its gradient, times."""
    place = {node.number: i for i, node in enumerate(nodes)}
    seconds = _seconds(profile)
    return [_card(node, place, values, gradients, seconds) for node in nodes]


def _card(
    node: Node,
    place: dict[int, int],
    values: Mapping[int, Array],
    gradients: Mapping[int, int],
    seconds: Mapping[int, float],
) -> dict[str, Any]:
    card: dict[str, Any] = {
        "name": label.plain(node.name),
        "kind": kind_of(node),
        "op": node.kind,
        "type": node.type_text,
        "part": PARTS.get(node.role, ""),
        "inputs": [place[i.number] for i in node.inputs if i.number in place],
    }
    if node.origin:
        card["line"] = [str(node.origin), label.plain(node.origin.text)]
    static = [f"{k} = {getattr(node, k)!r}" for k in node.attributes if not node.is_constant]
    if static:
        card["attributes"] = label.shorten(label.plain(", ".join(static)), 300)
    if node.number in values:
        card["value"] = summary(values[node.number])
    gradient = gradients.get(node.number)
    if gradient is not None:
        card["gradient"] = [place[gradient], *summary(values.get(gradient))]
    if node.number in seconds:
        card["time"] = duration(seconds[node.number])
    return card


def summary(value: Array | None) -> list[str]:
    """Lines about an array: itself where it is small, else its norm, range and first entries."""
    if value is None:
        return []
    if value.size <= _FIRST or value.dtype.kind not in "biuf":
        return [inline(value)]
    finite = value[np.isfinite(value)].astype(np.float64)
    lines = [f"norm {number(norm(value))}"]
    if finite.size:
        low, mean, high = (number(f(finite)) for f in (np.min, np.mean, np.max))
        lines.append(f"from {low} to {high}, mean {mean}")
    missing = value.size - finite.size
    if missing:
        lines.append(f"{missing} not finite: {int(np.isnan(value).sum())} NaN")
    first = ", ".join(number(x) for x in value.ravel()[:_FIRST])
    return [*lines, f"first: {first}, …"]


def computed(nodes: Sequence[Node], feed_dict: Any, session: Session | None) -> dict[int, Array]:
    """The values of the nodes in one run that changes nothing; updates have none.

    Raises what `Session.run` raises.
    """
    wanted = [node for node in nodes if not node.is_update]
    fetched = (session or Session(seed=0)).run(wanted, feed_dict)
    return {node.number: np.asarray(v) for node, v in zip(wanted, fetched, strict=True)}


def _seconds(profile: Profile | None) -> dict[int, float]:
    found: dict[int, float] = {}
    for row in profile.rows if profile is not None else ():
        found[row.number] = found.get(row.number, 0.0) + row.seconds
    return found
