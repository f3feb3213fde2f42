"""Metrics against counting by hand, and the shapes and kinds that they refuse."""

import numpy as np
import pytest

import graphflow as gf
from graphflow import metrics

RNG = np.random.default_rng(0)
Y = RNG.integers(0, 3, 50)
P = np.where(RNG.random(50) < 0.6, Y, RNG.integers(0, 3, 50))
SCORES = RNG.random((50, 3)) + 0.6 * np.eye(3)[Y]
Y2 = RNG.integers(0, 2, 40)
S2 = np.round(np.clip(0.4 * Y2 + 0.6 * RNG.random(40), 0, 1), 1)  # rounded: with ties


def test_accuracy_of_classes_scores_and_one_hot_labels():
    share = sum(int(a == b) for a, b in zip(Y, P, strict=True)) / 50
    assert metrics.accuracy(Y, P) == share
    assert metrics.accuracy(Y.astype(float), P.tolist()) == share
    best = sum(max(range(3), key=s.__getitem__) == y for s, y in zip(SCORES, Y, strict=True)) / 50
    assert metrics.accuracy(Y, SCORES) == best
    assert metrics.accuracy(np.eye(3)[Y], SCORES) == best
    assert (
        metrics.accuracy(Y2, S2) == sum((s >= 0.5) == y for s, y in zip(S2, Y2, strict=True)) / 40
    )
    assert metrics.accuracy(Y2[:, None], S2[:, None] - 0.5, threshold=0.0) == metrics.accuracy(
        Y2, S2
    )


@pytest.mark.parametrize(
    ("labels", "predictions", "share"),
    [
        (1, 0.7, 1.0),  # one example without any axis
        (1, 0, 0.0),
        ([0, 1, 0], [0.2, 0.4, 0.6], 1 / 3),  # one 1 among labels is no one-hot row
        ([[1], [1]], [[0.2], [0.9]], 1 / 2),  # nor is a row of one label
        ([[1, 0], [0, 1]], [[0.9, 0.8], [0.2, 0.3]], 1.0),  # two classes, one-hot
        ([[1, 1], [0, 1]], [[0.9, 0.9], [0.1, 0.2]], 3 / 4),  # four labels: two 1s in a row
        ([[0, 0], [0, 1]], [[0.9, 0.9], [0.1, 0.2]], 1 / 4),
        ([[0, 1], [1, 0]], [[0, 1], [1, 1]], 3 / 4),  # classes, not scores
        ([[0, 1], [1, 0]], np.eye(3)[[[2, 1], [1, 0]]], 3 / 4),  # scores for each of four labels
    ],
)
def test_accuracy_takes_labels_and_predictions_for_what_their_shapes_say(
    labels, predictions, share
):
    assert metrics.accuracy(labels, predictions) == share


def test_top_k_accuracy_looks_at_the_k_highest_scores():
    for k in (1, 2, 3):
        hits = [
            y in sorted(range(3), key=lambda c: -s[c])[:k] for y, s in zip(Y, SCORES, strict=True)
        ]
        assert metrics.top_k_accuracy(Y, SCORES, k=k) == np.mean(hits)
    assert (
        metrics.top_k_accuracy([1, 0], [[0.5, 0.5], [0.5, 0.5]], k=1) == 0.5
    )  # the first of equals
    assert metrics.top_k_accuracy(np.eye(3)[Y], SCORES, k=1) == metrics.accuracy(Y, SCORES)
    # four labels with a row of scores each, which look like two one-hot rows
    assert metrics.top_k_accuracy([[0, 1], [1, 0]], np.eye(3)[[[2, 1], [1, 0]]], k=1) == 3 / 4


def test_the_confusion_matrix_counts_labels_by_rows():
    wanted = [[list(zip(Y, P, strict=True)).count((i, j)) for j in range(3)] for i in range(3)]
    np.testing.assert_array_equal(metrics.confusion_matrix(Y, P), wanted)
    np.testing.assert_array_equal(metrics.confusion_matrix([0, 0], [0, 0]), [[2, 0], [0, 0]])
    assert metrics.confusion_matrix([0, 1], [1, 1], classes=4).shape == (4, 4)


def by_hand(y, p, c):
    hits = sum((y == c) & (p == c))
    precision = hits / sum(p == c) if any(p == c) else 0.0
    recall = hits / sum(y == c) if any(y == c) else 0.0
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0


@pytest.mark.parametrize("place", [0, 1, 2])
def test_precision_recall_and_f1_are_their_formulas(place):
    metric = (metrics.precision, metrics.recall, metrics.f1)[place]
    assert metric(Y2, S2) == pytest.approx(by_hand(Y2, S2 >= 0.5, 1)[place])
    each = [by_hand(Y, P, c)[place] for c in range(3)]
    assert metric(Y, P, average="macro") == pytest.approx(np.mean(each))
    often = [sum(c == Y) for c in range(3)]
    assert metric(Y, P, average="weighted") == pytest.approx(np.dot(each, often) / 50)
    assert metric(Y, P, average="micro") == pytest.approx(metrics.accuracy(Y, P))
    assert metric([0, 2, 2], [0, 2, 2], average="macro") == 1.0  # class 1 does not occur
    assert metric([1, 1, 0], [0, 0, 0]) == 0.0  # nothing was found
    assert metric([0, 0], [0, 0]) == 0.0  # there was nothing to find
    # class 1 is never predicted, class 2 is no label: both count 0 beside class 0
    assert metric([0, 1], [0, 2], average="macro") == pytest.approx(1 / 3)


