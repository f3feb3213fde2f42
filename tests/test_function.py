"""Python functions over arrays: traced, cached, differentiated; what cannot be traced says so."""

import threading
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

import graphflow as gf

RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(5, 3)), RNG.normal(size=5)


# ---- autograd's own examples, in plain NumPy --------------------------------------------------


def test_derivatives_of_tanh_to_fifth_order():
    """The first example of HIPS autograd's readme."""

    def tanh(x):
        return (1.0 - np.exp(-2 * x)) / (1.0 + np.exp(-2 * x))

    slope = tanh
    at = 0.7
    t = np.tanh(at)
    exact = [
        1 - t**2,
        -2 * t * (1 - t**2),
        (1 - t**2) * (6 * t**2 - 2),
        8 * t * (1 - t**2) * (2 - 3 * t**2),
    ]
    for wanted in exact:
        slope = gf.grad(slope)
        np.testing.assert_allclose(slope(at), wanted, rtol=1e-10)


def test_logistic_regression_is_trained():
    """The second one: the gradient of a training loss, followed downhill."""
    inputs = np.array([[0.52, 1.12, 0.77], [0.88, -1.08, 0.15], [0.52, 0.06, -1.30]])
    targets = np.array([True, True, False])

    def loss(weights):
        predictions = 0.5 * (np.tanh(inputs @ weights) + 1)
        label_probabilities = predictions * targets + (1 - predictions) * (1 - targets)
        return -np.sum(np.log(label_probabilities))

    gradient = gf.grad(loss)
    weights = np.array([0.0, 0.0, 0.0])
    before = loss(weights)
    for _ in range(100):
        weights -= gradient(weights) * 0.01
    assert loss(weights) < 0.6 * before
    assert gradient.trace_count == 1


def test_a_network_with_parameters_in_containers():
    def predict(params, inputs):
        for W, b in params:
            outputs = np.dot(inputs, W) + b
            inputs = np.tanh(outputs)
        return outputs

    def loss(params, inputs, targets):
        return np.mean((predict(params, inputs)[:, 0] - targets) ** 2)

    params = [(RNG.normal(size=(3, 4)), np.zeros(4)), (RNG.normal(size=(4, 1)), np.zeros(1))]
    value, grads = gf.value_and_grad(loss)(params, X, Y)
    assert isinstance(grads, list)
    assert [tuple(g.shape for g in pair) for pair in grads] == [((3, 4), (4,)), ((4, 1), (1,))]
    np.testing.assert_allclose(value, loss(params, X, Y), rtol=1e-14)
    step = 1e-6
    W = params[0][0].copy()
    W[1, 2] += step
    moved = loss([(W, params[0][1]), params[1]], X, Y)
    np.testing.assert_allclose(grads[0][0][1, 2], (moved - value) / step, rtol=1e-4)


# ---- structures -------------------------------------------------------------------------------


@dataclass
class Model:
    weights: np.ndarray
    bias: float


class Pair(NamedTuple):
    first: np.ndarray
    second: np.ndarray


def test_containers_come_back_as_they_went_in():
    tree = {
        "model": Model(np.ones(3), 2.0),
        "pair": Pair(np.arange(3.0), np.ones(3)),
        "more": [1.5],
    }

    def value(tree):
        model, pair = tree["model"], tree["pair"]
        return np.sum(model.weights * pair.first) + model.bias * tree["more"][0] ** 2

    found = gf.grad(value)(tree)
    assert list(found) == ["model", "pair", "more"]
    assert isinstance(found["model"], Model)
    assert isinstance(found["pair"], Pair)
    np.testing.assert_array_equal(found["model"].weights, [0, 1, 2])
    np.testing.assert_array_equal(found["pair"].first, np.ones(3))
    np.testing.assert_array_equal(found["pair"].second, np.zeros(3))  # not used: zeros
    assert found["model"].bias == 2.25
    assert found["more"] == [6.0]


def test_several_arguments_are_a_tuple():
    by_x, by_z = gf.grad(lambda x, y, z: x * y**2 * z, argnums=(0, 2))(2.0, 3.0, 5.0)
    assert (by_x, by_z) == (45.0, 18.0)
    assert gf.grad(lambda x, y: x * y, argnums=1)(2.0, 7.0) == 2.0
    assert gf.grad(lambda x, *, power: x**power)(3, power=2) == 6.0


