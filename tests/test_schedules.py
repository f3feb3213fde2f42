"""Schedules are their formulas, on numbers, on arrays and on nodes."""

import math

import numpy as np
import pytest

import graphflow as gf

S = gf.schedules
K = np.arange(60)


def one_cycle(k, peak=0.5, total=40):
    """Two half cosines, as PyTorch's OneCycleLR has them."""
    top, start = 0.3 * total - 1, peak / 25
    a, b, part = (start, peak, k / top) if k <= top else (peak, start / 1e4, (k - top) / (39 - top))
    return b + (a - b) / 2 * (1 + math.cos(math.pi * min(part, 1)))


SCHEDULES = [
    (S.exponential(0.075, 0.998, first=1), lambda k: 0.075 * 0.998 ** (k + 1)),
    (S.exponential(0.1, 0.5, 10), lambda k: 0.1 * 0.5 ** (k / 10)),
    (S.exponential(0.1, 0.5, 10, staircase=True), lambda k: 0.1 * 0.5 ** (k // 10)),
    (S.cosine(0.1, 40, final=0.02),
     lambda k: 0.02 + 0.04 * (1 + math.cos(math.pi * min(k, 40) / 40))),
    (S.polynomial(0.1, 40, final=0.02, power=2.0), lambda k: 0.02 + 0.08 * max(0, 1 - k / 40) ** 2),
    (S.piecewise([10, 25], [0.1, 0.01, 0.3]),
     lambda k: 0.1 if k < 10 else 0.01 if k < 25 else 0.3),
    (S.warm_up(0.1, 8, start=0.02), lambda k: 0.02 + 0.01 * min(k, 8)),
    (S.warm_up(S.exponential(0.1, 0.5), 8), lambda k: k / 80 if k < 8 else 0.1 * 0.5 ** (k - 8)),
    (S.one_cycle(0.5, 40), one_cycle),
]  # fmt: skip


NAMES = [repr(schedule)[13:26] for schedule, _ in SCHEDULES]


@pytest.mark.parametrize(("schedule", "formula"), SCHEDULES, ids=NAMES)
def test_a_schedule_is_its_formula(schedule, formula):
    wanted = [formula(int(k)) for k in K]
    assert isinstance(schedule(3), float)
    np.testing.assert_allclose([schedule(int(k)) for k in K], wanted, rtol=1e-14)
    np.testing.assert_allclose(schedule(K), wanted, rtol=1e-14)
    step = gf.placeholder(())
    run = gf.Session().make_callable(schedule(step), [step])
    np.testing.assert_allclose([run(float(k)) for k in K], wanted, rtol=1e-14)


@pytest.mark.parametrize(("schedule", "formula"), SCHEDULES, ids=NAMES)
def test_an_optimizer_steps_by_its_schedule(schedule, formula):
    w = gf.Variable(0.0)
    step = gf.GradientDescentOptimizer(schedule).minimize(-w)
    session = gf.Session()
    values = [session.run([w, step])[0] for _ in range(len(K))]
    np.testing.assert_allclose(np.diff(values), [formula(int(k)) for k in K[:-1]], atol=1e-14)


def test_a_warm_up_ends_and_a_cycle_peaks_exactly():
    assert S.warm_up(0.1, 8)(8) == 0.1
    assert S.one_cycle(0.5, 11, warm_up_share=6 / 11)(5) == 0.5
    assert S.cosine(0.1, 40, final=0.02)(99) == 0.02


def test_a_schedule_says_what_it_is():
    assert repr(S.warm_up(S.cosine(0.1, 40), 8)) == (
        "gf.schedules.warm_up(gf.schedules.cosine(0.1, 40, final=0.0), 8, start=0.0)"
    )


@pytest.mark.parametrize(
    ("build", "kind", "text"),
    [
        (lambda: S.cosine(0.1, 0), ValueError, "cosine: a number of steps above 0"),
        (lambda: S.warm_up(0.1, "8"), gf.DTypeError, "warm_up: a number of steps"),
        (lambda: S.piecewise([1, 2], [0.1, 0.2]), ValueError, "2 boundaries for 2 values"),
        (lambda: S.piecewise([2, 1], [0.1, 0.2, 0.3]), ValueError, "do not rise"),
        (lambda: S.one_cycle(0.1, 2), ValueError, "no warm-up within 2 steps"),
    ],
)
def test_bad_schedules_are_refused(build, kind, text):
    with pytest.raises(kind, match=text):
        build()
