"""Operators and methods of nodes are those of NumPy's arrays, from either side."""

import operator

import numpy as np
import pytest

import graphflow as gf

X = np.array([[1.5, -2.0, 0.25], [3.0, 0.5, -1.25]])
SQUARE = np.array([[2.0, 1.0], [-1.0, 3.0]])
WHOLE = np.array([[6, 3, 5], [2, 7, 4]])

ARITHMETIC = "add sub mul truediv floordiv mod lt le gt ge eq ne".split()
BITS = "and_ or_ xor".split()


def run(node):
    return gf.Session().run(node)


@pytest.mark.parametrize("name", [*ARITHMETIC, "pow"])
@pytest.mark.parametrize("other", [2, 2.5, np.array([2.0, 0.5, 3.0]), np.float64(1.5)])
def test_an_operator_takes_numbers_and_arrays_on_either_side(name, other):
    function = getattr(operator, name)
    positive = np.abs(X)
    for a, b in ((gf.constant(positive), other), (other, gf.constant(positive))):
        expected = function(*[positive if isinstance(n, gf.Node) else n for n in (a, b)])
        np.testing.assert_allclose(run(function(a, b)), expected, rtol=1e-15)


@pytest.mark.parametrize("name", BITS)
@pytest.mark.parametrize("other", [3, np.array([1, 2, 6])])
def test_an_operator_of_bits_takes_numbers_and_arrays_on_either_side(name, other):
    function = getattr(operator, name)
    for a, b in ((gf.constant(WHOLE), other), (other, gf.constant(WHOLE))):
        expected = function(*[WHOLE if isinstance(n, gf.Node) else n for n in (a, b)])
        np.testing.assert_array_equal(run(function(a, b)), expected)


def test_matmul_takes_arrays_on_either_side():
    np.testing.assert_allclose(run(SQUARE @ gf.constant(X)), SQUARE @ X, rtol=1e-15)
    np.testing.assert_allclose(run(gf.constant(SQUARE) @ X), SQUARE @ X, rtol=1e-15)


@pytest.mark.parametrize("function", [operator.neg, operator.pos, operator.abs])
def test_operators_of_one_operand_are_numpys(function):
    np.testing.assert_array_equal(run(function(gf.constant(X))), function(X))


def test_a_list_of_numbers_can_be_inverted_bit_by_bit():
    np.testing.assert_array_equal(run(~gf.constant(WHOLE)), ~WHOLE)


METHODS = [
    *[(name, args) for name in ("sum", "mean", "max", "min", "prod", "any", "all", "std", "var")
      for args in ({}, {"axis": 0}, {"axis": 1, "keepdims": True})],
    *[(name, args) for name in ("cumsum", "cumprod", "argmax", "argmin")
      for args in ({}, {"axis": 0}, {"axis": 1})],
    ("std", {"axis": 0, "ddof": 1}), ("var", {"ddof": 1}),
    ("flatten", {}), ("ravel", {}), ("transpose", {}), ("squeeze", {}), ("round", {}),
    ("round", {"decimals": 1}), ("conj", {}), ("argsort", {}), ("argsort", {"axis": 0}),
    ("diagonal", {}), ("diagonal", {"offset": 1}), ("trace", {}), ("trace", {"offset": -1}),
    ("repeat", {"repeats": 2}), ("repeat", {"repeats": 2, "axis": 1}),
    ("take", {"indices": [2, 0]}), ("take", {"indices": [2, 0], "axis": 1}),
    ("clip", {"min": -1.0, "max": 1.0}), ("swapaxes", (0, 1)),
    ("dot", (X.T,)), ("astype", {"dtype": np.float32}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "options"), METHODS)
def test_a_method_is_numpys(name, options):
    args, options = (options, {}) if isinstance(options, tuple) else ((), options)
    found, expected = (getattr(x, name)(*args, **options) for x in (gf.constant(X), X))
    np.testing.assert_allclose(run(found), expected, rtol=1e-14)
    assert run(found).dtype == expected.dtype


@pytest.mark.parametrize("axes", [(), (1, 0, 2), ((2, 0, 1),), (None,)])
def test_transpose_takes_axes_apart_or_together(axes):
    x = np.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(run(gf.constant(x).transpose(*axes)), x.transpose(*axes))


def test_transpose_of_a_vector_takes_its_one_axis():
    np.testing.assert_array_equal(run(gf.constant(X[0]).transpose(0)), X[0].transpose(0))


@pytest.mark.parametrize("sizes", [(3, 2), ((3, 2),), (-1,), (6,), (1, -1, 2)])
def test_reshape_takes_sizes_apart_or_together(sizes):
    np.testing.assert_array_equal(run(gf.constant(X).reshape(*sizes)), X.reshape(*sizes))


@pytest.mark.parametrize("axis", [0, (0, 2), None])
def test_squeeze_takes_an_axis(axis):
    x = np.arange(3.0).reshape(1, 3, 1)
    np.testing.assert_array_equal(run(gf.constant(x).squeeze(axis)), x.squeeze(axis))


@pytest.mark.parametrize("name", ["T", "mT", "real", "imag"])
def test_a_property_is_numpys(name):
    x = (X + 1j * X[::-1]).reshape(1, 2, 3)
    expected = np.matrix_transpose(x) if name == "mT" else getattr(x, name)
    np.testing.assert_array_equal(run(getattr(gf.constant(x), name)), expected)


def test_a_node_tells_its_rank_its_size_and_its_length():
    known, part, nothing = (gf.placeholder(shape) for shape in [(2, 3), (4, None), None])
    assert [n.ndim for n in (known, part, nothing)] == [2, 2, None]
    assert [n.size for n in (known, part, nothing)] == [6, None, None]
    assert (len(known), len(part), len(list(known))) == (2, 4, 2)
    for unknown in (nothing, gf.placeholder(()), gf.placeholder((None, 2))):
        with pytest.raises(gf.DTypeError, match="len: the first size"):
            len(unknown)
        with pytest.raises(gf.DTypeError, match="cannot iterate"):
            iter(unknown)
