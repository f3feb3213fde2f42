"""Equations by which programs are simplified: each holds for all values, and is applied."""

import numpy as np
import pytest
from test_program import assert_close, programs, run

import graphflow as gf
from graphflow.backends import Interpreter, Runner
from graphflow.program import algebra


def images(x):
    """Rows as images of three places and one channel."""
    return gf.expand_dims(x, -1)


def pooled(x):
    return gf.nn.max_pool(x, 2, 1)


EQUATIONS = {
    "times_one": lambda x, y: x * 1.0,
    "by_one": lambda x, y: x / 1 + x**1,
    "plus_zero": lambda x, y: (x + 0) * (y - 0),
    "squared": lambda x, y: x**2,
    "times_itself": lambda x, y: (x + y) * (x + y),
    "times_minus_one": lambda x, y: x * -1,
    "negated": lambda x, y: -(x - y) * gf.exp(-(-x)),
    "plus_negative": lambda x, y: x + -y,
    "negative_minus": lambda x, y: (-x - y) * 3.0,
    "sign_given": lambda x, y: gf.log_sigmoid(x) * y + gf.log_sigmoid(-x) + gf.copysign(-y, x),
    "sigmoid_of_softplus": lambda x, y: gf.softplus(x) * y + gf.sigmoid(x) * 3.0 + y * 3.0,
    "minus_negative": lambda x, y: x - -y,
    "constants_together": lambda x, y: 3 * (x * 0.5) + 2 * -y,
    "constant_of_product": lambda x, y: 3 * ((x * 0.5) * y) + 2 * (x / (3 * y)) + 5 * (2 / y),
    "negative_product": lambda x, y: -(x * 3) + -((2 * x) * y) + -(x / (3 * y)),
    "multiples": lambda x, y: (x * 3) * (-y) + (x * 3) / (y * 7),
    "number_by_multiple": lambda x, y: 3 / (y * 7) + x,
    "quotient_times_multiple": lambda x, y: (3 / y) * (5 * x) + (7 * y) * (0.1 / x),
    "by_number": lambda x, y: x / 4 + (y * 3) / 7 + y / 10,
    "reciprocal": lambda x, y: gf.reciprocal(x) + y,
    "times_reciprocal": lambda x, y: x * (1 / y) + y * gf.square(1 / x),
    "doubled": lambda x, y: x + x + y,
    "factored": lambda x, y: (0.25 * gf.tanh(x) + y * 0.25) * (3 * x + -3.0 * y),
    "filled": lambda x, y: gf.ones_like(x) + y * gf.zeros_like(y),
    "absorbed": lambda x, y: gf.ops.elementwise.absorb(-(y * gf.log(x)) / x, y),
    "masked": lambda x, y: gf.where(x > 0, y, 0) + gf.where(x == y, 0, gf.where(x < y, 0.0, x)),
    "sum_by_product": lambda x, y: gf.sum(2 * (x * y), axis=0) + gf.sum(x * y) + gf.sum(x * x),
    "product_of_vector": lambda x, y: (x @ gf.expand_dims(y[0], 1)) @ (y[:1] @ gf.transpose(x)),
    "product_of_batch": lambda x, y: gf.stack([x, y]) @ gf.transpose(y),
    "sum_of_rows": lambda x, y: gf.sum(gf.stack([x, y - x]), axis=2) + gf.sum(x, axis=1),
    "extreme_of_columns": lambda x, y: gf.max(x, axis=1) * gf.min(y, axis=1),
    "sum_of_squares": lambda x, y: gf.sum(2 * gf.square(x) + gf.square(y - 1)),
    "plus_placed": lambda x, y: (
        (x * 2 + gf.gradients(y[:, 1:], y)[0] - gf.gradients(y[1], y)[0]) * y
        + (gf.gradients(x[[0, 0, 1], [2, 2, 1]], x)[0] - y)
    ),
    "no_length_of_zero": lambda x, y: gf.where(gf.equal(gf.hypot(x, 0.5), 0), x * 3.0, y),
    "sum_of_placed": lambda x, y: gf.sum(gf.gradients(y[np.arange(2), [2, 0]] * x[:, 1], y)[0], 1),
    "vector_first": lambda x, y: (gf.transpose(x) @ y[:, 0]) * (x[0] @ gf.transpose(y))[0],
    "transposed_product": lambda x, y: gf.matrix_transpose(
        gf.matrix_transpose(gf.stack([x, y])) @ gf.stack([y, y])
    ),
    "sum_of_products": lambda x, y: gf.sum(
        gf.matrix_transpose(gf.stack([x, y])) @ gf.stack([y, x]), axis=0
    ),
    "pool_before": lambda x, y: pooled(gf.relu(images(x))) + pooled(images(x) + y[0, 0]),
    "masked_before": lambda x, y: gf.gradients(pooled(gf.relu(images(x))), x)[0],
    "largest_of_shifted": lambda x, y: gf.gradients(pooled(images(x) + y[0, 0]), x)[0],
    "sum_to_largest": lambda x, y: gf.gradients(pooled(gf.relu(images(x) + y[0])), y)[0],
    "in_rows_apart": lambda x, y: (
        (x * y).at[np.arange(2), [2, 0]].add(y[:, 1]) + (x - y).at[[0, 1], [1, 1]].add(-0.5)
    ),
    "at_rows": lambda x, y: (
        gf.softmax(x) - gf.gradients(gf.take_along_axis(y, [[1], [0]], 1), y)[0]
    ),
    "at_places": lambda x, y: x - gf.gradients(gf.take_along_axis(y, [[1], [0]], 1), y)[0],
}


