"""Made-up data: the recipes of well-known tutorials, draw by draw, and two shapes of points.

`seed` is an integer, or a `numpy.random.RandomState` that goes on from where it is: a program that
draws its weights from the same generator after the data gets the numbers it got there. NumPy's
global generator is neither read nor changed. Classes are numbers from 0, int64.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .table import Table

RandomState = np.random.RandomState


def make_line(seed: int | RandomState = 0) -> Table:
    """Ten points of a noisy line: x = 0, 1, ... 9 and y = x + e with e standard normal, (10,)."""
    x = np.arange(10.0)
    return Table(x, x + _generator(seed).normal(0, 1, 10), ("x",))


def make_sine(seed: int | RandomState = 0, *, rows: int = 128) -> Table:
    """x standard normal and sorted, y = sin(pi x / 2) + 0.3 e with e standard normal: (n, 1)."""
    rng = _generator(seed)
    x = np.sort(rng.randn(rows, 1), axis=0)
    return Table(x, np.sin(x * np.pi / 2) + 0.3 * rng.randn(rows, 1), ("x",))


def make_quadratic(seed: int | RandomState = 42, *, dtype: Any = np.float64) -> Table:
    """Twenty points of 3 x**2 + 2 x + 1 on [-2, 2], each with noise that grows and noise that not.

    x has `dtype` and shape (20, 1); y = f(x) (1 + 0.15 e) + 0.5 e', e drawn before e'.
    Source: J. Howard, "How does a neural net really work?", 2022.
    """
    rng = _generator(seed)
    x = np.linspace(-2, 2, 20).astype(dtype)[:, None]
    f = 3 * x**2 + 2 * x + 1
    growing, fixed = rng.normal(scale=0.15, size=x.shape), rng.normal(scale=0.5, size=x.shape)
    return Table(x, f * (1 + growing) + fixed, ("x",))


def make_blobs(seed: int | RandomState = 0, *, rows: int = 50) -> Table:
    """Two clouds of `rows` points each: blue around (2, 2), class 0, then red around (-2, -2).

    Red is drawn first. Source: D. Sabinasz, "Deep Learning From Scratch", 2018.
    """
    rng = _generator(seed)
    red, blue = rng.randn(rows, 2) - 2, rng.randn(rows, 2) + 2
    return _points([blue, red], ("blue", "red"))


def make_xor(seed: int | RandomState = 1, *, rows: int = 25) -> Table:
    """Clouds at the corners of the unit square, `rows` each: blue (0) on one diagonal, red (1).

    Blue is at (0, 1) and (1, 0), red, drawn first, at (0, 0) and (1, 1).
    Source: D. Sabinasz, "Deep Learning From Scratch", 2018.
    """
    rng = _generator(seed)
    corners = ([0, 0], [1, 1], [0, 1], [1, 0])
    clouds = [0.2 * rng.randn(rows, 2) + corner for corner in corners]
    return _points([np.concatenate(clouds[2:]), np.concatenate(clouds[:2])], ("blue", "red"))


def make_spirals(
    seed: int | RandomState = 0, *, rows: int = 100, arms: int = 3, noise: float = 0.2
) -> Table:
    """Spiral arms of `rows` points each around the origin, one class each: x (rows * arms, 2).

    Along an arm the radius goes from 0 to 1 and the angle through 4 radians, with `noise` added.
    Source: A. Karpathy, CS231n, "Putting it together: minimal neural network case study".
    """
    rng = _generator(seed)
    points = []
    radius = np.linspace(0, 1, rows)
    for arm in range(arms):
        angle = np.linspace(arm * 4, (arm + 1) * 4, rows) + rng.randn(rows) * noise
        points.append(np.c_[radius * np.sin(angle), radius * np.cos(angle)])
    return _points(points, tuple(f"arm {arm}" for arm in range(arms)))


def make_moons(seed: int | RandomState = 0, *, rows: int = 100, noise: float = 0.1) -> Table:
    """Two half circles of radius 1 that reach into each other, `rows` points each: x (2 * rows, 2).

    The upper one is around (0, 0), the lower one around (1, 0.5); `noise` is the standard deviation
    of what is added to each coordinate.
    """
    rng = _generator(seed)
    angle = np.linspace(0, np.pi, rows)
    upper = np.c_[np.cos(angle), np.sin(angle)]
    lower = np.c_[1 - np.cos(angle), 0.5 - np.sin(angle)]
    moons = [moon + noise * rng.randn(rows, 2) for moon in (upper, lower)]
    return _points(moons, ("upper", "lower"))


def _generator(seed: int | RandomState) -> RandomState:
    return seed if isinstance(seed, RandomState) else RandomState(seed)


def _points(clouds: list[np.ndarray[Any, Any]], classes: tuple[str, ...]) -> Table:
    y = np.repeat(np.arange(len(clouds)), [len(cloud) for cloud in clouds])
    return Table(np.concatenate(clouds), y, ("x1", "x2"), classes)
