"""Derivatives by a complex step: of every primitive that is called analytic, and of no other."""

import mpmath
import numpy as np
import pytest

import graphflow as gf
from graphflow.primitives import TABLE
from graphflow.testing.complex_step import ANALYTIC, CONTINUED, ComplexStep

X = np.array([[0.7, -1.3, 0.4], [1.9, -0.6, 2.2], [-0.2, 0.5, 1.1]])
WAY = np.array([[0.3, 1.0, -0.8], [-1.1, 0.2, 0.9], [0.6, -0.4, 1.3]])
STEP = 2.0**-100


def continued(name):
    """The function that complex numbers are given to."""
    return CONTINUED.get(name, TABLE[name].function)


# ---- functions of a number, at points in their domains and tails --------------------------------

ANYWHERE, POSITIVE, WITHIN = (
    [-0.3, 1e-9, 2.0, -17.0],
    [1e-9, 0.3, 2.0, 1e12],
    [-0.9, 1e-9, 0.3, 0.999],
)
OF_NUMBERS = {
    "arccos": (mpmath.acos, WITHIN), "arccosh": (mpmath.acosh, [1.001, 2.0, 1e12]),
    "arcsin": (mpmath.asin, WITHIN), "arcsinh": (mpmath.asinh, ANYWHERE),
    "arctan": (mpmath.atan, ANYWHERE), "arctanh": (mpmath.atanh, WITHIN),
    "cbrt": (lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)), ANYWHERE),
    "erf": (mpmath.erf, ANYWHERE), "erfc": (mpmath.erfc, ANYWHERE),
    "cos": (mpmath.cos, ANYWHERE), "cosh": (mpmath.cosh, ANYWHERE), "exp": (mpmath.exp, ANYWHERE),
    "expm1": (mpmath.expm1, ANYWHERE), "log": (mpmath.log, POSITIVE),
    "log10": (mpmath.log10, POSITIVE), "log1p": (mpmath.log1p, [-0.9, 1e-9, 2.0, 1e12]),
    "log2": (lambda x: mpmath.log(x, 2), POSITIVE), "negative": (lambda x: -x, ANYWHERE),
    "positive": (lambda x: x, ANYWHERE), "reciprocal": (lambda x: 1 / x, ANYWHERE),
    "sin": (mpmath.sin, ANYWHERE), "sinh": (mpmath.sinh, ANYWHERE),
    "sqrt": (mpmath.sqrt, POSITIVE), "square": (lambda x: x * x, ANYWHERE),
    "tan": (mpmath.tan, ANYWHERE), "tanh": (mpmath.tanh, ANYWHERE),
    "ones_like": (lambda x: mpmath.mpf(1), ANYWHERE),
    "zeros_like": (lambda x: mpmath.mpf(0), ANYWHERE),
}  # fmt: skip


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_the_slope_of_a_function_is_that_of_200_digits(name):
    function, points = OF_NUMBERS[name]
    found = continued(name)(np.array(points) + 1j * STEP).imag / STEP
    with mpmath.workdps(200):
        expected = [
            float(mpmath.diff(function, mpmath.mpf(x), h=mpmath.mpf(10) ** -25)) for x in points
        ]
    np.testing.assert_allclose(found, expected, rtol=1e-13)


# ---- functions of arrays, against differences of NumPy's own ------------------------------------

