"""Who keeps what alive: everything goes by reference counting alone."""

import gc
import tracemalloc
import weakref

import numpy as np
import pytest

import graphflow as gf


@pytest.fixture(autouse=True)
def no_cycle_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def build_train_run(session=None):
    x = gf.placeholder((None, 3), name="x")
    W = gf.Variable(np.ones((3, 2)), name="W")
    loss = gf.reduce_sum(gf.log(gf.softmax(x @ W)))
    step = gf.GradientDescentOptimizer(0.1).minimize(loss)
    (session or gf.Session()).run([loss, step], {x: np.ones((4, 3))})
    return weakref.ref(W), weakref.ref(loss), weakref.ref(step)


def test_a_default_graph_keeps_nothing_alive():
    refs = build_train_run()
    assert [ref() for ref in refs] == [None, None, None]
    assert gf.get_default_graph().nodes == []


def test_a_session_and_its_plans_keep_no_node_alive_and_a_value_dies_with_its_variable():
    session = gf.Session()
    refs = build_train_run(session)
    assert [ref() for ref in refs] == [None, None, None]
    assert not session._store.values
    assert not session._plans


def test_an_explicit_graph_keeps_its_nodes_and_goes_as_a_whole():
    graph = gf.Graph()
    with graph:
        refs = build_train_run()
    assert all(ref() is not None for ref in refs)
    del graph
    assert [ref() for ref in refs] == [None, None, None]


def test_a_node_outlives_the_handle_of_its_graph():
    with gf.Graph():
        x = gf.placeholder()
        y = x + 1
    assert gf.Session().run(y * 2, {x: 1.0}) == 4.0
    assert x in set(y.graph.nodes)


def test_errors_hold_no_node():
    x = gf.placeholder((2, 3))
    try:
        gf.matmul(x, np.ones((2, 3)))
    except gf.ShapeError as error:
        kept = error.with_traceback(None)
    ref = weakref.ref(x)
    del x
    assert ref() is None
    assert "inner sizes" in str(kept)


def test_ten_thousand_rebuilds_in_the_default_graph_leave_memory_flat():
    def rebuild(times):
        for _ in range(times):
            w = gf.Variable([1.0, 2.0], name="w")
            gf.gradients(gf.reduce_sum(gf.log(gf.softmax(w))), w)

    tracemalloc.start()
    rebuild(2000)  # what is replaced again and again, such as weak references, is traced by now
    before = tracemalloc.get_traced_memory()[0]
    rebuild(2000)
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    rebuild(6000)
    assert after - before < 20_000  # bytes: 10 a rebuild would show here
    assert len(gf.get_default_graph().nodes) == 0


def test_many_runs_and_sessions_leave_memory_flat():
    x = gf.placeholder((3,))
    w = gf.Variable([1.0, 2.0, 3.0])
    step = gf.assign(w, w * 0.5 + x)

    def work(times):
        for _ in range(times):
            session = gf.Session()
            for _ in range(5):
                session.run([w, step], {x: np.ones(3)})

    work(450)  # also fills the interpreter's free lists
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    work(200)
    gc.collect()  # which comes late in a process that holds much
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert after - before < 50_000
