"""Learn the law of motion of foxes and rabbits from their counts: a neural differential equation.

    python examples/neural_ode.py [--budget small]

The rate of change of (rabbits, foxes) is a small network. Steps of Runge and Kutta of order 4 are
unrolled into the graph, so that the gradient goes through the solver; each short stretch of the
observed paths is a training pair. Afterwards the network runs on its own from a start it has not
seen, for a whole period, and is held against the equations of Lotka and Volterra, solved by SciPy.
Source: R. T. Q. Chen et al., "Neural ordinary differential equations" (2018).

Measured on two cores with AVX-512, NumPy 2.4: at most 0.005 off over a period in 4.5 s;
with `--budget small` 0.12 in 0.4 s.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from scipy.integrate import solve_ivp

import graphflow as gf

STRETCH, STEPS_EACH = 0.2, 2  # between two observations, in time and in steps of the solver
STARTS = [(1.0, 0.6), (1.0, 0.8), (1.4, 1.0), (1.0, 1.8)]
UNSEEN = (1.0, 0.7)
TIMES = np.arange(0, 7, STRETCH)
STEPS = {"small": 300, "full": 5000}


def observe(start: tuple[float, float]) -> np.ndarray:
    """Rabbits and foxes at TIMES: (len(TIMES), 2)."""

    def law(_: float, u: np.ndarray) -> list[float]:
        return [u[0] * (1 - u[1]), u[1] * (u[0] - 1)]

    found = solve_ivp(law, (0, TIMES[-1]), start, "DOP853", TIMES, rtol=1e-10, atol=1e-10)
    return found.y.T


def advance(slope: gf.layers.Layer, u: gf.Node) -> gf.Node:
    """The state STRETCH later, by STEPS_EACH steps of the classical Runge-Kutta method."""
    h = STRETCH / STEPS_EACH
    for _ in range(STEPS_EACH):
        k1 = slope(u)
        k2 = slope(u + h / 2 * k1)
        k3 = slope(u + h / 2 * k2)
        k4 = slope(u + h * k3)
        u = u + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return u


def main(budget: str = "full") -> float:
    """Train on the observed stretches; the greatest error on the path that was not seen."""
    started = time.perf_counter()
    paths = [observe(start) for start in STARTS]
    before = gf.placeholder(("n", 2), name="before")
    after = gf.placeholder(("n", 2), name="after")
    slope = gf.layers.MLP([2, 32, 32, 2], rng=0, activation=gf.tanh, name="slope")
    reached = advance(slope, before)
    loss = gf.losses.mean_squared_error(after, reached)

    steps = STEPS[budget]
    rate = gf.schedules.one_cycle(0.02, steps)
    pairs = {
        before: np.concatenate([p[:-1] for p in paths]),
        after: np.concatenate([p[1:] for p in paths]),
    }
    history = gf.train(loss, gf.AdamOptimizer(rate), pairs, epochs=steps)

    go_on = history.session.make_callable(reached, [before])
    path = [np.array([UNSEEN])]
    for _ in TIMES[1:]:
        path.append(go_on(path[-1]))
    error = np.abs(np.concatenate(path) - observe(UNSEEN)).max()
    seconds = time.perf_counter() - started
    print(
        f"from {UNSEEN} to time {TIMES[-1]:.1f}: the network is at most {error:.4f} off, "
        f"in {seconds:.1f} s"
    )
    return float(error)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--budget", choices=STEPS, default="full")
    main(parser.parse_args().budget)
