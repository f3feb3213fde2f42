"""Backpropagation: breadth-first from the loss, a node once all of its consumers have reported.

Gradients are nodes, built by the rules of the registry, so they can be drawn, run and
differentiated again. What is differentiated is the stable form of the graph
(`rewrite.STABILIZE`). A target that has no node of its own there (a rule looked through it, or it
fell together with an equal node) is differentiated in a copy in which it is opaque.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .disconnection import disconnection
from .dtypes import DType, is_inexact
from .errors import DisconnectedError, DTypeError, GraphflowError, RegistrationError, ShapeError
from .graph import Elementwise, Moved, Node, Operation, building, constant, snake_case
from .ops.array import ones_like, sum_to, zeros_like
from .ops.elementwise import absorb, cast, real
from .registry import is_differentiable, rule_of
from .rewrite import STABILIZE, Rewriting, rewrite
from .shapes import maybe_equal
from .traversal import ancestors

Grads = dict[int, Node]


class Watcher:
    """Is told what a breadth-first pass does, as it does it. This one takes no notice."""

    def starts(self, form: Rewriting) -> None:
        """A pass begins, over this stable form."""

    def counts(self, between: Iterable[Node], pending: Mapping[int, int]) -> None:
        """The nodes between ys and targets, and by number how many consumers each waits for."""

    def sends(self, op: Node | None, source: Node, part: Node | None, left: int) -> None:
        """A consumer (None: the seed) reported to `source`, which still waits for `left`."""

    def takes(self, node: Node, grad: Node | None, ready: Iterable[Node]) -> None:
        """A node left the queue with its whole gradient; `ready` is what the queue holds now."""


_NOBODY = Watcher()


def gradients(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    *,
    stop_gradients: Iterable[Node] = (),
    opaque: Iterable[Node] = (),
    unconnected: str = "error",
) -> list[Any]:
    """d(sum of `ys`) / dx for every x in `xs`, in their order: nodes of x's shape and dtype.

    `ys` and `xs` are nodes or sequences of them; `grad_ys` weighs the ys (ones by default), each of
    the shape of its y. Nodes in `stop_gradients` count as constants. Nodes in `opaque` stay part of
    the gradient, so that they can be fed in a run of it. For an x that no y depends on,
    `unconnected` decides: "error", "zero" (zeros) or "none" (None).

    Raises DisconnectedError naming what cut the path, RegistrationError for an operation without
    a rule, ShapeError for a wrong `grad_ys`, DTypeError for what is no node or carries no gradient.
    """
    sources = _as_nodes("ys", ys)
    targets = _as_nodes("xs", xs)
    if unconnected not in ("error", "zero", "none"):
        raise ValueError(f"unconnected must be 'error', 'zero' or 'none', not {unconnected!r}")
    _check_inexact(sources + targets)
    stops = _as_nodes("stop", stop_gradients)
    derivation = _Derivation(sources, grad_ys, stops, opaque)
    found = derivation.of(targets)
    pairs = zip(found, targets, strict=True)
    return [_connected(grad, x, sources, unconnected, stops) for grad, x in pairs]


def compute_gradients(loss: Node, wrt: Any = None) -> dict[Node, Node]:
    """`{node: d loss / d node}` for the nodes in `wrt`, or for every node on the way to the loss.

    Each gradient has its node's shape and dtype. Constants and nodes without a float dtype are left
    out where `wrt` is None; otherwise errors are those of `gradients`.
    """
    if wrt is not None:
        targets = _as_nodes("wrt", wrt)
        return dict(zip(targets, gradients(loss, targets), strict=True))
    sources = _as_nodes("loss", loss)
    _check_inexact(sources)
    targets = [n for n in ancestors(sources) if is_inexact(n.dtype) and not n.is_constant]
    found = _Derivation(sources, None, [], []).of(targets)
    return {x: grad for x, grad in zip(targets, found, strict=True) if grad is not None}


def watched_gradients(ys: Any, xs: Any, watcher: Watcher) -> list[Node]:
    """`gradients(ys, xs)`, while `watcher` is told of every step of the breadth-first passes."""
    sources, targets = _as_nodes("ys", ys), _as_nodes("xs", xs)
    _check_inexact(sources + targets)
    found = _Derivation(sources, None, [], [], watcher).of(targets)
    pairs = zip(found, targets, strict=True)
    return [grad for g, x in pairs if (grad := _connected(g, x, sources, "error")) is not None]


class _Derivation:
    """The gradients of some ys, by several targets: the stable form is made once for most."""

    def __init__(
        self,
        ys: list[Node],
        grad_ys: Any,
        stops: list[Node],
        opaque: Iterable[Node],
        watcher: Watcher = _NOBODY,
    ) -> None:
        self._ys = ys
        self._ledger = ys[0]._ledger
        self._graph = ys[0].graph
        self._seeds = self._as_seeds(grad_ys)
        self._stops = stops
        self._opaque = [*opaque, *stops]
        self._watcher = watcher

    def of(self, targets: list[Node]) -> list[Node | None]:
        plain = self._rewritten([])
        unsafe = [x for x in targets if x.number in plain.through or x.number in plain.shared]
        by_number = {x.number for x in unsafe}
        grads = self._pass(plain, [x for x in targets if x.number not in by_number])
        for x in dict.fromkeys(unsafe):
            grads |= self._pass(self._rewritten([x]), [x])
        return [grads.get(x.number) for x in targets]

    def _rewritten(self, opaque: list[Node]) -> Rewriting:
        return rewrite(self._ys, [STABILIZE], self._ledger, opaque=[*self._opaque, *opaque])

    def _pass(self, form: Rewriting, targets: list[Node]) -> Grads:
        """The gradients by targets that have an image of their own in `form`, by their numbers."""
        images = {x.number: form.image[x.number] for x in targets if x.number in form.image}
        stops = [form.image[s.number] for s in self._stops if s.number in form.image]
        with building(graph=self._graph, role="gradient", scope="", moved=_moved(form)):
            ys = [form.image[y.number] for y in self._ys]
            self._watcher.starts(form)
            by = list(images.values())
            found = _backpropagate(ys, self._seeds, by, stops, self._watcher)
        return {x: found[image.number] for x, image in images.items() if image.number in found}

    def _as_seeds(self, grad_ys: Any) -> list[Node | None]:
        if grad_ys is None:
            return [None] * len(self._ys)
        given = list(grad_ys) if isinstance(grad_ys, list | tuple) else [grad_ys]
        if len(given) != len(self._ys):
            raise ShapeError(f"gradients: {len(given)} grad_ys for {len(self._ys)} ys")
        pairs = zip(given, self._ys, strict=True)
        return [None if g is None else self._as_seed(g, y) for g, y in pairs]

    def _as_seed(self, grad: Any, y: Node) -> Node:
        with building(graph=self._graph):
            node = grad if isinstance(grad, Node) else constant(grad)
            if not maybe_equal(node.shape, y.shape):
                raise ShapeError(
                    f"gradients: grad_ys {node.type_text} for {y.describe()}",
                    "a weight has the shape of its y",
                )
            return node if node.dtype == y.dtype else cast(node, y.dtype)


def _moved(form: Rewriting) -> Moved | None:
    """What a run must know to feed an inner node of the user's under the derived gradient."""
    moved: dict[int, int | str] = {
        number: image.number for number, image in form.image.items() if image.number != number
    }
    moved.update(dict.fromkeys(form.merged, "merged with an equal node"))
    moved.update(form.through)
    return Moved(moved) if moved else None


