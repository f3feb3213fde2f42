"""Primitives: what their rules say of shapes and dtypes, and what their functions compute."""

import itertools

import numpy as np
import pytest
from cases_windows import pooled, spread, to_largest

import graphflow as gf
from graphflow.primitives import FUNCTIONS, TABLE, Geometry, Spec, functions

ALL = slice(None)
I2 = np.array([1, 0])
I23 = np.array([[0, 1, 1], [1, 0, 0]])
STEPPED = Geometry((2,), ((1, 2),), (2,))
PLAIN = Geometry((1,), ((0, 0),), (1,))
TWICE = Geometry((1,), ((0, 0),), (1,), 2)

# name, shapes of the operands, what else it is given, the shape of the result. Sizes with a name
# are not known before a run, and the rule says so: None is any size.
ROWS = [
    # ---- indices
    ("index", [("n", 4)], [(ALL,)], ("n", 4)),
    ("index", [("n", 4)], [(slice(0, None), slice(1, 3))], ("n", 2)),
    ("index", [("n", 4)], [(slice(None, None, -1), slice(None, None, -2))], ("n", 2)),
    ("index", [("n", 4)], [(slice(None, None, 1), None)], ("n", 1, 4)),
    ("index", [("n", 4)], [(slice(1, None),)], (None, 4)),
    ("index", [("n", 4)], [(slice(None, 2),)], (None, 4)),
    ("index", [("n", 4)], [(slice(None, None, 2),)], (None, 4)),
    ("index", [("n", 4)], [(Ellipsis, 0)], ("n",)),
    ("index", [("n", 4)], [(0,)], (4,)),
    ("index", [(3, 4, "n")], [(-1, Ellipsis, 0)], (4,)),
    ("index", [("n", 4, "m")], [(ALL, I23)], ("n", 2, 3, "m")),
    ("index", [("n", 4, "m")], [(I2, I23[:, :2])], (2, 2, "m")),
    ("index", [("n", 4, "m")], [(I2, ALL, I2)], (2, 4)),
    ("index", [("n", 4, "m", 5)], [(ALL, I2, ALL, I2)], (2, "n", "m")),
    ("index", [("n", 4, "m", 5)], [(ALL, I2, 0, I2)], ("n", 2)),
    ("index", [("n", 4, "m", 5)], [(I2, None, 0)], (2, 1, "m", 5)),
    ("index", [("n", 4, "m", 5)], [(0, ALL, ALL, I2)], (2, 4, "m")),
    ("index", [("n", 4, 3)], [(None, ALL, I2, 0, None)], (1, "n", 2, 1)),
    ("last_writer", [("n", 4)], [(ALL, I23)], ("n", 2, 3)),
    ("argsort", [("n", 4)], [1], ("n", 4)),
    ("argpartition", [("n", 4)], [{"axis": 1, "kth": (0, -1)}], ("n", 4)),
    ("unique_inverse", [("n", 4)], [], ("n", 4)),
    ("unique_indices", [("n", 4)], [], (None,)),
    ("flatnonzero", [("n", 4)], [], (None,)),
    # ---- other shapes
    ("reshape", [("n", 4)], [(-1, 2)], (None, 2)),
    ("reshape", [(3, 4)], [(2, -1)], (2, 6)),
    ("reshape", [(3, 4)], [12], (12,)),
    ("transpose", [("n", 4, 5)], [], (5, 4, "n")),
    ("transpose", [("n", 4, 5)], [(1, 2, 0)], (4, 5, "n")),
    ("transpose", [("n", 4, 5)], [(-2, -1, 0)], (4, 5, "n")),
    ("swapaxes", [("n", 4, 5)], [0, -1], (5, 4, "n")),
    ("expand_dims", [("n", 4)], [1], ("n", 1, 4)),
    ("expand_dims", [("n", 4)], [(0, -1)], (1, "n", 4, 1)),
    ("squeeze", [("n", 1, 4, 1)], [1], ("n", 4, 1)),
    ("squeeze", [("n", 1, 4, 1)], [(1, -1)], ("n", 4)),
    ("squeeze", [(1, 4, 1)], [], (4,)),
    ("broadcast_to", [(4,)], [(3, 4)], (3, 4)),
    ("broadcast_to", [()], [(3, 4)], (3, 4)),
    ("pad_zeros", [("n", 4)], [((1, 2), (3, 0))], (None, 7)),
    ("tril", [("n", 4)], [], ("n", 4)),
    ("angle", [("n", 4)], [], ("n", 4)),
    ("real", [("n", 4)], [], ("n", 4)),
    ("imag", [("n", 4)], [], ("n", 4)),
    # ---- reductions
    ("sum", [("n", 4)], [], ()),
    ("sum", [("n", 4)], [0], (4,)),
    ("sum", [("n", 4)], [{"axis": -1, "keepdims": True}], ("n", 1)),
    ("max", [("n", 4, 5)], [(0, 2)], (4,)),
    ("max", [(0, 4)], [{"axis": 0, "initial": 1.0}], (4,)),
    ("prod", [("n", 4, 5)], [{"axis": (1, 2), "keepdims": True}], ("n", 1, 1)),
    ("any", [("n", 4)], [1], ("n",)),
    ("mean", [("n", 4)], [0, True], (1, 4)),
    ("argmax", [("n", 4)], [1], ("n",)),
    ("argmin", [("n", 4)], [None], ()),
    ("cumsum", [("n", 4)], [1], ("n", 4)),
    # ---- products
    ("matmul", [("n", 4), (4, "m")], [], ("n", "m")),
    ("matmul", [("n", 3, 4), (4,)], [], ("n", 3)),
    ("matmul", [(4,), ("n", 4, "m")], [], ("n", "m")),
    ("solve", [(4, 4), (4, "n")], [], (4, "n")),
    ("solve", [("n", 4, 4), (4, 2)], [], ("n", 4, 2)),
    ("convolve", [(5,), (3,)], ["full"], (7,)),
    ("convolve", [(5,), (3,)], ["valid"], (3,)),
    ("convolve", [(3,), (5,)], ["valid"], (3,)),
    ("convolve", [("n",), (3,)], ["full"], (None,)),
    # ---- factors
    ("inv", [("n", 4, 4)], [], ("n", 4, 4)),
    ("det", [("n", 4, 4)], [], ("n",)),
    ("log_abs_det", [("n", 4, 4)], [], ("n",)),
    ("pinv", [("n", 4, 3)], [1e-15], ("n", 3, 4)),
    ("qr", [("n", 4, 3)], [], ("n", 7, 3)),
    ("qr", [(4, 4)], [], (8, 4)),
    ("qr", [("n", "m", 3)], [], ("n", None, 3)),
    ("qr", [(6, "n")], [], (None, "n")),
    ("eigh", [("n", 4, 4)], ["L"], ("n", 5, 4)),
    ("eigvalsh", [("n", 4, 4)], ["L"], ("n", 4)),
    ("eig", [("n", 4, 4)], [], ("n", 5, 4)),
    ("svd", [("n", 4, 3)], [], ("n", 8, 3)),
    ("svd", [("n", 2, 3)], [], ("n", 6, 2)),
    ("svdvals", [("n", 4, 3)], [], ("n", 3)),
    ("svdvals", [("n", 2, 3)], [], ("n", 2)),
    ("expm", [("n", 4, 4)], [], ("n", 4, 4)),
    # ---- frequencies
    ("fft", [("n", 6)], [1, "backward", False], ("n", 6)),
    ("rfft", [("n", 6)], [-1, "backward"], ("n", 4)),
    ("rfft", [("n", 7)], [1, "ortho"], ("n", 4)),
    ("rfft", [("n", 7)], [0, "ortho"], (None, 7)),
    ("irfft", [("n", 4)], [1, "forward", 7], ("n", 7)),
    # ---- windows
    ("conv", [("n", 7, 4), (3, 4, 2)], [PLAIN], ("n", 5, 2)),
    ("conv", [("n", 7, 4), (3, 4, 2)], [STEPPED], ("n", 3, 2)),
    ("conv", [("n", "m", 4), (3, 2, 6)], [TWICE], ("n", None, 6)),
    ("conv", [(2, 7, 2), (3, 1, 2)], [TWICE], (2, 5, 2)),
    ("conv", [(2, 7, 2), (3, 1, 4)], [TWICE], (2, 5, 4)),
    ("conv_input", [("n", 5, 2), (3, 4, 2), (1, 7, 1)], [PLAIN], ("n", 7, 4)),
    ("conv_input", [("n", 5, 6), (3, 2, 6), (1, 7, 1)], [TWICE], ("n", 7, 4)),
    ("conv_kernel", [("n", 7, 4), ("n", 5, 2), (3, 4, 2)], [PLAIN], (3, 4, 2)),
    ("windows", [("n", 9, 2)], [(3,), (2,), (2,)], (3, "n", 3, 2)),
    ("overlap_add", [(3, "n", 3, 2)], [(9,), (2,), (2,)], ("n", 9, 2)),
    ("max_pool", [("n", 7, 4)], [(3,), STEPPED], ("n", 3, 4)),
    ("sum_pool", [("n", "m", 4)], [(3,), PLAIN], ("n", None, 4)),
    ("spread", [("n", 5, 4), ("n", 7, 4)], [(3,), PLAIN], ("n", 7, 4)),
]  # fmt: skip
IDS = [f"{name}{''.join(map(str, shapes))}" for name, shapes, _, _ in ROWS]
SIZES = {"n": 3, "m": 6}


