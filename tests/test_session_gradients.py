"""Session(check_gradients=...): wrong gradients of training steps are found, right ones are not."""

import gc
import weakref

import numpy as np
import pytest

import graphflow as gf
from graphflow.watching.joint import Joint


class FlatSigmoid(gf.Operation):
    """The sigmoid, with its derivative as tutorial 004 prints it: s(a) s(1 - a)."""

    def compute(self, xp, a):
        return 1 / (1 + xp.exp(-a))


@gf.RegisterGradient("FlatSigmoid")
def _flat_sigmoid_grad(op, grad):
    (a,) = op.inputs
    return grad * gf.sigmoid(a) * gf.sigmoid(1 - a)


def regressor(divided, batch=16, rate=0.1):
    """The network of tutorial 001 on columns, with its gradients and updates by hand.

    `divided` is how often the sum over the batch is divided by its size.
    """
    rng = np.random.default_rng(42)
    x, y = gf.placeholder((1, None), name="x"), gf.placeholder((1, None), name="y")
    sizes = [1, 20, 20, 1]
    shapes = list(zip(sizes[1:], sizes[:-1], strict=True))
    W = [gf.Variable(rng.normal(size=s) * 0.5, name=f"W{i + 1}") for i, s in enumerate(shapes)]
    b = [gf.Variable(np.zeros((s[0], 1)), name=f"b{i + 1}") for i, s in enumerate(shapes)]
    z, a = [], [x]
    for i in range(3):
        z.append(W[i] @ a[-1] + b[i])
        a.append(gf.relu(z[-1]) if i < 2 else z[-1])
    loss = gf.mean(gf.square(a[-1] - y), name="loss")
    d, pairs = 2 * (a[-1] - y), []
    for _ in range(divided - 1):
        d = d / batch
    for i in (2, 1, 0):
        if i < 2:
            d = d * gf.cast(z[i] > 0, np.float64)
        dW, db = d @ gf.transpose(a[i]), gf.sum(d, axis=1, keepdims=True)
        pairs += [(dW / batch, W[i]), (db / batch, b[i])] if divided else [(dW, W[i]), (db, b[i])]
        d = gf.transpose(W[i]) @ d
    fed = np.linspace(-2, 2, batch)[None]
    return loss, pairs, {x: fed, y: np.sin(fed)}, rate


def by_assign(pairs, rate):
    return gf.group(*[gf.assign_sub(v, rate * g) for g, v in pairs])


def by_optimizer(pairs, rate):
    return gf.GradientDescentOptimizer(rate).apply_gradients(pairs)


def trained(session, fetches, feed, steps=200):
    for _ in range(steps):
        session.run(fetches, feed)


@pytest.mark.parametrize("updated", [by_assign, by_optimizer])
def test_dividing_twice_by_the_batch_is_found_within_200_steps(updated):
    loss, pairs, feed, rate = regressor(divided=2)
    step = updated(pairs, rate)
    session = gf.Session(check_gradients=0.01)
    with pytest.raises(
        gf.NumericError, match="too small by 16.*divided by the batch twice"
    ) as raised:
        trained(session, [loss, step], feed)
    text = str(raised.value)
    assert "'W3'" in text
    assert "'loss'" in text
    assert f"test_session_gradients.py:{pairs[0][0].origin.line}" in text
    assert len(text.splitlines()) <= 6
    np.testing.assert_array_equal(session.value(pairs[0][1]), pairs[0][1].initial_value)
    with pytest.raises(gf.NumericError):  # and again, for as long as it is wrong
        session.run([loss, step], feed)


def test_a_loss_that_was_fetched_in_another_run_is_known_too():
    loss, pairs, feed, rate = regressor(divided=2)
    session, step = gf.Session(check_gradients=0.01), by_assign(pairs, rate)
    session.run(loss, feed)
    with pytest.raises(gf.NumericError, match="divided by the batch twice"):
        trained(session, step, feed)


@pytest.mark.parametrize(("divided", "rate"), [(1, 0.1), (0, 0.1 / 16)])
def test_right_gradients_by_hand_pass_with_the_batch_in_gradient_or_rate(divided, rate):
    loss, pairs, feed, _ = regressor(divided)
    session = gf.Session(check_gradients=0.1)
    trained(session, [loss, by_assign(pairs, rate)], feed)
    assert session.run(loss, feed) < 0.1


