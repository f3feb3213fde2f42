"""Ties, infinities, zeros and bad labels: what reductions, losses and lengths make of them."""

import mpmath
import numpy as np
import pytest
from scipy import special

import graphflow as gf


def gradient_at(build, x, weights=None):
    """d(build(x)) / dx at x, for an array x."""
    node = gf.placeholder(np.shape(x), dtype=np.asarray(x).dtype)
    (grad,) = gf.gradients(build(node), node, weights)
    return gf.Session(seed=0).run(grad, {node: x})


def run(node):
    return gf.Session(seed=0).run(node)


# ---- reductions -------------------------------------------------------------------------------


@pytest.mark.parametrize("extreme", [gf.max, gf.min])
def test_tied_extremes_share_the_gradient_equally(extreme):
    x = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]]) * (1 if extreme is gf.max else -1)
    expected = [[0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3]]
    np.testing.assert_allclose(gradient_at(lambda n: extreme(n, axis=1), x), expected, rtol=1e-15)


def test_the_gradient_of_logsumexp_keeps_its_digits_where_one_entry_is_nearly_all():
    x = np.array([50.0, 0.0, -20.0])  # log(sum(exp(x))) is 50
    np.testing.assert_allclose(gradient_at(gf.logsumexp, x), special.softmax(x), rtol=1e-14)


def test_norm_by_hand_has_gradient_zero_at_zero():
    x = np.array([[0.0, 0.0], [3.0, 4.0]])
    grad = gradient_at(lambda n: gf.sqrt(gf.sum(n**2, axis=1)), x)
    np.testing.assert_allclose(grad, [[0, 0], [0.6, 0.8]], rtol=1e-15)


@pytest.mark.parametrize("scale", [1e200, 1e-200])
def test_norm_by_hand_neither_overflows_nor_vanishes(scale):
    x = np.array([3.0, 4.0]) * scale
    node = gf.placeholder((2,))
    norm = gf.sqrt(gf.sum(gf.square(node)))
    grad = gf.gradients(norm, node)[0]
    value, slope = gf.Session().run([norm, grad], {node: x})
    np.testing.assert_allclose(value, 5 * scale, rtol=1e-15)
    np.testing.assert_allclose(slope, [0.6, 0.8], rtol=1e-15)


def test_deviation_by_hand_has_gradient_zero_where_all_are_equal():
    def deviation(n):
        return gf.sqrt(gf.mean((n - gf.mean(n)) ** 2))

    np.testing.assert_array_equal(gradient_at(deviation, np.full(4, 3.0)), np.zeros(4))
    x = np.array([1.0, 2.0, 4.0])
    expected = (x - x.mean()) / (3 * x.std())
    np.testing.assert_allclose(gradient_at(deviation, x), expected, rtol=1e-14)
    np.testing.assert_allclose(run(deviation(gf.constant(x))), x.std(), rtol=1e-15)


@pytest.mark.parametrize("at", [0.0, 1e-200, 1e200])
def test_length_by_hand_of_two_and_three_has_gradient_zero_at_zero(at):
    x, y, z = (gf.Variable(k * at) for k in (3.0, 4.0, 12.0))
    session = gf.Session()
    two = gf.sqrt(x * x + y**2)
    three = (gf.square(x) + y * y + z * z) ** 0.5
    assert session.run([two, three]) == pytest.approx([5 * at, 13 * at], rel=1e-15)
    expected = [3 / 13, 4 / 13, 12 / 13] if at else [0.0, 0.0, 0.0]
    np.testing.assert_allclose(session.run(gf.gradients(three, [x, y, z])), expected, rtol=1e-15)


@pytest.mark.parametrize(
    ("x", "value", "slope"),
    [
        ([-np.inf, 0.0], 0.0, [0, 1]),
        ([-np.inf, -np.inf], -np.inf, [0.5, 0.5]),
        ([np.inf, 0.0], np.inf, [1, 0]),
        ([1e300, 1e300], 1e300, [0.5, 0.5]),
        ([-1e300, -1e300], -1e300, [0.5, 0.5]),
    ],
)
def test_logsumexp_with_infinities(x, value, slope):
    node = gf.placeholder((2,))
    total = gf.logsumexp(node)
    (grad,) = gf.gradients(total, node)
    got, got_slope = gf.Session().run([total, grad], {node: x})
    assert got == value
    np.testing.assert_array_equal(got_slope, slope)