def test_a_function_returns_what_it_returns():
    @gf.function
    def split(x, names):
        return {name: x[i] for i, name in enumerate(names)}, "done", 3, x.shape

    found, text, number, shape = split(np.array([1.0, 2.0]), ("a", "b"))
    assert found == {"a": 1.0, "b": 2.0}
    assert (text, number, shape) == ("done", 3, (2,))
    assert split.__name__ == "split"


def test_an_array_given_twice_is_differentiated_where_it_is_asked_for():
    def outer(x):
        return gf.grad(lambda a, b: a**2 * b)(x, x)  # 2 x * x, not 3 x**2

    assert gf.function(outer)(3.0) == 18.0
    assert gf.grad(outer)(3.0) == 12.0


def test_results_are_the_callers_own():
    table = np.arange(3.0)
    f = gf.function(lambda x: (x, table))
    x = np.ones(3)
    same, fixed = f(x)
    same[0] = fixed[0] = 9.0
    assert x[0] == 1.0
    assert f(x)[1][0] == table[0] == 0.0


def test_what_does_not_move_the_value_has_zeros():
    assert gf.grad(lambda x: 3.0)(1.0) == 0.0
    assert gf.grad(gf.grad(lambda x: 3 * x))(1.0) == 0.0
    np.testing.assert_array_equal(gf.grad(lambda x: np.sum(np.floor(x)))(X), np.zeros_like(X))


def test_a_single_element_counts_as_a_scalar():
    np.testing.assert_array_equal(gf.grad(lambda x: x[None] * x)(np.array([3.0])), [6.0])


def test_inner_functions_may_use_what_outer_ones_were_given():
    def outer(x):
        inner = gf.grad(lambda y: x * y**2)
        return x * inner(3.0)

    assert gf.grad(outer)(2.0) == 24.0


def test_arrays_are_made_of_nodes_by_gfs_array():
    def f(x):
        return np.sum(gf.array([[x[0], 1.0], [x[1] ** 2, x[0] * x[1]]]) ** 2)

    slope = gf.grad(f)(np.array([2.0, 3.0]))
    np.testing.assert_allclose(slope, [2 * 2 + 2 * 2 * 9, 4 * 27 + 2 * 3 * 4])


# ---- matrices of derivatives ------------------------------------------------------------------


def test_jacobians_and_hessians_are_those_of_the_formula():
    A = RNG.normal(size=(4, 3))
    x = RNG.normal(size=3)
    np.testing.assert_allclose(
        gf.jacobian_of(lambda x: np.sin(A @ x))(x), np.cos(A @ x)[:, None] * A, rtol=1e-14
    )
    S = A.T @ A
    np.testing.assert_allclose(gf.hessian_of(lambda x: x @ S @ x)(x), 2 * S, rtol=1e-14)
    np.testing.assert_array_equal(gf.jacobian_of(lambda x: np.ones(2))(x), np.zeros((2, 3)))


def test_a_hessian_by_containers_is_a_container_of_containers():
    found = gf.hessian_of(lambda p: np.sum(p["a"] ** 2) * p["b"])(
        {"a": np.array([1.0, 2]), "b": 3.0}
    )
    np.testing.assert_array_equal(found["a"]["a"], 6 * np.eye(2))
    np.testing.assert_array_equal(found["a"]["b"], [2, 4])
    np.testing.assert_array_equal(found["b"]["a"], [2, 4])
    assert found["b"]["b"] == 0.0


def test_rosenbrocks_hessian_vector_product_by_nested_gradients():
    def rosen(x):
        return np.sum(100.0 * (x[1:] - x[:-1] ** 2.0) ** 2.0 + (1 - x[:-1]) ** 2.0)

    from scipy.optimize import rosen_der, rosen_hess

    x, v = RNG.normal(size=5), RNG.normal(size=5)
    slope = gf.grad(rosen)
    product = gf.grad(lambda x, v: np.dot(gf.grad(rosen)(x), v))(x, v)
    np.testing.assert_allclose(slope(x), rosen_der(x), rtol=1e-12)
    np.testing.assert_allclose(product, rosen_hess(x) @ v, rtol=1e-12)
    np.testing.assert_allclose(gf.hessian_of(rosen)(x), rosen_hess(x), rtol=1e-12, atol=1e-10)


