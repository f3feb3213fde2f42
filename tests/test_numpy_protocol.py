"""NumPy's functions and operators applied to nodes build nodes; what cannot be a node says so."""

import numpy as np
import pytest

import graphflow as gf

A = np.array([[0.5, 1.5, -2.0], [3.0, 0.25, 1.0]])
B = np.array([[1.0, 2.0, 3.0], [0.5, 1.5, 2.5]])

UNARY = (
    "abs absolute arctan cos cosh exp expm1 floor ceil rint trunc isfinite isinf isnan "
    "logical_not negative positive reciprocal sign sin sinh square tan tanh"
).split()
BINARY = (
    "add subtract multiply divide true_divide floor_divide remainder mod maximum minimum logaddexp "
    "equal not_equal less less_equal greater greater_equal logical_and logical_or logical_xor"
).split()


def same(node: gf.Node, expected: np.ndarray) -> None:
    """The node's value, dtype and shape are NumPy's."""
    assert isinstance(node, gf.Node)
    value = gf.Session().run(node)
    assert value.dtype == node.dtype == expected.dtype
    assert value.shape == node.shape == expected.shape
    np.testing.assert_array_equal(value, expected)


@pytest.mark.parametrize("name", UNARY)
def test_a_unary_ufunc_builds_the_node_of_its_name(name: str) -> None:
    ufunc = getattr(np, name)
    same(ufunc(gf.constant(A)), ufunc(A))


@pytest.mark.parametrize("name", BINARY)
def test_a_binary_ufunc_takes_a_node_on_either_side(name: str) -> None:
    ufunc = getattr(np, name)
    same(ufunc(gf.constant(A), B), ufunc(A, B))
    same(ufunc(A, gf.constant(B)), ufunc(A, B))


OPERATORS = [
    lambda x, y: x + y,
    lambda x, y: x - y,
    lambda x, y: x * y,
    lambda x, y: x / y,
    lambda x, y: x // y,
    lambda x, y: x % y,
    lambda x, y: abs(x) ** y,
    lambda x, y: x @ y.T,
    lambda x, y: x < y,
    lambda x, y: x <= y,
    lambda x, y: x > y,
    lambda x, y: x >= y,
    lambda x, y: x == y,
    lambda x, y: x != y,
]


@pytest.mark.parametrize("operator", OPERATORS)
def test_an_array_and_a_node_meet_under_every_operator(operator) -> None:
    same(operator(gf.constant(A), B), operator(A, B))
    same(operator(A, gf.constant(B)), operator(A, B))


