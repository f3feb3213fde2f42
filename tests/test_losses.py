"""Losses over classes and vectors, weights, dtypes, and shapes that must not broadcast."""

import numpy as np
import pytest
import scipy.special as sp

import graphflow as gf
from graphflow import losses

ELEMENTWISE = [
    losses.mean_squared_error, losses.absolute_difference, losses.huber_loss, losses.log_cosh,
    losses.log_loss, losses.sigmoid_cross_entropy, losses.hinge_loss, losses.poisson_loss,
]  # fmt: skip
OVER_CLASSES = [losses.softmax_cross_entropy, losses.kl_divergence, losses.cosine_distance]


def run(node, feed=None, **options):
    return gf.Session(**options).run(node, feed)


UNKNOWN = [
    ((None, None), (3,), (3, 1)),
    (((None,), None), (3,), (3, 1)),
    (((None, None), (None, None)), (1, 2), (3, 2)),
]


@pytest.mark.parametrize("optimize", [True, False])
@pytest.mark.parametrize(("shapes", "given", "predicted"), UNKNOWN)
@pytest.mark.parametrize("loss", [*ELEMENTWISE, *OVER_CLASSES])
def test_shapes_that_would_broadcast_are_refused_in_the_run_too(
    loss, shapes, given, predicted, optimize
):
    y, p = (gf.placeholder(shape, name=name) for shape, name in zip(shapes, "yp", strict=True))
    node = loss(y, p)
    right, other = np.full(given, 0.5), np.full(predicted, 0.5)
    with pytest.raises(gf.ShapeError, match="the shapes must be equal"):
        run(node, {y: right, p: other}, optimize=optimize)
    fetched = [node, gf.gradients(node, p)[0]]
    value, slope = run(fetched, {y: right, p: right}, optimize=optimize)
    assert np.isfinite(value)
    assert slope.shape == given


@pytest.mark.parametrize("loss", ELEMENTWISE)
def test_weights_that_would_make_losses_more_are_refused(loss):
    y = p = np.full(3, 0.5)
    with pytest.raises(gf.ShapeError, match=r"weights \[3, 1\] for losses \[3\]"):
        loss(y, p, weights=np.ones((3, 1)))
    unknown = gf.placeholder()
    with pytest.raises(gf.ShapeError, match="the shapes must be equal"):
        run(loss(y, p, weights=unknown), {unknown: np.ones((3, 1))})


def test_weights_broadcast_to_the_losses():
    y, p = np.zeros((2, 3)), np.arange(6.0).reshape(2, 3)
    w = np.array([[1.0], [3.0]])
    found = run(losses.mean_squared_error(y, p, weights=w))
    assert found == pytest.approx(np.mean(w * p**2))
    assert run(losses.mean_squared_error(y, p, weights=2)) == pytest.approx(2 * np.mean(p**2))


@pytest.mark.parametrize("loss", [*ELEMENTWISE, *OVER_CLASSES])
def test_float32_predictions_have_float32_losses(loss):
    p = gf.placeholder((2, 3), dtype=np.float32)
    node = loss(np.full((2, 3), 0.5), p, weights=np.float64(2.0))
    assert node.dtype == np.float32
    assert gf.gradients(node, p)[0].dtype == np.float32


@pytest.mark.parametrize("loss", [*ELEMENTWISE, *OVER_CLASSES])
def test_what_has_the_dtype_of_the_predictions_is_not_cast(loss):
    for weights in (2, np.float64(2.0)):
        node = loss(np.full((2, 3), 0.5), gf.placeholder((2, 3)), weights=weights)
        assert "Cast" not in {type(each).__name__ for each in node.graph.nodes}


def test_integer_labels_are_taken_as_numbers_and_integer_predictions_refused():
    found = run(losses.mean_squared_error(np.array([1, 0]), np.array([0.5, 0.5])))
    assert found == pytest.approx(0.25)
    with pytest.raises(gf.DTypeError, match="predictions are floats"):
        losses.mean_squared_error(np.array([0.5, 0.5]), np.array([1, 0]))


def test_numbers_of_classes_must_fit_the_scores():
    with pytest.raises(gf.ShapeError, match="labels"):
        losses.sparse_softmax_cross_entropy(np.array([[0], [1]]), np.ones((2, 3)))
    with pytest.raises(gf.DTypeError, match="labels are integers"):
        losses.sparse_softmax_cross_entropy(np.array([0.0, 1.0]), np.ones((2, 3)))


def test_certain_probabilities_and_far_scores_have_no_nan():
    y = np.array([0.0, 1.0])
    assert run(losses.log_loss(y, y)) == 0
    z = gf.placeholder((2,))
    far = losses.sigmoid_cross_entropy(y, z)
    value, slope = run([far, gf.gradients(far, z)[0]], {z: [1000.0, -1000.0]})
    assert value == 1000
    np.testing.assert_array_equal(slope, [0.5, -0.5])
    assert run(losses.poisson_loss(np.zeros(2), np.zeros(2))) == 0
    assert run(losses.cosine_distance(np.zeros((1, 2)), np.ones((1, 2)))) == 1


def test_the_cosine_distance_and_its_slope_are_their_formulas_and_hold_at_zero():
    y, p = np.array([[2.0, 0.0], [3, 4], [3, 4]]), np.array([[0.6, 0.8], [0.6, 0.8], [0, 0]])
    node = gf.placeholder((3, 2))
    each = losses.cosine_distance(y, node, reduction="none")
    value, slope = run([each, gf.gradients(gf.sum(each), node)[0]], {node: p})
    np.testing.assert_allclose(value, [0.4, 0, 1], atol=1e-15)
    # -(u - (u.p) p) at a unit vector p, u = y / |y|; 0 at 0, where all directions are alike
    np.testing.assert_allclose(slope, [[-0.64, 0.48], [0, 0], [0, 0]], atol=1e-15)


def test_the_mean_squared_error_of_tutorial_0_has_its_derivatives():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=10), rng.normal(size=10)
    w, b = gf.Variable(0.3), gf.Variable(-0.2)
    found = run(gf.gradients(losses.mean_squared_error(y, w * x + b), [w, b]))
    error = 0.3 * x - 0.2 - y
    np.testing.assert_allclose(found, [2 * np.mean(x * error), 2 * np.mean(error)], rtol=1e-13)


def test_the_kl_divergence_of_a_distribution_to_itself_is_zero():
    p = sp.softmax(np.arange(6.0).reshape(2, 3), -1)
    assert run(losses.kl_divergence(p, p)) == pytest.approx(0, abs=1e-16)
