"""gf.train: its numbers are those of a loop written by hand; callbacks, and what is shown."""

import io
import math
import os
import sys
import types

import numpy as np
import pytest
from fits import accuracy, classifier, line

import graphflow as gf
from graphflow.training import Checkpoint, EarlyStopping, KeepBest, SavePicture

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


# ---- callbacks ----------------------------------------------------------------------------------


def test_early_stopping_waits_for_its_patience():
    losses = [5.0, 4.0, 4.5, 3.0, 3.5, 3.2, 3.1, 2.0]
    for patience, expected in [(1, 3), (2, 6), (3, 7), (4, 8)]:
        seen = stopped_after(losses, EarlyStopping(patience=patience, on="loss"))
        assert seen == expected
    assert stopped_after(losses, EarlyStopping(patience=2, on="loss", least=1.5)) == 3
    rising = [-value for value in losses]
    assert stopped_after(rising, EarlyStopping(patience=2, on="loss", highest=True)) == 6


def stopped_after(losses, stopping):
    """After how many epochs of these losses it stops: a placeholder is the loss."""
    x, w = gf.Placeholder(()), gf.Variable(1.0)
    feeds = iter(losses)

    class Next:
        def __iter__(self):
            yield {x: next(feeds)}

    history = gf.train(
        x + 0 * w,
        gf.GradientDescentOptimizer(0.1),
        Next(),
        epochs=len(losses),
        callbacks=[stopping],
    )
    assert history.loss == losses[: len(history)]
    return len(history)


def test_the_best_variables_are_kept(tmp_path):
    x, y, _, loss, (train, test) = classifier(noise=False)
    path = tmp_path / "best.npz"
    seen = {}

    def note(run):
        seen[run.epoch] = [run.session.value(v).tobytes() for v in run.variables]

    history = gf.train(
        loss, gf.GradientDescentOptimizer(3.0, accumulate=True), {x: train.x, y: train.y},
        epochs=15, validation={x: test.x, y: test.y}, callbacks=[note, KeepBest(path)],
    )  # fmt: skip
    best = int(np.argmin(history.validation["loss"])) + 1
    assert 1 < best < 15
    session = gf.Session()
    session.restore(path)
    variables = gf.get_default_graph().variables
    assert [session.value(v).tobytes() for v in variables] == seen[best]


def test_callbacks_are_called_in_order_and_may_stop(tmp_path):
    feed, _, _, loss = line()
    said = []

    class Saying(gf.training.Callback):
        def begin(self, run):
            said.append("begin")

        def after_step(self, run):
            said.append(run.steps)
            if run.steps == 5:
                run.stop("enough")

        def after_epoch(self, run):
            said.append(f"epoch {run.epoch}")

        def end(self, run):
            said.append("end")

    data = gf.data.batches(feed, 5)
    history = gf.train(
        loss, gf.GradientDescentOptimizer(0.01), data, epochs=9,
        callbacks=[Saying(), lambda run: said.append("function")],
    )  # fmt: skip
    expected = ["begin", 1, 2, "epoch 1", "function", 3, 4, "epoch 2", "function", 5, "end"]
    assert said == expected
    assert (history.stopped, len(history)) == ("enough", 2)


def test_pictures_are_saved_as_it_goes(tmp_path):
    feed, _, _, loss = line()
    gf.train(
        loss, gf.GradientDescentOptimizer(0.01), feed, epochs=4,
        callbacks=[
            SavePicture(tmp_path / "loss-{epoch}.png", every=2),
            SavePicture(tmp_path / "w-{epoch}.svg", lambda run: gf.viz.draw(loss), every=3),
        ],
    )  # fmt: skip
    assert sorted(os.listdir(tmp_path)) == ["loss-2.png", "loss-4.png", "w-3.svg"]


# ---- what is shown ------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_nothing_is_shown_but_on_a_terminal(capsys, monkeypatch):
    feed, _, _, loss = line()
    gf.train(loss, gf.GradientDescentOptimizer(0.01), feed, epochs=2)
    assert capsys.readouterr() == ("", "")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    gf.train(loss, gf.GradientDescentOptimizer(0.01), feed, epochs=2, progress=False)
    assert terminal.getvalue() == ""


