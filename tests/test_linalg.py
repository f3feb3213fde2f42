"""Linear algebra made of other operations, at equal and zero values, and what is refused."""

import numpy as np
import pytest
import scipy.linalg

import graphflow as gf
from graphflow import linalg
from graphflow.testing import check_gradients

RNG = np.random.default_rng(7)
A, B = RNG.normal(size=(3, 3)) + 2 * np.eye(3), RNG.normal(size=(3, 3))
WIDE, TALL = RNG.normal(size=(2, 4)), RNG.normal(size=(4, 2))
CUBE = RNG.normal(size=(2, 3, 4))
V, W = RNG.normal(size=3), RNG.normal(size=3)

# by NumPy's own name, applied to a node
CALLS = [
    (np.kron, (A, WIDE), {}),
    (np.kron, (V, TALL), {}),
    (np.cross, (V, W), {}),
    (np.cross, (A, V), {}),
    (np.cross, (A, B), {"axisa": 0, "axisc": 0}),
    (np.linalg.cross, (A, B), {}),
    (np.linalg.cross, (A, B), {"axis": 0}),
    (np.tensordot, (CUBE, CUBE), {"axes": ([0, 2], [0, 2])}),
    (np.tensordot, (A, B), {"axes": 0}),
    (np.tensordot, (A, V), {"axes": 1}),
    (np.inner, (A, B), {}),
    (np.inner, (V, 2.0), {}),
    (np.vdot, (A, B), {}),
    (np.linalg.vecdot, (A, B), {}),
    (np.linalg.multi_dot, ([V, A, B, W],), {}),
    (np.linalg.multi_dot, ([WIDE, TALL],), {}),
    (np.linalg.matrix_power, (A, 5), {}),
    (np.linalg.matrix_power, (A, 0), {}),
    (np.linalg.matrix_power, (A, -2), {}),
    (np.linalg.trace, (CUBE,), {"offset": 1}),
    (np.linalg.diagonal, (CUBE,), {}),
    (np.linalg.outer, (V, W), {}),
    (np.linalg.cond, (A,), {}),
    (np.linalg.cond, (A, 1), {}),
    (np.linalg.matrix_norm, (CUBE,), {"ord": "nuc"}),
    (np.linalg.vector_norm, (CUBE,), {"axis": 1, "ord": 3}),
    (np.linalg.vector_norm, (CUBE,), {"ord": 1}),
    (np.linalg.vector_norm, (CUBE,), {"keepdims": True}),
    *[(np.linalg.norm, (A, order), {}) for order in (None, "fro", "nuc", 1, -1, 2, -2, np.inf)],
    *[(np.linalg.norm, (V, order), {}) for order in (None, 0.5, 1, 2, 3, np.inf, -np.inf, -2)],
    (np.linalg.norm, (CUBE, "nuc", (0, 2)), {"keepdims": True}),
    (np.linalg.norm, (CUBE, 1, (2, 0)), {}),
    (np.linalg.norm, (CUBE,), {"axis": (0, 1)}),
    (np.linalg.qr, (A, "r"), {}),
    (np.linalg.svd, (A,), {"compute_uv": False}),
]  # fmt: skip


@pytest.mark.parametrize(("function", "args", "options"), CALLS)
def test_the_value_is_numpys_and_the_gradient_that_of_the_function(function, args, options):
    first, *rest = args
    many = isinstance(first, list)
    xs = [gf.placeholder(a.shape) for a in (first if many else [first])]
    y = function(xs if many else xs[0], *rest, **options)
    expected = function(*args, **options)
    feed = dict(zip(xs, first if many else [first], strict=True))
    assert y.shape == np.shape(expected)
    np.testing.assert_allclose(gf.Session().run(y, feed), expected, rtol=1e-12, atol=1e-14)
    assert check_gradients(y, xs, feed)


def symmetric(x):
    return 0.5 * (x + np.swapaxes(x, -1, -2))


@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (4, 2)])
def test_factors_multiply_to_the_matrix_and_so_do_their_gradients(shape):
    value = RNG.normal(size=shape)
    x = gf.placeholder(shape)
    u, s, vh = np.linalg.svd(x, full_matrices=False)
    q, r = linalg.qr(x)
    for whole in ((u * s) @ vh, q @ r):
        np.testing.assert_allclose(gf.Session().run(whole, {x: value}), value, atol=1e-14)
        (grad,) = gf.gradients(whole, x, np.cos(value))
        np.testing.assert_allclose(gf.Session().run(grad, {x: value}), np.cos(value), atol=1e-13)
    assert check_gradients([gf.sum(gf.sin(u @ vh)), gf.sum(gf.cos(q)), r], x, {x: value}, order=1)


