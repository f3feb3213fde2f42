"""Layers are the formulas of their docstrings over variables that are named, shared and trained."""

import numpy as np
import pytest
import scipy.special as sp

import graphflow as gf
from graphflow import initializers, layers

RNG = np.random.default_rng(4)
sigmoid, tanh = sp.expit, np.tanh


def run(fetches, feed=None):
    return gf.Session(seed=0).run(fetches, feed)


def values(layer):
    return {v.name.rpartition("/")[2]: v.initial_value for v in layer.variables}


# ---- formulas ---------------------------------------------------------------------------------


def test_linear_is_its_formula_over_any_leading_axes():
    layer = layers.Linear(3, 2, rng=0, activation=gf.tanh, bias_init=np.array([0.5, -1.0]))
    v = values(layer)
    for shape in ((3,), (4, 3), (2, 4, 3)):
        x = RNG.normal(size=shape)
        np.testing.assert_allclose(run(layer(x)), tanh(x @ v["W"] + [0.5, -1.0]), rtol=1e-13)
    assert np.abs(v["W"]).max() <= np.sqrt(6 / 5)
    bare = layers.Linear(3, 2, rng=0, bias_init=None, name="bare")
    assert bare.b is None
    assert [w.name for w in bare.variables] == ["bare/W"]
    np.testing.assert_allclose(run(bare(x)), x @ values(bare)["W"], rtol=1e-13)


def test_an_mlp_is_linear_layers_with_activations_between():
    mlp = layers.MLP([3, 5, 4, 2], rng=0, activation=gf.tanh, bias_init=initializers.normal)
    w = [v.initial_value for v in mlp.variables]
    x = RNG.normal(size=(6, 3))
    wanted = tanh(tanh(x @ w[0] + w[1]) @ w[2] + w[3]) @ w[4] + w[5]
    np.testing.assert_allclose(run(mlp(x)), wanted, rtol=1e-12)
    line = layers.MLP([3, 2], rng=0, activation=gf.tanh)
    np.testing.assert_allclose(run(line(x)), x @ values(line)["W"], rtol=1e-13)


def test_sequential_is_its_parts_one_after_the_other():
    first, last = layers.Linear(3, 4, rng=0), layers.Linear(4, 2, rng=1)
    model = layers.Sequential([first, gf.relu, last])
    x = RNG.normal(size=(5, 3))
    a, b = values(first), values(last)
    wanted = np.maximum(x @ a["W"] + a["b"], 0) @ b["W"] + b["b"]
    np.testing.assert_allclose(run(model(x)), wanted, rtol=1e-13)
    assert model.variables == (*first.variables, *last.variables)


def test_convolutions_are_those_of_nn_plus_a_bias():
    layer = layers.Conv2d(3, 4, (2, 3), rng=0, padding="SAME", strides=2, bias_init=np.arange(4.0))
    x = RNG.normal(size=(2, 5, 6, 3))
    plain = gf.nn.conv2d(x, values(layer)["W"], 2, "SAME")
    np.testing.assert_allclose(run(layer(x)), run(plain) + np.arange(4), rtol=1e-13)
    assert values(layer)["W"].shape == (2, 3, 3, 4)
    line = layers.Conv1d(4, 6, 3, rng=0, groups=2, data_format="NCW", bias_init=np.arange(6.0))
    x = RNG.normal(size=(2, 4, 7))
    plain = gf.nn.conv1d(x, values(line)["W"], groups=2, data_format="NCW")
    np.testing.assert_allclose(run(line(x)), run(plain) + np.arange(6)[:, None], rtol=1e-13)
    area = layers.Conv2d(2, 4, 2, rng=0, data_format="NCHW", activation=gf.tanh,
                         bias_init=np.arange(4.0))  # fmt: skip
    x = RNG.normal(size=(2, 2, 3, 4))
    plain = run(gf.nn.conv2d(x, values(area)["W"], data_format="NCHW"))
    np.testing.assert_allclose(run(area(x)), tanh(plain + np.arange(4.0).reshape(4, 1, 1)), 1e-13)
    bare = layers.Conv2d(2, 4, 2, rng=0, bias_init=None)
    assert bare.b is None
    np.testing.assert_array_equal(
        run(bare(np.ones((1, 2, 2, 2)))), run(gf.nn.conv2d(np.ones((1, 2, 2, 2)), bare.W))
    )


def test_layer_norm_and_embedding_are_their_formulas():
    norm, table = layers.LayerNorm(4), layers.Embedding(7, 3, rng=0)
    x = RNG.normal(size=(2, 4))
    standard = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(run(norm(x)), standard, rtol=1e-12)
    ids = np.array([[0, 6], [2, 2]])
    np.testing.assert_array_equal(run(table(ids)), values(table)["W"][ids])


