"""Programs: recorded, simplified, printed and saved, they compute what the graph says."""

import runpy
import subprocess
import sys
import threading
import tracemalloc

import numpy as np
import pytest
from cases import CASES
from trials import Case

import graphflow as gf
from graphflow.backends import Interpreter, Runner
from graphflow.primitives import Spec
from graphflow.program import record, save_source, specialize
from graphflow.program.record import WHOLE
from graphflow.registry import is_differentiable, operations

ROWS = [pytest.param(case, id=case.op) for case in CASES]
IN_PYTHON = {"PyFunc", "Print", "Tap"}  # nothing is known about the function


def programs(fetches, feeds):
    """The program as it is written, and the one that is printed: of calls that both know."""
    specs = {x: Spec(np.shape(value), x.dtype) for x, value in feeds.items()}
    found = [record(specialize(fetches, specs), optimize) for optimize in (False, True)]
    for program in found:
        whole = [call for call in program.calls if call.name == WHOLE]
        kinds = {type(program.operations[call.about]).__name__ for call in whole}
        assert kinds <= IN_PYTHON, program.dump()
    return found


def run(program, feeds, backend=Runner):
    key = np.array([3, 0], np.uint64)
    return list(backend(program)({}, list(feeds.values()), key))


def assert_close(got, expected, ulps=2000):
    """Equal but for some roundings of what is largest; NaN and infinities in their places."""
    assert got.dtype == expected.dtype
    assert got.shape == expected.shape
    if expected.dtype.kind not in "fc":
        np.testing.assert_array_equal(got, expected)
        return
    eps = np.finfo(expected.dtype).eps
    largest = np.max(np.abs(expected), where=np.isfinite(expected), initial=0.0)
    np.testing.assert_allclose(got, expected, ulps * eps, ulps * eps * largest)


def fetched(trial):
    """The case's value and, where it has one, the gradient by each operand, with their feeds."""
    arrays = trial.arrays()
    xs = [gf.placeholder(a.shape, a.dtype, name=f"x{i}") for i, a in enumerate(arrays)]
    y = trial.case.build(*xs, **trial.options)
    fetches = [y]
    if trial.case.order and is_differentiable(operations()[trial.case.op]):
        floats = [x for x in xs if x.dtype.kind in "fc"]
        found = gf.gradients(y, floats, unconnected="none")
        fetches += [grad for grad in found if grad is not None]
    return fetches, dict(zip(xs, arrays, strict=True))


@pytest.mark.parametrize("case", ROWS)
def test_printed_saved_and_interpreted_programs_agree(case: Case, tmp_path):
    for trial in list(case.trials())[:3]:
        with gf.Graph():
            fetches, feeds = fetched(trial)
            plain, quick = programs(fetches, feeds)
        if case.op in IN_PYTHON:
            continue
        expected = run(plain, feeds, Interpreter)
        printed = run(quick, feeds)
        for got, wanted in zip(printed, expected, strict=True):
            assert_close(np.asarray(got), np.asarray(wanted))
        runner = Runner(quick)
        save_source(runner.source, quick, [], tmp_path / "saved.py")
        step = runpy.run_path(str(tmp_path / "saved.py"))["step"]
        key = [] if quick.key is None else [np.array([3, 0], np.uint64)]
        with np.errstate(all="ignore"):
            saved = step(*feeds.values(), *key)
        for got, wanted in zip(saved, printed, strict=True):
            np.testing.assert_array_equal(got, wanted)
            assert np.asarray(got).dtype == np.asarray(wanted).dtype


# ---- Python floats -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "build",
    [
        lambda a, b: a / b, lambda a, b: gf.log(b), lambda a, b: gf.exp(a * 1e3), gf.maximum,
        lambda a, b: gf.sqrt(-a), lambda a, b: a**0.5 + b**-1.0, lambda a, b: gf.where(a < b, a, b),
        lambda a, b: gf.sin(a / b), lambda a, b: gf.tanh(a) * gf.hypot(a, b) - gf.arctan2(a, b),
    ],
)  # fmt: skip
@pytest.mark.parametrize("values", [(2.0, 0.0), (1.0, 3.0), (np.nan, 1.0), (-0.0, np.inf)])
def test_scalars_are_numpys_where_python_raises(build, values, recwarn):
    a, b = gf.placeholder((), name="a"), gf.placeholder((), name="b")
    y = build(a, b)
    fetches = [y, *gf.gradients(y, [a, b], unconnected="zero")]
    feeds = dict(zip((a, b), map(np.asarray, values), strict=True))
    plain, quick = programs(fetches, feeds)
    for got, wanted in zip(run(quick, feeds), run(plain, feeds, Interpreter), strict=True):
        assert type(got) is np.float64
        np.testing.assert_allclose(got, wanted, 1e-14)
    assert not recwarn.list


def test_a_scalar_variable_keeps_its_dtype_where_a_number_is_chosen():
    w = gf.Variable(2.0)
    session = gf.Session()
    session.run(gf.assign(w, gf.where(w > 1, 0, w * 2)))
    assert session.value(w).dtype == np.float64
    assert session.run(gf.where(w < 1, 1, w) / 2) == 0.5


def test_feeds_that_are_no_dict_are_refused_the_second_time_too():
    session, x = gf.Session(), gf.constant(1.0)
    assert session.run([x, x]) == [1.0, 1.0]
    with pytest.raises(gf.FeedError, match="not a dict"):
        session.run([x, x], [])


# ---- functions -----------------------------------------------------------------------------------