def test_least_squares_are_scipys_with_the_gradient_of_the_function():
    x, y = gf.placeholder(TALL.shape), gf.placeholder((4,))
    solution, residuals = linalg.lstsq(x, y)
    feed = {x: TALL, y: np.arange(4.0)}
    wanted = scipy.linalg.lstsq(TALL, np.arange(4.0))
    found = gf.Session().run([solution, residuals], feed)
    np.testing.assert_allclose(found[0], wanted[0], rtol=1e-12)
    np.testing.assert_allclose(found[1], wanted[1], rtol=1e-12)
    assert check_gradients([solution, residuals], [x, y], feed)


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("trans", [0, "T"])
@pytest.mark.parametrize("unit", [False, True])
def test_triangular_systems_are_scipys(lower, trans, unit):
    a, b = gf.placeholder((3, 3)), gf.placeholder((3,))
    x = linalg.solve_triangular(a, b, trans, lower, unit)
    wanted = scipy.linalg.solve_triangular(A, V, trans, lower, unit)
    np.testing.assert_allclose(gf.Session().run(x, {a: A, b: V}), wanted, rtol=1e-12)
    assert check_gradients(x, [a, b], {a: A, b: V})


def test_the_rank_is_numpys():
    low = TALL @ WIDE
    run = gf.Session().run
    assert run(linalg.matrix_rank(low)) == np.linalg.matrix_rank(low) == 2
    x = gf.placeholder((None, None))
    assert run(linalg.matrix_rank(x, rtol=1e-9), {x: low}) == 2


def test_vectors_of_two_components_have_a_cross_product():
    run = gf.Session().run
    assert run(gf.cross(V[:2], W[:2])) == V[0] * W[1] - V[1] * W[0]
    np.testing.assert_allclose(run(gf.cross(V[:2], W)), np.cross([*V[:2], 0], W), rtol=1e-15)


def test_the_second_derivatives_of_a_determinant_are_its_smaller_minors():
    x = gf.placeholder((3, 3))
    bend = gf.Session().run(gf.hessian(linalg.det(x), x), {x: A})
    wanted = np.zeros((3,) * 4)
    for i, j, k, m in np.ndindex(wanted.shape):
        if i != k and j != m:
            (row,), (column,) = {0, 1, 2} - {i, k}, {0, 1, 2} - {j, m}
            even = (k - i) % 3 == (m - j) % 3
            wanted[i, j, k, m] = A[row, column] if even else -A[row, column]
    np.testing.assert_allclose(bend, wanted, atol=1e-13)


# ---- where inverses do not exist --------------------------------------------------------------


@pytest.mark.parametrize("a", [np.zeros((1, 1)), np.ones((2, 2)), np.diag([1.0, 2.0, 0.0])])
def test_the_gradient_of_the_determinant_holds_for_singular_matrices(a):
    x = gf.placeholder(a.shape)
    (grad,) = gf.gradients(linalg.det(x), x)
    n = len(a)
    minors = [
        [np.linalg.det(np.delete(np.delete(a, i, 0), j, 1)) for j in range(n)] for i in range(n)
    ]
    signs = (-1.0) ** np.add.outer(np.arange(n), np.arange(n))
    np.testing.assert_allclose(gf.Session().run(grad, {x: a}), signs * minors, atol=1e-15)


@pytest.mark.parametrize("build", [linalg.inv, lambda x: linalg.solve(x, np.ones(2))])
def test_a_singular_matrix_raises_in_the_run_and_names_the_node(build):
    x = gf.placeholder((2, 2))
    with pytest.raises(gf.NumericError, match=r"(inv|solve).*Singular matrix"):
        gf.Session().run(build(x), {x: np.ones((2, 2))})


def test_a_matrix_that_is_not_positive_definite_raises_in_the_run():
    x = gf.placeholder((2, 2))
    with pytest.raises(gf.NumericError, match="not positive definite"):
        gf.Session().run(linalg.cholesky(x), {x: -np.eye(2)})


# ---- equal values -----------------------------------------------------------------------------

EQUAL = np.diag([2.0, 2.0, 5.0])
TURN = np.linalg.qr(A)[0]
TURNED = TURN @ EQUAL @ TURN.T


