"""What nodes are called in formulas: by their given name, or as the user's line names them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from itertools import count
from keyword import iskeyword

from ..errors import plain
from ..graph import Constant, Node

# `h = `, `self.h = `, `self.h = h = `, `h: Node = `: the last name before the value
_ASSIGNED = re.compile(r"\s*(?:[\w.]+\s*=(?!=)\s*)*(?:\w+\.)*([^\W\d]\w*)\s*(?::[^=(]*)?=(?!=)")

_UNPACKED = re.compile(r"\s*([^\W\d]\w*(?:\s*,\s*[^\W\d]\w*)+)\s*=(?!=)")  # `a, b = `


def symbols(nodes: Iterable[Node], *, short: bool = False) -> dict[int, str]:
    """A name for every node, by number, all different but for constants.

    That is the name given to it, without its scopes where that is enough; else the `h` of the line
    `h = ...` whose result it is (`h_1`, `h_2` where the line ran more than once); else the
    automatic name, or with `short` a letter and a number (`u1`, `u2`). A scalar constant is its
    value.
    """
    pool = list(nodes)
    by_line = assigned(pool)
    found = _given(pool, by_line)
    taken = set(found.values())
    for name, results in by_line.items():
        for place, node in enumerate(results, 1):
            symbol = f"{name}_{place}" if len(results) > 1 else name
            if node.number not in found and symbol not in taken:
                found[node.number] = symbol
                taken.add(symbol)
    free = (f"u{place}" for place in count(1) if f"u{place}" not in taken)
    for node in pool:
        if node.number not in found:
            found[node.number] = next(free) if short else plain(node.name)
    return found


def _given(pool: list[Node], by_line: dict[str, list[Node]]) -> dict[int, str]:
    """The names that were given, and the values of scalar constants.

    `W_1` is called `W` where its line is `W = ...`: the suffix only tells it from an older node.
    """
    lines = {node.number: name for name, results in by_line.items() for node in results}
    tails = {node.number: unscoped(node) for node in pool if node._own_name}
    for number, tail in tails.items():
        base = without_suffix(tail)
        if lines.get(number) == base:
            tails[number] = base
    uses = Counter(tails.values())
    found = {}
    for node in pool:
        if isinstance(node, Constant) and node.shape == ():
            found[node.number] = str(node.value)
        elif node._own_name:
            tail = tails[node.number]
            found[node.number] = plain(tail if uses[tail] == 1 else node._own_name)
    return found


def without_suffix(name: str) -> str:
    """`W` for the `W_1` that a node is called when there is a `W` already."""
    return re.sub(r"_\d+$", "", name)


def unscoped(node: Node) -> str:
    """The name given to a node, without its scopes."""
    return (node._own_name or "").removeprefix(node._scope)


def assigned(nodes: Iterable[Node]) -> dict[str, list[Node]]:
    """The nodes that lines of the form `name = ...` or `a, b = ...` made last, by that name."""
    by_line: dict[tuple[tuple[str, ...], str, int], list[Node]] = {}
    for node in nodes:
        origin = node.origin
        names = _assigned_by(origin.text) if origin is not None else ()
        if origin is not None and names:
            by_line.setdefault((names, origin.file, origin.line), []).append(node)
    found: dict[str, list[Node]] = {}
    for (names, _, _), made in by_line.items():
        for name, results in zip(names, _results(made, len(names)), strict=False):
            found.setdefault(name, []).extend(results)
    return {name: sorted(made, key=lambda n: n.number) for name, made in found.items()}


def _results(made: list[Node], count: int) -> list[list[Node]]:
    """What a line that assigns to `count` names gave to each, every time it ran.

    For one name those are the nodes of the line's last instruction. It may make several nodes, as
    gf.var does; the one meant is of the kind made last. For more names they are told apart only if
    there is one node for each, as in `W, b = gf.Variable(...), gf.Variable(...)`.
    """
    if count > 1:
        inside = {source.number for node in made for source in node.inputs}
        ends = sorted([n for n in made if n.number not in inside], key=lambda n: n.number)
        return [[node] for node in ends] if len(ends) == count else []
    last = max(node._where[1] for node in made if node._where is not None)
    there = [node for node in made if node._where is not None and node._where[1] == last]
    kind = type(max(there, key=lambda n: n.number))
    return [[node for node in there if type(node) is kind]]


def _assigned_by(line: str) -> tuple[str, ...]:
    """The names that a line of one statement assigns to; none where it does something else."""
    match = _UNPACKED.match(line) or _ASSIGNED.match(line)
    names = tuple(name.strip() for name in match[1].split(",")) if match else ()
    return () if ";" in line or any(map(iskeyword, names)) else names
