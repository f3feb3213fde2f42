"""Graphs made at random: what a run gives is what the nodes compute one by one, as written.

The run works on the stable form, and gradients are taken from it. Both must be those of the graph
that the user wrote wherever that neither overflows nor cancels.
"""

import numpy as np
import pytest
from stable_forms import FORMS

import graphflow as gf
from graphflow.graph import Ledger
from graphflow.primitives import FUNCTIONS
from graphflow.rewrite import STABILIZE, rewrite, rules
from graphflow.traversal import ancestors

SMOOTH = [
    gf.exp, gf.log, gf.sqrt, gf.square, gf.tanh, gf.sigmoid, gf.softplus, gf.log1p, gf.expm1,
    gf.reciprocal, gf.negative, gf.sum, gf.mean, gf.logsumexp, gf.transpose,
    lambda x: 1 + x, lambda x: x + 1, lambda x: 1 - x, lambda x: x - 1, lambda x: 1 / x,
    lambda x: x**2, lambda x: x**0.5, lambda x: x**-1, lambda x: -1 * x, lambda x: x[..., None],
]  # fmt: skip
FORMULAS = [
    lambda x: gf.log(1 + gf.exp(x)), lambda x: gf.log1p(gf.exp(x)), lambda x: gf.log(gf.exp(x)),
    lambda x: 1 / (1 + gf.exp(-x)), lambda x: gf.exp(x) / (1 + gf.exp(x)),
    lambda x: gf.log(gf.sigmoid(x)), lambda x: gf.log1p(-gf.sigmoid(x)), lambda x: gf.exp(x) - 1,
    lambda x: 1 - gf.sigmoid(x), lambda x: gf.log(1 + gf.square(x)), lambda x: gf.sqrt(x * x),
    lambda x: gf.log(gf.sum(gf.exp(x))), lambda x: gf.sqrt(gf.sum(x**2)),
    lambda x: gf.sqrt(gf.mean(gf.square(x))), lambda x: gf.sqrt(x**2 + gf.square(1 + x)),
    lambda x: gf.log(gf.exp(x) + gf.exp(2 * x)), lambda x: x - gf.logsumexp(x),
    lambda x: gf.exp(x) / gf.sum(gf.exp(x)), lambda x: gf.log(gf.sigmoid(x)[..., None]),
    lambda x: gf.log(gf.softmax(x, axis=None)), lambda x: gf.exp(gf.log_softmax(x, axis=None)),
    lambda x: gf.softmax(x - gf.max(x), axis=None),
    lambda x: (gf.exp(x) - gf.exp(-x)) / (gf.exp(x) + gf.exp(-x)),
    lambda x: (gf.exp(x) - 1) / (1 + gf.exp(x)),
]  # fmt: skip
FORMULAS += [form.build for form in FORMS if not form.size]
OF_VECTORS = [
    lambda x: gf.sum(x, axis=-1), lambda x: gf.sum(x, axis=-1, keepdims=True), gf.softmax,
    gf.log_softmax, lambda x: x[..., 0], lambda x: x[..., ::-1], lambda x: gf.cumsum(x, axis=-1),
    lambda x: gf.exp(x) / gf.sum(gf.exp(x), axis=-1, keepdims=True), lambda x: gf.sum(x, axis=0),
]  # fmt: skip
OF_TWO = [gf.add, gf.subtract, gf.multiply, gf.divide, gf.logaddexp, gf.hypot]


def random_graph(seed):
    """A placeholder, a value for it, and a node of up to a dozen operations over it."""
    rng = np.random.default_rng(seed)
    x = gf.placeholder([(3, 4), (None, 4), ("n", None)][seed % 3], name="x")
    pool = [x, gf.constant(rng.uniform(0.5, 2, size=4)), x * 1.0]

    def late():
        return pool[max(0, len(pool) - 1 - int(rng.exponential(2)))]

    for _ in range(rng.integers(3, 12)):
        node = late()
        kind = rng.integers(3)
        if kind == 2:
            node = _if_it_fits(OF_TWO[rng.integers(len(OF_TWO))], node, late())
        elif kind == 1 and node.ndim:
            node = OF_VECTORS[rng.integers(len(OF_VECTORS))](node)
        elif rng.integers(2):
            node = FORMULAS[rng.integers(len(FORMULAS))](node)
        else:
            node = SMOOTH[rng.integers(len(SMOOTH))](node)
        if node is not None and node.ndim <= 4:
            pool.append(node)
    return x, rng.uniform(0.3, 1.5, size=(3, 4)), pool[-1]


