"""Models exported to ONNX give in onnxruntime what the graph gives here."""

import sys

import numpy as np
import onnx
import pytest
from onnx_runs import assert_close, assert_same, loaded, run

import graphflow as gf

DTYPES = pytest.mark.parametrize("dtype", [np.float64, np.float32])
BATCHES = (1, 2, 7, 64)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def weights(rng, dtype):
    """A function that makes variables."""
    return lambda name, *shape: gf.Variable((0.4 * rng.normal(size=shape)).astype(dtype), name=name)


def perceptron(rng, dtype):
    """Inputs, then what a training step is made of: scores, loss, its gradients."""
    x, t = gf.placeholder((None, 5), dtype=dtype, name="x"), gf.placeholder((None, 3), dtype=dtype)
    new = weights(rng, dtype)
    layers = [new("W1", 5, 8), new("b1", 8), new("W2", 8, 3), new("b2", 3)]
    scores = gf.tanh(x @ layers[0] + layers[1]) @ layers[2] + layers[3]
    loss = gf.mean(gf.softmax_cross_entropy_with_logits(labels=t, logits=scores))
    return [x, t], [gf.softmax(scores), loss, *gf.gradients(loss, [*layers, x])]


@DTYPES
def test_a_perceptron_with_gradients_runs_with_any_batch(rng, dtype):
    inputs, fetches = perceptron(rng, dtype)
    points = [(rng.normal(size=(n, 5)).astype(dtype), np.eye(3, dtype=dtype)[rng.integers(0, 3, n)])
              for n in BATCHES]  # fmt: skip
    runner = assert_same(fetches, inputs, *points)
    assert [item.shape for item in runner.get_inputs()] == [["batch", 5], ["batch", 3]]
    assert [item.shape for item in runner.get_outputs()[:2]] == [["batch", 3], []]


@DTYPES
def test_a_convolutional_network_with_gradients_runs_with_any_batch(rng, dtype):
    x = gf.placeholder((None, 9, 9, 2), dtype=dtype, name="x")
    t = gf.placeholder((None,), dtype=np.int64, name="t")
    new = weights(rng, dtype)
    layers = [new("K1", 3, 3, 2, 4), new("b1", 4), new("K2", 2, 2, 4, 5), new("W", 20, 3)]
    hidden = gf.relu(gf.nn.conv2d(x, layers[0], padding="same") + layers[1])
    hidden = gf.nn.conv2d(gf.nn.max_pool(hidden, 2), layers[2])
    scores = gf.reshape(gf.nn.max_pool(hidden, 2, strides=1), (-1, 20)) @ layers[3]
    loss = gf.mean(gf.sparse_softmax_cross_entropy_with_logits(labels=t, logits=scores))
    points = [(rng.normal(size=(n, 9, 9, 2)).astype(dtype), rng.integers(0, 3, n)) for n in BATCHES]
    assert_same([scores, loss, *gf.gradients(loss, [*layers, x])], [x, t], *points)


def test_a_convolution_of_float32_is_one_operator_and_of_float64_products():
    def operators(dtype):
        x = gf.placeholder((None, 6, 6, 2), dtype=dtype)
        model = gf.io.to_onnx(gf.nn.conv2d(x, np.ones((3, 3, 2, 4), dtype)), x)
        return [node.op_type for node in model.graph.node]

    assert operators(np.float32).count("Conv") == 1
    assert "Conv" not in operators(np.float64)
    assert "MatMul" in operators(np.float64)


def test_a_layer_is_the_operators_that_onnx_has_for_it(rng):
    x = gf.placeholder((None, 5), dtype=np.float32, name="x")
    W, b = np.ones((5, 3), np.float32), np.zeros(3, np.float32)
    model = gf.io.to_onnx(gf.relu(x @ W + b), x)
    assert [node.op_type for node in model.graph.node] == ["MatMul", "Add", "Relu"]


def test_the_gradient_of_a_slice_is_a_pad(rng):
    x = gf.placeholder(("n", 5, 4), name="x")
    y = gf.exp(x[1:, None, 2, :-1])
    (grad,) = gf.gradients(y, x)
    assert_same([grad], [x], *[(rng.normal(size=(n, 5, 4)),) for n in (2, 6)])
    kinds = {node.op_type for node in gf.io.to_onnx(grad, x).graph.node}
    assert "Pad" in kinds
    assert "ScatterElements" not in kinds


