"""Random draws: functions of the session's seed, the node and the step, so a run stays pure."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dtypes import DType, as_dtype, float64
from ..errors import DTypeError, ShapeError
from ..graph import Ledger, Node, Operation, building, current, get_default_graph
from ..primitives import Spec
from ..registry import NotDifferentiable, RegisterGradient
from ..shapes import as_shape, is_known, normalize_axis
from .array import as_node, as_nodes, broadcast_to, zeros_like
from .elementwise import cast, clip, divide, log, log1p, maximum, where
from .indexing import take
from .reduction import argmax
from .sorting import argsort
from .special import GammaSlope, ndtr, ndtri

__all__ = [
    "RandomGamma", "RandomNormal", "RandomUniform", "RunKey", "UniformLike", "bernoulli", "beta",
    "categorical", "exponential", "gamma", "gumbel", "normal", "permutation", "truncated_normal",
    "uniform",
]  # fmt: skip


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


def exponential(
    scale: Any = 1.0, shape: Any = (), *, dtype: Any = float64, name: str | None = None
) -> Node:
    """scale times exponentially distributed numbers of mean 1, drawn anew in every run.

    `scale` is a number or a node that broadcasts to `shape`; gradients reach it.
    """
    draw = _draw(RandomUniform, shape, dtype, scale, name=name)
    return _shifted(-log1p(-draw), 0.0, scale)


def gumbel(
    shape: Any = (), *, loc: Any = 0.0, scale: Any = 1.0, dtype: Any = float64,
    name: str | None = None,
) -> Node:  # fmt: skip
    """loc - scale * log(e) with e exponential: Gumbel numbers, otherwise as `normal`."""
    draw = _draw(RandomUniform, shape, dtype, loc, scale, name=name)
    return _shifted(_gumbel_of(draw), loc, scale)


def _gumbel_of(uniform: Node) -> Node:
    tiny = float(np.finfo(uniform.dtype).tiny)
    return -log(maximum(-log1p(-uniform), tiny))


def truncated_normal(
    low: Any = -2.0, high: Any = 2.0, shape: Any = (), *, loc: Any = 0.0, scale: Any = 1.0,
    dtype: Any = float64, name: str | None = None,
) -> Node:  # fmt: skip
    """loc + scale * z with z standard normal, given that it lies between `low` and `high`.

    All are numbers or nodes that broadcast to `shape`; gradients reach them. Bounds far out in one
    tail are right too. Needs SciPy.
    """
    draw = _draw(RandomUniform, shape, dtype, low, high, loc, scale, name=name)
    least, most = as_nodes(low, high)
    above = least > 0  # then the mirror image is drawn, where probabilities are not near 1
    a, b = where(above, -most, least), where(above, -least, most)
    first = ndtr(a)
    z = clip(ndtri(first + draw * (ndtr(b) - first)), a, b)
    return _shifted(where(above, -z, z), loc, scale)


def categorical(logits: Any, shape: Any = (), *, axis: int = -1, name: str | None = None) -> Node:
    """Numbers of classes, drawn with probabilities softmax(logits) along `axis`. No gradient.

    The result has `shape` (so many draws) before the other axes of `logits`. By the Gumbel-max
    trick (E. J. Gumbel, 1954).
    """
    scores = as_node(logits)
    if scores.dtype.kind != "f":
        raise DTypeError(f"random: logits are floats: {scores.describe()}")
    lead = as_shape(shape)
    if scores.shape is None or lead is None or not is_known(lead):
        raise ShapeError("random: the rank of logits and every size of the shape must be known")
    place = normalize_axis(axis, len(scores.shape)) + len(lead)
    ones = [size for size in lead if isinstance(size, int)] + [1] * len(scores.shape)
    spread = zeros_like(scores) + np.zeros(ones, scores.dtype)
    return argmax(scores + _gumbel_of(uniform_like(spread)), axis=place, name=name)


def permutation(x: Any, axis: int = 0, *, name: str | None = None) -> Node:
    """The entries of x along `axis` in random order, or of the integers below a number x.

    Gradients go back to where entries came from. The size of the axis must be known.
    """
    if isinstance(x, int | np.integer):
        node: Node = as_node(np.arange(x))
    else:
        node = as_node(x)
    if node.shape is None:
        raise ShapeError(f"random: the rank must be known: {node.describe()}")
    size = node.shape[normalize_axis(axis, len(node.shape))]
    with building(graph=node.graph):
        order = argsort(_draw(RandomUniform, (size,), float64, node, name=None))
    return take(node, order, axis, name=name)


class RandomGamma(Operation):
    """Standard gamma numbers of given shape parameters, which move with them."""

    attributes = ("stream",)
    pure = False

    stream: int

    def infer(self, *specs: Spec) -> Spec:
        _, a = specs
        return Spec(a.shape, a.dtype)

    def compute(self, xp: Any, key: Any, a: Any) -> Any:
        return xp.random_gamma(key, a, self.stream)


@RegisterGradient("RandomGamma")
def _random_gamma_grad(op: Node, grad: Node) -> list[Node | None]:
    """M. Figurnov, S. Mohamed, A. Mnih, "Implicit reparameterization gradients" (2018)."""
    _, a = op.inputs
    return [None, grad * GammaSlope(a, op)]


def gamma(
    a: Any, shape: Any = (), *, scale: Any = 1.0, dtype: Any = float64, name: str | None = None
) -> Node:
    """scale times gamma distributed numbers of shape parameter a > 0, drawn anew in every run.

    Parameters are numbers or nodes that broadcast to `shape`. Gradients reach both; that by `a` is
    of first order and needs SciPy.
    """
    sizes = as_shape(shape)
    if sizes is None or not is_known(sizes):
        raise ShapeError(f"random: every size of the shape must be known, not {shape!r}")
    wanted = as_dtype(dtype)
    given = as_node(a)
    given = given if given.dtype == wanted else cast(given, wanted)
    with building(graph=given.graph):
        spread = broadcast_to(given, sizes) if sizes else given
        key = RunKey()
        draw = RandomGamma(key, spread, stream=key.number, name=name)
    return _shifted(draw, 0.0, scale)


def beta(a: Any, b: Any, shape: Any = (), *, dtype: Any = float64, name: str | None = None) -> Node:
    """Beta distributed numbers of shape parameters a, b > 0: x / (x + y) of two gamma numbers.

    Otherwise as `gamma`.
    """
    first = gamma(a, shape, dtype=dtype)
    with building(graph=first.graph):
        second = gamma(b, shape, dtype=dtype)
    return divide(first, first + second, name=name)


def _shifted(draw: Node, loc: Any, scale: Any) -> Node:
    """loc + scale * draw, leaving out what changes nothing."""
    if isinstance(scale, Node) or np.any(scale != 1):
        draw = scale * draw
    return draw if not isinstance(loc, Node) and np.all(loc == 0) else loc + draw
