"""Optimizers, layers and fits on JAX, each against the NumPy backend."""

import numpy as np
import pytest
from fits import accuracy, classifier

import graphflow as gf
from graphflow import layers
from graphflow.training import Checkpoint

pytest.importorskip("jax")

OPTIMIZERS = [
    lambda: gf.GradientDescentOptimizer(0.1),
    lambda: gf.GradientDescentOptimizer(0.1, accumulate=True),
    lambda: gf.MomentumOptimizer(0.05, 0.9, nesterov=True),
    lambda: gf.AdagradOptimizer(0.1),
    lambda: gf.AdadeltaOptimizer(),
    lambda: gf.RMSPropOptimizer(0.01),
    lambda: gf.AdamOptimizer(0.1),
    lambda: gf.AdamWOptimizer(gf.schedules.exponential(0.1, 0.5, 2)),
    lambda: gf.NAdamOptimizer(0.05),
    lambda: gf.LionOptimizer(0.01),
]


def both(**options):
    return gf.Session(seed=3, **options), gf.Session(seed=3, backend="jax", **options)


def assert_same(got, expected, limit=1e-12):
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(a, b, limit, limit)


def test_every_optimizer_steps_as_on_numpy():
    A = np.random.default_rng(0).normal(size=(5, 3))
    variables, steps = [], []
    for optimizer in OPTIMIZERS:
        w = gf.Variable(np.array([0.7, -0.3, 1.1]))
        variables.append(w)
        steps.append(optimizer().minimize(gf.mean(gf.tanh(A @ w) ** 2)))
    values = []
    for session in both():
        for _ in range(4):
            session.run(steps)
        values.append([session.value(w) for w in variables])
    assert_same(values[1], values[0])


def images():
    """Convolution, normalization with running statistics, pooling, dropout."""
    x = gf.placeholder((None, 8, 8, 2), name="x")
    conv = layers.Conv2d(2, 4, 3, rng=0, padding="SAME")
    norm, last = layers.BatchNorm(4), layers.Linear(64, 3, rng=1)
    h = gf.nn.max_pool(gf.relu(norm(conv(x), training=True)), 2)
    h = gf.nn.dropout(gf.reshape(h, (-1, 64)), 0.25)
    return x, (4, 8, 8, 2), gf.mean(last(h) ** 2), norm.updates


def sequences():
    """Recurrent cells unrolled, attention, an embedding."""
    x = gf.placeholder((None, 4, 6), name="x")
    cells = [layers.LSTMCell(6, 5, rng=0), layers.GRUCell(6, 5, rng=1)]
    attention, norm = layers.MultiHeadAttention(6, 2, rng=2, causal=True), layers.LayerNorm(6)
    table = layers.Embedding(7, 6, rng=3)
    h = norm(attention(x)) + table(np.array([1, 6, 0, 1]))
    total = gf.mean(h**2)
    for cell in cells:
        total = total + gf.mean(gf.square(cell(h)))
    return x, (3, 4, 6), total, []


@pytest.mark.parametrize("model", [images, sequences])
def test_layers_train_as_on_numpy(model):
    x, shape, loss, updates = model()
    step = gf.MomentumOptimizer(0.05, 0.9).minimize(loss)
    feed = {x: np.random.default_rng(1).normal(size=shape)}
    found = []
    for session in both():
        losses = [session.run([loss, step, *updates], feed)[0] for _ in range(3)]
        found.append([losses, *[session.value(v) for v in loss.graph.variables]])
    assert len(found[0]) > 5
    assert_same(found[1], found[0], 1e-11)


def test_fits_with_measures_and_noise_are_those_on_numpy():
    x, y, scores, loss, (train, test) = classifier()
    found = []
    for session in both():
        data = gf.data.batches({x: train.x, y: train.y}, 5, seed=1)
        history = gf.train(
            loss, gf.AdamOptimizer(0.05), data, epochs=3, metrics=[accuracy], labels=y,
            predictions=scores, validation={x: test.x, y: test.y}, progress=False, session=session,
        )  # fmt: skip
        last = history.records[-1]
        found.append([history.loss, last["metrics"]["accuracy"], last["validation"]["loss"]])
    assert_same(found[1], found[0], 1e-11)


def test_a_fit_goes_on_from_its_checkpoint_as_if_it_had_not_ended(tmp_path):
    x, y, _, loss, (train, _) = classifier()
    step = gf.AdamOptimizer(0.05).minimize(loss)

    def fit(epochs, name):
        data = gf.data.batches({x: train.x, y: train.y}, 7, seed=1)
        session = gf.Session(backend="jax", seed=2)
        checkpoint = Checkpoint(tmp_path / f"{name}.npz")
        gf.train(loss, step, data, epochs=epochs, callbacks=[checkpoint], progress=False,
                 session=session)  # fmt: skip
        return [session.value(v) for v in loss.graph.variables]

    whole = fit(4, "whole")
    fit(2, "parts")
    assert_same(fit(4, "parts"), whole, 0)
