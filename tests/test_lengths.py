"""Calls that are chosen by the number of elements."""

import math
from functools import partial

import numpy as np
import pytest
from scipy import special

import graphflow as gf

SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-300, -1e-300, 40.0, -40.0, 700.0, -700.0, 1e300]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_softplus_of_few_entries_is_one_call_with_all_its_digits(dtype):
    with np.errstate(over="ignore"):
        values = np.array([*SPECIAL, *np.linspace(-20, 20, 101)]).astype(dtype)
    x = gf.placeholder(values.shape, dtype=dtype)
    y = gf.softplus(x)
    f = gf.function([y, *gf.gradients(y, x)], [x])
    value, slope = f(values)
    assert "logaddexp(" in f.source
    assert "log1p(" not in f.source
    wide = values.astype(np.longdouble)
    eps = np.finfo(dtype).eps
    with np.errstate(invalid="ignore"):
        expected = np.logaddexp(wide, 0)
    np.testing.assert_allclose(value, expected.astype(dtype), rtol=4 * eps, atol=0)
    np.testing.assert_allclose(slope, special.expit(wide).astype(dtype), rtol=8 * eps, atol=0)


class SumOfParts(gf.Operation):
    """A sum of one or two parts of x, by a forward that is given."""

    attributes = ("parts",)

    def compute(self, xp, x):
        first, *second = self.parts(xp, x)
        return xp.add(first, *second) if second else first


def softplus_parts(xp, x):
    return xp.maximum(x, 0), xp.log1p(xp.exp(xp.copysign(x, -1)))


def calls(f):
    return f.source.count("logaddexp("), f.source.count("log1p(")


def test_either_order_of_its_parts_is_softplus():
    x = gf.placeholder((7,))
    f = gf.function(SumOfParts(x, parts=lambda xp, x: softplus_parts(xp, x)[::-1]), [x])
    np.testing.assert_allclose(f(np.arange(-3.0, 4)), np.logaddexp(np.arange(-3.0, 4), 0), 1e-15)
    assert calls(f) == (1, 0)


@pytest.mark.parametrize(
    "parts",
    [
        lambda xp, x: (xp.maximum(x, 1), softplus_parts(xp, x)[1]),
        lambda xp, x: (xp.minimum(x, 0), softplus_parts(xp, x)[1]),
        lambda xp, x: (xp.maximum(x, 0), xp.log1p(xp.exp(xp.copysign(x, -2)))),
        lambda xp, x: (xp.maximum(x, 0), xp.log1p(xp.exp(xp.copysign(xp.square(x), -1)))),
        lambda xp, x: (xp.maximum(x, 0), xp.log1p(xp.exp(xp.minimum(x, -1)))),
        lambda xp, x: (xp.maximum(x, 0), xp.log1p(xp.expm1(xp.copysign(x, -1)))),
        lambda xp, x: (xp.maximum(x, 0), xp.log(xp.exp(xp.copysign(x, -1)))),
    ],
)
def test_other_sums_stay_as_they_are(parts):
    x, values = gf.placeholder((7,)), np.arange(-3.0, 4)
    f = gf.function(SumOfParts(x, parts=parts), [x])
    np.testing.assert_allclose(f(values), np.add(*parts(np, values)), rtol=1e-15)
    assert calls(f)[0] == 0


@pytest.mark.parametrize("dtype", [np.int8, np.bool_, np.float16])
def test_numbers_that_are_no_wide_floats_keep_their_precision(dtype):
    x, values = gf.placeholder((3,), dtype=dtype), np.array([0, 1, 1], dtype)
    found = gf.function(gf.softplus(x), [x])(values)
    np.testing.assert_allclose(found, gf.Session(optimize=False).run(gf.softplus(x), {x: values}))


@pytest.mark.parametrize("size", [1, 128, 129])
def test_long_arrays_and_single_numbers_have_the_calls_with_simd(size):
    x = gf.placeholder((size,))
    f = gf.function(SumOfParts(x, parts=softplus_parts), [x])
    f(np.ones(size))
    assert calls(f) == ((1, 0) if size == 128 else (0, 1))


def test_a_part_that_is_used_elsewhere_is_not_computed_twice():
    x = gf.placeholder((7,))
    f = gf.function([SumOfParts(x, parts=softplus_parts), gf.maximum(x, 0)], [x])
    f(np.ones(7))
    assert calls(f) == (0, 1)


