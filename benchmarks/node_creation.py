"""Cost of making a node: shape and dtype inference, name and origin included.

    python benchmarks/node_creation.py

Prints microseconds per node, median of 9 rounds of 5,000, in float64 and with unknown sizes. The
targets are 10 for an elementwise node and 20 for softmax.
"""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable

import numpy as np

import graphflow as gf

ROUNDS, COUNT = 9, 5_000


def microseconds(make: Callable[[], gf.Node]) -> tuple[float, float]:
    """Median and spread (max - min) over the rounds."""
    rounds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(COUNT):
            make()
        rounds.append((time.perf_counter() - started) / COUNT * 1e6)
    return statistics.median(rounds), max(rounds) - min(rounds)


def main() -> None:
    x = gf.placeholder((None, 10), name="x")
    w = gf.Variable(np.ones((10, 10)), name="W")
    cases: dict[str, tuple[Callable[[], gf.Node], float]] = {
        "exp(x)": (lambda: gf.exp(x), 10),
        "x + x": (lambda: x + x, 10),
        "x * 2.0 (a constant and a node)": (lambda: x * 2.0, 20),
        "exp(x, name='e')": (lambda: gf.exp(x, name="e"), 10),
        "sum(x, axis=1)": (lambda: gf.sum(x, axis=1), 10),
        "x @ W": (lambda: x @ w, 10),
        "softmax(x)": (lambda: gf.softmax(x), 20),
    }
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.machine()}")
    print(f"{'node':34}{'us':>8}{'spread':>8}{'target':>8}")
    for name, (make, target) in cases.items():
        median, spread = microseconds(make)
        print(f"{name:34}{median:8.2f}{spread:8.2f}{target:8.0f}")


if __name__ == "__main__":
    main()
