"""Barriers: identities that something does not pass."""

from __future__ import annotations

from typing import Any

from ..graph import Elementwise, Node
from ..registry import RegisterGradient

__all__ = ["Opaque"]


class Opaque(Elementwise):
    """Its input, as a node of its own that no rewrite looks through and none merges.

    The engine puts it where a gradient is taken by, or a value is fed at, an inner node.
    """

    pure = False
    safe = True

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.positive(x)


@RegisterGradient("Opaque")
def _opaque_grad(op: Node, grad: Node) -> Node:
    return grad
