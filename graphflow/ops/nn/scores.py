"""Neural networks: softmax, its logarithm, and the cross-entropies taken straight from scores."""

from __future__ import annotations

import operator
from typing import Any

from ... import shapes
from ...errors import DTypeError, ShapeError
from ...graph import Node, Operation
from ...primitives import Spec
from ...registry import RegisterGradient
from ...shapes import Axis
from ..array import as_node, as_nodes, expand_dims, ones_like
from ..elementwise import cast
from ..indexing import PutAlongAxis
from ..reduction import sum

__all__ = [
    "LogSoftmax", "Softmax", "SoftmaxCrossEntropy", "SparseSoftmaxCrossEntropy", "log_softmax",
    "softmax", "softmax_cross_entropy_with_logits", "sparse_softmax_cross_entropy_with_logits",
]  # fmt: skip


def _shifted(xp: Any, x: Any, axis: Axis) -> Any:
    """x minus its maximum, which is 0 where the maximum is not finite: exp cannot overflow then."""
    top = xp.max(x, axis=axis, keepdims=True)
    return x - xp.where(xp.isfinite(top), top, 0)


class Softmax(Operation):
    attributes = ("axis",)

    axis: Axis

    def compute(self, xp: Any, x: Any) -> Any:
        weights = xp.exp(_shifted(xp, x, self.axis))
        return weights / xp.sum(weights, axis=self.axis, keepdims=True)


@RegisterGradient("Softmax")
def _softmax_grad(op: Softmax, grad: Node) -> Node:
    weighed = grad * op
    return weighed - op * sum(weighed, axis=op.axis, keepdims=True)


def softmax(a: Any, axis: Any = -1, name: str | None = None) -> Node:
    """exp(a) / sum(exp(a)) along `axis` (an int, a tuple, or None for all), without overflow.

    Entries of -inf get 0; where all are -inf, or one is +inf, the result is NaN. Raises ShapeError
    for an empty axis.
    """
    return Softmax(_inexact("softmax", a), axis=shapes.as_axis(axis), name=name)


class LogSoftmax(Operation):
    attributes = ("axis",)

    axis: Axis

    def compute(self, xp: Any, x: Any) -> Any:
        rest = _shifted(xp, x, self.axis)
        return rest - xp.log(xp.sum(xp.exp(rest), axis=self.axis, keepdims=True))


@RegisterGradient("LogSoftmax")
def _log_softmax_grad(op: LogSoftmax, grad: Node) -> Node:
    (x,) = op.inputs
    return grad - softmax(x, axis=op.axis) * sum(grad, axis=op.axis, keepdims=True)


def log_softmax(x: Any, axis: Any = -1, name: str | None = None) -> Node:
    """x - log(sum(exp(x))) along `axis` (an int, a tuple, or None for all): log(softmax(x)).

    Raises ShapeError for an empty axis.
    """
    return LogSoftmax(_inexact("log_softmax", x), axis=shapes.as_axis(axis), name=name)


def _inexact(caller: str, x: Any) -> Node:
    node = as_node(x)
    if node.dtype.kind != "f":
        raise DTypeError(f"{caller}: scores are floats: {node.describe()}", "use gf.cast")
    return node


class SoftmaxCrossEntropy(Operation):
    attributes = ("axis",)

    axis: int

    def infer(self, *specs: Spec) -> Spec:
        labels, logits = specs
        if not shapes.maybe_equal(labels.shape, logits.shape):
            raise ShapeError(
                f"shapes differ ({shapes.show(labels.shape)} != {shapes.show(logits.shape)})",
                "for labels that are numbers of classes: sparse_softmax_cross_entropy_with_logits",
            )
        return super().infer(labels, logits)

    def compute(self, xp: Any, labels: Any, logits: Any) -> Any:
        rest = _shifted(xp, logits, self.axis)
        log_p = rest - xp.log(xp.sum(xp.exp(rest), axis=self.axis, keepdims=True))
        terms = labels * log_p
        return -xp.sum(xp.where(xp.equal(labels, 0), 0, terms), axis=self.axis)  # 0 * -inf is 0


@RegisterGradient("SoftmaxCrossEntropy")
def _softmax_cross_entropy_grad(op: SoftmaxCrossEntropy, grad: Node) -> list[Node | None]:
    labels, logits = op.inputs
    each = expand_dims(grad, op.axis)
    p, total = softmax(logits, axis=op.axis), sum(labels, axis=op.axis, keepdims=True)
    return [-each * log_softmax(logits, axis=op.axis), each * (p * total - labels)]


def softmax_cross_entropy_with_logits(
    *, labels: Any, logits: Any, axis: int = -1, name: str | None = None
) -> Node:
    """-sum(labels * log_softmax(logits)) along `axis`, which the result lacks.

    `labels` are weights of the shape of `logits`, often one-hot; where one is 0, the class counts
    nothing even if its probability is 0. Differentiable by both. Integer labels are cast to the
    dtype of the logits. Raises ShapeError when the shapes differ.
    """
    weights, given = as_nodes(labels, logits)
    scores = _inexact("softmax_cross_entropy_with_logits", given)
    if weights.dtype != scores.dtype:
        weights = cast(weights, scores.dtype)
    return SoftmaxCrossEntropy(weights, scores, axis=operator.index(axis), name=name)


class SparseSoftmaxCrossEntropy(Operation):
    def infer(self, *specs: Spec) -> Spec:
        labels, logits = specs
        if labels.dtype.kind not in "iu":
            raise DTypeError(f"labels are integers, not {labels.dtype}")
        if logits.shape is None:
            return Spec(labels.shape, logits.dtype)
        if not logits.shape:
            raise ShapeError("logits need an axis of classes")
        if not shapes.maybe_equal(labels.shape, logits.shape[:-1]):
            raise ShapeError(
                f"labels {shapes.show(labels.shape)} do not fit logits {shapes.show(logits.shape)}",
                "labels have the shape of the logits without the last axis",
            )
        return Spec(logits.shape[:-1], logits.dtype)

    def compute(self, xp: Any, labels: Any, logits: Any) -> Any:
        rest = _shifted(xp, logits, -1)
        chosen = xp.entry_of_class(rest, labels)
        return xp.log(xp.sum(xp.exp(rest), axis=-1)) - chosen


@RegisterGradient("SparseSoftmaxCrossEntropy")
def _sparse_softmax_cross_entropy_grad(op: Node, grad: Node) -> list[Node | None]:
    labels, logits = op.inputs
    ones = expand_dims(ones_like(grad), -1)
    chosen = PutAlongAxis(ones, logits, expand_dims(labels, -1), axis=-1)
    return [None, expand_dims(grad, -1) * (softmax(logits) - chosen)]


def sparse_softmax_cross_entropy_with_logits(
    *, labels: Any, logits: Any, name: str | None = None
) -> Node:
    """-log_softmax(logits)[..., labels]: the cross-entropy where labels are numbers of classes.

    `labels` are integers of the shape of `logits` without its last axis, the classes. Raises
    ShapeError where shapes do not fit and, in the run, for a label below 0 or too large.
    """
    numbers, given = as_nodes(labels, logits)
    scores = _inexact("sparse_softmax_cross_entropy_with_logits", given)
    return SparseSoftmaxCrossEntropy(numbers, scores, name=name)
