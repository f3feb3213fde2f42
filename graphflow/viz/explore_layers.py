"""Where boxes go: in layers, inputs above what takes them, few crossings, edges nearly straight.

Ranks by longest paths, order within a layer by barycenters, places by isotonic regression. Source:
K. Sugiyama, S. Tagawa, M. Toda, Methods for visual understanding of hierarchical system
structures, IEEE Trans. SMC 11 (1981).
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from itertools import pairwise
from math import ceil, sqrt
from typing import NamedTuple

Point = tuple[float, float]
Edge = tuple[int, int]

GAP = 18.0  # between boxes of a layer
RISE = 34.0  # between layers
_NEAR = 14.0  # beside a layer that only edges pass
THREAD = 6.0  # the width of an edge that passes a layer
_SWEEPS = 6
_MOST_BENDS = 4000


class Layers(NamedTuple):
    """The middles of boxes, the bends of edges that pass layers, and the size of it all."""

    middles: list[Point]
    bends: dict[Edge, list[Point]]
    width: float
    height: float


def layers(
    sizes: Sequence[Point],
    edges: Sequence[Edge],
    tops: Container[int] = (),
    bottoms: Container[int] = (),
) -> Layers:
    """Boxes of these widths and heights in layers; an edge goes from a lower to a higher number.

    The boxes in `tops` and `bottoms` are in the first layer and the last.
    """
    if not sizes:
        return Layers([], {}, 0.0, 0.0)
    ranks = _ranks(len(sizes), edges, tops, bottoms)
    threads, links = _threads(ranks, edges)
    widths = [width for width, _ in sizes] + [THREAD] * (len(ranks) - len(sizes))
    rows = _rows(ranks)
    above, below = _neighbours(len(ranks), links)
    _untangle(rows, above, below)
    x = _across(rows, widths, above, below)
    y, height = _down(rows, [h for _, h in sizes] + [0.0] * (len(ranks) - len(sizes)))
    left = min(x[i] - widths[i] / 2 for i in range(len(x)))
    right = max(x[i] + widths[i] / 2 for i in range(len(x)))
    points = [(x[i] - left, y[ranks[i]]) for i in range(len(ranks))]
    bends = {edge: [points[i] for i in thread] for edge, thread in threads.items()}
    return Layers(points[: len(sizes)], bends, right - left, height)


def in_a_row(sizes: Sequence[Point], gap: float) -> Layers:
    """Boxes beside each other, their upper edges in a line."""
    middles, right = [], 0.0
    for width, height in sizes:
        middles.append((right + width / 2, height / 2))
        right += width + gap
    return Layers(middles, {}, max(right - gap, 0.0), max((h for _, h in sizes), default=0.0))


def _ranks(
    count: int, edges: Sequence[Edge], tops: Container[int], bottoms: Container[int]
) -> list[int]:
    """The layer of each box: below its inputs; what has none right above its first consumer."""
    ranks = [0] * count
    taken, takes = [False] * count, [False] * count
    for source, target in sorted(edges, key=lambda edge: edge[1]):
        ranks[target] = max(ranks[target], ranks[source] + 1)
        taken[source] = takes[target] = True
    nearest: dict[int, int] = {}
    for source, target in edges:
        if not takes[source] and source not in tops:
            nearest[source] = min(nearest.get(source, count), ranks[target] - 1)
    ranks = [nearest.get(i, rank) for i, rank in enumerate(ranks)]
    alone = [i for i in range(count) if not taken[i] and not takes[i]]
    base = max((ranks[i] for i in range(count) if taken[i] or takes[i]), default=-1) + 1
    columns = max(1, ceil(sqrt(2 * len(alone))))
    for place, i in enumerate(alone):
        ranks[i] = base + place // columns
    last = max(ranks)
    return [last if i in bottoms else rank for i, rank in enumerate(ranks)]


def _threads(ranks: list[int], edges: Sequence[Edge]) -> tuple[dict[Edge, list[int]], list[Edge]]:
    """A number for every layer that an edge passes (appended to `ranks`), and all short links."""
    threads: dict[Edge, list[int]] = {}
    links: list[Edge] = []
    room = _MOST_BENDS
    for source, target in dict.fromkeys(edges):
        passed = range(ranks[source] + 1, ranks[target])
        if len(passed) > room:
            continue
        room -= len(passed)
        thread = list(range(len(ranks), len(ranks) + len(passed)))
        ranks.extend(passed)
        threads[source, target] = thread
        stops = [source, *thread, target]
        links += pairwise(stops)
    return threads, links


def _rows(ranks: Sequence[int]) -> list[list[int]]:
    rows: list[list[int]] = [[] for _ in range(max(ranks) + 1)]
    for i, rank in enumerate(ranks):
        rows[rank].append(i)
    return rows


def _neighbours(count: int, links: Sequence[Edge]) -> tuple[list[list[int]], list[list[int]]]:
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for source, target in links:
        above[target].append(source)
        below[source].append(target)
    return above, below


def _untangle(rows: list[list[int]], above: list[list[int]], below: list[list[int]]) -> None:
    """Order every row by the means of its neighbours' places, downward and upward in turn."""
    place = {i: float(p) for row in rows for p, i in enumerate(row)}
    for sweep in range(_SWEEPS):
        near = above if sweep % 2 == 0 else below
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted = {i: _mean([place[j] for j in near[i]], place[i]) for i in row}
            row.sort(key=wanted.__getitem__)
            place.update((i, float(p)) for p, i in enumerate(row))


def _across(
    rows: list[list[int]],
    widths: Sequence[float],
    above: list[list[int]],
    below: list[list[int]],
) -> list[float]:
    """The horizontal middle of everything: near that of its neighbours, without overlap."""
    x = [0.0] * len(widths)
    for row in rows:
        for i, place in zip(row, _apart(row, [0.0] * len(row), widths), strict=True):
            x[i] = place
    for sweep in range(2 * _SWEEPS):
        near = above if sweep % 2 == 0 else below
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted = [_mean([x[j] for j in near[i]], x[i]) for i in row]
            for i, place in zip(row, _apart(row, wanted, widths), strict=True):
                x[i] = place
    return x


def _apart(row: Sequence[int], wanted: Sequence[float], widths: Sequence[float]) -> list[float]:
    """The places nearest to those wanted, by least squares, that leave a gap between boxes.

    Pool adjacent violators on the places less what stands to their left.
    """
    offsets, total = [], 0.0
    for left, right in pairwise(row):
        offsets.append(total)
        total += (widths[left] + widths[right]) / 2 + GAP
    offsets.append(total)
    pools: list[tuple[float, int]] = []  # mean, members
    for want, offset in zip(wanted, offsets, strict=False):
        mean, count = want - offset, 1
        while pools and pools[-1][0] > mean:
            other, members = pools.pop()
            mean, count = (mean * count + other * members) / (count + members), count + members
        pools.append((mean, count))
    flat = [mean for mean, count in pools for _ in range(count)]
    return [mean + offset for mean, offset in zip(flat, offsets, strict=False)]


def _down(rows: list[list[int]], heights: Sequence[float]) -> tuple[list[float], float]:
    """The vertical middle of each row, and the height of all."""
    middles, bottom, gap = [], 0.0, 0.0
    for row in rows:
        tallest = max((heights[i] for i in row), default=0.0)
        top = bottom + (min(gap, _NEAR) if not tallest else gap)
        middles.append(top + tallest / 2)
        bottom, gap = top + tallest, RISE if tallest else _NEAR
    return middles, bottom


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
