"""Session.profile says where the time of a run goes."""

import json

import numpy as np
import pytest

import graphflow as gf


def model():
    x = gf.placeholder((300, 200), name="x")
    with gf.name_scope("first"):
        W = gf.Variable(np.ones((200, 100)), name="W")
        h = gf.tanh(x @ W, name="h")
    loss = gf.mean(h * h, name="loss")
    step = gf.GradientDescentOptimizer(0.1).minimize(loss)
    return x, W, loss, step


def test_nearly_all_of_the_time_is_some_nodes(tmp_path):
    x, W, loss, step = model()
    session = gf.Session()
    profile = session.profile([loss, step], {x: np.ones((300, 200))}, runs=5)
    assert profile.attributed > 0.9
    assert sum(profile.scopes().values()) == pytest.approx(sum(r.seconds for r in profile.rows))
    assert profile.scopes()["first"] > 0
    (product,) = [r for r in profile.rows if r.op == "matmul" and r.scope == "first"][:1]
    assert product.flops == 2 * 300 * 200 * 100
    assert product.bytes == 8 * (300 * 200 + 200 * 100 + 300 * 100)
    assert "test_profile.py" in product.line
    assert "first/h" in profile.table(limit=100)
    assert "in nodes" in str(profile)
    np.testing.assert_array_equal(session.value(W), np.ones((200, 100)))  # nothing is committed
    profile.chrome_trace(tmp_path / "trace.json")
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert {"first/h"} <= {event["name"] for event in events}
    assert all(event["dur"] >= 0 for event in events)


def test_what_cannot_be_profiled_is_refused():
    x, _, loss, _ = model()
    with pytest.raises(gf.FeedError, match="no value fed"):
        gf.Session().profile(loss)
    with pytest.raises(ValueError, match="at least one run"):
        gf.Session().profile(loss, {x: np.ones((300, 200))}, runs=0)
    with pytest.raises(gf.GraphError, match="interpreted"):
        gf.Session(optimize=False).profile(loss, {x: np.ones((300, 200))})


def test_random_draws_and_scalars_are_profiled():
    y = gf.Variable(2.0) * gf.sum(gf.random.normal((3,)))
    assert len(gf.Session(seed=1).profile(y).rows) > 1
