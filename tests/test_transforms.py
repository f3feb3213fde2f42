"""Products with Jacobians and Hessians, whole ones, and functions with gradients of their own."""

import numpy as np
import pytest

import graphflow as gf

RNG = np.random.default_rng(3)
A = RNG.normal(size=(3, 4))
X = RNG.normal(size=4)


def run(node, feed=None):
    return gf.Session(seed=0).run(node, feed)


def test_jacobian_of_a_linear_map_is_its_matrix():
    x = gf.constant(X)
    np.testing.assert_allclose(run(gf.jacobian(A @ x, x)), A, rtol=1e-14)
    wide = gf.constant(X[:2])
    np.testing.assert_allclose(run(gf.jacobian(A[:, :2] @ wide, wide)), A[:, :2], rtol=1e-14)


@pytest.mark.parametrize("rows", [2, 4, 6])
def test_jacobian_of_tanh_is_the_formula_in_either_mode(rows):
    B = RNG.normal(size=(rows, 4))
    x = gf.placeholder((4,))
    jacobian = gf.jacobian(gf.tanh(B @ x), x)
    expected = (1 - np.tanh(B @ X) ** 2)[:, None] * B
    assert jacobian.shape == (rows, 4)
    np.testing.assert_allclose(run(jacobian, {x: X}), expected, rtol=1e-12)


def test_jacobian_has_the_axes_of_y_then_those_of_x():
    x = gf.constant(A)
    jacobian = run(gf.jacobian(gf.transpose(x), x))
    expected = np.einsum("jk,il->ijkl", np.eye(3), np.eye(4))
    np.testing.assert_array_equal(jacobian, expected)


def test_jvp_is_the_product_with_the_jacobian():
    x, v = gf.placeholder((4,)), gf.placeholder((4,))
    y = gf.exp(A @ x) * gf.sum(x)
    (product,) = gf.jvp(y, x, v)
    tangent = RNG.normal(size=4)
    full = run(gf.jacobian(y, x), {x: X})
    np.testing.assert_allclose(run(product, {x: X, v: tangent}), full @ tangent, rtol=1e-12)


def test_jvp_sums_over_inputs_and_gives_zeros_where_nothing_depends():
    x, z = gf.Variable([1.0, 2.0]), gf.Variable([3.0, 4.0])
    products = gf.jvp([x * z, gf.constant([1.0, 1.0]) * 2], [x, z], [[1.0, 0.0], [0.0, 1.0]])
    got = run(products)
    np.testing.assert_array_equal(got[0], [3.0, 2.0])
    np.testing.assert_array_equal(got[1], [0.0, 0.0])


def test_jvp_passes_branches_that_were_not_taken():
    x = gf.placeholder((3,))
    (product,) = gf.jvp(gf.where(x > 0, gf.log(x), 0.0), x, np.ones(3))
    np.testing.assert_array_equal(run(product, {x: [0.0, -1.0, 2.0]}), [0.0, 0.0, 0.5])


def test_hessian_of_rosenbrock_is_the_formula():
    x = gf.placeholder((2,))
    y = 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2
    a, b = -1.2, 1.0
    expected = [[1200 * a**2 - 400 * b + 2, -400 * a], [-400 * a, 200]]
    np.testing.assert_allclose(run(gf.hessian(y, x), {x: [a, b]}), expected, rtol=1e-13)
    (product,) = gf.hvp(y, x, [1.0, 2.0])
    np.testing.assert_allclose(run(product, {x: [a, b]}), np.dot(expected, [1, 2]), rtol=1e-12)


def test_hessian_of_a_linear_function_is_zero():
    x = gf.constant(X)
    np.testing.assert_array_equal(run(gf.hessian(gf.sum(3 * x), x)), np.zeros((4, 4)))


def test_hessian_of_logsumexp_by_hand_is_that_of_softmax():
    x = gf.constant(1000 * X)
    p = np.exp(1000 * (X - X.max()))
    p /= p.sum()
    got = run(gf.hessian(gf.log(gf.sum(gf.exp(x))), x))
    np.testing.assert_allclose(got, np.diag(p) - np.outer(p, p), atol=1e-15)


def test_unknown_sizes_and_vectors_for_scalars_are_refused():
    x = gf.placeholder((None,), name="x")
    with pytest.raises(gf.ShapeError, match="every size must be known"):
        gf.jacobian(x * 2, x)
    with pytest.raises(gf.ShapeError, match="y is a scalar"):
        gf.hessian(gf.constant(X) * 2, gf.constant(X))
    v = gf.Variable(X)
    with pytest.raises(gf.ShapeError, match=r"tangent \[3\]"):
        gf.jvp(v * 2, v, np.ones(3))


# ---- custom gradients and Python functions ----------------------------------------------------


def test_a_custom_gradient_replaces_what_happens_inside():
    @gf.custom_gradient
    def clipped(x):
        return gf.round(x), lambda grad: grad * gf.cos(x)  # a straight-through of a sort

    x = gf.Variable([0.3, 1.6])
    y = clipped(x)
    (grad,) = gf.gradients(y, x)
    (second,) = gf.gradients(grad, x)
    value, slope, bend = run([y, grad, second])
    np.testing.assert_array_equal(value, [0.0, 2.0])
    np.testing.assert_allclose(slope, np.cos([0.3, 1.6]), rtol=1e-15)
    np.testing.assert_allclose(bend, -np.sin([0.3, 1.6]), rtol=1e-15)


