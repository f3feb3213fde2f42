"""gf.print: values are seen as a run passes, and nothing else is any different."""

import weakref

import numpy as np
import pytest

import graphflow as gf
from graphflow.backends import Interpreter
from graphflow.primitives import Spec
from graphflow.program import record, specialize


def printed(capsys):
    return capsys.readouterr().out


def test_it_prints_the_line_the_message_and_every_value_by_name(capsys):
    x, y = gf.placeholder((2,), name="x"), gf.placeholder((), name="y")
    z = gf.print(x, y * 2, message="seen")
    value = gf.Session().run(z + 1, {x: np.array([1.5, 2.0]), y: 3.0})
    np.testing.assert_array_equal(value, [2.5, 3.0])
    line = z.origin.line
    assert z.origin.text == 'z = gf.print(x, y * 2, message="seen")'
    multiply = z.inputs[1].name
    expected = f"test_print.py:{line}: seen\n  x = [1.5 2. ]\n  {multiply} = 6.0\n"
    assert printed(capsys) == expected


def test_a_single_value_stays_on_the_line_and_a_matrix_goes_below(capsys):
    x = gf.placeholder((None, None), name="x")
    z = gf.print(x)
    session = gf.Session()
    session.run(z, {x: [[1.0, 2.0]]})
    session.run(z, {x: np.eye(2)})
    line = f"test_print.py:{z.origin.line}"
    single, matrix = f"{line} x = [[1. 2.]]\n", f"{line}\n  x =\n    [[1. 0.]\n     [0. 1.]]\n"
    assert printed(capsys) == single + matrix


@pytest.mark.parametrize("optimize", [True, False])
def test_every_run_prints_once_in_the_order_of_the_program(capsys, optimize):
    x = gf.placeholder((), name="x")
    first = gf.print(x, message="1")
    second = gf.print(first * 2, message="2")
    step = gf.assign(gf.Variable(0.0), second)
    f = gf.Session(optimize=optimize).make_callable([second, first, step], [x])
    for value in (1.0, 2.0, 3.0):
        f(np.array(value))
        lines = printed(capsys).splitlines()
        assert [row.split(": ")[1][0] for row in lines] == ["1", "2"]
        assert [float(row.split("= ")[1]) for row in lines] == [value, 2 * value]


def test_nothing_is_printed_where_its_value_is_not_needed(capsys):
    x = gf.placeholder((), name="x")
    gf.print(x)
    assert gf.Session().run(x * 2, {x: 1.0}) == 2.0
    assert printed(capsys) == ""


def test_equal_prints_on_two_lines_both_print(capsys):
    x = gf.placeholder((), name="x")
    a = gf.print(x)
    b = gf.print(x)
    gf.Session().run(a + b, {x: 1.0})
    lines = printed(capsys).splitlines()
    assert lines == [f"test_print.py:{node.origin.line} x = 1.0" for node in (a, b)]


def test_a_stable_form_reaches_through_it_and_still_prints(capsys):
    x = gf.placeholder((2,), name="x")

    def loss(show):
        return -gf.sum(gf.log(show(gf.softmax(x))))

    plain, shown = loss(lambda p: p), loss(lambda p: gf.print(p, message="p"))
    session, fed = gf.Session(), {x: np.array([1000.0, 0.0])}
    assert session.run(shown, fed) == session.run(plain, fed) == 1000.0
    assert printed(capsys).count(": p ") == 1
    grads = [gf.gradients(y, x)[0] for y in (plain, shown)]
    expected, found = [session.run(grad, fed) for grad in grads]
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(found, [1.0, -1.0])  # 2 softmax - 1, with softmax = (1, 0)
    assert printed(capsys).count(": p ") == 1  # the gradient alone passes through it too


def test_a_training_step_prints_once_though_loss_and_gradient_both_pass(capsys):
    x = gf.placeholder((3,), name="x")
    w = gf.Variable(np.ones(3), name="w")
    loss = gf.sum(gf.print(gf.log(gf.softmax(x * w)), message="here"))
    step = gf.GradientDescentOptimizer(0.1).minimize(loss)
    gf.Session().run([loss, step], {x: np.arange(3.0)})
    assert printed(capsys).count("here") == 1


def test_values_and_gradients_have_the_same_bits_as_without():
    rng = np.random.default_rng(0)

    def model(show):
        with gf.Graph():
            x = gf.placeholder((None, 5), name="x")
            W = gf.Variable(np.linspace(-1, 1, 20).reshape(5, 4), name="W")
            b = gf.Variable(np.linspace(0, 1, 4), name="b")
            h = show(gf.tanh(show(x @ W) + b))
            loss = show(gf.mean(gf.log(show(gf.softmax(h)))))
            step = gf.GradientDescentOptimizer(0.3).minimize(loss)
            session = gf.Session()
            losses = [session.run([loss, step], {x: batch})[0] for batch in batches]
            return [*losses, *session.value(W).ravel(), *session.value(b)]

    batches = [rng.normal(size=(8, 5)) for _ in range(5)]
    assert model(lambda node: gf.ops.tap.Tap(node, function=lambda *_: None)) == model(lambda n: n)