# ---- the cache --------------------------------------------------------------------------------


def test_a_function_is_traced_once_per_structure_shapes_and_dtypes():
    calls = []

    @gf.function
    def f(x, n=2):
        calls.append(x)
        return x**n

    for x in (np.ones(3), np.zeros(3), 2.0 * np.ones(3)):
        f(x)
    assert len(calls) == f.trace_count == 1
    for x in (np.ones(4), np.ones(3, np.float32), 1.0):
        f(x)
    f(np.ones(3), 3)
    f(np.ones(3), n=3)
    assert len(calls) == 6
    for size in range(80):
        f(np.ones(size))
    assert f.trace_count == 64


def test_python_floats_take_the_precision_of_the_arrays():
    f = gf.function(lambda x, scale: x * scale)
    assert f(np.ones(2, np.float32), 0.1).dtype == np.float32
    assert f(np.ones(2), 0.1).dtype == np.float64
    assert f(0.5, 0.1) == 0.05


def test_threads_share_a_function():
    f = gf.grad(lambda x: np.sum(x**3))
    found = {}

    def work(i):
        found[i] = [f(np.full(2 + i % 2, float(i)))[0] for _ in range(20)]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {i: [3.0 * i**2] * 20 for i in range(8)}


def test_methods_are_functions_too():
    class Scale:
        def __init__(self, by):
            self.by = by

        @gf.function
        def apply(self, x):
            return self.by * x

    assert Scale(2.0).apply(3.0) == 6.0
    assert Scale(5.0).apply(3.0) == 15.0


# ---- over nodes -------------------------------------------------------------------------------


def test_fetches_as_a_function_of_nodes():
    x, y = gf.placeholder((None,), name="x"), gf.placeholder((), name="y")
    f = gf.function({"sum": gf.sum(x) + y, "twice": [2 * x]}, [x, y])
    found = f([1.0, 2.0], 3.0)
    assert found["sum"] == 6.0
    np.testing.assert_array_equal(found["twice"][0], [2, 4])
    assert repr(f) == "<Function of (x, y)>"
    with pytest.raises(gf.FeedError, match=r"takes 2 arrays \(x, y\), got 1"):
        f([1.0])
    with pytest.raises(gf.DTypeError, match="the inputs are nodes"):
        gf.function(x, [3.0])


def test_updates_happen_with_every_call():
    x, w = gf.placeholder((), name="x"), gf.Variable(1.0)
    f = gf.function(w * x, [x], updates=gf.assign_add(w, x))
    assert [f(2.0), f(2.0), f(1.0)] == [2.0, 6.0, 5.0]
    assert f.session.value(w) == 6.0


def test_a_session_makes_callables_of_its_state():
    x, w = gf.placeholder((), name="x"), gf.Variable(3.0)
    session = gf.Session()
    session.assign(w, 5.0)
    assert session.make_callable(w * x, [x])(2.0) == 10.0


# ---- what cannot be ---------------------------------------------------------------------------


def relu_by_hand(x):
    if x > 0:
        return x
    return 0.0


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: gf.grad(relu_by_hand)(1.0), gf.DTypeError, r"greater.*test_function\.py:\d+"),
        (lambda: gf.grad(lambda x: float(x))(1.0), gf.DTypeError, "float"),
        (lambda: gf.grad(lambda x: x)(X), gf.ShapeError, r"shape \[5, 3\], not a scalar"),
        (lambda: gf.grad(lambda x: "y")(1.0), gf.DTypeError, "returned str, not an array"),
        (lambda: gf.grad(lambda x: x * np.array([x, x]))(1.0), gf.DTypeError, r"gf\.array"),
        (lambda: gf.grad(np.sum)(np.arange(3)), gf.DTypeError, "int64, which carries no gradient"),
        (lambda: gf.grad(lambda x: x, 1)(1.0), gf.DTypeError, "argnums has 1, but 1 arguments"),
        (lambda: gf.grad(lambda x: 1.0)("text"), gf.DTypeError, "argument 0 holds no arrays"),
        (lambda: gf.function(lambda s: 1.0)({1, 2}), gf.DTypeError, "holds set"),
    ],
)
def test_what_cannot_be_traced_or_differentiated_says_why(call, kind, text):
    with pytest.raises(kind, match=text):
        call()
