"""Fewer boxes than nodes: a scope as one box, repeats as one box, the arrows between them merged.

    folded = fold(nodes)                   # at most about 120 items, each of one or more nodes
    folded.items[3].text                   # "layer3, 14 ops", "tanh x50", "" for a single node
    folded.links[0].count                  # how many arrows of the graph this one stands for
    view = inside(nodes, folded.items[3].one)   # what an item holds, and its surroundings

Every node is a member of exactly one item. A node's path is its part of the picture ("" for the
forward pass, "gradients", "optimizer") and its scopes; an item stands in the cluster `item.group`,
which is such a path, and a folded scope has a path of its own, `item.scope`. Nothing here knows of
layout or colour, and nothing recurses: the work is linear in nodes, inputs and depth of scopes.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple

from ..graph import Node
from .alike import Depth, Key, Path, fitting, path_of, stem

Pair = tuple[Node, Node]  # a node, and one that takes it

BUDGET = 120  # items that a reader can take in
FORWARD = "forward"  # what the part "" is called


class Item(NamedTuple):
    """One box: a node, a folded scope, several alike ones of either, or a run of nodes."""

    members: tuple[Node, ...]  # in creation order
    group: Path  # the cluster it stands in
    scope: Path | None  # the scope that it folds (of several alike, the first)
    repeats: int  # how many alike it stands for
    outside: bool  # beyond what `inside` was asked for

    @property
    def first(self) -> Node:
        """The first member: what a box of alike nodes looks like."""
        return self.members[0]

    @property
    def is_folded(self) -> bool:
        """Whether it holds nodes that are not alike, so that there is something to open."""
        return len(self.members) > self.repeats

    @property
    def one(self) -> tuple[Node, ...]:
        """The members of one of those that are alike: what there is to open."""
        if self.scope is None:
            return self.members if self.repeats == 1 else self.members[:1]
        depth = len(self.scope)
        return tuple(node for node in self.members if path_of(node)[:depth] == self.scope)

    @property
    def text(self) -> str:
        """`layer3, 14 ops`, `tanh x50`; empty for a single node."""
        if len(self.members) == 1:
            return ""
        times = f" x{self.repeats}" if self.repeats > 1 else ""
        if not self.is_folded:
            return f"{self.first.kind}{times}"
        size = counted(self.one)
        return (f"{scope_text(self.scope, self.repeats)}, {size}" if self.scope else size) + times


class Link(NamedTuple):
    """The arrows from one item to another, drawn as one."""

    source: int  # indices of items
    target: int
    count: int  # type: ignore[assignment]  # not tuple.count: arrows of the graph
    back: bool  # against the order of the picture: from one repeat to the next
    pair: Pair  # the first of them
    uniform: bool  # all carry values of one shape and dtype


class Folded(NamedTuple):
    """What to draw: items in the order of their first members, and the links between them."""

    items: list[Item]
    links: list[Link]
    place: dict[int, int]  # the index of its item by a node's number
    clusters: dict[Path, int]  # how many alike scopes each cluster stands for, outer ones first


def fold(
    nodes: Sequence[Node],
    pairs: Iterable[Pair] | None = None,
    *,
    depth: Depth = "auto",
    budget: int = BUDGET,
) -> Folded:
    """`nodes`, in creation order, as items: scopes deeper than `depth` are one item each.

    0 folds every scope, None folds nothing. "auto" shows all where that is at most `budget` items.
    Else alike siblings become one: scopes of one structure whose names differ in a number, nodes
    that one line of a loop made. Then the deepest scopes are folded, level by level, and at last
    runs of nodes, until the budget is kept. With a number, alike siblings become one if it is not.
    `pairs` are the arrows, by default all from a node to one that takes it.
    """
    keys = fitting(nodes, depth, budget)
    return _gathered(nodes, keys, all_pairs(nodes) if pairs is None else pairs)


def inside(
    nodes: Sequence[Node],
    members: Sequence[Node],
    *,
    depth: Depth = "auto",
    budget: int = BUDGET,
) -> Folded:
    """`members` as `fold` shows them, and what they are connected with among `nodes`, folded.

    An item that lies outside says so. The `members` are `one` of an item, or the nodes of a scope.
    """
    keys = {n.number: k for n, k in zip(members, fitting(members, depth, budget), strict=True)}
    pairs = [p for p in all_pairs(nodes) if p[0].number in keys or p[1].number in keys]
    common = _common([path_of(node) for node in members])
    around = {n.number: _surroundings(path_of(n), n, common) for n in nodes if n.number not in keys}
    touched = {around[n.number].identity for pair in pairs for n in pair if n.number in around}
    keys |= {number: key for number, key in around.items() if key.identity in touched}
    shown = [node for node in nodes if node.number in keys]
    return _gathered(shown, [keys[node.number] for node in shown], pairs)


def scopes(nodes: Iterable[Node]) -> dict[Path, list[Node]]:
    """The nodes below each path, that of a part of the picture included, in order of appearance."""
    found: dict[Path, list[Node]] = {}
    for node in nodes:
        path = path_of(node)
        for length in range(1, len(path) + 1):
            found.setdefault(path[:length], []).append(node)
    return found


def all_pairs(nodes: Iterable[Node]) -> list[Pair]:
    """Every arrow between the nodes; a node used twice by another has two."""
    listed = list(nodes)
    shown = {node.number for node in listed}
    return [(source, node) for node in listed for source in node.inputs if source.number in shown]


def scope_text(path: Path, repeats: int = 1) -> str:
    """What a scope or part is called: by its name, of several alike without their number."""
    return (stem(path[-1]) if repeats > 1 else path[-1]) or path[-1] or FORWARD


def counted(nodes: Sequence[Node]) -> str:
    """`14 ops`; of leaves alone, `2 nodes`."""
    operations = sum(bool(node.inputs) for node in nodes)
    count, what = (operations, "op") if operations else (len(nodes), "node")
    return f"{count:,} {what}" + ("" if count == 1 else "s")


def _surroundings(path: Path, node: Node, common: Path) -> Key:
    """A node outside a scope, in the largest scope (or part) that does not hold that scope too."""
    shared = 0
    while shared < min(len(path), len(common)) and path[shared] == common[shared]:
        shared += 1
    if shared == len(path):
        return Key(node.number, path, None, node.number, path, outside=True)
    scope = path[: shared + 1]
    return Key(scope, path[:shared], scope, scope, path, outside=True)


def _common(paths: Sequence[Path]) -> Path:
    """What all paths begin with."""
    if not paths:
        return ()
    low, high = min(paths), max(paths)  # what the least and the greatest share, all do
    length = 0
    while length < len(low) and low[length] == high[length]:
        length += 1
    return low[:length]


def _gathered(nodes: Sequence[Node], keys: Sequence[Key], pairs: Iterable[Pair]) -> Folded:
    members: dict[Hashable, list[Node]] = {}
    first: dict[Hashable, Key] = {}
    alike: dict[Hashable, set[Hashable]] = {}
    for node, key in zip(nodes, keys, strict=True):
        first.setdefault(key.identity, key)
        members.setdefault(key.identity, []).append(node)
        alike.setdefault(key.identity, set()).add(key.instance)
    items = [
        Item(tuple(held), key.group, key.scope, len(alike[identity]), key.outside)
        for (identity, held), key in zip(members.items(), first.values(), strict=True)
    ]
    index = {identity: i for i, identity in enumerate(members)}
    key_of = {node.number: key for node, key in zip(nodes, keys, strict=True)}
    place = {number: index[key.identity] for number, key in key_of.items()}
    return Folded(items, _links(items, place, key_of, pairs), place, _clusters(keys))


def _clusters(keys: Iterable[Key]) -> dict[Path, int]:
    """The clusters, those around others first, with the number of scopes each stands for."""
    around = dict.fromkeys((key.group, key.path[: len(key.group)]) for key in keys)
    found: dict[Path, dict[Path, None]] = {}
    for group, path in around:
        for length in range(1, len(group) + 1):
            found.setdefault(group[:length], {})[path[:length]] = None
    return {group: len(paths) for group, paths in found.items()}


def _links(
    items: list[Item], place: dict[int, int], key_of: dict[int, Key], pairs: Iterable[Pair]
) -> list[Link]:
    found: dict[Hashable, Link] = {}
    for pair in pairs:
        a, b = (node.number for node in pair)
        source, target = place[a], place[b]
        if source == target and key_of[a].instance == key_of[b].instance:
            continue
        single = len(items[source].members) == len(items[target].members) == 1
        key = (source, target, len(found) if single else -1)
        known = found.get(key)
        if known is None:
            found[key] = Link(source, target, 1, source >= target, pair, True)
        else:
            like = known.pair[0].shape == pair[0].shape and known.pair[0].dtype == pair[0].dtype
            found[key] = known._replace(count=known.count + 1, uniform=known.uniform and like)
    return list(found.values())
