"""gf.train: its numbers are those of a loop written by hand; learning rates; what is refused."""

import math

import numpy as np
import pytest
from fits import accuracy, classifier, line

import graphflow as gf
from graphflow.training import EarlyStopping

# ---- the numbers --------------------------------------------------------------------------------


def test_s000_6_the_line_is_where_the_table_says_after_1_50_and_1000_epochs():
    feed, w, b, loss = line()
    step = gf.GradientDescentOptimizer(0.01).minimize(loss)
    session = gf.Session()
    losses = []
    for epochs, slope, intercept in [
        (1, 0.60834964, 0.10476046), (49, 0.99053539, 0.49613139), (950, 0.83060424, 1.49899340)
    ]:  # fmt: skip
        history = gf.train(loss, step, feed, epochs=epochs, session=session)
        losses += history.loss
        assert history.epochs == list(range(1, epochs + 1))
        assert session.value(w) == pytest.approx(slope, abs=5e-9)
        assert session.value(b) == pytest.approx(intercept, abs=5e-9)
    y = gf.data.make_line().y
    assert losses[0] == pytest.approx(np.mean(y**2))  # before the first step w = b = 0
    assert losses[50] == pytest.approx(0.99034206, abs=5e-9)
    assert session.run(loss, feed) == pytest.approx(0.69644175, abs=5e-9)


def test_mini_batches_give_what_a_loop_in_numpy_gives():
    points, values = gf.data.make_line(seed=0)
    w = b = 0.0
    means = []
    for epoch in range(4):
        order = np.random.default_rng([7, epoch]).permutation(10)
        losses = []
        for at in (order[:4], order[4:8], order[8:]):
            error = w * points[at] + b - values[at]
            losses += [np.mean(error**2)] * len(at)
            w, b = w - 0.02 * np.mean(error * points[at]), b - 0.02 * np.mean(error)
        means.append(np.mean(losses))
    feed, w_, b_, loss = line()
    data = gf.data.batches(feed, 4, seed=7)
    history = gf.train(loss, gf.GradientDescentOptimizer(0.01), data, epochs=4)
    np.testing.assert_allclose(history.loss, means, rtol=1e-12)
    assert history.session.value(w_) == pytest.approx(w, rel=1e-12)
    assert history.session.value(b_) == pytest.approx(b, rel=1e-12)


def test_a_list_of_feeds_is_an_epoch():
    feed, w, _, loss = line()
    feeds = [
        {node: array[rows] for node, array in feed.items()} for rows in (slice(4), slice(4, 10))
    ]
    first = gf.train(loss, gf.GradientDescentOptimizer(0.01), feeds, epochs=3)
    second = gf.train(
        loss, gf.GradientDescentOptimizer(0.01), iter_again(feeds), epochs=3, session=gf.Session()
    )
    assert first.loss == second.loss
    assert first.session.value(w) == second.session.value(w) != 0


def iter_again(feeds):
    class Feeds:
        def __iter__(self):
            return iter(feeds)

    return Feeds()


def test_metrics_are_measured_after_the_epoch_over_all_rows():
    x, y, scores, loss, (train, test) = classifier(noise=False)
    right = gf.cast(gf.equal(gf.argmax(scores, axis=1), y), np.float64)
    data = gf.data.batches({x: train.x, y: train.y}, 5)
    history = gf.train(
        loss, gf.GradientDescentOptimizer(0.3), data, epochs=3,
        metrics={"node": gf.mean(right), "function": accuracy}, labels=y, predictions=scores,
        validation=gf.data.batches({x: test.x, y: test.y}, 3),
    )  # fmt: skip
    session = history.session
    for table, found in ((train, history.metrics), (test, history.validation)):
        feed = {x: table.x, y: table.y}
        expected = accuracy(table.y, session.run(scores, feed))
        assert found["node"][-1] == pytest.approx(expected)
        assert found["function"][-1] == pytest.approx(expected)
        assert len(found["function"]) == 3
    assert history.validation["loss"][-1] == pytest.approx(session.run(loss, feed))
    assert history.values("validation function") == history.validation["function"]
    assert set(history.metrics) == {"node", "function"}


def test_measuring_does_not_change_the_training():
    x, y, scores, loss, (train, test) = classifier(noise=False)
    plain, measured = (
        gf.train(
            loss, gf.GradientDescentOptimizer(0.3), gf.data.batches({x: train.x, y: train.y}, 5),
            epochs=3, session=gf.Session(), **extra,
        )
        for extra in (
            {},
            {"metrics": [accuracy], "labels": y, "predictions": scores,
             "validation": {x: test.x, y: test.y}},
        )
    )  # fmt: skip
    assert plain.loss == measured.loss


def test_the_session_of_the_block_is_trained():
    feed, w, _, loss = line()
    with gf.Session() as session:
        history = gf.train(loss, gf.GradientDescentOptimizer(0.01), feed, epochs=1)
    assert history.session is session
    assert session.value(w) != 0


