"""The right formula for a wrong one, in the student's own names: `dW2 = h.T @ dscore`."""

from __future__ import annotations

from ..graph import Node, Operation
from .evidence import Evidence
from .formulas import Formula, bracketed, symbol
from .points import values
from .textbook import pull_formula

_DEPTH = 4  # unnamed operations that are written out on the way to a named one


def right_step(evidence: Evidence, place: int) -> str:
    """What the consumers of the claim's node send back to it, added up."""
    target = evidence.claims[place].target
    terms = [
        _sent(evidence, op, slot, target, _DEPTH) for op, slot, *_ in evidence.consumers(place)
    ]
    return " + ".join(term.text for term in terms)


def _sent(evidence: Evidence, op: Operation, slot: int, source: Node, depth: int) -> Formula:
    names = {number: symbol(name) for number, name in evidence.names.items()}
    for node in (op, *op.inputs):
        names[node.number] = names[node.number]._replace(rank=len(_shape(evidence, node)))
    shapes = _shape(evidence, op), _shape(evidence, source)
    return pull_formula(_by(evidence, op, depth), op, slot, names, shapes, spelled=True)


def _by(evidence: Evidence, op: Operation, depth: int) -> Formula:
    """The gradient by an operation: by its name, or written out where it has none of its own."""
    if op is evidence.loss:
        return symbol("1")
    name = evidence.names[op.number]
    is_named = op._own_name is not None or name != op.name
    uses = [(n, s) for n in evidence.upstream for s, i in enumerate(n.inputs) if i is op]
    if is_named or not depth or len(uses) != 1:
        return symbol(f"d{name}")
    consumer, slot = uses[0]
    assert isinstance(consumer, Operation)
    return bracketed(_sent(evidence, consumer, slot, op, depth - 1))


def _shape(evidence: Evidence, node: Node) -> tuple[int, ...]:
    return tuple(values(evidence.session, [node], evidence.feeds[0])[0].shape)