def trained(batch=16):
    """A small model with its update, and feeds."""
    rng = np.random.default_rng(1)
    X, labels = gf.placeholder((batch, 5), name="X"), gf.placeholder((batch,), np.int64, name="k")
    W, b = gf.Variable(rng.normal(size=(5, 3)), name="W"), gf.Variable(np.zeros(3), name="b")
    loss = gf.losses.sparse_softmax_cross_entropy(labels, gf.tanh(X) @ W + b)
    step = gf.GradientDescentOptimizer(0.1).minimize(loss)
    return loss, step, [X, labels], [rng.normal(size=(batch, 5)), rng.integers(0, 3, batch)]


def test_the_source_is_what_runs_with_the_users_lines_beside_it():
    loss, step, inputs, arrays = trained()
    f = gf.function([loss, step], inputs)
    text = f.source
    assert "test_program.py" in text
    assert "gf.tanh(X) @ W + b" in text
    scope = {"constants": f._last.printed("save").source.constants}
    exec(text, scope)
    found = scope["step"](*arrays, *[r.initial for r in f.program.reads])
    assert found[0] == f(*arrays)[0]
    np.testing.assert_array_equal(found[1], f.session.value(f.program.updates[0].variable()))


def test_a_saved_function_runs_with_numpy_alone(tmp_path):
    loss, step, inputs, arrays = trained()
    f = gf.function([loss, step], inputs)
    f(*arrays)
    f.save(tmp_path / "model.py")
    np.savez(tmp_path / "feeds.npz", *arrays)
    code = (
        "import sys; sys.modules['graphflow'] = None; sys.path.insert(0, '.')\n"
        "import numpy as np, model\n"
        "feeds = np.load('feeds.npz'); loss, *new = model.step(*feeds.values())\n"
        "np.savez('found.npz', loss, *new)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    found = list(np.load(tmp_path / "found.npz").values())
    assert found[0] == f(*arrays)[0]
    for new, update in zip(found[1:], f.program.updates, strict=True):
        np.testing.assert_array_equal(new, f.session.value(update.variable()))


def test_larger_arrays_are_saved_beside_the_file(tmp_path):
    W = gf.Variable(np.arange(20000.0).reshape(200, 100), name="W")
    x = gf.placeholder((200,), name="x")
    f = gf.function(x @ W, [x])
    f.save(tmp_path / "wide.py")
    assert (tmp_path / "wide.npz").exists()
    step = runpy.run_path(str(tmp_path / "wide.py"))["step"]
    np.testing.assert_array_equal(step(np.ones(200))[0], f(np.ones(200)))


def test_what_has_no_text_is_not_saved(tmp_path):
    x = gf.placeholder((2,), name="x")
    f = gf.function(gf.py_func(np.sort, [x], (2,), float), [x])
    with pytest.raises(gf.GraphError, match="no text can stand for py_func"):
        f.save(tmp_path / "no.py")
    assert not list(tmp_path.iterdir())


def test_unknown_shapes_are_settled_by_a_call():
    x = gf.placeholder((None,), name="x")
    f = gf.function(gf.sum(x * x), [x])
    with pytest.raises(gf.GraphError, match="call it once"):
        _ = f.source
    assert f(np.ones(3)) == 3
    assert "(3,)" in f.program.dump() or "[3]" in f.program.dump()
    assert set(f.stats()) == {"specialize", "record", "print and compile", "lines"}


@pytest.mark.parametrize("size", [3_000, 200_000])
def test_memory_is_predicted(size):
    x = gf.placeholder((size,), name="x")
    a = gf.exp(-x * x)
    y = gf.where(a > 0.5, gf.sqrt(a), gf.sin(x)) * gf.concat([a[:10], a[10:]])
    f = gf.function([gf.sum(y), gf.gradients(gf.sum(y), x)[0]], [x])
    value, predicted = np.linspace(-1, 1, size), f.memory
    f.source
    tracemalloc.start()
    result = f(value)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(result) == 2
    assert abs(predicted - peak) < 0.05 * peak + 8192  # objects of Python


def test_a_result_is_not_touched_by_later_runs():
    x = gf.placeholder((4,), name="x")
    fetches = [x, x * 2, gf.reshape(x * 3, (2, 2)), gf.transpose(gf.reshape(x * 3, (2, 2))), x * 2]
    f = gf.function(fetches, [x])
    fed = np.arange(4.0)
    first = f(fed)
    kept = [value.copy() for value in first]
    f(fed + 1)
    for i, value in enumerate(first):
        np.testing.assert_array_equal(value, kept[i])
        assert not np.shares_memory(value, fed)
        assert not any(np.shares_memory(value, other) for other in first[:i])


def test_threads_may_share_a_function():
    x = gf.placeholder((500,), name="x")
    f = gf.function(gf.sum(gf.tanh(x * gf.exp(-x)) ** 2), [x])
    arrays = [np.full(500, 0.1 * i) for i in range(8)]
    expected = [f(array) for array in arrays]
    wrong = []

    def work(i):
        wrong.extend(i for _ in range(200) if f(arrays[i]) != expected[i])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_without_optimizing_the_result_is_the_same():
    loss, step, inputs, arrays = trained()
    feeds = dict(zip(inputs, arrays, strict=True))
    quick, plain = gf.Session(), gf.Session(optimize=False)
    for _ in range(3):
        values = [session.run([loss, step], feeds)[0] for session in (quick, plain)]
        np.testing.assert_allclose(*values, 1e-13)
    with pytest.raises(gf.GraphError, match="interpreted"):
        _ = plain.make_callable(loss, inputs).source