def test_the_mean_of_the_loss_counts_rows():
    x, w = gf.Placeholder(("n",)), gf.Variable(1.0)
    feeds = [{x: np.full(1, 10.0)}, {x: np.full(3, 2.0)}]
    history = gf.train(gf.mean(x) + 0 * w, gf.GradientDescentOptimizer(0.1), feeds, epochs=1)
    assert history.loss == [(10 + 3 * 2) / 4]
    assert math.isfinite(history.session.value(w))


# ---- learning rates -----------------------------------------------------------------------------


def test_learning_rates_are_tried_until_the_loss_blows_up():
    w = gf.Variable(1.0)
    session = gf.Session(seed=0)
    session.assign(w, 2.0)
    found = gf.training.find_learning_rate(
        w**2, gf.GradientDescentOptimizer, {}, lowest=1e-4, highest=1e2, steps=61, session=session
    )
    value, losses = 2.0, []
    for rate in np.geomspace(1e-4, 1e2, 61):  # w - rate * 2 w
        losses.append(value**2)
        value *= 1 - 2 * rate
    np.testing.assert_allclose(found.losses, losses[: len(found.losses)], atol=1e-300)
    assert 0.01 < found.suggestion < 1  # from 1 on it does not converge
    assert found.rates[-1] < 1e2
    assert session.value(w) == 2


def test_trying_learning_rates_does_not_move_the_data():
    feed, _, _, loss = line()
    data = gf.data.batches(feed, 3)
    next(iter(data))
    before = data.state
    found = gf.training.find_learning_rate(loss, gf.GradientDescentOptimizer, data, steps=30)
    assert data.state == before
    axes = found.plot().figure.axes[0]
    assert (axes.get_xlabel(), axes.get_xscale()) == ("learning rate", "log")
    np.testing.assert_array_equal(axes.lines[0].get_xdata(), found.rates)
    with pytest.raises(ValueError, match="the data is empty"):
        gf.training.find_learning_rate(loss, gf.GradientDescentOptimizer, [])
    with pytest.raises(ValueError, match="0 < lowest < highest"):
        gf.training.find_learning_rate(loss, gf.GradientDescentOptimizer, data, lowest=0)


# ---- arguments that do not fit ------------------------------------------------------------------


def bad(**changes):
    feed, _, _, loss = line()
    given = {
        "loss": loss, "optimizer": gf.GradientDescentOptimizer(0.1), "data": feed, "epochs": 1
    }  # fmt: skip
    return given | changes


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"loss": 3.0}, gf.DTypeError, "the loss is 3.0, not a node"),
        ({"epochs": 0}, ValueError, "epochs is a number from 1 on, not 0"),
        ({"epochs": 2.5}, ValueError, "epochs is a number from 1 on, not 2.5"),
        ({"optimizer": 0.1}, gf.DTypeError, "0.1 is no optimizer"),
        ({"optimizer": gf.GradientDescentOptimizer}, gf.DTypeError, "is no optimizer"),
        ({"data": np.zeros(3)}, gf.DTypeError, "ndarray, which says nothing of placeholders"),
        ({"data": {"x": 3}}, gf.FeedError, "has the key 'x', which is not a node"),
        ({"data": (n for n in ())}, gf.DTypeError, "generator, which can be read once"),
        ({"data": []}, ValueError, "the data is empty"),
        ({"data": gf.data.batches([np.zeros(3)], 1)}, gf.DTypeError, "gave a tuple, not a dict"),
        ({"validation": 3}, gf.DTypeError, "validation is a int, which says nothing"),
        ({"validation": []}, ValueError, "no row to measure on"),
        ({"metrics": [accuracy]}, gf.DTypeError, r"no labels are given\nsay which nodes"),
        ({"metrics": [3]}, gf.DTypeError, "3 has no name"),
        ({"metrics": {"three": 3}}, gf.DTypeError, "'three' is no node and no function"),
        ({"metrics": {"loss": accuracy}}, ValueError, "two metrics are called 'loss'"),
        ({"callbacks": [EarlyStopping]}, gf.DTypeError, "is no callback"),
        ({"callbacks": [3]}, gf.DTypeError, "3 is no callback"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(changes, error, message):
    given = bad(**changes)
    with pytest.raises(error, match=message):
        gf.train(given.pop("loss"), given.pop("optimizer"), given.pop("data"), **given)


def test_a_loss_that_is_no_number_is_refused():
    feed, w, _, _ = line()
    x, y = feed
    with pytest.raises(gf.ShapeError, match=r"the loss is no number: .*float64\[n\]"):
        gf.train(w * x - y, gf.GradientDescentOptimizer(0.1), feed, epochs=1)
    with pytest.raises(gf.ShapeError, match=r"has the shape \(10,\); one number is wanted"):
        gf.train(
            gf.mean(w * x - y), gf.GradientDescentOptimizer(0.1), feed, epochs=1,
            metrics={"error": w * x - y},
        )  # fmt: skip
