"""What a graph is made of, looked at: which formulas were replaced, and which should be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .errors import DTypeError
from .graph import Constant, Ledger, Node
from .ops.elementwise import Add, Clip, Divide, Exp, Log, Maximum, Multiply, Sigmoid
from .ops.nn import Softmax
from .rewrite import STABILIZE, rewrite, rules
from .traversal import ancestors

_OF_A_LOG = (
    "the logarithm of what may be 0: is there a log-form, as gf.log_softmax or gf.logsumexp?"
)
_OF_A_QUOTIENT = (
    "a quotient of exponentials overflows above 709 (float64): use gf.softmax, gf.sigmoid"
)
_OF_A_PRODUCT = "exp(x) * exp(y) overflows where the product does not: write exp(x + y)"
_OF_A_GUARD = (
    "a probability kept from 0 by hand has a gradient of 0 there, or another one: "
    "gf.log_softmax(z) and gf.log_sigmoid(x) need no guard"
)


class Finding(NamedTuple):
    """One place: the rule or `advice`, what it says, and the user's line."""

    rule: str
    text: str
    line: str

    def __str__(self) -> str:
        return f"{self.line or '?'}: {self.text} [{self.rule}]"


class Findings(list[Finding]):
    """What `lint` found; it prints as a line for each."""

    def __str__(self) -> str:
        return "\n".join(map(str, self)) or "nothing was rewritten, and there is no advice"


def lint(nodes: Node | Iterable[Node]) -> Findings:
    """What the stable forms replace in the graph of `nodes`, and what should be changed by hand.

    Replaced formulas are named by their rule and its equation: they are right as they run, and may
    be written more plainly. Advice is about formulas that overflow or lose digits and that no rule
    covers. Each comes with the line that made the node. Raises DTypeError for what is no node.
    """
    sources = [nodes] if isinstance(nodes, Node) else list(nodes)
    for node in sources:
        if not isinstance(node, Node):
            raise DTypeError(f"lint: {node!r} is not a node")
    if not sources:
        return Findings()
    upstream = ancestors(sources)
    ledger = Ledger(first=1 + max(node.number for node in upstream))
    form = rewrite(sources, [STABILIZE], ledger)
    equations = {rule.__name__: rule.__doc__ or "" for rule in rules(STABILIZE)}
    found = [
        Finding(fired.rule, " ".join(equations[fired.rule].split()), str(fired.before.origin or ""))
        for fired in form.fired
    ]
    images = {form.image[node.number].number: form.image[node.number] for node in upstream}
    advice = [(node, _advice(node)) for node in images.values()]
    found += [Finding("advice", text, str(node.origin or "")) for node, text in advice if text]
    return Findings(dict.fromkeys(found))


def _advice(node: Node) -> str:
    """What should be changed by hand in a formula that overflows or loses digits, or nothing."""
    if isinstance(node, Divide):
        return _OF_A_QUOTIENT if all(_is_exponential(part) for part in node.inputs) else ""
    if isinstance(node, Multiply):
        return _OF_A_PRODUCT if all(isinstance(part, Exp) for part in node.inputs) else ""
    if not isinstance(node, Log):
        return ""
    if _is_guarded(node.inputs[0]):
        return _OF_A_GUARD
    return _OF_A_LOG if _is_exponential(node.inputs[0]) else ""


def _is_guarded(node: Node) -> bool:
    """Whether a small number is added to a probability, or it is not let below one."""
    if not isinstance(node, Add | Clip | Maximum):
        return False
    small = any(isinstance(i, Constant) and i.shape == () and i.value < 0.01 for i in node.inputs)
    return small and any(isinstance(part, Softmax | Sigmoid) for part in node.inputs)


def _is_exponential(node: Node, depth: int = 4) -> bool:
    if isinstance(node, Exp):
        return True
    return depth > 0 and any(_is_exponential(part, depth - 1) for part in node.inputs)
