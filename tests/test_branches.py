"""A branch that was not taken puts no infinity and no NaN into a gradient."""

from typing import Any

import numpy as np
import pytest
from formulas import derivatives, sech2, sigmoid, slope_of_sigmoid
from mpmath import mp, mpf
from test_cases import ELEMENTWISE, SMOOTH, built, placeholders
from trials import Case, Trial

import graphflow as gf

INF, NAN = np.inf, np.nan
LARGE = [5.0, 19.0, 20.0, 40.0, 50.0, 87.0, 88.0, 89.0, 100.0, 355.0, 372.0, 709.0, 720.0, 800.0]
GRID = [*LARGE, 1.0, 0.3, 1e-3, 1e-8]
GRID = [*GRID, *[-x for x in GRID]]


def test_where_keeps_the_other_branch_out_of_the_gradient() -> None:
    def safe_log(x: Any) -> Any:
        return gf.where(x > 0, gf.log(x), -1.0)

    value, slope, bend = derivatives(safe_log, [0.0, -1.0, 2.0, NAN], dtype=np.float64, order=2)
    np.testing.assert_allclose(value, [-1, -1, np.log(2), -1], rtol=1e-15)
    np.testing.assert_array_equal(slope, [0, 0, 0.5, 0])
    np.testing.assert_array_equal(bend, [0, 0, -0.25, 0])


@pytest.mark.parametrize(
    "name", ["sqrt", "log", "reciprocal", "tanh", "sigmoid", "softplus", "abs", "exp", "arcsin"]
)
def test_masked_missing_data_does_not_reach_a_parameter(name: str) -> None:
    data = np.array([0.25, NAN, INF, -INF])
    w = gf.Variable(1.0)
    y = gf.where(np.isfinite(data), getattr(gf, name)(w * data), 0.0)
    exact = {
        "sqrt": lambda x: 1 / (2 * mp.sqrt(x)),
        "log": lambda x: 1 / x,
        "reciprocal": lambda x: -1 / x**2,
        "tanh": sech2,
        "sigmoid": slope_of_sigmoid,
        "softplus": sigmoid,
        "abs": mp.sign,
        "exp": mp.exp,
        "arcsin": lambda x: 1 / mp.sqrt(1 - x**2),
    }[name]
    (slope,) = gf.gradients(y, w)
    got = gf.Session().run(slope)
    np.testing.assert_allclose(got, float(0.25 * exact(mpf(0.25))), rtol=1e-14)


@pytest.mark.parametrize(
    "choose",
    [
        lambda y: gf.maximum(y, 1.0),
        lambda y: gf.clip(y, 1.0, None),
        lambda y: gf.relu(y - 1.0) + 1.0,
        lambda y: 1.0 - gf.minimum(1.0 - y, 0.0),
    ],
)
def test_an_extreme_keeps_the_infinite_slope_of_what_it_dropped_out(choose: Any) -> None:
    slope = derivatives(lambda x: choose(gf.sqrt(x)), [0.0, 4.0], dtype=np.float64, order=1)[1]
    np.testing.assert_array_equal(slope, [0.0, 0.25])


@pytest.mark.parametrize(
    ("choose", "slope"),
    [
        (lambda root, part: gf.max(root), 0.25),
        (lambda root, part: gf.min(part), -0.0625),
        (lambda root, part: gf.nn.max_pool(gf.reshape(root, (1, 2, 1)), 2), 0.25),
        (lambda root, part: root[0], 0.25),
        (lambda root, part: gf.take_along_axis(root, np.array([0]), 0), 0.25),
        (lambda root, part: root.at[1].set(7.0), 0.25),
        (lambda root, part: root.at[1].max(5.0), 0.25),
        (lambda root, part: part.at[1].min(5.0), -0.0625),
    ],
    ids="max min max_pool index take_along_axis set at_max at_min".split(),
)
def test_what_is_not_chosen_keeps_its_infinite_slope(choose: Any, slope: float) -> None:
    x = gf.placeholder((2,))
    y = gf.sum(choose(gf.sqrt(x), gf.reciprocal(x)))  # of 4, and of 0, where both have no slope
    found = gf.Session().run(gf.gradients(y, x)[0], {x: [4.0, 0.0]})
    np.testing.assert_array_equal(found, [slope, 0.0])


def test_the_length_of_what_is_infinite_and_masked_has_no_slope() -> None:
    x = gf.placeholder((2,))
    y = gf.where(gf.isfinite(x), gf.hypot(x, 1.0), 0.0)
    found = gf.Session().run(gf.gradients(y, x)[0], {x: [0.75, INF]})
    np.testing.assert_array_equal(found, [0.6, 0.0])


def test_a_nan_on_the_path_stays() -> None:
    slope = derivatives(lambda x: gf.relu(gf.sqrt(x)), [-1.0, 4.0], dtype=np.float64, order=1)[1]
    np.testing.assert_array_equal(slope, [NAN, 0.25])


def test_absorb_drops_only_what_is_not_finite_below_a_zero() -> None:
    part = np.array([INF, NAN, 3.0, INF, NAN, 2.0])
    grad = np.array([0.0, 0.0, 0.0, 1.0, 1.0, -0.0])
    np.testing.assert_array_equal(
        gf.Session().run(gf.ops.elementwise.absorb(part, grad)), [0, 0, 3, INF, NAN, 2]
    )


@pytest.mark.parametrize("case", [row for row in SMOOTH if row in ELEMENTWISE])
def test_no_operation_leaks_out_of_a_branch_that_was_not_taken(case: Case) -> None:
    ends = np.array([0.0, -0.0, 1.0, -1.0, 2.5, 1e-310, 1e308, -1e308, INF, -INF, NAN])
    kinds = {"f": ends, "b": np.array([True, False]), "i": np.array([0, 1])}
    grids = np.meshgrid(*[kinds[domain.kind] for domain in case.operands])
    arrays = [grid.ravel() for grid in grids]
    xs = placeholders(arrays)
    y = built(Trial(case, (), {}, np.float64), xs)
    wrt = [x for x in xs if x.dtype.kind == "f"]
    masked = gf.where(np.zeros(arrays[0].shape, bool), gf.real(y), 0.0)
    for grad in gf.Session().run(
        gf.gradients(masked, wrt, unconnected="zero"), dict(zip(xs, arrays, strict=True))
    ):
        np.testing.assert_array_equal(grad, np.zeros(arrays[0].shape))
