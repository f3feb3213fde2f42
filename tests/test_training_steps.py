"""Training steps: slots, rates, micro-batches, averages of weights."""

import gc

import numpy as np
import pytest

import graphflow as gf

A = np.array([[1.0, -2.0, 0.5], [0.3, 0.8, -1.5], [-0.7, 0.2, 0.9], [2.0, 1.0, -0.4]])
Y = np.array([0.4, -1.2, 2.0, 0.3])
START = np.array([0.7, -0.3, 1.1])


def loss_of(w):
    return gf.mean(gf.square(gf.tanh(A @ w - Y)))


def slope(w):
    """The gradient of `loss_of`, by hand."""
    e = np.tanh(A @ w - Y)
    return A.T @ (2 * e * (1 - e**2)) / len(Y)


# ---- what is trained, and what is remembered --------------------------------------------------


def test_slots_are_variables_that_are_not_trained_named_by_optimizer_and_variable():
    with gf.name_scope("hidden"):
        w = gf.Variable(START, name="w")
    step = gf.AdamOptimizer().minimize(loss_of(w))
    slots = [v for v in step.graph.variables if v is not w]
    assert sorted(v.name for v in slots) == ["adam/hidden/w/m", "adam/hidden/w/v", "adam/steps"]
    assert not any(v.trainable for v in slots)
    named = gf.AdamOptimizer(name="slow").minimize(loss_of(w))
    assert named.graph.node("slow/hidden/w/m").shape == (3,)


def test_sums_over_micro_batches_are_named_by_optimizer_and_variable():
    w = gf.Variable(START, name="w")
    step = gf.GradientDescentOptimizer(0.1, name="slow", micro_batches=2).minimize(loss_of(w))
    found = sorted(v.name for v in step.graph.variables if v is not w)
    assert found == ["slow/micro_batch/steps", "slow/w/gradient_sum"]


def test_what_an_optimizer_builds_is_attributed_to_the_users_line():
    w = gf.Variable(START, name="w")
    step = gf.AdamOptimizer(gf.schedules.cosine(0.1, 9)).minimize(loss_of(w))
    assert {node.origin.file for node in step.graph.nodes if node.origin} == {__file__}


def test_slots_are_not_trained_by_a_loss_that_reads_them():
    w = gf.Variable(START, name="w")
    momentum = gf.MomentumOptimizer(0.1)
    first = momentum.minimize(loss_of(w))
    velocity = first.graph.node("momentum/w/velocity")
    assert [v for _, v in momentum.compute_gradients(gf.sum(w * velocity))] == [w]


def test_two_updates_of_one_optimizer_remember_apart():
    w = gf.Variable(START, name="w")
    optimizer = gf.MomentumOptimizer(0.1)
    steps = [optimizer.minimize(loss_of(w)) for _ in range(2)]
    session = gf.Session()
    session.run(steps[0])
    one = session.run(w)
    session.assign(w, START)
    session.run(steps[1])
    np.testing.assert_array_equal(session.run(w), one)  # as a first step, without a velocity


def test_sessions_have_slots_of_their_own():
    w = gf.Variable(START, name="w")
    step = gf.AdamOptimizer(0.1).minimize(loss_of(w))
    one, two = gf.Session(), gf.Session()
    for session in (one, one, one, two):
        session.run(step)
    steps = step.graph.node("adam/steps")
    assert (one.value(steps), two.value(steps)) == (3, 1)
    assert np.any(one.value(w) != two.value(w))


def test_a_step_that_raises_leaves_slots_as_they_were():
    w, x = gf.Variable(START, name="w"), gf.placeholder((None,))

    def refuse(a):
        raise OSError("no")

    step = gf.AdamOptimizer(0.1).minimize(loss_of(w) + gf.sum(w) * gf.sum(x))
    session = gf.Session()
    session.run(step, {x: [1.0]})
    before = [session.value(v) for v in step.graph.variables]
    bad = gf.py_func(refuse, [x], (None,), np.float64)
    with pytest.raises(OSError, match="no"):
        session.run([step, bad], {x: [1.0]})
    for array, v in zip(before, step.graph.variables, strict=True):
        np.testing.assert_array_equal(session.value(v), array)


def test_the_loss_fetched_with_a_step_is_that_before_it():
    w = gf.Variable(START)
    loss = loss_of(w)
    step = gf.AdamOptimizer(0.1).minimize(loss)
    session = gf.Session()
    before = session.run(loss)
    assert session.run([loss, step])[0] == before
    assert session.run([step, loss])[1] != before


def test_a_complex_variable_goes_downhill():
    z = gf.Variable(np.array([1 + 2j]))
    step = gf.GradientDescentOptimizer(0.1).minimize(gf.sum(gf.square(gf.abs(z))))
    session = gf.Session()
    session.run(step)
    np.testing.assert_allclose(session.value(z), [0.8 + 1.6j])  # d|z|^2 = 2 (x dx + y dy)


def test_momentum_takes_a_complex_variable_downhill():
    z = gf.Variable(np.array([1 + 2j]))
    step = gf.MomentumOptimizer(0.1, 0.5).minimize(gf.sum(gf.square(gf.abs(z))))
    session = gf.Session()
    for _ in range(2):
        session.run(step)
    first, second = 2 * np.array([1, 2]), 2 * np.array([0.8, 1.6])  # the slopes by (x, y)
    x, y = np.array([1, 2]) - 0.1 * first - 0.1 * (0.5 * first + second)
    np.testing.assert_allclose(session.value(z), [x + 1j * y])


