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


@pytest.mark.parametrize("call", [c for c in calls() if c.names], ids=lambda call: call.text)
def test_single_precision_is_kept_and_any_graph_will_do(call: Call):
    """In float32, over nodes of a graph that is not the current one: never wider than NumPy's."""
    single = {
        name: np.asarray(value, np.float32) if np.asarray(value).dtype.kind == "f" else value
        for name, value in VALUES.items()
    }
    with gf.Graph():
        nodes = {n: gf.placeholder(single[n].shape, np.float32, name=n) for n in call.names}
    y = call.evaluated(**single | nodes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = np.asarray(call.evaluated(**single))
    got = gf.Session().run(y, {x: single[n] for n, x in nodes.items()})
    wanted = {"f": np.float32, "c": np.complex64}.get(expected.dtype.kind, expected.dtype)
    assert got.dtype == y.dtype
    assert got.dtype in (wanted, expected.dtype)
    np.testing.assert_allclose(got, expected, rtol=3e-4, atol=1e-5)
    if y.dtype.kind == "f":
        grads = gf.gradients(y, list(nodes.values()), unconnected="zero")
        assert {g.dtype for g in grads} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    "text",
    [
        "np.median(n)", "np.quantile(n, 0.3)", "np.percentile(k, 40, axis=1)", "np.nanmedian(k)",
        "np.pad(n, 2, mode='mean')", "np.pad(n, 3, mode='linear_ramp')",
        "np.pad(k, 1, mode='median')", "np.fabs(n)", "np.copysign(n, -m)", "np.modf(n)[0]",
        "np.linalg.norm(n, np.inf)", "np.linalg.norm(k, 1)", "np.linalg.norm(k)",
        "np.bincount(n, m, 6)", "np.diag(n)", "np.std(n)", "np.var(k, axis=0)", "np.mean(n)",
        "np.cov(k)", "np.interp(n, [0, 3, 9], [1, 2, 5])", "np.trapezoid(n)", "np.gradient(n)",
        "np.cumsum(n)", "np.prod(m)", "np.sort(n)", "np.ptp(n)", "np.average(n)",
        "np.tensordot(n, m, 1)", "np.kron(n, m)",
    ],
)  # fmt: skip
def test_integers_mean_what_they_mean_to_numpy(text):
    nodes = {name: gf.constant(VALUES[name]) for name in "nkm"}
    got = gf.Session().run(Call(text, "").evaluated(**nodes))
    expected = Call(text, "").evaluated()
    assert got.dtype == np.asarray(expected).dtype
    np.testing.assert_allclose(got, expected, rtol=1e-13)
