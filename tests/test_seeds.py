"""The tutorials' own programs and numbers (seed 004, and what the engine alone can show)."""

import runpy
from pathlib import Path

import numpy as np
import pytest

import graphflow as gf

PROGRAM = Path(__file__).parent / "data" / "seed_004_program.py"


def test_the_program_of_seed_004_runs_as_it_stands(capsys):
    runpy.run_path(str(PROGRAM))
    out = capsys.readouterr().out
    assert "[ 2. -1.]" in out
    losses = [float(text.split()[-1]) for text in out.splitlines() if text.startswith("step")]
    published = [95.686814, 1.951367, 1.385531, 1.070916, 0.872129]
    published += [0.735976, 0.637270, 0.562606, 0.504233, 0.457374]
    np.testing.assert_allclose(losses, published, atol=5e-7)
    numbers = np.array(out.replace("[", " ").replace("]", " ").split()[-10:], dtype=float)
    weights = [1.163181, -1.771742, 2.124755, -0.369832, -0.458693, -0.518131]
    np.testing.assert_allclose(numbers[:6], weights, atol=5e-7)
    np.testing.assert_allclose(numbers[6:], 3 * numbers[:4] ** 2, rtol=1e-6)


def test_s004_2_the_perceptron():
    x = gf.placeholder()
    p = gf.sigmoid(gf.matmul(gf.Variable([1, 1]), x))
    assert gf.Session().run(p, {x: [3, 2]}) == pytest.approx(0.993307149076, abs=5e-13)


def test_s004_3_the_two_class_perceptron_with_seed_42():
    session, feed, J, step, _ = two_blobs(seed=42)
    losses = []
    for _ in range(91):
        losses.append(session.run([J, step], feed)[0])
    assert losses[0] == pytest.approx(90.679687, abs=5e-7)
    assert losses[90] == pytest.approx(0.112928, abs=5e-7)


def two_blobs(seed):
    np.random.seed(seed)
    red, blue = np.random.randn(50, 2) - 2, np.random.randn(50, 2) + 2
    X, c = gf.placeholder(), gf.placeholder()
    W, b = gf.Variable(np.random.randn(2, 2)), gf.Variable(np.random.randn(2))
    p = gf.softmax(gf.add(gf.matmul(X, W), b))
    J = gf.negative(gf.reduce_sum(gf.reduce_sum(gf.multiply(c, gf.log(p)), axis=1)))
    step = gf.GradientDescentOptimizer(0.01).minimize(J)
    feed = {X: np.concatenate((blue, red)), c: [[1, 0]] * 50 + [[0, 1]] * 50}
    return gf.Session(), feed, J, step, p


@pytest.mark.parametrize(
    ("seed", "first", "last", "accuracy"), [(1, 75.9462, 4.5276, 0.98), (2, None, 38.9124, 0.73)]
)
def test_s004_7_the_xor_network(seed, first, last, accuracy):
    np.random.seed(seed)
    red = np.r_[0.2 * np.random.randn(25, 2), 0.2 * np.random.randn(25, 2) + 1]
    blue = np.r_[0.2 * np.random.randn(25, 2) + [0, 1], 0.2 * np.random.randn(25, 2) + [1, 0]]
    X, c = gf.placeholder(), gf.placeholder()
    W1, b1 = gf.Variable(np.random.randn(2, 2)), gf.Variable(np.random.randn(2))
    W2, b2 = gf.Variable(np.random.randn(2, 2)), gf.Variable(np.random.randn(2))
    p = gf.softmax(gf.add(gf.matmul(gf.sigmoid(gf.add(gf.matmul(X, W1), b1)), W2), b2))
    J = gf.negative(gf.reduce_sum(gf.multiply(c, gf.log(p))))
    step = gf.GradientDescentOptimizer(0.03).minimize(J)
    classes = np.r_[[[1, 0]] * 50, [[0, 1]] * 50]
    feed = {X: np.r_[blue, red], c: classes}
    session = gf.Session()
    history = [session.run([J, step, p], feed) for _ in range(1000)]
    if first is not None:
        assert history[0][0] == pytest.approx(first, abs=5e-5)
    assert history[900][0] == pytest.approx(last, abs=5e-5)
    assert np.mean(history[-1][2].argmax(1) == classes.argmax(1)) == pytest.approx(accuracy)


def test_s003_gradient_of_the_mean_absolute_error():
    np.random.seed(42)
    x = np.linspace(-2, 2, 20)[:, None]
    f = 3 * x**2 + 2 * x + 1
    y = f * (1 + np.random.normal(scale=0.15, size=x.shape))
    y = y + np.random.normal(scale=0.5, size=x.shape)
    abc = gf.Variable([1.1, 1.1, 1.1])
    loss = gf.mean(gf.abs(abc[0] * x**2 + abc[1] * x + abc[2] - y))
    session = gf.Session()
    assert session.run(loss) == pytest.approx(2.317555, abs=5e-7)
    grad = session.run(gf.gradients(loss, abc)[0])
    np.testing.assert_allclose(grad, [-1.3529, -0.0316, -0.5000], atol=5e-5)
    step = gf.GradientDescentOptimizer(0.01, accumulate=True).minimize(loss)
    losses = [session.run([loss, step])[0] for _ in range(11)]
    printed = [2.32, 2.30, 2.26, 2.19, 2.11, 2.01, 1.88, 1.74, 1.58, 1.40, 1.24]
    np.testing.assert_allclose(np.round(losses, 2), printed, atol=0.0051)
    np.testing.assert_allclose(session.run(abc), [1.9861, 1.1301, 1.4160], atol=5e-5)


def test_s002_hand_gradients_of_the_two_layer_classifier():
    rs = np.random.RandomState(0)
    n, Nx, Nh, Ny = 5, 4, 6, 3
    xs, labels = rs.randn(n, Nx), rs.randint(0, Ny, n)
    W1, b1, W2, b2 = rs.randn(Nx, Nh), rs.randn(1, Nh), rs.randn(Nh, Ny), rs.randn(1, Ny)
    variables = [gf.Variable(v) for v in (W1, b1, W2, b2)]
    vW1, vb1, vW2, vb2 = variables
    h = gf.maximum(0, xs @ vW1 + vb1)
    score = h @ vW2 + vb2
    y = gf.exp(score) / gf.sum(gf.exp(score), axis=1, keepdims=True)
    loss = -gf.mean(gf.log(y[range(n), labels]))
    hand_h = np.maximum(0, xs @ W1 + b1)
    e = np.exp(hand_h @ W2 + b2)
    ds = e / e.sum(1, keepdims=True)
    ds[range(n), labels] -= 1
    ds /= n
    dr = ds @ W2.T * (hand_h > 0)
    hand = [xs.T @ dr, dr.sum(0, keepdims=True), hand_h.T @ ds, ds.sum(0, keepdims=True)]
    value, grads = gf.Session().run([loss, gf.gradients(loss, variables)])
    assert value == pytest.approx(3.83923266, abs=5e-9)
    for grad, expected in zip(grads, hand, strict=True):
        np.testing.assert_allclose(grad, expected, atol=1e-14)
