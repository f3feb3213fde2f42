"""Rosenbrock's function of 100,000 numbers: value and gradient (W11), Hessian's product (W11H)."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy import add, dot, multiply, subtract

from ..problem import Problem, Step, Workload, aligned

_TILE = 32_768  # elements


def _rosenbrock(ops: Any, parameters: Any) -> Any:
    x = parameters[0]
    return ops.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def make(tiny: bool) -> Problem:
    """x uniform between -1 and 1, an array of NumPy's in every call."""
    x = np.random.default_rng(11).uniform(-1, 1, 20 if tiny else 100_000)
    return Problem(_rosenbrock, [aligned(x)], fed=True)


def make_product(tiny: bool) -> Problem:
    """The same x, and a normal vector."""
    x = make(tiny).parameters[0]
    vector = np.random.default_rng(12).normal(size=x.size)
    return Problem(_rosenbrock, [x], fed=True, direction=aligned(vector))


def plain(problem: Problem) -> Step:
    """Gradients from paper, every result a new array."""
    x = problem.parameters[0]

    def step() -> list[Any]:
        r = x[1:] - x[:-1] ** 2
        q = 1 - x[:-1]
        slope = np.zeros_like(x)
        slope[:-1] = -400 * x[:-1] * r - 2 * q
        slope[1:] += 200 * r
        return [np.sum(100 * r**2 + q**2), slope]

    return Step(step)


def in_tiles(problem: Problem, tile: int | None) -> Step:
    """With r = 200 (next - x²) and q = x - 1, the gradient is 2 (q - x r), and r for the next."""
    x = problem.parameters[0]
    slope = np.empty(x.size)
    two_hundred, one = np.array(200.0), np.array(1.0)
    room, pieces = _pieces(x.size, tile, slope)

    def step() -> list[Any]:
        squares = others = room[0] = 0.0
        for start, stop, here, q, r, before in pieces:
            x0 = x[start:stop]
            multiply(x0, x0, r), subtract(x[start + 1 : stop + 1], r, r)
            multiply(r, two_hundred, r), multiply(x0, r, here), subtract(x0, one, q)
            squares += dot(r, r)
            others += dot(q, q)
            subtract(q, here, here), add(here, here, here), add(here, before, here)
            room[0] = r[-1]
        slope[-1] = room[0]
        return [squares / 400 + others, slope]

    return Step(step)


def product_in_tiles(problem: Problem, tile: int | None = _TILE) -> Step:
    """400 times: (3 x² - next + 1/200) v - x next_v, and next_v / 2 - x v for the next."""
    x, v = problem.parameters[0], problem.direction
    assert v is not None
    out = np.empty(x.size)
    numbers = [np.array(number) for number in (3.0, 1 / 200, 0.5, 400.0)]
    three, small, half, four_hundred = numbers
    room, pieces = _pieces(x.size, tile, out)

    def step() -> list[Any]:
        room[0] = 0
        for start, stop, here, w, u, before in pieces:
            x0, v0, v1 = x[start:stop], v[start:stop], v[start + 1 : stop + 1]
            multiply(x0, x0, here), multiply(here, three, here)
            subtract(here, x[start + 1 : stop + 1], here), add(here, small, here)
            multiply(here, v0, here), multiply(x0, v1, w), subtract(here, w, here)
            multiply(x0, v0, w), multiply(v1, half, u), subtract(u, w, u)
            add(here, before, here), multiply(here, four_hundred, here)
            room[0] = u[-1]
        out[-1] = 400 * room[0]
        return [out]

    return Step(step)


def _pieces(size: int, tile: int | None, out: Any) -> tuple[Any, list[Any]]:
    """A room, and tiles of all but the last number: bounds, part of `out`, parts of rooms.

    Those of the first room are its end, for what a tile adds to the number after each of its own,
    and the same one place before: its first place has what the tile before left for this one.
    """
    length = min(tile or size, size - 1)
    first, second = np.empty(length + 1), np.empty(length)
    pieces = []
    for start in range(0, size - 1, length):
        stop = min(start + length, size - 1)
        n = stop - start
        pieces.append((start, stop, out[start:stop], second[:n], first[1 : n + 1], first[:n]))
    return first, pieces


WORKLOADS = [
    Workload(
        "W11", "Rosenbrock of 10⁵ float64", make,
        {
            "numpy": partial(in_tiles, tile=_TILE),
            "numpy-plain": plain,
            "numpy-untiled": partial(in_tiles, tile=None),
        },
    ),
    Workload("W11H", "its Hessian-vector product", make_product, {"numpy": product_in_tiles}),
]  # fmt: skip
