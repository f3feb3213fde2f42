"""What a graph is made of, looked at: which formulas were replaced, and which should be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .errors import DTypeError
from .graph import Ledger, Node
from .ops.elementwise import Divide, Exp, Log
from .rewrite import STABILIZE, rewrite, rules
from .traversal import ancestors

_ADVICE: dict[type, str] = {
    Log: "the logarithm of what may be 0: is there a log-form, as gf.log_softmax or gf.logsumexp?",
    Divide: "a quotient of exponentials overflows above 709 (float64): use gf.softmax, gf.sigmoid",
}


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
    found += [_advised(node) for node in images.values() if _is_delicate(node)]
    return Findings(dict.fromkeys(found))


def _is_delicate(node: Node) -> bool:
    """Whether exponentials are divided, or a logarithm is taken of their quotient or sum."""
    if isinstance(node, Divide):
        return all(_is_exponential(part) for part in node.inputs)
    return isinstance(node, Log) and _is_exponential(node.inputs[0])


def _is_exponential(node: Node, depth: int = 4) -> bool:
    if isinstance(node, Exp):
        return True
    return depth > 0 and any(_is_exponential(part, depth - 1) for part in node.inputs)


def _advised(node: Node) -> Finding:
    return Finding("advice", _ADVICE[type(node)], str(node.origin or ""))
