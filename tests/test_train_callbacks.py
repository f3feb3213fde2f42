"""gf.train: its callbacks, and what is shown of it while it runs and afterwards."""

import io
import os
import sys
import types

import numpy as np
import pytest
from fits import accuracy, classifier, line

import graphflow as gf
from graphflow.training import Checkpoint, EarlyStopping, KeepBest, SavePicture

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
