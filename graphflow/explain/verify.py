"""verify_derivation: which of a student's formulas is the first wrong one, and what is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dtypes import Array
from ..errors import DTypeError, NumericError
from ..gradients import contributions, gradients, nodes_between
from ..graph import Node, Operation, building, entered_session
from ..ops.random import RunKey
from ..session import Session
from ..traversal import ancestors
from .causes import Case, Named, cause, matches
from .claims import Claim, claims
from .formulas import symbol
from .points import Feeds, points, values
from .report import DerivationReport, Finding
from .sizes import sizes
from .strays import stray
from .symbols import symbols
from .textbook import passes_whole, pull_formula

_CONSUMERS = 4  # a sum of more terms is not taken apart


def verify_derivation(
    loss: Node, formulas: Any, feed_dict: Any = None, *, session: Session | None = None
) -> DerivationReport:
    """Whether hand-made formulas are the gradients of `loss`; if not, the first wrong one and why.

    `formulas` is a dict. A key is a node, or a name with `d` before it: "dW2" is the gradient by
    the node named W2 or made by the line `W2 = ...`. A value is a node built from the student's
    formula, or an array of numbers computed elsewhere.

    The formulas are compared with `gf.gradients` at several points: with what is fed (one dict or a
    list of them) and the variables of `session` as they are, then with variables moved; what is not
    fed is drawn. Numbers are compared at the points given alone. Every formula is judged by itself:
    where it uses another formula of the dict, it is given the right value of that. So the first
    wrong one is where the derivation goes wrong, and what only follows from it is told apart.

    The report is true when all are right; it prints itself. What can be named: a constant factor
    ("16.0 = the batch"), the sign, a transpose, a missing sum, a wrong axis, a term left out, a
    mask or |.| forgotten, another node's gradient, a local derivative upside down, a node that is
    not in the loss; else the worst entry.

    Raises DTypeError and GraphError for keys and values that fit no node, DisconnectedError for a
    node that the loss does not depend on differentiably, FeedError for what has to be fed, and
    NumericError where loss or gradients are finite at no point.
    """
    if not isinstance(loss, Node):
        raise DTypeError(f"verify_derivation: the loss is {loss!r}, not a node")
    made = claims(loss, formulas)
    judge = _Judge(loss, made, session or entered_session.get() or Session(seed=0, optimize=False))
    judge.run(feed_dict)
    return DerivationReport(tuple(judge.findings()), len(judge.right), loss.describe())


class _Judge:
    """The claims with their numbers at every point, as written and with what is right put in."""

    def __init__(self, loss: Node, made: list[Claim], session: Session) -> None:
        self._loss, self._claims, self._session = loss, made, session
        self._nodes = [c.formula for c in made if isinstance(c.formula, Node)]
        self._upstream = ancestors([loss])
        self._within = {node.number for node in self._upstream}
        self._names = symbols(self._upstream)
        with building(ledger=loss._ledger, role="gradient", scope=""):  # beside the user's graph
            targets = [claim.target for claim in made]
            self._grads = gradients(loss, targets)
            self._consumers = [self._consumed_by(claim.target) for claim in made]
        self._uses = [self._used_by(place) for place in range(len(made))]

    def _consumed_by(self, target: Node) -> list[tuple[Operation, Node, Node]]:
        """The consumers on the way to the loss, the gradient by each, and what it sends back."""
        path = nodes_between([self._loss], [target], set())
        found: list[tuple[Operation, Node, Node]] = []
        for op in [n for n in path.values() if any(i is target for i in n.inputs)][:_CONSUMERS]:
            assert isinstance(op, Operation)
            (arriving,) = gradients(self._loss, op)
            for slot in [slot for slot, i in enumerate(op.inputs) if i is target]:
                wanted = [place == slot for place in range(len(op.inputs))]
                part = contributions(op, arriving, wanted, False)[slot]
                if part is not None:
                    found.append((op, arriving, part))
        return found

    def _used_by(self, place: int) -> list[int]:
        """The places of the claims before it whose formulas this one is computed from."""
        formula = self._claims[place].formula
        if not isinstance(formula, Node):
            return []
        above = ancestors([formula])
        if any(isinstance(node, RunKey) for node in above):
            return []  # another run would draw other numbers
        upstream = {node.number for node in above} - self._within
        used: dict[int, int] = {}
        for earlier, other in enumerate(self._claims[:place]):
            if isinstance(other.formula, Node) and other.formula.number in upstream:
                used.setdefault(other.formula.number, earlier)
        return list(used.values())

    def run(self, feed_dict: Any) -> None:
        """Fill in the numbers. Points at which the loss or a gradient is not finite are left."""
        leaves = [n for n in ancestors([self._loss, *self._nodes]) if not n.inputs]
        fixed = not all(claim.is_node for claim in self._claims)
        self.feeds: list[Feeds] = []
        self.right: list[list[Array]] = []  # by point, then by claim
        self._written: list[list[Array]] = []
        self._own: list[list[Array]] = []
        for feeds in points(leaves, feed_dict, self._session, fixed=fixed):
            self._at(feeds)
        if not self.right:
            raise NumericError(
                "verify_derivation: the loss or its gradient is NaN or infinite at every point: "
                f"{self._loss.describe()}",
                "feed other values",
            )

    def _at(self, feeds: Feeds) -> None:
        count = len(self._grads)
        loss, *rest = values(self._session, [self._loss, *self._grads, *self._nodes], feeds)
        right, numbers = rest[:count], iter(rest[count:])
        if not all(np.all(np.isfinite(value)) for value in (loss, *right)):
            return
        written = [
            next(numbers) if claim.is_node else np.asarray(claim.formula) for claim in self._claims
        ]
        own = []
        for place, claim in enumerate(self._claims):
            put = self._put_right(place, right, written)
            if put and isinstance(claim.formula, Node):
                own += values(self._session, [claim.formula], {**feeds, **put})
            else:
                own.append(written[place])
        self.feeds.append(feeds)
        self.right.append(right)
        self._written.append(written)
        self._own.append(own)

    def _put_right(self, place: int, right: list[Array], written: list[Array]) -> Feeds:
        """The right values for the formulas that one uses, where they have the right shape."""
        return {
            self._claims[used].formula: right[used]
            for used in self._uses[place]
            if np.shape(right[used]) == np.shape(written[used])
        }

    def findings(self) -> list[Finding]:
        """The verdict on every claim, in the backward order."""
        scales = [
            max((float(np.max(np.abs(r), initial=0.0)) for r in right), default=0.0)
            for right in self.right
        ]
        found: list[Finding] = []
        for place in range(len(self._claims)):
            found.append(self._finding(place, scales, found))
        return found

    def _finding(self, place: int, scales: list[float], before: list[Finding]) -> Finding:
        claim = self._claims[place]
        right = [at[place] for at in self.right]
        written = [at[place] for at in self._written]
        own = [at[place] for at in self._own]
        is_right = matches(written, right, scales)
        same = any(self._claims[used].formula is claim.formula for used in self._uses[place])
        if matches(own, right, scales) or (is_right and same):
            blamed = [before[used] for used in self._uses[place] if not before[used].is_right]
            verdict = "right" if is_right else "follows"
            names = tuple([one.label for one in blamed])
            return Finding(claim.label, verdict, self._line(claim), from_=names)
        case = self._case(place, own, right, scales)
        why = stray(self._loss, claim, self._session, self.feeds, right, scales) or cause(case)
        verdict = "cancels" if is_right else "wrong"
        return Finding(claim.label, verdict, self._line(claim), why, (), self._right_formula(place))

    def _line(self, claim: Claim) -> str:
        return str(claim.formula.origin or "") if isinstance(claim.formula, Node) else ""

    def _case(self, place: int, own: list[Array], right: list[Array], scales: list[float]) -> Case:
        consumers = self._consumers[place]
        terms, arriving = [], []
        for op, grad, part in consumers:
            pairs = [values(self._session, [grad, part], feeds) for feeds in self.feeds]
            name = self._names[op.number]
            arriving.append(Named(name, [pair[0] for pair in pairs]))
            terms.append(Named(name, [pair[1] for pair in pairs]))
        others = [
            Named(self._names[c.target.number], [at[i] for at in self.right])
            for i, c in enumerate(self._claims)
            if i != place
        ]
        known = sizes(self._upstream, self._session, self.feeds[0], self._names)
        return Case(own, right, scales, known, [*others, *arriving], terms, arriving)

    def _right_formula(self, place: int) -> str:
        """`dscore * ...`: the right step in symbols, where it is one that can be written."""
        target = self._claims[place].target
        names = {number: symbol(name) for number, name in self._names.items()}
        terms = []
        for op, _, _ in self._consumers[place]:
            slot = next(slot for slot, i in enumerate(op.inputs) if i is target)
            shapes = self._shape(op), self._shape(target)
            name = f"d{self._names[self._passed_on(op).number]}"
            arriving = symbol("1" if op is self._loss else name)
            term = pull_formula(arriving, op, slot, names, shapes, spelled=True)
            terms.append(term.text)
        return " + ".join(terms)

    def _passed_on(self, op: Node) -> Node:
        """The named sum that an unnamed term goes into whole: their gradients are the same."""
        at = op
        while at._own_name is None and self._names[at.number] == at.name:
            consumers = [n for n in self._upstream if any(i is at for i in n.inputs)]
            if len(consumers) != 1 or not self._goes_whole_into(consumers[0], at):
                return op
            at = consumers[0]
        return at

    def _goes_whole_into(self, consumer: Node, node: Node) -> bool:
        slots = [slot for slot, i in enumerate(consumer.inputs) if i is node]
        if not isinstance(consumer, Operation) or len(slots) != 1:
            return False
        return passes_whole(consumer, slots[0]) and self._shape(consumer) == self._shape(node)

    def _shape(self, node: Node) -> tuple[int, ...]:
        return tuple(values(self._session, [node], self.feeds[0])[0].shape)
