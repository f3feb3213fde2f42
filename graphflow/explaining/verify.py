"""verify_derivation: which of a student's formulas is the first wrong one, and what is wrong."""

from __future__ import annotations

from typing import Any

from ..errors import DTypeError
from ..graph import Node, entered_session
from ..session import Session
from .causes import Case, Named, cause, matches
from .claims import Claim, claims
from .evidence import Evidence
from .points import values
from .report import DerivationReport, Finding
from .right_step import right_step
from .sizes import sizes
from .strays import stray


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
    runner = session or entered_session.get() or Session(seed=0, optimize=False)
    evidence = Evidence(loss, made, runner, feed_dict)
    found: list[Finding] = []
    for place in range(len(made)):
        found.append(_finding(evidence, place, found))
    return DerivationReport(tuple(found), len(evidence.feeds), loss.describe())


def _finding(evidence: Evidence, place: int, before: list[Finding]) -> Finding:
    """The verdict on one claim, given those on the claims before it."""
    claim, used = evidence.claims[place], evidence.uses[place]
    right, own, scales = evidence.right[place], evidence.own[place], evidence.scales
    is_right = matches(evidence.written[place], right, scales)
    same = any(evidence.claims[other].formula is claim.formula for other in used)
    if matches(own, right, scales) or (is_right and same):
        blamed = tuple([before[other].label for other in used if not before[other].is_right])
        return Finding(claim.label, "right" if is_right else "follows", _line(claim), from_=blamed)
    why = stray(evidence, place) or cause(_case(evidence, place))
    verdict = "cancels" if is_right else "wrong"
    return Finding(claim.label, verdict, _line(claim), why, formula=right_step(evidence, place))


def _line(claim: Claim) -> str:
    return str(claim.formula.origin or "") if isinstance(claim.formula, Node) else ""


def _case(evidence: Evidence, place: int) -> Case:
    """The numbers of a claim with all that they can be compared with."""
    terms, arriving = [], []
    for consumer in evidence.consumers(place):
        wanted = [consumer.arriving, consumer.part]
        pairs = [values(evidence.session, wanted, feeds) for feeds in evidence.feeds]
        name = evidence.names[consumer.op.number]
        arriving.append(Named(name, [pair[0] for pair in pairs]))
        terms.append(Named(name, [pair[1] for pair in pairs]))
    others = [
        Named(evidence.names[other.target.number], evidence.right[i])
        for i, other in enumerate(evidence.claims)
        if i != place
    ]
    return Case(
        claimed=evidence.own[place],
        right=evidence.right[place],
        scales=evidence.scales,
        sizes=sizes(evidence),
        others=[*others, *arriving],
        terms=terms,
        arriving=arriving,
    )
