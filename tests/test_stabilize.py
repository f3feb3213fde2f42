"""Formulas written by hand, as textbooks print them: right where they would overflow or cancel.

Each row has the formula, and its value and derivative as mpmath gives them to 50 digits.
"""

import mpmath
import numpy as np
import pytest

import graphflow as gf
from graphflow.traversal import ancestors

POINTS = [-1000.0, -745.0, -50.0, -3.0, -1e-3, -1e-12, 0.0, 1e-12, 1e-3, 2.0, 50.0, 710.0, 1000.0]
POSITIVE = [1e-300, 1e-12, 1e-3, 0.5, 3.0, 1e6, 1e300]

mp = mpmath.mp.clone()
mp.dps = 500  # exp(-1000) beside 1 still counts


def m_sigmoid(x):
    return 1 / (1 + mp.exp(-x))


SCALAR_FORMS = {
    "log(1 + exp(x))": (lambda x: gf.log(1 + gf.exp(x)), lambda x: mp.log(1 + mp.exp(x))),
    "log(exp(x) + 1)": (lambda x: gf.log(gf.exp(x) + 1.0), lambda x: mp.log(1 + mp.exp(x))),
    "log1p(exp(x))": (lambda x: gf.log1p(gf.exp(x)), lambda x: mp.log(1 + mp.exp(x))),
    "log(1 + exp(-x))": (lambda x: gf.log(1 + gf.exp(-x)), lambda x: mp.log(1 + mp.exp(-x))),
    "log(sigmoid(x))": (lambda x: gf.log(gf.sigmoid(x)), lambda x: mp.log(m_sigmoid(x))),
    "log(1 - sigmoid(x))": (lambda x: gf.log(1 - gf.sigmoid(x)), lambda x: mp.log(m_sigmoid(-x))),
    "log1p(-sigmoid(x))": (lambda x: gf.log1p(-gf.sigmoid(x)), lambda x: mp.log(m_sigmoid(-x))),
    "1 - sigmoid(x)": (lambda x: 1 - gf.sigmoid(x), lambda x: m_sigmoid(-x)),
    "1 / (1 + exp(-x))": (lambda x: 1 / (1 + gf.exp(-x)), m_sigmoid),
    "(1 + exp(-x)) ** -1": (lambda x: (1 + gf.exp(-x)) ** -1, m_sigmoid),
    "reciprocal(exp(-x) + 1)": (lambda x: gf.reciprocal(gf.exp(-x) + 1), m_sigmoid),
    "1 / (1 + exp(x))": (lambda x: 1 / (1 + gf.exp(x)), lambda x: m_sigmoid(-x)),
    "exp(x) / (1 + exp(x))": (lambda x: gf.exp(x) / (1 + gf.exp(x)), m_sigmoid),
    "log(1 / (1 + exp(-x)))": (
        lambda x: gf.log(1 / (1 + gf.exp(-x))),
        lambda x: mp.log(m_sigmoid(x)),
    ),
    "log(exp(x))": (lambda x: gf.log(gf.exp(x)), lambda x: x),
    "log(exp(x) + exp(2 * x))": (  # both slopes are positive: nothing cancels in their sum
        lambda x: gf.log(gf.exp(x) + gf.exp(2 * x)),
        lambda x: mp.log(mp.exp(x) + mp.exp(2 * x)),
    ),
    "(exp(x) - exp(-x)) / (exp(x) + exp(-x))": (
        lambda x: (gf.exp(x) - gf.exp(-x)) / (gf.exp(x) + gf.exp(-x)),
        mp.tanh,
    ),
    "(exp(2 * x) - 1) / (exp(2 * x) + 1)": (
        lambda x: (gf.exp(2 * x) - 1) / (gf.exp(2 * x) + 1),
        mp.tanh,
    ),
    "sqrt(x ** 2)": (lambda x: gf.sqrt(x**2), abs),
    "sqrt(x * x)": (lambda x: gf.sqrt(x * x), abs),
}


def derivative(f, x):
    if x == 0 and f is abs:
        return 0.0  # the policy at the kink
    return mp.diff(f, mp.mpf(x)) if f is not abs else mp.sign(x)


def run_with_gradient(build, value, dtype):
    x = gf.Variable(np.asarray(value, dtype))
    y = build(x)
    assert y.dtype == dtype
    return gf.Session().run([y, gf.gradients(y, x)[0]])


