"""The right formula for a wrong one, in the student's own names: `dW2 = h.T @ dscore`."""

from __future__ import annotations

from ..graph import Node, Operation
from .evidence import Evidence
from .formulas import symbol
from .points import values
from .textbook import passes_whole, pull_formula


def right_step(evidence: Evidence, place: int) -> str:
    """What the consumers of the claim's node send back to it, added up."""
    target = evidence.claims[place].target
    names = {number: symbol(name) for number, name in evidence.names.items()}
    terms = []
    for op, slot, _, _ in evidence.consumers(place):
        whole = op is evidence.loss
        arriving = symbol("1" if whole else f"d{evidence.names[_passed_on(evidence, op).number]}")
        shapes = _shape(evidence, op), _shape(evidence, target)
        terms.append(pull_formula(arriving, op, slot, names, shapes, spelled=True).text)
    return " + ".join(terms)


def _passed_on(evidence: Evidence, op: Node) -> Node:
    """The named sum that an unnamed term goes into whole: their gradients are the same."""
    at = op
    while evidence.names[at.number] == at.name and at._own_name is None:
        consumers = [n for n in evidence.upstream if any(i is at for i in n.inputs)]
        if len(consumers) != 1 or not _goes_whole_into(evidence, consumers[0], at):
            return op
        at = consumers[0]
    return at


def _goes_whole_into(evidence: Evidence, consumer: Node, node: Node) -> bool:
    slots = [slot for slot, i in enumerate(consumer.inputs) if i is node]
    if not isinstance(consumer, Operation) or len(slots) != 1:
        return False
    same_shape = _shape(evidence, consumer) == _shape(evidence, node)
    return same_shape and passes_whole(consumer, slots[0])


def _shape(evidence: Evidence, node: Node) -> tuple[int, ...]:
    return tuple(values(evidence.session, [node], evidence.feeds[0])[0].shape)
