"""Functions of the user's as nodes: with a gradient of their own, or in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import shapes
from ..dtypes import DType, as_dtype
from ..errors import DTypeError, RegistrationError, ShapeError
from ..graph import Node, Operation
from ..primitives import Spec
from ..registry import RegisterGradient
from .array import as_node, as_nodes

__all__ = ["CustomGradient", "PyFunc", "custom_gradient", "py_func"]


class CustomGradient(Operation):
    """Its first input, whose gradient with respect to the others a function of them says."""

    attributes = ("function",)

    function: Callable[..., Any]

    def infer(self, *specs: Spec) -> Spec:
        return specs[0]

    def compute(self, xp: Any, out: Any, *sources: Any) -> Any:
        return xp.positive(out)


@RegisterGradient("CustomGradient")
def _custom_gradient_grad(op: CustomGradient, grad: Node) -> list[Any]:
    _, rule = op.function(*op.inputs[1:])  # anew: these may be copies of what it was called with
    given = rule(grad)
    return [None, *(given if isinstance(given, list | tuple) else [given])]


def custom_gradient(fn: Callable[..., Any]) -> Callable[..., Node]:
    """Decorator: `fn(*nodes)` returns `(out, rule)`, and `rule(grad)` gives the gradients.

    The function it makes takes nodes or values and returns a node with the value of `out`; the
    gradient by every input is what `rule` builds, one node or None per input, from the gradient by
    `out`. What `fn` does inside is not differentiated. `rule` may use the nodes `fn` was given, so
    that the gradient can be differentiated again. `fn` is called again when a gradient is taken.

    Raises DTypeError when `fn` does not return a node and a function.
    """

    def build(*inputs: Any) -> Node:
        sources = as_nodes(*inputs)
        result = fn(*sources)
        if not (isinstance(result, tuple) and len(result) == 2 and callable(result[1])):
            raise DTypeError(
                f"custom_gradient: {getattr(fn, '__name__', fn)!r} returned {result!r}",
                "return (out, rule): a node, and a function from its gradient to those of inputs",
            )
        return CustomGradient(as_node(result[0]), *sources, function=fn)

    build.__name__ = getattr(fn, "__name__", "custom_gradient")
    build.__doc__ = fn.__doc__
    return build


class PyFunc(Operation):
    """A Python function of arrays; it is called once in every run that needs it."""

    attributes = ("function", "to", "out", "rule")
    pure = False  # nothing is known about the function

    function: Callable[..., Any]
    to: shapes.Shape
    out: DType
    rule: Callable[..., Any] | None

    def infer(self, *specs: Spec) -> Spec:
        return Spec(self.to, self.out)

    def compute(self, xp: Any, *arrays: Any) -> Any:
        copies = [np.array(array) for array in arrays]  # the function may write into them
        result = np.asarray(self.function(*copies))
        if not shapes.maybe_equal(result.shape, self.to):
            raise ShapeError(
                f"the function gave {shapes.show(result.shape)}, not {shapes.show(self.to)}"
            )
        if not np.can_cast(result.dtype, self.out, "same_kind"):
            raise DTypeError(f"the function gave {result.dtype}, not {self.out}")
        return result.astype(self.out)


@RegisterGradient("PyFunc")
def _py_func_grad(op: PyFunc, grad: Node) -> Any:
    if op.rule is None:
        raise RegistrationError(
            f"gradients: py_func has no gradient: {op.describe()}",
            "pass grad=, a rule from (op, grad) to the gradients, or gf.stop_gradient",
        )
    return op.rule(op, grad)


def py_func(
    fn: Callable[..., Any],
    inputs: Sequence[Any],
    shape: Any,
    dtype: Any,
    *,
    grad: Callable[..., Any] | None = None,
    name: str | None = None,
) -> Node:
    """`fn(*arrays)` as a node: a Python function of NumPy arrays, called in the run.

    `shape` (sizes known, named, None; or None for an unknown rank) and `dtype` say what it
    returns; a run checks that. `grad(op, grad)` is a rule as for `RegisterGradient`: it builds
    nodes from `op.inputs`, by `py_func` too if need be. Such a node runs in Python alone: it cannot
    be saved or compiled.

    Raises DTypeError when `fn` is no function; ShapeError or DTypeError in the run, for a result of
    another shape or dtype; RegistrationError when a gradient is asked for and there is no rule.
    """
    if not callable(fn):
        raise DTypeError(f"py_func: {fn!r} is not a function")
    attributes = {"function": fn, "to": shapes.as_shape(shape), "out": as_dtype(dtype)}
    return PyFunc(*as_nodes(*inputs), **attributes, rule=grad, name=name)
