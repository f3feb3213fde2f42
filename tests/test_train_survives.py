"""gf.train survives: kills, Ctrl-C and losses that are not finite."""

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from fits import accuracy, classifier, line

import graphflow as gf
from graphflow.training import Checkpoint, DivergedError, EarlyStopping, KeepBest

ROOT = Path(gf.__file__).resolve().parent.parent


# ---- going on -----------------------------------------------------------------------------------


class Killed(BaseException):
    pass


def kill_after(steps):
    class Kill(gf.training.Callback):
        def after_step(self, run):
            if run.steps == steps:
                raise Killed

    return Kill()


def trained(callbacks, epochs=3, ahead=0):
    """A run in a graph of its own: bits of all its variables, and its history."""
    with gf.Graph() as graph:
        x, y, scores, loss, (train, test) = classifier()
        step = gf.GradientDescentOptimizer(0.3, accumulate=True).minimize(loss)
        history = gf.train(
            loss, step, gf.data.batches({x: train.x, y: train.y}, 6, seed=2, prefetch=ahead),
            epochs=epochs, callbacks=callbacks, metrics=[accuracy], labels=y, predictions=scores,
            validation={x: test.x, y: test.y}, session=gf.Session(seed=4),
        )  # fmt: skip
    return {v.name: history.session.value(v).tobytes() for v in graph.variables}, history


@pytest.mark.parametrize("every", [1, 2, None])
@pytest.mark.parametrize("ahead", [0, 2])
def test_a_run_that_dies_after_any_step_goes_on_as_if_it_had_not(every, ahead, tmp_path):
    bits, whole = trained([], ahead=ahead)
    steps = 12  # in 3 epochs
    for killed_after in range(1, steps + 1, 1 if (every, ahead) == (1, 0) else 5):
        path = tmp_path / f"{killed_after}.npz"
        with pytest.raises(Killed):
            trained([Checkpoint(path, every_steps=every), kill_after(killed_after)], ahead=ahead)
        found, history = trained([Checkpoint(path, every_steps=every)], ahead=ahead)
        assert found == bits
        assert history.records == whole.records


def test_a_finished_run_is_not_run_again_and_goes_on_for_more_epochs(tmp_path):
    path = tmp_path / "a.safetensors"
    trained([Checkpoint(path)], epochs=2)
    counted = []
    found, history = trained([Checkpoint(path), lambda run: counted.append(run.epoch)], epochs=2)
    assert (counted, len(history)) == ([], 2)
    bits, whole = trained([], epochs=4)
    found, history = trained([Checkpoint(path)], epochs=4)
    assert (found, history.records) == (bits, whole.records)


def test_an_early_stop_is_remembered(tmp_path):
    def stopping():
        return [EarlyStopping(patience=1, on="loss", least=9.0), Checkpoint(tmp_path / "a.npz")]

    first = trained(stopping(), epochs=9)[1]
    again = trained(stopping()[::-1], epochs=9)[1]
    assert len(first) == len(again) == 2
    assert first.stopped == again.stopped == "loss is best in epoch 1, 1 epochs ago"


def test_a_checkpoint_of_other_data_is_refused_and_changes_nothing(tmp_path):
    feed, w, _, loss = line()
    step = gf.GradientDescentOptimizer(0.01).minimize(loss)
    path = tmp_path / "a.npz"
    gf.train(loss, step, gf.data.batches(feed, 5), epochs=1, callbacks=[Checkpoint(path)])
    session = gf.Session(seed=1)
    for data in (gf.data.batches(feed, 4), feed):
        with pytest.raises(ValueError, match=r"other batches|data of another kind"):
            gf.train(loss, step, data, epochs=1, callbacks=[Checkpoint(path)], session=session)
    position = {"data": {"step": 0, "batches": None}, "history": [], "stopped": "", "steps": 0}
    position |= {"last_loss": 0.0, "total": 0.0, "rows": 0}
    for extra in (None, [], {**position, "rows": "0"}, {**position, "history": [3]}):
        session.save(path, extra=extra)
        with pytest.raises(ValueError, match="no position in training"):
            gf.train(loss, step, feed, epochs=1, callbacks=[Checkpoint(path)], session=session)
    session.save(path, extra=position)
    gf.train(loss, step, feed, epochs=1, callbacks=[Checkpoint(path)], session=gf.Session())
    assert (session.value(w), session.seed) == (0, 1)
    gf.train(loss, step, feed, epochs=1, callbacks=[Checkpoint(path, resume=False)])


