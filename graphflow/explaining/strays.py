"""A formula that uses a node which the loss does not depend on, where another was meant."""

from __future__ import annotations

from ..dtypes import Array
from ..graph import Node
from ..shapes import maybe_equal
from ..traversal import ancestors
from .causes import Cause, matches
from .evidence import Evidence
from .points import values


def stray(evidence: Evidence, place: int) -> Cause | None:
    """The variable or placeholder that is not in the loss, if putting another there mends it."""
    formula = evidence.claims[place].formula
    if not isinstance(formula, Node):
        return None
    inside = [n for n in evidence.upstream if not n.inputs and not n.is_constant]
    known = {node.number for node in inside}
    leaves = [n for n in ancestors([formula]) if not n.inputs and not n.is_constant]
    for node in [n for n in leaves if n.number not in known]:
        for meant in [n for n in inside if maybe_equal(n.shape, node.shape)]:
            mended = _with(evidence, formula, node, meant)
            if matches(mended, evidence.right[place], evidence.scales):
                return Cause(
                    "stray node",
                    f"it uses {node.name!r}, which is not in the loss: with {meant.name!r} in its "
                    "place it is right",
                )
    return None


def _with(evidence: Evidence, formula: Node, node: Node, meant: Node) -> list[Array]:
    """The formula's values with those of another leaf for one of its leaves."""
    session = evidence.session
    found = []
    for feeds in evidence.feeds:
        value = feeds[meant] if meant in feeds else session.run(meant)
        found += values(session, [formula], {**feeds, node: value})
    return found
