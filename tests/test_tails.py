"""Values and derivatives keep their digits where functions saturate, overflow, or have corners.

Expected values come from mpmath with 60 digits, at exactly the floats that are fed, or stand there
as numbers. A tolerance is a few units in the last place; results below the smallest normal number
may be off by a few of the smallest ones.
"""

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from formulas import derivatives, sech2, sigmoid, slope_of_sigmoid
from mpmath import mp, mpf

import graphflow as gf

INF, NAN = np.inf, np.nan
LARGE = [5.0, 19.0, 20.0, 40.0, 50.0, 87.0, 88.0, 89.0, 100.0, 355.0, 372.0, 709.0, 720.0, 800.0]
GRID = [*LARGE, 1.0, 0.3, 1e-3, 1e-8]
GRID = [*GRID, *[-x for x in GRID]]


def check_digits(got: np.ndarray, expected: list[Any], units: int) -> None:
    """Each number is right to some units in its last place, or overflows as it must."""
    limits = np.finfo(got.dtype)
    for value, exact in zip(got, expected, strict=True):
        if abs(exact) > mpf(float(limits.max)):
            assert np.isinf(value)
            assert (value > 0) == (exact > 0)
            continue
        error = abs(mpf(float(value)) - exact)
        allowed = units * (float(limits.eps) * abs(exact) + float(limits.smallest_subnormal))
        assert error <= allowed, f"{value!r} should be {mpmath.nstr(exact, 17)}"


def bend_of_sigmoid(x: Any) -> Any:
    return -slope_of_sigmoid(x) * mp.tanh(x / 2)


