"""Why one node has no gradient by another: what cuts the path between them, with your lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from .dtypes import is_inexact
from .errors import DTypeError
from .graph import Node, Operation, building
from .ops.array import ones_like
from .registry import has_rule, is_differentiable, rule_of
from .traversal import ancestors, descendants

_SHAPE_ONLY = ("ZerosLike", "OnesLike", "Count")
_PATH_SHOWN = 8


class Cut(NamedTuple):
    """One node at which the gradient stops on its way: what it is, why, and what to try."""

    kind: str  # "integer cast", "comparison", "stop_gradient", "integers", "piecewise constant" ...
    node: str  # name
    described: str
    code: str  # the text of the user's line
    reason: str
    hint: str
    path: tuple[str, ...]  # the names from x to this node


@dataclass(frozen=True)
class Disconnection:
    """What `why_disconnected` found. True when there is no gradient; it prints the reason.

    `reason` is one sentence. `cuts` are the places where paths from x to y end, in creation order;
    there are none where no path exists at all.
    """

    reason: str
    disconnected: bool
    cuts: tuple[Cut, ...] = ()
    hint: str = ""

    def __bool__(self) -> bool:
        return self.disconnected

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        lines = [self.reason]
        for cut in self.cuts:
            lines.append(f"  {_arrows(cut.path)} | cut by {cut.described}")
            lines += [f"      {cut.code}"] if cut.code else []
            lines.append(f"      {cut.reason}" + (f"; {cut.hint}" if cut.hint else ""))
        return "\n".join([*lines, *([self.hint] if self.hint else [])])


def why_disconnected(y: Any, x: Any) -> Disconnection:
    """What cuts `y` from `x`, so that there is no gradient of the one by the other.

    Names every node at which a path from x to y loses its gradient (a cast to integers, a
    comparison, `stop_gradient`, a piecewise constant operation, an input by which a rule gives
    none), or says where x leads instead: to other nodes only, into an assignment, or nowhere. The
    answer is false, and prints a path, where there is a gradient. Raises DTypeError for what is no
    node.
    """
    for node in (y, x):
        if not isinstance(node, Node):
            raise DTypeError(f"why_disconnected: {node!r} is not a node")
    return disconnection([y], x)


def disconnection(ys: Sequence[Node], x: Node, stops: Sequence[Node] = ()) -> Disconnection:
    """Why the gradient of `ys` by `x` does not exist, given nodes that count as constants."""
    names = ", ".join(repr(y.name) for y in ys)
    who = f"{x.name!r}{_place(x)}"
    if ys[0]._ledger is not x._ledger:
        return Disconnection(f"{names} and {who} are nodes of two graphs", True)
    for node in (*ys, x):
        if not is_inexact(node.dtype):
            return Disconnection(f"{node.describe()} holds no floats: it carries no gradient", True)
    upstream = ancestors(ys)
    if all(node is not x for node in upstream):
        reason, hint = _elsewhere(ys, x, upstream)
        return Disconnection(f"{names} does not depend on {who}; {reason}", True, (), hint)
    reached, cuts = _followed(upstream, x, {node.number for node in stops})
    found = [y for y in ys if y.number in reached]
    if found:
        path = _arrows(_path(found[0], reached))
        return Disconnection(f"{names} has a gradient by {who}: {path}", False)
    described = " and ".join(cut.described for cut in cuts[:2])
    described += f" and {len(cuts) - 2} more" if len(cuts) > 2 else ""
    which = "which has no gradient" if len(cuts) == 1 else "which have no gradient"
    if cuts[0].kind == "stop_gradients":
        which = "which counts as a constant here"
    elif all(cut.kind == "no gradient by this input" for cut in cuts):
        which += " by that input: its rule gave None"
    return Disconnection(f"{names} depends on {who} only through {described}, {which}", True, cuts)


def _place(node: Node) -> str:
    return f" ({node.origin})" if node.origin else ""


def _followed(
    upstream: list[Node], x: Node, stops: set[int]
) -> tuple[dict[int, Node | None], tuple[Cut, ...]]:
    """The nodes that a gradient joins to x, each with the one before it, and where it ends."""
    reached: dict[int, Node | None] = {}
    cuts = []
    for node in upstream:
        if node is x:
            reached[x.number] = None
            continue
        before = next((i for i in node.inputs if i.number in reached), None)
        if before is None:
            continue
        kind = "stop_gradients" if node.number in stops else _kind(node)
        if not kind:
            passed = _passed(node, reached)
            if passed is not None:
                reached[node.number] = passed
                continue
            kind = "no gradient by this input"
        cuts.append(_cut(kind, node, before, _path(before, reached)))
    return reached, tuple(cuts)


def _kind(node: Node) -> str:
    """What ends a gradient at this node whatever its inputs; empty when nothing does."""
    name = type(node).__name__
    if name == "StopGradient":
        return "stop_gradient"
    if name in _SHAPE_ONLY:
        return "shape only"
    if not has_rule(type(node)):
        return "no rule"
    if not is_inexact(node.dtype):
        if name == "Cast":
            return "integer cast"
        return "comparison" if node.dtype.kind == "b" else "integers"
    return "" if is_differentiable(type(node)) else "piecewise constant"


def _passed(node: Node, reached: dict[int, Node | None]) -> Node | None:
    """The first of the inputs joined to x by which the node's rule gives a gradient."""
    assert isinstance(node, Operation)
    with building(ledger=node._ledger, where=node._where):  # unlisted: the graph stays as it is
        given = rule_of(type(node))(node, ones_like(node))
    parts = list(given) if isinstance(given, list | tuple) else [given]
    pairs = zip(node.inputs, parts, strict=False)
    return next((i for i, part in pairs if part is not None and i.number in reached), None)


