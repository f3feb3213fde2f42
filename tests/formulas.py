"""Exact formulas, and values with derivatives to compare with them."""

from collections.abc import Callable
from typing import Any

import numpy as np
from mpmath import mp

import graphflow as gf


def derivatives(function: Callable[..., Any], *values: Any, dtype: Any, order: int) -> list[Any]:
    """`function` and its derivatives by its first argument, at arrays of the given dtype."""
    arrays = [np.atleast_1d(np.asarray(value, dtype)) for value in values]
    inputs = [gf.Placeholder(array.shape, dtype) for array in arrays]
    nodes = [function(*inputs)]
    for _ in range(order):
        nodes.append(gf.gradients(nodes[-1], inputs[0], unconnected="zero")[0])
    return gf.Session().run(nodes, dict(zip(inputs, arrays, strict=True)))


def sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def sech2(x: Any) -> Any:
    return 1 / mp.cosh(x) ** 2


def slope_of_sigmoid(x: Any) -> Any:
    return sech2(x / 2) / 4
