"""The gradient checker raises no false alarm, and says so when it cannot tell."""

import numpy as np
import pytest
from checking import assert_caught, checked
from hypothesis import given
from hypothesis import strategies as st

import graphflow as gf
from graphflow.graph import Elementwise, Operation
from graphflow.registry import RegisterGradient
from graphflow.testing.differences import Line, estimate
from graphflow.testing.subject import Subject

RNG = np.random.default_rng(7)


# ---- differences ------------------------------------------------------------------------------

KNOWN = {
    "sin": (np.sin, np.cos),
    "exp": (np.exp, np.exp),
    "log": (np.log, np.reciprocal),
    "cube": (lambda x: x**3, lambda x: 3 * x**2),
    "tanh": (np.tanh, lambda x: 1 / np.cosh(x) ** 2),
    "reciprocal": (np.reciprocal, lambda x: -1 / x**2),
    "shifted": (lambda x: x + 5, lambda x: 1.0),
    "cancelling": (lambda x: x - np.tanh(x), lambda x: np.tanh(x) ** 2),
}


@pytest.mark.parametrize("name", KNOWN)
@given(x=st.floats(1e-3, 300), sign=st.sampled_from([1, -1]), wrong=st.floats(-1e-3, 1e-3))
def test_a_derivative_lies_within_the_error_of_its_estimate(name, x, sign, wrong):
    function, derivative = KNOWN[name]
    x = x if name == "log" else sign * x
    scale = 2.0 ** round(np.log2(abs(x)))
    line = Line(
        lambda t: np.array([function(x + t * scale)]),
        np.ones((1, 1)),
        eps=2.0**-52,
        smallest=2.0**-49,
        largest=max(1.0, 1 / scale) / 2,
    )
    with np.errstate(all="ignore"):
        true = derivative(x) * scale
        found = estimate(line, np.array([true * (1 + wrong)]))
        if np.isfinite(found.value[0]):
            assert abs(found.value[0] - true) <= found.error[0]


# ---- no false alarms --------------------------------------------------------------------------

SMOOTH = {
    "sin": gf.sin,
    "tanh": gf.tanh,
    "sigmoid": gf.sigmoid,
    "softplus": gf.softplus,
    "square": gf.square,
    "log of 1 + x**2": lambda x: gf.log1p(gf.square(x)),
    "arctan": gf.arctan,
    "a sum": lambda x: gf.sum(x) + 5.0,
    "a norm": lambda x: gf.sqrt(gf.sum(gf.square(x))),
    "a product": lambda x: x * x[::-1],
}


@pytest.mark.parametrize("scale", [1e-8, 1e-3, 1.0, 1e3, 1e8])
@pytest.mark.parametrize("name", SMOOTH)
def test_right_rules_pass_whatever_the_scale_of_the_input(name, scale):
    x = scale * np.array([0.7, -1.3, 0.4, 2.1])
    report = checked(SMOOTH[name], x)
    assert report, str(report)


@pytest.mark.parametrize("name", ["square", "a norm", "tanh"])
def test_entries_of_very_different_scales_pass_together(name):
    report = checked(SMOOTH[name], np.array([1e-8, 0.5, -30.0, 1e5]))
    assert report, str(report)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("name", SMOOTH)
def test_right_rules_pass_in_short_floats(name, dtype):
    report = checked(SMOOTH[name], np.array([0.7, -1.3, 0.4, 2.1]), dtype=dtype)
    assert report, str(report)


KINKS = {
    "relu": (gf.relu, [0.0, 1.0, -1.0, 0.0]),
    "abs": (gf.abs, [0.0, 1.0, -1.0, 0.0]),
    "maximum of equals": (lambda x: gf.maximum(x, x[::-1]), [1.0, 2.0, 2.0, 1.0]),
    "max of equals": (gf.max, [3.0, 3.0, 1.0, 3.0]),
    "clip at its bounds": (lambda x: gf.clip(x, -1.0, 1.0), [1.0, 0.5, -1.0, 2.0]),
    "floor at integers": (lambda x: gf.floor(x) * x, [0.0, 1.0, -2.0, 12.0]),
    "sign": (lambda x: gf.sign(x) * x, [0.0, 1.0, -2.0, 12.0]),
    "norm at zero": (lambda x: gf.sqrt(gf.sum(gf.square(x))), [0.0, 0.0, 0.0]),
    "hinge beside its corner": (lambda x: gf.maximum(0.0, 1 - x), [1 + 1e-12, 1 - 1e-12, 0.5]),
}