def test_convolutions_in_another_layout_show_what_they_would():
    rng = np.random.default_rng(0)
    image, kernel = rng.normal(size=(8, 12, 12, 3)), rng.normal(size=(3, 3, 3, 8))
    x, w = gf.placeholder(image.shape, name="x"), gf.Variable(kernel, name="w")
    shown = []

    def tapped(node):
        return gf.ops.tap.Tap(node, function=lambda line, value: shown.append(value))

    h = tapped(gf.nn.conv2d(x, w))
    loss = gf.mean(tapped(gf.nn.max_pool(gf.relu(h), 2)))
    session = gf.Session()
    session.run([loss, gf.GradientDescentOptimizer(0.1).minimize(loss)], {x: image})
    windows = np.lib.stride_tricks.sliding_window_view(image, (3, 3), (1, 2))
    expected = np.einsum("bijchw,hwco->bijo", windows, kernel)
    assert len(shown) == 2
    np.testing.assert_allclose(shown[0], expected, rtol=1e-12, atol=1e-12)
    pooled = np.maximum(expected, 0).reshape(8, 5, 2, 5, 2, 8).max(axis=(2, 4))
    np.testing.assert_allclose(shown[1], pooled, rtol=1e-12, atol=1e-12)


def test_a_printed_array_is_a_copy_and_a_print_prints_what_was_fed_for_it(capsys):
    x = gf.placeholder((2,), name="x")
    kept = []

    def spoil(line, value):
        kept.append(line.line)
        value[:] = 7

    tap = gf.ops.tap.Tap(x * 2, function=spoil)
    np.testing.assert_array_equal(gf.Session().run(tap + 1, {x: np.ones(2)}), [3, 3])
    assert kept == [tap.origin.line]
    z = gf.print(x)
    np.testing.assert_array_equal(gf.Session().run(z + 1, {z: np.ones(2)}), [2, 2])
    assert printed(capsys) == ""  # what is fed is not computed


def test_where_python_floats_refuse_it_has_printed_once(capsys):
    x = gf.placeholder((), name="x")
    y = gf.print(x * 2, message="before")
    z = gf.print(1 / y, message="after")
    f = gf.function(gf.exp(z), [x])
    for value in (1.0, 0.0, 0.0):
        with np.errstate(all="ignore"):
            assert f(np.array(value)) == np.exp(np.float64(1) / (2 * value))
        lines = printed(capsys).splitlines()
        assert ["before" in row for row in lines] == [True, False]


def test_second_derivatives_pass_through_it():
    x = gf.placeholder((), name="x")
    tap = gf.ops.tap.Tap(x * x, function=lambda *_: None)
    (first,) = gf.gradients(tap * x, x)
    (second,) = gf.gradients(first, x)
    assert gf.Session().run([first, second], {x: 2.0}) == [12.0, 12.0]  # 3 x**2, 6 x


def test_a_message_is_a_string_and_a_value_is_a_node_or_a_number(capsys):
    x = gf.placeholder((), name="x")
    with pytest.raises(gf.DTypeError, match="message is"):
        gf.print(x, message=x)
    with pytest.raises(gf.DTypeError):
        gf.print("x")
    with pytest.raises(gf.DTypeError):
        gf.print(gf.assign(gf.Variable(1.0), 2.0))


def test_a_function_that_prints_cannot_be_saved(tmp_path):
    x = gf.placeholder((2,), name="x")
    f = gf.function(gf.print(x) * 2, [x])
    with pytest.raises(gf.GraphError, match="no text can stand for print"):
        f.save(tmp_path / "model.py")
    assert not list(tmp_path.iterdir())


def test_the_function_of_a_tap_is_kept_by_no_cache():
    class Seen:
        def __call__(self, line, value):
            pass

    function = Seen()
    x = gf.placeholder((), name="x")
    tap = gf.ops.tap.Tap(x, function=function)
    gf.Session().run(gf.exp(tap), {x: 1.0})
    ref = weakref.ref(function)
    del function, tap
    assert ref() is None


def test_a_filter_that_is_copied_beside_a_tap_is_not_shown_by_the_interpreter():
    """It takes over where Python's floats raise, after some of the taps."""
    shown = []
    x, w = gf.placeholder((1, 4, 1), name="x"), gf.placeholder((4, 1, 1), name="w")
    kernel = w[:2]
    y = gf.nn.conv1d(x, kernel)
    tapped = gf.ops.tap.Tap(y, function=lambda line, *values: shown.append(np.shape(values[0])))
    specs = {node: Spec(node.shape, node.dtype) for node in (x, w)}
    program = record(specialize([kernel, tapped], specs), True)
    given = [np.ones((1, 4, 1)), np.arange(4.0).reshape(4, 1, 1)]
    got, _ = Interpreter(program)({}, given, None)
    np.testing.assert_array_equal(got, given[1][:2])
    assert shown == [(1, 3, 1)]
