"""Teach a small transformer to sort: a decoder that reads digits, then writes them in order.

    python examples/transformer.py [--budget small]

A sequence is 8 digits followed by the same digits sorted; the model predicts each token from those
before it, and only the second half counts. It is right when all of the second half is: by the
causal mask, the greedy answer is right exactly if every digit is, given the right ones before it.
So one pass over known sequences measures it.

Measured on two cores with AVX-512, NumPy 2.4: 99.9 % of new sequences sorted in 21 s;
with `--budget small` 96 % in 4 s.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

import graphflow as gf

LENGTH, DIGITS = 8, 10
FEATURES, HEADS, BLOCKS, BATCH = 32, 4, 2, 64
STEPS = {"small": 150, "full": 1000}


def draw(rng: np.random.Generator, count: int) -> np.ndarray:
    """`count` sequences (2 LENGTH,): digits, and the same digits sorted."""
    digits = rng.integers(0, DIGITS, (count, LENGTH))
    return np.concatenate([digits, np.sort(digits)], axis=1)


def block(x: gf.Node, rng: np.random.Generator) -> gf.Node:
    """Attention to what came before, then a network at each place; both are added to x."""
    with gf.name_scope("block"):
        attend = gf.layers.MultiHeadAttention(FEATURES, HEADS, causal=True, rng=rng)
        think = gf.layers.MLP([FEATURES, 4 * FEATURES, FEATURES], activation=gf.nn.gelu, rng=rng)
        x = x + attend(gf.layers.LayerNorm(FEATURES)(x))
        return x + think(gf.layers.LayerNorm(FEATURES)(x))


def transformer(tokens: gf.Node, rng: np.random.Generator) -> gf.Node:
    """Scores (n, time, DIGITS) of the token after each."""
    places = gf.Variable(0.05 * rng.standard_normal((2 * LENGTH - 1, FEATURES)), name="places")
    x = gf.layers.Embedding(DIGITS, FEATURES, rng=rng)(tokens) + places
    for _ in range(BLOCKS):
        x = block(x, rng)
    x = gf.layers.LayerNorm(FEATURES)(x)
    return gf.layers.Linear(FEATURES, DIGITS, rng=rng, name="read")(x)


def main(budget: str = "full") -> float:
    """Train on sequences that are always new; the share of others sorted without a mistake."""
    started = time.perf_counter()
    rng = np.random.default_rng(0)
    sequences = gf.placeholder((None, 2 * LENGTH), dtype=np.int64, name="sequences")
    answers = transformer(sequences[:, :-1], rng)[:, LENGTH - 1 :]
    wanted = sequences[:, LENGTH:]
    loss = gf.losses.sparse_softmax_cross_entropy(wanted, answers)
    steps = STEPS[budget]
    step = gf.AdamOptimizer(gf.schedules.one_cycle(1e-2, steps)).minimize(loss)
    session = gf.Session(seed=0)
    for i in range(steps):
        now, _ = session.run([loss, step], {sequences: draw(rng, BATCH)})
        if i % 100 == 99:
            print(f"step {i + 1:4d}/{steps}  loss {now:.4f}", flush=True)

    right = gf.mean(gf.cast(gf.all(gf.argmax(answers, axis=-1) == wanted, axis=-1), float))
    share = session.run(right, {sequences: draw(rng, 2000)})
    seconds = time.perf_counter() - started
    print(f"{share:.2%} of 2000 new sequences sorted without a mistake, in {seconds:.1f} s")
    return float(share)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--budget", choices=STEPS, default="full")
    main(parser.parse_args().budget)
