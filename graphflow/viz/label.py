"""Text in pictures: whatever a name contains, it is shown as plain text, on one line, shortened."""

from __future__ import annotations

import numpy as np

from ..errors import plain as plain
from ..graph import Constant, Node, Variable
from ..shapes import element_count, show

LABEL_LENGTH = 28
TOOLTIP_LENGTH = 1000
_SHOWN_ELEMENTS = 4


def shorten(text: str, length: int = LABEL_LENGTH) -> str:
    """`text` in at most `length` characters: the middle of what is longer becomes an ellipsis."""
    if len(text) <= length:
        return text
    tail = length // 3
    return f"{text[: length - tail - 1]}…{text[-tail:]}"


def scope_and_name(node: Node) -> tuple[tuple[str, ...], str]:
    """`a/b/name` as scopes `(a, b)` and `name`; the name is empty when none was given."""
    own = node._own_name
    if own is None:
        return _parts(node._scope), ""
    *scope, name = _parts(own) or [own]
    return tuple(scope), name


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part)


def title(node: Node) -> str:
    """What a node is called first: a leaf by its name or value, an operation by what it does."""
    if node.is_constant:
        return value_text(node) or scope_and_name(node)[1] or node.kind
    if node.is_placeholder or node.is_variable:
        return scope_and_name(node)[1] or node.kind
    return node.kind


def subtitle(node: Node) -> str:
    """The given name where the title does not say it; the variable an update writes."""
    name = scope_and_name(node)[1]
    if not name and node.is_update and node.inputs and isinstance(node.inputs[0], Variable):
        name = title(node.inputs[0])
    return "" if name == title(node) else name


def value_text(node: Node) -> str:
    """The value of a small constant; empty for anything else."""
    count = element_count(node.shape)
    if not isinstance(node, Constant) or count is None or count > _SHOWN_ELEMENTS:
        return ""
    value = np.asarray(node.value)
    if value.ndim == 0:
        return f"{value[()]:.6g}" if value.dtype.kind == "f" else str(value[()])
    return " ".join(np.array2string(value, precision=6, separator=", ").split())


def type_text(node: Node) -> str:
    """`[?, 10]` for the usual float64, `int64[?]` for another dtype; empty for an update."""
    if node.is_update:
        return ""
    return show(node.shape) if node.dtype == np.float64 else node.type_text


def tooltip(node: Node, more: str = "") -> str:
    """All that a label leaves out: kind, full name, type, attributes, the user's line, `more`."""
    text = node.describe()
    for name in node.attributes if not node.is_constant else ():
        text += f", {name}={getattr(node, name)!r}"
    return shorten(plain(text + more), TOOLTIP_LENGTH)
