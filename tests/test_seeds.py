"""The tutorials' own programs and numbers: what they train, with which losses and weights."""

import runpy
from itertools import pairwise
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


def points_of_tutorial_3(dtype=np.float64):
    np.random.seed(42)
    x = np.linspace(-2, 2, 20).astype(dtype)[:, None]
    f = 3 * x**2 + 2 * x + 1
    y = f * (1 + np.random.normal(scale=0.15, size=x.shape))
    return x, (y + np.random.normal(scale=0.5, size=x.shape)).astype(dtype)


def parabola(dtype=np.float64):
    """The coefficients of tutorial 3 and their mean absolute error."""
    x, y = points_of_tutorial_3(dtype)
    abc = gf.Variable(np.full(3, 1.1, dtype))
    return abc, gf.losses.absolute_difference(y, abc[0] * x**2 + abc[1] * x + abc[2])


def losses_of(step, loss, count, session):
    """The loss before each of so many steps."""
    run = session.make_callable([loss, step], [])
    return np.array([run()[0] for _ in range(count)])


def test_s003_2_and_3_points_error_and_gradient():
    y = points_of_tutorial_3()[1]
    np.testing.assert_allclose(y[:5, 0], [10.4034, 6.7691, 5.8721, 4.0551, 2.3391], atol=5e-5)
    abc, loss = parabola()
    value, grad = gf.Session().run([loss, gf.gradients(loss, abc)[0]])
    assert value == pytest.approx(2.317555, abs=5e-7)
    np.testing.assert_allclose(grad, [-1.3529, -0.0316, -0.5000], atol=5e-5)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("accumulate", "printed", "last"),
    [
        (True, [2.32, 2.30, 2.26, 2.19, 2.11, 2.01, 1.88, 1.74, 1.58, 1.40, 1.24],
         [1.9861, 1.1301, 1.4160]),
        (False, [2.32, 2.30, 2.28, 2.26, 2.23, 2.21, 2.19, 2.17, 2.15, 2.13, 2.11],
         [1.2488, 1.1035, 1.1550]),
    ],
)  # fmt: skip
def test_s003_4_to_6_steps_with_gradients_summed_and_not(dtype, accumulate, printed, last):
    abc, loss = parabola(dtype)
    step = gf.GradientDescentOptimizer(0.01, accumulate=accumulate).minimize(loss)
    session = gf.Session()
    first = losses_of(step, loss, 1, session)
    np.testing.assert_allclose(session.value(abc), [1.1135, 1.1003, 1.1050], atol=5e-5)
    values = [*first, *losses_of(step, loss, 10, session)]
    np.testing.assert_allclose(values, printed, atol=0.0051)
    np.testing.assert_allclose(session.value(abc), last, atol=5e-5)


def test_s003_7_summed_gradients_overshoot_and_single_ones_come_near_the_optimum():
    abc, loss = parabola()
    session = gf.Session()
    summed = gf.GradientDescentOptimizer(0.01, accumulate=True).minimize(loss)
    values = losses_of(summed, loss, 200, session)
    rise = int(np.flatnonzero(np.diff(values) > 0)[0])
    assert rise == 14
    np.testing.assert_allclose(values[[14, 15]], [0.6882, 0.8237], atol=5e-5)
    assert values.argmin() == 86
    np.testing.assert_allclose([values.min(), values[86:].max()], [0.6175, 2.3354], atol=5e-5)
    as_momentum = gf.MomentumOptimizer(0.01, momentum=1.0).minimize(loss)
    np.testing.assert_allclose(losses_of(as_momentum, loss, 200, gf.Session()), values, rtol=1e-12)

    plain = losses_of(gf.GradientDescentOptimizer(0.01).minimize(loss), loss, 2000, gf.Session())
    assert np.flatnonzero(np.diff(plain) > 0)[0] == 208
    assert plain.min() == pytest.approx(0.4963, abs=5e-5)
    optimum, true = [2.694572, 1.349506, 0.856020], [3, 2, 1]
    assert session.run(loss, {abc: optimum}) == pytest.approx(0.496344, abs=1e-6)
    assert session.run(loss, {abc: true}) == pytest.approx(0.8431, abs=5e-5)


def test_s000_6_a_line_by_descent():
    np.random.seed(0)
    x = np.arange(0, 10, 1)
    y = x + np.random.normal(0, 1, 10)
    w, b = gf.Variable(0.0), gf.Variable(0.0)
    loss = gf.losses.mean_squared_error(y, w * x + b)
    step = gf.GradientDescentOptimizer(0.01).minimize(loss)
    session = gf.Session()
    run = session.make_callable([w, b, loss, step], [])
    after = [run()[:3] for _ in range(1001)]
    np.testing.assert_allclose(after[1][:2], [0.60834964, 0.10476046], atol=5e-9)
    np.testing.assert_allclose(after[50], [0.99053539, 0.49613139, 0.99034206], atol=5e-9)
    np.testing.assert_allclose(after[1000], [0.83060424, 1.49899340, 0.69644175], atol=5e-9)