KILLED = """
import sys, numpy as np, graphflow as gf
x, y = gf.Placeholder(("n", 3)), gf.Placeholder(("n",))
rng = np.random.default_rng(0)
W = gf.Variable(rng.normal(size=3), name="W")
loss = gf.mean((gf.nn.dropout(x, 0.5) @ W - y) ** 2)
rows = rng.normal(size=(40, 3))
data = gf.data.batches({x: rows, y: rows.sum(axis=1)}, 5, seed=3, prefetch=2)
print("started", flush=True)
history = gf.train(loss, gf.GradientDescentOptimizer(0.01, accumulate=True), data, epochs=8,
    callbacks=[gf.training.Checkpoint(sys.argv[1], every_steps=1)], session=gf.Session(seed=0))
print(history.session.value(W).tobytes().hex(), history.loss)
"""


def test_a_training_killed_by_the_system_goes_on_as_if_it_had_not_been(tmp_path):
    def start(name):
        command = [sys.executable, "-c", KILLED, str(tmp_path / name)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert child.stdout.readline() == "started\n"
        return child

    undisturbed = start("whole.npz").communicate()[0]
    child = start("killed.npz")
    while not (tmp_path / "killed.npz").exists():
        assert child.poll() is None
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert start("killed.npz").communicate()[0] == undisturbed
    assert sorted(os.listdir(tmp_path)) == ["killed.npz", "whole.npz"]


def adam(callbacks, session, epochs=4):
    """Batch normalization and Adam, in the default graph: what both remember goes on, too."""
    x, y = gf.Placeholder(("n", 2)), gf.Placeholder(("n",), np.int64)
    rng = np.random.default_rng(0)
    model = gf.layers.Sequential([gf.layers.BatchNorm(2), gf.layers.Linear(2, 3, rng=rng)])
    scores = model(x)
    loss = gf.losses.sparse_softmax_cross_entropy(y, model(x, training=True))
    step = gf.group(gf.AdamOptimizer(0.05).minimize(loss), *model.updates)
    table = gf.data.make_spirals(rows=11)
    history = gf.train(
        loss, step, gf.data.batches({x: table.x, y: table.y}, 6), epochs=epochs,
        metrics=[gf.metrics.accuracy], labels=y, predictions=scores, callbacks=callbacks,
        session=session,
    )  # fmt: skip
    return {v.name: session.value(v).tobytes() for v in gf.get_default_graph().variables}, history


def test_a_cell_that_is_run_again_goes_on_in_the_same_process(tmp_path):
    bits, whole = adam([], gf.Session(seed=1))
    path, session = tmp_path / "a.npz", gf.Session(seed=1)
    adam([Checkpoint(path), lambda run: run.epoch == 2 and run.interrupt()], session)
    assert {"adam/steps", "batch_norm/running_mean"} < set(np.load(path))
    found, history = adam([Checkpoint(path)], session)
    assert (found, history.records) == (bits, whole.records)


def test_the_best_variables_are_the_models_alone(tmp_path):
    path = tmp_path / "best.npz"
    adam([KeepBest(path)], gf.Session(seed=1), epochs=1)
    assert set(np.load(path)) == {
        "batch_norm/scale", "batch_norm/offset", "batch_norm/running_mean",
        "batch_norm/running_var", "linear/W", "linear/b", "__graphflow__",
    }  # fmt: skip


# ---- Ctrl-C -------------------------------------------------------------------------------------


def press_at(*steps):
    class Press(gf.training.Callback):
        def after_step(self, run):
            if run.steps in steps:
                signal.raise_signal(signal.SIGINT)

    return Press()


def test_ctrl_c_leaves_a_session_and_a_history_to_go_on_from(tmp_path):
    before = signal.getsignal(signal.SIGINT)
    bits, whole = trained([])
    path = tmp_path / "a.npz"
    _, history = trained([press_at(6), Checkpoint(path)])
    assert history.stopped == "interrupted in epoch 2, after 6 steps in all"
    assert history.records == whole.records[:1]
    assert signal.getsignal(signal.SIGINT) is before
    found, history = trained([Checkpoint(path)])
    assert (found, history.records, history.stopped) == (bits, whole.records, "")


def test_a_second_ctrl_c_interrupts():
    before = signal.getsignal(signal.SIGINT)

    class Twice(gf.training.Callback):
        def after_step(self, run):
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        trained([Twice()])
    assert signal.getsignal(signal.SIGINT) is before


def test_training_in_another_thread_leaves_signals_alone():
    found = []
    thread = threading.Thread(target=lambda: found.append(trained([])[1]))
    thread.start()
    thread.join()
    assert found[0].records == trained([])[1].records


# ---- a loss that is not finite ------------------------------------------------------------------


def line_of(text):
    """The number of the first line of this file that holds a text."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_a_nan_loss_names_the_node_that_made_it_and_its_line():
    x, w = gf.Placeholder(("n",), name="x"), gf.Variable(1.0, name="w")
    total = gf.sum(w * x, name="total")
    loss = gf.exp(gf.log(total, name="bad") * 1.0)  # log of a negative number
    feeds = [{x: [1.0, 2.0]}, {x: [-5.0, 1.0]}]
    session = gf.Session()
    with pytest.raises(DivergedError) as caught:
        gf.train(loss, gf.GradientDescentOptimizer(1e-3), feeds, epochs=3, session=session)
    rows = str(caught.value).splitlines()
    number = line_of("log of a negative number")
    assert rows[0] == "train: the loss is nan in epoch 1, step 2"
    assert rows[1].split(maxsplit=2)[2] == f"log 'bad' float64[] (test_train_survives.py:{number})"
    assert "sum 'total'" in rows[2]
    assert rows[2].endswith(f": {-4 * (1 - 3e-3):.4g}")
    assert session.value(w) == pytest.approx(1 - 1e-3 * 3)  # as after the first step
    assert len(caught.value.history) == 0
    assert isinstance(caught.value, gf.NumericError)


def test_a_gradient_that_spoiled_a_variable_is_named_and_undone():
    v = gf.Variable(np.array([1.0, 1.0]), name="v")
    loss = gf.sqrt(gf.abs(v[0] - v[1]))  # the root has no finite slope at 0
    session = gf.Session()
    with pytest.raises(DivergedError) as caught:
        gf.train(loss, gf.GradientDescentOptimizer(0.1), {}, epochs=5, session=session)
    rows = str(caught.value).splitlines()
    assert rows[0] == "train: the loss is nan in epoch 2, step 1"
    assert rows[1].split(maxsplit=2)[2].startswith("variable 'v'")
    assert "since the step before" in rows[1]
    assert f"(test_train_survives.py:{line_of('has no finite slope at 0')})" in rows[2]
    assert session.value(v).tolist() == [1, 1]
    assert len(caught.value.history) == 1


def test_a_loss_that_overflows_names_the_node():
    w = gf.Variable(3.0, name="w")
    with pytest.raises(DivergedError, match=r"the loss is inf in epoch \d+") as caught:
        gf.train(w**4, gf.GradientDescentOptimizer(1.0), {}, epochs=30)
    assert re.search(r"made by +power", str(caught.value))
    assert np.isfinite(caught.value.history.session.value(w))


def test_a_nan_in_the_data_is_blamed_on_the_placeholder():
    feed, _, _, loss = line()
    for node in feed:
        feed[node][3] = np.nan
    with pytest.raises(DivergedError, match=r"made by +placeholder 'x'"):
        gf.train(loss, gf.GradientDescentOptimizer(0.1), feed, epochs=1)


def test_the_node_is_found_with_the_random_numbers_of_the_step():
    x, y, _, loss, (train, _) = classifier()
    noise = gf.random.uniform(())
    bad = loss + gf.log(noise - 0.5, name="bad") * 0  # NaN in about every second step
    session = gf.Session(seed=1)
    with pytest.raises(DivergedError, match="log 'bad'"):
        gf.train(
            bad, gf.GradientDescentOptimizer(0.1), {x: train.x, y: train.y}, epochs=50,
            session=session,
        )  # fmt: skip