def test_softmax_gives_no_weight_to_minus_infinity():
    scores = np.array([[-np.inf, 1.0, 1.0]])
    np.testing.assert_array_equal(run(gf.softmax(scores)), [[0, 0.5, 0.5]])
    grad = gradient_at(gf.softmax, scores, np.array([[5.0, 1.0, 0.0]]))
    np.testing.assert_array_equal(grad, [[0, 0.25, -0.25]])


def test_the_extreme_of_nothing_is_refused_when_it_is_built():
    with pytest.raises(gf.ShapeError, match="max: nothing to choose from"):
        gf.max(np.zeros((2, 0)), axis=1)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.int64, np.bool_])
@pytest.mark.parametrize("axis", [None, 0, (0, 1), -1])
def test_mean_is_numpys_to_the_bit(dtype, axis):
    x = (10 * np.random.default_rng(0).normal(size=(7, 3))).astype(dtype)
    got, expected = run(gf.mean(x, axis=axis)), np.mean(x, axis=axis)
    assert got.dtype == expected.dtype
    np.testing.assert_array_equal(got, expected)


def test_the_mean_of_nothing_is_nan_without_a_warning():
    assert np.isnan(run(gf.mean(np.zeros((2, 0)))))


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("axis", [None, 0, (0, 1)])
def test_variance_and_deviation_are_numpys_and_so_are_their_slopes(axis, ddof):
    x = np.random.default_rng(1).normal(size=(4, 3))
    for ours, theirs in ((gf.var, np.var), (gf.std, np.std)):
        node = gf.placeholder((None, 3))
        y = ours(node, axis=axis, ddof=ddof)
        feed = {node: x}
        expected = theirs(x, axis=axis, ddof=ddof)
        np.testing.assert_allclose(gf.Session().run(y, feed), expected, rtol=1e-14)
        assert gf.testing.check_gradients(y, node, feed)


@pytest.mark.parametrize("ddof", [0, 1])
def test_the_deviation_of_equal_entries_has_gradient_zero(ddof):
    grad = gradient_at(lambda n: gf.std(n, ddof=ddof), np.full(4, 2.5))
    np.testing.assert_array_equal(grad, np.zeros(4))


@pytest.mark.parametrize("x", [[2.0, 0.0, 3.0], [0.0, 0.0, 3.0], [0.0], [1e200, 1e100, 1e-300]])
def test_the_gradient_of_a_product_is_the_product_of_the_others(x):
    x = np.array(x)
    expected = [np.prod(np.delete(x, i)) for i in range(x.size)]
    np.testing.assert_array_equal(gradient_at(gf.prod, x), expected)


def test_the_hessian_of_a_product_holds_at_zero():
    x = np.array([0.0, 2.0, 0.0, 5.0])
    node = gf.constant(x)
    expected = [
        [0.0 if i == j else np.prod(np.delete(x, [i, j])) for j in range(4)] for i in range(4)
    ]
    np.testing.assert_array_equal(run(gf.hessian(gf.prod(node), node)), expected)


def test_the_gradient_of_running_products_holds_at_zero():
    x, weights = np.array([2.0, 0.0, 3.0, 0.0, 5.0]), np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    expected = [
        sum(weights[j] * np.prod(np.delete(x[: j + 1], i)) for j in range(i, 5)) for i in range(5)
    ]
    np.testing.assert_array_equal(gradient_at(gf.cumprod, x, weights), expected)


def test_a_product_over_an_unknown_size_has_a_value_and_says_what_its_gradient_needs():
    x = gf.placeholder((None,), name="x")
    y = gf.prod(x)
    assert gf.Session().run(y, {x: [2.0, 3.0]}) == 6.0
    with pytest.raises(gf.ShapeError, match="size of axis 0 must be known"):
        gf.gradients(y, x)
    unknown = gf.placeholder(None, name="unknown")
    with pytest.raises(gf.ShapeError, match="must be known"):
        gf.gradients(gf.cumprod(unknown, axis=0), unknown)


