"""What `values=` puts on a picture: numbers and norms, or the time of a profile as colour."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import DTypeError
from ..graph import Node
from ..profiling import Profile
from .fold import Item
from .subject import checked_nodes
from .theme import HEATS

_SHOWN_ELEMENTS = 3


class Note(NamedTuple):
    """What is added to one box."""

    lines: tuple[str, ...] = ()
    heat: int | None = None
    alarm: bool = False


class Notes(NamedTuple):
    """What is added to boxes, by the place of their items, and what the colours mean."""

    by_item: dict[int, Note]
    scale: tuple[tuple[int, str], ...] = ()


def notes_of(values: Any, items: Sequence[Item]) -> Notes:
    """Notes for `items`: of a mapping from nodes to arrays or numbers, or of a `Profile`.

    Raises DTypeError for anything else, ValueError for a profile of other nodes.
    """
    if values is None:
        return Notes({})
    if isinstance(values, Profile):
        return _timed(values, items)
    if not isinstance(values, Mapping):
        raise DTypeError(
            f"values: {type(values).__name__} is neither a dict of nodes nor a Profile",
            "pass {node: array}, or what session.profile(fetches) returned",
        )
    nodes = checked_nodes([*values, *[item.first for item in items[:1]]], "values")
    arrays = {n.number: array_for(n, v) for n, v in zip(nodes, values.values(), strict=False)}
    found = {}
    for place, item in enumerate(items):
        held = [arrays[node.number] for node in item.members if node.number in arrays]
        if held:
            found[place] = _valued(held)
    return Notes(found)


def array_for(node: Node, value: Any) -> np.ndarray[Any, Any]:
    """What is given as the value of a node. Raises DTypeError for what is no array of numbers."""
    try:
        array = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise DTypeError(f"values: not an array of numbers for {node.describe()}") from error
    if array.dtype.kind not in "biufc":
        raise DTypeError(
            f"values: {type(value).__name__} is not an array of numbers, for {node.describe()}"
        )
    return array


def _valued(arrays: list[np.ndarray[Any, Any]]) -> Note:
    """The value of what is small, the norm of what is not; how much of it is not finite."""
    flat = np.concatenate([array.ravel() for array in arrays])
    bad = _not_finite(flat)
    if flat.size and flat.size <= _SHOWN_ELEMENTS:
        return Note((" ".join(f"{number:.4g}" for number in flat.tolist()),), alarm=bool(bad))
    return Note((", ".join([*bad, f"norm {_norm(flat):.4g}"]),), alarm=bool(bad))


def _norm(flat: np.ndarray[Any, Any]) -> float:
    """The square root of the sum of squares of what is finite, without overflow."""
    sizes = np.abs(flat[np.isfinite(flat)].astype(complex))
    largest = float(sizes.max(initial=0.0))
    return largest * float(np.linalg.norm(sizes / largest)) if largest else 0.0


def _not_finite(flat: np.ndarray[Any, Any]) -> list[str]:
    nan, infinite = int(np.isnan(flat).sum()), int(np.isinf(flat).sum())
    return [f"{count:,} {what}" for count, what in ((nan, "NaN"), (infinite, "inf")) if count]


def _timed(profile: Profile, items: Sequence[Item]) -> Notes:
    """Seconds as colour. The square root spreads what is small, and keeps the order."""
    spent: dict[int, float] = {}
    for row in profile.rows:
        spent[row.number] = spent.get(row.number, 0.0) + row.seconds
    seconds = [sum(spent.get(node.number, 0.0) for node in item.members) for item in items]
    most = max(seconds, default=0.0)
    if items and not most:
        raise ValueError("values: the profile is of other nodes than those in the picture")
    top = HEATS - 1
    found = {
        place: Note((f"{duration(spent)}, {spent / profile.wall:.1%}",), _heat(spent, most))
        for place, spent in enumerate(seconds)
        if spent
    }
    return Notes(found, tuple((k, duration(most * (k / top) ** 2)) for k in (0, top // 2, top)))


def _heat(seconds: float, most: float) -> int:
    return round((HEATS - 1) * math.sqrt(seconds / most))


def duration(seconds: float) -> str:
    """`12.3 us`, `4.56 ms`, `1.2 s`."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} us"