# name: the function, then by hand its first and its second derivative, and where they are tried
SMOOTH: dict[str, tuple[list[Callable[[Any], Any]], list[float]]] = {
    "sigmoid": ([sigmoid, slope_of_sigmoid, bend_of_sigmoid], GRID),
    "tanh": ([mp.tanh, sech2, lambda x: -2 * mp.tanh(x) * sech2(x)], GRID),
    "softplus": ([lambda x: mp.log1p(mp.exp(x)), sigmoid, slope_of_sigmoid], GRID),
    "log_sigmoid": (
        [
            lambda x: -mp.log1p(mp.exp(-x)),
            lambda x: sigmoid(-x),
            lambda x: -slope_of_sigmoid(x),
        ],
        GRID,
    ),
    "expm1": ([mp.expm1, mp.exp, mp.exp], GRID),
    "log1p": (
        [mp.log1p, lambda x: 1 / (1 + x), lambda x: -1 / (1 + x) ** 2],
        [1e-30, 1e-8, -1e-8, 1e-3, -0.5, -0.999, 1.0, 1e8, 1e16],
    ),
    "log": ([mp.log, lambda x: 1 / x, lambda x: -1 / x**2], [1e-15, 0.5, 1.0, 2.0, 1e15]),
    "log2": (
        [lambda x: mp.log(x, 2), lambda x: 1 / (x * mp.log(2)), lambda x: -1 / (x**2 * mp.log(2))],
        [1e-15, 0.5, 3.0, 1e15],
    ),
    "log10": (
        [mp.log10, lambda x: 1 / (x * mp.log(10)), lambda x: -1 / (x**2 * mp.log(10))],
        [1e-15, 0.5, 3.0, 1e15],
    ),
    "sqrt": (
        [mp.sqrt, lambda x: 1 / (2 * mp.sqrt(x)), lambda x: -1 / (4 * x ** mpf(1.5))],
        [1e-20, 1e-8, 0.5, 1e8, 1e20],
    ),
    "reciprocal": (
        [lambda x: 1 / x, lambda x: -1 / x**2, lambda x: 2 / x**3],
        [1e-10, -1e-10, 0.5, 1e10],
    ),
    "arctan": (
        [mp.atan, lambda x: 1 / (1 + x**2), lambda x: -2 * x / (1 + x**2) ** 2],
        [1e-8, -1e-8, 1.0, 1e3, -1e8],
    ),
    "arcsin": (
        [mp.asin, lambda x: 1 / mp.sqrt(1 - x**2), lambda x: x / mp.sqrt(1 - x**2) ** 3],
        [0.25, 0.5, -0.5, 1 - 2.0**-20, 2.0**-20 - 1],
    ),
    "arccos": (
        [mp.acos, lambda x: -1 / mp.sqrt(1 - x**2), lambda x: -x / mp.sqrt(1 - x**2) ** 3],
        [0.25, 0.5, -0.5, 1 - 2.0**-20],
    ),
    "tan": (
        [mp.tan, lambda x: 1 / mp.cos(x) ** 2, lambda x: 2 * mp.tan(x) / mp.cos(x) ** 2],
        [1e-8, 0.5, 1.5, -1.5],
    ),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", SMOOTH)
def test_digits_are_kept_to_second_order(name: str, dtype: Any) -> None:
    exact, points = SMOOTH[name]
    got = derivatives(getattr(gf, name), points, dtype=dtype, order=2)
    with mp.workdps(60):
        at = [mpf(float(dtype(x))) for x in points]
        for values, function in zip(got, exact, strict=True):
            assert values.dtype == dtype
            check_digits(values, [function(x) for x in at], units=12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["sigmoid", "tanh", "softplus", "log_sigmoid"])
def test_saturating_functions_are_finite_to_third_order_at_infinity(name: str, dtype: Any) -> None:
    _, *slopes = derivatives(getattr(gf, name), [-INF, INF], dtype=dtype, order=3)
    limits = {"softplus": [0, 1], "log_sigmoid": [1, 0]}.get(name, [0, 0])
    np.testing.assert_array_equal(slopes[0], limits)
    np.testing.assert_array_equal(slopes[1:], np.zeros((2, 2)))


def test_forwards_at_infinity_are_the_limits() -> None:
    x = np.array([-INF, INF])
    for name, limits in {
        "sigmoid": [0, 1],
        "tanh": [-1, 1],
        "softplus": [0, INF],
        "log_sigmoid": [-INF, 0],
    }.items():
        np.testing.assert_array_equal(gf.Session().run(getattr(gf, name)(x)), limits)


# ---- two arguments ------------------------------------------------------------------------------


def both_slopes(function: Callable[..., Any], x: Any, y: Any, dtype: Any = np.float64) -> Any:
    """The value and both first derivatives at arrays x and y."""
    arrays = [np.asarray(v, dtype) for v in np.broadcast_arrays(x, y)]
    inputs = [gf.Placeholder(array.shape, dtype) for array in arrays]
    z = function(*inputs)
    return gf.Session().run([z, *gf.gradients(z, inputs)], dict(zip(inputs, arrays, strict=True)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logaddexp_keeps_digits_in_both_slopes(dtype: Any) -> None:
    x = dtype([1, 1, 30, 80, -80, 3, 1000])
    y = dtype([1, 2, -30, -20, 20, -40, 990])
    value, by_x, by_y = both_slopes(gf.logaddexp, x, y, dtype)
    with mp.workdps(60):
        pairs = [(mpf(float(a)), mpf(float(b))) for a, b in zip(x, y, strict=True)]
        check_digits(value, [mp.log(mp.exp(a) + mp.exp(b)) for a, b in pairs], units=4)
        check_digits(by_x, [sigmoid(a - b) for a, b in pairs], units=4)
        check_digits(by_y, [sigmoid(b - a) for a, b in pairs], units=4)


def test_logaddexp_of_infinities_has_finite_slopes() -> None:
    x, y = [INF, -INF, INF, -INF, 3, -INF], [INF, -INF, 1, 1, -INF, INF]
    value, by_x, by_y = both_slopes(gf.logaddexp, x, y)
    np.testing.assert_array_equal(value, [INF, -INF, INF, 1, 3, INF])
    np.testing.assert_array_equal(by_x, [0.5, 0.5, 1, 0, 1, 0])
    np.testing.assert_array_equal(by_y, [0.5, 0.5, 0, 1, 0, 1])


def test_the_second_derivative_of_logaddexp_at_a_tie_is_a_quarter() -> None:
    bend = derivatives(gf.logaddexp, [2.0], [2.0], dtype=np.float64, order=2)[2]
    np.testing.assert_allclose(bend, [0.25], rtol=1e-15)


def test_quotients_neither_overflow_nor_vanish_where_their_slopes_do_not() -> None:
    x, y = [1e-300, 1e300, 3.0, 0.0], [1e-200, 1e200, 1e-160, 1e200]
    value, by_x, by_y = both_slopes(gf.divide, x, y)
    np.testing.assert_allclose(value, [1e-100, 1e100, 3e160, 0], rtol=1e-15)
    np.testing.assert_allclose(by_x, [1e200, 1e-200, 1e160, 1e-200], rtol=1e-15)
    np.testing.assert_allclose(by_y[:2], [-1e100, -1e-100], rtol=1e-15)
    np.testing.assert_array_equal(by_y[2:], [-INF, 0])


def test_one_over_zero_has_an_infinite_slope() -> None:
    value, by_x, by_y = both_slopes(gf.divide, [1.0], [0.0])
    assert (value, by_x, by_y) == (INF, INF, -INF)


# ---- powers -------------------------------------------------------------------------------------


def test_powers_of_zero_have_the_stated_slopes() -> None:
    value, by_x, by_y = both_slopes(gf.power, 0.0, [0.0, 0.5, 1.0, 2.0, -1.0])
    np.testing.assert_array_equal(value, [1, 0, 0, 0, INF])
    np.testing.assert_array_equal(by_x, [0, INF, 1, 0, -INF])
    np.testing.assert_array_equal(by_y, [0, 0, 0, 0, -INF])


def test_a_negative_base_has_a_slope_by_itself_and_none_by_the_exponent() -> None:
    value, by_x, by_y = both_slopes(gf.power, [-2.0, -3.0], [3.0, -1.0])
    np.testing.assert_allclose(value, [-8, -1 / 3], rtol=1e-15)
    np.testing.assert_allclose(by_x, [12, -1 / 9], rtol=1e-15)
    np.testing.assert_array_equal(by_y, [NAN, NAN])


def test_the_mixed_second_derivative_of_a_power_where_the_exponent_is_zero() -> None:
    x, y = gf.Placeholder(()), gf.Placeholder(())
    (by_x,) = gf.gradients(gf.power(x, y), x)
    mixed = gf.gradients(by_x, y)[0]  # x**(y - 1) * (1 + y * log(x)), which is 1 / x at y = 0
    assert gf.Session().run(mixed, {x: 4.0, y: 0.0}) == 0.25


EXPONENTS = [0, 1, 2, 3, -1, -2, 0.5, 1.5, 2.0, True]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", EXPONENTS)
def test_a_constant_exponent_keeps_dtype_and_has_exact_slopes(n: Any, dtype: Any) -> None:
    x = dtype([0.25, 1.0, 4.0])
    got = derivatives(lambda x: x**n, x, dtype=dtype, order=2)
    x = x.astype(np.float64)
    expected = [x**n, n * x ** (n - 1.0), n * (n - 1.0) * x ** (n - 2.0)]
    for values, exact in zip(got, expected, strict=True):
        assert values.dtype == dtype
        np.testing.assert_allclose(values, exact, rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("n", [2, 3, -1, np.float64(2), np.array([2.0, 3.0])])
def test_a_constant_exponent_gives_a_negative_base_a_real_slope(n: Any) -> None:
    (_, slope) = derivatives(lambda x: x**n, [-2.0, -0.5], dtype=np.float64, order=1)
    x = np.array([-2.0, -0.5])
    np.testing.assert_allclose(slope, n * x ** (n - 1.0), rtol=1e-15)


def test_squares_and_cubes_at_zero_have_slope_zero() -> None:
    for n in (2, 3, 2.5):
        slope = derivatives(lambda x, n=n: x**n, [0.0], dtype=np.float64, order=1)[1]
        np.testing.assert_array_equal(slope, [0.0])


# ---- dtypes -------------------------------------------------------------------------------------

KEEPS_FLOAT32: dict[str, Callable[[Any], Any]] = {
    "2 * x": lambda x: 2 * x,
    "x / 3.0": lambda x: x / 3.0,
    "1 / x": lambda x: 1 / x,
    "2 ** x": lambda x: 2**x,
    "x % 2": lambda x: x % 2,
    "relu": lambda x: gf.relu(x),
    "maximum": lambda x: gf.maximum(x, 0),
    "clip": lambda x: gf.clip(x, 0, 1.5),
    "where": lambda x: gf.where(x > 1, x, 0),
    "logaddexp": lambda x: gf.logaddexp(x, 0),
    "round": lambda x: gf.round(x, 1) * x,
    "mixed": lambda x: gf.abs(x - 1.25) * gf.square(x) + gf.sigmoid(x) * gf.stop_gradient(x),
}


@pytest.mark.parametrize("name", KEEPS_FLOAT32)
def test_float32_stays_float32_in_value_and_slope(name: str) -> None:
    for values in derivatives(KEEPS_FLOAT32[name], [0.5, 1.75], dtype=np.float32, order=1):
        assert values.dtype == np.float32


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64])
def test_functions_of_integers_do_not_wrap_around(dtype: Any) -> None:
    x = np.array([0, 5, 100], dtype)
    got = gf.Session().run([gf.sigmoid(x), gf.softplus(x), gf.log_sigmoid(x)])
    at = x.astype(np.float64)
    expected = [1 / (1 + np.exp(-at)), np.logaddexp(at, 0), -np.logaddexp(-at, 0)]
    for values, exact in zip(got, expected, strict=True):
        np.testing.assert_allclose(values, exact, rtol=4 * np.finfo(values.dtype).eps)


# ---- corners, as docs/kinks.md states them ------------------------------------------------------


@pytest.mark.parametrize("name", ["relu", "abs"])
def test_the_corner_of_relu_and_abs_has_slope_zero(name: str) -> None:
    slope = derivatives(getattr(gf, name), [-1.0, 0.0, 1.0], dtype=np.float64, order=1)[1]
    np.testing.assert_array_equal(slope, {"relu": [0, 0, 1], "abs": [-1, 0, 1]}[name])


def test_extremes_share_ties_and_pass_nan_to_both() -> None:
    x, y = [1, 2, 3, NAN, 1, INF], [2, 1, 3, 1, NAN, INF]
    _, by_x, by_y = both_slopes(gf.maximum, x, y)
    np.testing.assert_array_equal(by_x, [0, 1, 0.5, 1, 1, 0.5])
    np.testing.assert_array_equal(by_y, [1, 0, 0.5, 1, 1, 0.5])
    _, by_x, by_y = both_slopes(gf.minimum, x, y)
    np.testing.assert_array_equal(by_x, [1, 0, 0.5, 1, 1, 0.5])
    np.testing.assert_array_equal(by_y, [0, 1, 0.5, 1, 1, 0.5])


def test_the_maximum_of_a_node_and_itself_has_slope_one() -> None:
    slope = derivatives(lambda x: gf.maximum(x, x), [2.0], dtype=np.float64, order=1)[1]
    np.testing.assert_array_equal(slope, [1.0])


def test_clip_gives_a_bound_what_it_takes_from_x() -> None:
    x = [-1.0, 0.0, 0.5, 1.0, 2.0]
    low, high = gf.Variable(0.0), gf.Variable(1.0)
    node = gf.Placeholder((5,))
    z = gf.clip(node, low, high)
    value, *slopes = gf.Session().run([z, *gf.gradients(z, [node, low, high])], {node: x})
    np.testing.assert_array_equal(value, [0, 0, 0.5, 1, 1])
    np.testing.assert_array_equal(slopes[0], [0, 0, 1, 0, 0])
    assert slopes[1:] == [2, 2]


def test_clip_between_crossed_bounds_is_the_upper_one() -> None:
    low, high, x = gf.Variable(1.0), gf.Variable(0.0), gf.Variable([-1.0, 0.5, 2.0])
    z = gf.clip(x, low, high)
    value, *slopes = gf.Session().run([z, *gf.gradients(z, [x, low, high])])
    np.testing.assert_array_equal(value, [0, 0, 0])
    np.testing.assert_array_equal(slopes[0], [0, 0, 0])
    assert slopes[1:] == [0, 3]


def test_remainder_has_the_slopes_of_its_pieces() -> None:
    value, by_x, by_y = both_slopes(gf.remainder, [7.5, -7.5, 6.0], [2.0, 2.0, 2.0])
    np.testing.assert_array_equal(value, [1.5, 0.5, 0])
    np.testing.assert_array_equal(by_x, [1, 1, 1])
    np.testing.assert_array_equal(by_y, [-3, 4, -3])  # -floor(x / y)


CUTS: dict[str, Callable[[Any], Any]] = {
    "floor": lambda x: gf.floor(x),
    "ceil": lambda x: gf.ceil(x),
    "trunc": lambda x: gf.trunc(x),
    "rint": lambda x: gf.round(x, 2),
    "sign": lambda x: gf.sign(x),
    "floor_divide": lambda x: x // 2,
    "stop_gradient": lambda x: gf.stop_gradient(x),
    "greater": lambda x: gf.cast(x > 0, np.float64),
    "int64": lambda x: gf.cast(gf.cast(x, np.int64), np.float64),
}


@pytest.mark.parametrize("name", CUTS)
def test_a_gradient_only_through_what_is_piecewise_constant_raises(name: str) -> None:
    x = gf.Variable([1.5, -2.5])
    with pytest.raises(gf.DisconnectedError, match=f"only through .*{name}"):
        gf.gradients(CUTS[name](x), x)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_slope_of_softplus_has_its_digits_beside_softplus(dtype):
    x = gf.placeholder((len(GRID),), dtype, name="x")
    y = gf.softplus(x)
    session, fed = gf.Session(), np.array(GRID, dtype)
    f = session.make_callable([y, *gf.gradients(y, x)], [x])
    value, slope = f(fed)
    assert "expm1" in f.source
    check_digits(value, [mp.log1p(mp.exp(mpf(float(a)))) for a in fed], 4)
    check_digits(slope, [sigmoid(mpf(float(a))) for a in fed], 4)
    both = f(np.resize(np.array([INF, -INF, NAN], dtype), len(GRID)))[1]
    np.testing.assert_array_equal(both[:3], [1, 0, NAN])


@pytest.mark.parametrize(("large", "dtype"), [(1e12, np.float64), (1e5, np.float32)])
def test_shares_of_a_weighted_sum_of_exponentials_add_up_where_logits_are_large(large, dtype):
    w = np.array([2.0, 3.0, 1.0], dtype)
    x, weights = (gf.placeholder((3,), dtype=dtype) for _ in range(2))
    y = gf.log(gf.sum(weights * gf.exp(x)))
    (found,) = gf.gradients(y, x)
    expected = w * np.exp([0.0, -3.0, -1.0]) / np.sum(w * np.exp([0.0, -3.0, -1.0]))
    at = np.array([large, large - 3, large - 1], dtype)
    np.testing.assert_allclose(gf.Session().run(found, {x: at, weights: w}), expected, rtol=1e-6)
