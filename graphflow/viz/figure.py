"""What a picture shows: boxes and arrows, before any layout and without any colour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from ..graph import Node, Variable
from . import label, theme
from .alike import Depth, Path, path_of
from .fold import Folded, Item, Link, fold, scope_text
from .subject import Subject, checked_nodes, is_derived, subject_of
from .values import Note, Notes, notes_of

_DIRECT = 12  # values kept for the backward pass: more are named beside what takes them


class Box(NamedTuple):
    """An item as it is drawn. Texts are plain: nothing in them has a meaning to a renderer."""

    number: int  # of the first node; less than 0 for what stands for another box
    kind: str  # one of theme.OUTLINES
    op: str
    name: str
    lines: tuple[str, ...]
    tooltip: str
    group: Path  # the clusters around it, outermost first: the part of the picture, then scopes
    called: str = ""  # what stands for it elsewhere
    highlighted: bool = False
    heat: int | None = None  # a place in theme.heat
    alarm: bool = False  # holds NaN or infinity
    mark: str = ""  # one of theme.MARKS


class Arrow(NamedTuple):
    """A value on its way from one box to another."""

    source: int
    target: int
    text: str
    tooltip: str
    dashed: bool = False
    kept: bool = False  # a value of the forward pass that a gradient takes
    highlighted: bool = False
    back: bool = False  # from one repeat to the next
    crossing: bool = False  # from one part of the picture to another
    became: bool = False  # from what was replaced to what replaces it


class Cluster(NamedTuple):
    """A frame around boxes."""

    name: str
    title: str
    tooltip: str
    repeats: int


class Figure(NamedTuple):
    """Boxes in creation order, the arrows between them, the clusters around them, outer first."""

    boxes: list[Box]
    arrows: list[Arrow]
    clusters: dict[Path, Cluster]
    scale: tuple[tuple[int, str], ...] = ()  # places in theme.heat and what they mean
    kinds: Mapping[str, int] = MappingProxyType({})  # how many nodes of which kind


def figure(
    given: Any,
    *,
    show: str = "all",
    depth: Depth = "auto",
    focus: Node | Iterable[Node] | None = None,
    hops: int = 2,
    highlight: Node | Iterable[Node] = (),
    values: Any = None,
) -> Figure:
    """The boxes and arrows of nodes (or of a graph) and of everything they are computed from."""
    subject = subject_of(given, show, focus, hops)
    lit = {node.number for node in checked_nodes(highlight, "highlight")}
    folded = fold(subject.nodes, subject.pairs, depth=depth)
    notes = notes_of(values, folded.items)
    return drawn(subject, folded, lit, notes)


def drawn(subject: Subject, folded: Folded, lit: set[int], notes: Notes) -> Figure:
    """A figure of what was folded."""
    taken = {link.source for link in folded.links}
    boxes = [
        _box(item, subject.names, i in taken, lit, notes.by_item.get(i, Note()), folded.clusters)
        for i, item in enumerate(folded.items)
    ]
    said = {link.source for link in folded.links if not is_derived(link.pair[1])}
    arrows = [_arrow(link, folded.items, boxes, said) for link in folded.links]
    clusters = {path: cluster_of(path, count) for path, count in folded.clusters.items()}
    boxes, arrows = _kept_beside(boxes, arrows, clusters)
    return Figure(boxes, arrows, clusters, notes.scale, Counter(map(kind_of, subject.nodes)))


def kind_of(node: Node) -> str:
    """Which of theme.OUTLINES stands for a node."""
    if node.is_placeholder:
        return theme.PLACEHOLDER
    if node.is_variable:
        return theme.VARIABLE
    if node.is_constant:
        return theme.CONSTANT
    if node.is_update or node.role == "optimizer":
        return theme.UPDATE
    return theme.GRADIENT if node.role == "gradient" else theme.OPERATION


def box_of(node: Node) -> Box:
    """A node as it is drawn where its shape is said on an arrow."""
    item = Item((node,), path_of(node), None, 1, False)
    return _box(item, {}, True, set(), Note(), {})


def _box(
    item: Item,
    names: dict[int, str],
    taken: bool,
    lit: set[int],
    note: Note,
    clusters: Mapping[Path, int],
) -> Box:
    node = item.first
    times = item.repeats if item.repeats != clusters.get(item.group, 1) else 1
    texts = _folded_lines(item) if item.is_folded else _node_lines(node, names, times)
    if not (taken or item.is_folded):
        texts.append(label.type_text(node))
    return Box(
        node.number,
        theme.SCOPE if item.is_folded else kind_of(node),
        "" if item.is_folded else node.kind,
        label.plain(item.text if item.is_folded else node.name),
        (*[label.shorten(label.plain(text)) for text in texts if text], *note.lines),
        _tooltip(item),
        item.group,
        label.plain(_called(item)),
        any(member.number in lit for member in item.members),
        note.heat,
        note.alarm,
    )


def _called(item: Item) -> str:
    if item.is_folded:
        return scope_text(item.scope, item.repeats) if item.scope else item.text
    return label.scope_and_name(item.first)[1] or label.title(item.first)


def _node_lines(node: Node, names: dict[int, str], times: int) -> list[str]:
    title = label.title(node) + (f" x{times}" if times > 1 else "")
    return [title, names.get(node.number) or label.subtitle(node)]


def _folded_lines(item: Item) -> list[str]:
    count = sum(n.size or 0 for n in item.members if isinstance(n, Variable) and n.trainable)
    name, comma, size = item.text.rpartition(", ")  # only the name is shortened
    name = label.shorten(label.plain(name), label.LABEL_LENGTH - len(comma + size))
    return [name + comma + size, f"{count:,} parameters" if count else ""]


def _tooltip(item: Item) -> str:
    if not item.is_folded:
        more = f" and {len(item.members) - 1} alike" if len(item.members) > 1 else ""
        return label.tooltip(item.first, more)
    kinds = Counter(node.kind for node in item.members).most_common()
    held = ", ".join(f"{count} {kind}" for kind, count in kinds)
    where = "/".join(item.scope[1:]) if item.scope else ""
    text = f"{where}: {held}" if where else held
    return label.shorten(label.plain(text), label.TOOLTIP_LENGTH)


def cluster_of(path: Path, repeats: int = 1) -> Cluster:
    """The frame of a path, which stands for so many alike."""
    name = label.plain(scope_text(path, repeats))
    times = f" x{repeats}" if repeats > 1 else ""
    return Cluster(name, label.shorten(name) + times, "/".join(map(label.plain, path[1:])), repeats)


def _arrow(link: Link, items: Sequence[Item], boxes: Sequence[Box], said: set[int]) -> Arrow:
    """The arrow between two boxes. The shapes of the boxes in `said` are on other arrows."""
    source, target = link.pair
    kept = is_derived(target) and not is_derived(source)
    silent = label.value_text(source) or (kept and link.source in said) or not link.uniform
    alike = (1, items[link.source].repeats, items[link.target].repeats)
    count = 1 if link.back or link.count in alike else link.count
    words = ["" if silent else label.type_text(source), f"x{count}" if count > 1 else ""]
    return Arrow(
        boxes[link.source].number,
        boxes[link.target].number,
        " ".join(word for word in words if word),
        label.shorten(label.plain(_said(link)), label.TOOLTIP_LENGTH),
        is_derived(target) and not kept,
        kept,
        boxes[link.source].highlighted and boxes[link.target].highlighted,
        link.back,
        items[link.source].group[:1] != items[link.target].group[:1],
    )


def _said(link: Link) -> str:
    source, target = link.pair
    more = f" and {link.count - 1} more" if link.count > 1 else ""
    return f"{source.describe()} → {target.kind}{more}"


def _kept_beside(
    boxes: list[Box], arrows: list[Arrow], clusters: Mapping[Path, Cluster]
) -> tuple[list[Box], list[Arrow]]:
    """Many kept values as small boxes beside what takes them, instead of arrows all over."""
    if sum(arrow.kept for arrow in arrows) <= _DIRECT:
        return boxes, arrows
    by_number = {box.number: box for box in boxes}
    beside: dict[tuple[int, Path], Box] = {}
    found = []
    for arrow in arrows:
        if arrow.kept:
            source, target = by_number[arrow.source], by_number[arrow.target]
            key = (source.number, target.group)
            box = beside.setdefault(
                key, _stand_in(source, target.group, -1 - len(beside), clusters)
            )
            arrow = arrow._replace(source=box.number, crossing=False)
        found.append(arrow)
    return [*boxes, *beside.values()], found


def _stand_in(box: Box, group: Path, number: int, clusters: Mapping[Path, Cluster]) -> Box:
    inner = [box.group[:length] for length in range(2, len(box.group) + 1)]
    scope = [] if box.group[1:] == group[1:] else [clusters[path].name for path in inner]
    text = label.shorten("/".join([*scope, box.called]))
    return Box(number, theme.KEPT, "", box.name, (text,), box.tooltip, group)
