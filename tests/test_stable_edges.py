"""Stable forms at zero, at overflow and at their own borders: value and derivatives as written."""

import numpy as np
import pytest

import graphflow as gf

HUGE = 1e160  # whose square overflows


def derivatives(build, *values, dtype=np.float64):
    """The value, and the first and second derivative by the first operand."""
    xs = [gf.placeholder((), dtype=dtype) for _ in values]
    y = build(*xs)
    (first,) = gf.gradients(y, xs[0])
    (second,) = gf.gradients(first, xs[0], unconnected="zero")
    feeds = dict(zip(xs, map(dtype, values), strict=True))
    return [float(found) for found in gf.Session().run([y, first, second], feeds)]


@pytest.mark.parametrize(
    ("build", "values", "expected"),
    [
        (lambda b, c: np.sqrt(b * b + c) - b, (0.0, 1.0), [1, -1, 1]),
        (lambda b, a: (-b + np.sqrt(b**2 + 4 * a)) / (2 * a), (0.0, 1.0), [1, -0.5, 0.25]),
        (lambda x: np.sqrt(x * x + np.exp(x)) - x, (0.0,), [1, -0.5, 1.25]),
        (lambda x, y: np.sqrt(x * x + y) - x, (1.0, np.inf), [np.inf, -1, 0]),
        (lambda x: np.log(1 - np.exp(-np.exp(x))), (-37.0,), [-37, 1, np.nan]),
        (lambda x, y: x / (x + np.exp(y)), (1.0, 800.0), [0, 0, 0]),
        (lambda x, y: x**4 / (x**4 + y**4), (1.0, 1e80), [0, 0, 0]),
        (lambda x, y: x / (np.abs(x) + y), (1.0, np.inf), [0, 0, 0]),
        (lambda x, y: 1 - x / (x + np.exp(y)), (1.0, 800.0), [1, 0, 0]),
        (lambda y: 1 / (1 + y**4) - 1, (1e80,), [-1, 0, 0]),
        (lambda x, y: 1 - 1 / (1 + np.exp(y) * x), (1.0, 800.0), [1, np.nan, np.nan]),
        (lambda x: np.log(1 - x / (1 + x)), (1e-9,), [-1e-9, -1, 1]),
        (lambda x, y: np.log(1 - x / (x + y)), (1e-9, 3.0), [-1e-9 / 3, -1 / 3, 1 / 9]),
        (lambda x: 1 / x - 1 / (x + 1e9), (1e-300,), [1e300, -np.inf, np.inf]),
        (lambda x: np.hypot(x, 3) - 3, (1e9,), [1e9, 1, 9e-27]),
        (lambda x: np.sqrt(x**2 + 1e-20) - 1e-10, (0.3,), [0.3, 1, 1e-20 / 0.027]),
        (lambda x: np.sqrt(x**2 + 9) - 3, (np.inf,), [np.inf, np.nan, np.nan]),
        (lambda x: np.arctan(x) - x, (np.inf,), [-np.inf, -1, np.nan]),
    ],
)
def test_value_and_derivatives(build, values, expected):
    with np.errstate(all="ignore"):
        found = derivatives(build, *values)
    for got, wanted in zip(found, expected, strict=True):
        if not np.isnan(wanted):
            assert got == pytest.approx(wanted, rel=3e-9, abs=1e-30), (found, expected)


@pytest.mark.parametrize(
    ("build", "value", "place", "expected"),
    [
        (lambda x: np.sin(x) - x * np.cos(x), 1e20, 0, -1e20 * np.cos(float(np.float32(1e20)))),
        (lambda x: x / (x**2 + 1e-12), 1e8, 2, 2e-24),
        (lambda x: x / (x**2 + 1e-12), 1e14, 1, -1e-28),
        (lambda x: x / (x**2 + 1e-30), 1e4, 2, 2e-12),
        (lambda x: np.hypot(x, 3) - 3, 1e4, 2, 9e-12),
        (lambda x: 1 / x - 1 / (x + 100), 1e-37, 0, 1e37),
    ],
)
def test_float32_keeps_what_squares_would_lose(build, value, place, expected):
    found = derivatives(build, value, dtype=np.float32)
    assert found[place] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("size", [10, 5000])
@pytest.mark.parametrize("options", [{}, {"backend": "jax"}])
def test_a_length_beside_a_number_whose_square_overflows(size, options):
    if options:
        pytest.importorskip("jax")
    x = gf.placeholder((size,))
    found = gf.Session(**options).run(np.hypot(x, HUGE), {x: np.full(size, 3.0)})
    np.testing.assert_allclose(found, HUGE, rtol=1e-15)


def test_the_exponential_of_a_single_number_far_from_zero_has_its_slope():
    x = gf.placeholder((1, 1))
    y = gf.linalg.expm(x)
    found = gf.Session().run([y, *gf.gradients(y, x)], {x: [[-5e43]]})
    np.testing.assert_array_equal(found, np.zeros((2, 1, 1)))
