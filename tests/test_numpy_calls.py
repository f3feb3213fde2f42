"""Every call of `numpy_calls.py` means for nodes what it means for arrays, and has its gradient."""

import warnings

import numpy as np
import pytest
from numpy_calls import VALUES, Call, calls

import graphflow as gf
from graphflow.shapes import maybe_equal
from graphflow.testing import check_gradients


def as_nodes(call: Call):
    """The floats in a call as placeholders; where there are none, the integers as constants."""
    nodes = {name: gf.placeholder(VALUES[name].shape, name=name) for name in call.names}
    return nodes or {name: gf.constant(VALUES[name]) for name in "nkm"}


def run(node, nodes):
    feed = {x: VALUES[name] for name, x in nodes.items() if x.is_placeholder}
    return gf.Session().run(node, feed)


@pytest.mark.parametrize("call", list(calls()), ids=lambda call: call.text)
def test_a_call_is_for_nodes_what_it_is_for_arrays(call: Call):
    nodes = as_nodes(call)
    y = call.evaluated(**nodes)
    assert isinstance(y, gf.Node)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of NumPy's own: slices of only NaN, two-dimensional cross
        expected = np.asarray(call.evaluated())
    got = run(y, nodes)
    assert got.dtype == y.dtype == expected.dtype
    assert maybe_equal(y.shape, expected.shape)
    np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-13)
    if call.remark == "bare":
        return
    if call.remark == "cut":
        targets = [x for x in nodes.values() if x.dtype.kind == "f"]
        if y.dtype.kind == "f" and targets:
            assert all(g is None for g in gf.gradients(y, targets, unconnected="none"))
        return
    finite = {name: x for name, x in nodes.items() if np.isfinite(VALUES[name]).all()}
    order = 1 if call.remark == "order 1" else 2
    feed = {x: VALUES[name] for name, x in nodes.items()}
    if finite:
        report = check_gradients(y, list(finite.values()), feed, order=order)
        assert report, f"{call.text}\n{report}"
    for name in set(nodes) - set(finite):
        (grad,) = gf.gradients(y, nodes[name])
        assert np.isfinite(run(grad, nodes)).all(), f"{call.text}: the gradient by what has NaN"