def test_nothing_that_was_built_outlives_its_step():
    gc.collect()
    gc.disable()
    try:
        w = gf.Variable(START, name="w")
        optimizer = gf.AdamOptimizer(gf.schedules.cosine(0.1, 9), micro_batches=2)
        average = gf.ExponentialMovingAverage(optimizer.minimize(loss_of(w)))
        session = gf.Session()
        session.run(average.step)
        graph = average.step.graph
        del w, average
        assert graph.nodes == []
    finally:
        gc.enable()


# ---- rates ------------------------------------------------------------------------------------


def test_a_schedule_is_called_with_the_number_of_steps_made_before():
    w = gf.Variable(0.0)
    step = gf.GradientDescentOptimizer(lambda k: 10.0**k).minimize(-w)
    session = gf.Session()
    values = [session.run([w, step])[0] for _ in range(4)]
    np.testing.assert_allclose(values, [0, 1, 11, 111])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_rate_may_be_a_node_of_another_dtype(dtype):
    rate = gf.placeholder((), dtype=dtype, name="rate")
    w = gf.Variable(START.astype(np.float32))
    step = gf.AdamOptimizer(rate, epsilon=0.0).minimize(loss_of(w))
    session = gf.Session()
    session.run(step, {rate: 0.5})
    assert session.value(w).dtype == np.float32
    np.testing.assert_allclose(session.value(w), START - 0.5 * np.sign(slope(START)), rtol=1e-6)


def test_single_variables_have_rates_and_decays_of_their_own():
    a, b, c, d = (gf.Variable(1.0, name=name) for name in "abcd")
    optimizer = gf.GradientDescentOptimizer(
        0.1,
        weight_decay=0.5,
        per_variable={
            b: {"learning_rate": lambda k: 0.2 + k},
            c: {"weight_decay": 0.0},
            d: {"learning_rate": 0.3, "weight_decay": 2.0},
        },
    )
    session = gf.Session()
    session.run(optimizer.minimize(a + b + c + d))
    wanted = [1 - 0.1 * 1.5, 1 - 0.2 * 1.5, 1 - 0.1, 1 - 0.3 * 3.0]
    np.testing.assert_allclose(session.run([a, b, c, d]), wanted)


# ---- micro-batches and averages ---------------------------------------------------------------


@pytest.mark.parametrize("make", [gf.GradientDescentOptimizer, gf.AdamOptimizer])
def test_micro_batches_make_the_step_of_the_whole_batch(make):
    X, y = gf.placeholder((None, 3)), gf.placeholder((None,))
    whole, parts = gf.Variable(START, name="whole"), gf.Variable(START, name="parts")

    def loss(w):
        return gf.mean(gf.square(gf.tanh(X @ w) - y))

    by_whole = make(0.25).minimize(loss(whole))
    by_parts = make(0.25, micro_batches=np.int64(2)).minimize(loss(parts))
    session = gf.Session()
    for _ in range(3):
        before = session.value(parts)
        session.run(by_parts, {X: A[:2], y: Y[:2]})
        np.testing.assert_array_equal(session.value(parts), before)
        session.run(by_parts, {X: A[2:], y: Y[2:]})
        session.run(by_whole, {X: A, y: Y})
        np.testing.assert_allclose(session.value(parts), session.value(whole), rtol=1e-13)


def test_an_average_is_of_the_values_after_each_step_and_starts_with_the_first():
    found = [START - 0.1 * slope(START)]
    for _ in range(5):
        found.append(found[-1] - 0.1 * slope(found[-1]))
    w = gf.Variable(START, name="averaged")
    average = gf.ExponentialMovingAverage(
        gf.GradientDescentOptimizer(0.1).minimize(loss_of(w)), 0.75
    )
    session = gf.Session()
    np.testing.assert_array_equal(session.value(average.averages[w]), START)
    mean = found[0]
    for k in range(6):
        session.run(average.step)
        mean = mean if k == 0 else 0.75 * mean + 0.25 * found[k]
        np.testing.assert_allclose(session.value(average.averages[w]), mean, rtol=1e-13)
    np.testing.assert_allclose(session.value(w), found[5], rtol=1e-13)
    by_average = session.run(loss_of(w), average.feed(session))
    assert by_average == pytest.approx(gf.Session().run(loss_of(gf.Variable(mean))))
    assert average.averages[w].name == "average/averaged/average"


def test_averages_leave_slots_and_other_variables_alone():
    w, b = gf.Variable(np.float32(START), name="w"), gf.Variable(np.float32(1.0), name="b")
    step = gf.AdamOptimizer(0.1).minimize(loss_of(w) + b)
    assert list(gf.ExponentialMovingAverage(step).averages) == [w, b]
    (average,) = (only := gf.ExponentialMovingAverage(step, 0.5, [b])).averages.values()
    session = gf.Session()
    session.run(only.step)
    assert session.value(average).dtype == np.float32
    with pytest.raises(gf.DisconnectedError, match="does not move"):
        gf.ExponentialMovingAverage(step, 0.5, [gf.Variable(1.0)])
    for unfit in (w, "step"):
        with pytest.raises(gf.DTypeError, match="ExponentialMovingAverage: .* is not an update"):
            gf.ExponentialMovingAverage(unfit)
