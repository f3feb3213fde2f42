"""Gradients where the stable form has no node for what the user asks about: right, or refused."""

import numpy as np
import pytest
from stable_forms import FORMS
from test_random_graphs import as_written, slope_as_written

import graphflow as gf
from graphflow.graph import Ledger
from graphflow.rewrite import STABILIZE, rewrite
from graphflow.traversal import ancestors

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


def test_feeding_one_of_two_equal_nodes_under_a_derived_gradient_is_refused():
    x = gf.placeholder(())
    a, b = gf.exp(x), gf.exp(x)
    (grad,) = gf.gradients(a * b * b, x)
    for node in (a, b):
        with pytest.raises(gf.FeedError, match="merged with an equal node"):
            gf.Session().run(grad, {x: 0.7, node: 3.0})
    (told,) = gf.gradients(a * b * b, x, opaque=[a])
    expected = 3.0 * 2 * np.exp(1.4) + 3.0 * np.exp(1.4)  # a is 3, and its slope is what it is fed
    assert gf.Session().run(told, {x: 0.7, a: 3.0}) == pytest.approx(expected, rel=1e-15)


def test_feeding_what_a_rule_made_the_same_as_its_input_leaves_the_input_alone():
    x = gf.placeholder(())
    back = gf.log(gf.exp(x))
    (grad,) = gf.gradients(back * x, x)
    with pytest.raises(gf.FeedError, match="merged with an equal node"):
        gf.Session().run(grad, {x: 0.7, back: 3.0})
    assert gf.Session().run(grad, {x: 0.7}) == pytest.approx(1.4, rel=1e-15)


def test_what_stands_for_two_formulas_that_undo_each_other_can_be_fed():
    x = gf.placeholder(())
    y = gf.log(gf.exp(x)) * gf.log(gf.exp(x)) * gf.log1p(gf.expm1(x))
    (grad,) = gf.gradients(y, x)
    assert gf.Session().run(grad, {x: 0.5}) == pytest.approx(0.75, rel=1e-15)


def test_a_node_that_a_formula_by_hand_is_rewritten_to_is_not_fed_for_it():
    x = gf.placeholder(())
    for make in (lambda: gf.sigmoid(x), lambda: 1 / (1 + gf.exp(-x))):
        first, second = make(), 1 / (1 + gf.exp(-x))
        (grad,) = gf.gradients(first * second * second, x)
        for node in (first, second):
            with pytest.raises(gf.FeedError, match="opaque"):
                gf.Session().run(grad, {x: 0.5, node: 0.25})


def test_feeding_a_node_that_a_rule_makes_anew_for_a_formula_is_refused():
    x = gf.placeholder(())
    double = -2 * x
    y = gf.log(gf.sinh(x)) * double  # log(sinh(x)) is taken by way of -2 * x
    (grad,) = gf.gradients(y, x)
    with pytest.raises(gf.FeedError, match="merged with an equal node"):
        gf.Session().run(grad, {x: 0.7, double: 3.0})


# ---- every stable form ---------------------------------------------------------------------------

FIRST = list({form.rule: form for form in FORMS[::-1]}.values())


def placed(form):
    """A placeholder, a moderate value for it, the formula, and the nodes between the two."""
    low, high = form.domain
    middle = next(x for x in (0.6, -0.6, 2.7) if low < x < high)
    at = middle * np.array([1.0, 1.1, 0.9])[: form.size or 3]
    x = gf.placeholder(at.shape)
    y = form.build(x)
    return x, at, y, [n for n in ancestors([y]) if n.inputs and n is not y]


@pytest.mark.parametrize("form", FIRST, ids=str)
def test_the_value_with_any_inner_node_fed_is_that_of_the_formula_as_written(form):
    x, at, y, inner = placed(form)
    for node in inner:
        fed = as_written(node, {x: at}) * 1.01
        expected = as_written(y, {x: at, node: fed})
        got = gf.Session().run(y, {x: at, node: fed})
        np.testing.assert_allclose(got, expected, rtol=1e-9, err_msg=node.describe())


@pytest.mark.parametrize("form", FIRST, ids=str)
def test_the_gradient_by_any_inner_node_is_that_of_the_formula_as_written(form):
    x, at, y, inner = placed(form)
    for node in (n for n in inner if n.dtype.kind == "f"):
        here = {x: at, node: as_written(node, {x: at})}
        direction = np.random.default_rng(0).normal(size=here[node].shape)
        slope, error = slope_as_written(y, here, node, direction)
        (grad,) = gf.gradients(y, node, unconnected="zero")
        got = np.sum(gf.Session().run(grad, {x: at}) * direction)
        assert got == pytest.approx(slope, rel=1e-6, abs=1e-7 + error), node.describe()


@pytest.mark.parametrize("form", FIRST, ids=str)
def test_a_gradient_run_with_an_inner_node_fed_is_right_or_refused(form):
    x, at, y, inner = placed(form)
    (grad,) = gf.gradients(y, x)
    # what a rule replaces whole may have its value in its slope, in another way than as written
    image = rewrite([y], [STABILIZE], Ledger(first=10**6)).image
    kept = [n for n in inner if type(image[n.number]) is type(n) and n.dtype.kind == "f"]
    for node in kept:
        told = gf.gradients(y, x, opaque=[node], unconnected="zero")[0]
        feed = {x: at, node: as_written(node, {x: at}) * 1.01}
        try:
            got = gf.Session().run(grad, feed)
        except gf.FeedError:
            continue
        np.testing.assert_allclose(got, gf.Session().run(told, feed), rtol=1e-9, atol=1e-12)
