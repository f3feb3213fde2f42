"""The thirteen small graphs on which the tutorials' engine fails, each with the right answer."""

import time

import numpy as np
import pytest

import graphflow as gf


def run_gradient(y, x, feed=None):
    return gf.Session().run(gf.gradients(y, x)[0], feed)


@pytest.mark.parametrize("long_first", [False, True])
def test_gradient_counts_a_short_and_a_long_path_in_either_order(long_first):
    a = gf.Variable([1.0, 2.0])
    twice_negated = -(-a)
    y = gf.add(twice_negated, a) if long_first else gf.add(a, twice_negated)
    np.testing.assert_array_equal(run_gradient(y, a), [2.0, 2.0])


def test_gradient_ignores_a_metric_beside_the_loss():
    a = gf.Variable([1.0, 2.0])
    metric = gf.log(a)
    loss = gf.reduce_sum(a * a)
    np.testing.assert_array_equal(run_gradient(loss, a), [2.0, 4.0])
    assert metric.shape == (2,)


def test_gradient_of_a_matrix_times_itself_counts_both_slots():
    M = gf.Variable([[1.0, 2.0], [3.0, 4.0]])
    grad = run_gradient(gf.reduce_sum(gf.matmul(M, M)), M)
    np.testing.assert_array_equal(grad, [[7.0, 11.0], [9.0, 13.0]])


def test_gradient_of_a_broadcast_operand_has_its_shape():
    a = gf.Variable(np.ones((3, 2)))
    b = gf.Variable([1.0, 2.0])
    grad = run_gradient(gf.reduce_sum(gf.multiply(a, b)), b)
    np.testing.assert_array_equal(grad, [3.0, 3.0])


def test_minimize_recomputes_the_loss_at_every_step():
    w = gf.Variable(1.0)
    step = gf.GradientDescentOptimizer(1.0).minimize(gf.reduce_sum(gf.sigmoid(w)))
    session = gf.Session()
    for _ in range(3):
        session.run(step)
    value = 1.0
    for _ in range(3):
        s = 1 / (1 + np.exp(-value))
        value -= s * (1 - s)
    assert session.run(w) == pytest.approx(value, rel=1e-14)
    assert session.run(w) == pytest.approx(0.3603, abs=5e-5)


def test_minimize_needs_no_forward_run_first():
    w = gf.Variable([3.0])
    session = gf.Session()
    session.run(gf.GradientDescentOptimizer(0.5).minimize(gf.reduce_sum(w * w)))
    np.testing.assert_array_equal(session.run(w), [0.0])


def test_gradient_of_nested_doubling_takes_linear_time():
    y = x = gf.Variable(1.0)
    for _ in range(22):
        y = y + y
    started = time.perf_counter()
    assert run_gradient(y, x) == 2.0**22
    assert time.perf_counter() - started < 2.0  # the paths number four million


def test_gradient_of_a_chain_of_2000_is_found_without_recursion():
    y = x = gf.Variable(0.5)
    for _ in range(2000):
        y = -y
    assert run_gradient(y, x) == 1.0


def test_python_integers_become_float64():
    w = gf.Variable([1, 2])
    assert w.dtype == np.float64
    session = gf.Session()
    session.run(gf.GradientDescentOptimizer(0.25).minimize(gf.reduce_sum(w * w)))
    np.testing.assert_array_equal(session.run(w), [0.5, 1.0])


def test_an_integer_array_stays_integer_and_is_not_trained():
    w = gf.Variable(np.array([1, 2]))
    assert w.dtype == np.int64
    with pytest.raises(gf.DTypeError, match="holds no floats"):
        gf.GradientDescentOptimizer(0.1).minimize(gf.reduce_sum(w * 1.5))


def test_the_users_array_is_copied_not_shared():
    mine = np.array([1.0, 2.0])
    w = gf.Variable(mine)
    session = gf.Session()
    session.run(gf.GradientDescentOptimizer(0.1).minimize(gf.reduce_sum(w * w)))
    np.testing.assert_array_equal(mine, [1.0, 2.0])
    mine[:] = 9.0
    np.testing.assert_array_equal(gf.Session().run(w), [1.0, 2.0])


def test_cross_entropy_of_a_huge_score_is_exact():
    z = gf.Variable([1000.0, 0.0])
    loss = -gf.reduce_sum(gf.constant([0.0, 1.0]) * gf.log(gf.softmax(z)))
    session = gf.Session()
    assert session.run(loss) == 1000.0
    np.testing.assert_array_equal(session.run(gf.gradients(loss, z)[0]), [1.0, -1.0])


def test_a_missing_feed_names_the_placeholder_and_its_line():
    x = gf.placeholder(name="pixels")
    with pytest.raises(
        gf.FeedError, match=r"'pixels' float64\[\.\.\.\] \(test_small_graphs.py:\d+\)"
    ):
        gf.Session().run(x + 1)


def test_a_list_of_fetches_gives_a_list_of_values():
    x = gf.placeholder()
    assert gf.Session().run([x + 1, x * 2], {x: 3}) == [4.0, 6.0]
