"""A figure in words, for where nothing can be drawn."""

from __future__ import annotations

from .figure import Box, Figure
from .label import shorten
from .theme import OUTLINES

_LINES = 20
_INPUTS = 6


def summary(shown: Figure) -> str:
    """How many nodes of which kind, then a line `op name <- inputs` for each of the first."""
    boxes = {box.number: box for box in shown.boxes}
    inputs: dict[int, list[str]] = {}
    for arrow in shown.arrows:
        inputs.setdefault(arrow.target, []).append(shorten(boxes[arrow.source].name))
    lines = [counts(shown)]
    lines += [_line(box, inputs.get(box.number, [])) for box in shown.boxes[:_LINES]]
    if len(shown.boxes) > _LINES:
        lines.append(f"  ... and {len(shown.boxes) - _LINES} more")
    return "\n".join(lines)


def counts(shown: Figure) -> str:
    """`5 nodes: 2 placeholders, 1 variable, 2 operations`."""
    found = [box.kind for box in shown.boxes]
    parts = [_counted(found.count(kind), kind) for kind in OUTLINES if kind in found]
    return _counted(len(found), "node") + (": " + ", ".join(parts) if parts else "")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")


def _line(box: Box, inputs: list[str]) -> str:
    shown = inputs if len(inputs) <= _INPUTS else [*inputs[:_INPUTS], "..."]
    return f"  {box.op} {shorten(box.name)}" + (f" <- {', '.join(shown)}" if shown else "")
