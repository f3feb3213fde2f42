"""What callers of a session can count on, with backend="jax"."""

import gc
import io
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest

import graphflow as gf
from graphflow.backends import choose

pytest.importorskip("jax")
from graphflow.backends.on_jax import waiting


def classifier(dtype=np.float64):
    """Inputs, loss, training step and variables."""
    rng = np.random.default_rng(0)
    x = gf.placeholder((None, 3), dtype=dtype, name="x")
    labels = gf.placeholder((None,), dtype=np.int64, name="labels")
    W = gf.Variable(rng.normal(size=(3, 4)).astype(dtype), name="W")
    b = gf.Variable(np.zeros(4, dtype), name="b")
    scores = gf.tanh(x) @ W + b
    loss = gf.mean(
        gf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=scores), name="loss"
    )
    step = gf.AdamOptimizer(0.1).minimize(loss)
    return x, labels, loss, step, W, b


def batch(dtype=np.float64):
    rng = np.random.default_rng(1)
    return rng.normal(size=(8, 3)).astype(dtype), np.arange(8) % 4


def on_jax(**options):
    return gf.Session(backend="jax", **options)


@pytest.mark.parametrize(("dtype", "limit"), [(np.float64, 1e-12), (np.float32, 2e-5)])
def test_training_is_that_on_numpy(dtype, limit):
    x, labels, loss, step, W, b = classifier(dtype)
    feed = dict(zip((x, labels), batch(dtype), strict=True))
    sessions = gf.Session(), on_jax()
    for _ in range(5):
        expected, got = [session.run([loss, step], feed)[0] for session in sessions]
        np.testing.assert_allclose(got, expected, limit)
        assert got.dtype == dtype
        assert isinstance(got, np.generic)
    for variable in (W, b):
        expected, got = [session.value(variable) for session in sessions]
        np.testing.assert_allclose(got, expected, limit, limit)
        assert got.dtype == dtype


def test_a_run_gives_the_loss_before_the_step_and_reads_the_state_at_its_start():
    w = gf.Variable(2.0, name="w")
    v = gf.Variable(3.0, name="v")
    session = on_jax()
    swap = gf.group(gf.assign(w, v), gf.assign(v, w))
    assert session.run([swap, w * 1.0, v]) == [None, 2.0, 3.0]
    assert session.run([w, v]) == [3.0, 2.0]


def test_results_are_the_callers_own_and_writable():
    w = gf.Variable(np.arange(3.0), name="w")
    x = gf.placeholder((3,), name="x")
    c = gf.constant(np.ones(3))
    session = on_jax()
    fed = np.arange(3.0)
    for _ in range(3):
        for value in session.run([w, x, c, w + x, gf.reshape(w, (3, 1))], {x: fed}):
            value += 5
    session.value(w)[:] = 9
    np.testing.assert_array_equal(fed, np.arange(3.0))
    np.testing.assert_array_equal(session.run([w, x, c], {x: fed})[2], np.ones(3))
    np.testing.assert_array_equal(session.value(w), np.arange(3.0))


def test_what_is_assigned_is_copied_and_what_is_updated_spares_it():
    given = np.zeros(1024)
    w = gf.Variable(given, name="w")
    session = on_jax()
    session.run(gf.assign_add(w, np.ones(1024)))
    np.testing.assert_array_equal(given, 0)
    np.testing.assert_array_equal(on_jax().value(w), 0)
    session.assign(w, given)
    session.run(gf.assign_add(w, np.ones(1024)))
    np.testing.assert_array_equal(given, 0)
    np.testing.assert_array_equal(session.value(w), 1)


def test_what_is_fed_may_be_changed_once_the_run_has_returned():
    w = gf.Variable(np.zeros(4096), name="w")
    x = gf.placeholder((4096,), name="x")
    session, fed = on_jax(), np.ones(4096)
    step = gf.assign_add(w, x)
    for _ in range(50):
        session.run(step, {x: fed})
        fed += 1
    np.testing.assert_array_equal(session.value(w), 50 * 51 / 2)