@DTYPES
def test_named_sizes_of_two_kinds_run_at_any_numbers(rng, dtype):
    """Attention with a norm: batch and time are both open, and their product is counted."""
    x = gf.placeholder(("b", "t", 4), dtype=dtype, name="x")
    new = weights(rng, dtype)
    q, k, v = (x @ new(name, 4, 4) for name in "qkv")
    mixed = gf.softmax(q @ gf.matrix_transpose(k) / 2) @ v
    y = gf.nn.gelu(gf.nn.layer_norm(x + mixed, new("scale", 4), new("offset", 4)))
    loss = gf.mean(y * y)
    points = [(rng.normal(size=(b, t, 4)).astype(dtype),) for b, t in [(2, 3), (5, 2), (1, 7)]]
    assert_same([y, loss, *gf.gradients(loss, [x])], [x], *points, roundings=256)


def test_numbers_that_depend_on_the_batch_are_those_of_the_batch_that_runs(rng):
    x = gf.placeholder(("n", 3), name="x")
    rows = gf.sum(gf.ones_like(x), axis=1)
    parts = [
        gf.mean(x, axis=0),
        gf.var(x, axis=0, ddof=1),
        gf.cov(x, rowvar=False),
        x.T @ x / 3,
        gf.concatenate([x, x, rows[:, None] * [[1.0, 2, 3]]]),
        x[::-1],
        x[1:],
        x[:-2] - x[2:],
    ]
    assert_same(parts, [x], *[(rng.normal(size=(n, 3)),) for n in (4, 9, 30)])


def test_a_training_step_has_the_new_values_of_variables(rng):
    x, y = gf.placeholder((None, 3), name="x"), gf.placeholder((None,), name="y")
    w = gf.Variable(np.ones(3), name="w")
    loss = gf.mean((x @ w - y) ** 2)
    step = gf.GradientDescentOptimizer(0.1).minimize(loss)
    runner = loaded(gf.io.to_onnx([loss, step], [x, y, w]))
    assert [item.name for item in runner.get_outputs()] == [loss.name, "w.new"]
    features, session = rng.normal(size=(20, 3)), gf.Session()
    wanted = features @ [1.0, -2, 3]
    value = np.ones(3)
    for _ in range(3):
        got, value = run(runner, [features, wanted, value])
        assert got == pytest.approx(session.run([loss, step], {x: features, y: wanted})[0])
    np.testing.assert_allclose(value, session.value(w), rtol=1e-14)


def test_variables_have_the_values_of_the_session_now():
    x = gf.placeholder((2,), name="x")
    w = gf.Variable(3.0, name="w")
    session = gf.Session()
    session.assign(w, 5.0)
    values = [gf.io.to_onnx(x * w, x), gf.io.to_onnx(x * w, x, session=session)]
    assert [run(loaded(model), [np.ones(2)])[0].tolist() for model in values] == [[3, 3], [5, 5]]
    (initializer,) = values[1].graph.initializer
    assert initializer.name == "w"


def test_the_session_that_is_entered_is_the_one():
    x = gf.placeholder((2,), name="x")
    w = gf.Variable(3.0, name="w")
    with gf.Session() as session:
        session.assign(w, 7.0)
        model = gf.io.to_onnx(x * w, x)
    assert run(loaded(model), [np.ones(2)])[0].tolist() == [7, 7]


def test_a_size_that_is_said_of_one_input_is_that_of_all_of_its_name():
    x, y = gf.placeholder(("n", 2), name="x"), gf.placeholder(("n", None), name="y")
    runner = loaded(gf.io.to_onnx(x + y, {x: (4, 2), y: ("n", 2)}))
    assert [item.shape for item in runner.get_inputs()] == [[4, 2], [4, 2]]
    runner = loaded(gf.io.to_onnx(x + y, {x: ("m", 2), y: (None, 2)}))
    assert [item.shape for item in runner.get_inputs()] == [["m", 2], ["m", 2]]
    with pytest.raises(gf.FeedError, match="size 'n' is 4 and 5 in placeholder 'y'"):
        gf.io.to_onnx(x + y, {x: (4, 2), y: (5, 2)})