def test_roc_auc_is_the_share_of_pairs_in_order_ties_one_half():
    pairs = [(a > b) + 0.5 * (a == b) for a in S2[Y2 == 1] for b in S2[Y2 == 0]]
    assert metrics.roc_auc(Y2, S2) == pytest.approx(np.mean(pairs), rel=1e-14)
    assert metrics.roc_auc([0, 1], [-3.0, 5.0]) == 1.0
    assert metrics.roc_auc([0, 1, 1], [0.2, 0.2, 0.2]) == 0.5


def test_errors_and_r2_are_their_formulas():
    y, p = RNG.normal(size=(20, 2)), RNG.normal(size=(20, 2))
    assert metrics.mean_squared_error(y, p) == pytest.approx(np.mean((y - p) ** 2))
    assert metrics.mean_absolute_error(y, p) == pytest.approx(np.mean(abs(y - p)))
    columns = [
        1 - sum((a - b) ** 2) / sum((a - a.mean()) ** 2) for a, b in zip(y.T, p.T, strict=True)
    ]
    assert metrics.r2(y, p) == pytest.approx(np.mean(columns))
    assert metrics.r2(y[:, 0], np.full(20, y[:, 0].mean())) == pytest.approx(0.0)
    assert metrics.r2([2.0, 2.0], [2.0, 2.0]) == 1.0
    assert metrics.r2([2.0, 2.0], [2.0, 5.0]) == 0.0
    # squares of errors: 1/16 of 1/8
    assert metrics.r2([0.0, 0.5], [0.0, 0.25]) == pytest.approx(0.5)
    assert metrics.r2(2.0, 2.0) == 1.0


@pytest.mark.parametrize("name", sorted(metrics.__all__))
def test_a_metric_has_a_name_and_gives_a_float(name):
    metric = getattr(metrics, name)
    assert metric.__name__ == name
    if name not in ("confusion_matrix", "top_k_accuracy"):
        assert type(metric(Y2, S2)) is float


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: metrics.accuracy(Y2, S2[:, None]), gf.ShapeError, r"\[40\] for .* \[40, 1\]"),
        (lambda: metrics.mean_squared_error(S2, S2[:, None]), gf.ShapeError,
         r"labels \[40\] for predictions \[40, 1\]"),
        (lambda: metrics.mean_absolute_error(S2, S2[:, None]), gf.ShapeError,
         r"labels \[40\] for predictions \[40, 1\]"),
        (lambda: metrics.accuracy([1], np.eye(2)[[0, 1, 1]]), gf.ShapeError, r"\[1\] for .*\[3, "),
        (lambda: metrics.top_k_accuracy([1], np.eye(2)[[0, 1, 1]], k=1), gf.ShapeError, "for pred"),
        (lambda: metrics.top_k_accuracy(1, 0.5, k=1), gf.ShapeError, "for predictions"),
        (lambda: metrics.accuracy([[1, 2], [0, 1]], np.eye(2)), gf.ShapeError, "a score for every"),
        (lambda: metrics.roc_auc(Y2, S2[:, None]), gf.ShapeError, r"\[40, 1\]"),
        (lambda: metrics.r2([], []), gf.ShapeError, "there are no examples"),
        (lambda: metrics.accuracy([0, 2], [0.1, 0.9]), gf.ShapeError, "a score for every class"),
        (lambda: metrics.accuracy([0.5, 1], [0, 1]), gf.DTypeError, "whole numbers"),
        (lambda: metrics.accuracy([np.nan, 1], [0, 1]), gf.DTypeError, "whole numbers"),
        (lambda: metrics.accuracy([-1, 1], [0, 1]), gf.DTypeError, "whole numbers"),
        (lambda: metrics.accuracy(["a"], ["b"]), gf.DTypeError, "arrays of numbers"),
        (lambda: metrics.accuracy([0, 1], [np.nan, 1.0]), gf.NumericError, "NaN"),
        (lambda: metrics.roc_auc([0, 1], [np.nan, 1.0]), gf.NumericError, "NaN"),
        (lambda: metrics.top_k_accuracy([0], [[np.nan, 1.0]], k=1), gf.NumericError, "NaN"),
        (lambda: metrics.accuracy([1], gf.ones((1,))), gf.DTypeError,
         r"metrics are functions of arrays: session.run\(node\)"),
        (lambda: metrics.precision(Y, P), ValueError, "3 classes: choose average"),
        (lambda: metrics.f1(Y, P, average="mean"), ValueError, "average is one of"),
        (lambda: metrics.roc_auc([1, 1], [0.1, 0.2]), ValueError, "both must occur"),
        (lambda: metrics.roc_auc([0, 0], [0.1, 0.2]), ValueError, "both must occur"),
        (lambda: metrics.roc_auc([0, 1, 2], [0.1, 0.2, 0.3]), ValueError, "labels are 0 and 1"),
        (lambda: metrics.top_k_accuracy(Y, SCORES, k=4), gf.ShapeError, "no 4 of 3 classes"),
        (lambda: metrics.top_k_accuracy(Y, P), gf.ShapeError, "for predictions"),
        (lambda: metrics.confusion_matrix(Y, P, classes=2), gf.ShapeError, "class 2 is not among"),
    ],
)  # fmt: skip
def test_bad_input_is_refused(call, kind, text):
    with pytest.raises(kind, match=text):
        call()