def test_old_values_of_what_is_updated_are_given_away():
    w = gf.Variable(np.zeros(4), name="w")
    session, step = on_jax(), gf.assign_add(w, np.ones(4))
    session.run(step)
    old = session._store.values[w.uid]
    session.run(step)
    assert old.is_deleted()
    np.testing.assert_array_equal(session.value(w), 2)


@pytest.mark.parametrize("fetches", ["both", "step"])
def test_a_run_that_fails_changes_nothing(fetches):
    x, labels, loss, step, W, _ = classifier()
    session = on_jax(seed=3)
    values, good = batch()
    session.run(step, {x: values, labels: good})
    before = session.value(W), session._step
    with pytest.raises(gf.ShapeError, match="a label is no class|an index is out of bounds"):
        session.run([loss, step] if fetches == "both" else step, {x: values, labels: good + 3})
    np.testing.assert_array_equal(session.value(W), before[0])
    assert session._step == before[1]
    session.run(step, {x: values, labels: good})


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_a_singular_matrix_and_an_index_out_of_bounds_are_the_same_errors(backend):
    a = gf.placeholder((2, 2), name="a")
    i = gf.placeholder((1,), dtype=np.int64, name="i")
    session = gf.Session(backend=backend)
    with pytest.raises(gf.NumericError, match=r"^inv .*test_jax\.py:\d+\): .*ingular"):
        session.run(gf.linalg.inv(a), {a: np.ones((2, 2))})
    with pytest.raises(gf.ShapeError, match="out of bounds"):
        session.run(gf.take(a, i, 0), {a: np.ones((2, 2)), i: [2]})


def test_feed_errors_are_those_on_numpy():
    x = gf.placeholder((None, 3), name="x")
    y = gf.sum(x)
    z = gf.exp(x)
    feeds = [{}, {x: np.ones((2, 4))}, {x: "text"}, {x: [[1j, 0, 0]]}, {x: None}, {"x": 1},
             {x: [[1, 2, 3]], z: np.ones((1, 3))}]  # fmt: skip
    for feed in feeds:
        texts = []
        for backend in ("numpy", "jax"):
            with pytest.raises(gf.GraphflowError) as caught:
                gf.Session(backend=backend).run(y, feed)
            texts.append((type(caught.value), str(caught.value)))
        assert texts[0] == texts[1]


def test_an_inner_node_may_be_fed():
    x = gf.placeholder((2,), name="x")
    h = gf.exp(x)
    assert on_jax().run(gf.sum(h * h), {h: [1.0, 2.0]}) == 5.0


def test_one_program_is_compiled_for_fetches_and_shapes_of_feeds():
    x = gf.placeholder((None,), name="x")
    y, session = gf.sum(x * x), on_jax()
    for _ in range(3):
        assert session.run(y, {x: np.ones(2)}) == 2.0
        assert session.run(y, {x: np.ones(3)}) == 3.0
    assert len(session._plans) == 2


def test_random_numbers_are_those_on_numpy():
    draws = [gf.random.normal((3,)), gf.random.uniform((2,), dtype=np.float32),
             gf.random.gamma(2.0, (2,)), gf.random.permutation(5)]  # fmt: skip
    sessions = gf.Session(seed=7), on_jax(seed=7)
    for _ in range(3):
        expected, got = [session.run(draws) for session in sessions]
        for a, b in zip(got, expected, strict=True):
            np.testing.assert_allclose(a, b, 1e-15)
            assert a.dtype == b.dtype
    assert sessions[1]._step == 3


def test_float32_programs_give_float32_and_64_bits_are_never_narrowed():
    x = gf.placeholder((2,), dtype=np.float32, name="x")
    assert on_jax().run(x * 2.0, {x: [1, 2]}).dtype == np.float32
    n = gf.placeholder((2,), dtype=np.int64, name="n")
    np.testing.assert_array_equal(on_jax().run(n + 1, {n: [2**40, 1]}), [2**40 + 1, 2])
    assert on_jax().run(gf.placeholder((), default=1 / 3) * 3.0).dtype == np.float64


