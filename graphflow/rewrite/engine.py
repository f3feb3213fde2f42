"""The rewrite driver: rebuilds a graph from its leaves up, applying tables of small rules.

Equal nodes are interned as they are rebuilt, so that common subexpressions fall together and rules
can compare nodes by identity. A rule is called as `rule(node, look)` and returns None or a node of
equal shape and dtype. It may inspect `node` itself freely, but reaches through an input only with
`look(node.inputs[i], SomeOperation)`: the driver thus knows which nodes a rule looked through. The
user's graph gains no node: what is built is unlisted.

The *image* of a node is what the rewriter made of it. A gradient by a node, or a value fed at one,
can take place at its image unless a rule that fired looked through it or another node has the same
image; such a node must be made opaque instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from ..errors import GraphflowError
from ..graph import Building, Constant, Ledger, Node, Operation, building
from ..ops.barrier import Opaque
from ..ops.elementwise import cast
from ..ops.tap import After, Tap
from ..shapes import maybe_equal
from ..traversal import ancestors

_INTERNED_BYTES = 1024
_DEPTH_LIMIT = 200
_TAPS = (Tap, After)

AnyNode = TypeVar("AnyNode", bound=Node)
Rule = Callable[[Any, "Look"], Node | None]
verifying = False  # tests switch it on: every rewriting is then checked by `verify`


class Look:
    """How a rule reaches through an input; it remembers what was looked through."""

    def __init__(self, barriers: set[int]) -> None:
        self._barriers = barriers
        self.seen: set[int] = set()
        self.taps: dict[int, Node] = {}

    def __call__(self, node: Node, *kinds: type[AnyNode]) -> AnyNode | None:
        """`node` if it is one of `kinds` (any kind when none is given) and no barrier.

        Taps are no hindrance: what is behind them counts.
        """
        passed: list[Node] = []
        while isinstance(node, _TAPS) and node.number not in self._barriers:
            passed.append(node)
            node = node.inputs[0]
        if node.number in self._barriers or (kinds and not isinstance(node, kinds)):
            return None
        self.seen.update(each.number for each in (*passed, node))
        self.taps.update((each.number, each) for each in passed)
        return node  # type: ignore[return-value]


def _behind_taps(node: Node) -> Node:
    while isinstance(node, _TAPS):
        node = node.inputs[0]
    return node


class RuleTable:
    """Rules by the operation they start from."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rules: dict[type, list[Rule]] = {}
        self.over: dict[Rule, tuple[type, ...]] = {}  # what one of a node's inputs must be

    def rule(self, *kinds: type, over: tuple[type, ...] = (Node,)) -> Callable[[Rule], Rule]:
        """Decorator: the function is tried at every node of these operations over one of those."""

        def add(rule: Rule) -> Rule:
            for kind in kinds:
                self.rules.setdefault(kind, []).append(rule)
            self.over[rule] = over
            return rule

        return add


def joined(name: str, tables: Iterable[RuleTable]) -> RuleTable:
    """The rules of several tables; at one operation those of an earlier table are tried first."""
    whole = RuleTable(name)
    for table in tables:
        whole.over |= table.over
        for kind, found in table.rules.items():
            whole.rules.setdefault(kind, []).extend(found)
    return whole


def rules(table: RuleTable) -> list[Rule]:
    """The rules of a table, each once, in the order they were added."""
    return list(dict.fromkeys(rule for found in table.rules.values() for rule in found))


class Fired(NamedTuple):
    """One application of a rule: what it replaced by what, and the numbers it looked through."""

    rule: str
    before: Node
    after: Node
    seen: frozenset[int]


class Rewriting(NamedTuple):
    """What became of a graph: images by node number, and which nodes cannot stand for theirs."""

    image: dict[int, Node]
    through: dict[int, str]  # nodes that a fired rule looked through, with its name
    shared: frozenset[int]  # nodes whose image is the image of another node too
    merged: frozenset[int]  # nodes that are not fed at their image: that would feed equal ones too
    fired: list[Fired]
    replaced: dict[int, tuple[str, ...]]  # the rules that made a node's image, one after the other


def rewrite(
    outputs: Iterable[Node],
    tables: Iterable[RuleTable],
    ledger: Ledger,
    *,
    leaves: Mapping[int, Node] | None = None,
    opaque: Iterable[Node] = (),
) -> Rewriting:
    """Rebuild what `outputs` are computed from, in `ledger`, applying the rules of `tables`.

    `leaves` gives the images of some nodes, by number; what those are computed from is not looked
    at. The nodes in `opaque` keep an identity of their own that no rule looks through.
    """
    rewriter = _Rewriter(tables, ledger, leaves or {}, opaque)
    nodes = ancestors(outputs, stop=leaves or ())
    form = rewriter.run(nodes)
    if verifying:
        verify(nodes, form)
    return form


