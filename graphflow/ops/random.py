"""Random draws: functions of the session's seed, the node and the step, so a run stays pure."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dtypes import DType, as_dtype, float64
from ..errors import DTypeError, ShapeError
from ..graph import Ledger, Node, Operation, building, current, get_default_graph
from ..primitives import Spec
from ..registry import NotDifferentiable
from ..shapes import as_shape
from .elementwise import cast

__all__ = ["RandomNormal", "RandomUniform", "RunKey", "bernoulli", "normal", "uniform"]


class RunKey(Node):
    """The seed of the session and the step of the run, which every run provides anew.

    A step is a run that draws; a run that raises takes none.
    """

    def __init__(self) -> None:
        self.__dict__.update(shape=(2,), dtype=np.dtype(np.uint64))
        self._enter(_ledger(), current())


def _ledger() -> Ledger:
    return current().ledger or get_default_graph()._ledger


class RandomNormal(Operation):
    attributes = ("stream", "to", "out")
    pure = False

    stream: int  # a number of its own in its graph: two nodes draw different numbers
    to: tuple[int, ...]
    out: DType

    def compute(self, xp: Any, key: Any) -> Any:
        return xp.random_normal(key, self.stream, self.to, self.out)


NotDifferentiable("RandomNormal")


class RandomUniform(Operation):
    attributes = ("stream", "to", "out")
    pure = False

    stream: int
    to: tuple[int, ...]
    out: DType

    def compute(self, xp: Any, key: Any) -> Any:
        return xp.random_uniform(key, self.stream, self.to, self.out)


NotDifferentiable("RandomUniform")


class UniformLike(Operation):
    """Numbers from [0, 1) of the shape of `like`, which need not be known before the run."""

    attributes = ("stream",)
    pure = False

    stream: int

    def infer(self, *specs: Spec) -> Spec:
        _, like = specs
        return Spec(like.shape, like.dtype)

    def compute(self, xp: Any, key: Any, like: Any) -> Any:
        return xp.random_uniform(key, self.stream, like.shape, like.dtype)


NotDifferentiable("UniformLike")


def uniform_like(like: Node, name: str | None = None) -> Node:
    """Numbers from [0, 1), of the shape and float dtype of a node, drawn anew in every run."""
    with building(graph=like.graph):
        key = RunKey()
        return UniformLike(key, like, stream=key.number, name=name)


def _draw(op: type[Operation], shape: Any, dtype: Any, *beside: Any, name: str | None) -> Node:
    """Fresh standard numbers, in the graph of the nodes among `beside`."""
    sizes = as_shape(shape)
    if sizes is None or not all(isinstance(size, int) for size in sizes):
        raise ShapeError(f"random: every size of the shape must be known, not {shape!r}")
    wanted = as_dtype(dtype)
    if wanted not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise DTypeError(f"random: draws are float32 or float64, not {wanted}")
    graphs = [node.graph for node in beside if isinstance(node, Node)]
    with building(graph=graphs[0] if graphs else current().graph):
        key = RunKey()
        return op(key, stream=key.number, to=sizes, out=wanted, name=name)


def normal(
    shape: Any = (),
    *,
    loc: Any = 0.0,
    scale: Any = 1.0,
    dtype: Any = float64,
    name: str | None = None,
) -> Node:
    """loc + scale * z with z standard normal of `shape`, drawn anew in every run.

    `loc` and `scale` are numbers or nodes that broadcast to `shape`; gradients reach them. A draw
    is a function of the session's seed, this node and the step. Raises ShapeError for a shape that
    is not wholly known, DTypeError unless `dtype` is float32 or float64. Source: NumPy's Philox.
    """
    draw = _draw(RandomNormal, shape, dtype, loc, scale, name=name)
    return _shifted(draw, loc, scale)


def uniform(
    shape: Any = (),
    *,
    low: Any = 0.0,
    high: Any = 1.0,
    dtype: Any = float64,
    name: str | None = None,
) -> Node:
    """low + (high - low) * u with u uniform on [0, 1), of `shape`, drawn anew in every run.

    Bounds are numbers or nodes that broadcast to `shape`; gradients reach them. Otherwise as
    `normal`.
    """
    draw = _draw(RandomUniform, shape, dtype, low, high, name=name)
    return _shifted(draw, low, high - low)


def bernoulli(
    p: Any = 0.5, shape: Any = (), *, dtype: Any = float64, name: str | None = None
) -> Node:
    """1 with probability `p`, else 0, of `shape`, drawn anew in every run. No gradient.

    `p` is a number or a node that broadcasts to `shape`; any dtype holds the result.
    """
    draw = _draw(RandomUniform, shape, float64, p, name=name)
    return cast(draw < p, dtype)


def _shifted(draw: Node, loc: Any, scale: Any) -> Node:
    """loc + scale * draw, leaving out what changes nothing."""
    if isinstance(scale, Node) or np.any(scale != 1):
        draw = scale * draw
    return draw if not isinstance(loc, Node) and np.all(loc == 0) else loc + draw
