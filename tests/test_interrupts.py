"""Ctrl-C wherever Python looks for it: a run has happened whole or not, and nothing is left set."""

import dis
import gc
import os
import random
import signal
import sys

import numpy as np
import pytest

import graphflow as gf

DEEP = os.environ.get("GRAPHFLOW_DEEP") == "1"
KINDS = {
    "printed": {},
    "interpreted": {"optimize": False},
    "watched": {"check_numerics": True},
    "jax": {"backend": "jax"},
}


class Interrupt:
    """A real Ctrl-C at the n-th place in graphflow's code where the interpreter looks for signals.

    Those are the ends of calls, the begins of functions and the jumps back of loops.
    """

    def happens(self, call, nth):
        """Whether the call had an n-th such place; what came of the interrupt ends the call."""
        places, last, asked = 0, {}, False
        self.places = 0

        def in_frame(frame, event, arg):
            nonlocal places, asked
            if event == "opcode":
                before, last[frame] = last.get(frame, ""), _operation(frame)
                looks = last[frame] in ("RESUME", "JUMP_BACKWARD") or before.startswith("CALL")
                places += looks
                if looks and places == nth and not asked:
                    asked = True
                    signal.raise_signal(signal.SIGINT)
            return in_frame

        def on_call(frame, event, arg):
            file = frame.f_code.co_filename.replace(os.sep, "/")
            if "/graphflow/" in file or file in ("<string>", "<graphflow program>"):
                frame.f_trace_opcodes = True
                return in_frame
            return None

        before = sys.gettrace()
        gc.disable()  # in whose callbacks an interrupt is printed and forgotten
        sys.settrace(on_call)
        try:
            call()
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(before)
            gc.enable()
            self.places = places
        return asked


def _operation(frame):
    return dis.opname[frame.f_code.co_code[frame.f_lasti]]


def counting(kind, draws):
    """Two variables that every run counts up, a session, and the function that runs."""
    if kind == "jax":
        pytest.importorskip("jax")
    first, second = gf.Variable(0.0, name="first"), gf.Variable(np.zeros(2), name="second")
    step = gf.group(gf.assign_add(first, 1.0), gf.assign_add(second, [1.0, 1.0]))
    fetches = [first, second, step, *([gf.random.normal(())] if draws else [])]
    session = gf.Session(seed=1, **KINDS[kind])
    return first, second, session, lambda: session.run(fetches)


def check_is_whole(first, second, session, draws):
    """How many runs have happened; that is seen in all that they change, and nothing is held."""
    count = session.value(first)
    np.testing.assert_array_equal(session.value(second), [count] * 2)
    assert session._step == (count if draws else 0)
    assert np.geterr()["over"] == "warn"
    assert not session._store.turn.locked()
    assert not session._lock.locked()
    assert not session._plans._lock.locked()
    return count


@pytest.mark.skipif(
    sys.implementation.name != "cpython" or sys.version_info[:2] != (3, 11),
    reason="where CPython 3.11 looks for signals",
)
@pytest.mark.parametrize("draws", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_an_interrupt_at_the_end_of_any_call_leaves_a_run_whole_or_undone(kind, draws):
    first, second, session, call = counting(kind, draws)
    for _ in range(3):
        call()
    nth, counts = 1, [3]
    while Interrupt().happens(call, nth):
        counts.append(check_is_whole(first, second, session, draws))
        assert counts[-1] - counts[-2] in (0, 1)
        nth += 1
    assert nth > 10
    assert 3 < counts[-1] < nth  # some came before the commit and some after it


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there is no timer")
@pytest.mark.parametrize("kind", KINDS)
def test_interrupts_at_random_moments_leave_runs_whole_or_undone(kind):
    first, second, session, call = counting(kind, draws=True)
    for _ in range(5):
        call()
    rng, heard, armed = random.Random(0), 0, []

    def alarm(*_):
        if armed:
            signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGALRM, alarm)
    gc.disable()
    try:
        for _ in range(10_000 if DEEP else 200):
            try:
                armed.append(True)
                signal.setitimer(signal.ITIMER_REAL, rng.uniform(1e-5, 6e-4))
                call()
                call()
                armed.clear()
            except KeyboardInterrupt:
                armed.clear()
                heard += 1
            check_is_whole(first, second, session, draws=True)
    finally:
        gc.enable()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert heard > 5


@pytest.mark.skipif(
    sys.implementation.name != "cpython" or sys.version_info[:2] != (3, 11),
    reason="where CPython 3.11 looks for signals",
)
def test_an_interrupt_of_a_restore_leaves_values_and_random_state_together(tmp_path):
    first, second, session, call = counting("printed", draws=True)
    for _ in range(3):
        call()
    session.save(tmp_path / "state.npz")
    other = gf.Session(seed=2)
    old, new = (0, 2, 0), (3, 1, 3)

    def restore(nth):
        other.assign(first, 0.0)
        other.assign(second, [0.0, 0.0])
        other.seed, other._step = old[1:]
        whole.happens(lambda: other.restore(tmp_path / "state.npz"), nth)

    whole, seen = Interrupt(), []
    restore(0)
    for nth in range(whole.places - 60, whole.places + 1):
        restore(nth)
        values = {float(other.value(first)), *other.value(second).tolist()}
        assert len(values) == 1
        seen.append((*values, other.seed, other._step))
        assert not other._store.turn.locked()
    assert set(seen) == {old, new}
