"""Metrics: how good predictions are, told as numbers; not differentiable, not for training by.

A metric is a function `(labels, predictions)` of *arrays*, all examples at once, that returns a
number: the F1 of a whole set is no mean of those of its batches. Its name is the function's.
`gf.train(metrics=[...])` takes such functions, and nodes, which it runs. Bind parameters in a dict:
`{"top 3": functools.partial(gf.metrics.top_k_accuracy, k=3)}`.

Labels are numbers of classes from 0 on, of shape (n,) or any other. Predictions are one of

* numbers of classes: integers or booleans of the labels' shape;
* scores of every class: one more axis than the labels, the highest score wins, the first of equals;
* scores of class 1 against 0: floats of the labels' shape, class 1 from `threshold` on (0.5: of
  probabilities; take 0 for logits).

Labels may be one-hot beside scores of every class. Shapes that do not fit, (n,) beside (n, 1) for
one, raise ShapeError, as no examples do; NaN among scores raises NumericError; a node, DTypeError.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .errors import DTypeError, NumericError, ShapeError
from .graph import Node
from .shapes import show

__all__ = [
    "accuracy", "confusion_matrix", "f1", "mean_absolute_error", "mean_squared_error",
    "precision", "r2", "recall", "roc_auc", "top_k_accuracy",
]  # fmt: skip

_Array = np.ndarray[Any, Any]
_AVERAGES = ("binary", "macro", "micro", "weighted")


def accuracy(labels: Any, predictions: Any, *, threshold: float = 0.5) -> float:
    """The share of examples whose class is predicted."""
    y, p = _classes("accuracy", labels, predictions, threshold)
    return float(np.mean(y == p))


def top_k_accuracy(labels: Any, predictions: Any, *, k: int = 5) -> float:
    """The share of examples whose class is among the `k` of highest score; of equals, the first.

    Raises ShapeError for predictions that are no scores of every class, or fewer classes than `k`.
    """
    y, scores = _arrays("top_k_accuracy", labels, predictions)
    if y.shape == scores.shape and _is_one_hot(y):
        y = y.argmax(-1)
    if scores.ndim != y.ndim + 1 or scores.shape[:-1] != y.shape:
        raise _misfit("top_k_accuracy", y, scores)
    if not 1 <= k <= scores.shape[-1]:
        raise ShapeError(f"top_k_accuracy: no {k} of {scores.shape[-1]} classes")
    _check_numbers("top_k_accuracy", scores)
    best = np.argsort(-scores, axis=-1, kind="stable")[..., :k]
    return float(np.mean(np.any(best == _whole("top_k_accuracy", y)[..., None], axis=-1)))


def confusion_matrix(
    labels: Any, predictions: Any, *, classes: int | None = None, threshold: float = 0.5
) -> _Array:
    """How many examples of class i (row) were predicted as j (column): (classes, classes) integers.

    `classes` is their number, by default one more than the highest that occurs, at least 2.
    """
    y, p = _classes("confusion_matrix", labels, predictions, threshold)
    highest = int(max(y.max(), p.max()))
    count = max(2, highest + 1) if classes is None else int(classes)
    if highest >= count:
        raise ShapeError(f"confusion_matrix: class {highest} is not among {count} classes")
    return np.bincount(y * count + p, minlength=count * count).reshape(count, count)


def precision(
    labels: Any, predictions: Any, *, average: str = "binary", threshold: float = 0.5
) -> float:
    """Of the examples predicted as a class, the share that is of it; 0 where there are none.

    `average` is "binary" (of class 1, where there are but 0 and 1), "macro" (the mean over classes
    that occur), "weighted" (by how often they are labels) or "micro" (all examples together).
    """
    return _averaged("precision", labels, predictions, average, threshold)


def recall(
    labels: Any, predictions: Any, *, average: str = "binary", threshold: float = 0.5
) -> float:
    """Of the examples of a class, the share predicted as it. `average` as in `precision`."""
    return _averaged("recall", labels, predictions, average, threshold)


def f1(labels: Any, predictions: Any, *, average: str = "binary", threshold: float = 0.5) -> float:
    """2 * precision * recall / (precision + recall), per class. `average` as in `precision`."""
    return _averaged("f1", labels, predictions, average, threshold)


def _averaged(caller: str, labels: Any, predictions: Any, average: str, threshold: float) -> float:
    if average not in _AVERAGES:
        raise ValueError(f"{caller}: average is one of {', '.join(_AVERAGES)}, not {average!r}")
    counts = confusion_matrix(labels, predictions, threshold=threshold)
    if average == "binary" and len(counts) > 2:
        raise ValueError(f"{caller}: {len(counts)} classes: choose average='macro' or another")
    hits, said, true = np.diag(counts), counts.sum(0), counts.sum(1)
    if average == "binary":
        hits, said, true = hits[1:], said[1:], true[1:]
    elif average == "micro":
        hits, said, true = (part.sum(keepdims=True) for part in (hits, said, true))
    over, under = {
        "precision": (hits, said), "recall": (hits, true), "f1": (2 * hits, said + true),
    }[caller]  # fmt: skip
    each = over / np.maximum(under, 1)  # of no examples there are no hits
    weights = true if average == "weighted" else said + true > 0
    if average in ("binary", "micro"):
        return float(each[0])
    return float(np.average(each, weights=weights))


def roc_auc(labels: Any, scores: Any) -> float:
    """The probability that an example of class 1 has a higher score than one of class 0.

    Equal scores count one half: the area under the ROC curve. Labels are 0 and 1, scores floats of
    their shape. Raises ValueError unless both classes occur.

    Source: J. A. Hanley, B. J. McNeil (1982), by the ranks of H. B. Mann, D. R. Whitney (1947).
    """
    y, s = _arrays("roc_auc", labels, scores)
    if y.shape != s.shape:
        raise _misfit("roc_auc", y, s)
    _check_numbers("roc_auc", s)
    classes = _whole("roc_auc", y).ravel()
    positives, negatives = int(np.sum(classes == 1)), int(np.sum(classes == 0))
    if positives + negatives < classes.size or not positives or not negatives:
        raise ValueError("roc_auc: labels are 0 and 1, and both must occur")
    _, place, count = np.unique(s, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place.ravel()]
    above = ranks[classes == 1].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def mean_squared_error(labels: Any, predictions: Any) -> float:
    """mean((labels - predictions) ** 2)."""
    y, p = _same("mean_squared_error", labels, predictions)
    return float(np.mean((y - p) ** 2))


def mean_absolute_error(labels: Any, predictions: Any) -> float:
    """mean(|labels - predictions|)."""
    y, p = _same("mean_absolute_error", labels, predictions)
    return float(np.mean(np.abs(y - p)))


def r2(labels: Any, predictions: Any) -> float:
    """1 - sum((labels - predictions) ** 2) / sum((labels - mean) ** 2), the mean over columns.

    1 for perfect predictions, 0 for those of the mean. Labels that are all equal give 1 where they
    are predicted and 0 otherwise, as in scikit-learn.
    """
    y, p = _same("r2", labels, predictions)
    y, p = (a.reshape(len(a), -1) if a.ndim else a.reshape(1, 1) for a in (y, p))
    left, whole = np.sum((y - p) ** 2, 0), np.sum((y - y.mean(0)) ** 2, 0)
    flat = np.where(left == 0, 1.0, 0.0)
    return float(np.mean(np.where(whole > 0, 1 - left / np.where(whole > 0, whole, 1), flat)))


def _arrays(caller: str, labels: Any, predictions: Any) -> tuple[_Array, _Array]:
    found = []
    for value in (labels, predictions):
        if isinstance(value, Node):
            raise DTypeError(
                f"{caller}: {value.describe()} has no values",
                "metrics are functions of arrays: session.run(node) gives them",
            )
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise DTypeError(f"{caller}: arrays of numbers are wanted, not {array.dtype}")
        if not array.size:
            raise ShapeError(f"{caller}: there are no examples: {show(array.shape)}")
        found.append(array)
    return found[0], found[1]


def _same(caller: str, labels: Any, predictions: Any) -> tuple[_Array, _Array]:
    y, p = _arrays(caller, labels, predictions)
    if y.shape != p.shape:
        raise _misfit(caller, y, p)
    return y.astype(np.float64), p.astype(np.float64)


def _misfit(caller: str, y: _Array, p: _Array) -> ShapeError:
    return ShapeError(f"{caller}: labels {show(y.shape)} for predictions {show(p.shape)}")


def _check_numbers(caller: str, scores: _Array) -> None:
    if np.isnan(scores).any():
        raise NumericError(f"{caller}: there is NaN among the scores")


def _classes(caller: str, labels: Any, predictions: Any, threshold: float) -> tuple[_Array, _Array]:
    """Both as numbers of classes, in one axis."""
    y, p = _arrays(caller, labels, predictions)
    _check_numbers(caller, p)
    if p.dtype.kind == "f" and y.shape == p.shape and _is_one_hot(y):
        y, p = y.argmax(-1), p.argmax(-1)
    elif p.ndim == y.ndim + 1 and p.shape[:-1] == y.shape and p.shape[-1] > 1:
        p = p.argmax(-1)
    elif y.shape != p.shape:
        raise _misfit(caller, y, p)
    elif p.dtype.kind == "f":
        if _whole(caller, y).max() > 1:
            raise ShapeError(
                f"{caller}: one score each, {show(p.shape)}, for more classes than 0 and 1",
                "give integers, or a score for every class",
            )
        p = p >= threshold
    return _whole(caller, y).ravel(), _whole(caller, p).ravel()


def _is_one_hot(y: _Array) -> bool:
    if y.ndim < 2 or y.shape[-1] < 2:
        return False
    return bool(np.all((y == 0) | (y == 1)) and np.all((y == 1).sum(-1) == 1))


def _whole(caller: str, y: _Array) -> _Array:
    """Numbers of classes as int64. Raises DTypeError for what is no whole number from 0 on."""
    whole = np.where(np.isfinite(y), y, -1).astype(np.int64)
    if np.any(whole != y) or np.any(whole < 0):
        raise DTypeError(f"{caller}: classes are whole numbers from 0 on")
    return whole
