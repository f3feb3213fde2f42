"""Which gradients an update says it uses: what an optimizer noted, or what is written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..graph import Constant, Node, Variable
from ..ops.elementwise import Add, Cast, Divide, Multiply, Negative, Subtract
from ..ops.state import Assign, Group
from ..traversal import ancestors


class Claim(NamedTuple):
    """A claim that `step / rate` is the derivative by a variable of one of `losses`.

    Without a rate it is `step`. `grad` is the node that the user would call the gradient. A step
    that is `added` may be the negative of one.
    """

    variable: Variable
    step: Node
    rate: Node | None
    grad: Node
    losses: list[Node]
    added: bool = False


def claims_of(fetches: Sequence[Node], losses: Sequence[Node]) -> list[Claim]:
    """The claims of the updates among what is fetched; `losses` are those that may be meant.

    Gradients that were changed before they were applied, as by clipping, are no claims.
    """
    found: list[Claim] = []
    passed = [node for node in ancestors(fetches) if node.is_update]
    made: set[int] = set()  # by optimizers, with their slots
    for node in passed:
        if isinstance(node, Group) and node.training is not None:
            made.update(update.number for update in node.inputs)
            told = None if node.training.loss is None else node.training.loss()
            meant = losses if told is None else [told]
            found += [
                Claim(variable, grad, None, grad, _behind(meant, variable))
                for grad, variable in node.training.pairs
                if told is not None or _is_whole(grad)
            ]
    for node in passed:
        if isinstance(node, Assign) and node.number not in made:
            claim = _by_hand(node, losses)
            found += [] if claim is None else [claim]
    return [claim for claim in found if claim.losses and claim.variable.dtype.kind == "f"]


def _behind(losses: Sequence[Node], variable: Variable) -> list[Node]:
    return [loss for loss in losses if any(node is variable for node in ancestors([loss]))]


def _is_whole(grad: Node) -> bool:
    """Whether a gradient is as it was derived, or made by hand: not a derived one changed."""
    return grad.role == "gradient" or all(n.role != "gradient" for n in ancestors([grad]))


def _by_hand(update: Assign, losses: Sequence[Node]) -> Claim | None:
    """The claim of `variable` becomes `variable - rate * gradient`."""
    variable, value = update.variable, update.inputs[1]
    value = value.inputs[0] if isinstance(value, Cast) else value
    if not isinstance(value, Add | Subtract) or value.inputs[0] is not variable:
        return None
    step = inner = value.inputs[1]
    while isinstance(inner, Divide | Negative):
        inner = inner.inputs[0]
    if not isinstance(inner, Multiply) or not _is_whole(step):
        return None
    rates = [x for x in inner.inputs if x.shape == () and _is_rate(x)]
    if not rates:
        return None
    others = [x for x in inner.inputs if x is not rates[0]]
    grad = others[0] if others and inner is step else step
    added = isinstance(value, Add)
    return Claim(variable, step, rates[0], grad, _behind(losses, variable), added)


def _is_rate(node: Node) -> bool:
    """Whether a scalar can be a learning rate: it depends on no variable that is trained."""
    return isinstance(node, Constant) or not any(
        isinstance(x, Variable) and x.trainable for x in ancestors([node])
    )
