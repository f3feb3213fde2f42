"""Small fits that the tests of training share."""

import numpy as np

import graphflow as gf


def line():
    """A straight line to be fitted to ten points: feed, slope, intercept, loss."""
    points, values = gf.data.make_line(seed=0)
    x, y = gf.Placeholder(("n",), name="x"), gf.Placeholder(("n",), name="y")
    w, b = gf.Variable(0.0, name="w"), gf.Variable(0.0, name="b")
    return {x: points, y: values}, w, b, gf.mean((w * x + b - y) ** 2, name="mse")


def classifier(noise=True):
    """Three classes in two dimensions: placeholders, scores, loss, and its parts of the data."""
    x = gf.Placeholder(("n", 2), name="x")
    y = gf.Placeholder(("n",), np.int64, name="y")
    rng = np.random.default_rng(0)
    W = gf.Variable(rng.normal(size=(2, 5)), name="W")
    V = gf.Variable(rng.normal(size=(5, 3)), name="V")
    hidden = gf.tanh(x @ W)
    scores = (gf.nn.dropout(hidden, 0.1) if noise else hidden) @ V
    loss = gf.losses.sparse_softmax_cross_entropy(y, scores)
    parts = gf.data.make_spirals(rows=11).split(test=0.3)
    return x, y, scores, loss, parts


def accuracy(labels, predictions):
    return np.mean(labels == predictions.argmax(axis=1))
