"""Evidence: the numbers of every claim at every point, beside the right ones."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..dtypes import Array
from ..errors import FeedError, NumericError
from ..gradients import contributions, gradients, nodes_between
from ..graph import Node, Operation, building
from ..ops.random import RunKey
from ..program import checked
from ..session import Session
from ..traversal import ancestors
from .claims import Claim
from .points import Feeds, points, values
from .symbols import symbols

_CONSUMERS = 4  # a sum of more terms is not taken apart


class Consumer(NamedTuple):
    """A place where a node is used on the way to the loss.

    `arriving` is the gradient by the consumer, `part` what the consumer sends back to this slot.
    """

    op: Operation
    slot: int
    arriving: Node
    part: Node


class Evidence:
    """The values of claims: lists by claim, then by point.

    `right` are those of the gradients, `written` those of the formulas as they stand, `own` those
    of the formulas with the right values put in for the formulas they use (`uses`, places of
    earlier claims). Points at which the loss or a gradient is not finite are left out; raises
    NumericError where none is left.
    """

    def __init__(self, loss: Node, claims: list[Claim], session: Session, feed_dict: Any) -> None:
        self.loss, self.claims, self.session = loss, claims, session
        self.upstream = ancestors([loss])
        self.names = symbols(self.upstream)
        self.uses = [self._used_by(place) for place in range(len(claims))]
        with building(ledger=loss._ledger, role="gradient", scope=""):  # beside the user's graph
            self._grads = gradients(loss, [claim.target for claim in claims])
        self.feeds: list[Feeds] = []
        self.right: list[list[Array]] = [[] for _ in claims]
        self.written: list[list[Array]] = [[] for _ in claims]
        self.own: list[list[Array]] = [[] for _ in claims]
        self._gather(feed_dict)

    @property
    def scales(self) -> list[float]:
        """The largest entry of any gradient, by point."""
        return [
            max(float(np.max(np.abs(value), initial=0.0)) for value in at)
            for at in zip(*self.right, strict=True)
        ]

    def consumers(self, place: int) -> list[Consumer]:
        """Where the node of a claim is used on the way to the loss; the first few."""
        target = self.claims[place].target
        path = nodes_between([self.loss], [target], set())
        uses = [(n, s) for n in path.values() for s, i in enumerate(n.inputs) if i is target]
        found = []
        with building(ledger=self.loss._ledger, role="gradient", scope=""):
            for op, slot in uses[:_CONSUMERS]:
                assert isinstance(op, Operation)
                (arriving,) = gradients(self.loss, op)
                wanted = [other == slot for other in range(len(op.inputs))]
                part = contributions(op, arriving, wanted, False)[slot]
                if part is not None:
                    found.append(Consumer(op, slot, arriving, part))
        return found

    def _used_by(self, place: int) -> list[int]:
        """The places of the claims before it whose formulas this one is computed from."""
        formula = self.claims[place].formula
        if not isinstance(formula, Node):
            return []
        above = ancestors([formula])
        if any(isinstance(node, RunKey) for node in above):
            return []  # another run would draw other numbers
        outside = {node.number for node in above} - {node.number for node in self.upstream}
        used: dict[int, int] = {}
        for earlier, other in enumerate(self.claims[:place]):
            if isinstance(other.formula, Node) and other.formula.number in outside:
                used.setdefault(other.formula.number, earlier)
        return list(used.values())

    def _gather(self, feed_dict: Any) -> None:
        formulas = [c.formula for c in self.claims if isinstance(c.formula, Node)]
        above = ancestors([self.loss, *formulas])
        leaves = [n for n in above if not n.inputs]
        fixed = len(formulas) < len(self.claims)
        for feeds in points(leaves, feed_dict, self.session, fixed=fixed):
            self._check_needed(feeds, {node.number for node in above})
            loss, *rest = values(self.session, [self.loss, *self._grads, *formulas], feeds)
            right, numbers = rest[: len(self.claims)], iter(rest[len(self.claims) :])
            if all(np.all(np.isfinite(value)) for value in (loss, *right)):
                written = [
                    next(numbers) if isinstance(c.formula, Node) else np.asarray(c.formula)
                    for c in self.claims
                ]
                self._note(feeds, right, written)
        if not self.feeds:
            raise NumericError(
                "verify_derivation: the loss or its gradient is NaN or infinite at every point: "
                f"{self.loss.describe()}",
                "feed other values",
            )

    def _check_needed(self, feeds: Feeds, above: set[int]) -> None:
        for node in checked(feeds, self.loss._ledger):
            if node.number not in above and not node.is_placeholder:
                raise FeedError(
                    f"verify_derivation: {node.describe()} is fed, but neither the loss nor a "
                    "formula needs it"
                )

    def _note(self, feeds: Feeds, right: list[Array], written: list[Array]) -> None:
        self.feeds.append(feeds)
        for place in range(len(self.claims)):
            self.right[place].append(right[place])
            self.written[place].append(written[place])
            self.own[place].append(self._own(place, feeds, right, written))

    def _own(self, place: int, feeds: Feeds, right: list[Array], written: list[Array]) -> Array:
        """The formula's value where those it uses have theirs right, as far as shapes allow."""
        formula = self.claims[place].formula
        put = {
            self.claims[used].formula: right[used]
            for used in self.uses[place]
            if right[used].shape == written[used].shape
        }
        if not put or not isinstance(formula, Node):
            return written[place]
        return values(self.session, [formula], {**feeds, **put})[0]