@pytest.mark.parametrize("scalar", [np.float64(2), np.float32(2), np.int64(2), 2, 2.0, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scalars_on_the_left_promote_as_in_numpy(scalar, dtype: type) -> None:
    x = A.astype(dtype)
    same(scalar * gf.constant(x), scalar * x)
    same(scalar - gf.constant(x), scalar - x)
    same(scalar < gf.constant(x), scalar < x)


FUNCTIONS = [
    lambda x: np.sum(x),
    lambda x: np.sum(x, axis=0),
    lambda x: np.sum(x, 1, keepdims=True),
    lambda x: np.mean(x, axis=(0, 1)),
    lambda x: np.max(x, axis=-1),
    lambda x: np.amin(x, axis=0),
    lambda x: np.argmax(x, axis=1),
    lambda x: np.any(x > 1, axis=0),
    lambda x: np.all(x > -9),
    lambda x: np.reshape(x, (3, 2)),
    lambda x: np.reshape(x, shape=(3, -1)),
    lambda x: np.ravel(x),
    lambda x: np.transpose(x),
    lambda x: np.transpose(x, axes=(1, 0)),
    lambda x: np.swapaxes(x, 0, 1),
    lambda x: np.expand_dims(x, axis=1),
    lambda x: np.squeeze(np.expand_dims(x, 0)),
    lambda x: np.broadcast_to(x, (4, 2, 3)),
    lambda x: np.where(B > 1, x, B),
    lambda x: np.where(x > 1, B, 0.0),
    lambda x: np.concatenate([x, B]),
    lambda x: np.concatenate([B, x], axis=1),
    lambda x: np.stack([x, B], axis=-1),
    lambda x: np.clip(x, 0, 1),
    lambda x: np.clip(x, a_min=None, a_max=1.0),
    lambda x: np.clip(x, min=0.0),
    lambda x: np.round(x),
    lambda x: np.round(x / 3, 2),
    lambda x: np.around(x * 100, -1),
    lambda x: np.astype(x, np.float32),
    lambda x: np.zeros_like(x),
    lambda x: np.ones_like(x),
    lambda x: np.dot(x, B.T),
    lambda x: np.dot(B[0], x.T),
    lambda x: np.dot(2.0, x),
    lambda x: np.matmul(x, B.T),
    lambda x: np.sum(x, axis=0, dtype=None, out=None),
]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_numpy_function_builds_what_it_computes(function) -> None:
    same(function(gf.constant(A)), function(A))


def test_integers_keep_their_dtype_when_rounded() -> None:
    x = np.array([1, 25, -13])
    same(np.round(gf.constant(x)), np.round(x))
    same(np.floor(gf.constant(x)), np.floor(x))


def test_shape_questions_are_answered_without_a_run() -> None:
    x = gf.Placeholder((None, 3))
    assert np.shape(x) == (None, 3)
    assert np.ndim(x) == 2
    assert np.size(x) is None
    assert np.size(x, 1) == 3
    assert np.size(gf.constant(A)) == 6


def test_a_node_built_by_numpy_remembers_the_users_line() -> None:
    node = np.sum(gf.constant(A), axis=0)
    assert node.origin is not None
    assert node.origin.text == "node = np.sum(gf.constant(A), axis=0)"


def in_place(x: gf.Node) -> None:
    array = A.copy()
    array += x


REFUSED = [
    (lambda x: np.add(x, A, out=A.copy()), "np.add: out= is not for nodes"),
    (lambda x: np.add(A, A, out=x), "np.add: out= is not for nodes"),
    (in_place, "write y = f(x), or y = y + x for y += x"),
    (lambda x: np.add(x, A, where=A > 0), "gf.where(condition, y, other)"),
    (lambda x: np.add(x, A, dtype=np.float32), "gf.cast(y, dtype)"),
    (lambda x: np.sum(x, where=A > 0), "np.sum: where= is not for nodes"),
    (lambda x: np.mean(x, dtype=np.float32), "np.mean: dtype= is not for nodes"),
    (lambda x: np.reshape(x, (3, 2), order="F"), "np.reshape: order= is not for nodes"),
    (lambda x: np.clip(x, 0, 1, dtype=np.float32), "np.clip: dtype= is not for nodes"),
    (lambda x: np.add.reduce(x), "np.add.reduce: not for nodes\nuse np.sum(node, axis=...)"),
    (lambda x: np.add.at(A.copy(), [0], x), "np.add.at: not for nodes"),
    (lambda x: np.multiply.outer(x, x), "use np.multiply(a[:, None], b)"),
    (lambda x: np.where(x), "np.where: for nodes, missing a required argument: 'x'"),
    (lambda x: np.lexsort(x), "np.lexsort: graphflow has no such operation\na node has values"),
    (lambda x: np.histogram(x), "np.histogram: graphflow has no such operation"),
    (lambda x: np.frexp(x), "np.frexp: graphflow has no such operation"),
    (lambda x: np.frompyfunc(float, 1, 1)(x), "float (vectorized): graphflow has no such"),
    (lambda x: np.asarray(x), "cannot become an array"),
    (lambda x: np.array([x, x]), "cannot become an array"),
    (lambda x: x + np.ma.masked_array(A), "use .filled()"),
]


@pytest.mark.parametrize(("bad", "text"), REFUSED)
def test_what_cannot_be_a_node_says_what_to_do(bad, text: str) -> None:
    x = gf.constant(A)
    before = len(gf.get_default_graph().nodes)
    with pytest.raises(gf.DTypeError) as caught:
        bad(x)
    assert text in str(caught.value)
    assert len(gf.get_default_graph().nodes) == before


def test_dot_refuses_ranks_where_it_is_not_the_matrix_product() -> None:
    with pytest.raises(gf.ShapeError, match="rank, which is not known"):
        np.dot(gf.Placeholder(), gf.Placeholder())
    assert np.dot(gf.Placeholder(), np.ones((3, 2))).shape is None


def test_the_norm_of_numpy_is_the_one_with_gradient_zero_at_zero() -> None:
    x = gf.Variable(np.zeros(3))
    length = np.linalg.norm(x)
    (grad,) = gf.gradients(length, x)
    value, slope = gf.Session().run([length, grad])
    assert value == 0
    np.testing.assert_array_equal(slope, np.zeros(3))


def test_a_foreign_ufunc_of_a_known_name_is_not_taken_for_it() -> None:
    def add(x: object, y: object) -> int:
        return 0

    with pytest.raises(gf.DTypeError, match="add \\(vectorized\\)"):
        np.frompyfunc(add, 2, 1)(gf.constant(A), 1.0)
