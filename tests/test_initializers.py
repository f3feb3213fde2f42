"""Initial values: bounds, variances, orthogonality and repeatability."""

from functools import partial

import numpy as np
import pytest

import graphflow as gf

init = gf.initializers
SHAPE = (200, 300)
CONV = (3, 5, 40, 60)  # window (3, 5), 40 channels in, 60 out

VARIANCES = [
    (init.glorot_uniform, SHAPE, 2 / 500),
    (init.glorot_normal, SHAPE, 2 / 500),
    (init.he_uniform, SHAPE, 2 / 200),
    (init.he_normal, SHAPE, 2 / 200),
    (init.lecun_uniform, SHAPE, 1 / 200),
    (init.lecun_normal, SHAPE, 1 / 200),
    (init.glorot_uniform, CONV, 2 / (15 * 100)),
    (init.he_normal, CONV, 2 / (15 * 40)),
    (init.he_normal, (60_000,), 2 / 60_000),
    (init.uniform, SHAPE, 0.1**2 / 12),
    (init.normal, SHAPE, 0.05**2),
    (partial(init.normal, scale=2.0), SHAPE, 4.0),
    # the variance of a standard normal number given that it is within 2 of 0
    (partial(init.truncated_normal, scale=1.0), SHAPE, 0.7737412),
]


@pytest.mark.parametrize(("initializer", "shape", "variance"), VARIANCES)
def test_draws_have_mean_zero_and_the_variance_of_the_formula(initializer, shape, variance):
    w = initializer(np.random.default_rng(0), shape)
    assert w.shape == shape
    assert w.dtype == np.float64
    assert np.var(w) == pytest.approx(variance, rel=0.03)
    assert abs(np.mean(w)) < 5 * np.sqrt(variance / w.size)


@pytest.mark.parametrize(
    ("shape", "fan_in", "fan_out"),
    [((), 1, 1), ((1,), 1, 1), (5, 5, 5), ((1, 6), 1, 6), ((6, 1), 6, 1), ((3, 2, 4, 5), 24, 30)],
)
def test_draws_are_those_of_numpy_with_the_variance_of_the_formula(shape, fan_in, fan_out):
    variances = {"glorot": 2 / (fan_in + fan_out), "he": 2 / fan_in, "lecun": 1 / fan_in}
    for name, variance in variances.items():
        normal = np.random.default_rng(7).normal(0, np.sqrt(variance), shape)
        np.testing.assert_allclose(getattr(init, f"{name}_normal")(7, shape), normal, rtol=1e-15)
        bound = np.sqrt(3 * variance)
        uniform = np.random.default_rng(7).uniform(-bound, bound, shape)
        np.testing.assert_allclose(getattr(init, f"{name}_uniform")(7, shape), uniform, rtol=1e-15)


def test_glorot_draws_within_the_bound_of_tutorial_0():
    bound = np.sqrt(6 / (1 + 20))
    drawn = np.random.default_rng(7).uniform(-bound, bound, (1, 20))
    np.testing.assert_array_equal(init.glorot_uniform(np.random.default_rng(7), (1, 20)), drawn)


@pytest.mark.parametrize("shape", [(4, 7), (7, 4), (3, 2, 5), (5, 5)])
def test_orthogonal_rows_or_columns_are_orthonormal(shape):
    w = init.orthogonal(0, shape, gain=2.0).reshape(-1, shape[-1])
    gram = w @ w.T if w.shape[0] < w.shape[1] else w.T @ w
    np.testing.assert_allclose(gram, 4 * np.eye(len(gram)), atol=1e-14)


def test_orthogonal_matrices_are_drawn_without_preference_for_a_sign():
    rng = np.random.default_rng(0)
    corners = [init.orthogonal(rng, (2, 2))[0, 0] for _ in range(400)]
    assert abs(np.mean(np.sign(corners))) < 0.15


def test_truncated_numbers_keep_within_the_bound():
    w = init.truncated_normal(0, (10_000,), loc=1.0, scale=0.5, bound=1.5)
    assert np.abs(w - 1).max() <= 0.75
    assert np.abs(init.truncated_normal(0, (100,), scale=1.0, bound=0.5)).max() <= 0.5
    assert init.truncated_normal(0, ()).shape == ()


def test_truncated_numbers_that_are_within_the_bound_are_numpys():
    drawn = np.random.default_rng(7).normal(1.0, 0.5, 20)
    np.testing.assert_allclose(init.truncated_normal(7, 20, loc=1.0, scale=0.5, bound=9.0), drawn)


def test_constants_are_constant():
    np.testing.assert_array_equal(init.zeros(0, (2, 3)), np.zeros((2, 3)))
    np.testing.assert_array_equal(init.ones(0, 3, np.float32), np.ones(3, np.float32))
    np.testing.assert_array_equal(init.constant(0, (2,), value=0.5), [0.5, 0.5])


@pytest.mark.parametrize("name", sorted(init.__all__))
def test_a_seed_repeats_a_generator_goes_on_and_float32_is_kept(name):
    initializer = getattr(init, name)
    one = initializer(3, (4, 5))
    np.testing.assert_array_equal(initializer(np.random.default_rng(3), (4, 5)), one)
    np.testing.assert_array_equal(initializer(np.int64(3), (4, 5)), one)
    assert initializer(3, (4, 5), np.float32).dtype == np.float32
    rng = np.random.default_rng(3)
    if name not in ("zeros", "ones", "constant"):
        assert np.any(initializer(rng, (4, 5)) != initializer(rng, (4, 5)))


@pytest.mark.parametrize(
    ("build", "kind", "text"),
    [
        (lambda: init.normal(None, (2,)), gf.DTypeError, "integer to seed one is wanted, not None"),
        (lambda: init.normal(True, (2,)), gf.DTypeError, "to seed one is wanted, not True"),
        (lambda: init.normal(0, (2,), np.int64), gf.DTypeError, "draws are floats, not int64"),
        (lambda: init.orthogonal(0, (3,)), gf.ShapeError, "at least two axes"),
        (lambda: init.truncated_normal(0, (3,), bound=0.0), ValueError, "a bound above 0"),
    ],
)
def test_bad_input_is_refused(build, kind, text):
    with pytest.raises(kind, match=text):
        build()
