"""Growing a graph: steps chosen at random, each applied where values lie in its domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..dtypes import Array
from ..errors import GraphflowError
from ..graph import Constant, Graph, Node, Operation
from ..ops.random import RunKey
from ..primitives import FUNCTIONS
from ..traversal import ancestors
from .domains import MARGIN, Domain
from .forms import Form
from .generated import IMPORTS, GeneratedGraph, Leaf

_LARGEST = 1e4  # a step with a value beyond it is left out
_ENTRIES = 64  # as is one with more entries
_NAMES = "abcdefghijklmnopqrst"
LEAF_NAMES = "xyzuvw"
_KEY = np.array([0, 0], np.uint64)  # of a session with seed 0 at its first step


class Step(NamedTuple):
    """An operation to apply: to which values, counted from the last; with which of its options."""

    form: Form
    picks: tuple[int, ...]
    option: int


def grown(
    leaves: Sequence[Leaf], steps: Iterable[Step], max_nodes: int, own: Mapping[str, Any]
) -> GeneratedGraph:
    """The graph of these leaves and steps; a step that cannot be applied is left out.

    `own` are the user's names that forms use.
    """
    growing = _Growing(leaves, max_nodes, own)
    for step in steps:
        growing.apply(step)
    return GeneratedGraph(tuple(leaves), tuple(growing.lines), growing.values, own)


class _Draft(NamedTuple):
    """Lines to be added, if all goes well, with their nodes by name."""

    lines: list[str]
    nodes: dict[str, Node]


class _Growing:
    """Lines of Python, with the values that they have in a graph of these lines alone."""

    def __init__(self, leaves: Sequence[Leaf], max_nodes: int, own: Mapping[str, Any]) -> None:
        self._leaves, self._own = leaves, own
        self._max_nodes = max_nodes
        self.lines: list[str] = []
        self.values = {leaf.name: leaf.value for leaf in leaves}
        self._build()

    def _build(self) -> None:
        """The graph of the lines. What draws random numbers does so by the number of its node."""
        self._graph = Graph()
        self._names = dict(self._own)
        self._drops = False  # whether there are nodes that no line is about
        above = [*IMPORTS, *(leaf.as_placeholder() for leaf in self._leaves)]
        with self._graph:
            exec("\n".join([*above, *self.lines]), self._names)
        self._nodes = {name: self._names[name] for name in self.values}
        self._known = {self._nodes[name]: value for name, value in self.values.items()}

    def apply(self, step: Step) -> None:
        """Add the lines of a step, or nothing."""
        if self._drops:
            self._build()
        with self._graph:
            self._apply(step)

    def _apply(self, step: Step) -> None:
        draft = _Draft([], {})
        self._drops = True
        try:
            done = self._drafted(step, draft)
        except GraphflowError:
            if not step.form.guessed:
                raise
            done = False
        nodes = {**self._nodes, **draft.nodes}
        if not done or len(ancestors(nodes.values())) > self._max_nodes:
            return
        self._drops = False
        self.lines += draft.lines
        self._nodes = nodes
        self.values |= {name: self._known[node] for name, node in draft.nodes.items()}

    def _drafted(self, step: Step, draft: _Draft) -> bool:
        form = step.form
        operands: list[str] = []
        for domain, pick in zip(form.operands, step.picks, strict=False):
            name = self._operand(form, domain, operands, pick, draft)
            if name is None:
                return False
            operands.append(name)
        if form.apart and not self._set_apart(operands, draft):
            return False
        options = form.options(self._value(operands[0], draft).shape)
        chosen = options[step.option % len(options)]
        return self._line(form.text.format(*operands, **chosen), draft) is not None

    def _operand(
        self, form: Form, domain: Domain, before: list[str], pick: int, draft: _Draft
    ) -> str | None:
        """The name of a value for the next operand, brought into its domain if need be."""
        shapes = [self._value(name, draft).shape for name in before]
        found = [
            name
            for name in reversed([*self._nodes])
            if form.admits(self._nodes[name].shape)
            and form.fits(*shapes, self.values[name].shape)
            and self._suits(domain, self.values[name])
        ]
        if not found:
            return None
        name = found[pick % len(found)]
        value = self.values[name]
        if value.dtype.kind == domain.kind and domain.holds(value):
            return name
        text = domain.brought(value)
        brought = self._line(text.format(name), draft) if text else None
        return brought if brought and domain.holds(self._value(brought, draft)) else None

    def _suits(self, domain: Domain, value: Array) -> bool:
        if value.dtype.kind == "f":
            return True
        return value.dtype.kind == domain.kind and domain.holds(value)

    def _set_apart(self, operands: list[str], draft: _Draft) -> bool:
        """Whether the two operands tie nowhere; the second is moved if need be."""
        a, b = (self._value(name, draft) for name in operands)
        if np.all(np.abs(a - b) >= MARGIN):
            return True
        for shift in (1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 5.0, -5.0, 0.0):
            if np.all(np.abs(a - (0.4 * np.tanh(b) + shift)) >= 2 * MARGIN):
                moved = self._line(f"{shift:g} + 0.4 * gf.tanh({operands[1]})", draft)
                operands[1] = moved or operands[1]
                return moved is not None
        return False

    def _line(self, text: str, draft: _Draft) -> str | None:
        """The name of a new line of this text, if its value is tame."""
        name = _name(len(self.lines) + len(draft.lines))
        node = eval(text, self._names)
        self._evaluate(node)
        value = self._known[node]
        if not _is_tame(value):
            return None
        self._names[name] = draft.nodes[name] = node
        draft.lines.append(f"{name} = {text}")
        return name

    def _evaluate(self, node: Node) -> None:
        """Compute the node and what it is computed from, as it is written."""
        with np.errstate(all="ignore"):
            for one in ancestors([node], stop={known.number for known in self._known}):
                if one not in self._known:
                    self._known[one] = self._computed(one)

    def _computed(self, node: Node) -> Array:
        if isinstance(node, Constant):
            return node.value
        if isinstance(node, RunKey):
            return _KEY
        assert isinstance(node, Operation)
        return np.asarray(node.compute(FUNCTIONS, *(self._known[i] for i in node.inputs)))

    def _value(self, name: str, draft: _Draft) -> Array:
        return self._known[draft.nodes[name] if name in draft.nodes else self._nodes[name]]


def _name(number: int) -> str:
    turn, letter = divmod(number, len(_NAMES))
    return _NAMES[letter] + (str(turn) if turn else "")


def _is_tame(value: Array) -> bool:
    if value.size > _ENTRIES or value.dtype.kind not in "fib":
        return False
    return bool(np.all(np.isfinite(value)) and np.all(np.abs(value) <= _LARGEST))
