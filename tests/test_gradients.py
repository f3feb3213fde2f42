"""What may be given to gradients and compute_gradients, and what rules may return."""

import numpy as np
import pytest

import graphflow as gf
from graphflow.graph import Elementwise
from graphflow.registry import RegisterGradient


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