def test_a_descent_written_as_adding_the_negative_gradient_passes():
    loss, pairs, feed, rate = regressor(divided=1)
    step = gf.group(*[gf.assign_add(v, rate * -g) for g, v in pairs])
    trained(gf.Session(check_gradients=0.1), [loss, step], feed, 30)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [(lambda g: -g, "wrong sign"), (lambda g: g * 1.05, "check_gradients"), (abs, "slope")],
)
def test_other_wrong_gradients_by_hand_are_found(wrong, says):
    loss, pairs, feed, rate = regressor(divided=1)
    (g, v), *rest = pairs
    step = by_optimizer([(wrong(g), v), *rest], rate)
    with pytest.raises(gf.NumericError, match=says):
        trained(gf.Session(check_gradients=0.01), [loss, step], feed)


def test_a_wrong_rule_of_the_users_is_found_with_its_line():
    rng = np.random.default_rng(0)
    x, c = gf.placeholder((None, 2), name="x"), gf.placeholder((None, 2), name="c")
    W = gf.Variable(rng.normal(size=(2, 2)), name="W")
    p = FlatSigmoid(gf.matmul(x, W), name="p")
    J = -gf.reduce_sum(c * gf.log(p) + (1 - c) * gf.log(1 - p))
    step = gf.GradientDescentOptimizer(0.01).minimize(J)
    session = gf.Session(check_gradients=0.01)
    feed = {x: rng.normal(size=(50, 2)), c: np.eye(2)[rng.integers(0, 2, 50)]}
    with pytest.raises(gf.NumericError) as raised:
        trained(session, step, feed)
    line = f"flat_sigmoid 'p' float64[?, 2] (test_session_gradients.py:{p.origin.line})"
    assert f"by the rule of  {line}" in str(raised.value)
    np.testing.assert_array_equal(session.value(W), W.initial_value)


def test_it_is_found_on_the_short_way_and_from_a_callable():
    x = gf.placeholder((3,), name="x")
    w = gf.Variable(np.ones(3), name="w")
    loss = gf.sum(FlatSigmoid(x * w))
    step = gf.GradientDescentOptimizer(0.0).minimize(loss)
    session = gf.Session(check_gradients=0.25)
    f = session.make_callable([loss, step], [x])
    for _ in range(4):
        f(np.zeros(3))  # the gradient by w is 0, whatever the rule
    with pytest.raises(gf.NumericError):
        f(np.ones(3))


OPTIMIZERS = [
    gf.GradientDescentOptimizer, gf.AdamOptimizer, gf.AdamWOptimizer, gf.LionOptimizer,
    gf.RMSPropOptimizer, gf.AdagradOptimizer, gf.NAdamOptimizer,
]  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_right_models_train_without_an_alarm(optimizer, dtype):
    rng = np.random.default_rng(1)
    x, t = gf.placeholder((None, 6), dtype, name="x"), gf.placeholder((None,), np.int64, name="t")
    W = [gf.Variable(rng.normal(size=s).astype(dtype) / 2) for s in ((6, 12), (12, 4))]
    b = gf.Variable(np.zeros(12, dtype))
    h = gf.relu(x @ W[0] + b)
    keep = gf.cast(gf.random.uniform((12,)) > 0.3, dtype)  # dropout: another one in each run
    h = gf.tanh(h * keep) + gf.stop_gradient(h) * h
    scores = h @ W[1]
    loss = gf.mean(gf.sparse_softmax_cross_entropy_with_logits(labels=t, logits=scores))
    loss = loss + 1e-3 * gf.sum(gf.abs(scores)) + 1e-3 * gf.sum(gf.maximum(h, 0.1))
    step = optimizer(0.01, weight_decay=1e-3).minimize(loss)
    session = gf.Session(check_gradients=0.5, seed=3)
    points = rng.normal(size=(32, 6)).astype(dtype)
    trained(session, [loss, step], {x: points, t: rng.integers(0, 4, 32)}, 30)