@pytest.mark.parametrize("value", [EQUAL, TURNED, np.eye(3), np.zeros((3, 3))])
def test_functions_that_treat_equal_eigenvalues_alike_have_their_gradient(value):
    x = gf.placeholder((3, 3))
    value = symmetric(value)
    for function, slope in [
        (lambda w: gf.sum(w), lambda a: np.eye(3)),
        (lambda w: gf.sum(w**2), lambda a: 2 * a),
        (lambda w: gf.sum(gf.exp(w)), scipy.linalg.expm),
    ]:
        for values in (linalg.eigvalsh(x), linalg.eigh(x).eigenvalues):
            (grad,) = gf.gradients(function(values), x)
            found = gf.Session().run(grad, {x: value})
            assert not np.triu(found, 1).any()  # the lower triangle is read, for both
            np.testing.assert_allclose(symmetric(found), slope(value), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("UPLO", ["L", "U"])
def test_the_gradient_is_by_the_triangle_that_is_read(UPLO):
    x = gf.placeholder((3, 3))
    value = symmetric(A) + 0.1 * np.tri(3)
    ys = [linalg.eigvalsh(x, UPLO), gf.abs(linalg.eigh(x, UPLO).eigenvectors)]
    assert check_gradients(ys, x, {x: value})
    assert check_gradients(linalg.cholesky(x), x, {x: value + 3 * np.eye(3)})


@pytest.mark.parametrize(
    "function",
    [
        lambda x: linalg.eigvalsh(x)[0],
        lambda x: linalg.eigh(x).eigenvalues[1],
        lambda x: gf.sum(linalg.eigh(x).eigenvectors ** 3),
        lambda x: gf.sum(gf.sin(linalg.svd(x).U)),
        lambda x: linalg.svdvals(x)[1],
        lambda x: (linalg.eigh(x).eigenvectors * gf.exp(linalg.eigh(x).eigenvalues))[0, 1],
    ],
)
@pytest.mark.parametrize("value", [TURNED, TURN @ TURN.T])
def test_functions_that_tell_equal_values_apart_have_none(function, value):
    x = gf.placeholder((3, 3))
    value = symmetric(value)
    (grad,) = gf.gradients(function(x), x)
    with pytest.raises(gf.NumericError, match="equal eigenvalues or singular values"):
        gf.Session().run(grad, {x: value})


def test_the_nuclear_norm_of_equal_singular_values_has_its_gradient():
    x = gf.placeholder((3, 3))
    (grad,) = gf.gradients(linalg.norm(x, "nuc"), x)
    np.testing.assert_allclose(gf.Session().run(grad, {x: 3 * TURN}), TURN, atol=1e-14)
    np.testing.assert_array_equal(gf.Session().run(grad, {x: np.zeros((3, 3))}), np.zeros((3, 3)))


@pytest.mark.parametrize("order", [None, 1, 2, 3, 1.5, np.inf])
def test_the_gradient_of_a_norm_at_zero_is_zero(order):
    x = gf.placeholder((3,))
    (grad,) = gf.gradients(linalg.norm(x, order), x)
    np.testing.assert_array_equal(gf.Session().run(grad, {x: np.zeros(3)}), np.zeros(3))


@pytest.mark.parametrize("scale", [1e200, 1e-200])
def test_norms_of_huge_and_tiny_vectors_do_not_overflow(scale):
    x = gf.placeholder((2,))
    y = linalg.norm(x, 3)
    value, grad = gf.Session().run([y, *gf.gradients(y, x)], {x: scale * np.array([1.0, 2.0])})
    np.testing.assert_allclose(value, scale * 9 ** (1 / 3), rtol=1e-15)
    np.testing.assert_allclose(grad, np.array([1.0, 4.0]) / 9 ** (2 / 3), rtol=1e-14)


# ---- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (lambda x: linalg.inv(x), r"inv: not a square matrix: \[2, 3\]"),
        (lambda x: linalg.det(x[0]), "not a matrix"),
        (lambda x: linalg.solve(np.eye(3), x), "sizes differ"),
        (lambda x: linalg.solve(x, gf.placeholder()), "rank must be known"),
        (lambda x: linalg.svd(x, full_matrices=True), "full matrices only where they are square"),
        (lambda x: linalg.svd(gf.placeholder((None, None))), "must be known"),
        (lambda x: linalg.qr(x, "complete"), "'reduced' or 'r'"),
        (lambda x: linalg.norm(x, 3), "no norm 3 of matrices"),
        (lambda x: linalg.norm(x[0], "fro"), "no norm 'fro' of vectors"),
        (lambda x: linalg.norm(x, 2, (0, 1, 1)), "one axis or two"),
        (lambda x: gf.einsum("ij,jk", x), "has 2 operands, got 1"),
        (lambda x: gf.einsum("ij->ijk", x), "each letter once, all from before"),
        (lambda x: gf.einsum("ijk", x), "2 axes for the letters 'ijk'"),
        (lambda x: gf.einsum("ij,ij->", x, np.ones((2, 2))), "sizes of 'j' differ"),
        (lambda x: gf.einsum("i1->i", x), "letters, commas and one arrow"),
        (lambda x: gf.tensordot(x, x, axes=([0], [0, 1])), "1 axes of a for 2 of b"),
        (lambda x: gf.cross(x, x[:, :1]), "2 or 3 components"),
        (lambda x: linalg.multi_dot([x]), "two matrices or more"),
        (lambda x: linalg.solve_triangular(np.eye(2), x, trans=2), "trans is"),
    ],
)
def test_what_does_not_fit_is_refused(build, text):
    x = gf.placeholder((2, 3), name="x")
    with pytest.raises(gf.ShapeError, match=text):
        build(x)