def lstm(x, h, c, W, U, b):
    i, f, g, o = np.split(x @ W + h @ U + b, 4, -1)
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(c), c


def gru(x, h, W, U, b, b_hidden):
    (xr, xz, xn), (hr, hz, hn) = np.split(x @ W + b, 3, -1), np.split(h @ U, 3, -1)
    r, z = sigmoid(xr + hr), sigmoid(xz + hz)
    return ((1 - z) * tanh(xn + r * (hn + b_hidden)) + z * h,)


def elman(x, h, W, U, b):
    return (tanh(x @ W + h @ U + b),)


@pytest.mark.parametrize("times", [1, 5])
@pytest.mark.parametrize(
    ("kind", "formula", "count"),
    [(layers.RNNCell, elman, 1), (layers.LSTMCell, lstm, 2), (layers.GRUCell, gru, 1)],
)
def test_cells_go_through_time_by_their_formulas(kind, formula, count, times):
    cell = kind(3, 4, rng=0)
    weights = {v: RNG.normal(size=v.shape) for v in cell.variables}
    by_name = {v.name.rpartition("/")[2]: value for v, value in weights.items()}
    x = RNG.normal(size=(2, times, 3))
    node = gf.placeholder((None, times, 3))
    for start in (np.zeros((count, 2, 4)), RNG.normal(size=(count, 2, 4))):
        state = tuple(start)
        outputs = []
        for t in range(times):
            state = formula(x[:, t], *state, **by_name)
            outputs.append(state[0])
        given = tuple(gf.constant(s) for s in start) if start.any() else None
        found, last = run(cell.unroll(node, given), {node: x, **weights})
        np.testing.assert_allclose(found, np.stack(outputs, 1), rtol=1e-12)
        np.testing.assert_allclose(last, state, rtol=1e-12)
        if given is None:
            np.testing.assert_array_equal(run(cell(node), {node: x, **weights}), found)


def test_the_lstm_begins_by_forgetting_nothing():
    np.testing.assert_array_equal(
        values(layers.LSTMCell(1, 2, rng=0))["b"], [0, 0, 1, 1, 0, 0, 0, 0]
    )


def attention(layer, x, key, value, mask):
    """The sum over heads of softmax(q k' / sqrt(d)) v by the output, of one example."""
    w = values(layer)
    wanted = 0.0
    for head in range(w["output"].shape[0]):
        q, k, v = (a @ w[n][:, head] for a, n in ((x, "query"), (key, "key"), (value, "value")))
        scores = np.where(mask, q @ k.T / np.sqrt(q.shape[-1]), -np.inf)
        wanted = wanted + sp.softmax(scores, -1) @ v @ w["output"][head]
    return wanted


def test_attention_is_its_formula_per_head():
    layer = layers.MultiHeadAttention(6, 2, rng=0, causal=True)
    x = RNG.normal(size=(1, 4, 6))
    wanted = attention(layer, x[0], x[0], x[0], np.tri(4, dtype=bool))
    np.testing.assert_allclose(run(layer(x))[0], wanted, rtol=1e-12)
    key, value = RNG.normal(size=(2, 1, 5, 6))
    across = layers.MultiHeadAttention(6, 3, rng=0)
    wanted = attention(across, x[0], key[0], key[0], True)
    np.testing.assert_allclose(run(across(x, key))[0], wanted, rtol=1e-12)
    wanted = attention(across, x[0], key[0], value[0], True)
    np.testing.assert_allclose(run(across(x, key, value))[0], wanted, rtol=1e-12)


def test_flatten_keeps_the_batch():
    x = gf.placeholder((None, 2, 3))
    assert layers.flatten(x).shape == (None, 6)
    with pytest.raises(gf.ShapeError, match="must be known"):
        layers.flatten(gf.placeholder((None, 2, None)))
    for unfit in (gf.placeholder(), gf.placeholder(())):
        with pytest.raises(gf.ShapeError, match="a batch of known rank"):
            layers.flatten(unfit)


# ---- training and predicting ------------------------------------------------------------------


def test_batch_norm_predicts_by_the_statistics_it_gathered():
    x = gf.placeholder((None, 2))
    layer = layers.BatchNorm(2, momentum=0.75)
    model = layers.Sequential([layer, gf.tanh])
    trained, predicted = model(x, training=True), model(x)
    (update,) = model.updates
    batch = RNG.normal(loc=3, size=(8, 2))
    session = gf.Session()
    found, _ = session.run([trained, update], {x: batch})
    standard = (batch - batch.mean(0)) / np.sqrt(batch.var(0) + 1e-5)
    np.testing.assert_allclose(found, tanh(standard), rtol=1e-12)
    mean, var = 0.25 * batch.mean(0), 0.75 + 0.25 * batch.var(0, ddof=1)
    np.testing.assert_allclose(session.value(layer.running_mean), mean, rtol=1e-12)
    np.testing.assert_allclose(session.value(layer.running_var), var, rtol=1e-12)
    wanted = tanh((batch - mean) / np.sqrt(var + 1e-5))
    np.testing.assert_allclose(session.run(predicted, {x: batch}), wanted, rtol=1e-12)


