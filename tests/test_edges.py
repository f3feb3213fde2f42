"""Ties, infinities, bad indices and labels, and what draws are made of."""

import mpmath
import numpy as np
import pytest
from scipy import special, stats

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


@pytest.mark.parametrize(
    ("function", "reference"),
    [
        (gf.linalg.norm, np.linalg.norm),
        (gf.logsumexp, special.logsumexp),
        (gf.softmax, special.softmax),
        (gf.log_softmax, special.log_softmax),
        (lambda x: gf.sum(x, keepdims=True) * x, lambda x: np.sum(x) * x),
        (gf.var, np.var),
        (lambda x: gf.max(x) * gf.cumsum(gf.sort(x)), lambda x: np.max(x) * np.cumsum(np.sort(x))),
    ],
)
def test_functions_of_as_many_entries_as_a_run_finds_have_their_values(function, reference):
    x = gf.placeholder((5,))
    found = gf.Session().run(function(gf.unique(x)), {x: [1, 2, 2, 3, 1]})
    np.testing.assert_allclose(found, reference(np.array([1.0, 2.0, 3.0])), rtol=1e-14)


@pytest.mark.parametrize(
    "function",
    [
        gf.linalg.norm, gf.logsumexp, gf.var, gf.max, gf.cumsum, gf.flip, gf.softmax, gf.diff,
        gf.trapezoid, lambda x: x[1:] * x[:-1] + x[:1],
        lambda x: gf.sort(x)[::2], lambda x: gf.reshape(x, (-1, 1)) * [1.0, 2.0, 5.0],
        lambda x: gf.reshape(x, (1, -1)) * x, lambda x: gf.concatenate([x, 2 * x[None][0]]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("optimize", [True, False])
def test_functions_of_as_many_entries_as_a_run_finds_have_their_gradients(function, optimize):
    x, known = gf.placeholder((5,)), gf.placeholder((3,))
    grad, wanted = (
        gf.gradients(gf.sum(gf.exp(function(y))), of)[0]
        for y, of in [(gf.unique(x), x), (known, known)]
    )
    session = gf.Session(optimize=optimize)
    found = session.run(grad, {x: [1, 2, 2, 3, 1]})  # of equal entries the first one counts
    np.testing.assert_allclose(found[[0, 1, 3]], session.run(wanted, {known: [1, 2, 3]}), 1e-14)
    assert not found[[2, 4]].any()


def test_one_entry_that_a_run_finds_has_the_gradient_of_all_that_it_meets():
    x, y = gf.placeholder((3,)), gf.placeholder((4,))
    (grad,) = gf.gradients(gf.sum(gf.unique(x) * y), x)
    found = gf.Session().run(grad, {x: [2, 2, 2], y: [1, 2, 3, 4]})
    np.testing.assert_array_equal(found, [10, 0, 0])


@pytest.mark.parametrize("size", [0, 1, 3])
def test_what_python_computes_of_as_many_entries_as_it_likes_can_be_reshaped(size):
    x = gf.placeholder((None,), name="x")
    y = gf.py_func(np.sin, [x], x.shape, x.dtype, grad=lambda op, grad: grad * gf.cos(op.inputs[0]))
    (grad,) = gf.gradients(gf.sum(gf.reshape(y, (-1, 1)) ** 2), x)
    value = np.arange(1.0, size + 1)
    found = gf.Session().run(grad, {x: value})
    np.testing.assert_allclose(found, 2 * np.sin(value) * np.cos(value), rtol=1e-14)


@pytest.mark.parametrize("value", [1.0, [1.0, 2.0], [[1.0, 2.0], [3.0, 4.0]]])
def test_what_python_computes_of_any_rank_can_be_read_on(value):
    x = gf.placeholder(None, name="x")
    y = gf.py_func(np.sin, [x], x.shape, x.dtype)
    found = gf.Session().run([gf.cbrt(y), gf.transpose(y), y[..., None]], {x: value})
    sine = np.sin(value)
    for got, wanted in zip(found, [np.cbrt(sine), sine.T, sine[..., None]], strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-15)


@pytest.mark.parametrize("optimize", [True, False])
def test_a_sum_of_as_many_entries_as_a_run_finds_has_its_gradient(optimize):
    x = gf.placeholder((5,))
    (grad,) = gf.gradients(gf.sum(gf.unique(x)), x)  # of equal entries the first one counts
    found = gf.Session(optimize=optimize).run(grad, {x: [1, 2, 2, 3, 1]})
    np.testing.assert_array_equal(found, [1, 1, 0, 1, 0])


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


# ---- indexing ---------------------------------------------------------------------------------


def test_an_entry_picked_twice_gets_both_gradients():
    grad = gradient_at(lambda n: n[[2, 0, 2, -1]], np.zeros(3), np.array([1.0, 2.0, 4.0, 8.0]))
    np.testing.assert_array_equal(grad, [2, 0, 13])


def test_a_known_mask_picks_by_place():
    x = np.arange(6.0).reshape(2, 3)
    mask = x % 2 == 0
    np.testing.assert_array_equal(run(gf.constant(x)[mask]), x[mask])
    np.testing.assert_array_equal(gradient_at(lambda n: n[mask], x), mask.astype(float))


@pytest.mark.parametrize(
    ("key", "kind", "text"),
    [
        (3, gf.ShapeError, "index 3 is out of bounds for axis 0 of size 3"),
        ((0, 0, 0), gf.ShapeError, "3 indices for 2 axes"),
        ((Ellipsis, Ellipsis), gf.ShapeError, "only one ellipsis"),
        ([0, 3], gf.ShapeError, "index 3 is out of bounds for axis 0 of size 3"),
        ((slice(None), [-3]), gf.ShapeError, "index -3 is out of bounds for axis 1 of size 2"),
        ([0.5], gf.DTypeError, "holds integers, not float64"),
        (True, gf.DTypeError, "no indices"),
        (slice(0.5, None), gf.DTypeError, "cannot bound a slice"),
        (np.ones((2, 2), bool), gf.ShapeError, "mask of size 2 for axis 0 of placeholder 'x'"),
        ((Ellipsis, [True]), gf.ShapeError, "mask of size 1 for axis 1"),
    ],
)
def test_what_is_no_index_is_refused(key, kind, text):
    x = gf.placeholder((3, 2), name="x")
    with pytest.raises(kind, match=text):
        x[key]
    assert len(gf.get_default_graph().nodes) == 1


def test_a_mask_that_is_not_known_is_refused_with_a_way_out():
    x = gf.placeholder((3,), name="x")
    with pytest.raises(gf.DTypeError, match=r"gf\.where"):
        x[x > 0]


def test_an_index_that_turns_out_of_bounds_in_the_run_names_the_node():
    x, i = gf.placeholder((3,)), gf.placeholder((), dtype=np.int64)
    picked = x[i]
    with pytest.raises(gf.ShapeError, match="getitem.*out of bounds"):
        gf.Session().run(picked, {x: np.zeros(3), i: 5})


def test_take_is_numpys():
    x = np.arange(24.0).reshape(2, 3, 4)
    for axis in (None, 0, 1, -1):
        np.testing.assert_array_equal(run(gf.take(x, [[1, 0]], axis)), np.take(x, [[1, 0]], axis))


def test_no_gradient_leaks_nan_out_of_what_was_not_picked():
    x = np.array([0.0, 4.0])
    grad = gradient_at(lambda n: gf.sqrt(n)[1], x)  # sqrt has slope infinity at the other entry
    np.testing.assert_array_equal(grad, [0.0, 0.25])


@pytest.mark.parametrize("values", [[2.0, 3.0, 5.0], [0.0, 3.0, 5.0], [0.0, 0.0, 5.0]])
def test_factors_put_at_one_place_get_the_product_of_the_others(values):
    x, v = gf.constant(np.array([7.0, 11.0])), gf.constant(np.array(values))
    y = x.at[[0, 0, 1]].multiply(v)
    a, b, _ = values
    by_x, by_v = run(gf.gradients(y, [x, v]))
    np.testing.assert_array_equal(by_x, [a * b, 5.0])
    np.testing.assert_array_equal(by_v, [7 * b, 7 * a, 11.0])


# ---- draws ------------------------------------------------------------------------------------


def test_draws_are_distributed_as_they_say():
    z = gf.random.normal((4000,), loc=2.0, scale=3.0)
    u = gf.random.uniform((4000,), low=-1.0, high=4.0)
    b = gf.random.bernoulli(0.3, (4000,))
    z, u, b = run([z, u, b])
    assert stats.kstest(z, stats.norm(2, 3).cdf).pvalue > 0.01
    assert stats.kstest(u, stats.uniform(-1, 5).cdf).pvalue > 0.01
    assert stats.binomtest(int(b.sum()), b.size, 0.3).pvalue > 0.01
    assert set(b) == {0.0, 1.0}


def test_draws_of_two_nodes_and_of_two_steps_are_independent():
    one, other = gf.random.normal((2000,)), gf.random.normal((2000,))
    session = gf.Session(seed=3)
    a, b = session.run([one, other])
    c, d = session.run([one, other])
    correlations = np.corrcoef([a, b, c, d])[np.triu_indices(4, 1)]
    assert np.all(np.abs(correlations) < 4 / np.sqrt(2000))


def test_a_node_that_draws_draws_once_a_run():
    z = gf.random.normal((5,))
    a, b, difference = run([z, z + 0.0, z - z])
    np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(difference, np.zeros(5))


def test_gradients_reach_the_parameters_of_a_draw():
    loc, scale = gf.Variable(1.0), gf.Variable(2.0)
    z = gf.random.normal((3,), loc=loc, scale=scale)
    session = gf.Session(seed=1)
    values, by_loc, by_scale = session.run([z, *gf.gradients(z, [loc, scale])])
    assert by_loc == 3.0
    np.testing.assert_allclose(by_scale, np.sum((values - 1) / 2), rtol=1e-12)


def test_float32_draws_are_float32():
    draw = gf.random.normal((3,), dtype=np.float32)
    assert draw.dtype == run(draw).dtype == np.float32


@pytest.mark.parametrize("shape", [None, (None,), ("n", 2)])
def test_a_draw_of_unknown_shape_is_refused(shape):
    with pytest.raises(gf.ShapeError, match="every size of the shape must be known"):
        gf.random.normal(shape)


def test_entries_that_tie_with_values_given_at_their_place_share_the_gradient():
    x, v = gf.constant([1.0, 5.0]), gf.constant([1.0, 1.0, 5.0])
    y = x.at[[0, 0, 1]].max(v)
    found = run(gf.gradients(y, [x, v], gf.constant([6.0, 4.0])))
    np.testing.assert_allclose(found[0], [2, 2], rtol=1e-15)
    np.testing.assert_allclose(found[1], [2, 2, 2], rtol=1e-15)


@pytest.mark.parametrize(
    ("change", "by_x", "by_v"),
    [
        ("multiply", [[1, 7], [1, 1]], [2]),
        ("max", [[1, 1], [1, 1]], [0]),
        ("min", [[1, 0], [1, 1]], [1]),
        ("add", [[1, 1], [1, 1]], [1]),
        ("set", [[1, 0], [1, 1]], [1]),
    ],
)
def test_changes_at_rows_and_columns_have_their_gradients(change, by_x, by_v):
    x, v = gf.constant([[1.0, 2.0], [3.0, 4.0]]), gf.constant([7.0])
    v = gf.constant([0.5]) if change == "min" else gf.constant([-9.0]) if change == "max" else v
    y = getattr(x.at[np.array([0]), np.array([1])], change)(v)
    found = run(gf.gradients(y, [x, v]))
    np.testing.assert_array_equal(found[0], by_x)
    np.testing.assert_array_equal(found[1], by_v)


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
