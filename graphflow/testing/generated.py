"""A generated graph: nodes with feeds, which prints as the Python that builds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ..dtypes import Array
from ..graph import Graph, Node

IMPORTS = ("import numpy as np", "import graphflow as gf")


class Leaf(NamedTuple):
    """A placeholder by name, with the value that it is fed.

    `known` says what of its shape the graph is told: "sizes", "rank" (every size is None), or
    nothing at all, "".
    """

    name: str
    value: Array
    known: str = "sizes"

    def as_placeholder(self) -> str:
        """The line of Python that makes it."""
        told: Any = None
        if self.known:
            told = self.value.shape if self.known == "sizes" else (None,) * self.value.ndim
        return f"{self.name} = gf.placeholder({told}{self._dtype(', ')}, name={self.name!r})"

    def as_variable(self) -> str:
        """The line that makes a variable with the value in its place."""
        return f"{self.name} = gf.Variable({self.written()}, name={self.name!r})"

    def written(self) -> str:
        """The value as Python."""
        if 0 in self.value.shape:
            return f"np.zeros({self.value.shape}{self._dtype(', ')})"
        if self.value.ndim or self._dtype(""):
            return f"np.array({self.value.tolist()}{self._dtype(', ')})"
        return str(self.value.item())

    def _dtype(self, before: str) -> str:
        return "" if self.value.dtype == np.float64 else f"{before}dtype=np.{self.value.dtype}"


class GeneratedGraph:
    """A graph made at random, with values to feed, which prints as the Python that builds it.

    `nodes` are its nodes by the names they have there, in order; `output` is the last of them, and
    `feeds` what to feed. `values` are the values of the nodes at these feeds, each computed as it
    is written, with seed 0 at the first step where it draws random numbers. No value lies on a
    kink of what is computed from it. `lines` are the lines of Python after the placeholders'.
    """

    def __init__(
        self,
        leaves: tuple[Leaf, ...],
        lines: tuple[str, ...],
        values: Mapping[str, Array],
        own: Mapping[str, Any],
    ) -> None:
        self.leaves, self.lines = leaves, lines
        self.values = dict(values)
        self._own = dict(own)
        self.graph, self.nodes = self._built([leaf.as_placeholder() for leaf in leaves])
        self.feeds = {self.nodes[leaf.name]: leaf.value for leaf in leaves}
        self.output = list(self.nodes.values())[-1]

    def with_variables(self) -> dict[str, Node]:
        """The nodes of a graph of its own that has variables in place of the placeholders.

        Their initial values are what the placeholders are fed.
        """
        return self._built([leaf.as_variable() for leaf in self.leaves])[1]

    def _built(self, above: list[str]) -> tuple[Graph, dict[str, Node]]:
        names = dict(self._own)
        text = "\n".join([*IMPORTS, *above, *self.lines])
        with Graph() as graph:
            exec(compile(text, "<generated graph>", "exec"), names)
        return graph, {name: names[name] for name in self.values}

    @property
    def code(self) -> str:
        """Python that builds the graph and its feeds."""
        own = [
            f"from {what.__module__} import {name}"
            for name, what in self._own.items()
            if "." not in what.__qualname__
        ]
        feeds = ", ".join(f"{leaf.name}: {leaf.written()}" for leaf in self.leaves)
        above = [*IMPORTS, *own, ""]
        body = [*(leaf.as_placeholder() for leaf in self.leaves), *self.lines]
        return "\n".join([*above, *body, f"feeds = {{{feeds}}}"])

    def __str__(self) -> str:
        return self.code

    def __repr__(self) -> str:
        return f"<{len(self.nodes)} nodes of\n{self.code}>"
