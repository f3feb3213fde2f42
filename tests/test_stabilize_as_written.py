"""What looks like a formula that would lose digits, and is none, has the value that is written."""

import numpy as np
import pytest
from scipy import special
from stable_forms import FORMS
from test_random_graphs import as_written

import graphflow as gf
from graphflow.program import specialize
from graphflow.traversal import ancestors


def test_what_looks_alike_but_is_not_stays_as_written():
    x = gf.placeholder((3,))
    y = gf.placeholder((3,))
    for node in (
        gf.exp(x) / gf.sum(gf.exp(y)),
        gf.log(x + gf.exp(y)),  # x may be negative
        gf.log(x * y),
        gf.log(2 + x),
        gf.log(gf.exp(x) * y + gf.exp(y)),
        1 / (2 + gf.exp(-x)),
        2 - gf.sigmoid(x),
        1 + gf.sigmoid(x),
        2 - gf.exp(x),
        1 - gf.tanh(x) * gf.tanh(y),
        gf.exp(x) - gf.exp(y),
        gf.sqrt(gf.sum(x * y)),
        gf.sqrt(x**2 + y),
        gf.sqrt(x + 1) - gf.sqrt(y),
        gf.mean(x**2) - gf.mean(y) ** 2,
        gf.mean(x**2, axis=0, keepdims=True) - gf.mean(x) ** 2,
        gf.sum(x * gf.exp(x)) / gf.sum(gf.exp(y)),
        gf.softmax(x - gf.max(y)),
        gf.logsumexp(x - gf.max(x)) + gf.max(y),
        gf.maximum(x, 0) + gf.softplus(-gf.abs(y)),
        gf.abs(x) - gf.softplus(-2 * gf.abs(x)),
        x + gf.softplus(y),
        gf.sin(x) / y,
        (gf.exp(x) - 1) / y * 1.0,
        x * gf.log(y),
    ):
        value = np.array([0.1, 0.2, 0.3])
        special = specialize([node], {n: n.spec for n in ancestors([node]) if n.is_placeholder})
        assert type(special.fetches[0]) is type(node)
        assert np.all(np.isfinite(gf.Session().run(node, {x: value, y: value + 1})))


ALIKE = [  # a formula of numpy's that no rule is for, though much of it looks so; where; its value
    (lambda x: np.log(np.exp(x) + -0.5), 0.3, np.log(np.exp(0.3) - 0.5)),
    (lambda x: np.log(np.exp(x) - x), -0.3, np.log(np.exp(-0.3) + 0.3)),
    (lambda x: np.log(np.exp(x) - gf.special.i1(x)), -1.0, np.log(np.exp(-1) + special.i1(1))),
    (lambda x: np.log1p(-2 * np.exp(x)), -1.5, np.log1p(-2 * np.exp(-1.5))),
    (lambda x: np.log(gf.special.gamma(x)), -0.5, np.nan),
    (lambda x: np.log(gf.special.gamma(x)), -1.5, np.log(special.gamma(-1.5))),
    (lambda x: np.log(np.exp(2 * x) - np.exp(x)), 0.0, -np.inf),
    (lambda x: np.log(sum([np.exp(x)] * 40, x)), -0.5, np.log(40 * np.exp(-0.5) - 0.5)),
    (lambda x: np.log(np.exp(x) * x), -0.5, np.nan),
    (lambda x: np.log(0 * np.exp(x)), 1.0, -np.inf),
    (lambda x: np.log(2 * np.sinh(x)), -0.5, np.nan),
    (
        lambda x: np.log(sum([np.exp(x - 7)] * 33 + [np.exp(x + 3)] * 10, x)),
        -0.5,
        np.log(33 * np.exp(-7.5) + 10 * np.exp(2.5) - 0.5),
    ),
    (lambda x: (x + np.inf) - np.inf, 1.0, np.nan),
    (lambda x: x * gf.special.ndtr(-x), 0.7, 0.7 * special.ndtr(-0.7)),
    (
        lambda x: gf.softplus(x) - (-gf.softplus(-x)),
        0.7,
        np.logaddexp(0, 0.7) + np.logaddexp(0, -0.7),
    ),
    (lambda x: x * (3 * gf.special.ndtr(x)), 0.7, 2.1 * special.ndtr(0.7)),
    (lambda x: np.log(-2 * np.sinh(x)), -0.5, np.log(2 * np.sinh(0.5))),
]


@pytest.mark.parametrize(("formula", "at", "value"), ALIKE)
def test_the_value_of_what_looks_alike_is_that_of_the_formula_as_written(formula, at, value):
    found = gf.Session().run(formula(gf.Variable(at)))
    np.testing.assert_allclose(found, value, rtol=1e-14)


