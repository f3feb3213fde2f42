"""A loss and the steps that claim to be its gradients, in float64, over leaves with values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..compiled import Compiled
from ..copies import copied
from ..dtypes import Array
from ..graph import Graph, Node, Variable, constant
from ..ops.elementwise import StopGradient
from ..ops.random import RunKey
from ..primitives import Spec
from ..program import State
from ..traversal import ancestors

Values = list[Array]
Source = Callable[[State, Sequence[Array], Sequence[Any]], Any]  # state, what is fed, what is held


class AtPoint:
    """Copies of nodes over leaves: what is fed, variables, and what is held fixed.

    Random draws and what `stop_gradient` holds are held at the values that they have in a run, so
    that differences see what a gradient sees. It is made for feeds of the shapes of `arrays` and
    refers to no node of the user's. `image` gives the copies and `place` the places of leaves, by
    the numbers of what they stand for.
    """

    def __init__(
        self, nodes: Sequence[Node], feeds: Sequence[Node], arrays: Sequence[Array]
    ) -> None:
        places = {node.number: place for place, node in enumerate(feeds)}
        passed = ancestors(nodes, stop=places)
        leaves = {n.number: n for n in passed if n.number in places or _is_leaf(n)}
        with Graph() as self.graph:
            found = copied(nodes, leaves, widen=True)
            numbers = {n: constant(x) for n, x in found.items() if not isinstance(x, Node)}
        self.image: dict[int, Node] = found | numbers
        kept = [leaf for number, leaf in leaves.items() if number in self.image]
        held = [leaf for leaf in kept if leaf.number not in places and _is_held(leaf)]
        specs = {n: Spec(a.shape, n.dtype) for n, a in zip(feeds, arrays, strict=True)}
        self._holding = Compiled(held, specs) if held else None
        self.place = {leaf.number: place for place, leaf in enumerate(kept)}
        self.leaves = [self.image[leaf.number] for leaf in kept]
        order = {leaf.number: place for place, leaf in enumerate(held)}
        self._sources = [_source(leaf, places, order) for leaf in kept]

    def values(self, state: State, arrays: Sequence[Array], key: Array) -> Values:
        """The values of the leaves in a run, floats in float64."""
        held = () if self._holding is None else self._holding.run(state, arrays, key)
        found = [source(state, arrays, held) for source in self._sources]
        pairs = zip(found, self.leaves, strict=True)
        return [np.asarray(value, leaf.dtype) for value, leaf in pairs]

    def function(self, nodes: Sequence[Node], values: Values) -> Callable[[Values], list[Any]]:
        """Nodes over the leaves as a function of the leaves' values, which have these shapes."""
        pairs = zip(self.leaves, values, strict=True)
        specs = {leaf: Spec(value.shape, leaf.dtype) for leaf, value in pairs}
        compiled = Compiled(nodes, specs)

        def computed(values: Values) -> list[Any]:
            found = compiled.run({}, values, None)
            return [found[place] for place in compiled.places]

        return computed


def _is_leaf(node: Node) -> bool:
    return node.is_placeholder or node.is_variable or _is_held(node)


def _is_held(node: Node) -> bool:
    return isinstance(node, StopGradient) or any(isinstance(x, RunKey) for x in node.inputs)


def _source(leaf: Node, fed: dict[int, int], held: dict[int, int]) -> Source:
    """Where the value of a leaf comes from."""
    number = leaf.number
    if number in fed:
        return lambda state, arrays, holding: arrays[fed[number]]
    if number in held:
        return lambda state, arrays, holding: holding[held[number]]
    if isinstance(leaf, Variable):
        uid, initial = leaf.uid, leaf._initial
        return lambda state, arrays, holding: state.get(uid, initial)
    default: Any = leaf.default  # type: ignore[attr-defined]
    return lambda state, arrays, holding: default
