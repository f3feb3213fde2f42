"""Awkward gradients of formulas written naively: right to many digits, at the worst of points.

Each formula of `awkward.py` and `awkward_quotients.py` is taken twice: from nodes in a graph, and
by `gf.grad` from the same formula as a Python function over arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from awkward import AT_KINKS, ELEMENTWISE, OF_VECTORS, mp, mpf
from awkward_quotients import QUOTIENTS

import graphflow as gf

DIGITS = 1e-13
OF_NUMBERS = {**ELEMENTWISE, **QUOTIENTS}


def from_nodes(formula: Callable[[Any], Any], at: Any, order: int) -> list[Any]:
    """The value and derivatives from nodes, by `gf.gradients` of `gf.gradients`."""
    x = gf.Variable(np.array(at))
    found = [formula(x)]
    for _ in range(order):
        found.append(gf.gradients(found[-1], x, unconnected="zero")[0])
    return gf.Session().run(found)


def from_a_function(formula: Callable[[Any], Any], at: Any) -> Any:
    """The derivative by `gf.grad` of the function over arrays."""
    return gf.grad(lambda x: np.sum(formula(x)))(np.array(at))


def has_digits(got: Any, exact: Any, least: Any = 0) -> bool:
    """Equal to 13 digits, of `least` where it is less; or less than the smallest normal number."""
    if abs(exact) > 1.7e308:
        return bool(np.isinf(got) and (got > 0) == (exact > 0))
    if not np.isfinite(got):
        return False
    error = abs(mpf(float(got)) - exact)
    return bool(error <= DIGITS * max(abs(exact), least) + mpf("1e-307"))


def slope(function: Callable[..., Any], at: list[Any], i: int) -> Any:
    """The derivative by the i-th number, in steps of the size of the largest."""
    unit = max(map(abs, at)) or 1
    along = lambda t: function(*at[:i], t * unit, *at[i + 1 :])  # noqa: E731
    return mp.diff(along, at[i] / unit) / unit


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_an_elementwise_formula_keeps_its_digits(name: str) -> None:
    row = OF_NUMBERS[name]
    at = [mpf(x) for x in row.points]
    got = from_nodes(row.formula, row.points, row.order)
    found = [*enumerate(got), (1, from_a_function(row.formula, row.points))]
    for order, values in found:
        exact = [mp.diff(row.exact, x, order) if order else row.exact(x) for x in at]
        for x, value, wanted in zip(row.points, values, exact, strict=True):
            told = f"derivative {order} at {x}: {value} for {mp.nstr(wanted, 17)}"
            assert has_digits(value, wanted), told


@pytest.mark.parametrize("name", OF_VECTORS)
def test_a_formula_of_a_vector_keeps_its_digits(name: str) -> None:
    row = OF_VECTORS[name]
    for point in row.points:
        value, grad = from_nodes(row.formula, point, 1)
        at = [mpf(x) for x in point]
        slopes = [slope(row.exact, at, i) for i in range(len(at))]
        assert has_digits(value, row.exact(*at)), (point, value)
        for got, wanted in zip(grad, slopes, strict=True):
            assert has_digits(got, wanted, max(map(abs, slopes))), (point, got, mp.nstr(wanted, 17))
        np.testing.assert_array_equal(from_a_function(row.formula, point), grad)


@pytest.mark.parametrize("name", AT_KINKS)
def test_at_a_kink_or_an_end_the_gradient_is_the_stated_one(name: str) -> None:
    formula, at, value, slope = AT_KINKS[name]
    got, grad = from_nodes(formula, at, 1)
    np.testing.assert_allclose(got, value, rtol=DIGITS, atol=1e-15)
    np.testing.assert_allclose(grad, slope, rtol=DIGITS, atol=1e-15)
    np.testing.assert_array_equal(from_a_function(formula, at), grad)


def test_what_has_few_digits_is_noticed() -> None:
    assert not has_digits(1 + 1e-12, mpf(1))
    assert not has_digits(np.nan, mpf(1))
    assert not has_digits(np.inf, mpf(1))
    assert not has_digits(0.0, mpf("1e-300"))
    assert has_digits(np.inf, mpf("1e400"))