def _if_it_fits(function, a, b):
    try:
        return function(a, b)
    except ValueError:  # as ShapeError is, and NumPy's own
        return None


def as_written(node, feed, rng=None):
    """The value by NumPy, one node after the other; with an `rng`, as if each were rounded more."""
    values = dict(feed)
    for n in ancestors([node]):
        if n not in values:
            arrays = [values[i] for i in n.inputs]
            value = n.value if n.is_constant else n.compute(FUNCTIONS, *arrays)
            is_rounded = rng is not None and not n.is_constant and n.dtype.kind == "f"
            values[n] = value * (1 + rng.choice([-1, 1]) * 2.0**-44) if is_rounded else value
    return np.asarray(values[node])


def slope_as_written(y, feed, at, direction):
    """The derivative of sum(y) by one of the fed nodes along a direction, and what it may err."""
    found = []
    for step in (1e-4, 5e-5):
        ends = [{**feed, at: feed[at] + s * direction} for s in (step, -step)]
        upper, lower = (np.sum(as_written(y, end)) for end in ends)
        found.append((upper - lower) / (2 * step))
    return found[1] + (found[1] - found[0]) / 3, abs(found[1] - found[0])


def tame(values):
    return np.isfinite(values).all() and np.abs(values).max(initial=0) < 1e4


BLOCKS = [range(start, start + 100) for start in range(0, 800, 100)]


@pytest.mark.parametrize("seeds", BLOCKS, ids=lambda block: str(block.start))
def test_values_are_those_of_the_graph_as_written(seeds):
    compared = 0
    for seed in seeds:
        x, value, y = random_graph(seed)
        with np.errstate(all="ignore"):
            expected = _if_it_fits(as_written, y, {x: value})
            if expected is None or not tame(expected):
                continue
            moved = as_written(y, {x: value}, np.random.default_rng(seed))
        if not np.allclose(moved, expected, rtol=1e-8, atol=1e-11):  # it cancels as it is written
            continue
        got = gf.Session().run(y, {x: value})
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-11, err_msg=f"seed {seed}")
        compared += 1
    assert compared > len(seeds) / 3


@pytest.mark.parametrize("seeds", BLOCKS, ids=lambda block: str(block.start))
def test_gradients_by_any_node_are_slopes_of_the_graph_as_written(seeds):
    compared = 0
    for seed in seeds:
        x, value, y = random_graph(seed)
        inner = [n for n in ancestors([y]) if not n.is_constant and n is not y]
        rng = np.random.default_rng(seed)
        if not inner:
            continue
        at = inner[rng.integers(len(inner))]
        with np.errstate(all="ignore"):
            try:
                here = {x: value, at: as_written(at, {x: value})}
                direction = rng.normal(size=here[at].shape)
                slope, error = slope_as_written(y, here, at, direction)
            except ValueError:  # sizes that were not known do not fit after all
                continue
            if not (tame(as_written(y, here)) and tame(slope) and error < 1e-5 * (1 + abs(slope))):
                continue
        (grad,) = gf.gradients(y, at)
        got = np.sum(gf.Session().run(grad, {x: value}) * direction)
        assert got == pytest.approx(slope, rel=1e-5, abs=1e-5), f"seed {seed} by {at.describe()}"
        compared += 1
    assert compared > len(seeds) / 3


def test_most_rules_fire_in_some_of_these_graphs():
    fired = set()
    for block in BLOCKS:
        for seed in block:
            y = random_graph(seed)[-1]
            form = rewrite([y], [STABILIZE], Ledger(first=10**6))
            fired |= {one.rule for one in form.fired}
    assert len(fired) > 0.7 * len(rules(STABILIZE))