def verify(nodes: list[Node], form: Rewriting) -> None:
    """Check a rewritten graph as a type checker would. Raises AssertionError.

    Every image has the shape and dtype of its node and follows its inputs; inference anew gives
    what is recorded; and no rule reached further than it told.
    """
    for node in nodes:
        image = form.image[node.number]
        assert image.dtype == node.dtype, (node, image)
        assert maybe_equal(image.shape, node.shape), (node, image)
    for image in ancestors(form.image.values()):
        assert all(i.number < image.number for i in image.inputs), image
        if isinstance(image, Operation):
            assert image._infer_anew(image.inputs) == (image.shape, image.dtype), image
    for fired in form.fired:
        assert _reached(fired) <= fired.seen, fired


def _reached(fired: Fired) -> set[int]:
    """The nodes between `before` and those that `after` still stands on, constants apart."""
    before, after = fired.before, fired.after
    kept = _stood_on(after, before.number, fired.seen)
    reached: set[int] = set()
    todo = list(before.inputs)
    while todo:
        node = todo.pop()
        if node.number not in kept and node.number not in reached and not node.is_constant:
            reached.add(node.number)
            todo.extend(node.inputs)
    return reached


def _stood_on(after: Node, mark: int, seen: frozenset[int]) -> set[int]:
    """What `after` is made of: nodes older than `mark`, and what those were seen to be made of."""
    kept: set[int] = set()
    todo = [after]
    while todo:
        node = todo.pop()
        if node.number not in kept:
            kept.add(node.number)
            if node.number > mark or node.number in seen:
                todo.extend(node.inputs)
    return kept