def test_a_custom_gradient_of_two_inputs_may_cut_one():
    @gf.custom_gradient
    def product(x, y):
        return x * y, lambda grad: [grad * y, None]

    x, y = gf.Variable(2.0), gf.Variable(5.0)
    out = product(x, y)
    assert run(gf.gradients(out, x)) == [5.0]
    with pytest.raises(gf.DisconnectedError, match="gave None"):
        gf.gradients(out, y)


def test_a_custom_gradient_without_a_rule_is_refused():
    @gf.custom_gradient
    def broken(x):
        return x * 2

    with pytest.raises(gf.DTypeError, match="broken"):
        broken(gf.constant(1.0))


def test_a_python_function_runs_as_a_node_and_has_the_gradient_it_is_given():
    x = gf.placeholder((None,), name="x")
    y = gf.py_func(np.cumsum, [x], (None,), float, grad=lambda op, grad: grad[::-1] * 0 + 1.0)
    (grad,) = gf.gradients(y, x)
    value, slope = run([y, grad], {x: [1.0, 2.0, 3.0]})
    np.testing.assert_array_equal(value, [1, 3, 6])
    np.testing.assert_array_equal(slope, [1, 1, 1])


def test_a_python_function_cannot_write_into_what_is_fed():
    def spoil(a):
        a[:] = -1
        return a

    x = gf.placeholder((2,))
    fed = np.array([1.0, 2.0])
    assert list(run(gf.py_func(spoil, [x], (2,), float), {x: fed})) == [-1, -1]
    assert list(fed) == [1.0, 2.0]


def test_what_a_python_function_returns_is_checked():
    with pytest.raises(gf.ShapeError, match=r"the function gave \[2\], not \[3\]"):
        run(gf.py_func(lambda: np.zeros(2), [], (3,), float))
    with pytest.raises(gf.DTypeError, match="the function gave complex128"):
        run(gf.py_func(lambda: np.array(1j), [], (), float))
    x = gf.Variable(1.0)
    with pytest.raises(gf.RegistrationError, match="py_func has no gradient"):
        gf.gradients(gf.py_func(np.sin, [x], (), float), x)


# ---- what products with Jacobians cost ----------------------------------------------------------


def calls(fetches, inputs):
    """The lines of the printed step, without its return."""
    body = gf.function(fetches, inputs).source.split("def step(")[1].splitlines()[1:]
    return [line for line in body if line.strip() and not line.strip().startswith("return")]


WEIGHTS = RNG.normal(size=(4, 4))


def layers(x):
    for _ in range(5):
        x = gf.exp(gf.sin(WEIGHTS @ x) * 0.5)
    return x


def layers_with_tangent(x, tangent):
    """The layers, and by hand beside each the derivative along the tangent."""
    for _ in range(5):
        inner, along = WEIGHTS @ x, WEIGHTS @ tangent
        slope = gf.cos(inner) * along * 0.5
        x = gf.exp(gf.sin(inner) * 0.5)
        tangent = x * slope
    return [x, tangent]


def test_a_jvp_makes_the_calls_of_a_forward_derivation_and_no_others():
    x, v = gf.placeholder((4,)), gf.placeholder((4,))
    y = layers(x)
    product = [y, *gf.jvp(y, x, v)]
    by_hand = layers_with_tangent(x, v)
    assert len(calls(product, [x, v])) == len(calls(by_hand, [x, v]))
    feed = {x: X, v: X[::-1]}
    np.testing.assert_allclose(run(product, feed), run(by_hand, feed), rtol=1e-13)


def test_a_jvp_of_activations_costs_twice_the_forward():
    x, v = gf.placeholder((4,)), gf.placeholder((4,))
    y = x
    for _ in range(6):
        y = gf.square(y) + y
    both = calls([y, *gf.jvp(y, x, v)], [x, v])
    assert len(both) <= 3 * len(calls(y, [x])) + 1  # the forward, the slopes, the products


def test_a_hvp_costs_twice_the_gradient_and_its_slopes():
    x, v = gf.placeholder((4,)), gf.placeholder((4,))
    loss = gf.sum(gf.square(layers(x)))
    slope = gf.gradients(loss, x)
    both = [*slope, *gf.hvp(loss, x, v)]
    assert len(calls(both, [x, v])) <= 2.5 * len(calls(slope, [x]))
    assert "zeros" not in gf.function(both, [x, v]).source


def test_vjp_is_the_transposed_jacobian_times_the_cotangents():
    x, y = gf.constant([1.0, 2.0]), gf.constant(3.0)
    outputs = [x * y, gf.sum(x**2)]
    by_x, by_y = gf.Session().run(gf.vjp(outputs, [x, y], [np.array([5.0, 7.0]), 2.0]))
    np.testing.assert_allclose(by_x, [5 * 3 + 2 * 2 * 1, 7 * 3 + 2 * 2 * 2], rtol=1e-15)
    np.testing.assert_allclose(by_y, 5 * 1 + 7 * 2, rtol=1e-15)