def test_running_statistics_are_not_trained():
    layer = layers.BatchNorm(2)
    loss = gf.sum(layer(np.ones((3, 2)), training=True)) + gf.sum(layer(np.ones((3, 2))))
    pairs = gf.GradientDescentOptimizer(0.1).compute_gradients(loss)
    assert [v.name for _, v in pairs] == ["batch_norm/scale", "batch_norm/offset"]


def test_dropout_drops_in_training_alone():
    layer = layers.Dropout(0.25)
    x = np.ones(4000)
    np.testing.assert_array_equal(run(layer(x)), x)
    found = run(layer(x, training=True))
    assert set(np.unique(found)) == {0.0, 1 / 0.75}
    assert np.mean(found == 0) == pytest.approx(0.25, abs=0.03)
    np.testing.assert_array_equal(run(layers.Dropout(0.0)(x, training=True)), x)


def test_attention_drops_in_training_alone():
    x = RNG.normal(size=(1, 4, 6))
    layer = layers.MultiHeadAttention(6, 2, rng=0, dropout_rate=0.5)
    plain = attention(layer, x[0], x[0], x[0], True)
    np.testing.assert_allclose(run(layer(x))[0], plain, rtol=1e-12)
    assert np.abs(run(layer(x, training=True))[0] - plain).max() > 0.01


def test_calling_a_layer_twice_shares_its_variables():
    layer = layers.Linear(2, 2, rng=0)
    twice = gf.sum(layer(layer(np.ones((1, 2)))))
    assert gf.GradientDescentOptimizer(0.1).compute_gradients(twice)[0][1] is layer.W
    assert [v for v in twice.graph.variables] == [layer.W, layer.b]


def test_a_model_of_layers_learns_exclusive_or():
    points, classes = np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]]), np.array([0, 1, 1, 0])
    model = layers.MLP([2, 8, 2], rng=0, activation=gf.tanh)
    scores = model(points)
    step = gf.AdamOptimizer(0.1).minimize(gf.losses.sparse_softmax_cross_entropy(classes, scores))
    session = gf.Session()
    train = session.make_callable(step, [])
    for _ in range(60):
        train()
    assert gf.metrics.accuracy(classes, session.run(scores)) == 1.0


# ---- names, seeds, dtypes ---------------------------------------------------------------------


def test_scopes_are_unique_and_hold_the_nodes_of_calls():
    with gf.name_scope("net"):
        one, two = layers.Linear(2, 2, rng=0), layers.Linear(2, 2, rng=1)
        mlp = layers.MLP([2, 3, 1], rng=0, name="head")
    names = [v.name for layer in (one, two, mlp) for v in layer.variables]
    assert names == [
        "net/linear/W", "net/linear/b", "net/linear_1/W", "net/linear_1/b",
        "net/head/linear/W", "net/head/linear/b", "net/head/linear_1/W", "net/head/linear_1/b",
    ]  # fmt: skip
    with gf.name_scope("elsewhere"):
        assert two(np.ones((1, 2))).name.startswith("net/linear_1/")
    assert repr(mlp) == "<MLP 'net/head' of 13 parameters>"
    # running statistics are variables, but nothing is to be learned of them
    assert repr(layers.BatchNorm(3)) == "<BatchNorm 'batch_norm' of 6 parameters>"
    assert layers.GRUCell(1, 1, rng=0, name="memory").name == "memory"


def test_a_scope_is_free_again_once_its_layer_is_gone():
    assert [layers.LSTMCell(1, 1, rng=0).name for _ in range(2)] == ["lstm", "lstm"]
    W = gf.Variable(1.0, name="hidden/W")
    assert layers.LayerNorm(np.int64(1), name="hidden").name == "hidden_1"
    assert W.name == "hidden/W"


def test_the_summary_has_a_row_per_layer_with_its_parameters():
    with gf.Graph() as graph:
        x = gf.placeholder((None, 64), name="x")
        model = layers.Sequential([layers.Linear(64, 32, rng=0, activation=gf.relu),
                                   layers.Dropout(0.5), layers.BatchNorm(32),
                                   layers.Linear(32, 10, rng=1)])  # fmt: skip
        gf.AdamOptimizer().minimize(gf.mean(model(x, training=True), name="loss"))
    rows = {line.split()[0]: line.split()[2] for line in graph.summary().splitlines()[:-1]}
    assert rows == {
        "scope": "parameters", "-": "0", "linear": "2,080", "dropout": "0", "batch_norm": "64",
        "linear_1": "330", "total": "2,474",
    }  # fmt: skip


