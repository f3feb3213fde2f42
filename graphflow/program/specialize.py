"""The graph of one run: fetches over feeds of known shapes, in stable form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from ..errors import FeedError, plain
from ..graph import Ledger, Moved, Node, Variable, building, constant
from ..ops.state import Assign
from ..ops.tap import Tap
from ..primitives import Spec
from ..rewrite import STABILIZE, Rewriting, RuleTable, rewrite
from ..shapes import is_known
from ..traversal import ancestors


Taps = Sequence[tuple[Node, Callable[..., Any]]]


class Fed(Node):
    """Stands for a node that is fed, with the shape that is fed."""

    @classmethod
    def of(cls, node: Node, spec: Spec, ledger: Ledger) -> Fed:
        """The stand-in for `node`; it keeps the name and the origin."""
        new = cls.__new__(cls)
        new.__dict__.update(
            shape=spec.shape,
            dtype=spec.dtype,
            number=ledger.next_number(),
            _ledger=ledger,
            _own_name=node.name,
            _where=node._where,
        )
        return new


class Special(NamedTuple):
    """What stands for the fetches and for the fed nodes, in their orders.

    `targets` gives the variable of each assignment by the number of its image: as an input of the
    image, a fed variable is replaced by its value. `form` says what became of every node. `taps`
    show values that are not fetched.
    """

    fetches: list[Node]
    feeds: list[Node]
    targets: dict[int, Variable]
    form: Rewriting
    taps: list[Tap]


def specialize(
    fetches: Sequence[Node],
    feeds: dict[Node, Spec],
    tables: Iterable[RuleTable] = (STABILIZE,),
    taps: Taps = (),
) -> Special:
    """`fetches` rebuilt over leaves of the fed shapes by the rules of `tables`.

    Each of `taps`, a node with a function, that the fetches are computed from becomes a `Tap`. The
    result lives apart from the user's graph. Raises FeedError for a placeholder without a value,
    for a fed node that the fetches do not need (unless it is a placeholder), and for one that a
    derived gradient does not go through.
    """
    upstream = {node.number: node for node in ancestors(fetches)}
    stand_ins = {node: _stand_ins(node, upstream) for node in feeds}
    fed = {number for numbers in stand_ins.values() for number in numbers}
    passed = ancestors(fetches, stop=fed) if taps else []
    tapped = [(node, function) for node, function in taps if _is_passed(node, passed)]
    outputs = [*fetches, *[node for node, _ in tapped]]
    needed = ancestors(outputs, stop=fed)
    _check_unneeded(needed, stand_ins)
    _check_unfed(needed, fed, fetches)
    ledger = Ledger(
        first=1 + max([node.number for node in [*upstream.values(), *feeds]], default=0)
    )
    feed_leaves = [
        node if _is_as_declared(node, spec) else Fed.of(node, spec, ledger)
        for node, spec in feeds.items()
    ]
    leaves = {
        number: leaf
        for leaf, numbers in zip(feed_leaves, stand_ins.values(), strict=True)
        for number in numbers
    }
    with building(ledger=ledger):
        leaves |= {
            n.number: constant(n.default)  # type: ignore[attr-defined]
            for n in needed
            if n.is_placeholder and n.number not in leaves
        }
    form = rewrite(outputs, tables, ledger, leaves=leaves)
    targets = {form.image[n.number].number: n.variable for n in needed if isinstance(n, Assign)}
    made = []
    for node, function in tapped:
        with building(ledger=ledger, where=node._where):
            made.append(Tap(form.image[node.number], function=function))
    return Special([form.image[node.number] for node in fetches], feed_leaves, targets, form, made)


def _is_passed(node: Node, passed: list[Node]) -> bool:
    """Whether a node is among those, or was rewritten away under a gradient that is."""
    derivations = {id(n._moved): n._moved for n in passed if n._moved is not None}
    return any(each is node for each in passed) or any(
        node.number in moved.image for moved in derivations.values()
    )


def _is_as_declared(node: Node, spec: Spec) -> bool:
    return node.is_placeholder and is_known(node.shape) and node.shape == spec.shape


def _stand_ins(node: Node, upstream: dict[int, Node]) -> list[int]:
    """The numbers of the nodes that get the value fed for `node`: it and its images.

    A gradient derived earlier may go through an image of the node instead of the node itself.
    """
    derivations: dict[int, Moved] = {
        id(n._moved): n._moved for n in upstream.values() if n._moved is not None
    }
    numbers = [node.number]
    for number in numbers:
        for moved in derivations.values():
            image = moved.image.get(number)
            if isinstance(image, str):
                raise FeedError(
                    f"run: {node.describe()} is fed, but a gradient that is fetched does not go "
                    f"through it: it was taken from a stable form ({image})",
                    "derive it with gf.gradients(ys, xs, opaque=[the fed node])",
                )
            if image is not None and image in upstream and image not in numbers:
                numbers.append(image)
    return numbers


def _check_unneeded(needed: list[Node], stand_ins: dict[Node, list[int]]) -> None:
    numbers = {node.number for node in needed}
    for node, group in stand_ins.items():
        if not node.is_placeholder and numbers.isdisjoint(group):
            raise FeedError(f"run: {node.describe()} is fed, but nothing that is fetched needs it")


def _check_unfed(needed: list[Node], fed: set[int], fetches: Sequence[Node]) -> None:
    for node in needed:
        if node.is_placeholder and node.number not in fed and _default(node) is None:
            place = f" ({node.origin})" if node.origin else ""
            called = plain(fetches[0].name) if len(fetches) == 1 else "[...]"
            raise FeedError(
                f"run: no value fed for placeholder {node.name!r} {node.type_text}{place}",
                f"add it: session.run({called}, feed_dict={{{plain(node.name)}: ...}})",
            )


def _default(node: Node) -> object:
    return getattr(node, "default", None)
