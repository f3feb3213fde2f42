"""Sessions to save, and files written by hand, that tests of files share."""

import json
import struct

import numpy as np

import graphflow as gf

FORMATS = ["a.npz", "a.safetensors"]
ROWS = np.random.default_rng(1).normal(size=(11, 2))


def model(hidden=3, seed=0):
    """A small network with dropout, a scalar, and an optimizer that remembers."""
    rng = np.random.default_rng(seed)
    x = gf.Placeholder(("n", 2), name="x")
    with gf.name_scope("layer"):
        W = gf.Variable(rng.normal(size=(2, hidden)), name="W")
        v = gf.Variable(rng.normal(size=hidden).astype(np.float32), name="v")
    scale = gf.Variable(1.0, name="scale")
    kept = gf.random.bernoulli(0.5, (hidden,))
    loss = gf.mean(gf.exp(scale) * (gf.tanh(x @ W) * kept) @ gf.cast(v, np.float64))
    step = gf.GradientDescentOptimizer(0.1, accumulate=True).minimize(loss)
    return x, loss, step  # which hold the variables


def bits(session):
    graph = gf.get_default_graph()
    return {v.name: session.value(v).tobytes() for v in graph.variables}


def safetensors(entries, data, pad=b""):
    header = json.dumps(entries).encode() + pad
    return struct.pack("<Q", len(header)) + header + data