def test_kinks_zero_starts_flat_losses_and_what_is_not_finite_raise_no_alarm():
    x = gf.placeholder((4,), name="x")
    w = gf.Variable(np.zeros(4), name="w")
    losses = [
        gf.sum(gf.relu(w * x)) + gf.sum(gf.abs(w)),
        gf.sum(gf.maximum(w, -w) * x) + gf.max(w),
        gf.sum(gf.floor(x)) + 0 * gf.sum(w),
        gf.sum(gf.sqrt(gf.square(w))),
        gf.sum(gf.log(w)),
        gf.sum(w) * 1e-300 + 1e300,
    ]
    for loss in losses:
        session = gf.Session(check_gradients=1)
        step = gf.GradientDescentOptimizer(0.1).minimize(loss)
        trained(session, step, {x: np.arange(4.0)}, 5)


def test_clipped_accumulated_and_averaged_gradients_raise_no_alarm():
    x = gf.placeholder((5, 3), name="x")
    w = gf.Variable(np.ones(3), name="w")
    loss = gf.sum(gf.square(x @ w - 1))
    optimizer = gf.MomentumOptimizer(0.01, 0.9, micro_batches=2)
    pairs = optimizer.compute_gradients(loss)
    clipped = gf.GradientDescentOptimizer(0.01).apply_gradients(
        [(gf.clip_by_value(g, -0.1, 0.1), v) for g, v in pairs]
    )
    average = gf.Variable(np.ones(3), name="average")
    kept = gf.assign(average, average - 0.1 * (average - w))
    rng = np.random.default_rng(0)
    feed = {x: rng.normal(size=(5, 3))}
    session = gf.Session(check_gradients=1)
    trained(session, [loss, optimizer.minimize(loss), kept], feed, 10)
    trained(session, [loss, clipped], feed, 10)


def test_the_random_numbers_and_the_bits_of_training_are_as_without():
    def losses(**options):
        with gf.Graph():
            w = gf.Variable(np.ones(5), name="w")
            noise = gf.random.normal((5,))
            loss = gf.sum(gf.square(w * noise - 1))
            step = gf.AdamOptimizer(0.1).minimize(loss)
            session = gf.Session(seed=7, **options)
            return [session.run([loss, step])[0] for _ in range(25)]

    assert losses(check_gradients=0.2, check_numerics=True) == losses()


def test_only_the_asked_part_of_the_steps_is_checked():
    asked = []
    x = gf.placeholder((), name="x")
    w = gf.Variable(1.0, name="w")

    def seen(a):
        asked.append(float(a))
        return a

    loss = gf.py_func(seen, [x * w], (), np.float64, grad=lambda op, grad: grad)
    step = gf.GradientDescentOptimizer(0.0).minimize(loss)
    session = gf.Session(check_gradients=0.1)
    trained(session, [loss, step], {x: 2.0}, 40)
    assert sum(value != 2.0 for value in asked) == 4  # a difference has one point beside the run's


def test_batches_of_other_sizes_are_counted_together(monkeypatch):
    checked = []
    agrees = Joint.agrees
    monkeypatch.setattr(Joint, "agrees", lambda *args: checked.append(1) or agrees(*args))
    loss, pairs, feed, rate = regressor(divided=1)
    session, step = gf.Session(check_gradients=0.1), by_optimizer(pairs, rate)
    for size in [16, 15] * 15:
        session.run([loss, step], {x: value[:, :size] for x, value in feed.items()})
    assert len(checked) == 3


def test_programs_keep_no_node_alive_through_their_checks():
    def train(session):
        loss, pairs, feed, rate = regressor(divided=1)
        trained(session, [loss, by_assign(pairs, rate)], feed, 4)
        return weakref.ref(loss), weakref.ref(pairs[0][1])

    session = gf.Session(check_gradients=1, check_numerics=True)
    gc.collect()
    gc.disable()
    try:
        refs = train(session)
        assert [ref() for ref in refs] == [None, None]
        assert not session._plans
    finally:
        gc.enable()


@pytest.mark.parametrize("part", ["1", None, True, 1j])
def test_a_part_that_is_no_number_is_refused(part):
    with pytest.raises(gf.DTypeError, match="check_gradients"):
        gf.Session(check_gradients=part)


@pytest.mark.parametrize("part", [-0.1, 1.5, np.nan, np.inf])
def test_a_part_out_of_range_is_refused(part):
    with pytest.raises(ValueError, match="from 0 to 1"):
        gf.Session(check_gradients=part)
