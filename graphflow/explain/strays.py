"""A formula that uses a node which the loss does not depend on, where another was meant."""

from __future__ import annotations

from collections.abc import Sequence

from ..dtypes import Array
from ..graph import Node
from ..session import Session
from ..shapes import maybe_equal
from ..traversal import ancestors
from .causes import Cause, matches
from .claims import Claim
from .points import Feeds, values


def stray(
    loss: Node,
    claim: Claim,
    session: Session,
    feeds: Sequence[Feeds],
    right: Sequence[Array],
    scales: Sequence[float],
) -> Cause | None:
    """The variable or placeholder that is not in the loss, if putting another there mends it."""
    if not isinstance(claim.formula, Node):
        return None
    inside = [node for node in ancestors([loss]) if not node.inputs and not node.is_constant]
    known = {node.number for node in inside}
    foreign = [
        node
        for node in ancestors([claim.formula])
        if not node.inputs and not node.is_constant and node.number not in known
    ]
    for node in foreign:
        for meant in [one for one in inside if maybe_equal(one.shape, node.shape)]:
            mended = [_with(claim.formula, session, at, node, meant) for at in feeds]
            if matches(mended, right, scales):
                return Cause(
                    "stray node",
                    f"it uses {node.name!r}, which is not in the loss: with {meant.name!r} in its "
                    "place it is right",
                )
    return None


def _with(formula: Node, session: Session, feeds: Feeds, node: Node, meant: Node) -> Array:
    value = feeds[meant] if meant in feeds else session.run(meant)
    return values(session, [formula], {**feeds, node: value})[0]
