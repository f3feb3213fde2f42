"""How far rounding may move a result, by a running error analysis of the graph that computes it.

Every operation errs by a rounding of its value, or by what is too small for a float; gradients tell
what becomes of it. What cancels on the way leaves no trace in a result's size, but does here.

Source: N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 3.3;
S. Linnainmaa, Taylor expansion of the accumulated rounding error, BIT 16 (1976).
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import numpy as np

from ..dtypes import Array, float64, is_inexact
from ..errors import GraphflowError
from ..gradients import gradients
from ..graph import Elementwise, Node, Operation, Placeholder
from ..ops.elementwise import absolute, isnan, where
from ..ops.reduction import reduce_max
from ..registry import is_differentiable
from ..rewrite import STABILIZE, rewrite
from ..session import Session
from ..traversal import ancestors

_OPERATIONS = 3000  # of more, nothing is said


class RunningError:
    """The rounding error that weighed outputs may have, to first order.

    `ys` are in float64. It is 0 where gradients cannot tell.
    """

    def __init__(self, ys: Sequence[Node]) -> None:
        self._session = Session(seed=0)
        self._sums: list[Node] = []
        graph = ys[0].graph
        image = rewrite(ys, [STABILIZE], graph._ledger).image
        ends = [image[y.number] for y in ys]
        passed = ancestors(ends)
        made: list[Node] = [node for node in passed if _errs(node)]
        with graph:
            self.weights: list[Node] = [Placeholder(y.shape, y.dtype, name="weight") for y in ends]
        stops = [n for n in passed if is_inexact(n.dtype) and not is_differentiable(type(n))]
        with graph, contextlib.suppress(GraphflowError):
            if 0 < len(made) <= _OPERATIONS:
                moved: list[Node] = gradients(
                    ends, made, self.weights, stop_gradients=stops, unconnected="zero"
                )
                self._sums = _totals(made, moved)

    def of(self, feeds: dict[Node, Array], *, eps: float, tiny: float = 0.0) -> float:
        """The error where an operation errs by `eps` of its value and by `tiny`.

        `feeds` has the values of the leaves, and of `weights`.
        """
        if not self._sums:
            return 0.0
        relative, absolute_ = self._session.run(self._sums, feeds)
        with np.errstate(all="ignore"):
            return float(np.nan_to_num(eps * relative + tiny * absolute_, posinf=np.inf))


def _errs(node: Node) -> bool:
    """Whether a node is an operation whose rounding can be followed."""
    return isinstance(node, Operation) and node.dtype == float64 and is_differentiable(type(node))


def _totals(made: list[Node], moved: list[Node]) -> list[Node]:
    """What a relative and an absolute error of one of every value made come to."""
    moves = [absolute(grad) for grad in moved]
    pairs = zip(moves, made, strict=True)
    return [_total([move * _size(node) for move, node in pairs]), _total(moves)]


def _size(node: Node) -> Node:
    """What an operation's rounding is relative to: every entry, or the largest of an array."""
    size = absolute(node)
    return size if isinstance(node, Elementwise) else reduce_max(size)


def _total(terms: list[Node]) -> Node:
    sums = [where(isnan(term), 0.0, term).sum() for term in terms]
    total = sums[0]
    for term in sums[1:]:
        total = total + term
    return total
