"""Which node made a NaN or an infinity, told by who finds that a fit diverged."""

from __future__ import annotations

from ..errors import lay_out
from ..graph import Node, Variable
from ..ops.state import Assign
from ..session import Session
from ..traversal import ancestors
from ..watching import told
from .feeds import Feed
from .run import DivergedError, Training

_HINT = "the session is as it was before; a smaller learning rate or clipped gradients may help"

Row = tuple[str, str]


def diverged(run: Training, feed: Feed, loss: float) -> DivergedError:
    """The error for a loss that is not finite. The session goes to where all was finite.

    It comes as it was before the step; where a variable was spoiled by the step before, it is left
    as it was before that one.
    """
    rule = f"train: the loss is {loss} in epoch {run.epoch + 1}, step {run.data.step}"
    node, inputs = _cause(run.session, run.loss, feed)
    rows: list[Row] = []
    if isinstance(node, Variable) and run.previous is not None:
        rows = [("because of", f"{node.describe()}, since the step before")]
        moment, earlier = run.previous
        run.session._go_back(moment)
        node, inputs = _cause(run.session, _new_value(run.step, node), earlier)
    rows.append(("made by", node.describe()))
    rows += [("of", text) for text in inputs[: 4 - len(rows)]]
    error = DivergedError(lay_out(rule, rows, _HINT))
    error.history = run.history
    return error


def _new_value(step: Node, variable: Variable) -> Node:
    """What the training step assigns to a variable."""
    updates = [node for node in ancestors([step]) if isinstance(node, Assign)]
    return next(node.inputs[1] for node in updates if node.variable is variable)


def _cause(session: Session, root: Node, feed: Feed) -> tuple[Node, list[str]]:
    """The node that `root` has its NaN (or infinity) from, and what its inputs were, as texts."""
    found = session._culprit(root, feed)
    if found is None:
        return root, []
    return found.node, [f"{x.describe()}: {told(value)}" for x, value in found.inputs]
