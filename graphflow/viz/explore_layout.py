"""A folded graph laid out: boxes in layers, clusters as frames around theirs, edges as paths."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from .alike import Path
from .explore_layers import THREAD, Layers, Point, in_a_row, layers
from .fold import Folded, Link

_PAD = 12.0
_TITLE = 20.0
_BETWEEN = 70.0  # parts
_ASIDE = 46.0  # how far an edge against the order swings out

Box = int | Path  # an item by its index, or a cluster


class Port(NamedTuple):
    """Where links to (or from) one box of a cluster cross the frame."""

    cluster: Path
    box: Box
    enters: bool


Child = Box | Port


class Rect(NamedTuple):
    """A rectangle by its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float


class Layout(NamedTuple):
    """Rectangles of items and clusters, and a path (SVG's `d`) for every link."""

    items: list[Rect]
    clusters: dict[Path, Rect]
    paths: list[str]
    width: float
    height: float


class _Wire(NamedTuple):
    """A pair of children of a cluster that a link connects there."""

    cluster: Path
    source: Child
    target: Child


def laid_out(folded: Folded, sizes: Sequence[Point]) -> Layout:
    """The layout of a folding whose items have these widths and heights.

    Clusters are laid out from the inside out: to the one around it, a cluster is a box. The parts
    of the picture stand beside each other.
    """
    clusters: list[Path] = [(), *folded.clusters]
    children = _children(folded, clusters)
    order = {box: place for boxes in children.values() for place, box in enumerate(boxes)}
    wires = [_wires(folded, link, order) for link in folded.links]
    inner = _inner(clusters, children, wires, sizes)
    places = {path: {box: i for i, box in enumerate(inner[path][0])} for path in clusters}
    corners = _corners(clusters, inner, sizes)
    items = [Rect(*corners[i], *sizes[i]) for i in range(len(sizes))]
    frames = {path: Rect(*corners[path], *_size(path, sizes, inner)) for path in folded.clusters}
    paths = []
    for link, its in zip(folded.links, wires, strict=True):
        bends = [point for wire in its for point in _bends(wire, places, inner, corners)]
        apart = folded.items[link.source].group[:1] != folded.items[link.target].group[:1]
        paths.append(_route(items[link.source], items[link.target], bends, apart))
    outer = inner[()][1]
    return Layout(items, frames, paths, outer.width, outer.height)


_Inner = dict[Path, tuple[list[Child], Layers]]


def _children(folded: Folded, clusters: Sequence[Path]) -> dict[Path, list[Box]]:
    """What stands in every cluster, by the order of the first items in it."""
    first: dict[Box, int] = {}
    children: dict[Path, list[Box]] = {path: [] for path in clusters}
    for i, item in enumerate(folded.items):
        first[i] = i
        children[item.group].append(i)
        for length in range(1, len(item.group) + 1):
            first.setdefault(item.group[:length], i)
    for path in folded.clusters:
        children[path[:-1]].append(path)
    for boxes in children.values():
        boxes.sort(key=first.__getitem__)
    return children


def _wires(folded: Folded, link: Link, order: dict[Box, int]) -> list[_Wire]:
    """What a link passes: out of frames, from box to box where both ends meet, into frames.

    Nothing where it leaves its part of the picture or runs against the order.
    """
    source, target = folded.items[link.source].group, folded.items[link.target].group
    shared = 0
    while shared < min(len(source), len(target)) and source[shared] == target[shared]:
        shared += 1
    a: Box = link.source if len(source) == shared else source[: shared + 1]
    b: Box = link.target if len(target) == shared else target[: shared + 1]
    if not shared or order[a] >= order[b]:
        return []
    out, into = [], []
    box: Box = link.source
    for length in range(len(source), shared, -1):
        out.append(_Wire(source[:length], box, Port(source[:length], box, False)))
        box = source[:length]
    box = link.target
    for length in range(len(target), shared, -1):
        into.append(_Wire(target[:length], Port(target[:length], box, True), box))
        box = target[:length]
    return [*out, _Wire(source[:shared], a, b), *reversed(into)]


