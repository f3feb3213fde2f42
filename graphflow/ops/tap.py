"""Taps: nodes that show a value to somebody as a run passes, and change nothing about it.

To rewriting, recording and differentiation a tap is its input: what is computed with it is what
would be computed without. Its call stands in the program where its input is known.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..dtypes import DType
from ..errors import DTypeError, plain
from ..graph import Node, Operation
from ..graph.origin import Origin
from ..primitives import Spec
from ..registry import RegisterGradient
from ..shapes import Shape
from .array import as_nodes

__all__ = ["After", "Print", "Tap", "print"]


class Tap(Operation):
    """Its first input; in a run, `function(line, *values)` is called with the values of all."""

    attributes = ("function",)
    pure = False

    function: Callable[..., object]

    def _inferred(self, nodes: tuple[Node, ...]) -> tuple[Shape, DType]:
        return self._infer_anew(nodes)  # what is known already would keep the function alive

    def infer(self, *specs: Spec) -> Spec:
        return specs[0]

    def compute(self, xp: Any, x: Any, *more: Any) -> Any:
        return x

    def show(self, *arrays: Any) -> None:
        """Call the function, with the user's line and arrays of its own."""
        self.function(self.origin, *[np.array(array)[()] for array in arrays])


class Print(Tap):
    """A tap whose function prints."""


class After(Operation):
    """Its first input; the others, taps that a rewriting rule looked through, are run as well."""

    def infer(self, *specs: Spec) -> Spec:
        return specs[0]

    def compute(self, xp: Any, x: Any, *taps: Any) -> Any:
        return x


@RegisterGradient("Tap")
@RegisterGradient("Print")
@RegisterGradient("After")
def _first_input_grad(op: Node, grad: Node) -> list[Node | None]:
    return [grad, *[None] * (len(op.inputs) - 1)]


class _Printed(NamedTuple):
    """Prints values by their names, as one text."""

    message: str | None
    names: tuple[str, ...]

    def __call__(self, line: Origin | None, *values: Any) -> None:
        head = ": ".join(filter(None, [str(line or ""), self.message]))
        named = zip(self.names, values, strict=True)
        rows = [_row(name, value) for name, value in named]
        single = len(rows) == 1 and "\n" not in rows[0]
        text = " ".join([head, *rows]) if single else "\n  ".join([head, *rows])
        builtins.print(text, flush=True)


def _row(name: str, value: Any) -> str:
    """`name = value`, an array of several rows below its name."""
    name, text = plain(name), str(value).replace("\n", "\n    ")
    return f"{name} =\n    {text}" if "\n" in text else f"{name} = {text}"


def print(node: Any, *more: Any, message: str | None = None, name: str | None = None) -> Node:
    """`node`, which prints its value, and those of `more`, whenever a run passes through it.

        h = gf.print(x @ W, W, message="hidden")

    What is printed goes to the standard output, after the user's line, in the order in which the
    program runs; nothing is printed where the node that this returns is not needed. Nothing else
    about a run changes: values and gradients are those of `node`. Large arrays are shortened as
    NumPy does it (`np.set_printoptions`).

    Raises DTypeError for a message that is no string and for what is no node and no number.
    """
    if message is not None and not isinstance(message, str):
        raise DTypeError(f"print: the message is {message!r}, not a string", "pass nodes before it")
    nodes = as_nodes(node, *more)
    function = _Printed(message, tuple(each.name for each in nodes))
    return Print(*nodes, function=function, name=name)