def named(shape):
    return tuple(SIZES.get(size, size) for size in shape)


def operands(shapes, dtype=np.float64):
    """Numbers, and square matrices with an inverse, of any dtype."""
    rng = np.random.default_rng(3)
    found = []
    for shape in map(named, shapes):
        square = len(shape) > 1 and shape[-1] == shape[-2]
        x = np.broadcast_to(np.eye(shape[-1]) * 9, shape) if square else 9 * rng.normal(size=shape)
        found.append(x.astype(dtype))
    return found


def ruled(name, shapes, rest, dtype=np.float64):
    """What the rule of a primitive says; arrays in keys are specs to it."""
    options = rest[-1] if rest and isinstance(rest[-1], dict) else {}
    given = [
        tuple(Spec(k.shape, k.dtype) if isinstance(k, np.ndarray) else k for k in each)
        if type(each) is tuple
        else each
        for each in rest[: len(rest) - bool(options)]
    ]
    return TABLE[name].rule(*(Spec(s, np.dtype(dtype)) for s in shapes), *given, **options)


def computed(name, arrays, rest):
    options = rest[-1] if rest and isinstance(rest[-1], dict) else {}
    return getattr(FUNCTIONS, name)(*arrays, *rest[: len(rest) - bool(options)], **options)


EACH = pytest.mark.parametrize(("name", "shapes", "rest", "wanted"), ROWS, ids=IDS)


