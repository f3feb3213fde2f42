"""Functions made of other operations equal NumPy's, in value, dtype, shape and gradient."""

import numpy as np
import pytest

import graphflow as gf

X = np.random.default_rng(5).normal(size=(3, 4))
CUBE = np.random.default_rng(6).normal(size=(2, 3, 4))

CALLS = [
    ("flip", (X,), {}),
    ("flip", (CUBE,), {"axis": (0, -1)}),
    ("flipud", (X,), {}),
    ("fliplr", (X,), {}),
    ("roll", (X, 1), {}),
    ("roll", (X, -5), {}),
    ("roll", (X, 2), {"axis": 1}),
    ("roll", (CUBE, (1, -1)), {"axis": (0, 2)}),
    ("roll", (CUBE, 1), {"axis": (1, 2)}),
    ("roll", (X, (1, 2)), {"axis": 1}),
    ("roll", (X, 4), {"axis": 1}),
    ("roll", (X[:0], 3), {"axis": 0}),
    ("moveaxis", (CUBE, 0, -1), {}),
    ("moveaxis", (CUBE, (0, 1), (2, 0)), {}),
    ("tile", (X, 2), {}),
    ("tile", (X, (2, 1, 3)), {}),
    ("tile", (X[0], (2, 2)), {}),
    ("tile", (X, (0, 2)), {}),
    ("diff", (X,), {}),
    ("diff", (X,), {"n": 2, "axis": 0}),
    ("diff", (X,), {"n": 0}),
    ("outer", (X, X[0]), {}),
    ("outer", (X[0], 2.0), {}),
    ("diagonal", (X,), {}),
    ("diagonal", (X,), {"offset": 2}),
    ("diagonal", (X,), {"offset": -1}),
    ("diagonal", (X,), {"offset": 9}),
    ("diagonal", (CUBE,), {"axis1": 2, "axis2": 0}),
    ("trace", (X,), {}),
    ("trace", (CUBE,), {"offset": 1, "axis1": 1, "axis2": 2}),
]
SPLITS = [
    ("split", (X, 2), {"axis": 1}),
    ("split", (X, (1, 1, 9)), {}),
    ("split", (X, [-1]), {}),
    ("array_split", (X, 3), {"axis": 1}),
    ("array_split", (X, 5), {}),
]


@pytest.mark.parametrize(("name", "args", "options"), CALLS)
def test_the_value_is_numpys_and_the_gradient_that_of_the_function(name, args, options):
    function = getattr(np, name)
    x = gf.placeholder(args[0].shape, name="x")
    y = function(x, *args[1:], **options)
    assert y is not None
    expected = function(*args, **options)
    got = gf.Session().run(y, {x: args[0]})
    assert got.dtype == expected.dtype
    assert y.shape == expected.shape
    np.testing.assert_array_equal(got, expected)
    if args[0].size and expected.size:
        assert gf.testing.check_gradients(y, x, {x: args[0]})


@pytest.mark.parametrize(("name", "args", "options"), SPLITS)
def test_splits_are_numpys(name, args, options):
    x = gf.constant(args[0])
    got = gf.Session().run(getattr(gf, name)(x, *args[1:], **options))
    expected = getattr(np, name)(*args, **options)
    assert len(got) == len(expected)
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("build", "kind", "text"),
    [
        (lambda x: gf.roll(x, 1), gf.ShapeError, "size of axis"),
        (lambda x: gf.tile(x, 2), gf.ShapeError, "size of axis 0 must be known"),
        (lambda x: gf.split(x, 3, axis=1), gf.ShapeError, "size 4 has no 3 equal parts"),
        (lambda x: gf.split(x, 0, axis=1), gf.ShapeError, "positive"),
        (lambda x: gf.split(x, 1.5, axis=1), gf.DTypeError, "no number of parts"),
        (lambda x: gf.moveaxis(x, (0, 0), (0, 1)), gf.ShapeError, "twice"),
        (lambda x: gf.moveaxis(x, (0, 1), 0), gf.ShapeError, "2 axes for 1 places"),
        (lambda x: gf.roll(x, (1, 2), (1,) * 3), gf.ShapeError, "2 shifts for 3 axes"),
        (lambda x: gf.diff(x, -1), gf.ShapeError, "negative"),
        (lambda x: gf.flip(gf.placeholder()), gf.ShapeError, "rank must be known"),
    ],
)
def test_what_does_not_fit_is_refused(build, kind, text):
    x = gf.placeholder((None, 4), name="x")
    with pytest.raises(kind, match=text):
        build(x)