@pytest.mark.parametrize(
    "formula",
    [
        lambda n: np.log(np.exp(n)),
        lambda n: np.log(1 + np.exp(n)),
        lambda n: np.sqrt(n**2),
        lambda n: np.sqrt(np.sum(n * n)),
        lambda n: np.exp(n) / np.sum(np.exp(n)),
        lambda n: 1 / (1 + np.exp(-n)),
        lambda n: np.exp(n) - 1,
        lambda n: np.log(np.sum(np.exp(n))),
    ],
)
@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.int8])
def test_formulas_of_integers_stay_what_they_are(formula, dtype):
    n = np.array([-3, 0, 2, 5], dtype)
    node = gf.placeholder((4,), dtype=dtype)
    got, dtype = gf.Session().run(formula(node), {node: n}), formula(n).dtype
    assert got.dtype == dtype
    np.testing.assert_allclose(got, formula(n.astype(np.longdouble)), 8 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.int64])
@pytest.mark.parametrize("form", [form for form in FORMS if not form.size], ids=str)
def test_every_formula_of_integers_and_truths_has_the_value_that_is_written(form, dtype):
    n = np.array([0, 1, 1, 0], dtype)
    node = gf.placeholder((4,), dtype=dtype)
    try:
        y = form.build(node)
        with np.errstate(all="ignore"):
            expected = as_written(y, {node: n})
    except (gf.DTypeError, OverflowError, TypeError):  # no formula of such numbers: -2 * x, -x
        return
    got = gf.Session().run(y, {node: n})
    assert got.dtype == y.dtype
    few = np.finfo(expected.dtype).eps if expected.dtype.kind == "f" else 0
    np.testing.assert_allclose(got, expected, rtol=64 * few, atol=8 * few)


def test_formulas_of_mixed_precision_keep_the_wider_one():
    x = gf.placeholder((3,), dtype=np.float32)
    one = np.float64(1.0)
    softplus = gf.log(gf.constant(one) + gf.exp(x))
    (grad,) = gf.gradients(softplus, x)
    at = np.array([-30.0, 0.0, 200.0], np.float32)
    value, slope = gf.Session().run([softplus, grad], {x: at})
    assert (value.dtype, slope.dtype) == (np.float64, np.float32)
    np.testing.assert_allclose(value, np.logaddexp(0, at.astype(float)), rtol=1e-6)
    np.testing.assert_allclose(slope, 1 / (1 + np.exp(-at.astype(float))), rtol=1e-6)


@pytest.mark.parametrize(
    "formula",
    [lambda z: np.log(np.exp(z)), lambda z: np.sqrt(z**2), lambda z: np.sqrt(z * z + z**2)],
)
def test_formulas_of_complex_numbers_keep_their_branches(formula):
    z = np.array([-1 + 4j, 2 - 5j, -3 + 0.5j])
    node = gf.placeholder((3,), dtype=complex)
    np.testing.assert_allclose(gf.Session().run(formula(node), {node: z}), formula(z), rtol=1e-14)


def test_a_shift_by_the_maximum_along_another_axis_is_no_shift_of_softmax():
    x = gf.placeholder(None)
    at = np.array([[1.0, 5.0, 2.0], [4.0, 3.0, 9.0]])
    shifted = gf.softmax(x - gf.max(x, axis=0, keepdims=True))
    (slope,) = gf.Session().run(gf.gradients(shifted[0, 0], [x]), {x: at})
    p = np.exp(at - at.max(0))
    p /= p.sum(1, keepdims=True)
    by_shifted = np.zeros((2, 3))
    by_shifted[0] = p[0, 0] * (np.eye(3)[0] - p[0])
    expected = by_shifted.copy()
    np.subtract.at(expected, (at.argmax(0), np.arange(3)), by_shifted.sum(0))
    np.testing.assert_allclose(slope, expected, atol=1e-15)


def test_sums_over_what_is_no_count_make_no_variance():
    x, n = gf.constant([1.0, 2.0, 4.0]), gf.Variable(2.0)
    y = np.sum(x**2) / n - (np.sum(x) / n) ** 2
    assert gf.Session().run(y) == 21 / 2 - (7 / 2) ** 2


def test_shares_along_another_axis_are_no_softmax_where_the_rank_is_not_known():
    x = gf.placeholder(None)
    at = np.array([[0.1, 0.2], [0.5, -0.3]])
    e = gf.exp(x)
    odd = e / gf.expand_dims(gf.sum(e, axis=1), 0)
    (slope,) = gf.Session().run(gf.gradients(odd[0, 1], [x]), {x: at})
    top, below = np.exp(at[0, 1]), np.exp(at[1])
    expected = np.zeros((2, 2))
    expected[0, 1] = top / below.sum()
    expected[1] = -top * below / below.sum() ** 2
    np.testing.assert_allclose(slope, expected, rtol=1e-14)
