"""What may be given to gradients and compute_gradients, and what rules may return."""

import numpy as np
import pytest

import graphflow as gf
from graphflow.graph import Elementwise
from graphflow.registry import RegisterGradient
from graphflow.traversal import ancestors


def run(nodes):
    return gf.Session().run(nodes)


def test_compute_gradients_is_by_every_float_on_the_way_to_the_loss():
    x, i = gf.Variable([1.0, 2.0]), gf.constant([1, 2])
    y = x * 3.0
    loss = gf.sum(y * y + i)
    found = gf.compute_gradients(loss)
    assert x in found
    assert i not in found
    np.testing.assert_array_equal(run(found[x]), [18, 36])
    np.testing.assert_array_equal(run(found[y]), [6, 12])


def test_compute_gradients_is_by_the_nodes_asked_for():
    x = gf.Variable([1.0, 2.0])
    y = x * 3.0
    found = gf.compute_gradients(gf.sum(y * y), y)
    assert list(found) == [y]
    np.testing.assert_array_equal(run(found[y]), [6, 12])


def test_compute_gradients_of_integers_is_refused():
    with pytest.raises(gf.DTypeError, match="holds no floats"):
        gf.compute_gradients(gf.constant(3))


def test_several_ys_add_up_with_weights_in_a_tuple_or_none():
    x = gf.Variable(2.0)
    ys = [x * x, 3.0 * x]
    assert run(gf.gradients(ys, x)[0]) == 7
    assert run(gf.gradients(ys, x, (gf.constant(10.0), gf.constant(1.0)))[0]) == 43


def test_a_weight_of_another_precision_is_cast_to_that_of_its_y():
    x = gf.Variable(np.float32(2.0))
    (slope,) = gf.gradients(x * x, x, gf.constant(np.float64(3.0)))
    assert (slope.dtype, run(slope)) == (np.float32, 12)


def test_an_update_has_no_gradient():
    x = gf.Variable(2.0)
    with pytest.raises(gf.DTypeError, match="an update has no value"):
        gf.gradients(gf.assign(x, 3.0), x)


class Added(Elementwise):
    def compute(self, xp, x, y):
        return xp.add(x, y)


@RegisterGradient("Added")
def _added_grad(op, grad):
    return grad, 1.0  # a tuple, and a number for a node


def test_a_rule_may_return_a_tuple_and_numbers():
    x, y = gf.Variable(2.0), gf.Variable(5.0)
    assert run(gf.gradients(Added(x, y), [x, y])) == [1, 1]


def test_compute_gradients_leaves_out_integers_and_what_has_none():
    x, y = gf.Variable([1.0, 2.0]), gf.Variable([3.0, 4.0])
    n = gf.Variable(np.array([5, 6]))
    held = gf.stop_gradient(y)
    found = gf.compute_gradients(gf.sum(x * held * gf.cast(n, float)))
    assert x in found
    assert n not in found
    assert y not in found
    np.testing.assert_array_equal(run(found[x]), [15, 24])
    np.testing.assert_array_equal(run(found[held]), [5, 12])


def test_a_gradient_between_complex_precisions_keeps_its_imaginary_part():
    z = gf.placeholder((2,), np.complex64)
    factor = np.array([1 + 2j, 3 - 1j])
    grad = gf.gradients(gf.sum(gf.real(z * factor)), z)[0]
    found = gf.Session().run(grad, {z: np.ones(2, np.complex64)})
    assert found.dtype == np.complex64
    np.testing.assert_array_equal(found, factor)


def kinds(nodes):
    return {type(node).__name__ for node in nodes}


def test_a_gradient_has_no_nodes_that_nobody_asked_for():
    with gf.Graph() as graph:
        x, row = gf.placeholder((4, 3)), gf.placeholder((3,))
        seed = gf.placeholder((4, 3))
        before = len(graph.nodes)
        gf.gradients(gf.multiply(x, row), x, grad_ys=seed)
    added = graph.nodes[before + 1 :]  # after the product
    assert kinds(added) == {"Multiply"}  # and no sum for the row, cast or seed of ones


def test_rules_without_a_division_need_no_absorbing_where_nothing_is_chosen():
    x, y = gf.placeholder((3,)), gf.placeholder((3,))
    safe = gf.gradients(gf.where(y > 0, x + y, 0.0), x)[0]
    unsafe = gf.gradients(gf.where(y > 0, gf.log(x), 0.0), x)[0]
    feeds = {x: [0.0, 1.0, 2.0], y: [-1.0, 1.0, 2.0]}
    np.testing.assert_array_equal(gf.Session().run([safe, unsafe], feeds), [[0, 1, 1], [0, 1, 0.5]])
    assert "Absorb" in kinds(ancestors([unsafe]))
    assert "Absorb" not in kinds(ancestors([safe]))


@pytest.mark.parametrize(
    ("ys", "xs", "text"),
    [
        (lambda x: 5, lambda x: x, r"ys has 5 \(int\), not a node"),
        (lambda x: x, lambda x: None, r"xs has None \(NoneType\), not a node"),
        (lambda x: x, lambda x: [x, "x"], r"xs has 'x' \(str\), not a node"),
        (lambda x: gf.assign(x, x * 2), lambda x: x, "an update has no value"),
        (lambda x: x, lambda x: [x, gf.assign(x, x)], "an update has no value"),
    ],
)
def test_what_is_no_node_with_a_value_is_named(ys, xs, text):
    x = gf.Variable([1.0])
    with pytest.raises(gf.DTypeError, match=text):
        gf.gradients(ys(x), xs(x))


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (lambda x: gf.ones((3, 3)), r"gave float64\[3, 3\] for an input float64\[2\]"),
        (lambda x: "one", "gave 'one' for an input"),
    ],
)
def test_a_gradient_that_does_not_fit_its_input_is_shown(given, text):
    class Odd(Elementwise):
        def compute(self, xp, x):
            return xp.add(x, 1)

    RegisterGradient("Odd")(lambda op, grad: [given(op.inputs[0])])
    x = gf.Variable([1.0, 2.0])
    with pytest.raises(gf.RegistrationError, match=text):
        gf.gradients(Odd(x), x)


@pytest.mark.parametrize("cut", [gf.stop_gradient, gf.floor, gf.ones_like])
def test_what_has_no_slope_has_a_gradient_itself_and_ends_it(cut):
    x, y = gf.Variable([1.0, 2.0]), gf.Variable([3.0, 4.0])
    held = cut(y)
    loss = gf.sum(x * held)
    np.testing.assert_array_equal(run(gf.gradients(loss, [held, x])), run([x, held]))
    np.testing.assert_array_equal(run(gf.gradients(loss, [held, y], unconnected="zero"))[1], [0, 0])
    with pytest.raises(gf.DisconnectedError, match="has no gradient"):
        gf.gradients(loss, [held, y])
    assert {held, x} <= set(gf.compute_gradients(loss))