def close(actual, expected, dtype):
    """Equal to a few ulps, or both below the smallest normal number."""
    eps, tiny = np.finfo(dtype).eps, float(np.finfo(dtype).tiny)
    expected = np.array([[float(e) for e in row] for row in np.atleast_2d(expected)])
    error = np.abs(np.atleast_2d(actual).astype(float) - expected)
    return np.all(error <= 16 * eps * np.abs(expected) + 4 * tiny)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("form", SCALAR_FORMS)
def test_value_and_gradient_of_the_formula_are_exact(form, dtype):
    build, exact = SCALAR_FORMS[form]
    limit = 1000 if dtype == np.float64 else 100
    points = np.array([p for p in POINTS if abs(p) <= limit], dtype)
    value, grad = run_with_gradient(build, points, dtype)
    assert close(value, [exact(mp.mpf(float(p))) for p in points], dtype), value
    assert close(grad, [derivative(exact, float(p)) for p in points], dtype), grad


@pytest.mark.parametrize(
    ("build", "exact"),
    [
        (lambda x: gf.exp(x) - 1, lambda x: mp.exp(x) - 1),
        (lambda x: 1 - gf.exp(x), lambda x: 1 - mp.exp(x)),
        (lambda x: gf.log(1 + x), lambda x: mp.log(1 + x)),
    ],
)
def test_small_arguments_lose_no_digits(build, exact):
    points = np.array([1e-300, 1e-20, 1e-9, 1e-3, 0.5])
    value, grad = run_with_gradient(build, points, np.float64)
    assert close(value, [exact(mp.mpf(p)) for p in points], np.float64)
    assert close(grad, [mp.diff(exact, mp.mpf(p)) for p in points], np.float64)


SCORES = np.array([[1000.0, 0.0, -1000.0], [0.1, 0.2, 0.3], [-800.0, -801.0, -803.0]])

SOFTMAX_FORMS = {
    "keepdims": lambda z: gf.exp(z) / gf.sum(gf.exp(z), axis=1, keepdims=True),
    "negative axis": lambda z: gf.exp(z) / gf.sum(gf.exp(z), axis=-1, keepdims=True),
    "one exp": lambda z: (lambda e: e / gf.sum(e, axis=1, keepdims=True))(gf.exp(z)),
    "expand_dims": lambda z: gf.exp(z) / gf.expand_dims(gf.sum(gf.exp(z), axis=1), 1),
    "new axis": lambda z: gf.exp(z) / gf.sum(gf.exp(z), axis=1)[:, None],
    "reshape": lambda z: gf.exp(z) / gf.reshape(gf.sum(gf.exp(z), axis=1), (-1, 1)),
    "shifted": lambda z: (lambda e: e / gf.sum(e, axis=1, keepdims=True))(
        gf.exp(z - gf.max(z, axis=1, keepdims=True))
    ),
    "library": lambda z: gf.softmax(z),
}


def m_log_softmax(scores):
    rows = []
    for row in scores:
        total = mp.log(sum(mp.exp(mp.mpf(float(z))) for z in row))
        rows.append([mp.mpf(float(z)) - total for z in row])
    return rows


@pytest.mark.parametrize("form", SOFTMAX_FORMS)
def test_hand_written_softmax_and_its_cross_entropy_are_exact(form):
    z = gf.Variable(SCORES)
    p = SOFTMAX_FORMS[form](z)
    labels = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    loss = -gf.sum(labels * gf.log(p), axis=1)
    value, total, grad = gf.Session().run([p, loss, gf.gradients(loss, z)[0]])
    log_p = m_log_softmax(SCORES)
    exact = np.array([[float(mp.exp(q)) for q in row] for row in log_p])
    assert close(value, exact, np.float64)
    assert close(total, [-log_p[0][1], -log_p[1][0], -log_p[2][2]], np.float64)
    np.testing.assert_allclose(grad, exact - labels, atol=1e-15)


@pytest.mark.parametrize("form", SOFTMAX_FORMS)
def test_picking_the_true_class_before_the_logarithm_is_stable_too(form):
    z = gf.Variable(SCORES)
    p = SOFTMAX_FORMS[form](z)
    loss = -gf.mean(gf.log(p[range(3), [1, 0, 2]]))
    value, grad = gf.Session().run([loss, gf.gradients(loss, z)[0]])
    log_p = m_log_softmax(SCORES)
    assert close(value, -(log_p[0][1] + log_p[1][0] + log_p[2][2]) / 3, np.float64)
    exact = np.array([[float(mp.exp(q)) for q in row] for row in log_p])
    exact[range(3), [1, 0, 2]] -= 1
    np.testing.assert_allclose(grad, exact / 3, atol=1e-15)


