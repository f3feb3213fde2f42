"""An expression of nodes as a line of text, in names or in numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..dtypes import Array
from ..graph import Node
from ..traversal import ancestors
from .label import plain, shorten
from .arrays import inline

LENGTH = 160  # characters; what is longer loses its middle

_SIGNS = {
    "add": (1, " + "),
    "subtract": (1, " − "),
    "multiply": (2, " × "),
    "divide": (2, " / "),
    "matmul": (2, " @ "),
}
_NEGATIVE, _POWER, _ATOM = 3, 4, 5


def formula(end: Node, stops: Mapping[int, str], value: Callable[[Node], Array]) -> str:
    """How `end` is computed from the nodes in `stops`, which stand in the text as given there.

    `value` gives what a node is in the run: what only undoes broadcasting is left out where the
    shapes are equal.
    """
    texts: dict[int, tuple[int, str]] = {}  # how tightly a text binds, and the text
    for node in ancestors([end], stop=stops):
        if node.number in stops:
            text = stops[node.number]
            texts[node.number] = (_NEGATIVE if text.startswith("−") else _ATOM, text)
        else:
            texts[node.number] = _written(node, texts, value)
    return shorten(plain(texts[end.number][1]), LENGTH)


def _written(
    node: Node, texts: dict[int, tuple[int, str]], value: Callable[[Node], Array]
) -> tuple[int, str]:
    parts = [texts[source.number] for source in node.inputs]
    if node.kind in _SIGNS and len(parts) == 2:
        binds, sign = _SIGNS[node.kind]
        left, right = _closed(parts[0], binds), _closed(parts[1], binds + 1)
        return binds, shorten(left + sign + right, 2 * LENGTH)
    if node.kind == "power":
        return _POWER, f"{_closed(parts[0], _ATOM)}**{_closed(parts[1], _ATOM)}"
    if node.kind == "negative":
        return _NEGATIVE, "−" + _closed(parts[0], _POWER)
    if node.kind == "swapaxes" and {node.axis1, node.axis2} == {-1, -2}:  # type: ignore[attr-defined]
        return _ATOM, _closed(parts[0], _ATOM) + "ᵀ"
    if node.kind == "ones_like":
        return _ATOM, "1"
    if node.kind in ("sum_to", "opaque", "broadcast_like") and _is_idle(node, value):
        return parts[0]
    if node.is_constant:
        return _ATOM, inline(value(node))
    inner = ", ".join(text for _, text in parts)
    given = [(name, getattr(node, name)) for name in node.attributes]
    static = "".join(f", {k}={v!r}" for k, v in given if v is not None and v is not False)
    return _ATOM, shorten(f"{node.kind}({inner}{static})", 2 * LENGTH)


def _closed(part: tuple[int, str], binds: int) -> str:
    """A part in brackets where it binds less tightly than what stands around it."""
    return part[1] if part[0] >= binds else f"({part[1]})"


def _is_idle(node: Node, value: Callable[[Node], Array]) -> bool:
    return bool(value(node).shape == value(node.inputs[0]).shape)
