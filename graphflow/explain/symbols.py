"""What nodes are called in formulas: by their given name, or as the user's line names them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from itertools import count
from keyword import iskeyword

from ..graph import Constant, Node

# `h = `, `self.h = `, `self.h = h = `, `h: Node = `: the last name before the value
_ASSIGNED = re.compile(r"\s*(?:[\w.]+\s*=(?!=)\s*)*(?:\w+\.)*([^\W\d]\w*)\s*(?::[^=(]*)?=(?!=)")


def symbols(nodes: Iterable[Node], *, short: bool = False) -> dict[int, str]:
    """A name for every node, by number, all different but for constants.

    That is the name given to it, without its scopes where that is enough; else the `h` of the line
    `h = ...` whose result it is (`h_1`, `h_2` where the line ran more than once); else the
    automatic name, or with `short` a letter and a number (`u1`, `u2`). A scalar constant is its
    value.
    """
    pool = list(nodes)
    found = _given(pool)
    taken = set(found.values())
    for name, results in assigned(pool).items():
        for place, node in enumerate(results, 1):
            symbol = f"{name}_{place}" if len(results) > 1 else name
            if node.number not in found and symbol not in taken:
                found[node.number] = symbol
                taken.add(symbol)
    free = (f"u{place}" for place in count(1) if f"u{place}" not in taken)
    for node in pool:
        if node.number not in found:
            found[node.number] = next(free) if short else node.name
    return found


def _given(pool: list[Node]) -> dict[int, str]:
    """The names that were given, and the values of scalar constants."""
    tails = Counter(unscoped(node) for node in pool if node._own_name)
    found = {}
    for node in pool:
        if isinstance(node, Constant) and node.shape == ():
            found[node.number] = str(node.value)
        elif node._own_name:
            tail = unscoped(node)
            found[node.number] = tail if tails[tail] == 1 else node._own_name
    return found


def unscoped(node: Node) -> str:
    """The name given to a node, without its scopes."""
    return (node._own_name or "").removeprefix(node._scope)


def assigned(nodes: Iterable[Node]) -> dict[str, list[Node]]:
    """The nodes that lines of the form `name = ...` made last, by that name."""
    by_line: dict[tuple[str, str, int], list[Node]] = {}
    for node in nodes:
        origin = node.origin
        name = _assigned_by(origin.text) if origin is not None else ""
        if origin is not None and name:
            by_line.setdefault((name, origin.file, origin.line), []).append(node)
    found: dict[str, list[Node]] = {}
    for (name, _, _), made in by_line.items():
        found.setdefault(name, []).extend(_results(made))
    return {name: sorted(made, key=lambda n: n.number) for name, made in found.items()}


def _results(made: list[Node]) -> list[Node]:
    """What the whole line gave, each time it ran: the nodes of its last instruction.

    One instruction may make several nodes, as gf.var does; the one meant is of the kind made last.
    """
    last = max(node._where[1] for node in made if node._where is not None)
    there = [node for node in made if node._where is not None and node._where[1] == last]
    kind = type(max(there, key=lambda n: n.number))
    return [node for node in there if type(node) is kind]


def _assigned_by(line: str) -> str:
    """The name that a line of one statement assigns to; empty where it does something else."""
    match = _ASSIGNED.match(line)
    return match[1] if match and ";" not in line and not iskeyword(match[1]) else ""
