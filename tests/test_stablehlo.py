"""StableHLO of a graph runs in JAX alone, with any batch, and gives what the graph gives here."""

import os
import subprocess
import sys
from typing import NamedTuple

import jax
import numpy as np
import pytest
from cases import CASES
from trials import Case, weighed_sum

import graphflow as gf

ALL = os.environ.get("GRAPHFLOW_DEEP") == "1"
DTYPES = pytest.mark.parametrize("dtype", [np.float64, np.float32])


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _wide_numbers():
    """What runs an artifact switches JAX's 64-bit numbers on, where it has any."""
    with jax.enable_x64(True):
        yield


def assert_close(got, expected, dtype):
    leaves, tree = jax.tree.flatten(got)
    wanted, same = jax.tree.flatten(expected)
    assert tree == same
    for a, b in zip(map(np.asarray, leaves), map(np.asarray, wanted), strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        largest = np.max(np.abs(b), initial=0.0)
        eps = np.finfo(dtype).eps
        np.testing.assert_allclose(a, b, 256 * eps, 32 * eps * largest)


def perceptron(rng, dtype):
    x = gf.placeholder((None, 5), dtype=dtype, name="x")
    t = gf.placeholder((None,), dtype=np.int64, name="t")
    new = [(0.4 * rng.normal(size=s)).astype(dtype) for s in [(5, 8), (8,), (8, 3)]]
    layers = [gf.Variable(value, name=f"layer{i}") for i, value in enumerate(new)]
    scores = gf.tanh(x @ layers[0] + layers[1]) @ layers[2]
    loss = gf.mean(gf.sparse_softmax_cross_entropy_with_logits(labels=t, logits=scores))
    return [x, t], {"scores": scores, "loss": loss, "slopes": gf.gradients(loss, [*layers, x])}


@DTYPES
def test_a_perceptron_with_gradients_runs_with_any_batch(rng, dtype):
    inputs, fetches = perceptron(rng, dtype)
    exported = gf.io.to_stablehlo(fetches, inputs)
    for n in (1, 7):
        feeds = rng.normal(size=(n, 5)).astype(dtype), rng.integers(0, 3, n)
        expected = gf.Session().run(fetches, dict(zip(inputs, feeds, strict=True)))
        assert_close(exported.call(*feeds), expected, dtype)


@DTYPES
def test_a_convolutional_network_with_gradients_runs_with_any_batch(rng, dtype):
    x = gf.placeholder((None, 7, 7, 2), dtype=dtype, name="x")
    K = gf.Variable((0.3 * rng.normal(size=(3, 3, 2, 4))).astype(dtype), name="K")
    W = gf.Variable((0.3 * rng.normal(size=(36, 3))).astype(dtype), name="W")
    hidden = gf.nn.max_pool(gf.relu(gf.nn.conv2d(x, K, padding="same")), 2)
    loss = gf.mean(gf.softmax(gf.reshape(hidden, (-1, 36)) @ W) ** 2)
    fetches = [loss, *gf.gradients(loss, [K, W, x])]
    exported = gf.io.to_stablehlo(fetches, x)
    for n in (9,):
        feed = rng.normal(size=(n, 7, 7, 2)).astype(dtype)
        assert_close(exported.call(feed), gf.Session().run(fetches, {x: feed}), dtype)


ALONE = """
import sys
sys.modules["graphflow"] = None  # as if it were not installed
import jax, numpy as np
jax.config.update("jax_enable_x64", True)
exported = jax.export.deserialize(open("model.stablehlo", "rb").read())
given = np.load("given.npz")
found = exported.call(given["x"], given["t"])
np.savez("found.npz", scores=found["scores"], loss=found["loss"], **{
    f"slope{i}": slope for i, slope in enumerate(found["slopes"])})
"""


def test_the_file_runs_without_graphflow(rng, tmp_path):
    inputs, fetches = perceptron(rng, np.float64)
    gf.io.to_stablehlo(fetches, inputs, tmp_path / "model.stablehlo")
    assert [file.name for file in tmp_path.iterdir()] == ["model.stablehlo"]
    x, t = rng.normal(size=(23, 5)), rng.integers(0, 3, 23)
    np.savez(tmp_path / "given.npz", x=x, t=t)
    done = subprocess.run([sys.executable, "-c", "import jax.export" + ALONE], cwd=tmp_path,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    expected = gf.Session().run(fetches, dict(zip(inputs, (x, t), strict=True)))
    with np.load(tmp_path / "found.npz") as found:
        got = {"scores": found["scores"], "loss": found["loss"],
               "slopes": [found[f"slope{i}"] for i in range(len(expected["slopes"]))]}  # fmt: skip
    assert_close(got, expected, np.float64)


def test_a_file_has_no_paths_of_this_machine(rng, tmp_path):
    inputs, fetches = perceptron(rng, np.float64)
    gf.io.to_stablehlo(fetches, inputs, tmp_path / "model")
    data = (tmp_path / "model").read_bytes()
    assert b".py" not in data
    assert os.path.dirname(gf.__file__).encode() not in data


class Pair(NamedTuple):
    value: gf.Node
    step: gf.Node


def test_a_training_step_has_the_new_values_of_variables(rng):
    x = gf.placeholder((None, 3), name="x")
    w = gf.Variable(np.ones(3), name="w")
    loss = gf.mean((x @ w) ** 2)
    step = gf.GradientDescentOptimizer(0.1).minimize(loss)
    session = gf.Session()
    exported = gf.io.to_stablehlo(Pair(loss, step), [x, w], session=session)
    feed, value = rng.normal(size=(9, 3)), np.ones(3)
    for _ in range(3):
        (found, none), new = exported.call(feed, value)
        value = np.asarray(new["w"])
        assert none is None
        assert float(found) == pytest.approx(session.run([loss, step], {x: feed})[0], rel=1e-13)
    np.testing.assert_allclose(value, session.value(w), rtol=1e-13)


def test_a_function_of_a_session_on_jax_can_be_exported(rng):
    x = gf.placeholder((None, 3), name="x")
    w = gf.Variable(np.ones(3), name="w")
    session = gf.Session(backend="jax")
    session.run(gf.assign(w, [1.0, 2, 3]))
    f = session.make_callable(x @ w, [x])
    feed = rng.normal(size=(4, 3))
    np.testing.assert_allclose(gf.io.to_stablehlo(f).call(feed), f(feed), rtol=1e-13)


def test_two_open_sizes_and_what_is_counted_of_them(rng):
    x = gf.placeholder(("b", "t", 4), name="x")
    y = gf.softmax(x @ gf.matrix_transpose(x)) @ x
    fetches = [y, gf.mean(y), gf.var(x, axis=(0, 1)), gf.cumsum(x[:, ::-1], axis=1)]
    exported = gf.io.to_stablehlo(fetches, x)
    for b, t in [(2, 3), (5, 2)]:
        feed = rng.normal(size=(b, t, 4))
        assert_close(exported.call(feed), gf.Session().run(fetches, {x: feed}), np.float64)


def test_names_of_sizes_may_be_any_text():
    with gf.name_scope("net"):
        x = gf.placeholder(("max", None), name="x")  # the second size is called "net/x_1"
    exported = gf.io.to_stablehlo(gf.sum(x, axis=0), x)
    np.testing.assert_array_equal(exported.call(np.ones((3, 4))), [3, 3, 3, 3])


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lambda x: gf.py_func(np.sin, [x], (4,), np.float64), "it is Python code on arrays"),
        (lambda x: x + gf.random.normal((4,)), "functions of the session's seed"),
        (lambda x: gf.special.erfcx(x), "NumPy computes it in the middle of a step"),
        (lambda x: gf.special.iv(2, x), "NumPy computes it in the middle of a step"),
        (lambda x: gf.flatnonzero(x), "how many results there are"),
    ],
)
def test_what_cannot_leave_is_named_with_its_line_and_nothing_is_written(made, why, tmp_path):
    x = gf.placeholder((4,), name="x")
    with pytest.raises(gf.GraphError, match=f"to_stablehlo: .* cannot be exported: .*{why}") as e:
        gf.io.to_stablehlo(made(x), x, tmp_path / "model")
    assert "test_stablehlo.py:" in str(e.value)
    assert list(tmp_path.iterdir()) == []


