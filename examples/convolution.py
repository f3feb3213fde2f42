"""Train a convolutional network on handwritten digits.

    python examples/convolution.py [--budget small]

Two convolutions see the strokes, pooling forgives where exactly they are, a third sees the shapes
that they make. Every epoch moves the training images by up to a pixel, and dropout hides part of
the features; nothing was chosen by looking at the fifth that is held out.

Measured on two cores with AVX-512, NumPy 2.4: 99.2 % of the held-out digits in 6 s, and
over the splits of seeds 0 to 5 from 98.6 to 99.7 %; with `--budget small` 94 % in 0.3 s.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

import graphflow as gf

BATCH = 32
EPOCHS = {"small": 2, "full": 40}


def build_model(rng: np.random.Generator) -> gf.layers.Layer:
    """Images (n, 8, 8, 1) to scores (n, 10)."""
    layers = gf.layers
    how = {"rng": rng, "padding": "SAME", "activation": gf.relu, "dtype": np.float32}
    return layers.Sequential(
        [
            layers.Conv2d(1, 16, 3, **how),
            layers.Conv2d(16, 32, 3, **how),
            lambda x: gf.nn.max_pool(x, 2),
            layers.Conv2d(32, 32, 3, **how),
            layers.flatten,
            layers.Dropout(0.4),
            layers.Linear(4 * 4 * 32, 10, rng=rng, dtype=np.float32),
        ]
    )


def moved(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each image (8, 8, 1) moved by -1, 0 or 1 pixels down and to the right; zeros come in."""
    wide = np.pad(images, [(0, 0), (1, 1), (1, 1), (0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(wide, (8, 8), axis=(1, 2))
    down, right = rng.integers(0, 3, (2, len(images)))
    return windows[np.arange(len(images)), down, right].transpose(0, 2, 3, 1)


def main(budget: str = "full") -> float:
    """Train on four fifths of the digits; the accuracy on the rest."""
    started = time.perf_counter()
    digits = gf.data.load_digits()
    pictures = digits.x.reshape(-1, 8, 8, 1).astype(np.float32)
    train, test = gf.data.stratified_split(digits.y, test=0.2, seed=0)
    images = gf.placeholder(("n", 8, 8, 1), dtype=np.float32, name="images")
    labels = gf.placeholder(("n",), dtype=np.int64, name="labels")
    rng = np.random.default_rng(0)
    model = build_model(rng)
    scores = model(images)
    loss = gf.losses.sparse_softmax_cross_entropy(labels, model(images, training=True))

    batches = gf.data.batches([pictures[train], digits.y[train]], BATCH)
    epochs = EPOCHS[budget]
    rate = gf.schedules.one_cycle(5e-3, epochs * len(batches))
    step = gf.AdamWOptimizer(rate, weight_decay=0.01).minimize(loss)
    session = gf.Session(seed=0)
    for epoch in range(epochs):
        for some, right in batches:
            now, _ = session.run([loss, step], {images: moved(some, rng), labels: right})
        print(f"epoch {epoch + 1:2d}/{epochs}  loss of the last batch {now:.4f}", flush=True)

    said = session.run(scores, {images: pictures[test]}).argmax(axis=1)
    accuracy = gf.metrics.accuracy(digits.y[test], said)
    seconds = time.perf_counter() - started
    print(f"{accuracy:.2%} of {len(test)} held-out digits right, in {seconds:.1f} s")
    return float(accuracy)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--budget", choices=EPOCHS, default="full")
    main(parser.parse_args().budget)
