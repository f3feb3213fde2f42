"""Train a variational autoencoder on handwritten digits, and draw digits that nobody wrote.

    python examples/vae.py [--budget small]

A grey level counts which of 16 dots were black, so that each pixel is binomial(16, p) given the
code, which the decoder turns into p. Encoder and decoder maximise the evidence lower bound,
E[log p(x | z)] - KL(q(z | x) || p(z)), with z = mean + deviation * noise, through which gradients
pass. Source: D. P. Kingma, M. Welling, "Auto-encoding variational Bayes" (2014), appendices B, C.

Measured on two cores with AVX-512, NumPy 2.4: 155 nats better than independent pixels in 2.2 s;
with `--budget small` 108 in 0.2 s.
"""

from __future__ import annotations

import argparse
import time
from math import comb
from typing import NamedTuple

import numpy as np

import graphflow as gf

CODES, HIDDEN, BATCH, LEVELS = 8, 128, 64, 16
LOG_WAYS = np.log([float(comb(LEVELS, count)) for count in range(LEVELS + 1)])
EPOCHS = {"small": 8, "full": 200}


class Model(NamedTuple):
    images: gf.Node
    noise: gf.Node
    bound: gf.Node  # the evidence lower bound in nats, a mean over images
    codes: gf.Node  # to feed when digits are drawn
    shades: gf.Node


def log_binomial(count: gf.Node, logits: gf.Node) -> gf.Node:
    """The log-probability of this many black dots of LEVELS, each black with sigmoid(logits)."""
    ways = gf.take(LOG_WAYS, gf.cast(count, np.int64))
    return ways + count * logits - LEVELS * gf.softplus(logits)


def build_model() -> Model:
    rng = np.random.default_rng(0)
    images = gf.placeholder(("n", 64), name="images")
    noise = gf.placeholder(("n", CODES), name="noise")
    encode = gf.layers.MLP([64, HIDDEN, 2 * CODES], rng=rng, name="encoder")
    decode = gf.layers.MLP([CODES, HIDDEN, 64], rng=rng, name="decoder")
    mean, log_deviation = gf.split(encode(images), 2, axis=1)
    deviation = gf.exp(log_deviation)
    logits = decode(mean + deviation * noise)
    fit = gf.sum(log_binomial(LEVELS * images, logits), axis=1)
    apart = gf.sum((mean**2 + deviation**2 - 1) / 2 - log_deviation, axis=1)
    codes = gf.placeholder(("k", CODES), name="codes")
    return Model(images, noise, gf.mean(fit - apart), codes, gf.sigmoid(decode(codes)))


def baseline(images: np.ndarray, held_out: np.ndarray) -> float:
    """The log-likelihood of held-out images if pixels were independent, by a formula."""
    p = (images.sum(axis=0) * LEVELS + 1) / (len(images) * LEVELS + 2)  # Laplace's rule
    logits = gf.constant(np.log(p / (1 - p)))
    each = gf.sum(log_binomial(gf.constant(LEVELS * held_out), logits), axis=1)
    return float(gf.Session().run(gf.mean(each)))


def main(budget: str = "full") -> float:
    """Train on four fifths; the bound on the rest less the baseline, in nats per image."""
    started = time.perf_counter()
    digits = gf.data.load_digits()
    train, test = gf.data.stratified_split(digits.y, test=0.2, seed=0)
    model = build_model()
    rng = np.random.default_rng(1)
    batches = gf.data.batches([digits.x[train]], BATCH)
    epochs = EPOCHS[budget]
    rate = gf.schedules.one_cycle(5e-3, epochs * len(batches))
    step = gf.AdamOptimizer(rate).minimize(-model.bound)
    session = gf.Session(seed=0)
    for epoch in range(epochs):
        for (images,) in batches:
            feed = {model.images: images, model.noise: rng.standard_normal((len(images), CODES))}
            bound, _ = session.run([model.bound, step], feed)
        if epoch % 50 == 49:
            print(f"epoch {epoch + 1:3d}/{epochs}  bound {bound:.2f} nats", flush=True)

    many = np.repeat(digits.x[test], 20, axis=0)  # 20 codes an image
    feed = {model.images: many, model.noise: rng.standard_normal((len(many), CODES))}
    bound, simple = float(session.run(model.bound, feed)), baseline(digits.x[train], digits.x[test])
    drawn = session.run(model.shades, {model.codes: rng.standard_normal((6, CODES))})
    for rows in drawn.reshape(6, 8, 8).transpose(1, 0, 2):
        print("   ".join("".join(" .:-=+*#%@"[int(9.99 * p)] * 2 for p in row) for row in rows))
    seconds = time.perf_counter() - started
    print(
        f"bound {bound:.2f} nats per held-out image, independent pixels {simple:.2f}: "
        f"{bound - simple:.2f} better, in {seconds:.1f} s"
    )
    return bound - simple


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--budget", choices=EPOCHS, default="full")
    main(parser.parse_args().budget)
