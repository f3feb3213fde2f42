"""Losses: how far predictions are from their labels, as a mean, a sum, or element by element.

Labels come first, as in TensorFlow's `tf.losses`, and are cast to the dtype of the predictions.
Labels and predictions have one shape: one of (n,) beside (n, 1), which would broadcast to (n, n),
is refused, in the run where shapes are not known before.

`reduction` is "mean", "sum" or "none". `weights` multiply each element's loss before that (the mean
is over all elements, also those of weight 0); they are a number, or broadcast to the losses without
making them more.
"""

from __future__ import annotations

from typing import Any

from .dtypes import is_inexact
from .errors import DTypeError, ShapeError
from .graph import Node
from .ops import elementwise
from .ops.array import as_node, as_nodes, same_shape
from .ops.elementwise import abs, cast, maximum, softplus, square, where
from .ops.nn import softmax_cross_entropy_with_logits, sparse_softmax_cross_entropy_with_logits
from .ops.reduction import mean, norm2, sum
from .ops.special import rel_entr, xlog1py, xlogy
from .shapes import broadcast, maybe_equal, show

__all__ = [
    "absolute_difference", "binary_cross_entropy", "cosine_distance", "hinge_loss", "huber_loss",
    "kl_divergence", "log_cosh", "log_loss", "mean_squared_error", "poisson_loss",
    "sigmoid_cross_entropy", "softmax_cross_entropy", "sparse_softmax_cross_entropy",
]  # fmt: skip


def _pair(caller: str, labels: Any, predictions: Any) -> tuple[Node, Node]:
    """Both as nodes of one shape and one dtype, a float."""
    y, p = as_nodes(labels, predictions)
    if not maybe_equal(y.shape, p.shape):
        raise ShapeError(
            f"{caller}: labels {show(y.shape)} for predictions {show(p.shape)}: {p.describe()}",
            "reshape one of them: they would broadcast to something else",
        )
    if not is_inexact(p.dtype):
        raise DTypeError(f"{caller}: predictions are floats, not {p.describe()}")
    return same_shape(y if y.dtype == p.dtype else cast(y, p.dtype), p), p


def _reduced(each: Node, weights: Any, reduction: str) -> Node:
    if weights is not None:
        w = as_node(weights, [each])
        if not maybe_equal(broadcast(w.shape, each.shape), each.shape):
            raise ShapeError(
                f"losses: weights {show(w.shape)} for losses {show(each.shape)}: {w.describe()}",
                "weights broadcast to the losses, not the other way round",
            )
        each = same_shape(
            each * (w if w.dtype == each.dtype or w.weak else cast(w, each.dtype)), each
        )
    if reduction == "mean":
        return mean(each)
    if reduction == "sum":
        return sum(each)
    if reduction == "none":
        return each
    raise ShapeError(f"losses: the reduction is 'mean', 'sum' or 'none', not {reduction!r}")


def mean_squared_error(
    labels: Any, predictions: Any, weights: Any = None, reduction: str = "mean"
) -> Node:
    """(labels - predictions) ** 2."""
    y, p = _pair("mean_squared_error", labels, predictions)
    return _reduced(square(y - p), weights, reduction)


def absolute_difference(
    labels: Any, predictions: Any, weights: Any = None, reduction: str = "mean"
) -> Node:
    """|labels - predictions|."""
    y, p = _pair("absolute_difference", labels, predictions)
    return _reduced(abs(y - p), weights, reduction)


def huber_loss(
    labels: Any, predictions: Any, weights: Any = None, delta: float = 1.0, reduction: str = "mean"
) -> Node:
    """Half the square of the error up to delta, then delta times the error less half of delta."""
    y, p = _pair("huber_loss", labels, predictions)
    error = abs(y - p)
    each = where(error <= delta, 0.5 * square(y - p), delta * (error - 0.5 * delta))
    return _reduced(each, weights, reduction)


def log_cosh(labels: Any, predictions: Any, weights: Any = None, reduction: str = "mean") -> Node:
    """log(cosh(labels - predictions)), without overflow."""
    y, p = _pair("log_cosh", labels, predictions)
    return _reduced(elementwise.log_cosh(p - y), weights, reduction)


def log_loss(labels: Any, predictions: Any, weights: Any = None, reduction: str = "mean") -> Node:
    """-(labels * log(p) + (1 - labels) * log(1 - p)) of probabilities p; 0 * log(0) counts 0."""
    y, p = _pair("log_loss", labels, predictions)
    return _reduced(-(xlogy(y, p) + xlog1py(1 - y, -p)), weights, reduction)


def sigmoid_cross_entropy(
    labels: Any, logits: Any, weights: Any = None, reduction: str = "mean"
) -> Node:
    """`log_loss` of sigmoid(logits), from the scores themselves: without overflow."""
    y, z = _pair("sigmoid_cross_entropy", labels, logits)
    return _reduced(softplus(z) - y * z, weights, reduction)


def softmax_cross_entropy(
    labels: Any, logits: Any, weights: Any = None, reduction: str = "mean"
) -> Node:
    """-sum(labels * log_softmax(logits)) over the last axis."""
    y, z = _pair("softmax_cross_entropy", labels, logits)
    return _reduced(softmax_cross_entropy_with_logits(labels=y, logits=z), weights, reduction)


def sparse_softmax_cross_entropy(
    labels: Any, logits: Any, weights: Any = None, reduction: str = "mean"
) -> Node:
    """-log_softmax(logits)[..., labels] for labels that are numbers of classes."""
    each = sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    return _reduced(each, weights, reduction)


def kl_divergence(
    labels: Any, predictions: Any, weights: Any = None, reduction: str = "mean"
) -> Node:
    """sum(labels * log(labels / predictions)) over the last axis, of probabilities."""
    y, p = _pair("kl_divergence", labels, predictions)
    return _reduced(sum(rel_entr(y, p), axis=-1), weights, reduction)


def hinge_loss(labels: Any, logits: Any, weights: Any = None, reduction: str = "mean") -> Node:
    """max(0, 1 - s * logits), where s is 1 for the label 1 and -1 for 0."""
    y, z = _pair("hinge_loss", labels, logits)
    return _reduced(maximum(1 - (2 * y - 1) * z, 0), weights, reduction)


def poisson_loss(
    labels: Any, predictions: Any, weights: Any = None, reduction: str = "mean"
) -> Node:
    """predictions - labels * log(predictions), for counts and their expected values."""
    y, p = _pair("poisson_loss", labels, predictions)
    return _reduced(p - xlogy(y, p), weights, reduction)


def cosine_distance(
    labels: Any, predictions: Any, weights: Any = None, axis: int = -1, reduction: str = "mean"
) -> Node:
    """1 minus the cosine of the angle between vectors along `axis`; 1 where one is 0."""
    y, p = _pair("cosine_distance", labels, predictions)
    size = norm2(y, axis) * norm2(p, axis)
    cosine = where(size == 0, 0, sum(y * p, axis) / size)
    return _reduced(1 - cosine, weights, reduction)


binary_cross_entropy = log_loss
