"""A graph in a table: what each scope holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import plain

if TYPE_CHECKING:
    from .node import Node

_HEAD = ("scope", "operations", "parameters", "output")


def summarized(nodes: Sequence[Node]) -> str:
    """A row per scope of the forward nodes in order of appearance, then the totals."""
    forward = [node for node in nodes if node.role == "forward"]
    scopes: dict[str, list[Node]] = {}
    for node in forward:
        scopes.setdefault(node.name.rpartition("/")[0], []).append(node)
    rows = [_HEAD]
    for scope, members in scopes.items():
        rows.append((plain(scope) or "-", *_counts(members), _output(members)))
    rows.append(("total", *_counts(forward), ""))
    text = _table(rows)
    more = len(nodes) - len(forward)
    return f"{text}\nand {more} nodes of gradients and optimizers" if more else text


def _counts(nodes: Sequence[Node]) -> tuple[str, str]:
    operations = sum(bool(node.inputs) for node in nodes)
    parameters = sum(node.size or 0 for node in nodes if getattr(node, "trainable", False))
    return f"{operations:,}", f"{parameters:,}"


def _output(nodes: Sequence[Node]) -> str:
    """What the last operation gives; of a scope without one, what its last leaf does."""
    last = next((node for node in reversed(nodes) if node.inputs), nodes[-1])
    return last.type_text


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for scope, operations, parameters, output in rows:
        cells = (
            scope.ljust(widths[0]),
            operations.rjust(widths[1]),
            parameters.rjust(widths[2]),
            output,
        )
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
