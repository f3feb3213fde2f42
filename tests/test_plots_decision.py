"""Decision maps, whose line is the difference of the columns, and histograms."""

import numpy as np
import pytest

import graphflow as gf

W = np.array([[1.163181, -1.771742], [2.124755, -0.369832]])  # S004.3, seed 0, after 100 steps
B = np.array([-0.458693, -0.518131])


def blobs():
    """Blue at (2, 2), red at (-2, -2), as the tutorial draws them."""
    rng = np.random.RandomState(0)
    red = rng.randn(50, 2) - 2
    return np.concatenate([rng.randn(50, 2) + 2, red]), np.repeat([0, 1], 50)


def perceptron():
    X = gf.placeholder()
    return X, gf.softmax(gf.add(gf.matmul(X, gf.Variable(W)), gf.Variable(B)))


def test_the_line_is_where_the_difference_of_the_columns_is_zero():
    X, p = perceptron()
    points, classes = blobs()
    plot = gf.viz.decision_map(p, X, points, classes)
    (line,) = plot.data["boundary"]
    dw, db = W[:, 0] - W[:, 1], B[0] - B[1]
    np.testing.assert_allclose(line @ dw + db, 0, atol=0.02)
    slope, intercept = np.polyfit(*line.T, 1)
    assert slope == pytest.approx(-dw[0] / dw[1], abs=1e-3)
    assert intercept == pytest.approx(-db / dw[1], abs=1e-3)


def test_the_line_of_the_published_weights_is_not_the_one_of_class_0_alone():
    published = np.array([[1.27496197, -1.77251219], [1.11820232, -2.01586474]])
    bias = np.array([-0.45274057, -0.39071841])
    plot = gf.viz.decision_map(lambda x: x @ published + bias, ranges=((-4, 4), (-4, 4)))
    (line,) = plot.data["boundary"]
    slope, intercept = np.polyfit(*line.T, 1)
    assert (slope, intercept) == pytest.approx((-0.9724, 0.0198), abs=1e-4)
    assert slope != pytest.approx(-1.1402, abs=0.1)  # what the tutorial draws


def test_classes_are_those_of_the_highest_score():
    X, p = perceptron()
    plot = gf.viz.decision_map(p, X, ranges=((-3, 3), (-2, 2)), steps=50)
    places = np.stack(np.meshgrid(np.linspace(-3, 3, 50), np.linspace(-2, 2, 50)), axis=-1)
    np.testing.assert_array_equal(plot.data["classes"], (places @ W + B).argmax(axis=-1))


def test_a_map_of_xor_has_two_regions_of_one_class():
    def score(places):  # above 0 in the first and third quadrant
        return np.stack([places[:, 0] * places[:, 1], 0 * places[:, 0]], axis=1)

    plot = gf.viz.decision_map(score, ranges=((-1, 1), (-1, 1)), steps=50)
    quarter = plot.data["classes"]
    assert (quarter[:25, :25] == 0).all()
    assert (quarter[25:, :25] == 1).all()
    assert len(plot.data["boundary"]) == 2


def test_one_score_says_class_1_above_the_threshold():
    x = gf.placeholder((None, 2))
    for score in (gf.sigmoid(x[:, 0]), gf.reshape(gf.sigmoid(x[:, 0]), (-1, 1))):
        plot = gf.viz.decision_map(score, x, ranges=((-1, 1), (-1, 1)), steps=4)
        assert plot.data["classes"].tolist() == [[0, 0, 1, 1]] * 4
    moved = gf.viz.decision_map(
        gf.sigmoid(x[:, 0]), x, ranges=((-1, 1), (-1, 1)), steps=4, threshold=0.6
    )
    assert moved.data["classes"].tolist() == [[0, 0, 0, 1]] * 4  # sigmoid(1/3) is 0.583


def test_three_classes_meet_where_their_scores_are_equal():
    directions = np.array([[1.0, 0], [-0.5, 0.8], [-0.5, -0.8]])
    plot = gf.viz.decision_map(lambda x: x @ directions.T, ranges=((-1, 1), (-1, 1)))
    ends = np.concatenate(plot.data["boundary"])
    scores = np.sort(ends @ directions.T, axis=1)
    np.testing.assert_allclose(scores[:, 2], scores[:, 1], atol=0.02)


def test_points_have_a_marker_per_class_and_names_as_plain_text():
    X, p = perceptron()
    points, classes = blobs()
    plot = gf.viz.decision_map(p, X, points, classes, names=["_blue", "$red$"], steps=5)
    shown = [text.get_text() for text in plot.figure.legends[0].get_texts()]
    assert shown == ["_blue", "$red$"]
    dots = plot.figure.axes[0].collections[-2:]
    assert len({tuple(map(tuple, dot.get_paths()[0].vertices)) for dot in dots}) == 2
    one_hot = gf.viz.decision_map(p, X, points, np.eye(2)[classes], steps=5)
    assert [len(d.get_offsets()) for d in one_hot.figure.axes[0].collections[-2:]] == [50, 50]


def test_a_map_where_one_class_is_everywhere_is_drawn():
    plot = gf.viz.decision_map(lambda x: x @ [[0.0, 0], [0, 0]] + [1, 0], ranges=((0, 1), (0, 1)))
    assert plot.data["boundary"] == []
    assert plot.svg


