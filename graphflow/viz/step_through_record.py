"""What a backward pass did, recorded while it ran, with the values of everything it touched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..dtypes import Array, is_inexact
from ..errors import DisconnectedError, DTypeError, FeedError, GraphError
from ..gradients import Watcher, watched_gradients
from ..graph import Node
from ..rewrite import Rewriting
from ..session import Session
from ..traversal import ancestors

MOST_NODES = 150  # of one forward pass: what a reader can follow step by step


class Sent(NamedTuple):
    """A consumer (None: the seed) reported to `source`, which then waited for `left` more."""

    op: Node | None
    source: Node
    part: Node | None
    left: int


class Taken(NamedTuple):
    """A node left the queue with its whole gradient; `ready` were still in the queue."""

    node: Node
    grad: Node | None
    ready: tuple[Node, ...]


class Pass:
    """One breadth-first pass over a stable form: the consumers it counted, then what happened."""

    def __init__(self, form: Rewriting) -> None:
        self.form = form
        self.between: list[Node] = []
        self.pending: dict[int, int] = {}
        self.events: list[Sent | Taken] = []


class Recording(NamedTuple):
    """The passes of a derivation, the values of their nodes by number, the gradients asked for."""

    loss: Node
    passes: list[Pass]
    values: dict[int, Array]
    targets: dict[int, Node]  # what was asked for, by the number of its image

    def image(self, of: Pass) -> Node:
        """The loss in the stable form of a pass."""
        return of.form.image[self.loss.number]


class Recorder(Watcher):
    """Notes down every pass that it is told of."""

    def __init__(self) -> None:
        self.passes: list[Pass] = []

    def starts(self, form: Rewriting) -> None:
        self.passes.append(Pass(form))

    def counts(self, between: Iterable[Node], pending: Mapping[int, int]) -> None:
        self.passes[-1].between = list(between)
        self.passes[-1].pending = dict(pending)

    def sends(self, op: Node | None, source: Node, part: Node | None, left: int) -> None:
        self.passes[-1].events.append(Sent(op, source, part, left))

    def takes(self, node: Node, grad: Node | None, ready: Iterable[Node]) -> None:
        self.passes[-1].events.append(Taken(node, grad, tuple(ready)))


def record(loss: Node, feed_dict: Any, wrt: Any, session: Session | None) -> Recording:
    """Differentiate `loss` by `wrt`, and run it with everything that came up on the way.

    Raises DTypeError, FeedError, GraphError and DisconnectedError for what cannot be recorded.
    """
    _check(loss, feed_dict)
    targets = _targets(loss, wrt)
    recorder = Recorder()
    watched_gradients(loss, targets, recorder)
    passes = [one for one in recorder.passes if one.between]
    nodes = _touched(loss, passes)
    fetched = (session or Session(seed=0)).run(nodes, feed_dict)
    values = {node.number: np.asarray(v) for node, v in zip(nodes, fetched, strict=True)}
    images = {one.form.image[x.number].number: x for one in passes for x in targets}
    return Recording(loss, passes, values, images)


def _check(loss: Any, feed_dict: Any) -> None:
    if not isinstance(loss, Node) or loss.is_update:
        raise DTypeError(
            f"step_through: the loss is {loss!r} ({type(loss).__name__}), which has no value",
            "pass one node of floats: gf.viz.step_through(loss, {X: ...}, 'steps.html')",
        )
    if not is_inexact(loss.dtype):
        raise DTypeError(f"step_through: {loss.describe()} holds no floats to differentiate")
    count = len(ancestors([loss]))
    if count > MOST_NODES:
        raise GraphError(
            f"step_through: {loss.name!r} is made of {count} nodes; up to {MOST_NODES} can be "
            "followed step by step",
            "step through a smaller model of the same kind; gf.viz.explore shows large graphs",
        )
    for key in feed_dict if isinstance(feed_dict, Mapping) else ():
        if isinstance(key, Node) and not (key.is_placeholder or key.is_variable):
            raise FeedError(
                f"step_through: {key.describe()} is fed, but what stands before it would be "
                "differentiated all the same",
                "feed placeholders and variables only",
            )


def _targets(loss: Node, wrt: Any) -> list[Node]:
    """The nodes asked for; else the trainable variables; else the placeholders of floats."""
    if wrt is not None:
        return [wrt] if isinstance(wrt, Node) else list(wrt)
    leaves = [node for node in ancestors([loss]) if is_inexact(node.dtype)]
    variables = [node for node in leaves if node.is_variable and getattr(node, "trainable", True)]
    found = variables or [node for node in leaves if node.is_placeholder]
    if not found:
        raise DisconnectedError(
            f"step_through: {loss.name!r} depends on no variable and no placeholder of floats",
            "name nodes to differentiate by: wrt=[...]",
        )
    return found


def _touched(loss: Node, passes: list[Pass]) -> list[Node]:
    """Everything in the passes that has a value, rules and running sums included."""
    ends = [one.form.image[loss.number] for one in passes]
    for one in passes:
        for event in one.events:
            end = event.part if isinstance(event, Sent) else event.grad
            ends += [end] if end is not None else []
    return ancestors(ends)