@EACH
def test_a_rule_says_what_is_known_of_the_shape_and_no_more(name, shapes, rest, wanted):
    assert ruled(name, shapes, rest).shape == wanted
    known = ruled(name, map(named, shapes), rest).shape
    there = computed(name, operands(shapes), rest).shape
    assert known == there if None not in known else len(known) == len(there)
    for size, found in zip(wanted, there, strict=True):
        assert size is None or named((size,)) == (found,)


@EACH
def test_a_rule_knows_the_dtype_of_the_result(name, shapes, rest, wanted):
    tried = 0
    for dtype in ("?", "u1", "i4", "f4", "f8", "c8", "c16")[: 5 if name == "rfft" else 7]:
        try:
            found = ruled(name, map(named, shapes), rest, dtype)
        except gf.DTypeError:
            continue
        assert found.dtype == computed(name, operands(shapes, dtype), rest).dtype, dtype
        tried += 1
    assert tried >= 2


@EACH
def test_a_rule_takes_operands_of_unknown_rank(name, shapes, rest, wanted):
    found = ruled(name, [None] * len(shapes), rest).shape
    assert found is None or len(found) == len(wanted)
    for known, size in zip(found or (), wanted, strict=False):
        assert known is None or known == size


# ---- values, on every path there is to them -----------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 1), (2, 3), (1, 1), (2, 2, 3), (0, 3), (2, 0, 3), (4,)])
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
    rows = functions.rows_of(3)
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


@pytest.mark.parametrize("g", [PADDED, APART, PLAIN], ids=["padded", "apart", "over one another"])
def test_what_is_computed_into_a_given_array_is_the_same_and_is_returned(g):
    rng = np.random.default_rng(5)
    x = rng.integers(0, 3, (2, 7, 3)).astype(float)  # with ties
    top = pooled(x, (3,), g, max)
    grad = rng.normal(size=top.shape)
    calls = {
        "max_pool": (x, (3,), g),
        "sum_pool": (x, (3,), g),
        "to_largest": (grad, x, top, (3,), g),
        "spread": (grad, x, (3,), g),
        "pad_zeros": (x, ((1, 0), (0, 2), (0, 0))),
        "overlap_add": (rng.normal(size=(3, 2, 3, 3)), (7,), (2,), (1,)),
        "shares": (x[0], np.stack([x[0], x[1]]), np.maximum(x[0], x[1])),
    }
    wanted = {
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