OF_ARRAYS = {
    "add": lambda f, x: f(x, x[0]),
    "arctan2": lambda f, x: np.stack([f(x, x.T + 0.1), f(x, X), f(X, x)]),
    "broadcast_to": lambda f, x: f(x, (2, 3, 3)),
    "concatenate": lambda f, x: f([x, X], 0),
    "contiguous": lambda f, x: f(x.T),
    "cumprod": lambda f, x: f(x, axis=0),
    "cumsum": lambda f, x: f(x, axis=1),
    "det": lambda f, x: f(x),
    "divide": lambda f, x: f(x, x.T),
    "einsum": lambda f, x: f("ij,kj->ik", x, x),
    "expand_dims": lambda f, x: f(x, 0),
    "hypot": lambda f, x: np.stack([f(x, x.T + 0.1), f(x, X)]),
    "index": lambda f, x: f(x, (np.array([0, 0, 2]), slice(None, None, -1))),
    "index_add": lambda f, x: f(x, (np.array([0, 0, 2]),), x),
    "inv": lambda f, x: f(x),
    "logaddexp": lambda f, x: np.stack([f(x, 3 * x.T), f(x, X + 1), f(400 * x, x)]),
    "matmul": lambda f, x: f(x, x),
    "mean": lambda f, x: f(x, axis=0),
    "multiply": lambda f, x: f(x, x.T),
    "pad_zeros": lambda f, x: f(x, ((1, 0), (0, 2))),
    "power": lambda f, x: np.stack([f(x, 3), f(x, -2), f(2 + np.tanh(x), x)]),
    "prod": lambda f, x: f(x, axis=1),
    "put_along_axis_add": lambda f, x: f(x, np.array([[0, 0], [1, 2], [2, 2]]), x[:, :2], 1),
    "reshape": lambda f, x: f(x, (9,)),
    "solve": lambda f, x: f(x, x[0]),
    "squeeze": lambda f, x: f(x[:, None], 1),
    "stack": lambda f, x: f([x, X], 1),
    "subtract": lambda f, x: f(x, x.T),
    "sum": lambda f, x: f(x, axis=0),
    "swapaxes": lambda f, x: f(x, 0, 1),
    "take_along_axis": lambda f, x: f(x, np.array([[0, 0], [1, 2], [2, 2]]), 1),
    "transpose": lambda f, x: f(x, (1, 0)),
    "tril": lambda f, x: f(x),
    "triu": lambda f, x: f(x),
    "where": lambda f, x: f(X > 0, x, x.T),
}


@pytest.mark.parametrize("name", OF_ARRAYS)
def test_the_slope_of_a_function_of_arrays_is_that_of_differences(name):
    def function(x):
        return OF_ARRAYS[name](continued(name) if x.dtype.kind == "c" else TABLE[name].function, x)

    found = function(X + 1j * STEP * WAY).imag / STEP
    ends = [(function(X + h * WAY) - function(X - h * WAY)) / (2 * h) for h in (1e-3, 2e-3)]
    np.testing.assert_allclose(found, (4 * ends[0] - ends[1]) / 3, rtol=1e-7, atol=1e-9)


def test_every_primitive_called_analytic_is_tried():
    assert set(OF_NUMBERS) | set(OF_ARRAYS) == ANALYTIC | set(CONTINUED)


# ---- of graphs ----------------------------------------------------------------------------------


def slopes(function):
    x = gf.placeholder((3,), name="x")
    feeds = {x: np.array([0.5, -2.0, 3.0])}
    return ComplexStep([function(x)], feeds).slopes(feeds, x, np.ones(3))


def test_a_graph_of_analytic_operations_has_slopes_that_no_offset_spoils():
    found = slopes(lambda x: gf.exp(gf.sin(x)) + 1e14)
    x = np.array([0.5, -2.0, 3.0])
    np.testing.assert_allclose(found, np.exp(np.sin(x)) * np.cos(x), rtol=1e-14)


NOT_ANALYTIC = {
    "abs": gf.abs,
    "maximum": lambda x: gf.maximum(x, 0.0),
    "a comparison": lambda x: gf.where(x > 0, x, 2 * x),
    "the largest": gf.max,
    "sorting": gf.sort,
    "a conjugate": lambda x: gf.real(gf.conjugate(x + 1j * x) * 1j),
    "a size of complex numbers": lambda x: gf.abs(x + 2j),
}


@pytest.mark.parametrize("name", NOT_ANALYTIC)
def test_what_is_not_analytic_has_no_slope_by_a_complex_step(name):
    assert np.isnan(slopes(NOT_ANALYTIC[name])).all()


def test_a_power_that_rounding_turns_has_no_slope_by_a_complex_step():
    assert np.isnan(slopes(lambda x: gf.power(x, 301.0))[1])  # of a negative number, by its angle
