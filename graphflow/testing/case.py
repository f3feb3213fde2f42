"""A question to `check_gradients`: nodes of the user's, a point, and copies to try it on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..dtypes import Array
from ..gradients import gradients
from ..graph import Graph, Node, Placeholder
from ..ops.elementwise import StopGradient
from ..ops.random import RunKey
from ..session import Session
from ..traversal import ancestors
from ..copies import copied
from .subject import Subject, drawn


class Case:
    """Outputs and inputs, nodes of the user's, with the values that they and their leaves have.

    Leaves are placeholders, variables, what is fed, and what draws random numbers. An inner node
    among the inputs is checked as a leaf of a copy of its own; so that differences see what the
    gradient sees, a `stop_gradient` is a leaf of every copy.
    """

    def __init__(
        self, ys: Sequence[Node], xs: Sequence[Node], feed_dict: Any, session: Session
    ) -> None:
        self.ys, self.xs = ys, xs
        fed = {node.number for node in feed_dict or {} if isinstance(node, Node)}
        between = ancestors([*ys, *xs], stop=fed)
        self._leaves = [node for node in between if node.number in fed or _is_leaf(node)]
        self._stops = [node for node in between if isinstance(node, StopGradient)]
        known = list(dict.fromkeys([*self._leaves, *self._stops, *xs]))
        values = session.run(known, feed_dict)
        self._values = {node: np.asarray(value) for node, value in zip(known, values, strict=True)}

    def subjects(self) -> Iterator[tuple[Subject, list[int]]]:
        """Copies to try, each with the numbers of the inputs that are leaves of it."""
        leaves = {node.number for node in self._leaves}
        outer = [i for i, x in enumerate(self.xs) if x.number in leaves]
        inner = [[i] for i, x in enumerate(self.xs) if x.number not in leaves]
        for group in ([outer] if outer else []) + inner:
            xs = [self.xs[i] for i in group]
            ys, xs, feeds = self._copy([*self._leaves, *self._stops, *xs], xs)
            yield Subject(ys, xs, feeds), group

    def _copy(
        self, leaves: list[Node], xs: list[Node]
    ) -> tuple[list[Node], list[Node], dict[Node, Array]]:
        with Graph():
            image = copied([*self.ys, *xs], {leaf.number for leaf in leaves}, taps=True)
        feeds = {image[leaf.number]: self._values[leaf] for leaf in leaves if leaf.number in image}
        return [image[y.number] for y in self.ys], [image[x.number] for x in xs], feeds

    def strays(self, subject: Subject, group: list[int]) -> list[int]:
        """The inputs whose gradient in the whole graph is not the one in the subject's copy."""
        xs = [self.xs[i] for i in group]
        leaves = {leaf.number for leaf in self._leaves}
        if not self._stops and all(x.number in leaves for x in xs):
            return []
        ys, nodes, feeds = self._copy(self._leaves, xs)
        row = drawn(np.random.default_rng(0), subject.size)
        with ys[0].graph:
            weights = [Placeholder(y.shape, y.dtype, name="weight") for y in ys]
            grads = gradients(ys, nodes, weights, unconnected="zero")
        found = Session(seed=0).run(grads, {**feeds, **subject.weighed(weights, row)})
        own = [subject.gradient(i, subject.point(i), row, wide=False) for i in range(len(xs))]
        tolerance = float(np.sqrt(np.finfo(subject.precision).eps))
        pairs = zip(group, found, own, strict=True)
        return [number for number, a, b in pairs if not _close(a, b, tolerance)]


def _is_leaf(node: Node) -> bool:
    draws = any(isinstance(source, RunKey) for source in node.inputs)
    return node.is_placeholder or node.is_variable or draws


def _close(a: Array, b: Array, tolerance: float) -> bool:
    largest = np.max(np.abs(b), initial=0.0)
    return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=0, atol=tolerance * largest)
