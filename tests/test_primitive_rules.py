"""Rules of primitives: what they say of shapes and dtypes, against what NumPy gives."""

import numpy as np
import pytest

import graphflow as gf
from graphflow.primitives import FUNCTIONS, TABLE, Geometry, Spec

ALL = slice(None)
I2 = np.array([1, 0])
I23 = np.array([[0, 1, 1], [1, 0, 0]])
STEPPED = Geometry((2,), ((1, 2),), (2,))
PLAIN = Geometry((1,), ((0, 0),), (1,))
PLANE = Geometry((1, 1), ((0, 0), (0, 0)), (1, 1))
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
    ("index", [("n", 4)], [(ALL, -4)], ("n",)),
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
    ("mean", [("n", 4)], [0], (4,)),
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
    ("svdvals", [("n", "m", "m")], [], ("n", "m")),
    ("cofactors", [("n", 4, 4)], [], ("n", 4, 4)),
    ("sign_of_det", [("n", 4, 4)], [], ("n",)),
    ("svdvals", [("n", 2, 3)], [], ("n", 2)),
    ("expm", [("n", 4, 4)], [], ("n", 4, 4)),
    # ---- special functions
    ("erf", [("n", 4)], [], ("n", 4)),
    ("polygamma", [("n", 4)], [1], ("n", 4)),
    ("betainc", [("n", 1), (4,), ()], [], ("n", 4)),
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
    ("conv", [(1, 7, "c"), (3, 4, 2)], [PLAIN], (1, 5, 2)),
    ("conv", [(1, 7, 4), (3, "c", 2)], [PLAIN], (1, 5, 2)),
    ("conv", [(2, 7, 4), (3, 2, "c")], [TWICE], (2, 5, "c")),
    ("conv_input", [("n", 4, 5, 3), (2, 2, 4, 3), (1, 5, 6, 1)], [PLANE], ("n", 5, 6, 4)),
    ("conv_input", [("n", 5, 2), (3, 4, 2), (1, 7, 1)], [PLAIN], ("n", 7, 4)),
    ("conv_input", [("n", 5, 6), (3, 2, 6), (1, 7, 1)], [TWICE], ("n", 7, 4)),
    ("conv_kernel", [("n", 7, 4), ("n", 5, 2), (3, 4, 2)], [PLAIN], (3, 4, 2)),
    ("windows", [("n", 9, 2)], [(3,), (2,), (2,)], (3, "n", 3, 2)),
    ("windows", [("n", 5, 6, 2)], [(2, 3), (1, 1), (1, 1)], (2, 3, "n", 4, 4, 2)),
    ("overlap_add", [(3, "n", 3, 2)], [(9,), (2,), (2,)], ("n", 9, 2)),
    ("max_pool", [("n", 7, 4)], [(3,), STEPPED], ("n", 3, 4)),
    ("sum_pool", [("n", "m", 4)], [(3,), PLAIN], ("n", None, 4)),
    ("spread", [("n", 5, 4), ("n", 7, 4)], [(3,), PLAIN], ("n", 7, 4)),
]  # fmt: skip
IDS = [f"{name}{''.join(map(str, shapes))}" for name, shapes, _, _ in ROWS]
SIZES = {"n": 3, "m": 6, "c": 4}


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
    with np.errstate(all="ignore"):  # as in runs
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
    for dtype in ("?", "u1", "i4", "f2", "f4", "f8", "c8", "c16")[: 6 if name == "rfft" else 8]:
        try:
            found = ruled(name, map(named, shapes), rest, dtype)
        except gf.DTypeError:
            continue
        assert found.dtype.str == computed(name, operands(shapes, dtype), rest).dtype.str, dtype
        tried += 1
    assert tried >= 2


@EACH
def test_a_rule_takes_operands_of_unknown_rank(name, shapes, rest, wanted):
    places = range(len(shapes))
    for unknown in [places, *([i] for i in places)]:
        given = [None if i in unknown else shape for i, shape in enumerate(shapes)]
        found = ruled(name, given, rest).shape
        assert found is None or len(found) == len(wanted)
        for known, size in zip(found or (), wanted, strict=False):
            assert known is None or known == size or size is None


# ---- what is refused, when a graph is built -----------------------------------------------------