def linear_of_tutorial_0(inputs, outputs):
    bound = np.sqrt(6 / (inputs + outputs))
    W = np.random.uniform(-bound, bound, (outputs, inputs))
    b = np.random.uniform(-bound, bound, outputs)
    return gf.layers.Linear(inputs, outputs, weight_init=W.T, bias_init=b)


@pytest.mark.parametrize(
    ("activation", "final"),
    [
        (gf.relu, [0.092874, 0.101361, 0.109134, 0.092457, 0.094264]),
        (gf.tanh, [0.089794, 0.107155, 0.118424, 0.104166, 0.099118]),
    ],
)
def test_s000_9_fits_of_a_noisy_sine(activation, final):
    rate = gf.schedules.exponential(0.075, 0.998, first=1)  # it decays before the first step
    assert rate(249) == pytest.approx(0.045467, abs=5e-7)
    for seed in range(5):
        np.random.seed(seed)
        x = np.sort(np.random.randn(128, 1), axis=0)
        t = np.sin(x * np.pi / 2) + 0.3 * np.random.randn(128, 1)
        hidden = [linear_of_tutorial_0(1, 20), activation, linear_of_tutorial_0(20, 20), activation]
        model = gf.layers.Sequential([*hidden, linear_of_tutorial_0(20, 1)])
        loss = gf.losses.mean_squared_error(t, model(x))
        session = gf.Session()
        train = session.make_callable(gf.GradientDescentOptimizer(rate).minimize(loss), [])
        for _ in range(250):
            train()
        assert session.run(loss) == pytest.approx(final[seed], abs=5e-7)


def regressor(sizes, x):
    """The network of tutorial 1, on columns: its weights, biases and output."""
    rng = np.random.default_rng(42)
    weights = [gf.Variable(rng.standard_normal((b, a)) * 0.1) for a, b in pairwise(sizes)]
    biases = [gf.Variable(np.zeros((b, 1))) for b in sizes[1:]]
    a = x
    for W, b in zip(weights, biases, strict=True):
        z = W @ a + b
        a = gf.relu(z)
    return weights, biases, z


def test_s001_6_its_gradients_are_too_small_by_exactly_the_batch():
    drawn = np.random.default_rng(0)
    x, y = drawn.standard_normal((3, 16)), drawn.standard_normal((2, 16))
    weights, _, output = regressor([3, 8, 8, 2], x)
    grads = gf.Session().run(gf.gradients(gf.losses.mean_squared_error(y, output), weights))

    W = [v.initial_value for v in weights]
    a = [x]
    for w in W[:-1]:
        a.append(np.maximum(w @ a[-1], 0))
    d = 2 / y.size * (W[-1] @ a[-1] - y)
    for layer in (2, 1, 0):
        printed = d @ a[layer].T / 16
        np.testing.assert_allclose(grads[layer], 16 * printed, rtol=1e-11)
        d = W[layer].T @ d * (a[layer] > 0)


@pytest.mark.parametrize(("rate", "last"), [(0.1 / 64, 0.13059483), (0.1, 0.00137959)])
def test_s001_6_the_regressor_with_gradients_as_printed_and_right(rate, last):
    x = np.linspace(-2, 2, 64)[None]
    _, _, output = regressor([1, 20, 20, 1], x)
    loss = gf.losses.mean_squared_error(np.sin(x), output)
    step = gf.GradientDescentOptimizer(rate).minimize(loss)
    values = losses_of(step, loss, 2001, gf.Session())
    np.testing.assert_allclose(values[[0, 2000]], [0.59502897, last], atol=5e-9)


def test_s002_4_the_two_layer_classifier_on_the_spiral():
    np.random.seed(0)
    points, classes = np.zeros((300, 2)), np.repeat(np.arange(3), 100)
    for j in range(3):
        radius = np.linspace(0, 1, 100)
        angle = np.linspace(j * 4, (j + 1) * 4, 100) + np.random.randn(100) * 0.2
        points[classes == j] = np.c_[radius * np.sin(angle), radius * np.cos(angle)]
    hidden = gf.layers.Linear(2, 100, weight_init=0.01 * np.random.randn(2, 100))
    output = gf.layers.Linear(100, 3, weight_init=0.01 * np.random.randn(100, 3))
    scores = output(gf.relu(hidden(points)))
    loss = gf.losses.sparse_softmax_cross_entropy(classes, scores)
    session = gf.Session()
    values = losses_of(gf.GradientDescentOptimizer(1.0).minimize(loss), loss, 1000, session)
    last, found = session.run([loss, scores])
    np.testing.assert_allclose([values[0], last], [1.09873981, 0.10771022], atol=5e-9)
    assert gf.metrics.accuracy(classes, found) == pytest.approx(0.97)


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
