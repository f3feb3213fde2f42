"""Breakpoints: runs stop at a node, for a hook or a debugger to look, until it is removed."""

import threading

import numpy as np
import pytest

import graphflow as gf


def model():
    x = gf.placeholder((None,), name="x")
    w = gf.Variable(2.0, name="w")
    h = gf.exp(x * w, name="h")
    step = gf.assign_add(w, gf.sum(h))
    return x, w, h, h + 1, step


class Seen:
    """A hook that notes what it is given."""

    def __init__(self):
        self.stops = []

    def __call__(self, node, value, line):
        self.stops.append((node, np.array(value), line))


@pytest.mark.parametrize("optimize", [True, False])
@pytest.mark.parametrize("way", ["run", "callable"])
def test_a_hook_gets_node_value_and_line_at_every_pass(way, optimize):
    x, _, h, y, _ = model()
    session, seen = gf.Session(optimize=optimize), Seen()
    f = session.make_callable(y, [x])
    call = f if way == "callable" else lambda value: session.run(y, {x: value})
    for _ in range(3):
        call(np.ones(1))  # there is a short way by now
    stop = session.add_breakpoint(h, hook=seen)
    for value in (1.0, 2.0, 3.0):
        np.testing.assert_array_equal(call(np.full(1, value)), np.exp([2 * value]) + 1)
    assert [node is h for node, _, _ in seen.stops] == [True] * 3
    np.testing.assert_array_equal([v[0] for _, v, _ in seen.stops], np.exp([2.0, 4.0, 6.0]))
    assert {line for _, _, line in seen.stops} == {h.origin}
    assert stop.hits == 3
    stop.remove()
    stop.remove()
    for _ in range(3):
        call(np.ones(1))
    assert len(seen.stops) == 3


def test_it_stops_only_where_the_condition_holds():
    x, _, h, y, _ = model()
    session, seen, asked = gf.Session(), Seen(), []

    def when(value):
        asked.append(value.copy())
        value[:] = 0.0  # a copy: the run has its own
        return asked[-1].max() > 10

    with session.add_breakpoint(h, when, hook=seen):
        for value in (1.0, 2.0):
            np.testing.assert_array_equal(session.run(y, {x: [value]}), np.exp([2 * value]) + 1)
    session.run(y, {x: [5.0]})
    assert len(asked) == 2
    assert len(seen.stops) == 1


def test_a_run_that_does_not_pass_the_node_does_not_stop():
    x, w, h, y, _ = model()
    session, seen = gf.Session(), Seen()
    session.add_breakpoint(h, hook=seen)
    session.run(x * w, {x: [1.0]})
    session.run(y, {h: [1.0]})
    stopped = len(seen.stops)
    session.run(y, {x: [1.0]})
    assert (stopped, len(seen.stops)) == (1, 2)  # what is fed for the node is its value


def test_it_stops_before_a_later_node_fails():
    a = gf.placeholder((2, 2), name="a")
    b = a * -1.0
    root = gf.linalg.cholesky(b)
    session, seen = gf.Session(), Seen()
    session.add_breakpoint(b, hook=seen)
    with pytest.raises(gf.NumericError, match="cholesky"):
        session.run(root, {a: np.eye(2)})
    np.testing.assert_array_equal(seen.stops[0][1], -np.eye(2))


def test_a_node_that_was_rewritten_away_stops_its_gradient_and_changes_no_value():
    w = gf.Variable([1000.0, 0.0], name="w")
    p = gf.softmax(w)
    (grad,) = gf.gradients(-gf.sum(gf.log(p)), w)
    session, seen = gf.Session(), Seen()
    session.add_breakpoint(p, hook=seen)
    np.testing.assert_array_equal(session.run(grad), [1.0, -1.0])
    np.testing.assert_array_equal(seen.stops[0][1], [1.0, 0.0])


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_what_a_hook_raises_ends_the_run_and_changes_nothing(error):
    x, w, h, y, step = model()
    session = gf.Session()

    def refuse(node, value, line):
        raise error

    session.run(step, {x: [0.0]})
    stop = session.add_breakpoint(h, hook=refuse)
    with pytest.raises(error):
        session.run([y, step], {x: [0.0]})
    assert session.value(w) == 3.0
    stop.remove()
    session.run([y, step], {x: [0.0]})
    assert session.value(w) == 4.0


def test_changing_variables_from_within_a_stop_is_refused_and_looking_is_not():
    x, w, h, y, step = model()
    session, found = gf.Session(), []

    def look(node, value, line):
        found.append(session.value(w))
        found.append(session.run(w * 2))
        for change in (
            lambda: session.assign(w, 1.0),
            lambda: session.run(step, {x: [0.0]}),
        ):
            with pytest.raises(gf.GraphError, match="stopped"):
                change()
        gf.Session().run(step, {x: [0.0]})  # another session's variables are its own

    session.add_breakpoint(h, hook=look)
    session.run([y, step], {x: [0.0]})
    assert found == [2.0, 4.0]
    assert session.value(w) == 3.0


def test_without_a_hook_the_debugger_is_opened(monkeypatch, capsys):
    x, _, h, y, _ = model()
    opened = []
    monkeypatch.setattr("sys.breakpointhook", lambda: opened.append(True))
    session = gf.Session()
    session.add_breakpoint(h)
    session.run(y, {x: [0.0]})
    assert opened == [True]
    expected = f"{h.describe()}\n{h.origin}: {h.origin.text}\nvalue = [1.]\n"
    assert capsys.readouterr().out == expected


def test_a_breakpoint_keeps_no_node_alive_and_goes_with_it():
    session, seen = gf.Session(), Seen()
    x, _, h, y, _ = model()
    stop = session.add_breakpoint(h, hook=seen)
    session.run(y, {x: [0.0]})
    seen.stops.clear()
    del h, y, _
    assert stop.node is None
    assert not session._plans


def test_other_sessions_do_not_stop():
    x, _, h, y, _ = model()
    session, other, seen = gf.Session(), gf.Session(), Seen()
    session.add_breakpoint(h, hook=seen)
    other.run(y, {x: [0.0]})
    assert not seen.stops


def test_threads_stop_each_with_its_own_value():
    x, _, h, y, _ = model()
    session, seen = gf.Session(), Seen()
    session.add_breakpoint(h, hook=seen)
    work = [
        threading.Thread(target=session.run, args=(y, {x: np.full(1, float(i))})) for i in range(4)
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    assert sorted(v[0] for _, v, _ in seen.stops) == [np.exp(2.0 * i) for i in range(4)]


def test_what_is_no_node_or_no_function_is_refused():
    _, _, h, _, step = model()
    with gf.Graph() as graph:
        foreign = gf.constant(1.0) + 1
    session = gf.Session(graph)
    for wrong in (3.0, "h", step):
        with pytest.raises(gf.DTypeError, match="not a node"):
            gf.Session().add_breakpoint(wrong)
    with pytest.raises(gf.GraphError, match="another graph"):
        session.add_breakpoint(h)
    for options in ({"when": 3}, {"hook": "pdb"}):
        with pytest.raises(gf.DTypeError, match="not a function"):
            session.add_breakpoint(foreign, **options)
    assert not session._breakpoints
