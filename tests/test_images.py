"""Gradients where the stable form has no node for what the user asks about: right, or refused."""

import numpy as np
import pytest

import graphflow as gf

Z = np.array([[0.3, -1.2, 0.5], [2.0, 0.1, -0.4]])
LABELS = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def cross_entropy(by_hand=False):
    z = gf.Variable(Z)
    p = gf.exp(z) / gf.sum(gf.exp(z), axis=1, keepdims=True) if by_hand else gf.softmax(z)
    return z, p, -gf.reduce_sum(LABELS * gf.log(p))


@pytest.mark.parametrize("by_hand", [False, True])
def test_gradient_by_a_node_inside_a_pattern_is_that_of_the_formula_as_written(by_hand):
    _, p, loss = cross_entropy(by_hand)
    np.testing.assert_allclose(
        gf.Session().run(gf.gradients(loss, p)[0]), -LABELS / softmax(Z), rtol=1e-14
    )


@pytest.mark.parametrize("by_hand", [False, True])
def test_gradient_through_the_same_pattern_is_the_stable_one(by_hand):
    z, p, loss = cross_entropy(by_hand)
    by_p, by_z = gf.gradients(loss, [p, z])
    values = gf.Session().run([by_p, by_z])
    np.testing.assert_allclose(values[0], -LABELS / softmax(Z), rtol=1e-14)
    np.testing.assert_allclose(values[1], softmax(Z) - LABELS, atol=1e-15)


def test_gradient_by_one_of_two_equal_nodes_is_by_that_one_alone():
    x = gf.Variable(0.7)
    a, b = gf.exp(x), gf.exp(x)
    y = a * b * b
    by_a, by_b, by_x = gf.Session().run(gf.gradients(y, [a, b, x]))
    e = np.exp(0.7)
    assert by_a == pytest.approx(e**2, rel=1e-15)
    assert by_b == pytest.approx(2 * e**2, rel=1e-15)
    assert by_x == pytest.approx(3 * e**3, rel=1e-15)


def test_feeding_a_node_that_a_derived_gradient_bypasses_is_refused():
    z, p, loss = cross_entropy()
    grad = gf.gradients(loss, z)[0]
    with pytest.raises(gf.FeedError, match="opaque"):
        gf.Session().run(grad, {p: softmax(Z)})


def test_feeding_it_is_right_when_the_gradient_was_told():
    z, p, loss = cross_entropy()
    grad = gf.gradients(loss, z, opaque=[p])[0]
    fed = np.full((2, 3), 1 / 3)
    # d loss / dz = J(p)' (-labels / p) with the softmax Jacobian taken at the fed p
    by_p = -LABELS / fed
    expected = fed * (by_p - np.sum(by_p * fed, axis=1, keepdims=True))
    np.testing.assert_allclose(gf.Session().run(grad, {p: fed}), expected, rtol=1e-14)


def test_feeding_a_node_whose_image_differs_reaches_the_gradient():
    z = gf.Variable(Z)
    p = gf.log(gf.softmax(z))  # rewritten to log_softmax(z)
    shifted = p * 2.0  # same formula over the image of p
    loss = gf.reduce_sum(gf.square(shifted))
    grad = gf.gradients(loss, z)[0]
    fed = np.ones((2, 3))
    # d loss / dp2 = 2 * fed, times 2, then through log_softmax at z
    by_p = 2 * fed * 2
    expected = by_p - softmax(Z) * by_p.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(gf.Session().run(grad, {shifted: fed}), expected, rtol=1e-14)


def test_feeding_a_pattern_node_of_the_loss_itself_replaces_it():
    _, p, loss = cross_entropy()
    fed = np.full((2, 3), 0.5)
    assert gf.Session().run(loss, {p: fed}) == pytest.approx(-2 * np.log(0.5), rel=1e-15)


def test_second_derivative_by_a_node_inside_a_pattern():
    _, p, loss = cross_entropy()
    first = gf.gradients(loss, p)[0]
    second = gf.gradients(first, p)[0]
    np.testing.assert_allclose(gf.Session().run(second), LABELS / softmax(Z) ** 2, rtol=1e-13)


def test_the_value_of_a_node_does_not_depend_on_what_else_is_fetched():
    z = gf.Variable([1000.0, 0.0])
    p = gf.exp(z) / gf.sum(gf.exp(z))
    loss = -gf.log(p)[1]
    session = gf.Session()
    assert session.run(loss) == session.run([loss, p])[0] == 1000.0
    np.testing.assert_array_equal(session.run(p), session.run([loss, p])[1])


def test_rewriting_adds_no_node_to_the_users_graph():
    with gf.Graph() as graph:
        _, _, loss = cross_entropy(by_hand=True)
        before = [node.name for node in graph.nodes]
        gf.Session().run(loss)
        assert [node.name for node in graph.nodes] == before


def test_gradient_by_every_node_on_the_path_is_each_nodes_own():
    z, p, loss = cross_entropy(by_hand=True)
    grads = gf.compute_gradients(loss)
    values = gf.Session().run({"loss": grads[loss], "p": grads[p], "z": grads[z]})
    assert values["loss"] == 1.0
    np.testing.assert_allclose(values["p"], -LABELS / softmax(Z), rtol=1e-14)
    np.testing.assert_allclose(values["z"], softmax(Z) - LABELS, atol=1e-15)
