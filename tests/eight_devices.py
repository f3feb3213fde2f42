"""Sessions over a mesh, on eight virtual devices: `test_mesh.py` runs this file with them."""

import jax
import numpy as np
import pytest
from test_jax import classifier

import graphflow as gf

MESHES = [
    ({"data": 8}, None),
    ({"data": 4, "model": 2}, {"W": (None, "model"), "b": ("model",)}),
    ({"data": 2}, None),
]


def batches():
    rng = np.random.default_rng(2)
    return [(rng.normal(size=(16, 3)), rng.integers(0, 4, 16)) for _ in range(3)]


def over(mesh, shard=None, **options):
    return gf.Session(backend="jax", mesh=mesh, shard=shard, **options)


def parts(session, variable):
    """The shapes of the parts of a variable, of all devices."""
    return {part.data.shape for part in session._store.values[variable.uid].addressable_shards}


@pytest.mark.parametrize(("mesh", "shard"), MESHES)
def test_training_is_that_on_one_device(mesh, shard):
    x, labels, loss, step, W, b = classifier()
    losses, values = [], []
    for session in (gf.Session(), gf.Session(backend="jax"), over(mesh, shard)):
        losses.append([session.run([loss, step], {x: r, labels: y})[0] for r, y in batches()])
        values.append([session.value(v) for v in (W, b)])
    for i in (0, 1):
        np.testing.assert_allclose(losses[2], losses[i], 1e-12)
        for got, wanted in zip(values[2], values[i], strict=True):
            np.testing.assert_allclose(got, wanted, 1e-12, 1e-12)


def test_variables_are_whole_or_split_by_the_rule_with_what_the_optimizer_keeps():
    x, labels, loss, step, W, b = classifier()
    session = over({"data": 4, "model": 2}, {"W": (None, "model")})
    rows, y = batches()[0]
    session.run([loss, step], {x: rows, labels: y})
    assert parts(session, W) == {(3, 2)}
    assert parts(session, b) == {(4,)}
    slots = [v for v in loss.graph.variables if "/W/" in v.name]
    assert slots
    assert all(parts(session, slot) == {(3, 2)} for slot in slots)


def test_what_is_fed_is_split_along_the_batch():
    x = gf.placeholder((None, 3), name="x")
    session = over({"data": 8})
    f = session.make_callable(gf.sum(x * 2.0), [x])
    assert f(np.ones((16, 3))) == 96.0
    assert "tensor<16x3xf64>" in f.source
    assert '[{"data"}, {}]' in f.source


def test_a_rule_is_by_a_pattern_too_and_about_feeds_too():
    x = gf.placeholder((None, 3), name="x")
    v = gf.Variable(np.arange(6.0).reshape(2, 3), name="layers/0/W")
    session = over({"data": 8}, {"layers/*/W": (None, None), "x": (None,)})
    np.testing.assert_allclose(session.run(x @ v.T, {x: np.ones((5, 3))})[0], [3.0, 12.0])


def test_a_batch_that_does_not_divide_raises_before_anything_runs():
    x, labels, loss, step, W, _ = classifier()
    session = over({"data": 8})
    with pytest.raises(gf.FeedError, match=r"12 rows do not divide by 8 devices along 'data': 'x'"):
        session.run([loss, step], {x: np.ones((12, 3)), labels: np.zeros(12, int)})
    assert not session._store.values
    np.testing.assert_array_equal(session.value(W), W.initial_value)


def test_unknown_axes_and_names_raise_before_anything_runs():
    x, labels, loss, *_ = classifier()
    with pytest.raises(ValueError, match=r"'W' is split along 'modle', the mesh has 'data'"):
        over({"data": 8}, {"W": (None, "modle")})
    session = over({"data": 8}, {"w": (None, None)})
    with pytest.raises(gf.GraphError, match=r"nothing is named 'w'") as caught:
        session.run(loss, {x: np.ones((8, 3)), labels: np.zeros(8, int)})
    assert "did you mean 'W'?" in str(caught.value)


