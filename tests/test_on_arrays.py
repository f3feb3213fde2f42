"""Classes of the tutorials' engine, written on arrays, run as they stand."""
# ruff: noqa: N801 - the tutorials' classes are called as their functions are

import numpy as np
import pytest

import graphflow as gf
from graphflow import Operation, RegisterGradient
from graphflow.testing import check_gradients

RNG = np.random.default_rng(1)


class softmax_rows(Operation):
    def __init__(self, a):
        super().__init__([a])

    def compute(self, a_value):
        return np.exp(a_value) / np.sum(np.exp(a_value), axis=1)[:, None]


@RegisterGradient("softmax_rows")
def _softmax_rows_gradient(op, grad):
    softmax = op.output
    return (grad - np.reshape(np.sum(grad * softmax, 1), [-1, 1])) * softmax


class sum_along(Operation):
    def __init__(self, A, axis=None):
        super().__init__([A])
        self.axis = axis

    def compute(self, A_value):
        return np.sum(A_value, self.axis)


@RegisterGradient("sum_along")
def _sum_along_gradient(op, grad):
    A = op.inputs[0]
    output_shape = np.array(A.shape)
    output_shape[op.axis] = 1
    tile_scaling = A.shape // output_shape
    grad = np.reshape(grad, output_shape)
    return np.tile(grad, tile_scaling)


class product(Operation):
    def __init__(self, x, y):
        super().__init__([x, y])

    def compute(self, x_value, y_value):
        return x_value @ y_value


@RegisterGradient("product")
def _product_gradient(op, grad):
    A, B = op.inputs[0], op.inputs[1]
    return [grad.dot(B.T), A.T.dot(grad)]


class plus(Operation):
    def compute(self, x_value, y_value):
        return x_value + y_value


@RegisterGradient("plus")
def _plus_gradient(op, grad):
    return [grad, grad]


class hand_sorted(Operation):
    """Calls what no tracer follows."""

    def compute(self, x_value):
        return np.array(sorted(x_value.tolist()))


@RegisterGradient("hand_sorted")
def _hand_sorted_gradient(op, grad):
    back = np.empty_like(grad)
    back[np.argsort(op.inputs[0])] = grad
    return back


def test_a_tutorials_classifier_runs_and_trains():
    X, c = gf.placeholder((None, 2)), gf.placeholder((None, 2))
    W, b = gf.Variable(RNG.normal(size=(2, 2))), gf.Variable(RNG.normal(size=2))
    p = softmax_rows(plus([product(X, W), b]))
    J = gf.negative(sum_along(sum_along(gf.multiply(c, gf.log(p)), axis=1), axis=0))
    red, blue = RNG.normal(size=(50, 2)) - 2, RNG.normal(size=(50, 2)) + 2
    feed = {X: np.concatenate([blue, red]), c: np.repeat(np.eye(2), 50, axis=0)}
    assert check_gradients(J, [W, b], feed, order=1)
    session = gf.Session()
    step = gf.GradientDescentOptimizer(0.01).minimize(J)
    before = session.run(J, feed)
    for _ in range(20):
        session.run(step, feed)
    assert session.run(J, feed) < 0.2 * before


def test_shape_and_dtype_are_traced_where_numpy_carries_them():
    x = gf.placeholder((None, 3), dtype=np.float32)
    assert softmax_rows(x).type_text == "float32[?, 3]"
    assert sum_along(x, axis=1).type_text == "float32[?]"
    assert product(x, np.ones((3, 4), np.float32)).shape == (None, 4)


def test_what_is_not_traced_is_called_in_the_run():
    x = gf.placeholder((4,))
    y = hand_sorted(x)
    assert y.type_text == "float64[...]"
    value = np.array([3.0, -1.0, 2.0, 0.5])
    (grad,) = gf.gradients(gf.sum(y * np.arange(4.0)), x)
    got, slope = gf.Session().run([y, grad], {x: value})
    np.testing.assert_array_equal(got, np.sort(value))
    np.testing.assert_array_equal(slope, [3, 0, 2, 1])


def test_both_ways_of_naming_the_inputs_and_broadcasting():
    x, y = gf.placeholder((2, 3)), gf.placeholder((3,))
    for node in (plus([x, y]), plus(x, y)):
        grads = gf.gradients(node, [x, y])
        found = gf.Session().run(grads, {x: np.ones((2, 3)), y: np.ones(3)})
        np.testing.assert_array_equal(found[1], [2, 2, 2])
    assert plus(x, y, name="total").name == "total"


def test_two_of_them_are_two_and_attributes_are_seen():
    x = gf.placeholder((2, 3))
    rows, columns = sum_along(x, axis=1), sum_along(x, axis=0)
    a, b = gf.Session().run([rows, columns], {x: np.arange(6.0).reshape(2, 3)})
    assert (a.shape, b.shape) == ((2,), (3,))
    assert rows.axis == 1
    assert "axis=1" in repr(rows)


def test_a_second_derivative_is_refused_with_the_change_to_make():
    x = gf.placeholder((2, 2))
    (first,) = gf.gradients(softmax_rows(x), x)
    with pytest.raises(gf.RegistrationError, match="first derivative only") as raised:
        gf.gradients(first, x)
    assert "def compute(self, xp, ...)" in str(raised.value)


def test_they_are_frozen_as_all_nodes_are():
    node = sum_along(gf.placeholder((2, 2)), 0)
    with pytest.raises(AttributeError, match="frozen"):
        node.axis = 1


def test_what_tutorial_nodes_had_raises_a_hint():
    node = gf.placeholder((), name="x") + 1
    for name, hint in [
        ("value", "session.run"),
        ("output", "session.run"),
        ("consumers", "graph.nodes"),
        ("input_nodes", "node.inputs"),
    ]:
        with pytest.raises(AttributeError, match=hint):
            getattr(node, name)
    assert not hasattr(node, "value")
    with pytest.raises(AttributeError, match="'Add' has no attribute 'nothing'$"):
        node.nothing


class wrong_shape(Operation):
    def compute(self, x_value):
        return list(x_value) + [1.0]


class forgetful(Operation):
    def __init__(self, x):
        self.x = x

    def compute(self, x_value):
        return x_value


class failing(Operation):
    def compute(self, x_value):
        return np.asarray(x_value) @ np.ones((7, 7))


def test_errors_are_clear():
    x = gf.placeholder((3,), name="x")
    with pytest.raises(gf.DTypeError, match=r"made no node\ncall super"):
        forgetful(x)
    assert len(gf.get_default_graph().nodes) == 1
    node = failing(x)
    with pytest.raises(gf.ShapeError, match="failing.*matmul"):
        gf.Session().run(node, {x: np.ones(3)})
    with pytest.raises(gf.RegistrationError, match="has no gradient rule"):
        gf.gradients(failing(x), x)
    with pytest.raises(gf.ShapeError):
        product(gf.placeholder((2, 3)), gf.placeholder((2, 3)))
    assert gf.Session().run(wrong_shape(x), {x: np.ones(3)}).shape == (4,)
