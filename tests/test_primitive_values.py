"""Functions of the table of primitives, on every path they have, against loops and NumPy."""

import itertools
import math

import numpy as np
import pytest
import scipy.special
from cases_windows import pooled, spread, to_largest
from mpmath import mp

import graphflow as gf
from graphflow.primitives import FUNCTIONS, TABLE, Geometry, Spec, functions, scipy_functions


@pytest.mark.parametrize(
    "shape", [(3, 1), (2, 3), (1, 1), (2, 2, 3), (0, 3), (2, 0, 3), (2, 0, 0), (4,)]
)
def test_what_is_put_along_an_axis_is_added_entry_by_entry(shape):
    rng = np.random.default_rng(4)
    for axis, count in itertools.product(range(-len(shape), len(shape)), (1, 3)):
        x = rng.normal(size=shape)
        picked = [*shape]
        picked[axis] = count
        if not x.size and 0 not in picked:
            continue  # there is no entry to pick
        indices, values = rng.integers(0, max(shape[axis], 1), picked), rng.normal(size=picked)
        wanted = x.copy()
        for place in np.ndindex(*picked):
            at = [*place]
            at[axis] = indices[place]
            wanted[tuple(at)] += values[place]
        found = FUNCTIONS.put_along_axis_add(x, indices, values, axis)
        np.testing.assert_allclose(found, wanted, rtol=1e-14)


@pytest.mark.parametrize("shape", [(), (4,), (2, 3)])
def test_the_score_of_a_class_is_that_of_its_label(shape):
    rng = np.random.default_rng(6)
    scores, labels = rng.normal(size=(*shape, 5)), rng.integers(0, 5, shape)
    found = FUNCTIONS.entry_of_class(scores, labels)
    assert np.shape(found) == shape
    for place in np.ndindex(*shape):
        assert found[place] == scores[place][labels[place]]
    for bad in (-1, 5):
        labels[...] = bad
        with pytest.raises(gf.ShapeError, match=f"label {bad} is no class: there are 5, from 0 to"):
            FUNCTIONS.entry_of_class(scores, labels)


def test_what_is_written_twice_adds_up_or_is_written_last():
    x, places = np.zeros((2, 3)), (slice(None), np.array([0, 0, 2]))
    values = np.array([[1.0, 2, 4], [8, 16, 32]])
    found = FUNCTIONS.index_add(x, places, values)
    np.testing.assert_array_equal(found, [[3, 0, 4], [24, 0, 32]])
    found = FUNCTIONS.index_add(x, (0, slice(1, None)), values[0, :2])
    np.testing.assert_array_equal(found, [[0, 1, 2], [0, 0, 0]])
    found = FUNCTIONS.index_add(x, (1, np.array([2, 0])), values[0, :2], apart=True)
    np.testing.assert_array_equal(found, [[0, 0, 0], [2, 0, 1]])
    np.testing.assert_array_equal(FUNCTIONS.last_writer(x, places), [[False, True, True]] * 2)


def test_distinct_values_are_counted_and_found_as_numpy_does():
    x = np.array([[3, 1, 3], [7, 1, 3]])
    _, first, inverse, counts = np.unique(
        x, return_index=True, return_inverse=True, return_counts=True
    )
    np.testing.assert_array_equal(FUNCTIONS.unique_indices(x), first)
    np.testing.assert_array_equal(FUNCTIONS.unique_inverse(x), inverse)
    np.testing.assert_array_equal(FUNCTIONS.unique_counts(x), counts)


def test_frequencies_are_numpys_there_and_back():
    x = np.arange(6.0).reshape(2, 3) ** 2
    for axis, norm in ((1, "ortho"), (0, "backward"), (1, "forward")):
        there, back = np.fft.fft(x, axis=axis, norm=norm), np.fft.ifft(x, axis=axis, norm=norm)
        np.testing.assert_array_equal(FUNCTIONS.fft(x, axis, norm, False), there)
        np.testing.assert_array_equal(FUNCTIONS.fft(x, axis, norm, True), back)


def test_the_sign_of_a_determinant_is_its_own():
    x = np.array([[[1.0, 2], [3, 4]], [[2, 0], [0, 2]]])
    np.testing.assert_array_equal(FUNCTIONS.sign_of_det(x), [-1, 1])


def test_a_window_with_nan_has_no_largest_and_others_share_all_the_same():
    x = np.array([np.nan, 1.0, 2.0, 2.0]).reshape(1, 4, 1)
    g = Geometry((2,), ((0, 0),), (1,))
    top = FUNCTIONS.max_pool(x, (2,), g)
    found = FUNCTIONS.to_largest(np.ones((1, 2, 1)), x, top, (2,), g)
    np.testing.assert_array_equal(found.ravel(), [0, 0, 0.5, 0.5])


