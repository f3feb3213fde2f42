"""A figure in words, for where nothing can be drawn."""

from __future__ import annotations

from .figure import Box, Figure
from .label import shorten
from .theme import KEPT, OUTLINES

_LINES = 20
_INPUTS = 6


def summary(shown: Figure) -> str:
    """How many nodes of which kind, then a line `op name <- inputs` for each of the first boxes."""
    boxes = [box for box in shown.boxes if box.kind != KEPT]
    names = {box.number: shorten(box.name) for box in shown.boxes}
    inputs: dict[int, list[str]] = {}
    for arrow in shown.arrows:
        inputs.setdefault(arrow.target, []).append(names[arrow.source])
    lines = [counts(shown)]
    lines += [_line(box, inputs.get(box.number, [])) for box in boxes[:_LINES]]
    if len(boxes) > _LINES:
        lines.append(f"  ... and {len(boxes) - _LINES} more")
    return "\n".join(lines)


def counts(shown: Figure) -> str:
    """`5 nodes: 2 placeholders, 1 variable, 2 operations`; and in how many boxes, if in fewer."""
    parts = [_counted(shown.kinds[kind], kind) for kind in OUTLINES if shown.kinds.get(kind)]
    nodes = sum(shown.kinds.values())
    boxes = sum(box.kind != KEPT for box in shown.boxes)
    text = _counted(nodes, "node") + (": " + ", ".join(parts) if parts else "")
    return text if boxes == nodes else f"{text}, in {_counted(boxes, 'box')}"


def _counted(count: int, what: str) -> str:
    plural = "es" if what == "box" else "s"
    return f"{count:,} {what}" + ("" if count == 1 else plural)


def _line(box: Box, inputs: list[str]) -> str:
    shown = inputs if len(inputs) <= _INPUTS else [*inputs[:_INPUTS], "..."]
    what = f"{box.op} {shorten(box.name)}".strip()
    return f"  {what}" + (f" <- {', '.join(shown)}" if shown else "")