def test_names_are_those_of_nodes_and_of_a_dict():
    x = gf.placeholder((2,), name="x")
    y = gf.exp(x, name="y")
    model = gf.io.to_onnx([y, x, y], x)
    assert [item.name for item in model.graph.input] == ["x"]
    assert [item.name for item in model.graph.output] == ["y", "x_1", "y_1"]
    named = gf.io.to_onnx({"value": y, "slope": gf.gradients(y, x)[0]}, x)
    assert [item.name for item in named.graph.output] == ["value", "slope"]
    expected = [np.exp([0.0, 1]), [0, 1], np.exp([0.0, 1])]
    assert_close(run(loaded(model), [np.array([0.0, 1])]), [np.array(e, float) for e in expected])


def test_every_operator_names_the_line_that_it_is_of():
    x = gf.placeholder((2,), name="x")
    model = gf.io.to_onnx(gf.exp(gf.sin(x)), x)
    lines = {node.doc_string.rpartition(":")[0] for node in model.graph.node}
    assert lines == {"test_onnx.py"}


def test_a_function_brings_its_inputs_and_its_session():
    x = gf.placeholder((None,), name="x")
    w = gf.Variable(2.0, name="w")
    session = gf.Session()
    session.assign(w, 4.0)
    f = session.make_callable({"y": x * w}, [x])
    runner = loaded(gf.io.to_onnx(f))
    assert [item.name for item in runner.get_outputs()] == ["y"]
    assert run(runner, [np.arange(3.0)])[0].tolist() == [0, 4, 8]


def test_shapes_may_be_given_where_they_are_not_known():
    x = gf.placeholder(name="x")
    with pytest.raises(gf.FeedError, match="of the input placeholder 'x'.*no shape is known"):
        gf.io.to_onnx(gf.sum(x, axis=0), x)
    runner = loaded(gf.io.to_onnx(gf.sum(x, axis=0), {x: ("n", 2)}))
    assert run(runner, [np.ones((5, 2))])[0].tolist() == [5, 5]


def test_an_inner_node_may_be_an_input():
    x = gf.placeholder((3,), name="x")
    hidden = gf.exp(x, name="hidden")
    runner = loaded(gf.io.to_onnx(hidden * 2, [hidden]))
    assert run(runner, [np.arange(3.0)])[0].tolist() == [0, 2, 4]


# ---- what cannot be exported --------------------------------------------------------------------


def refusal(fetches, inputs, path=None):
    with pytest.raises(gf.GraphflowError) as caught:
        gf.io.to_onnx(fetches, inputs, path)
    assert len(str(caught.value).splitlines()) <= 6
    return str(caught.value)


def test_what_cannot_be_exported_is_named_with_its_line_and_nothing_is_written(tmp_path):
    x = gf.placeholder((None, 2, 2), name="x")
    path = tmp_path / "model.onnx"
    path.write_bytes(b"before")
    text = refusal(gf.exp(gf.linalg.inv(x, name="inverse")), x, path)
    assert text.startswith("to_onnx: inv cannot be exported: ONNX has no factorization")
    assert "inv in 'inverse'  float64[batch, 2, 2]  test_onnx.py:" in text
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lambda x: gf.py_func(np.sin, [x], (4,), np.float64), "it is Python code on arrays"),
        (lambda x: gf.abs(x + 1j), "no complex numbers"),
        (lambda x: x + gf.random.normal((4,)), "random_normal.*functions of the session's seed"),
        (lambda x: gf.special.gammaln(x), "gammaln cannot be exported: ONNX has no such function"),
        (lambda x: gf.flatnonzero(x), "how many results there are"),
    ],
)
def test_the_reason_is_said(made, why):
    x = gf.placeholder((4,), name="x")
    with pytest.raises(gf.GraphError, match=why):
        gf.io.to_onnx(made(x), x)


