"""Many threads, many runs, and faults at every line of a run: results, state and memory hold."""

import gc
import sys
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import graphflow as gf

THREADS = 8


def model(size=6):
    """A network with an update, whose results are a function of what is fed and of the state."""
    x = gf.placeholder((None, size), name="x")
    W = gf.Variable(np.linspace(-1, 1, size * 4).reshape(size, 4), name="W")
    b = gf.Variable(0.5, name="b")
    y = gf.tanh(x @ W) * gf.exp(b)
    loss = gf.mean(gf.square(y), name="loss")
    step = gf.GradientDescentOptimizer(0.01).minimize(loss)
    return x, W, b, y, loss, step


def expected(x, W, b):
    return np.tanh(x @ W) * np.exp(b)


# ---- threads -------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["session", "callable"])
def test_eight_threads_each_with_its_own_feeds_get_their_own_results(way):
    x, W, _, y, _, _ = model()
    session = gf.Session()
    f = session.make_callable(y, [x])
    call = f if way == "callable" else lambda fed: session.run(y, {x: fed})
    start = threading.Barrier(THREADS)

    def work(number):
        rng = np.random.default_rng(number)
        start.wait()
        for i in range(60):
            fed = rng.normal(size=(1 + (i // 3 + number) % 4, 6))
            want = expected(fed, W.initial_value, 0.5)
            np.testing.assert_allclose(call(fed), want, rtol=1e-13)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    (kept,) = {len(c.run.free) <= THREADS for c, _ in session._plans._kept.values()}
    assert kept


@pytest.mark.parametrize("options", [{}, {"check_numerics": True, "check_gradients": 0.1}])
def test_updates_of_eight_threads_are_all_made_and_none_is_half_seen(options):
    x = gf.placeholder((), name="x")
    first, second = gf.Variable(0.0, name="first"), gf.Variable(np.zeros(3), name="second")
    step = gf.group(gf.assign_add(first, x), gf.assign_add(second, x * np.ones(3)))
    session = gf.Session(**options)
    f = session.make_callable([first, second, step], [x])
    start = threading.Barrier(THREADS)

    def work(number):
        start.wait()
        for i in range(100):
            fed = np.array(float(number))
            a, b, _ = f(fed) if i % 2 else session.run([first, second, step], {x: fed})
            np.testing.assert_array_equal(b, np.full(3, a))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    assert session.value(first) == 100 * sum(range(THREADS))


def test_the_same_seed_gives_the_same_bits_whatever_other_sessions_do():
    def losses(seed):
        with gf.Graph():
            w = gf.Variable(np.ones(50), name="w")
            noise = gf.random.normal((50,))
            loss = gf.mean(gf.square(w * noise + gf.random.uniform((50,))))
            step = gf.AdamOptimizer(0.01).minimize(loss)
            session = gf.Session(seed=seed)
            return [session.run([loss, step])[0] for _ in range(20)]

    alone = {seed: losses(seed) for seed in (1, 2)}
    with ThreadPoolExecutor(THREADS) as pool:
        together = list(pool.map(losses, [1, 2] * 4))
    assert together == [alone[1], alone[2]] * 4
    assert alone[1] != alone[2]


# ---- memory --------------------------------------------------------------------------------------


def grown(work, warm, times):
    """By how many bytes and small objects `times` more calls of `work` let memory grow.

    The collector is off. At first the interpreter's own lists of free tuples fill up, with two
    thousand of each size; its table of interned strings doubles now and then.
    """
    gc.collect()
    gc.disable()
    for _ in range(warm):
        work()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0], sys.getallocatedblocks()
        for _ in range(times):
            work()
        after = tracemalloc.get_traced_memory()[0], sys.getallocatedblocks()
        return after[0] - before[0], after[1] - before[1]
    finally:
        tracemalloc.stop()
        gc.enable()


@pytest.mark.parametrize("options", [{}, {"check_numerics": True, "check_gradients": 0.01}])
def test_ten_thousand_runs_leave_memory_flat(options):
    x, _, _, _, loss, step = model()
    session = gf.Session(**options)
    f = session.make_callable([loss, step], [x])
    fed = np.ones((3, 6))

    def work():
        f(fed)
        session.run([loss, step], {x: fed})

    grown_bytes, grown_objects = grown(work, warm=2500, times=2500)
    assert grown_bytes < 20_000  # 4 a run would show
    assert grown_objects < 500


def test_a_thousand_sessions_leave_memory_flat():
    x = gf.placeholder((3,), name="x")
    w = gf.Variable([1.0, 2.0, 3.0], name="w")
    step = gf.assign(w, w * 0.5 + x)

    def work():
        session = gf.Session(check_numerics=True)
        with session.add_breakpoint(w, hook=lambda *_: None):
            session.run([w, step], {x: np.ones(3)})

    _, grown_objects = grown(work, warm=2100, times=300)
    assert grown_objects < 150  # one of every second session would show


# ---- faults --------------------------------------------------------------------------------------


class Fault:
    """Raises an error at the n-th line that a call executes in some code, by a trace function.

    The collector waits meanwhile. In the middle of a call it would run finalizers of what other
    tests left; an error raised there is nobody's, and it ends the tracing, which frees the trace
    function while CPython 3.11 is about to call it: the interpreter crashes.
    """

    def __init__(self, error, where):
        self.error, self.where = error, where

    def happens(self, call, nth):
        """Whether the call had an n-th line; what that raised ends the call, or is dealt with."""
        lines, planted = 0, False

        def in_frame(frame, event, arg):
            nonlocal lines, planted
            lines += event == "line"
            if lines == nth and not planted:
                planted = True
                raise self.error("planted")
            return in_frame

        def on_call(frame, event, arg):
            return in_frame if self.where(frame.f_code) else None

        before = sys.gettrace()
        gc.disable()
        sys.settrace(on_call)
        try:
            call()
        except (self.error, gf.GraphflowError) as error:
            if "planted" not in str(error):
                raise
        finally:
            sys.settrace(before)
            gc.enable()
        return planted


def in_program(code):
    return code.co_filename == "<graphflow program>"


def in_interpreter(code):
    return code.co_name == "computed" or code.co_filename.endswith("functions.py")


def anywhere(code):
    file = code.co_filename.replace("\\", "/")
    return in_program(code) or file == "<string>" or "/graphflow/" in file


ERRORS = [RuntimeError, KeyboardInterrupt, MemoryError]
WAYS = {"run": in_program, "callable": in_program, "interpreted": in_interpreter}


def test_a_fault_comes_at_the_line_that_was_asked_for_and_what_it_leaves_half_done_shows():
    state = {"first": 0, "second": 0}

    def commit_one_by_one():
        state["first"] += 1
        state["second"] += 1

    fault = Fault(KeyboardInterrupt, lambda code: code is commit_one_by_one.__code__)
    seen = []
    for nth in (1, 2, 3):
        happened = fault.happens(commit_one_by_one, nth)
        seen.append((happened, state["first"], state["second"]))
    assert seen == [(True, 0, 0), (True, 1, 0), (False, 2, 1)]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("error", ERRORS)
def test_a_fault_at_any_line_of_a_program_leaves_state_buffers_and_caches(error, way):
    x, _, _, _, loss, step = model()
    session = gf.Session(seed=4, optimize=way != "interpreted")
    fetches = [loss, step] if way == "callable" else [loss, step, gf.random.normal(())]
    f, fed = session.make_callable(fetches, [x]), np.linspace(-1, 1, 18).reshape(3, 6)
    call = (lambda: f(fed)) if way == "callable" else (lambda: session.run(fetches, {x: fed}))
    for _ in range(3):
        call()

    def caches():
        kept = [c.run for c, _ in session._plans._kept.values()]
        buffers = [len(run.free) for run in kept] if way != "interpreted" else kept
        return buffers, len(session._plans), list(session._entries)

    (values, drawn), cached, errors = session._moment(), caches(), np.geterr()
    fault, nth = Fault(error, WAYS[way]), 1
    while fault.happens(call, nth):
        now, step_number = session._moment()
        assert now is values  # the very same state
        assert step_number == drawn
        assert caches() == cached
        assert np.geterr() == errors
        assert session._store.turn.acquire(blocking=False)
        session._store.turn.release()
        session._go_back((values, drawn))
        nth += 1
    assert nth > 10
    assert session._moment()[0] is not values  # the run without a fault has made its step
    untouched = gf.Session(seed=4, optimize=way != "interpreted")
    untouched._go_back((values, drawn))
    assert untouched.run(fetches, {x: fed})[0] == pytest.approx(before_step(session, values, call))


def before_step(session, values, call):
    """The loss at an earlier state, on buffers that the faults have been through."""
    session._go_back((values, session._moment()[1]))
    return call()[0]


@pytest.mark.parametrize("error", ERRORS)
def test_a_fault_anywhere_in_a_run_leaves_a_whole_state_and_a_session_that_works(error):
    first, second = gf.Variable(0.0, name="first"), gf.Variable(np.zeros(2), name="second")
    step = gf.group(gf.assign_add(first, 1.0), gf.assign_add(second, [1.0, 1.0]))
    session = gf.Session(check_numerics=True)
    for stride in (37, 1):  # through runs that compile, then every line of one that is known
        nth, fault = 1, Fault(error, anywhere)
        while fault.happens(lambda: session.run([first, second, step]), nth):
            np.testing.assert_array_equal(session.value(second), [session.value(first)] * 2)
            np.seterr(all="warn")  # a fault may hit the very line that puts it back, or gives back
            for lock in (session._store.turn, session._lock, session._plans._lock):
                if lock.locked():  # where no Ctrl-C can come: see test_interrupts.py
                    lock.release()
            if stride > 1:
                session._plans.clear()
            nth += stride
        assert nth > 20
    before = session.value(first)
    assert session.run([first, step]) == [before, None]
    np.testing.assert_array_equal(session.value(second), [before + 1] * 2)