def test_sessions_are_independent_and_threads_lose_no_step():
    w = gf.Variable(0.0, name="w")
    session, other = on_jax(), on_jax()
    step = gf.assign_add(w, 1.0)
    double = w * 2.0
    seen, failed = [], []

    def work():
        try:
            for _ in range(50):
                session.run(step)
                seen.append(session.run(double))
                session.value(w)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not failed
    assert session.value(w) == 200
    assert all(value in range(0, 401, 2) for value in seen)
    assert other.value(w) == 0


def test_what_is_saved_goes_on_with_either_backend(tmp_path):
    x, labels, loss, step, W, _ = classifier()
    feed = dict(zip((x, labels), batch(), strict=True))
    session = on_jax(seed=1)
    for _ in range(3):
        session.run(step, feed)
    session.save(tmp_path / "state.npz")
    expected = session.run([loss, step], feed)[0], session.value(W)
    for backend, limit in (("jax", 0), ("numpy", 1e-12)):
        other = gf.Session(backend=backend)
        assert other.restore(tmp_path / "state.npz")
        got = other.run([loss, step], feed)[0], other.value(W)
        np.testing.assert_allclose(got[0], expected[0], limit)
        np.testing.assert_allclose(got[1], expected[1], limit, limit)


def test_numbers_that_are_not_finite_are_found_and_change_nothing():
    x = gf.placeholder((2,), name="x")
    w = gf.Variable(np.ones(2), name="w")
    y = gf.log(x, name="y")
    session = on_jax(check_numerics=True)
    step = gf.assign_add(w, y)
    session.run(step, {x: [1.0, 1.0]})
    with pytest.raises(gf.NumericError, match="infinity in the new value of 'w'") as caught:
        session.run(step, {x: [0.0, 1.0]})
    assert "log 'y'" in str(caught.value)
    np.testing.assert_array_equal(session.value(w), 1)


def test_wrong_gradients_are_found():
    x = gf.placeholder((2,), name="x")
    w = gf.Variable(np.ones(2), name="w")
    wrong = gf.custom_gradient(lambda v: (v * v, lambda grad: 3 * grad * v))
    step = gf.GradientDescentOptimizer(0.1).minimize(gf.sum(wrong(w * x)))
    with pytest.raises(gf.NumericError, match="gradient"):
        on_jax(check_gradients=1.0).run(step, {x: [1.0, 2.0]})


def test_print_and_breakpoints_see_values_before_anything_is_committed(capsys):
    w = gf.Variable(2.0, name="w")
    y = gf.print(w * 3.0, message="here")
    session, step = on_jax(), gf.assign(w, y)
    session.run(step)
    assert "here" in capsys.readouterr().out
    assert session.value(w) == 6.0
    seen = []

    def stop(node, value, line):
        seen.append((value, session.value(w), session.run(w + 1.0)))
        raise KeyError("enough")

    with session.add_breakpoint(y, hook=stop), pytest.raises(KeyError):
        session.run(step)
    assert seen == [(18.0, 6.0, 7.0)]
    assert session.value(w) == 6.0
    session.run(step)
    assert session.value(w) == 18.0


def test_python_functions_run_in_the_middle_of_a_step_and_their_errors_come_through():
    w = gf.Variable(np.ones(2), name="w")

    def halved(x):
        if x[0] > 3:
            raise ZeroDivisionError("too much")
        return x / 2

    y = gf.py_func(halved, [w * 4.0], (2,), np.float64, grad=lambda op, grad: grad / 2)
    session, step = on_jax(), gf.assign(w, y)
    with pytest.raises(ZeroDivisionError, match="too much"):
        session.run(step)
    np.testing.assert_array_equal(session.value(w), 1)
    session.assign(w, np.full(2, 0.5))
    session.run(step)
    np.testing.assert_array_equal(session.value(w), 1)