REFUSED = [
    ("index", [(2, 3)], [(0, 0, 0)], "3 indices for 2 axes"),
    ("index", [("n", 3)], [(0, 3)], "index 3 is out of bounds for axis 1 of size 3"),
    ("index", [("n", 3)], [(0, -4)], "index -4 is out of bounds"),
    ("argpartition", [(2, 3)], [{"axis": 0, "kth": (2,)}], "index 2 is out of bounds for axis 0"),
    ("searchsorted", [(2, 3), (4,)], ["left"], "the sorted array is a vector"),
    ("bincount", [(2, 3), (2, 3)], [4], "what is counted is a vector"),
    ("bincount", [(3,), (4,)], [4], "shapes|weights"),
    ("bincount", [(1,), (4,)], [4], r"weights \[4\] for \[1\]"),
    ("convolve", [(2, 3), (3,)], ["full"], "vectors are convolved"),
    ("convolve", [(3,), (0,)], ["full"], "none of them empty"),
    ("broadcast_to", [(3,)], [(1,)], r"\[3\] does not broadcast to \[1\]"),
    ("broadcast_to", [(1, 3)], [(3,)], r"\[1, 3\] does not broadcast to \[3\]"),
    ("transpose", [(2, 3)], [(0, 0)], "no permutation of the 2 axes"),
    ("transpose", [(2, 3)], [(0,)], "no permutation of the 2 axes"),
    ("squeeze", [(2, 1)], [0], "axis 0 has size 2, not 1"),
    ("squeeze", [("n", 1)], [], "size 1 is not known"),
    ("cumsum", [(2, 3)], [2], "axis 2"),
    ("max", [(2, 0)], [1], "an axis of .* is empty"),
    ("argmin", [(0, 2)], [0], "an axis of .* is empty"),
    ("pad_zeros", [(2, 3)], [((0, 0),)], "1 pairs of widths for 2 axes"),
    ("matmul", [(2, 3), (2, 3)], [], "inner sizes differ"),
    ("inv", [(2, 3)], [], "not a square matrix"),
    ("inv", [(3,)], [], "not a matrix"),
    ("tril", [(3,)], [], "not a matrix"),
    ("expm", [(2, 3)], [], "not a square matrix"),
    ("expm", [(3,)], [], "not a square matrix"),
    ("solve", [(2, 2), (3, 2)], [], r"sizes differ \(2 != 3\)"),
    ("qr", [(2, 3)], [], "fewer rows than columns"),
    ("fft", [(2, 0)], [1, "backward", False], "nothing to transform: axis 1"),
    ("rfft", [(0, 2)], [0, "backward"], "nothing to transform: axis 0"),
    ("conv", [(1, 7, 4), (3, 3, 2)], [PLAIN], "4 channels for a kernel of 3 in 1 groups"),
    ("conv", [(1, 7, 4), (3, 2, 3)], [TWICE], "3 output channels are no 2 groups"),
    ("conv", [(7, 4), (3, 4, 2)], [PLAIN], "the input has 3 axes"),
    ("conv", [(1, 7, 4), (3, 4)], [PLAIN], "the kernel has 3 axes"),
    ("conv", [(1, 2, 4), (3, 4, 2)], [PLAIN], "a window of 3 does not fit size 2"),
    ("max_pool", [(7, 4)], [(3,), PLAIN], "the input has 3 axes"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "shapes", "rest", "text"), REFUSED)
def test_what_does_not_fit_is_refused_by_the_rule(name, shapes, rest, text):
    with pytest.raises(gf.ShapeError, match=text):
        ruled(name, shapes, rest)


def spec(*shape, dtype=float):
    return Spec(shape, np.dtype(dtype))


def test_what_is_put_must_fit_its_place():
    for name, shape in (("index_set", (4,)), ("index_add", (3, 3)), ("index_maximum", (2, 1))):
        with pytest.raises(gf.ShapeError, match=r"does not fit \[3\]|do not broadcast"):
            TABLE[name].rule(spec(2, 3), (0,), spec(*shape))
        assert TABLE[name].rule(spec(2, "n"), (0,), spec(1)) == spec(2, "n")


def test_an_index_of_unknown_rank_picks_what_is_not_known():
    unknown = Spec(None, np.dtype(int))
    found = TABLE["index"].rule(spec("n", 4), (slice(None), unknown))
    assert (found.shape, found.dtype.name) == (None, "float64")


def test_indices_along_an_axis_are_integers_of_the_same_rank():
    rule = TABLE["take_along_axis"].rule
    with pytest.raises(gf.ShapeError, match=r"ranks differ \(2 != 1\)"):
        rule(spec(2, 3), spec(3, dtype=int), 0)
    with pytest.raises(gf.DTypeError, match="indices must be integers, not float64"):
        rule(spec(2, 3), spec(2, 3), 0)
    assert rule(spec("n", 3), spec(2, 3, dtype=int), 0) == spec(2, 3)
    assert rule(spec("n", 3), spec("n", 5, dtype=int), -1) == spec("n", 5)
    assert rule(spec("n", 3), spec(2, 1, dtype=int), 0) == spec(2, 3)
    for x, indices in ((None, (2, 3)), ((2, 3), None)):
        found = rule(Spec(x, np.dtype("f")), Spec(indices, np.dtype(int)), 0)
        assert (found.shape, found.dtype.name) == (None, "float32")


def test_numbers_searched_and_counted_have_the_shapes_of_what_is_asked():
    rule = TABLE["searchsorted"].rule
    for edges in (spec("n"), Spec(None, np.dtype(float))):
        found = rule(edges, spec(2, "n"), "left")
        assert (found.shape, found.dtype) == ((2, "n"), np.intp)
    found = TABLE["bincount"].rule(spec("n", dtype=int), spec("n", dtype="f"), 5)
    assert (found.shape, found.dtype.name) == ((5,), "float32")
    found = TABLE["arange"].rule(5, dtype=np.int32)
    assert (found.shape, found.dtype.name) == ((5,), "int32")
    assert TABLE["convolve"].rule(spec(5), spec("n"), "full").shape == (None,)