@pytest.mark.parametrize("name", KINKS)
def test_a_kink_is_reported_and_judged_beside_it(name):
    op, x = KINKS[name]
    report = checked(op, np.array(x))
    assert report, str(report)
    assert report.moved
    assert "kink" in report.moved[0].reason
    assert "moved: d" in str(report)


def test_a_wrong_rule_is_caught_beside_a_kink():
    class WrongAbs(Elementwise):
        def compute(self, xp, x):
            return xp.absolute(x)

    @RegisterGradient(WrongAbs)
    def _wrong_abs_grad(op, grad):
        return grad * 0

    assert_caught(checked(WrongAbs, np.array([0.0])))


def test_nan_at_a_kink_is_a_failure():
    class NanNorm(Operation):
        def compute(self, xp, x):
            return xp.sqrt(xp.sum(x * x))

    @RegisterGradient(NanNorm)
    def _nan_norm_grad(op, grad):
        return grad * op.inputs[0] / op

    assert checked(NanNorm, np.array([0.3, 0.4]))
    assert "not finite at a kink" in assert_caught(checked(NanNorm, np.zeros(2))).reason


def test_an_infinite_slope_on_both_sides_is_a_kink():
    report = checked(gf.cbrt, np.array([0.0, 1.0, 0.5]), order=1)
    assert report, str(report)
    assert report.moved


def test_where_a_run_refuses_the_gradient_it_is_judged_beside():
    def vectors(x):
        return gf.linalg.eigh(x)[1]

    report = checked(vectors, np.eye(2))
    assert report, str(report)
    assert "refused" in report.moved[0].reason


def test_a_sum_that_rounds_by_more_than_it_seems_is_no_alarm():
    report = checked(lambda x: gf.mean(gf.tanh(x)), np.array([-220.0, 146.0]))  # of -1 and 1
    assert report, str(report)


def _lost_beside_large_terms(x):
    e = gf.exp(x)
    return e * (e - e) + e  # 1 + 0 + e - e


def _lost_beside_a_usual_term(x):
    t = 3 * x
    u = 1 - t
    return gf.mean(t) + gf.mean(u) + gf.sum(u / (1 + gf.square(u)))


@pytest.mark.parametrize(
    ("function", "x", "dtype"),
    [
        (_lost_beside_large_terms, [40.0], np.float64),
        (_lost_beside_a_usual_term, [-22619.871, -14837.797], np.float32),
    ],
)
def test_a_gradient_whose_terms_cancel_in_the_rules_is_no_alarm(function, x, dtype):
    report = checked(function, np.array(x), dtype=dtype, order=1)
    assert not report.failures, str(report)


# ---- inconclusive -----------------------------------------------------------------------------


def test_a_kink_below_rounding_is_inconclusive():
    x = np.array([[-1.2380909, 0.83829719, 0.42362294], [-0.59440178, 1.5221814, -9.5188763e-4]])
    report = checked(lambda x: gf.abs(x) + 1.9338e10, x, order=1)  # differences -0.036 +- 0.1
    assert not report
    assert not report.failures


def test_a_gradient_that_rounding_in_the_rules_hides_is_inconclusive_not_right():
    report = checked(_lost_beside_large_terms, np.array([40.0]), order=1)
    assert not report
    assert not report.failures


def test_a_change_lost_in_rounding_is_inconclusive_not_right():
    report = checked(lambda x: gf.abs(x) + 1e12, np.array([0.7]))
    assert not report
    assert not report.failures
    assert "not exact enough" in report.inconclusive[0].reason
    assert "undecided" in str(report)