class _Rewriter:
    def __init__(
        self,
        tables: Iterable[RuleTable],
        ledger: Ledger,
        leaves: Mapping[int, Node],
        opaque: Iterable[Node],
    ) -> None:
        self._table = joined("all", tables)
        self._tried: dict[tuple[type, ...], list[Rule]] = {}
        self._ledger = ledger
        self._opaque = {node.number for node in opaque}
        self._image: dict[int, Node] = dict(leaves)
        self._interned: dict[Any, Node] = {}
        self._barriers: set[int] = set()
        self._met: set[int] = set()  # images that an equal node was merged into
        self._undone: set[Any] = set()  # keys of what a rule made the same as a part of it
        self._through: dict[int, str] = {}
        self._fired: list[Fired] = []
        self._replaced: dict[int, tuple[str, ...]] = {}
        self._depth = 0

    def run(self, nodes: list[Node]) -> Rewriting:
        for node in nodes:
            if node.number not in self._image:
                self._image[node.number] = self._image_of(node)
        through = {
            node.number: self._through[image.number]
            for node in nodes
            if (image := self._image[node.number]).number in self._through
        }
        shared, merged = self._shared(nodes)
        return Rewriting(self._image, through, shared, merged, self._fired, self._replaced)

    def _shared(self, nodes: list[Node]) -> tuple[frozenset[int], frozenset[int]]:
        """The nodes that share an image; and which nodes cannot be fed at theirs.

        Those are the nodes that were merged with an equal one, of the user's or made by a rule. Of
        others that share an image the first can be fed: the later ones are computed from it.
        """
        alike: dict[int, list[int]] = {}
        for node in nodes:
            alike.setdefault(self._image[node.number].number, []).append(node.number)
        groups = [group for group in alike.values() if len(group) > 1]
        shared = frozenset(number for group in groups for number in group)
        merged = {number for group in groups for number in group[1:]}
        merged.update(*(group for image, group in alike.items() if image in self._met))
        return shared, frozenset(merged)

    def _image_of(self, node: Node) -> Node:
        inputs = tuple([self._image[i.number] for i in node.inputs])
        earlier = len(self._fired)
        image = self._settle(self._rebuilt(node, inputs))
        if len(self._fired) > earlier:
            self._replaced[node.number] = tuple([fired.rule for fired in self._fired[earlier:]])
        if node.number in self._opaque:
            if image is node:  # what is equal to it stays apart
                self._interned.pop(_intern_key(node), None)
            with building(self._like(node)):
                image = Opaque(image)
            self._barriers.add(image.number)
        return image

    def _rebuilt(self, node: Node, inputs: tuple[Node, ...]) -> Node:
        """The same operation over other inputs; `node` itself when they are its own."""
        for new, old in zip(inputs, node.inputs, strict=True):
            if new is not old:
                assert isinstance(node, Operation)
                return node.with_inputs(inputs, self._like(node))
        return node

    def _like(self, node: Node) -> Building:
        """Unlisted nodes that take after `node`: its scope, role and line."""
        return Building(None, node._scope, node.role, node._where, self._ledger)

    def _settle(self, node: Node) -> Node:
        """What the rules make of a node whose inputs are images, interned."""
        key = _intern_key(node)
        if key is not None:
            known = self._interned.get(key)
            if known is not None:
                if key not in self._undone:
                    self._met.add(known.number)
                return known
        settled = self._reduce(node)
        if key is not None:
            self._interned[key] = settled
            if settled.number < node.number:
                self._undone.add(key)
        return settled

    def _reduce(self, node: Node) -> Node:
        rules = self._rules_for(node)
        if not isinstance(node, Operation) or not (rules or node.can_expand):
            return node
        mark = self._ledger.next_number()
        if node.can_expand:
            with building(self._like(node)):
                expanded = node.expand()
            if expanded is not None:
                return self._settle_new(expanded, mark)
        fired = self._fire(node, rules) if rules else None
        return node if fired is None else self._settle_new(fired.after, mark)

    def _rules_for(self, node: Node) -> list[Rule]:
        """The rules that may apply to an operation over such inputs."""
        inputs = [_behind_taps(i) for i in node.inputs]
        kinds = (type(node), *[type(i) for i in inputs])
        found = self._tried.get(kinds)
        if found is None:
            over = self._table.over
            found = self._tried[kinds] = [
                rule
                for rule in self._table.rules.get(type(node), ())
                if any(isinstance(i, over.get(rule, Node)) for i in inputs)
            ]
        return found

    def _fire(self, node: Operation, rules: Sequence[Rule]) -> Fired | None:
        """The first rule that applies, noted down with what it looked through."""
        with building(self._like(node)):
            for rule in rules:
                look = Look(self._barriers)
                new = _as_precise(rule(node, look), node)
                if new is None:
                    continue
                if look.taps:
                    new = After(new, *look.taps.values())
                _check_replacement(rule, node, new)
                fired = Fired(rule.__name__, node, new, frozenset(look.seen))
                self._fired.append(fired)
                self._through.update(dict.fromkeys(look.seen, rule.__name__))
                return fired
        return None

    def _settle_new(self, root: Node, mark: int) -> Node:
        """Settle the nodes made since `mark` that `root` stands on, inputs first."""
        self._depth += 1
        if self._depth > _DEPTH_LIMIT:
            raise GraphflowError("rewrite: the rules do not come to an end", root.describe())
        new = _made_since(root, mark)
        local: dict[int, Node] = {}
        for node in new:
            inputs = tuple([local.get(i.number, i) for i in node.inputs])
            local[node.number] = self._settle(self._rebuilt(node, inputs))
        self._depth -= 1
        return local.get(root.number, root)


def _made_since(root: Node, mark: int) -> list[Node]:
    found: dict[int, Node] = {}
    todo = [root]
    while todo:
        node = todo.pop()
        if node.number > mark and node.number not in found:
            found[node.number] = node
            todo.extend(node.inputs)
    return [found[number] for number in sorted(found)]


def _intern_key(node: Node) -> Any:
    """Equal keys mean equal values; None for what is never merged."""
    if isinstance(node, Constant):
        if node.weak:
            return ("weak", type(node.value), repr(node.value))
        if node.value.nbytes > _INTERNED_BYTES:
            return None
        return ("constant", node.dtype, node.shape, node.value.tobytes())
    if not isinstance(node, Operation) or not node.pure:
        return None
    values = tuple([getattr(node, name) for name in node.attributes])
    key = (type(node), values, *map(type, values), *[i.number for i in node.inputs])
    try:
        hash(key)
    except TypeError:
        return None
    return key


def _as_precise(new: Node | None, node: Node) -> Node | None:
    """What a rule made, in the precision of `node`, which may have mixed several."""
    if new is None or new.dtype == node.dtype or new.dtype.kind != node.dtype.kind:
        return new
    return cast(new, node.dtype)


def _check_replacement(rule: Rule, before: Node, after: Node) -> None:
    if not maybe_equal(before.shape, after.shape) or before.dtype != after.dtype:
        raise GraphflowError(
            f"rewrite: rule {rule.__name__!r} made {after.type_text} of {before.type_text}",
            before.describe(),
        )