@pytest.mark.parametrize(
    ("mesh", "shard", "text"),
    [
        ({"data": 16}, None, r"takes 16 devices, JAX has 8 \(cpu\)\n.*device_count=16"),
        ({"data": 0}, None, "0 devices along 'data'"),
        ({"data": 2.0}, None, "whole numbers"),
        ({}, None, "a mesh is names and sizes"),
        (8, None, "a mesh is names and sizes"),
        (None, {"W": ("data",)}, "there is no mesh"),
        ({"data": 8}, {"W": "data"}, "a rule has an axis"),
        ({"data": 8}, {"W": ("data", "data")}, "split twice"),
    ],
)
def test_a_mesh_that_cannot_be_is_refused(mesh, shard, text):
    with pytest.raises(ValueError, match=text):
        over(mesh, shard)


def test_a_rule_that_does_not_fit_its_variable_is_refused():
    *_, W, b = classifier()
    for rule, text in [((None,), "'W' has 2 axes"), (("data", None), "3 does not divide by 8")]:
        session = over({"data": 8}, {"W": rule})
        with pytest.raises(ValueError, match=text):
            session.run([W * 1.0, b])


def test_a_mesh_saves_and_restores_and_goes_on_elsewhere(tmp_path):
    x, labels, loss, step, W, _ = classifier()
    session = over({"data": 4, "model": 2}, {"W": (None, "model")}, seed=4)
    (rows, y), (more, z), _ = batches()
    session.run(step, {x: rows, labels: y})
    session.save(tmp_path / "state.npz")
    expected = session.run([loss, step], {x: more, labels: z})[0]
    for other in (over({"data": 8}), gf.Session(), over({"data": 4, "model": 2})):
        other.restore(tmp_path / "state.npz")
        got = other.run([loss, step], {x: more, labels: z})[0]
        np.testing.assert_allclose(got, expected, 1e-12)
        np.testing.assert_allclose(other.value(W), session.value(W), 1e-12)


def test_random_numbers_taps_and_host_calls_are_as_on_one_device(capsys):
    x = gf.placeholder((None, 4), name="x")
    y = gf.print(gf.nn.dropout(x, 0.5), message="seen") * gf.special.erfcx(x)
    feed = {x: np.random.default_rng(0).normal(size=(8, 4))}
    got = over({"data": 8}, seed=1).run(y, feed)
    np.testing.assert_allclose(got, gf.Session(seed=1).run(y, feed), 1e-12)
    assert capsys.readouterr().out.count("seen") == 2


def test_a_failing_run_changes_nothing_over_a_mesh():
    x, labels, loss, step, W, _ = classifier()
    session = over({"data": 8})
    rows, y = batches()[0]
    session.run(step, {x: rows, labels: y})
    before = session.value(W)
    with pytest.raises(gf.ShapeError):
        session.run([loss, step], {x: rows, labels: y + 4})
    np.testing.assert_array_equal(session.value(W), before)


def test_a_layered_model_trains_over_a_mesh():
    history = []
    for options in ({}, {"backend": "jax", "mesh": {"data": 8}}):
        gf.reset_default_graph()
        rng = np.random.default_rng(0)
        x = gf.placeholder((None, 6), name="x")
        t = gf.placeholder((None, 2), name="t")
        model = gf.layers.MLP([6, 8, 2], name="mlp", rng=0)
        loss = gf.mean((model(x) - t) ** 2)
        data = gf.data.batches({x: rng.normal(size=(32, 6)), t: rng.normal(size=(32, 2))}, 16)
        session = gf.Session(seed=0, **options)
        found = gf.train(
            loss, gf.AdamOptimizer(0.01), data, epochs=2, progress=False, session=session
        )
        history.append(found.loss)
    np.testing.assert_allclose(history[1], history[0], 1e-10)
    assert len(jax.devices()) == 8