def test_what_jax_cannot_do_with_an_open_size_is_named():
    x = gf.placeholder(("n",), name="x")
    with pytest.raises(gf.GraphError, match=r"axes of fixed size only\n.*test_stablehlo.py:"):
        gf.io.to_stablehlo(gf.real(gf.fft.fft(x)), x)
    for y in (gf.convolve(x, x), gf.unique_inverse(x).inverse_indices):
        with pytest.raises(gf.GraphError, match=r"of fixed sizes only\n.*test_stablehlo.py:"):
            gf.io.to_stablehlo(y, x)
    with pytest.raises(gf.GraphError, match=r"how many results there.*\n.*test_stablehlo.py:"):
        gf.io.to_stablehlo(gf.unique(x), x)


def test_without_jax_the_install_line_is_said(monkeypatch):
    monkeypatch.setattr("graphflow.export.as_stablehlo.find_spec", lambda name: None)
    x = gf.placeholder((3,), name="x")
    with pytest.raises(gf.MissingError, match=r'pip install "graphflow-autodiff\[jax\]"'):
        gf.io.to_stablehlo(x + 1, x)


SOME = (
    "Sigmoid Power LogSumExp Cumsum Concatenate Getitem TakeAlongAxis PutAlongAxis IndexAdd Where "
    "MaxPool Softmax Argsort OneHot"
).split()
OPEN = [c for c in CASES if ALL or c.op in SOME]


@pytest.mark.parametrize("case", OPEN, ids=lambda case: case.op)
def test_operations_run_with_a_batch_that_they_were_not_recorded_for(case: Case):
    for trial in case.trials():
        sizes = {shape[0] if shape else 0 for shape in trial.shapes}
        if len(sizes) == 1 and min(sizes) > 1 and trial.dtype is case.dtypes[0]:
            run_with_another_batch(trial)
            return


def run_with_another_batch(trial):
    n = 2 if trial.case.op == "Cholesky" else 7  # of more rows than columns x x' is singular
    arrays = trial._replace(shapes=tuple([(n, *shape[1:]) for shape in trial.shapes])).arrays()
    pairs = zip(arrays, trial.shapes, strict=True)
    xs = [gf.placeholder(("n", *shape[1:]), dtype=a.dtype) for a, shape in pairs]
    floats = [x for x in xs if x.dtype.kind == "f"]
    try:
        y = trial.case.build(*xs, **trial.options)
        smooth = y.dtype.kind == "f" and floats and trial.case.order
        slopes = gf.gradients(weighed_sum(y), floats, unconnected="zero") if smooth else []
        exported = gf.io.to_stablehlo([y, *slopes], xs)
    except gf.GraphflowError as error:
        reasons = "cannot be exported|not for every size|must be known|which axes|fixed size|JAX"
        if not any(reason in str(error) for reason in reasons.split("|")):
            raise
        return
    expected = gf.Session(seed=0).run([y, *slopes], dict(zip(xs, arrays, strict=True)))
    assert_close(exported.call(*arrays), expected, np.float64)