def _cut(kind: str, node: Node, source: Node, path: tuple[str, ...]) -> Cut:
    reasons = {
        "integer cast": (
            f"a cast from {source.dtype} to {node.dtype}: whole numbers jump, they have no slope",
            "differentiate what is before the cast",
        ),
        "comparison": (
            "a comparison is true or false: it has no slope",
            "gf.where chooses by value and keeps the gradient of what is chosen; "
            "gf.sigmoid is a smooth step",
        ),
        "stop_gradient": ("gf.stop_gradient stands there to cut it", ""),
        "stop_gradients": ("it was given in stop_gradients", ""),
        "integers": (f"its result is {node.dtype}: positions and counts have no slope", ""),
        "shape only": ("it uses the shape of its input and not the values", ""),
        "no rule": (f"{type(node).__name__} has no gradient rule", "write one: RegisterGradient"),
        "piecewise constant": ("it is piecewise constant: its slope is 0 between the jumps", ""),
        "no gradient by this input": (f"its rule gives none by {source.name!r}", ""),
    }
    code = node.origin.text if node.origin else ""
    return Cut(kind, node.name, node.describe(), code, *reasons[kind], (*path, node.name))


def _path(node: Node, reached: dict[int, Node | None]) -> tuple[str, ...]:
    names = []
    at: Node | None = node
    while at is not None:
        names.append(at.name)
        at = reached[at.number]
    return tuple(reversed(names))


def _arrows(path: tuple[str, ...]) -> str:
    if len(path) > _PATH_SHOWN:
        kept = _PATH_SHOWN // 2
        path = (*path[:kept], f"... {len(path) - 2 * kept} nodes ...", *path[-kept:])
    return " -> ".join(path)


def _elsewhere(ys: Sequence[Node], x: Node, upstream: list[Node]) -> tuple[str, str]:
    """Where x leads instead, and what may have been meant."""
    nodes = x.graph.nodes
    downstream = descendants(nodes, [x])
    read = {node.number for node in upstream if node.is_variable}
    for node in nodes:
        if node.is_update and node.number in downstream and node.inputs[0].number in read:
            variable = node.inputs[0].name
            return (
                f"{x.name!r} reaches {variable!r} only by {node.describe()}",
                f"an assignment changes {variable!r} for later runs: no gradient passes through it",
            )
    hint = ""
    if x.inputs and all(x.number > y.number for y in ys):
        hint = f"{x.name!r} was made after it: was a name given to another node in between?"
    return _leads_to(x, nodes), hint


def _leads_to(x: Node, nodes: list[Node]) -> str:
    reached = {x.number}
    last: dict[int, Node] = {}
    for node in nodes:
        if node.role == "forward" and any(i.number in reached for i in node.inputs):
            reached.add(node.number)
            last[node.number] = node
            for source in node.inputs:
                last.pop(source.number, None)
    if not last:
        return f"nothing uses {x.name!r}"
    return f"{x.name!r} feeds only " + ", ".join(repr(n.name) for n in list(last.values())[:3])