@pytest.mark.parametrize("product", [gf.prod, gf.cumprod])
def test_a_product_of_nothing_has_an_empty_gradient(product):
    assert gradient_at(lambda x: product(x, axis=1), np.ones((2, 0))).shape == (2, 0)


@pytest.mark.parametrize("join", [gf.stack, gf.concatenate])
def test_joining_nothing_is_refused(join):
    with pytest.raises(gf.ShapeError, match="nothing to join"):
        join([])


@pytest.mark.parametrize(
    ("a", "b"), [((), (3,)), ((2, 3), ()), ((3,), (3,)), ((2, 3), (3, 2)), ((4, 2, 3), (3,))]
)
def test_dot_is_numpys(a, b):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=a), rng.normal(size=b)
    np.testing.assert_allclose(run(gf.dot(a, b)), np.dot(a, b), rtol=1e-14)


# ---- losses -----------------------------------------------------------------------------------


def test_a_class_of_weight_zero_counts_nothing_even_with_probability_zero():
    loss = gf.softmax_cross_entropy_with_logits(labels=[0.0, 1.0], logits=[-np.inf, 0.0])
    assert run(loss) == 0.0


@pytest.mark.parametrize("label", [-1, 3])
def test_a_label_that_is_no_class_is_refused_in_the_run(label):
    labels = gf.placeholder((None,), dtype=np.int64, name="labels")
    loss = gf.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=np.zeros((2, 3)))
    with pytest.raises(gf.ShapeError, match=f"label {label} is no class: there are 3"):
        gf.Session().run(loss, {labels: [0, label]})


def test_labels_of_floats_are_refused():
    with pytest.raises(gf.DTypeError, match="labels are integers"):
        gf.sparse_softmax_cross_entropy_with_logits(labels=[0.0], logits=np.zeros((1, 3)))


def test_gradient_of_cross_entropy_is_softmax_minus_labels():
    rng = np.random.default_rng(0)
    scores, labels = 50 * rng.normal(size=(4, 3)), np.eye(3)[[0, 2, 1, 1]]
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    expected = weights / weights.sum(axis=1, keepdims=True) - labels
    for loss in (
        lambda z: gf.softmax_cross_entropy_with_logits(labels=labels, logits=z),
        lambda z: gf.sparse_softmax_cross_entropy_with_logits(labels=[0, 2, 1, 1], logits=z),
        lambda z: -gf.sum(labels * gf.log(gf.softmax(z)), axis=1),
    ):
        np.testing.assert_allclose(gradient_at(loss, scores), expected, rtol=1e-13, atol=1e-16)


# ---- other functions --------------------------------------------------------------------------


@pytest.mark.parametrize("part", [gf.imag, gf.angle])
def test_what_real_numbers_do_not_have_has_gradient_zero(part):
    np.testing.assert_array_equal(gradient_at(part, np.array([-1.0, 2.0])), [0, 0])


@pytest.mark.parametrize("x", [(0.0, 0.0), (-0.0, 0.0), (1e-200, 0.0), (3e200, 4e200)])
def test_second_derivatives_of_a_length_are_numbers_at_its_corner_and_far_out(x):
    nodes = gf.placeholder(()), gf.placeholder(())
    slopes = gf.gradients(gf.hypot(*nodes), nodes)
    second = [h for slope in slopes for h in gf.gradients(slope, nodes)]
    found = gf.Session().run(second, dict(zip(nodes, x, strict=True)))
    length = np.hypot(*x) or 1.0
    a, b = (side / length for side in x)
    expected = np.array([b * b, -a * b, -a * b, a * a]) / length
    np.testing.assert_allclose(found, expected, rtol=1e-14)


@pytest.mark.parametrize("x", [-3e6, -800.0, -2.0, 1e-3, 3.0, 800.0, 3e6])
def test_derivatives_of_the_number_of_bosons_are_numbers_far_out(x):
    node = gf.placeholder(())
    y = 1 / (gf.exp(node) - 1)
    slope = gf.gradients(y, node)[0]
    found = gf.Session().run([slope, gf.gradients(slope, node)[0]], {node: x})
    with mpmath.workdps(60):
        g = 1 / mpmath.expm1(mpmath.mpf(x))
        expected = [float(-g * (1 + g)), float(g * (1 + g) * (1 + 2 * g))]
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-307)