@pytest.mark.parametrize("keepdims", [False, True])
def test_log_of_the_sum_of_exps_does_not_overflow(keepdims):
    z = gf.Variable(SCORES)
    y = gf.log(gf.sum(gf.exp(z), axis=1, keepdims=keepdims))
    value, grad = gf.Session().run([y, gf.gradients(y, z)[0]])
    exact = [mp.log(sum(mp.exp(mp.mpf(float(v))) for v in row)) for row in SCORES]
    assert close(value.ravel(), exact, np.float64)
    softmax = [[float(mp.exp(q)) for q in row] for row in m_log_softmax(SCORES)]
    np.testing.assert_allclose(grad, softmax, atol=1e-15)


def test_a_score_of_minus_infinity_means_probability_zero():
    z = gf.Variable([0.5, -np.inf, 0.5])
    p = gf.exp(z) / gf.sum(gf.exp(z))
    loss = -gf.log(p)[0]
    value, total, grad = gf.Session().run([p, loss, gf.gradients(loss, z)[0]])
    np.testing.assert_array_equal(value, [0.5, 0.0, 0.5])
    assert total == pytest.approx(np.log(2), rel=1e-15)
    np.testing.assert_array_equal(grad, [-0.5, 0.0, 0.5])


def test_after_rewriting_no_division_by_the_probabilities_is_left():
    z = gf.placeholder((4, 3))
    labels = gf.placeholder((4, 3))
    p = gf.exp(z) / gf.sum(gf.exp(z), axis=1, keepdims=True)
    loss = -gf.mean(gf.sum(labels * gf.log(p), axis=1))
    grad = gf.gradients(loss, z)[0]
    kinds = {type(node).__name__ for node in ancestors([grad])}
    assert not {"Log", "Exp"} & kinds
    assert "Softmax" in kinds


def test_the_norm_written_by_hand_has_gradient_zero_at_zero():
    for build in (
        lambda x: gf.sqrt(gf.sum(gf.square(x))),
        lambda x: gf.sqrt(gf.sum(x * x, axis=0)),
        lambda x: gf.sum(x**2) ** 0.5,
    ):
        value, grad = run_with_gradient(build, [0.0, 0.0], np.float64)
        assert value == 0.0
        np.testing.assert_array_equal(grad, [0.0, 0.0])
        value, grad = run_with_gradient(build, [3.0, -4.0], np.float64)
        assert value == 5.0
        np.testing.assert_allclose(grad, [0.6, -0.8], rtol=1e-15)


OFFSET = 1e8 + np.array([[1.0, 2.0, 4.0], [3.0, 1.0, 7.0], [2.0, 2.5, 3.0]])


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_spreads_by_hand_along_an_axis_keep_their_digits_far_from_zero(axis, keepdims):
    x, y = gf.constant(OFFSET), gf.constant(OFFSET.T)
    count = np.size(OFFSET) if axis in (None, (0, 1)) else 3
    along = {"axis": axis, "keepdims": keepdims}
    mean = np.mean(x, **along)
    variance = np.mean(x**2, **along) - mean**2
    squares = np.sum(x * x, **along) - np.sum(x, **along) ** 2 / count
    covariance = np.mean(x * y, **along) - mean * np.mean(y, **along)
    a, b = OFFSET - 1e8, OFFSET.T - 1e8
    a, b = (n - np.mean(n, axis=axis, keepdims=True) for n in (a, b))
    found = gf.Session().run([variance, squares, covariance])
    expected = [np.mean(a * a, **along), np.sum(a * a, **along), np.mean(a * b, **along)]
    for got, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-7, atol=1e-15)


def test_the_root_of_squares_over_their_unknown_number_has_gradient_zero_at_zero():
    x = gf.placeholder((None,))
    y = gf.sqrt(gf.sum(x**2) / gf.ops.array.count(x, None))
    (slope,) = gf.Session().run(gf.gradients(y, [x]), {x: [0.0, 0.0]})
    np.testing.assert_array_equal(slope, [0, 0])


def test_a_term_of_an_entropy_is_zero_where_the_probability_is():
    p = gf.softmax(gf.constant([0.0, -np.inf]))
    np.testing.assert_array_equal(gf.Session().run(p * gf.log(p)), [0, 0])


def test_the_deviation_over_an_unknown_number_of_equal_values_has_gradient_zero():
    x = gf.placeholder((None,))
    (slope,) = gf.Session().run(gf.gradients(gf.std(x), [x]), {x: [2.0, 2.0, 2.0]})
    np.testing.assert_array_equal(slope, np.zeros(3))