def _inner(
    clusters: Sequence[Path],
    children: dict[Path, list[Box]],
    wires: Sequence[Sequence[_Wire]],
    sizes: Sequence[Point],
) -> _Inner:
    """Every cluster's children, ports included, and their layers; the deepest first."""
    by_cluster: dict[Path, dict[_Wire, None]] = {path: {} for path in clusters}
    for its in wires:
        for wire in its:
            by_cluster[wire.cluster][wire] = None
    inner: _Inner = {}
    for path in reversed(clusters):
        own = by_cluster[path]
        tops = list(dict.fromkeys(wire.source for wire in own if isinstance(wire.source, Port)))
        ends = list(dict.fromkeys(wire.target for wire in own if isinstance(wire.target, Port)))
        every: list[Child] = [*tops, *children[path], *ends]
        boxes = [_size(child, sizes, inner) for child in every]
        place = {child: i for i, child in enumerate(every)}
        edges = [(place[wire.source], place[wire.target]) for wire in own]
        below = range(len(every) - len(ends), len(every))
        laid = layers(boxes, edges, range(len(tops)), below) if path else in_a_row(boxes, _BETWEEN)
        inner[path] = (every, laid)
    return inner


def _size(child: Child, sizes: Sequence[Point], inner: _Inner) -> Point:
    if isinstance(child, int):
        return sizes[child]
    if isinstance(child, Port):
        return THREAD, 0.0
    held = inner[child][1]
    return held.width + 2 * _PAD, held.height + 2 * _PAD + _TITLE


def _corners(clusters: Sequence[Path], inner: _Inner, sizes: Sequence[Point]) -> dict[Child, Point]:
    """The upper left corner of everything, from the outside in."""
    corners: dict[Child, Point] = {(): (-_PAD, -_PAD - _TITLE)}
    for path in clusters:
        left, top = _inside(corners[path])
        for child, (x, y) in zip(inner[path][0], inner[path][1].middles, strict=True):
            width, height = _size(child, sizes, inner)
            corners[child] = (left + x - width / 2, top + y - height / 2)
    return corners


def _inside(corner: Point) -> Point:
    return corner[0] + _PAD, corner[1] + _PAD + _TITLE


def _bends(
    wire: _Wire,
    places: dict[Path, dict[Child, int]],
    inner: _Inner,
    corners: dict[Child, Point],
) -> list[Point]:
    """The points that a wire passes: its bends, and the port at its end."""
    laid = inner[wire.cluster][1]
    source, target = (places[wire.cluster][child] for child in (wire.source, wire.target))
    points = list(laid.bends.get((source, target), []))
    if isinstance(wire.source, Port):
        points.insert(0, laid.middles[source])
    if isinstance(wire.target, Port):
        points.append(laid.middles[target])
    left, top = _inside(corners[wire.cluster])
    return [(left + x, top + y) for x, y in points]


def _route(source: Rect, target: Rect, bends: Sequence[Point], apart: bool) -> str:
    """From a box to another: down through the bends; sideways between parts; aside if upward."""
    if apart:
        return _sideways(source, target)
    start = (source.x + source.width / 2, source.y + source.height)
    end = (target.x + target.width / 2, target.y)
    if end[1] < start[1]:
        return _aside(source, target)
    text = f"M{start[0]:.0f} {start[1]:.0f}"
    for (x0, y0), (x1, y1) in pairwise([start, *bends, end]):
        middle = (y0 + y1) / 2
        text += f"C{x0:.0f} {middle:.0f} {x1:.0f} {middle:.0f} {x1:.0f} {y1:.0f}"
    return text


def _sideways(source: Rect, target: Rect) -> str:
    right = target.x > source.x
    x0, y0 = source.x + source.width * right, source.y + source.height / 2
    x1, y1 = target.x + target.width * (not right), target.y + target.height / 2
    middle = (x0 + x1) / 2
    return f"M{x0:.0f} {y0:.0f}C{middle:.0f} {y0:.0f} {middle:.0f} {y1:.0f} {x1:.0f} {y1:.0f}"


def _aside(source: Rect, target: Rect) -> str:
    x0, y0 = source.x + source.width, source.y + source.height / 2
    x1, y1 = target.x + target.width, target.y + target.height / 2
    if source == target:  # a loop, from below the middle to above it
        y0, y1 = y0 + source.height / 4, y1 - source.height / 4
    out = max(x0, x1) + _ASIDE
    return f"M{x0:.0f} {y0:.0f}C{out:.0f} {y0:.0f} {out:.0f} {y1:.0f} {x1:.0f} {y1:.0f}"
