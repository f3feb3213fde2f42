"""Entries that a run finds, picks, changes or draws: their gradients, and which are refused."""

import numpy as np
import pytest
from scipy import special, stats
from test_edges import gradient_at, run

import graphflow as gf

# ---- as many entries as a run finds -----------------------------------------------------------


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