def test_sums_by_number_are_numpys_and_numbers_beyond_them_are_refused():
    x, weights = np.array([0, 3, 1, 0]), np.array([1.0, 2, 3, 4])
    np.testing.assert_array_equal(FUNCTIONS.bincount(x, weights, 5), np.bincount(x, weights, 5))
    for bad in (5, -1):
        with pytest.raises(gf.ShapeError, match="not below the length 5, or negative"):
            FUNCTIONS.bincount(np.array([0, bad]), np.ones(2), 5)


def test_draws_are_those_of_a_counter_of_seed_node_and_step():
    def generator(seed, step, stream):
        philox = np.random.Philox(key=[seed, stream], counter=[0, 0, 0, step])
        return np.random.Generator(philox)

    key, stream, a = (7, 5), 3, np.array([0.5, 2.0])
    for name, method in (("random_normal", "standard_normal"), ("random_uniform", "random")):
        found = getattr(FUNCTIONS, name)(key, stream, (2, 3), np.dtype(np.float64))
        np.testing.assert_array_equal(found, getattr(generator(7, 5, 3), method)((2, 3)))
    found = FUNCTIONS.random_gamma(key, a, stream)
    np.testing.assert_array_equal(found, generator(7, 5, 3).standard_gamma(a))


def test_row_numbers_that_are_kept_cannot_be_changed():
    rows = functions.rows_of(4321)
    with pytest.raises(ValueError, match="read-only"):
        rows[0] = 1


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "c8", "c16"])
def test_ties_along_an_axis_share_what_arrives_in_any_dtype(dtype):
    x = np.array([[1.0, 5, 2], [1, 3, 2], [0, 5, 2]])
    grad = np.array([6.0, 8, 12]).astype(dtype)
    found = FUNCTIONS.shares(grad, x, x.max(axis=0))
    np.testing.assert_array_equal(found, [[3, 4, 4], [3, 0, 4], [0, 4, 4]])


def gaps(values, slopes, numerator):
    return FUNCTIONS.over_gaps(np.array(numerator), np.array(values), np.array(slopes))


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_a_quotient_by_gaps_does_not_depend_on_any_scale(scale):
    numerator = np.array([[9.0, 2.0], [3.0, 9.0]])
    wanted = [[0, 2 / 0.5], [3 / -0.5, 0]]
    found = gaps([1.0, 1.5], [4.0, 5.0], numerator * scale)
    np.testing.assert_allclose(found, np.multiply(wanted, scale))
    found = gaps(np.multiply([1.0, 1.5], scale), [4.0, 5.0], numerator)
    np.testing.assert_allclose(found, np.divide(wanted, scale))
    equal, nothing = np.multiply([2.0, 2.0], scale), np.zeros((2, 2))
    slopes = np.array([4.0, 4.0 + 1e-9]) * scale  # alike but for roundings
    np.testing.assert_array_equal(gaps(equal, slopes, nothing), nothing)
    for slopes, numerator in [([4.0, 5.0], nothing), ([4.0, 4.0], np.array([[1.0, 1], [1, 1]]))]:
        with pytest.raises(gf.NumericError, match="the gradient does not exist"):
            gaps(equal, np.multiply(slopes, scale), numerator * scale)


PADDED = Geometry((2,), ((1, 2),), (1,))
APART = Geometry((3,), ((0, 0),), (1,))
OVER = Geometry((1,), ((0, 0),), (1,))


GAPS = Geometry((4,), ((0, 0),), (2,))  # the last entry of a window is the first of the next


@pytest.mark.parametrize(
    "g", [PADDED, APART, OVER, GAPS], ids=["padded", "apart", "over one another", "gaps"]
)
def test_what_is_computed_into_a_given_array_is_the_same_and_is_returned(g):
    rng = np.random.default_rng(5)
    x = rng.integers(0, 3, (2, 9, 3)).astype(float)  # with ties
    top = pooled(x, (3,), g, max)
    grad = rng.normal(size=top.shape)
    parts, whole = rng.normal(size=(3, 2, 3, 3)), np.zeros((2, 7, 3))
    for i, o in itertools.product(range(3), range(3)):
        whole[:, 2 * o + i] += parts[i, :, o]
    calls = {
        "max_pool": (x, (3,), g),
        "sum_pool": (x, (3,), g),
        "to_largest": (grad, x, top, (3,), g),
        "spread": (grad, x, (3,), g),
        "pad_zeros": (x, ((1, 0), (0, 2), (0, 0))),
        "overlap_add": (parts, (7,), (2,), (1,)),
        "shares": (x[0], np.stack([x[0], x[1]]), np.maximum(x[0], x[1])),
    }
    wanted = {
        "overlap_add": whole,
        "max_pool": top,
        "sum_pool": pooled(x, (3,), g, sum),
        "to_largest": to_largest((3,), g)(grad, x),
        "spread": spread((3,), g)(grad, x),
    }
    for name, arguments in calls.items():
        plain = getattr(FUNCTIONS, name)(*arguments)
        np.testing.assert_allclose(plain, wanted.get(name, plain), atol=1e-14, err_msg=name)
        out = np.full(plain.shape, np.nan)
        assert np.shares_memory(getattr(FUNCTIONS, name)(*arguments, out=out), out)
        np.testing.assert_array_equal(out, plain, err_msg=name)