def test_variables_have_the_values_of_the_session():
    x, w = gf.placeholder((None, 2)), gf.Variable([1.0, 0.0])
    session = gf.Session()
    session.assign(w, [-1.0, 0.0])
    plot = gf.viz.decision_map(
        x @ w, x, ranges=((-1, 1), (-1, 1)), steps=4, threshold=0.0, session=session
    )
    assert plot.data["classes"].tolist() == [[1, 1, 0, 0]] * 4


BOX = {"ranges": ((0, 1), (0, 1)), "steps": 3}


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda x: gf.viz.decision_map(x, None, **BOX), gf.DTypeError, "inputs is the placeholder"),
        (lambda x: gf.viz.decision_map(3, x, **BOX), gf.DTypeError, "neither a node nor"),
        (lambda x: gf.viz.decision_map(x, x), ValueError, "give points, or ranges"),
        (lambda x: gf.viz.decision_map(x, x, [1, 2]), gf.ShapeError, r"points are \(m, 2\)"),
        (lambda x: gf.viz.decision_map(x, x, "ab"), gf.DTypeError, "points are numbers"),
        (lambda x: gf.viz.decision_map(x, x, [[0, 1]], [0, 1]), gf.ShapeError, "2 classes for 1"),
        (lambda x: gf.viz.decision_map(x, x, [[0, 1]], [0.5]), gf.DTypeError, "integers from 0"),
        (lambda x: gf.viz.decision_map(x, x, [[0, 1]], [-1]), gf.DTypeError, "not -1"),
        (lambda x: gf.viz.decision_map(x, x, names=["a"], **BOX), gf.ShapeError, "1 names for 2"),
        (lambda x: gf.viz.decision_map(gf.log(x - 1), x, **BOX), gf.NumericError, "places are NaN"),
        (lambda x: gf.viz.decision_map(gf.sum(x), x, **BOX), gf.ShapeError, r"\(n, classes\)"),
        (lambda x: gf.viz.decision_map(x * 1j, x, **BOX), gf.DTypeError, "not complex128"),
        (lambda x: gf.viz.decision_map(x, x, ranges=(0, 1)), ValueError, "ranges are"),
    ],
)  # fmt: skip
def test_what_is_no_map_is_refused(call, error, match):
    with pytest.raises(error, match=match):
        call(gf.placeholder((None, 2)))


def test_places_of_three_numbers_are_refused():
    x = gf.placeholder((None, 3))
    with pytest.raises(gf.ShapeError, match="places have two numbers"):
        gf.viz.decision_map(x, x, **BOX)


# ---- histograms


def test_histograms_have_the_values_and_the_gradients():
    w, b = gf.Variable([1.0, -2.0, 0.0], name="w"), gf.Variable(0.5, name="b")
    x = gf.placeholder((3,))
    plot = gf.viz.histograms([w, b], {x: [1, 2, 3]}, loss=gf.sum(w * w * x) + b)
    assert plot.data["w"].tolist() == [1, -2, 0]
    assert plot.data["gradient of w"].tolist() == [2, -8, 0]  # 2 w x
    assert plot.data["gradient of b"] == 1
    titles = [axes.get_title() for axes in plot.figure.axes]
    assert titles[0] == "w\nmean -0.333, std 1.25\n3 elements, 1 zero"
    assert len(titles) == 4


def test_a_histogram_counts_every_element():
    values = np.random.default_rng(0).normal(size=500)
    plot = gf.viz.histograms(gf.Variable(values), bins=7)
    heights = [patch.get_height() for patch in plot.figure.axes[0].patches]
    assert heights == np.histogram(values, 7)[0].tolist()


def test_what_is_not_finite_is_counted_and_said():
    w = gf.Variable([np.nan, np.inf, 1.0, -np.inf])
    plot = gf.viz.histograms({"<w> $x$": w})
    assert plot.note == "left out, as not finite: 3"
    assert plot.figure.axes[0].get_title() == (
        "<w> $x$\nmean 1, std 0\n4 elements, 1 NaN, 2 infinite"
    )
    assert "no finite value" in gf.viz.histograms(gf.Variable([np.nan])).figure.axes[0].get_title()


def test_nodes_of_one_name_are_told_apart():
    one, other = gf.Variable(1.0, name="w"), gf.Variable(2.0, name="w")
    assert len(gf.viz.histograms([one, other]).data) == 2
    assert list(gf.viz.histograms([one, one]).data) == ["w (1)", "w (2)"]


@pytest.mark.parametrize(
    ("nodes", "error", "match"),
    [
        ([], ValueError, "0 nodes; give 1 to 24"),
        (3, gf.DTypeError, "3 is not a node"),
        ([3], gf.DTypeError, "3 is not a node"),
        ("w", gf.DTypeError, "'w' is not a node"),
    ],
)
def test_what_are_no_nodes_is_refused(nodes, error, match):
    with pytest.raises(error, match=match):
        gf.viz.histograms(nodes)


def test_other_losses_bins_and_kinds_are_refused():
    w = gf.Variable([1.0, 2.0], name="w")
    with pytest.raises(gf.ShapeError, match="the loss is a scalar"):
        gf.viz.histograms(w, loss=w)
    with pytest.raises(gf.DisconnectedError):
        gf.viz.histograms(w, loss=gf.constant(1.0))
    with pytest.raises(ValueError, match="bins is an integer from 2 to 1000, not 0"):
        gf.viz.histograms(w, bins=0)
    with pytest.raises(gf.DTypeError, match="holds no real numbers"):
        gf.viz.histograms(w * 1j)
    with pytest.raises(ValueError, match="25 nodes"):
        gf.viz.histograms([w] * 25)