def test_training_can_go_back_to_where_it_was():
    w = gf.Variable(1.0, name="w")
    session = on_jax()
    step = gf.assign(w, w * 2.0)
    session.run(step)
    moment = session._moment()
    for _ in range(3):
        session.run(step)
    session._go_back(moment)
    assert session.value(w) == 2.0


def test_functions_run_on_jax():
    x = gf.placeholder((2,), name="x")
    f = gf.function(x**2, [x], backend="jax")
    np.testing.assert_array_equal(f(np.arange(2.0)), [0, 1])
    assert "func.func public @main" in f.source
    assert f.memory > 0
    assert f.stats()["lines"] > 2
    with pytest.raises(gf.GraphError, match="backend='numpy'"):
        f.save("never.py")

    def norm(params):
        return {"norm": np.sqrt(sum(np.sum(p * p) for p in params))}

    assert gf.function(norm, backend="jax")([np.array([3.0]), np.array([4.0])]) == {"norm": 5.0}


def test_profiles_are_refused():
    x = gf.placeholder((2,), name="x")
    with pytest.raises(gf.GraphError, match=r"profile: XLA runs the program as one") as caught:
        on_jax().profile(x * 2.0, {x: np.ones(2)})
    assert "backend='numpy'" in str(caught.value)


def test_an_unknown_backend_and_a_mesh_on_numpy_are_refused():
    with pytest.raises(ValueError, match=r"unknown backend 'jaxx'; there are 'numpy' and 'jax'"):
        gf.Session(backend="jaxx")
    with pytest.raises(ValueError, match=r"a mesh takes backend='jax'"):
        gf.Session(mesh={"data": 2})


def test_without_jax_there_is_an_install_line(monkeypatch):
    monkeypatch.setattr(choose, "find_spec", lambda name: None)
    with pytest.raises(gf.MissingError) as caught:
        on_jax()
    assert 'pip install "graphflow-autodiff[jax]"' in str(caught.value)


def test_graphflow_does_not_import_jax_until_it_is_asked_for():
    code = (
        "import sys, graphflow as gf; gf.Session(); assert 'jax' not in sys.modules\n"
        "gf.Session(backend='jax'); assert 'jax' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_sixteen_byte_floats_are_refused():
    x = gf.placeholder((2,), dtype=np.float64, name="x")
    wide = gf.py_func(lambda a: a.astype(np.longdouble), [x], (2,), np.longdouble)
    with pytest.raises(gf.DTypeError, match="XLA has no"):
        on_jax().run(wide, {x: [1.0, 2.0]})


def test_a_compilation_that_takes_long_is_told_as_it_goes_and_warned_of(monkeypatch):
    told = io.StringIO()
    told.isatty = lambda: True
    monkeypatch.setattr(waiting, "PATIENCE", 0.02)
    monkeypatch.setattr(sys, "stderr", told)
    x = gf.placeholder((3,), name="x")
    y = x
    for _ in range(60):
        y = gf.tanh(y) * 1.5 + x
    with pytest.warns(RuntimeWarning, match=r"jax: compiling \d+ calls took \d+ s") as caught:
        on_jax().run(y, {x: np.ones(3)})
    assert caught[0].filename == __file__
    assert "jax: compiling" in told.getvalue()


def test_sessions_and_programs_go_by_counting_references():
    def left():
        x, labels, loss, step, *_ = classifier()
        session = on_jax()
        feed = dict(zip((x, labels), batch(), strict=True))
        for _ in range(3):
            session.run([loss, step], feed)
        f = session.make_callable(loss, [x, labels])
        f(*batch())
        [(compiled, _), *_] = session._plans._kept.values()
        return [weakref.ref(each) for each in (session, compiled, compiled.run, loss)]

    left()
    gc.collect()
    gc.disable()
    try:
        assert [ref() for ref in left()] == [None] * 4
    finally:
        gc.enable()