@pytest.mark.parametrize("dtype", ["?", "i1", "u2", "f4"])
def test_padding_is_never_the_largest_of_a_window(dtype):
    x = np.array([[[0], [0], [0]], [[0], [1], [1]]]).astype(dtype)
    x = x if dtype in "?u2" else -x
    found = FUNCTIONS.max_pool(x, (2,), Geometry((1,), ((1, 1),), (1,)))
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, pooled(x, (2,), Geometry((1,), ((1, 1),), (1,)), max))


def test_without_scipy_what_python_has_is_computed_number_by_number(monkeypatch):
    monkeypatch.setattr(scipy_functions, "find_spec", lambda name: None)
    cached = (scipy_functions._has_scipy, scipy_functions._ufunc)
    for function in cached:
        function.cache_clear()
    try:
        x = np.array([-2.5, -1.0, 0.0, 0.5, 3.0, 1e306])
        with np.errstate(over="ignore"):  # as in runs
            for name in ("erf", "erfc", "gammaln"):
                found = getattr(FUNCTIONS, name)(x)
                np.testing.assert_allclose(found, getattr(scipy.special, name)(x), rtol=1e-13)
            assert FUNCTIONS.gammaln(np.float64(1e308)) == math.inf
        with pytest.raises(gf.MissingError, match="erfinv is computed by SciPy"):
            gf.special.erfinv(np.ones(29))  # of a shape that no test has inferred before
        with pytest.raises(gf.MissingError, match="expm is computed by SciPy"):
            gf.linalg.expm(np.eye(29))
        assert gf.special.erf(np.ones(2)).shape == (2,)
    finally:
        for function in cached:
            function.cache_clear()


def test_polygamma_of_float32_has_the_digits_of_float64():
    x = np.linspace(0.1, 20, 200, dtype=np.float32)
    for order in (1, 2, 5):
        wide = scipy.special.polygamma(order, x.astype(np.float64))
        np.testing.assert_array_equal(FUNCTIONS.polygamma(x, order), wide.astype(np.float32))


def test_a_gamma_number_moves_with_its_shape_as_its_probability_says():
    """dx/da at a constant P(a, x), which is -dP/da / (dP/dx), with 80 digits."""
    with mp.workdps(80):
        for a, x in itertools.product((0.3, 1.0, 2.5, 40.0), (0.01, 0.7, 3.0, 55.0, 90.0)):
            by_a = mp.diff(lambda s, x=x: mp.gammainc(s, 0, x, regularized=True), mp.mpf(a))
            density = mp.mpf(x) ** (a - 1) * mp.exp(-x) / mp.gamma(a)
            found = FUNCTIONS.gamma_slope(np.float64(a), np.float64(x))
            assert float(abs(found + by_a / density)) <= 1e-11 * abs(float(found)), (a, x)
    assert FUNCTIONS.gamma_slope(np.float32(2), np.float32(0)) == 0


@pytest.mark.parametrize("shape", [(), (3,), (1, 3), (2, 1), (4, 1, 1), (4, 2, 3)])
def test_a_sum_to_a_shape_undoes_its_broadcast(shape):
    x = np.arange(24.0).reshape(4, 2, 3)
    wanted = np.zeros((1,) * (3 - len(shape)) + shape)
    for place in np.ndindex(x.shape):
        at = tuple(i if n > 1 else 0 for i, n in zip(place, wanted.shape, strict=True))
        wanted[at] += x[place]
    np.testing.assert_array_equal(FUNCTIONS.sum_like(x, np.ones(shape)), wanted.reshape(shape))
    rule = TABLE["sum_like"].rule
    found = rule(Spec(x.shape, np.dtype("f")), Spec(("n",), np.dtype(float)))
    assert (found.shape, found.dtype.name) == (("n",), "float32")