REORDERING = {  # sums come in another order, in which infinities may meet
    "factored", "sum_by_product", "product_of_vector", "product_of_batch", "vector_first",
    "transposed_product", "sum_of_products", "sum_of_squares",
}  # fmt: skip


def test_every_equation_is_tried():
    named = {rule.__name__ for rules in algebra.ALGEBRA.values() for rule in rules}
    assert named == set(EQUATIONS)


def equation_holds(build, values, dtype):
    with gf.Graph():
        xs = [gf.placeholder((2, 3), dtype, name=name) for name in "xy"]
        feeds = dict(zip(xs, [v.astype(dtype) for v in values], strict=True))
        plain, quick = programs([build(*xs)], feeds)
    (got,), (expected,) = run(quick, feeds), run(plain, feeds, Interpreter)
    assert_close(np.asarray(got), np.asarray(expected), ulps=16)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", EQUATIONS)
def test_an_equation_holds_for_all_values(name, dtype):
    rng = np.random.default_rng(5)
    for _ in range(5):
        equation_holds(EQUATIONS[name], rng.normal(size=(2, 2, 3)), dtype)
    special = np.array([[0.0, -0.0, np.inf], [-np.inf, np.nan, 1.0]])
    if name not in REORDERING:
        equation_holds(EQUATIONS[name], np.stack([special, np.roll(special, 1)]), dtype)


@pytest.mark.parametrize("name", EQUATIONS)
def test_an_equation_is_applied(name, monkeypatch):
    fired = []
    for key, rules in algebra.ALGEBRA.items():
        watched = [_watching(rule, fired) for rule in rules]
        monkeypatch.setitem(algebra.ALGEBRA, key, watched)
    xs = [gf.placeholder((2, 3), name=name) for name in "xy"]
    programs([EQUATIONS[name](*xs)], {x: np.ones((2, 3)) for x in xs})
    assert name in fired


def _watching(rule, fired):
    def watched(*args, **options):
        found = rule(*args, **options)
        if found is not None:
            fired.append(rule.__name__)
        return found

    return watched


def test_a_wrong_equation_is_caught(monkeypatch):
    def wrong(rec, name, spec, x, y):
        return rec.add(x, y) if rec.constant_of(y) is None else None

    monkeypatch.setitem(algebra.ALGEBRA, "subtract", [wrong])
    with pytest.raises(AssertionError):
        equation_holds(lambda x, y: x - y, np.ones((2, 2, 3)), np.float64)


def test_scattered_places_are_added_to_a_copy():
    x, w = gf.placeholder((4, 3), name="x"), gf.placeholder((3, 3), name="w")
    labels = gf.placeholder((4,), np.int64, name="labels")
    loss = -gf.mean(gf.log(gf.softmax(gf.tanh(x) @ w)[np.arange(4), labels]))
    feeds = {x: np.arange(12.0).reshape(4, 3) / 7, w: np.eye(3), labels: np.array([2, 0, 1, 1])}
    grads = gf.gradients(loss, [w, x])
    bends = gf.gradients(gf.sum(gf.square(grads[0])), [w, x])
    plain, quick = programs([*grads, *bends], feeds)
    for got, wanted in zip(run(quick, feeds), run(plain, feeds, Interpreter), strict=True):
        assert_close(got, wanted)


@pytest.mark.parametrize(("rows", "in_place"), [([0, 2], True), ([1, 1], False), ([2, -1], False)])
def test_what_is_added_in_rows_changes_an_operand_only_where_no_place_is_twice(rows, in_place):
    x, columns = gf.placeholder((3, 2), name="x"), gf.placeholder((2,), np.int64, name="columns")
    feeds = {x: np.arange(6.0).reshape(3, 2), columns: np.array([1, 1])}
    once, kept = gf.exp(x), gf.sin(x)
    fetches = [once.at[rows, columns].add(2.5) * 2, kept, kept.at[rows, columns].add(0.5) * 2]
    expected = [np.exp(feeds[x]), np.sin(feeds[x]), np.sin(feeds[x])]
    for array, added in ((expected[0], 2.5), (expected[2], 0.5)):
        np.add.at(array, (rows, [1, 1]), added)
        array *= 2
    _, quick = programs(fetches, feeds)
    for got, wanted in zip(run(quick, feeds), expected, strict=True):
        np.testing.assert_allclose(got, wanted, 1e-15)
    step = Runner(quick).source.text.partition("def step")[2]
    assert ("+=" in step) is in_place


