"""The exceptions graphflow raises, and how their texts are laid out.

    GraphflowError
    ├── GraphError                        nodes of two graphs mixed, a name not found
    ├── ShapeError        (ValueError)    operands, axes or indices that do not fit
    ├── DTypeError        (TypeError)     a wrong kind of value, or a node where a number is needed
    ├── FeedError         (ValueError)    what a run was given, or was not given
    ├── DisconnectedError (ValueError)    a gradient that was asked for does not exist
    ├── DataError         (ValueError)    a file that does not hold what it was read for
    ├── NumericError      (ArithmeticError)  NaN or infinity where it was watched for
    ├── MissingError      (ImportError)   an optional library that is not installed
    └── RegistrationError                 operations and gradient rules

Every text says first what was violated, then shows the nodes concerned with the user's line,
then what to try: six lines at most. An exception holds text only, never a node.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MAX_LINES = 6


class GraphflowError(Exception):
    """Base of every exception that graphflow raises on purpose."""

    def __init__(self, rule: str, hint: str = "") -> None:
        super().__init__(f"{rule}\n{hint}" if hint else rule)
        self.rule = rule
        self.hint = hint


class GraphError(GraphflowError):
    """Nodes of two graphs were mixed, or a graph has no such node."""


class ShapeError(GraphflowError, ValueError):
    """Shapes, axes or indices do not fit."""


class DTypeError(GraphflowError, TypeError):
    """A value has the wrong type, or a node was used where a number is needed."""


class FeedError(GraphflowError, ValueError):
    """A run was given a value it cannot use, or lacks one that it needs."""


class DisconnectedError(GraphflowError, ValueError):
    """A gradient was asked for along a path that does not exist."""


class DataError(GraphflowError, ValueError):
    """A file is damaged, or does not hold what it was read for."""


class NumericError(GraphflowError, ArithmeticError):
    """NaN or infinity appeared where it was being watched for."""


class MissingError(GraphflowError, ImportError):
    """What was asked for is computed by an optional library that is not installed."""


class RegistrationError(GraphflowError):
    """An operation or a gradient rule is missing, doubled or malformed."""


def plain(text: str) -> str:
    """`text` without what no line can show: ends of lines, control characters, lone surrogates."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text)


def lay_out(rule: str, rows: Iterable[tuple[str, ...]] = (), hint: str = "") -> str:
    """The text of an error: the rule, one aligned indented line per row, then the hint.

    Rows beyond `MAX_LINES` are counted instead of shown.
    """
    shown = [tuple(map(plain, row)) for row in rows]
    room = MAX_LINES - 1 - bool(hint)
    dropped = len(shown) - room
    if dropped > 0:
        shown = shown[: room - 1]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)] if shown else []
    lines = [rule]
    for row in shown:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        lines.append("  " + "  ".join(cells).rstrip())
    if dropped > 0:
        lines.append(f"  ... and {dropped + 1} more")
    if hint:
        lines.append(hint)
    return "\n".join(lines)


def closest(name: str, names: Iterable[str]) -> str | None:
    """The one of `names` that `name` most likely misspells, if any."""
    known = list(names)
    letters = sorted(name.lower())
    swapped = [other for other in known if sorted(other.lower()) == letters]
    found = swapped or difflib.get_close_matches(name, known, n=1)
    return found[0] if found else None