@pytest.mark.parametrize("c", [0.3, 1e-3, 1e5])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_long_hypot_with_a_number_has_the_digits_of_numpys(dtype, c):
    values = long_values(dtype)
    values[100] = c
    x = gf.placeholder(values.shape, dtype=dtype)
    f = gf.function(gf.hypot(x, c), [x])
    found = f(values)
    assert found.dtype == dtype
    assert [call.name for call in f.program.calls] == ["hypot_of"]
    expected = np.hypot(values, dtype(c))
    np.testing.assert_allclose(found, expected, rtol=4 * np.finfo(dtype).eps, atol=0)


def long_values(dtype):
    """Floats of all sizes and either sign, and those that are none."""
    info = np.finfo(dtype)
    scales = np.geomspace(float(info.tiny), float(info.max) / 4, 4091)
    values = [*(scales * np.resize([1, -1], 4091)), 0, -0.0, np.inf, -np.inf, np.nan]
    return np.array(values).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_long_log_of_a_square_and_1_has_its_digits_also_where_the_square_overflows(dtype):
    values = long_values(dtype)
    x = gf.placeholder(values.shape, dtype=dtype)
    f = gf.function(gf.log1p(x**2), [x])
    found = f(values)
    assert {call.name for call in f.program.calls} == {"log1p_square"}
    wide = values.astype(np.longdouble)
    info = np.finfo(dtype)
    np.testing.assert_allclose(found, np.log1p(wide**2), rtol=4 * info.eps, atol=info.tiny)
    few = np.where(np.abs(values) < 1e10, values, 1)  # and without what overflows
    np.testing.assert_array_equal(f(few)[few != 1], found[few != 1])


OFFSET = 1026 * math.log(2)


def log_by_parts(xp, x, bound=2.0**510, scale=2.0**-513, less=1, more=OFFSET, of=None):
    is_far = xp.greater(xp.absolute(x if of is None else x + of), bound)
    square = xp.square(xp.where(is_far, x * scale, x))
    log = xp.log1p(xp.where(is_far, square - less, square))
    return (xp.where(is_far, log + more, log),)


@pytest.mark.parametrize(
    "other",
    [
        {"bound": 2.0**20},
        {"scale": 2.0**-512},
        {"less": 2},
        {"more": 700.0},
        {"of": 1.0},
        {"scale": 0.0},
        {"scale": -1.0},
    ],
)
def test_what_is_nearly_a_log_of_a_square_and_1_is_left(other):
    values = long_values(np.float64)
    x = gf.placeholder(values.shape)
    for options, name in ((other, "where"), ({}, "log1p_square")):
        parts = partial(log_by_parts, **options)
        f = gf.function(SumOfParts(x, parts=parts), [x])
        found = f(values)
        assert f.program.calls[-1].name == name
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(found, sum(parts(np, values)), rtol=1e-15, atol=1e-300)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("bound", [gf.maximum, gf.minimum])
@pytest.mark.parametrize("turned", [False, True])
def test_many_floats_are_bounded_by_a_number_with_simd(dtype, bound, turned):
    values = long_values(dtype)
    x = gf.placeholder(values.shape, dtype=dtype, name="clip")  # nor is NumPy's hidden by it
    f = gf.function(bound(0.5, x) if turned else bound(x, 0.5), [x])
    assert "clip(clip_1, " in f.source
    np.testing.assert_array_equal(f(values), getattr(np, bound.__name__)(values, dtype(0.5)))


@pytest.mark.parametrize(
    ("size", "number"), [(4095, 0.5), (4096, 0.0), (4096, np.nan), (4096, None)]
)
def test_other_bounds_are_numpys(size, number):
    x, values = gf.placeholder((size,)), np.resize([-0.0, 0.0, -1.0, 2.0], size)
    f = gf.function(gf.maximum(x, x[::-1] if number is None else number), [x])
    found, expected = f(values), np.maximum(values, values[::-1] if number is None else number)
    assert "clip" not in f.source
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(np.signbit(found), np.signbit(expected))


@pytest.mark.parametrize(
    ("size", "other"),
    [
        (4095, 0.3),
        (4096, 0.0),
        (4096, np.inf),
        (4096, np.nan),
        (4096, None),
        (4096, 1e-150),
        (4096, 1e150),
    ],
)
def test_other_hypots_stay_as_they_are(size, other):
    x, values = gf.placeholder((size,)), np.linspace(-3, 3, size)
    f = gf.function(gf.hypot(x, x if other is None else other), [x])
    np.testing.assert_array_equal(f(values), np.hypot(values, values if other is None else other))


def test_a_number_of_wider_integers_is_left_to_numpy():
    x = gf.placeholder((4096,), dtype=np.int64)
    f = gf.function(gf.hypot(x, 0.5), [x])
    np.testing.assert_array_equal(f(np.arange(4096)), np.hypot(np.arange(4096), 0.5))
