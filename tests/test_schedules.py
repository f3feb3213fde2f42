"""Schedules are their formulas, on numbers, on arrays and on nodes."""

import math

import numpy as np
import pytest

import graphflow as gf

S = gf.schedules
K = np.arange(60)


def one_cycle(k, peak=0.5, total=40, share=0.3, start_factor=25.0, final_factor=1e4):
    """Two half cosines, as PyTorch's OneCycleLR has them."""
    top, start, last = share * total - 1, peak / start_factor, total - 1
    up = k <= top
    a, b = (start, peak) if up else (peak, start / final_factor)
    part = k / top if up else (k - top) / (last - top)
    return b + (a - b) / 2 * (1 + math.cos(math.pi * min(part, 1)))


SCHEDULES = {  # made anew in every test
    "exponential, first": (
        lambda: S.exponential(0.075, 0.998, first=1), lambda k: 0.075 * 0.998 ** (k + 1)),
    "exponential": (lambda: S.exponential(0.1, 0.5, 10), lambda k: 0.1 * 0.5 ** (k / 10)),
    "staircase": (
        lambda: S.exponential(0.1, 0.5, 10, staircase=True), lambda k: 0.1 * 0.5 ** (k // 10)),
    "cosine": (
        lambda: S.cosine(0.1, 40, final=0.02),
        lambda k: 0.02 + 0.04 * (1 + math.cos(math.pi * min(k, 40) / 40))),
    "polynomial": (
        lambda: S.polynomial(0.1, 40, final=0.02, power=2.0),
        lambda k: 0.02 + 0.08 * max(0, 1 - k / 40) ** 2),
    "piecewise": (
        lambda: S.piecewise([10, 25], [0.1, 0.01, 0.3]),
        lambda k: 0.1 if k < 10 else 0.01 if k < 25 else 0.3),
    "one piece": (lambda: S.piecewise([], [0.1]), lambda k: 0.1),
    "warm-up": (lambda: S.warm_up(0.1, 8, start=0.02), lambda k: 0.02 + 0.01 * min(k, 8)),
    "warm-up, then exponential": (
        lambda: S.warm_up(S.exponential(0.1, 0.5), 8),
        lambda k: k / 80 if k < 8 else 0.1 * 0.5 ** (k - 8)),
    "one cycle": (lambda: S.one_cycle(0.5, 40), one_cycle),
    "one cycle, others": (
        lambda: S.one_cycle(
            0.8, np.int64(20), warm_up_share=0.5, start_factor=4.0, final_factor=10.0),
        lambda k: one_cycle(k, 0.8, 20, 0.5, 4.0, 10.0)),
}  # fmt: skip


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_is_its_formula(name):
    make, formula = SCHEDULES[name]
    schedule = make()
    wanted = [formula(int(k)) for k in K]
    assert isinstance(schedule(3), float)
    np.testing.assert_allclose([schedule(int(k)) for k in K], wanted, rtol=1e-14)
    np.testing.assert_allclose(schedule(K), wanted, rtol=1e-14)
    step = gf.placeholder(())
    run = gf.Session().make_callable(schedule(step), [step])
    np.testing.assert_allclose([run(float(k)) for k in K], wanted, rtol=1e-14)


@pytest.mark.parametrize("name", SCHEDULES)
def test_an_optimizer_steps_by_its_schedule(name):
    make, formula = SCHEDULES[name]
    w = gf.Variable(0.0)
    step = gf.GradientDescentOptimizer(make()).minimize(-w)
    session = gf.Session()
    values = [session.run([w, step])[0] for _ in range(len(K))]
    np.testing.assert_allclose(np.diff(values), [formula(int(k)) for k in K[:-1]], atol=1e-14)


def test_a_schedule_of_nodes_is_asked_with_nodes_alone():
    asked = []
    schedule = S.warm_up(lambda step: asked.append(step) or 0.1 + 0 * step, 8)
    schedule(gf.placeholder(()))
    assert len(asked) == 2
    assert all(isinstance(step, gf.Node) for step in asked)


def test_a_warm_up_ends_and_a_cycle_peaks_exactly():
    assert S.warm_up(0.1, 8)(8) == 0.1
    assert S.one_cycle(0.5, 11, warm_up_share=6 / 11)(5) == 0.5
    assert S.one_cycle(0.5, 11, warm_up_share=2 / 11)(1) == 0.5
    assert S.one_cycle(0.5, 10, warm_up_share=0.95)(9) == pytest.approx(0.5 / 25 / 1e4)
    assert S.cosine(0.1, 40, final=0.02)(99) == 0.02


def test_a_schedule_says_what_it_is():
    assert repr(S.warm_up(S.cosine(0.1, 40), 8)) == (
        "gf.schedules.warm_up(gf.schedules.cosine(0.1, 40, final=0.0), 8, start=0.0)"
    )


@pytest.mark.parametrize(
    ("build", "kind", "text"),
    [
        (lambda: S.cosine(0.1, 0), ValueError, "cosine: a number of steps above 0"),
        (lambda: S.exponential(0.1, 0.5, 0), ValueError, "exponential: a number of steps above 0"),
        (lambda: S.polynomial(0.1, np.nan), ValueError, "polynomial: a number of steps above 0"),
        (lambda: S.cosine(0.1, True), gf.DTypeError, "cosine: a number of steps"),
        (lambda: S.piecewise([2, 2], [0.1, 0.2, 0.3]), ValueError, "do not rise"),
        (lambda: S.one_cycle(0.1, 1), ValueError, "one_cycle: a number of steps above 0"),
        (lambda: S.one_cycle(0.1, 10, warm_up_share=0.1), ValueError, "no warm-up within 10"),
        (lambda: S.one_cycle(0.1, 10, warm_up_share=1.0), ValueError, "no warm-up within 10"),
        (lambda: S.warm_up(0.1, "8"), gf.DTypeError, "warm_up: a number of steps"),
        (lambda: S.piecewise([1, 2], [0.1, 0.2]), ValueError, "2 boundaries for 2 values"),
        (lambda: S.piecewise([2, 1], [0.1, 0.2, 0.3]), ValueError, "do not rise"),
        (lambda: S.one_cycle(0.1, 2), ValueError, "no warm-up within 2 steps"),
    ],
)
def test_bad_schedules_are_refused(build, kind, text):
    with pytest.raises(kind, match=text):
        build()
