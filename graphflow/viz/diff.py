"""A picture of what rewriting changed: what is gone, what is new, and by which rule."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

from ..graph import Constant, Ledger, Node, Variable
from ..primitives import Spec
from ..program import specialize
from ..rewrite import STABILIZE, Rewriting, rewrite
from ..shapes import maybe_equal
from ..traversal import ancestors
from .alike import Path
from .figure import Arrow, Box, Cluster, Figure, box_of, cluster_of
from .fold import BUDGET
from .label import TOOLTIP_LENGTH, plain, shorten, type_text
from .picture import Picture
from .subject import subject_of
from .theme import MARKS

_UNNEEDED = "not needed"
_SHAPES = "settled by shapes"


class _Change(NamedTuple):
    """What became of the nodes of one graph in another."""

    kept: dict[int, Node]  # the node before, by the number of the one after
    gone: dict[int, str]  # why, by the number before
    new: dict[int, str]  # why, by the number after
    became: dict[int, int]  # the number after by that of what it replaces


def diff(before: Any, after: Any = None, *, theme: str = "auto") -> Picture:
    """A picture of how `before` became `after`: what is gone is dashed, what is new is marked.

    Both are a node, nodes in lists and dicts, or a Graph, as `Function.before` and `.after`. Each
    change names its rule, as `gf.lint` does: rules of the stable forms, "settled by shapes" for
    what only unknown shapes needed, "not needed" for what nothing takes any more. A dotted arrow
    leads from what was replaced to what replaces it. Without `after` it is the stable form of
    `before`. Of more than about 120 boxes only what changed is shown, and what is next to it.

    Raises DTypeError for what is no node, GraphError for nodes of two graphs in one argument.
    """
    old = subject_of(before).nodes
    new = None if after is None else subject_of(after).nodes
    form = _form(old, new)
    if new is None:
        new = ancestors(form.image[node.number] for node in _ends(old))
    return Picture(_figure(old, new, _changes(old, new, form)), theme)


def _ends(nodes: Sequence[Node]) -> list[Node]:
    taken = {i.number for node in nodes for i in node.inputs}
    return [node for node in nodes if node.number not in taken]


def _form(old: list[Node], new: list[Node] | None) -> Rewriting:
    """What the rules make of `old`, for the shapes that `new` has been made for."""
    leaves = {node.name: Spec(node.shape, node.dtype) for node in new or () if not node.inputs}
    inputs = [node for node in old if node.is_placeholder]
    shaped = {node: leaves[node.name] for node in inputs if node.name in leaves}
    if len(shaped) == len(inputs) > 0 and all(map(_fits, shaped, shaped.values())):
        return specialize(_ends(old), shaped).form
    ledger = Ledger(first=1 + max((node.number for node in old), default=0))
    return rewrite(_ends(old), [STABILIZE], ledger)


def _fits(node: Node, spec: Spec) -> bool:
    return node.dtype == spec.dtype and maybe_equal(node.shape, spec.shape)


def _changes(old: list[Node], new: list[Node], form: Rewriting) -> _Change:
    codes: dict[Hashable, int] = {}
    after = _structures(new, codes)
    images = _structures(ancestors(form.image[node.number] for node in old), codes)
    written = _structures(old, codes)
    by_code = {code: number for number, code in reversed(after.items())}
    change = _Change({}, {}, {}, {})
    for node in old:
        image = form.image[node.number]
        there = by_code.get(written[node.number])
        stays = there is not None or _is_like(node, image)
        there = by_code.get(images[image.number]) if there is None else there
        if stays and there is not None and there not in change.kept:
            change.kept[there] = node
            continue
        if there is None:
            reason = form.through.get(node.number, _UNNEEDED)
        else:
            change.became[node.number] = there
            twin = change.kept.get(there)
            reason = f"same as {twin.name}" if stays and twin is not None else _SHAPES
        change.gone[node.number] = ", ".join(form.replaced.get(node.number, [reason]))
    _explain_new(new, change)
    return change


def _is_like(node: Node, image: Node) -> bool:
    """Whether the image does what the node does."""
    if not node.inputs:
        return not image.inputs
    return type(node) is type(image) and _attributes(node) == _attributes(image)


def _explain_new(new: list[Node], change: _Change) -> None:
    """The reason of what is new: that of what it replaces, or of what it is an input of."""
    for number, there in change.became.items():
        if there not in change.kept:
            change.new.setdefault(there, change.gone[number])
    reasons: dict[int, str] = {}
    for node in reversed(new):
        if node.number not in change.kept:
            reason = change.new.setdefault(node.number, reasons.get(node.number, ""))
            reasons.update(dict.fromkeys([i.number for i in node.inputs], reason))


def _structures(nodes: list[Node], codes: dict[Hashable, int]) -> dict[int, int]:
    """A code for each node: equal for what computes the same in the same way."""
    found: dict[int, int] = {}
    for node in nodes:
        what = (*_attributes(node), *[found[i.number] for i in node.inputs])
        found[node.number] = codes.setdefault(what, len(codes))
    return found


def _attributes(node: Node) -> tuple[Hashable, ...]:
    if isinstance(node, Variable):
        return ("variable", node.uid)
    if isinstance(node, Constant):
        value = node.value
        return ("constant", str(node.dtype), node.shape, value if node.weak else value.tobytes())
    if not node.inputs:
        return ("leaf", node.name)
    return (type(node), *[repr(getattr(node, name)) for name in node.attributes])


def _figure(old: list[Node], new: list[Node], change: _Change) -> Figure:
    """Both graphs in one: numbers after are even, those of what is gone odd."""
    place = {node.number: 2 * there for there, node in change.kept.items()}
    gone = [node for node in old if node.number in change.gone]
    place |= {node.number: 2 * node.number + 1 for node in gone}
    boxes = [_kept_or_new(node, change) for node in new]
    boxes += [_marked(n, "gone", change.gone[n.number], 2 * n.number + 1) for n in gone]
    arrows = [_arrow(i, 2 * i.number, n, 2 * n.number) for n in new for i in n.inputs]
    arrows += [_arrow(i, place[i.number], n, place[n.number]) for n in gone for i in n.inputs]
    arrows += [
        _became(number, there, place[number], change) for number, there in change.became.items()
    ]
    if len(boxes) > BUDGET:
        boxes, arrows = _near_changes(boxes, arrows)
    clusters = dict.fromkeys(box.group[:k] for box in boxes for k in range(1, len(box.group) + 1))
    frames: dict[Path, Cluster] = {path: cluster_of(path) for path in clusters}
    return Figure(boxes, arrows, frames, (), _kinds(boxes))


def _kept_or_new(node: Node, change: _Change) -> Box:
    number = 2 * node.number
    if node.number in change.new:
        return _marked(node, "new", change.new[node.number], number)
    return box_of(change.kept[node.number])._replace(number=number)


def _marked(node: Node, mark: str, reason: str, number: int) -> Box:
    box = box_of(node)
    line = f"{MARKS[mark]} {plain(shorten(reason or mark))}"
    return box._replace(number=number, mark=mark, lines=(*box.lines, line))


def _arrow(source: Node, a: int, target: Node, b: int) -> Arrow:
    said = shorten(plain(f"{source.describe()} → {target.kind}"), TOOLTIP_LENGTH)
    return Arrow(a, b, type_text(source), said)


def _became(number: int, there: int, place: int, change: _Change) -> Arrow:
    twin = change.kept.get(there)
    earlier = twin is not None and twin.number < number  # it would turn the picture upside down
    return Arrow(place, 2 * there, "", plain(change.gone[number]), back=earlier, became=True)


def _near_changes(boxes: list[Box], arrows: list[Arrow]) -> tuple[list[Box], list[Arrow]]:
    changed = {box.number for box in boxes if box.mark}
    near = set(changed)
    for arrow in arrows:
        if arrow.source in changed or arrow.target in changed:
            near |= {arrow.source, arrow.target}
    return (
        [box for box in boxes if box.number in near],
        [arrow for arrow in arrows if arrow.source in near and arrow.target in near],
    )


def _kinds(boxes: list[Box]) -> dict[str, int]:
    found: dict[str, int] = {}
    for box in boxes:
        found[box.kind] = found.get(box.kind, 0) + 1
    return found
