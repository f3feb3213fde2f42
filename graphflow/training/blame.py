"""Which node made a NaN or an infinity: found by running again, from the loss to the leaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..dtypes import is_inexact
from ..errors import lay_out
from ..graph import Node, Variable
from ..ops.state import Assign
from ..session import Session
from ..traversal import ancestors
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
    now = run.session._moment()
    node, inputs = culprit(run.session, run.loss, feed)
    run.session._go_back(now)
    rows: list[Row] = []
    if isinstance(node, Variable) and run.previous is not None:
        rows = [("because of", f"{node.describe()}, since the step before")]
        moment, earlier = run.previous
        run.session._go_back(moment)
        node, inputs = culprit(run.session, _new_value(run.step, node), earlier)
        run.session._go_back(moment)  # finding out may have drawn random numbers
    rows.append(("made by", node.describe()))
    rows += [("of", text) for text in inputs[: 4 - len(rows)]]
    error = DivergedError(lay_out(rule, rows, _HINT))
    error.history = run.history
    return error


def _new_value(step: Node, variable: Variable) -> Node:
    """What the training step assigns to a variable."""
    updates = [node for node in ancestors([step]) if isinstance(node, Assign)]
    return next(node.inputs[1] for node in updates if node.variable is variable)


def culprit(session: Session, root: Node, feed: Feed) -> tuple[Node, list[str]]:
    """The node that `root` has its NaN (or infinity) from, and what its inputs were, as texts.

    Goes from `root` to an input that is NaN, or else infinite, for as long as there is one. Its
    inputs are then all finite, or it makes a NaN of infinities. Runs on the state as it is.
    """
    nodes = [node for node in ancestors([root]) if not node.is_update and is_inexact(node.dtype)]
    values = dict(zip(nodes, session.run(nodes, feed), strict=True))
    node = root
    while (worse := _bad_input(node, values)) is not None:
        node = worse
    return node, [f"{x.describe()}: {_told(values[x])}" for x in node.inputs if x in values]


def _bad_input(node: Node, values: Mapping[Node, Any]) -> Node | None:
    inputs = [(x, np.asarray(values[x])) for x in node.inputs if x in values]
    broken = [x for x, value in inputs if np.isnan(value).any()]
    if not broken and not np.isnan(values[node]).any():
        broken = [x for x, value in inputs if np.isinf(value).any()]
    return broken[0] if broken else None


def _told(value: Any) -> str:
    array = np.asarray(value)
    if np.iscomplexobj(array):
        array = np.abs(array)
    if not array.size:
        return "empty"
    return f"{array.min():.4g}" if array.ndim == 0 else f"{array.min():.4g} to {array.max():.4g}"
