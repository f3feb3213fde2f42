"""A number that many results are multiplied by is applied once, and nothing else changes."""

import numpy as np
import pytest
from test_program import assert_close

import graphflow as gf
from graphflow.backends import Interpreter, Runner
from graphflow.primitives import Spec
from graphflow.program import record, scaling, specialize


def both(fetches, feeds):
    """Results of the graph as it is written and simplified, and the calls of the latter."""
    specs = {x: Spec(np.shape(value), x.dtype) for x, value in feeds.items()}
    plain, quick = (record(specialize(fetches, specs), optimize) for optimize in (False, True))
    arrays = list(feeds.values())
    return Interpreter(plain)({}, arrays, None), Runner(quick)({}, arrays, None), quick


def factors(program):
    return sum(scaling._factor(program, call) is not None for call in program.calls)


def classifier(rate):
    rng = np.random.default_rng(0)
    x, labels = gf.placeholder((16, 5), name="x"), gf.placeholder((16, 3), name="labels")
    variables = [
        gf.Variable(rng.normal(size=shape)) for shape in [(5, 8), (8,), (8, 4), (4,), (4, 3), (3,)]
    ]
    h = x
    for i, f in enumerate([gf.tanh, gf.relu, gf.log_softmax]):
        h = f(h @ variables[2 * i] + variables[2 * i + 1])
    loss = -gf.sum(labels * h) / 16
    step = gf.GradientDescentOptimizer(rate).minimize(loss)
    feeds = {x: rng.normal(size=(16, 5)), labels: np.eye(3)[rng.integers(0, 3, 16)]}
    return loss, step, variables, feeds


@pytest.mark.parametrize("rate", [0.05, -3.0])
def test_a_learning_rate_is_multiplied_once(rate):
    loss, step, variables, feeds = classifier(rate)
    expected, got, program = both([loss, step], feeds)
    assert len(program.updates) == len(variables)
    assert factors(program) == 2  # and the mean
    for a, b in zip(got, expected, strict=True):
        assert_close(np.asarray(a), np.asarray(b))


def test_a_sign_behind_the_factor_goes_into_it():
    x, c = gf.placeholder((100, 2)), gf.placeholder((100, 2))
    weights, bias = gf.Variable([[1.0, -2.0], [0.5, 3.0]]), gf.Variable([0.1, -0.2])
    loss = -gf.sum(c * gf.log(gf.softmax(x @ weights + bias)))
    step = gf.GradientDescentOptimizer(0.01).minimize(loss)
    train = gf.function(loss, [x, c], updates=step)
    rng = np.random.default_rng(0)
    points, classes = rng.normal(size=(100, 2)), rng.random((100, 2))
    scores = np.exp(points @ [[1.0, -2.0], [0.5, 3.0]] + [0.1, -0.2])
    p = scores / scores.sum(1, keepdims=True)
    train(points, classes)
    slope = p * classes.sum(1, keepdims=True) - classes
    moved = [[1.0, -2.0], [0.5, 3.0]] - 0.01 * points.T @ slope
    np.testing.assert_allclose(train.session.run(weights), moved, rtol=1e-12)
    products = {call.output for call in train.program.calls if call.name == "multiply"}
    signed = [call for call in train.program.calls if call.name == "negative"]
    assert signed
    assert not any(call.args[0].value in products for call in signed)


def test_gradients_that_are_fetched_stay_what_they_are():
    loss, step, variables, feeds = classifier(0.05)
    grads = gf.gradients(loss, variables)
    for fetches in ([loss, *grads, step], [grads[2], step], [grads[0] * 2, grads[5], step]):
        expected, got, _ = both(fetches, feeds)
        for a, b in zip(got, expected, strict=True):
            assert_close(np.asarray(a), np.asarray(b))