def _backpropagate(
    ys: list[Node],
    seeds: list[Node | None],
    targets: list[Node],
    stops: list[Node],
    watcher: Watcher,
) -> Grads:
    """The breadth-first pass. Gradients by node number, for every node between ys and targets."""
    barrier = {node.number for node in stops}
    between = nodes_between(ys, targets, barrier)
    pending: dict[int, int] = dict.fromkeys(between, 0)
    for node in between.values():
        for source in _inputs_of(node, barrier):
            if source.number in between:
                pending[source.number] += 1
    watcher.counts(between.values(), pending)

    arrived: dict[int, list[Node]] = {number: [] for number in between}
    masked: set[int] = set()
    for y, seed in zip(ys, seeds, strict=True):
        if y.number in between:
            arrived[y.number].append(ones_like(y) if seed is None else seed)
            watcher.sends(None, y, arrived[y.number][-1], pending[y.number])

    grads: Grads = {}
    ready = deque(node for node in between.values() if not pending[node.number])
    while ready:
        node = ready.popleft()
        grad = _total(arrived.pop(node.number))
        if grad is not None:
            grads[node.number] = grad
        watcher.takes(node, grad, ready)
        sources = _inputs_of(node, barrier)
        wanted = [source.number in between for source in sources]
        if not any(wanted):
            continue
        assert isinstance(node, Operation)
        parts = contributions(node, grad, wanted, node.number in masked)
        for source, part, is_wanted in zip(sources, parts, wanted, strict=True):
            if not is_wanted:
                continue
            if part is not None:
                arrived[source.number].append(part)
                if node.masks or node.number in masked:
                    masked.add(source.number)
            pending[source.number] -= 1
            watcher.sends(node, source, part, pending[source.number])
            if not pending[source.number]:
                ready.append(source)
    return grads


