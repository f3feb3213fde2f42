"""The views of the explorer: levels of depth, and one inside everything that is folded."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..graph import Node
from . import label
from .alike import Depth, Path, path_of
from .explore_layers import Point
from .explore_layout import Layout, laid_out
from .figure import kind_of
from .fold import Folded, Item, fold, inside, scope_text
from .theme import SCOPE

BUDGET = 120  # boxes of a view to drill into
MOST_BOXES = 600  # of a level of depth
MOST_ALIKE = 300  # boxes that become one, which can be opened to see each
MOST_VIEWS = 600

_LETTER, _WIDE, _LINE = 7.2, 13.0, 16.0  # pixels: the widths of letters, the height of a line
_SIDE, _ABOVE = 11.0, 7.0  # around the text of a box

View = dict[str, Any]


class _Plan(NamedTuple):
    """What a view will show, and where it comes from."""

    title: str
    folded: Folded
    parent: int | None
    depth: str  # what the button of this level says; empty for a view of a scope


def views(nodes: Sequence[Node], names: dict[int, str]) -> list[View]:
    """All views; the first is the one to begin with. `names` is what a dict calls its nodes."""
    plans = [_Plan("whole graph", fold(nodes), None, "auto")]
    plans += _levels(nodes, plans[0].folded)
    index = {node.number: place for place, node in enumerate(nodes)}
    near = _neighbours(nodes)
    opened: dict[tuple[int, ...], int] = {}
    done: list[View] = []
    while len(done) < len(plans):  # breadth-first: the views that a reader comes to first
        plan = plans[len(done)]
        opens: list[list[int]] = []
        for item in plan.folded.items:
            inner = {} if item.outside else _instances(item)
            for key in inner:
                if key not in opened and len(plans) < MOST_VIEWS:
                    opened[key] = len(plans)
                    plans.append(_inner(item, inner[key], len(done), near))
            opens.append([opened[key] for key in inner if key in opened])
        done.append(_view(plan, opens, index, names))
    return done


def _instances(item: Item) -> dict[tuple[int, ...], list[Node]]:
    """What there is to open in an item, by its numbers: the nodes of each of its scopes, or all."""
    if len(item.members) == 1 or (not item.is_folded and len(item.members) > MOST_ALIKE):
        return {}
    depth = len(item.scope) if item.scope is not None else 0
    found: dict[Path, list[Node]] = {}
    for node in item.members:
        found.setdefault(path_of(node)[:depth], []).append(node)
    return {tuple(node.number for node in held): held for held in found.values()}


def _levels(nodes: Sequence[Node], first: Folded) -> list[_Plan]:
    """Views of the whole by depth, where they are not too large and differ from each other."""
    deepest = max((len(path_of(node)) for node in nodes), default=1) - 1
    depths: list[tuple[Depth, str]] = [(depth, str(depth)) for depth in range(deepest)]
    plans, seen = [], {_shape(first)}
    for depth, text in [*depths, (None, "all")]:
        folded = fold(nodes, depth=depth)
        if len(folded.items) <= MOST_BOXES and _shape(folded) not in seen:
            seen.add(_shape(folded))
            plans.append(_Plan("whole graph", folded, None, text))
    return plans


def _shape(folded: Folded) -> tuple[int, ...]:
    return tuple(folded.place.values())


def _neighbours(nodes: Sequence[Node]) -> dict[int, list[Node]]:
    """The inputs and consumers of every node, by its number."""
    near: dict[int, list[Node]] = {node.number: [] for node in nodes}
    for node in nodes:
        for source in node.inputs:
            if source.number in near:
                near[node.number].append(source)
                near[source.number].append(node)
    return near


def _inner(item: Item, members: list[Node], parent: int, near: dict[int, list[Node]]) -> _Plan:
    """A view of what an item holds and of what it is directly connected with."""
    held = {node.number: node for node in members}
    around = held | {other.number: other for n in held for other in near[n]}
    nodes = [around[number] for number in sorted(around)]
    path = path_of(members[0])[: len(item.scope or ())]
    title = "/".join(path[1:]) or (scope_text(path) if path else item.text)
    depth: Depth = "auto" if item.is_folded else None  # what is alike stands apart here
    return _Plan(title, inside(nodes, members, depth=depth, budget=BUDGET), parent, "")


def _view(
    plan: _Plan, opens: Sequence[list[int]], index: dict[int, int], names: dict[int, str]
) -> View:
    items = plan.folded.items
    lines = [_lines(item, names) for item in items]
    layout = laid_out(plan.folded, [_box(texts) for texts in lines])
    return {
        "title": label.shorten(label.plain(plan.title)),
        "parent": plan.parent,
        "depth": plan.depth,
        "size": [round(layout.width), round(layout.height)],
        "items": [
            _item(item, lines[i], layout, i, opens[i], index) for i, item in enumerate(items)
        ],
        "links": [
            [link.source, link.target, layout.paths[i], link.count, _carried(link.pair)]
            for i, link in enumerate(plan.folded.links)
        ],
        "frames": [
            [*map(round, layout.clusters[path]), _frame(path, count), path[0]]
            for path, count in plan.folded.clusters.items()
            if path != ("",)  # the forward pass has no frame
        ],
    }


def _item(
    item: Item, lines: list[str], layout: Layout, i: int, opens: list[int], index: dict[int, int]
) -> dict[str, Any]:
    return {
        "at": [round(number) for number in layout.items[i]],
        "kind": SCOPE if item.is_folded else kind_of(item.first),
        "part": item.group[0] if item.group else path_of(item.first)[0],
        "lines": lines,
        "runs": _runs([index[node.number] for node in item.members]),
        "open": opens,
        "outside": item.outside,
    }


def _carried(pair: tuple[Node, Node]) -> str:
    """Whether a value was kept for the backward pass, or belongs to it."""
    source, target = pair
    if target.role == "forward":
        return ""
    return "kept" if source.role == "forward" else "derived"


def _frame(path: tuple[str, ...], count: int) -> str:
    times = f" x{count}" if count > 1 else ""
    return label.shorten(label.plain(scope_text(path, count))) + times


def _lines(item: Item, names: dict[int, str]) -> list[str]:
    """The texts of a box."""
    node = item.first
    if item.is_folded:
        name = label.plain(scope_text(item.scope)) if item.outside and item.scope else item.text
        return [label.shorten(label.plain(name))]
    times = f" x{item.repeats}" if item.repeats > 1 else ""
    given = names.get(node.number, "") if item.repeats == 1 else ""
    texts = [label.title(node) + times, given or label.subtitle(node)]
    if not (node.is_constant or node.is_update):
        texts.append(label.type_text(node))
    return [label.shorten(label.plain(text)) for text in texts if text]


def _box(lines: Sequence[str]) -> Point:
    """Wide and high enough for the text in any usual font."""
    wide = max((_width(line) for line in lines), default=0.0)
    return max(wide, 28.0) + 2 * _SIDE, len(lines) * _LINE + 2 * _ABOVE


def _width(line: str) -> float:
    return sum(_WIDE if unicodedata.east_asian_width(c) in "WF" else _LETTER for c in line)


def _runs(places: Sequence[int]) -> list[int]:
    """Ascending numbers as pairs: the first of a run, and how many follow each other."""
    runs: list[int] = []
    for place in places:
        if runs and runs[-2] + runs[-1] == place:
            runs[-1] += 1
        else:
            runs += [place, 1]
    return runs
