"""Learn a distribution over the weights of a network, and compare it with the exact posterior.

    python examples/bayesian_net.py [--budget small]

Bayes by backprop draws weights, w = mean + L @ noise, and lets the gradient move mean and L so that
the evidence lower bound rises. Only the output layer is random here, and noise and prior are
normal: so the posterior is known, and what was learned can be held against it. The drawn weights'
log-density takes mean and L as given (`gf.stop_gradient`), which leaves no noise in the gradient
where the posterior is met. Sources: C. Blundell et al., "Weight uncertainty in neural networks"
(2015); G. Roeder et al., "Sticking the landing" (2017).

Measured on two cores with AVX-512, NumPy 2.4: 1e-7 nats from the exact posterior in 2.4 s;
with `--budget small` 6e-3 in 0.4 s.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

import graphflow as gf

HIDDEN, DRAWS, NOISE = 10, 16, 0.2
STEPS = {"small": 3000, "full": 20000}


def hidden_layer(x: np.ndarray) -> np.ndarray:
    """The hidden layer at x (n,), whose weights are fixed: (n, HIDDEN)."""
    rng = np.random.default_rng(0)
    return np.tanh(np.outer(x, rng.normal(size=HIDDEN) * 2) + rng.normal(size=HIDDEN))


def exact_posterior(H: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of the weights, their prior being standard normal."""
    covariance = np.linalg.inv(np.eye(HIDDEN) + H.T @ H / NOISE**2)
    return covariance @ H.T @ y / NOISE**2, covariance


def build_bound(
    H: np.ndarray, y: np.ndarray, mean: gf.Node, below: gf.Node, log_diagonal: gf.Node
) -> tuple[gf.Node, gf.Node]:
    """The evidence lower bound, up to a constant, at fresh draws of weights; and L."""
    L = gf.tril(below, -1) + gf.diag(gf.exp(log_diagonal))
    weights = mean + gf.random.normal((DRAWS, HIDDEN)) @ L.T
    likelihood = -gf.sum(gf.square(y - weights @ H.T), axis=1) / (2 * NOISE**2)
    prior = -gf.sum(gf.square(weights), axis=1) / 2
    apart = weights - gf.stop_gradient(mean)
    noise = gf.linalg.solve(gf.stop_gradient(L), apart.T)
    density = -gf.sum(gf.square(noise), axis=0) / 2 - gf.sum(gf.stop_gradient(log_diagonal))
    return gf.mean(likelihood + prior - density), L


def divergence(
    mean: np.ndarray, L: np.ndarray, exact_mean: np.ndarray, covariance: np.ndarray
) -> float:
    """KL(N(mean, L L.T) || N(exact_mean, covariance)) in nats."""
    precision = np.linalg.inv(covariance)
    apart = exact_mean - mean
    trace, square = np.trace(precision @ L @ L.T), apart @ precision @ apart
    ratio = np.linalg.slogdet(covariance)[1] - 2 * np.log(np.diag(L)).sum()
    return float(trace + square - HIDDEN + ratio) / 2


def main(budget: str = "full") -> float:
    """Learn from 30 points with a gap in the middle; the divergence from the exact posterior."""
    started = time.perf_counter()
    rng = np.random.default_rng(1)
    x = np.concatenate([rng.uniform(-2, -0.7, 15), rng.uniform(0.7, 2, 15)])
    y = np.sin(2 * x) + NOISE * rng.normal(size=30)
    H = hidden_layer(x)
    mean = gf.Variable(np.zeros(HIDDEN), name="mean")
    below = gf.Variable(np.zeros((HIDDEN, HIDDEN)), name="below")
    log_diagonal = gf.Variable(np.full(HIDDEN, -1.0), name="log_diagonal")
    bound, L = build_bound(H, y, mean, below, log_diagonal)
    steps = STEPS[budget]
    rate = gf.schedules.cosine(0.05, steps)
    step = gf.AdamOptimizer(rate).minimize(-bound)
    session = gf.Session(seed=0)
    for _ in range(steps):
        session.run(step)

    learned = session.run([mean, L])
    exact = exact_posterior(H, y)
    print("   x   sin(2x)   learned              exact")
    for at in np.linspace(-2, 2, 9):
        h = hidden_layer(np.array([at]))[0]
        ours = h @ learned[0], np.linalg.norm(learned[1].T @ h)
        theirs = h @ exact[0], np.sqrt(h @ exact[1] @ h)
        print(
            f"{at:5.1f} {np.sin(2 * at):8.3f}",
            *("{:9.3f} ± {:.3f}  ".format(*p) for p in (ours, theirs)),
        )
    apart = divergence(*learned, *exact)
    seconds = time.perf_counter() - started
    print(f"{apart:.2e} nats from the exact posterior, in {seconds:.1f} s")
    return apart


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--budget", choices=STEPS, default="full")
    main(parser.parse_args().budget)
