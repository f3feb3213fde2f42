"""Which nodes can share a box: those of a folded scope, and those that are alike."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from ..graph import Node
from .label import scope_and_name

Path = tuple[str, ...]  # the part of the picture, then the scopes, outermost first
Depth = int | None | Literal["auto"]

ALIKE_AT_LEAST = 3  # so many are drawn as one
DEEPEST = 8  # scopes nested deeper are taken as one
PARTS = {"gradient": "gradients", "optimizer": "optimizer"}  # by role


def path_of(node: Node) -> Path:
    """The part of the picture a node is in, then its scopes, outermost first."""
    scope = scope_and_name(node)[0]
    if len(scope) > DEEPEST:
        scope = (*scope[: DEEPEST - 1], "/".join(scope[DEEPEST - 1 :]))
    return (PARTS.get(node.role, ""), *scope)


class Key(NamedTuple):
    """Which item a node belongs to, and where that is."""

    identity: Hashable
    group: Path
    scope: Path | None
    instance: Hashable  # which of several alike
    path: Path  # of the node itself
    outside: bool = False


def fitting(nodes: Sequence[Node], depth: Depth, budget: int) -> list[Key]:
    """The keys of the most detailed folding within the budget, or of the last there is.

    Raises ValueError for a depth that is none.
    """
    _check_depth(depth)
    keys: list[Key] = []
    for keys in _foldings(nodes, [path_of(node) for node in nodes], depth, budget):
        if len({key.identity for key in keys}) <= budget:
            break
    return keys


def _foldings(
    nodes: Sequence[Node], paths: Sequence[Path], depth: Depth, budget: int
) -> Iterator[list[Key]]:
    """Foldings to choose from, the most detailed first."""
    deepest = max(map(len, paths), default=1) - 1
    limit = depth if isinstance(depth, int) else deepest
    yield _by_depth(nodes, paths, limit)
    if depth is None:
        return
    alike = _Alike(nodes, paths)
    yield alike.keys(limit)
    if depth == "auto":
        for level in range(deepest - 1, -1, -1):
            yield alike.keys(level)
        yield _runs(alike.keys(0), budget)


def _by_depth(nodes: Sequence[Node], paths: Sequence[Path], depth: int) -> list[Key]:
    """Scopes below `depth` folded, nothing else."""
    cut = depth + 2
    return [
        Key(path[:cut], path[: cut - 1], path[:cut], path[:cut], path)
        if len(path) >= cut
        else Key(node.number, path, None, node.number, path)
        for node, path in zip(nodes, paths, strict=True)
    ]


class _Alike:
    """Which scopes are of one structure, and which nodes one line of a loop made."""

    def __init__(self, nodes: Sequence[Node], paths: Sequence[Path]) -> None:
        self._nodes = nodes
        self._paths = paths
        self._positions: dict[int, list[Hashable]] = {}
        self._stands_for = _representatives(nodes, paths)
        self._copies = Counter(self._stands_for.values())
        self._lines = [self._line(node, path) for node, path in zip(nodes, paths, strict=True)]
        self._made = Counter(self._lines)

    def _line(self, node: Node, path: Path) -> Hashable:
        return (self._stands_for[path], type(node), node.shape, node.dtype, self._place(node))

    def _place(self, node: Node) -> Hashable:
        """The part of the user's text that made a node: file or code, line and column."""
        if node._where is None:
            return None
        code, offset = node._where
        positions = self._positions.get(id(code))
        if positions is None:
            positions = self._positions[id(code)] = list(code.co_positions())
        return (id(code), positions[offset // 2])  # two bytes for each instruction

    def keys(self, depth: int) -> list[Key]:
        """Alike siblings as one, and scopes below `depth` folded."""
        cut = depth + 2
        counts: Counter[Path] = Counter()
        found = []
        for node, path, line in zip(self._nodes, self._paths, self._lines, strict=True):
            first = self._stands_for[path]
            if len(path) >= cut:
                key = Key(first[:cut], first[: cut - 1], first[:cut], path[:cut], path)
            elif self._copies[first] > 1:
                key = Key((first, counts[path], type(node)), first, None, path, path)
            elif self._made[line] >= ALIKE_AT_LEAST:
                key = Key(line, first, None, node.number, path)
            else:
                key = Key(node.number, first, None, node.number, path)
            counts[path] += 1
            found.append(key)
        return found


def _representatives(nodes: Sequence[Node], paths: Sequence[Path]) -> dict[Path, Path]:
    """For every path the first that is alike: itself, where it is not one of several."""
    structure = _structures(nodes, paths)
    children: dict[Path, list[Path]] = {}
    for path in structure:
        children.setdefault(path[:-1], []).append(path)
    found = {path[:1]: path[:1] for path in paths}
    names: dict[tuple[Path, int], str] = {}
    for parent, siblings in children.items():
        first = found[parent]
        for place, alike in enumerate(_alike_siblings(siblings, structure)):
            name = names.setdefault((first, place), alike[0][-1])
            found.update(dict.fromkeys(alike, (*first, name)))
    return found


def _structures(nodes: Sequence[Node], paths: Sequence[Path]) -> dict[Path, list[int]]:
    """What is below each scope, in order: equal lists are equal structures."""
    codes: dict[Hashable, int] = {}
    found: dict[Path, list[int]] = {}
    for node, path in zip(nodes, paths, strict=True):
        for length in range(2, len(path) + 1):
            below = tuple(map(stem, path[length:]))
            what = (below, type(node), node.shape, node.dtype)
            found.setdefault(path[:length], []).append(codes.setdefault(what, len(codes)))
    return found


def _alike_siblings(siblings: list[Path], structure: dict[Path, list[int]]) -> list[list[Path]]:
    classes: dict[Hashable, list[Path]] = {}
    for path in siblings:
        classes.setdefault((stem(path[-1]), tuple(structure[path])), []).append(path)
    found: list[list[Path]] = []
    for alike in classes.values():
        found += [alike] if len(alike) >= ALIKE_AT_LEAST else [[path] for path in alike]
    return found


@lru_cache(maxsize=4096)
def stem(name: str) -> str:
    """`layer_12` as `layer`."""
    return re.sub(r"[\W_]*\d+$", "", name)


def _runs(keys: list[Key], budget: int) -> list[Key]:
    """As many consecutive items of a part as one as the budget needs."""
    size = -(-len({key.identity for key in keys}) // max(budget - len(PARTS) - 1, 1))
    places: dict[Hashable, int] = {}
    counts: Counter[str] = Counter()
    found = []
    for key in keys:
        part = key.group[0]
        if key.identity not in places:
            places[key.identity] = counts[part] // size
            counts[part] += 1
        found.append(Key((part, places[key.identity]), (part,), None, 0, key.path))
    return found


def _check_depth(depth: Depth) -> None:
    is_number = isinstance(depth, int) and not isinstance(depth, bool) and depth >= 0
    if not is_number and depth is not None and depth != "auto":
        raise ValueError(f'draw: depth must be "auto", None or a number from 0, not {depth!r}')
