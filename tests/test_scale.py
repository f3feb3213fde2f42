"""Size: long chains, wide fans and deep nests are built, differentiated and run in linear time."""

import os

import numpy as np

import graphflow as gf

LENGTH = 100_000 if os.environ.get("GRAPHFLOW_DEEP") == "1" else 34_000


def test_a_chain_of_100000_nodes_is_built_differentiated_run_and_freed():
    y = x = gf.Variable(1.0)
    for _ in range(LENGTH):
        y = y * 0.9999
    grad = gf.gradients(y, x)[0]
    assert len(x.graph.nodes) >= 100_000
    value, slope = gf.Session().run([y, grad])
    np.testing.assert_allclose([value, slope], 0.9999**LENGTH, rtol=1e-10)
    repr(y)
    del y, grad


def test_1000_consumers_of_one_node_are_summed():
    x = gf.Variable(2.0)
    shared = x * x
    total = shared * 0.0
    for k in range(1000):
        total = total + shared * float(k)
    grad = gf.Session().run(gf.gradients(total, x)[0])
    assert grad == 2 * 2.0 * sum(range(1000))


def test_a_22_fold_doubling_of_products_is_linear():
    y = x = gf.Variable(1.0)
    for _ in range(22):
        y = y * y
    assert gf.Session().run(gf.gradients(y, x)[0]) == 2.0**22
