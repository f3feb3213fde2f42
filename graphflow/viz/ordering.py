"""What is to stand below what, beyond what the arrows of a figure say."""

from __future__ import annotations

from itertools import pairwise

from .figure import Box, Figure

_PARTS = ("", "gradients", "optimizer")  # from top to bottom


def order(shown: Figure) -> list[tuple[int, int]]:
    """Pairs of boxes, by number: the first is to stand above the second."""
    return [*dict.fromkeys([*_leaves_below(shown), *_parts_below(shown)])]


def _leaves_below(shown: Figure) -> list[tuple[int, int]]:
    """Which leaf to put below which box, so that a scope starts below what it takes from outside.

    Without this a layer's weights lie beside the layer before, and layers descend like a staircase.
    Only a leaf's first consumer counts, so nothing is put below what depends on it.
    """
    group = {box.number: box.group for box in shown.boxes}
    inputs: dict[int, list[int]] = {}
    first: dict[int, int] = {}
    for arrow in shown.arrows:
        if not arrow.back:
            inputs.setdefault(arrow.target, []).append(arrow.source)
            first.setdefault(arrow.source, arrow.target)
    return [
        (other, leaf)
        for leaf, target in first.items()
        if leaf not in inputs and len(group[leaf]) > 1 and group[leaf] == group[target]
        for other in inputs[target]
        if other in inputs and group[other] != group[leaf]
    ]


def _parts_below(shown: Figure) -> list[tuple[int, int]]:
    """The forward pass on top, then the gradients, then the optimizer.

    What begins a part stands below what ends the part before: its last box that none of it takes.
    """
    parts: dict[str, list[Box]] = {part: [] for part in _PARTS}
    for box in shown.boxes:
        if box.group:
            parts[box.group[0]].append(box)
    filled = [boxes for boxes in parts.values() if boxes]
    part = {box.number: box.group[:1] for box in shown.boxes}
    inner = [a for a in shown.arrows if part[a.source] == part[a.target] and not a.back]
    taken, taking = {a.source for a in inner}, {a.target for a in inner}
    found = []
    for above, below in pairwise(filled):
        last = next((box for box in reversed(above) if box.number not in taken), above[-1])
        found += [(last.number, box.number) for box in below if box.number not in taking]
    return found