def test_what_depends_on_a_size_in_another_way_is_named():
    x = gf.placeholder(("n",), name="x")
    text = refusal(x[::2], x)
    assert "not for every size" in text
    assert "test_onnx.py:" in text
    text = refusal(gf.reshape(x, (-1, 4)), x)
    assert "not for every size" in text


def test_what_is_cut_off_at_small_sizes_only_is_named_too():
    x = gf.placeholder(("n",), name="x")
    assert "it means something else where n is 1" in refusal(gf.mean(x[1:2]), x)
    assert "not for every size" in refusal(gf.mean(x[:10]), x)
    assert "not for every size" in refusal(x[1:6:2], x)


def test_more_than_a_file_holds_is_refused_before_it_is_made(monkeypatch):
    monkeypatch.setattr("graphflow.export.as_onnx.write._LARGEST", 800)
    x = gf.placeholder((None, 10), name="x")
    w = gf.Variable(np.ones((10, 10)), name="w")
    assert "to_onnx: 800 bytes of variables and constants" in refusal(x @ w, x)
    assert gf.io.to_onnx(x @ w, [x, w])


def test_sizes_without_a_common_name_that_must_agree_are_told():
    x, y = gf.placeholder((3, None), name="x"), gf.placeholder((3, None), name="y")
    text = refusal(x + y, [x, y])
    assert "not for every size" in text
    assert "give one name to sizes that are equal" in text


def test_a_placeholder_that_is_no_input_is_named():
    x, y = gf.placeholder((3,), name="x"), gf.placeholder((3,), name="y")
    assert "to_onnx: no value fed for placeholder 'y'" in refusal(x + y, x)


def test_a_tap_is_passed_over_with_what_only_it_looks_at():
    x = gf.placeholder((2, 2), name="x")
    shown = gf.print(x, gf.linalg.inv(x))
    runner = loaded(gf.io.to_onnx(shown * 2, x))
    assert run(runner, [np.ones((2, 2))])[0].tolist() == [[2, 2], [2, 2]]


def test_a_fed_node_that_nothing_needs_is_named():
    x, y = gf.placeholder((3,), name="x"), gf.placeholder((3,), name="y")
    assert [i.name for i in gf.io.to_onnx(x + 1, [x, y]).graph.input] == ["x", "y"]
    with pytest.raises(gf.FeedError, match="to_onnx: exp 'e'.*is fed, but nothing"):
        gf.io.to_onnx(x + 1, [x, gf.exp(y, name="e")])


def test_a_bad_input_is_named():
    x = gf.placeholder((3,), name="x")
    with pytest.raises(gf.DTypeError, match="the inputs are nodes with values, not 3"):
        gf.io.to_onnx(x, [3])
    with pytest.raises(gf.FeedError, match=r"the shape \[4\] for placeholder 'x'"):
        gf.io.to_onnx(x, {x: (4,)})


def test_without_onnx_the_install_line_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    x = gf.placeholder((3,), name="x")
    with pytest.raises(gf.MissingError, match=r'pip install "graphflow-autodiff\[onnx\]"'):
        gf.io.to_onnx(x + 1, x)


def test_a_file_is_the_model_and_no_part_is_left(tmp_path):
    x = gf.placeholder((3,), name="x")
    model = gf.io.to_onnx(x + 1, x, tmp_path / "model.onnx")
    assert [file.name for file in tmp_path.iterdir()] == ["model.onnx"]
    assert onnx.load(tmp_path / "model.onnx") == model


@DTYPES
def test_bosons_with_gradients_run_with_any_batch(rng, dtype):
    """onnxruntime had fused quotients of 1 whose values are fetched too."""
    x = gf.placeholder((None, 4), dtype=dtype, name="x")
    y = 1 / (gf.exp(x) - 1)
    fetches = [y, *gf.gradients(gf.sum(y), x)]
    runner = loaded(gf.io.to_onnx(fetches, x))
    for n in BATCHES:
        value = rng.uniform(0.3, 2, size=(n, 4)).astype(dtype)
        for got, wanted in zip(run(runner, [value]), gf.Session().run(fetches, {x: value}),
                               strict=True):  # fmt: skip
            assert_close(got, wanted)