class Nearly(Elementwise):
    """A sine, whose rule is wrong by a factor of 1.0001."""

    def compute(self, xp, x):
        return xp.sin(x)


@RegisterGradient(Nearly)
def _nearly_grad(op, grad):
    return grad * 1.0001 * gf.cos(op.inputs[0])


def test_a_change_lost_in_rounding_is_judged_by_a_complex_step():
    assert checked(lambda x: gf.sin(x) + 1e12, np.array([0.7]))
    found = assert_caught(checked(lambda x: Nearly(x) + 1e12, np.array([0.7])), entry=(0,))
    assert found.differences == pytest.approx(np.cos(0.7), rel=1e-12)
    assert found.op == "Nearly"


@pytest.mark.parametrize(("factor", "believed"), [(1.0, True), (2.0, False)])
def test_complex_steps_are_believed_if_differences_agree_elsewhere(factor, believed, monkeypatch):
    def slopes(subject, place, value, direction):
        return factor * direction

    monkeypatch.setattr(Subject, "complex_slopes", slopes)
    report = checked(lambda x: gf.abs(x) + np.array([0.0, 1e12]), np.array([0.7, 0.7]), order=1)
    assert bool(report) is believed
    assert not report.failures


def test_noise_is_inconclusive_not_right():
    report = checked(lambda x: gf.cast(gf.cast(x * 1e9, np.int64), np.float64), np.array([0.7]))
    assert not report


def test_an_output_that_is_not_finite_is_inconclusive():
    report = checked(gf.log, np.array([0.0, 1.0]))
    assert not report
    assert "not finite" in report.inconclusive[0].reason


@pytest.mark.parametrize(("x", "dtype"), [(1e-200, np.float64), (1e-30, np.float32)])
def test_rules_that_overflow_far_out_are_inconclusive(x, dtype):
    report = checked(lambda x: x / (2 * x), np.array([x, 3 * x]), dtype=dtype)
    assert not report
    assert not report.failures
    assert "overflow" in report.inconclusive[0].reason


def test_a_gradient_of_what_is_a_rounding_error_in_float32_is_inconclusive():
    def product(x):  # 2e-7 by rounding, 4e-11 in truth
        u = x + 5 * gf.arctan(gf.ones_like(x)) - 5 * np.pi / 4
        return gf.prod(gf.stack([u, u, u])) * 1e4

    report = checked(product, np.array(3.5655e-11), dtype=np.float32, order=1)
    assert not report
    assert not report.failures
    assert "rounding errors" in report.inconclusive[0].reason


def test_terms_that_overflow_beside_an_output_near_the_largest_float_are_inconclusive():
    def product(x):
        a = gf.reduce_sum(gf.log_softmax(x)) * 7e8
        return gf.prod(gf.stack([a, a, a, a]))

    report = checked(product, np.array([0.067, -0.115, -0.145, 0.04]), dtype=np.float32, order=1)
    assert not report
    assert not report.failures
    assert "in float32 it overflows" in report.inconclusive[0].reason


def test_infinities_of_both_precisions_beside_each_other_do_not_warn():
    report = checked(gf.exp, np.array([800.0, 100.0]), dtype=np.float32, order=1)
    assert not report
    assert not report.failures


def test_rules_that_overflow_where_numbers_are_usual_fail():
    class Logistic(Elementwise):
        def compute(self, xp, x):
            return xp.divide(1, 1 + xp.exp(-x))

    @RegisterGradient(Logistic)
    def _logistic_grad(op, grad):
        e = gf.exp(-op.inputs[0])
        return grad * e / ((1 + e) * (1 + e))

    assert_caught(checked(Logistic, np.array([1.0, -800.0])), entry=(1,))


def test_the_edge_of_a_domain_is_moved_off():
    assert checked(gf.sqrt, np.array([4.0, 0.0]), order=1).moved


def test_a_point_as_small_as_its_steps_is_judged_without_a_warning():
    x = gf.placeholder((1,), name="x")
    report = gf.testing.check_gradients(gf.special.yn(2, x), x, {x: np.array([6.5e-84])})
    assert not report.failures
    assert "too far out" in str(report)