def test_a_plain_line_without_tqdm(monkeypatch):
    feed, _, _, loss = line()
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    history = gf.train(loss, gf.GradientDescentOptimizer(0.01), feed, epochs=3)
    shown = terminal.getvalue()
    assert shown.endswith("\n")
    assert shown.count("\n") == 1
    assert shown.split("\r")[-1].rstrip() == f"epoch 3/3  loss {history.loss[-1]:.4g}"


def test_a_bar_with_tqdm(monkeypatch):
    feed, _, _, loss = line()
    bars = []

    class Bar:
        def __init__(self, **options):
            self.options, self.n, self.texts = options, options["initial"], []
            bars.append(self)

        def update(self, count):
            self.n += count

        def set_postfix_str(self, text, refresh):
            self.texts.append(text)

        def __enter__(self):
            return self

        def __exit__(self, *exc):
            self.closed = True

    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setitem(sys.modules, "tqdm", types.SimpleNamespace(tqdm=Bar))
    history = gf.train(loss, gf.GradientDescentOptimizer(0.01), feed, epochs=3)
    assert (bars[0].n, bars[0].options["total"], bars[0].closed) == (3, 3, True)
    assert bars[0].texts[-1] == f"loss {history.loss[-1]:.4g}"


def test_a_history_shows_itself():
    x, y, scores, loss, (train, test) = classifier(noise=False)
    history = gf.train(
        loss, gf.GradientDescentOptimizer(0.3), {x: train.x, y: train.y}, epochs=40,
        metrics={"a<b>": accuracy}, labels=y, predictions=scores,
        validation={x: test.x, y: test.y},
    )  # fmt: skip
    page = history._repr_html_()
    assert page.count("<tr>") == 13  # the head, and twelve epochs
    assert "<td>1</td>" in page
    assert "<td>40</td>" in page
    assert "a&lt;b&gt;" in page
    assert f"{history.loss[-1]:.4g}" in repr(history)
    plot = history.plot()
    axes = plot.figure.axes[0]
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), history.loss)
    np.testing.assert_array_equal(axes.lines[1].get_ydata(), history.validation["loss"])
    empty = gf.History(stopped="interrupted")
    assert (empty.loss, empty.validation, empty.metrics) == ([], {}, {})
    assert "no epoch (interrupted)" in repr(empty)
    assert "interrupted" in empty._repr_html_()
    with pytest.raises(ValueError, match="no 'losses'; there is 'loss'"):
        history.values("losses")


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


@pytest.mark.parametrize(
    "make",
    [
        lambda: EarlyStopping(patience=0),
        lambda: Checkpoint("a.npz", every_steps=0),
        lambda: SavePicture("a.png", every=0),
    ],
)
def test_callbacks_refuse_what_is_below_one(make):
    with pytest.raises(ValueError, match="at least 1"):
        make()


@pytest.mark.parametrize("make", [Checkpoint, KeepBest])
def test_files_of_another_suffix_are_refused_before_training(make):
    with pytest.raises(ValueError, match=r"'a.pkl' ends neither in \.npz nor in \.safetensors"):
        make("a.pkl")


def test_the_folder_of_a_checkpoint_is_made(tmp_path):
    feed, _, _, loss = line()
    path = tmp_path / "runs" / "first" / "a.npz"
    gf.train(loss, gf.GradientDescentOptimizer(0.1), feed, epochs=1, callbacks=[Checkpoint(path)])
    assert path.exists()


def test_the_mean_of_the_loss_counts_rows():
    x, w = gf.Placeholder(("n",)), gf.Variable(1.0)
    feeds = [{x: np.full(1, 10.0)}, {x: np.full(3, 2.0)}]
    history = gf.train(gf.mean(x) + 0 * w, gf.GradientDescentOptimizer(0.1), feeds, epochs=1)
    assert history.loss == [(10 + 3 * 2) / 4]
    assert math.isfinite(history.session.value(w))
