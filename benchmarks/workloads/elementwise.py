"""A chain of 21 elementwise operations on a million float64 (W6), by hand in tiles."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy import add, divide, dot, exp, log1p, multiply, negative, sqrt, subtract, tanh

from ..problem import Problem, Step, Workload

_TILE = 32_768  # elements


def _chain(ops: Any, parameters: Any) -> Any:
    x = parameters[0]
    a = ops.tanh(x / 2)
    b = ops.exp(a)
    c = ops.sqrt(b + 1)
    d = ops.log1p(x * x)
    e = ops.tanh(c * x + d) * b - c
    return ops.mean(ops.log1p((ops.exp(-ops.sqrt(e * e + 0.1)) * a + d) ** 2))


def make(tiny: bool) -> Problem:
    """A million normal numbers."""
    return Problem(_chain, [np.random.default_rng(6).normal(size=50 if tiny else 1_000_000)])


def plain(problem: Problem) -> Step:
    """As one writes it on the first day, with gradients from paper: every result is a new array."""
    x = problem.parameters[0]

    def step() -> list[Any]:
        a = tanh(x / 2)
        b = exp(a)
        c = sqrt(b + 1)
        square = x * x
        d = log1p(square)
        t = tanh(c * x + d)
        e = t * b - c
        s = sqrt(e * e + 0.1)
        q = exp(-s)
        u = q * a + d
        v = u * u
        by_u = 2 * u / (1 + v) / x.size
        by_q = by_u * q  # by a, and by -s over a
        by_e = -by_q * a * e / s
        by_t = by_e * b * (1 - t * t)
        by_c = by_t * x - by_e
        by_b = by_e * t + by_c / (2 * c)
        by_a = by_b * b + by_q
        slope = by_t * c + (by_u + by_t) * (2 * x) / (1 + square) + by_a * (1 - a * a) / 2
        return [log1p(v).mean(), slope]

    return Step(step)


def in_tiles(problem: Problem, tile: int | None) -> Step:
    """The same calls on a tile at a time, whose arrays stay in the cache; None: on all at once."""
    x = problem.parameters[0]
    length = min(tile or x.size, x.size)
    room = [np.empty(length) for _ in range(10)]
    ones, slope = np.ones(length), np.empty(x.size)
    numbers = [np.array(number) for number in (0.5, 1.0, 2.0, 0.1, 2 / x.size)]
    starts = range(0, x.size, length)
    tiles = [(x[i : i + length], slope[i : i + length]) for i in starts]
    tiles = [(part, ones[: part.size], *[r[: part.size] for r in room], by) for part, by in tiles]

    def step() -> list[Any]:
        total = 0.0
        for arrays in tiles:
            total += _tile(numbers, *arrays)
        return [total / x.size, slope]

    return Step(step)


def _tile(numbers: Any, x: Any, ones: Any, a: Any, b: Any, c: Any, d: Any, t: Any, e: Any, q: Any,
          u: Any, square: Any, v: Any, slope: Any) -> Any:  # fmt: skip
    """The sum over one tile, and its slope."""
    half, one, two, tenth, scale = numbers
    multiply(x, half, a), tanh(a, a), exp(a, b), add(b, one, c), sqrt(c, c)
    multiply(x, x, square), log1p(square, d)
    multiply(c, x, t), add(t, d, t), tanh(t, t)
    multiply(t, b, e), subtract(e, c, e)
    multiply(e, e, v), add(v, tenth, v), sqrt(v, v)  # v: s
    negative(v, q), exp(q, q)
    divide(e, v, e)  # e: e / s
    multiply(q, a, u), add(u, d, u), multiply(u, u, v)
    log1p(v, d)
    total = dot(d, ones)
    add(v, one, v), divide(u, v, u), multiply(u, scale, u)  # u: the gradient by u
    multiply(u, q, q)  # q: the gradient by a, through u alone
    multiply(e, q, e), multiply(e, a, e)  # e: minus the gradient by e
    multiply(t, t, v), subtract(v, one, v), multiply(v, b, v), multiply(v, e, v)  # v: by t
    add(u, v, u), multiply(u, x, u), multiply(u, two, u)
    add(square, one, square), divide(u, square, u)  # u: by x, through d
    multiply(v, c, slope), add(slope, u, slope)
    multiply(v, x, v), add(v, e, v), divide(v, c, v), multiply(v, half, v)  # v: by b, through c
    multiply(e, t, e), subtract(v, e, v), multiply(v, b, v), add(v, q, v)  # v: by a
    multiply(a, a, a), subtract(one, a, a), multiply(a, half, a), multiply(a, v, a)
    add(slope, a, slope)
    return total


WORKLOADS = [
    Workload(
        "W6", "21 elementwise operations on 10⁶ float64", make,
        {
            "numpy": partial(in_tiles, tile=_TILE),
            "numpy-plain": plain,
            "numpy-untiled": partial(in_tiles, tile=None),
        },
    ),
]  # fmt: skip