def _inputs_of(node: Node, barrier: set[int]) -> tuple[Node, ...]:
    """The inputs that a gradient may go on to: none of what counts as constant or has no slope."""
    ends = node.number in barrier or not is_differentiable(type(node))
    return () if ends else node.inputs


def nodes_between(ys: list[Node], targets: list[Node], barrier: set[int]) -> dict[int, Node]:
    """The nodes, in creation order, through which a gradient flows from ys to targets."""
    between = {}
    wanted = {node.number for node in targets}
    for node in ancestors(ys, stop=barrier):
        sources = _inputs_of(node, barrier) if is_inexact(node.dtype) else ()
        if node.number in wanted or any(i.number in between for i in sources):
            between[node.number] = node
    return between


def _total(parts: list[Node]) -> Node | None:
    total: Node | None = None
    for part in parts:
        total = part if total is None else total + part
    return total


def contributions(
    op: Operation, grad: Node | None, wanted: list[bool], is_masked: bool
) -> Sequence[Node | None]:
    """What an operation sends to each of its inputs: its rule, with broadcasting undone."""
    if grad is None:
        return [None] * len(wanted)
    _check_refused(op, wanted)
    with building(where=op._where, scope=op._scope):
        parts = _applied(op, grad)
        absorbs = is_masked and isinstance(op, Elementwise) and not op.safe
        return [
            None if part is None or not is_wanted else _fitted(op, part, source, grad, absorbs)
            for part, source, is_wanted in zip(parts, op.inputs, wanted, strict=True)
        ]


def _check_refused(op: Operation, wanted: list[bool]) -> None:
    """A path through an operand by which there is no gradient would be lost without a word."""
    for operand, is_wanted in zip(op.operands, wanted, strict=False):
        if is_wanted and operand in op.refused:
            raise RegistrationError(
                f"gradients: {snake_case(type(op).__name__)} has no gradient by {operand!r}: "
                f"{op.describe()}",
                op.refused[operand],
            )


def _applied(op: Operation, grad: Node) -> list[Any]:
    given = rule_of(type(op))(op, grad)
    parts = list(given) if isinstance(given, list | tuple) else [given]
    if len(parts) != len(op.inputs):
        raise RegistrationError(
            f"gradients: the rule of {type(op).__name__!r} gave {len(parts)} gradients "
            f"for {len(op.inputs)} inputs: {op.describe()}"
        )
    return parts


def _fitted(op: Operation, part: Any, source: Node, grad: Node, absorbs: bool) -> Node:
    """A rule's result as the gradient of one input: absorbed, unbroadcast and cast."""
    try:
        node = part if isinstance(part, Node) else constant(part)
        if absorbs:
            node = absorb(node, grad)
        return _as_dtype(sum_to(node, source), source.dtype)
    except GraphflowError as error:
        raise RegistrationError(
            f"gradients: the rule of {type(op).__name__!r} gave {_typed(part)} "
            f"for an input {source.type_text}: {op.describe()}"
        ) from error


def _as_dtype(node: Node, dtype: DType) -> Node:
    """A gradient by a real number is the real part of that by it as a complex one."""
    if node.dtype.kind == "c" and dtype.kind != "c":
        node = real(node)
    return node if node.dtype == dtype else cast(node, dtype)


def _typed(part: Any) -> str:
    return part.type_text if isinstance(part, Node) else repr(part)


def _as_nodes(what: str, given: Any) -> list[Node]:
    nodes = [given] if isinstance(given, Node) or not isinstance(given, Iterable) else list(given)
    for node in nodes:
        if not isinstance(node, Node):
            raise DTypeError(f"gradients: {what} has {node!r} ({type(node).__name__}), not a node")
        if node.is_update:
            raise DTypeError(f"gradients: an update has no value: {node.describe()}")
    return nodes


def _check_inexact(nodes: list[Node]) -> None:
    for node in nodes:
        if not is_inexact(node.dtype):
            raise DTypeError(
                f"gradients: {node.describe()} holds no floats, so it carries no gradient",
                "make it float64, or use gf.cast",
            )


def _connected(
    grad: Node | None, x: Node, ys: list[Node], unconnected: str, stops: Sequence[Node] = ()
) -> Node | None:
    if grad is not None or unconnected == "none":
        return grad
    if unconnected == "zero":
        with building(graph=x.graph, role="gradient"):
            return zeros_like(x)
    raise DisconnectedError(f"gradients: {disconnection(ys, x, stops).reason}")