def test_a_square_matrix_has_the_size_that_either_axis_tells():
    for matrix in (spec(2, None, 4), spec(2, 4, None)):
        assert TABLE["eigvalsh"].rule(matrix, "L") == spec(2, 4)
        assert TABLE["solve"].rule(matrix, spec(2, None, 3)) == spec(2, 4, 3)
        assert TABLE["solve"].rule(spec(2, None, None), spec(2, 4, 3)) == spec(2, 4, 3)


def test_cofactors_of_complex_matrices_are_refused():
    with pytest.raises(gf.DTypeError, match="not for complex matrices"):
        ruled("cofactors", [(2, 2)], [], complex)


@pytest.mark.parametrize(
    ("subscripts", "shapes", "wanted"),
    [
        ("ij,jk->ik", [("n", 4), (4, "m")], ("n", "m")),
        ("ij,jk->ik", [(1, 4), (4, 5)], (1, 5)),
        ("ij,ij->ji", [(1, 4), (3, 1)], (4, 3)),
        ("ij,jk->ki", [(1, 4), None], (None, None)),  # of 1, which may yet broadcast
        ("ij,jk->ki", [(3, 4), None], (None, 3)),
        ("ii->i", [(3, 3)], (3,)),
    ],
)
def test_the_axes_of_a_sum_of_products_are_those_of_its_letters(subscripts, shapes, wanted):
    specs = [Spec(shape, np.dtype(kind)) for shape, kind in zip(shapes, "fd", strict=False)]
    found = TABLE["einsum"].rule(subscripts, *specs)
    assert found == Spec(wanted, np.dtype("d" if len(specs) > 1 else "f"))


def test_a_sum_of_products_of_sizes_that_differ_is_refused():
    with pytest.raises(gf.ShapeError, match=r"sizes of 'j' differ \(4 != 3\)"):
        TABLE["einsum"].rule("ij,jk->ik", spec(2, 4), spec(3, 5))
    with pytest.raises(gf.ShapeError, match="3 axes for the letters 'ij'"):
        TABLE["einsum"].rule("ij->ji", spec(2, 4, 5))


def test_a_shape_to_broadcast_to_must_be_given():
    with pytest.raises(gf.DTypeError, match="broadcast_to: a shape is wanted, not None"):
        gf.broadcast_to(np.ones(3), None)


@pytest.mark.parametrize("name", ["inv", "det", "svd", "eigh", "solve"])
def test_matrices_of_half_precision_are_refused(name):
    rest = ["L"] if name == "eigh" else []
    with pytest.raises(gf.DTypeError, match="not done in float16"):
        ruled(name, [(2, 2)] * (2 if name == "solve" else 1), rest, np.float16)


JOINED = [
    ("concatenate", [("n", 4), ("n", 3)], 1, ("n", 7)),
    ("concatenate", [("n", 4), (None, 3)], -1, ("n", 7)),
    ("concatenate", [(None, 4), (5, 3)], 1, (5, 7)),
    ("concatenate", [("n", 4), (5, 4)], 0, (None, 4)),
    ("concatenate", [(2, 4), (5, 4)], 0, (7, 4)),
    ("concatenate", [(2, 4), None], 1, (2, None)),
    ("concatenate", [None, None], 1, None),
    ("stack", [("n", 4), ("n", 4)], 0, (2, "n", 4)),
    ("stack", [(None, 4), (3, None)], -1, (3, 4, 2)),
    ("stack", [("n", 4), None, ("n", 4)], 1, ("n", 3, 4)),
    ("stack", [("n", 4), ("n", 4)], -2, ("n", 2, 4)),
    ("stack", [None, None], 1, None),
]


@pytest.mark.parametrize(("name", "shapes", "axis", "wanted"), JOINED)
def test_what_is_joined_has_the_sizes_that_any_of_its_parts_tells(name, shapes, axis, wanted):
    dtypes = [np.dtype(kind) for kind in ("f4", "i4", "f4")]
    specs = [Spec(shape, dtype) for shape, dtype in zip(shapes, dtypes, strict=False)]
    found = TABLE[name].rule(specs, axis)
    assert (found.shape, found.dtype.name) == (wanted, "float64")  # of float32 and int32


@pytest.mark.parametrize(
    ("name", "shapes", "text"),
    [
        ("concatenate", [(2, 3), (2,)], r"ranks differ \(1, 2\)"),
        ("concatenate", [(2, 3), (3, 4)], r"sizes along axis 0 differ \(2 != 3\)"),
        ("stack", [(2, 3), (3,)], "ranks differ"),
        ("stack", [(2, 3), (2, 4)], r"sizes along axis 1 differ \(3 != 4\)"),
    ],
)
def test_what_cannot_be_joined_is_refused(name, shapes, text):
    with pytest.raises(gf.ShapeError, match=text):
        TABLE[name].rule([Spec(shape, np.dtype(float)) for shape in shapes], 1)