def linear(x, w):
    """Results that are linear in x, by every call that passes numbers on."""
    y = w[:3, :3]
    return [
        gf.reshape(-x, (9,)), gf.transpose(x) @ y, y @ x, gf.broadcast_to(x, (2, 3, 3)) * 2,
        x[1:, ::-1], gf.sum(x, axis=1), gf.sum(x), gf.where(y > 0, x, 0), x / y, y * x,
        (x * 2) + (x / y) * 3, gf.sum(x * y) * x[0], x * y * x[0, 0], *windowed(x, y),
    ]  # fmt: skip


def windowed(x, y):
    """Results of one image that are linear in x."""
    image, square = (gf.reshape(z, (1, 3, 3, 1)) for z in (x, y))
    kernel = gf.reshape(y, (3, 3, 1, 1))
    pooled = gf.nn.max_pool(square, 3, 1, 1)
    return [
        gf.nn.conv2d(image, kernel, padding="SAME"), gf.nn.conv_transpose2d(image, kernel),
        gf.gradients(gf.nn.conv2d(square, kernel, padding=1), kernel, image)[0],
        gf.nn.avg_pool(image, 2), gf.gradients(pooled, y, image)[0],
    ]  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("seed", range(12))
def test_any_results_times_one_number(seed, dtype):
    rng = np.random.default_rng(seed)
    x, w = gf.placeholder((3, 3), dtype, name="x"), gf.placeholder((4, 4), dtype, name="w")
    start = gf.tanh(x) * 0.125 if seed % 3 else gf.tanh(x)
    found = linear(start, w)
    chosen = [found[i] for i in rng.choice(len(found), 5, replace=False)]
    fetches = [value * 0.3 for value in chosen]
    fetches += [chosen[0], gf.stack([gf.sum(fetches[1]), w[0, 0]])] if seed % 2 else []
    feeds = {x: rng.normal(size=(3, 3)).astype(dtype), w: rng.normal(size=(4, 4)).astype(dtype)}
    expected, got, _ = both(fetches, feeds)
    for a, b in zip(got, expected, strict=True):
        assert_close(np.asarray(a), np.asarray(b))


def test_a_call_that_is_not_linear_would_be_noticed(monkeypatch):
    monkeypatch.setattr(scaling, "_FIRST", (*scaling._FIRST, "square"))
    x = gf.placeholder((4,), name="x")
    squares = gf.square(gf.sin(x) * 0.5)
    fetches = [squares[:2] * 3, gf.flip(squares) * 3, gf.sum(squares) * 3]
    expected, got, _ = both(fetches, {x: np.arange(4.0)})
    assert not np.allclose(got[0], expected[0])


def test_programs_without_such_numbers_are_left_alone():
    x = gf.placeholder((4,), name="x")
    for fetches in ([x * 3], [x * 3, x[1:] * 2], [gf.exp(x) * 3, gf.sin(x) * 3]):
        expected, got, program = both(fetches, {x: np.arange(4.0)})
        assert factors(program) == len(fetches)
        for a, b in zip(got, expected, strict=True):
            assert_close(np.asarray(a), np.asarray(b))


def test_a_rate_is_moved_over_as_many_entries_as_a_run_finds():
    x = gf.placeholder((None,), name="x")
    v, w = gf.Variable(2.0), gf.Variable(0.5)
    u = gf.unique_values(x)
    step = gf.GradientDescentOptimizer(0.1).minimize(gf.sum(gf.sin(v * u) * gf.cos(w * u)))
    session = gf.Session()
    session.run(step, {x: [1.5, 0.5, 1.5]})
    u = np.array([0.5, 1.5])
    by_v, by_w = np.cos(2 * u) * u * np.cos(u / 2), -np.sin(2 * u) * np.sin(u / 2) * u
    np.testing.assert_allclose(session.value(v), 2 - 0.1 * by_v.sum(), rtol=1e-14)
    np.testing.assert_allclose(session.value(w), 0.5 - 0.1 * by_w.sum(), rtol=1e-14)