def test_a_seed_repeats_and_layers_of_one_seed_differ():
    same = [values(layers.MLP([3, 3, 3], rng=5)) for _ in range(2)]
    np.testing.assert_array_equal(same[0]["W"], same[1]["W"])
    first, last = layers.MLP([3, 3, 3], rng=5).layers
    assert np.any(values(first)["W"] != values(last)["W"])


@pytest.mark.parametrize(
    "build",
    [
        lambda **o: layers.MLP([3, 3, 3], rng=0, **o),
        lambda **o: layers.LayerNorm(3, **o),
        lambda **o: layers.BatchNorm(3, **o),
        lambda **o: layers.MultiHeadAttention(3, 1, rng=0, dropout_rate=0.5, **o),
        lambda **o: layers.Conv1d(3, 2, 1, rng=0, **o),
        lambda **o: layers.RNNCell(3, 2, rng=0, **o),
        lambda **o: layers.LSTMCell(3, 2, rng=0, **o),
        lambda **o: layers.GRUCell(3, 2, rng=0, **o),
    ],
)
def test_float32_layers_stay_float32(build):
    layer = build(dtype=np.float32)
    y = layer(gf.placeholder((2, 4, 3), dtype=np.float32), training=True)
    assert y.dtype == np.float32
    assert {v.dtype for v in layer.variables} == {np.dtype(np.float32)}
    assert all(g.dtype == np.float32 for g in gf.gradients(y, [layer.variables[0]]))


@pytest.mark.parametrize(
    ("build", "kind", "text"),
    [
        (lambda: layers.Linear(2, 0, rng=0), gf.ShapeError, "outputs is an integer from 1 on"),
        (lambda: layers.Linear(True, 1, rng=0), gf.ShapeError, "inputs is an integer"),
        (lambda: layers.Embedding(0, 2, rng=0), gf.ShapeError, "Embedding: count"),
        (lambda: layers.MultiHeadAttention(4, 0, rng=0), gf.ShapeError, "Attention: heads"),
        (lambda: layers.BatchNorm(0), gf.ShapeError, "BatchNorm: channels"),
        (lambda: layers.LayerNorm(0), gf.ShapeError, "LayerNorm: features"),
        (lambda: layers.LSTMCell(2, 0, rng=0), gf.ShapeError, "LSTMCell: units"),
        (lambda: layers.Conv1d(0, 2, 2, rng=0), gf.ShapeError, "Conv1d: inputs"),
        (lambda: layers.Conv2d(4, 3, 2, groups=2, rng=0), gf.ShapeError, "2 groups of 4 and 3"),
        (lambda: layers.LayerNorm(1, name=3), gf.DTypeError, "a name is a string, not 3"),
        (lambda: layers.RNNCell(2, 3, rng=0)(gf.placeholder((2, 2))), gf.ShapeError, "known time"),
        (lambda: layers.RNNCell(2, 3, rng=0)(gf.placeholder()), gf.ShapeError, "known time"),
        (lambda: layers.RNNCell(2, 3, rng=0)(gf.placeholder((2, "t", 2))), gf.ShapeError, "time"),
        (lambda: layers.RNNCell(2, 3, rng=0)(np.ones((2, 0, 2))), gf.ShapeError, "known time"),
        (lambda: layers.Linear(2.0, 1, rng=0), gf.ShapeError, "inputs is an integer"),
        (lambda: layers.Linear(2, 1), gf.DTypeError, "a Generator or an integer to seed one"),
        (lambda: layers.Linear(2, 1, weight_init=np.ones((1, 2))), gf.ShapeError,
         r"'W' is \[2, 1\], not \[1, 2\]"),
        (lambda: layers.Linear(2, 1, rng=0)(np.ones((3, 4))), gf.ShapeError, "inner sizes differ"),
        (lambda: layers.MLP([3], rng=0), gf.ShapeError, "sizes of input and output"),
        (lambda: layers.Conv2d(3, 4, 2, groups=2, rng=0), gf.ShapeError, "2 groups of 3 and 4"),
        (lambda: layers.Conv2d(3, 4, (1, 2, 3), rng=0), gf.ShapeError, "Conv2d: window"),
        (lambda: layers.MultiHeadAttention(5, 2, rng=0), gf.ShapeError, "no 2 equal heads"),
        (lambda: layers.Dropout(1.0), gf.ShapeError, "from 0 to below 1"),
        (lambda: layers.Sequential([3]), gf.DTypeError, "neither a layer nor a function"),
        (lambda: layers.GRUCell(2, 3, rng=0)(gf.placeholder((2, None, 2))), gf.ShapeError,
         "GRUCell: .* with a known time"),
    ],
)  # fmt: skip
def test_bad_input_is_refused(build, kind, text):
    with pytest.raises(kind, match=text):
        build()