SIZES = [(4, 3), (3, 4), (3, 3)]


@pytest.mark.parametrize("shape", SIZES)
def test_the_gradient_of_svd_needs_one_size_alone(shape):
    a = RNG.normal(size=shape)
    rows, columns = shape

    def slopes(known):
        x = gf.placeholder(known)
        u, s, vh = linalg.svd(x)
        y = gf.sum((u @ (s[..., None] * s[..., None] * vh)) ** 2) + gf.sum(gf.sin(u @ vh))
        return gf.Session().run(gf.gradients(y, x)[0], {x: a})

    expected = slopes(shape)
    np.testing.assert_allclose(slopes((rows, None)), expected, rtol=1e-12)
    np.testing.assert_allclose(slopes((None, columns)), expected, rtol=1e-12)


def test_the_largest_singular_value_of_a_singular_matrix_has_its_gradient():
    a = np.diag([3.0, 2.0, 0.0]) @ scipy.linalg.qr(A)[0]
    u, _, vh = np.linalg.svd(a)
    x = gf.constant(a)
    grad = gf.Session().run(gf.gradients(linalg.svd(x).S[0], x)[0])
    np.testing.assert_allclose(grad, np.outer(u[:, 0], vh[0]), atol=1e-14)


@pytest.mark.parametrize("shape", [None, (None, None)])
def test_the_gradient_of_expm_asks_for_the_size(shape):
    x = gf.placeholder(shape, name="x")
    with pytest.raises(gf.ShapeError, match="the size must be known for the gradient of expm"):
        gf.gradients(linalg.expm(x), x)


def test_einsum_repeats_an_operand_of_size_one_that_was_not_known():
    x, y = gf.placeholder((None,)), gf.placeholder((None,))
    grads = gf.gradients(gf.einsum("i,i->", x, y), [x, y])
    found = gf.Session().run(grads, {x: V, y: [2.0]})
    np.testing.assert_array_equal(found[0], [2.0, 2.0, 2.0])
    np.testing.assert_allclose(found[1], [V.sum()], rtol=1e-15)


@pytest.mark.parametrize("known", [(True, False), (False, True), (False, False)])
@pytest.mark.parametrize("shapes", [((2, 3), (3,)), ((3,), (3,)), ((3,), (3, 2)), ((2, 3), (3, 2))])
def test_products_of_unknown_ranks_have_the_gradients_of_known_ones(known, shapes):
    a, b = (np.random.default_rng(3).normal(size=shape) for shape in shapes)
    x, y = (
        gf.placeholder(s if is_known else None) for s, is_known in zip(shapes, known, strict=True)
    )
    found = gf.Session().run(gf.gradients(gf.sum(x @ y), [x, y]), {x: a, y: b})
    ones = np.ones_like(a @ b)
    A, B = np.atleast_2d(a), b.reshape(3, -1)
    G = ones.reshape(A.shape[0], B.shape[1])
    np.testing.assert_allclose(found[0], (G @ B.T).reshape(a.shape), rtol=1e-14)
    np.testing.assert_allclose(found[1], (A.T @ G).reshape(b.shape), rtol=1e-14)


def test_einsum_beside_an_operand_of_unknown_rank_has_its_gradients():
    x, y = gf.placeholder((3,)), gf.placeholder(None)
    grads = gf.gradients(gf.einsum("i,i->", x, y), [x, y])
    found = gf.Session().run(grads, {x: V, y: W})
    np.testing.assert_array_equal(found, [W, V])
