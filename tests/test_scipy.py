"""Fits by SciPy over variables: minima, least squares and roots that are known."""

import numpy as np
import pytest
from scipy import optimize

import graphflow as gf


def rosenbrock():
    x = gf.Variable([1.3, 0.7, 0.8, 1.9], name="x")
    return x, gf.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


@pytest.mark.parametrize(
    "method",
    ["L-BFGS-B", "BFGS", "CG", "Newton-CG", "trust-ncg", "trust-krylov", "trust-exact",
     "trust-constr", "SLSQP", "TNC", "Nelder-Mead"],
)  # fmt: skip
def test_rosenbrocks_minimum_is_found(method):
    x, loss = rosenbrock()
    options = {"maxiter": 5000, "maxfev": 5000} if method == "Nelder-Mead" else {}
    if method == "TNC":
        options = {"maxfun": 2000}
    result = gf.scipy.minimize(loss, method=method, tol=1e-9, options=options)
    assert result.success, result.message
    np.testing.assert_allclose(result.x, np.ones(4), atol=2e-3 if method == "TNC" else 1e-4)
    np.testing.assert_array_equal(result.session.value(x), result.x)
    np.testing.assert_array_equal(result.fitted["x"], result.x)
    assert "fitted" in repr(result)


def test_it_takes_the_steps_that_scipy_takes_with_the_gradient_by_hand():
    _, loss = rosenbrock()
    by_hand = optimize.minimize(
        optimize.rosen, [1.3, 0.7, 0.8, 1.9], jac=optimize.rosen_der, method="BFGS"
    )
    result = gf.scipy.minimize(loss, method="BFGS")
    assert (result.nit, result.nfev) == (by_hand.nit, by_hand.nfev)
    np.testing.assert_allclose(result.x, by_hand.x, rtol=1e-9)


def test_several_variables_feeds_and_bounds():
    rng = np.random.default_rng(0)
    X, y = gf.placeholder((None, 2)), gf.placeholder((None,))
    w, b = gf.Variable(np.zeros(2), name="w"), gf.Variable(0.0, name="b")
    held = gf.Variable(1.0, trainable=False)
    loss = gf.mean(gf.square(X @ w * held + b - y))
    data = rng.normal(size=(50, 2))
    feed = {X: data, y: data @ [2.0, -3.0] + 0.5}
    session = gf.Session()
    result = gf.scipy.minimize(loss, feed_dict=feed, session=session, tol=1e-12)
    assert result.session is session
    np.testing.assert_allclose(session.value(w), [2, -3], atol=1e-5)
    np.testing.assert_allclose(session.value(b), 0.5, atol=1e-5)
    bounded = gf.scipy.minimize(loss, [w, b], feed_dict=feed, bounds={w: ([0.0, -1.0], None)})
    np.testing.assert_allclose(bounded.fitted["w"][1], -1.0)
    only = gf.scipy.minimize(loss, b, feed_dict=feed)
    np.testing.assert_array_equal(only.session.value(w), [0, 0])
    assert only.session.value(held) == 1.0


def test_least_squares_of_a_curve_is_scipys():
    t = np.linspace(0, 3, 40)
    data = 2.5 * np.exp(-1.3 * t) + 0.5
    a, k, c = gf.Variable(1.0), gf.Variable(0.5, name="k"), gf.Variable(0.0)
    residuals = a * gf.exp(-k * t) + c - data
    result = gf.scipy.least_squares(residuals, [a, k, c], xtol=1e-14, ftol=1e-14, gtol=1e-14)
    np.testing.assert_allclose(result.x, [2.5, 1.3, 0.5], rtol=1e-7)
    exact = np.stack([np.exp(-1.3 * t), -2.5 * t * np.exp(-1.3 * t), np.ones(40)], 1)
    np.testing.assert_allclose(result.jac, exact, atol=1e-6)
    bounded = gf.scipy.least_squares(residuals, bounds={k: (0.0, 1.0)})
    assert bounded.fitted["k"] <= 1.0


@pytest.mark.parametrize("method", ["hybr", "lm"])
def test_roots_are_roots(method):
    x, y = gf.Variable(1.0), gf.Variable(0.5)
    equations = gf.stack([x**2 + y**2 - 4, gf.exp(x) + y - 1])
    result = gf.scipy.root(equations, [x, y], method=method)
    assert result.success
    np.testing.assert_allclose(result.session.run(equations), [0, 0], atol=1e-5)


def test_a_session_of_a_with_block_is_used():
    x, loss = rosenbrock()
    with gf.Session() as session:
        gf.scipy.minimize(loss)
        np.testing.assert_allclose(session.value(x), np.ones(4), atol=1e-3)


def test_float32_variables_stay_float32():
    x = gf.Variable(np.float32([1.0, 2.0]), name="x")
    result = gf.scipy.minimize(gf.sum(gf.square(x - 3)))
    assert result.fitted["x"].dtype == np.float32
    np.testing.assert_allclose(result.fitted["x"], [3, 3], atol=1e-3)


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda x: gf.scipy.minimize(x * 2), gf.ShapeError, "the loss is a scalar"),
        (lambda x: gf.scipy.minimize(gf.constant(1.0)), gf.DisconnectedError, "no variable"),
        (lambda x: gf.scipy.minimize(3.0), gf.DTypeError, "is not a node"),
        (lambda x: gf.scipy.minimize(gf.sum(x), [2.0]), gf.DTypeError, "is not a variable"),
        (lambda x: gf.scipy.minimize(gf.sum(x), bounds=[(0, 1)]), gf.DTypeError, "dict by"),
        (lambda x: gf.scipy.minimize(gf.sum(x), bounds={"x": (0, 1)}), gf.DTypeError, "not fitted"),
        (lambda x: gf.scipy.root(gf.sum(x)), gf.ShapeError, "1 equations for 2 unknowns"),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(call, kind, text):
    x = gf.Variable([1.0, 2.0])
    with gf.Session() as session, pytest.raises(kind, match=text):
        call(x)
    np.testing.assert_array_equal(session.value(x), [1, 2])