def test_unsigned_integers_wrap_as_they_are_written():
    n, x = gf.placeholder((2,), np.uint8, name="n"), gf.placeholder((2,), name="x")
    feeds = {n: np.array([1, 200], np.uint8), x: np.array([0.5, -2.0])}
    got = gf.Session().run([x - -n, x + -n, -n + x, n - -n], feeds)
    wrapped = np.array([255.0, 56.0])
    expected = [feeds[x] - wrapped, feeds[x] + wrapped, wrapped + feeds[x], [2, 144]]
    for value, wanted in zip(got, expected, strict=True):
        np.testing.assert_array_equal(value, wanted)


def test_a_masked_value_lets_no_nan_through():
    x = gf.placeholder((2,), name="x")
    grad = gf.gradients(gf.sum(gf.sqrt(gf.relu(x))), x)[0]
    assert gf.Session().run(grad, {x: [-1.0, 4.0]}).tolist() == [0.0, 0.25]


def test_hand_written_softmax_cross_entropy_has_the_gradient_of_the_textbook():
    with gf.Graph():
        z, labels = gf.placeholder((8, 3), name="z"), gf.placeholder((8, 3), name="labels")
        p = gf.exp(z) / gf.sum(gf.exp(z), axis=1, keepdims=True)
        loss = -gf.sum(labels * gf.log(p)) / 8
        one_hot = np.eye(3)[np.arange(8) % 3]
        feeds = {z: np.linspace(-3, 3, 24).reshape(8, 3) * 300, labels: one_hot}
        (grad,) = gf.gradients(loss, z)
        got = gf.Session().run(grad, feeds)
    shifted = np.exp(feeds[z] - feeds[z].max(axis=1, keepdims=True))
    np.testing.assert_allclose(got, (shifted / shifted.sum(1, keepdims=True) - one_hot) / 8, 1e-13)


def test_the_gradient_of_that_by_labels_is_softmax_less_one_hot_over_n():
    with gf.Graph():
        z, labels = gf.placeholder((8, 5), name="z"), gf.placeholder((8,), np.int64, name="labels")
        p = gf.exp(z) / gf.sum(gf.exp(z), axis=1, keepdims=True)
        loss = -gf.mean(gf.log(p[np.arange(8), labels]))
        scores = np.linspace(-3, 3, 40).reshape(8, 5) * 300
        feeds = {z: scores, labels: np.arange(8) % 5}
        _, quick = programs(gf.gradients(loss, z), feeds)
        shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
        softmax = shifted / shifted.sum(axis=1, keepdims=True)
        (grad,) = run(quick, feeds)
    np.testing.assert_allclose(grad, (softmax - np.eye(5)[feeds[labels]]) / 8, 1e-14, 1e-17)
    made = {call.output: call for call in quick.calls}
    last = made[quick.outputs[0]]  # -1/n added at the labels ...
    assert last.name == "index_add"
    assert quick.constants[made[last.args[2].value].args[0].value] == -1 / 8
    scaled = made[last.args[0].value]  # ... of softmax / n
    assert scaled.name == "multiply"
    factor, softmax = sorted(scaled.args, key=lambda arg: arg.value in made)
    assert quick.constants[factor.value] == 1 / 8
    divided = made[softmax.value]
    assert divided.name == "divide"
    assert [call.name for call in quick.calls].count("divide") == 1  # by the sum, and by no p
    assert "log" not in [call.name for call in quick.calls]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_no_equation_makes_a_sum_overflow_that_did_not(dtype):
    large = np.full((2, 3), 0.75 * np.finfo(dtype).max)
    equation_holds(lambda x, y: 0.25 * x + 0.25 * y, [large, large], dtype)
    equation_holds(lambda x, y: gf.sum(x * 0.125), [large, large], dtype)


def test_a_number_added_before_a_pool_is_added_behind_it_in_the_gradient_too(tmp_path):
    x = gf.placeholder((1, 4, 1), name="x")
    pool = gf.nn.max_pool(-4.5 + gf.tanh(x), 2, 1)
    f = gf.function([pool, *gf.gradients(pool, x)], [x])
    value = np.array([0.5, -1.0, 2.0, 0.1]).reshape(1, 4, 1)
    found, slope = f(value)
    assert "operation" not in {call.name for call in f.program.calls}
    assert [call.name for call in f.program.calls].count("add") == 1
    curve = np.tanh(value.ravel())
    np.testing.assert_allclose(found.ravel(), np.maximum(curve[:-1], curve[1:]) - 4.5, rtol=1e-15)
    np.testing.assert_allclose(slope.ravel(), [1, 0, 2, 0] * (1 - curve**2), rtol=1e-13)
    f.save(tmp_path / "model.py")
