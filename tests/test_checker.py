"""The gradient checker: it catches every planted wrong rule, and raises no false alarm."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphflow as gf
from graphflow.graph import Elementwise, Operation
from graphflow.primitives import Spec
from graphflow.registry import RegisterGradient
from graphflow.testing import check_gradients
from graphflow.testing.differences import Line, estimate

RNG = np.random.default_rng(7)
X = np.array([[0.7, -1.3, 0.4], [1.9, -0.6, 2.2]])


def checked(op, *arrays, order=2, dtype=np.float64):
    """The report on an operation over placeholders `x0`, `x1`, ..."""
    xs = [gf.placeholder(a.shape, dtype=dtype, name=f"x{i}") for i, a in enumerate(arrays)]
    return check_gradients(op(*xs), xs, dict(zip(xs, arrays, strict=True)), order=order)


def assert_caught(report, name="x0", entry=None, order=1):
    """It fails for this input at this order, at an entry with two numbers and the user's line."""
    assert not report
    assert not report.ok
    found = [f for f in report.failures if f.x == name and f.order == order]
    assert found, str(report)
    assert found[0].x_line.startswith("test_checker.py:")
    assert found[0].y_line.startswith("test_checker.py:")
    assert name in str(report)
    if entry is not None:
        assert found[0].index == entry
        assert not abs(found[0].rule - found[0].differences) <= found[0].error
    return found[0]


# ---- planted faults: each operation below has a wrong rule ------------------------------------


class WrongSign(Elementwise):
    def compute(self, xp, x):
        return xp.cos(x)


@RegisterGradient("WrongSign")
def _wrong_sign_grad(op, grad):
    return grad * gf.sin(op.inputs[0])


def test_a_wrong_sign_is_caught():
    finding = assert_caught(checked(WrongSign, X), entry=(1, 0))
    assert finding.rule == pytest.approx(np.sin(1.9))
    assert finding.differences == pytest.approx(-np.sin(1.9))


class WrongFactor(Elementwise):
    attributes = ("factor",)

    def compute(self, xp, x):
        return xp.tanh(x)


@RegisterGradient("WrongFactor")
def _wrong_factor_grad(op, grad):
    return grad * (1 - op * op) * op.factor


@pytest.mark.parametrize("factor", [1.001, 1.0001])
@pytest.mark.parametrize("scale", [1e-8, 1e-4, 1.0])
def test_a_factor_close_to_one_is_caught_at_any_scale(factor, scale):
    assert checked(lambda x: WrongFactor(x, factor=1.0), scale * X)
    assert_caught(checked(lambda x: WrongFactor(x, factor=factor), scale * X))


def test_a_factor_is_caught_in_float32():
    assert checked(lambda x: WrongFactor(x, factor=1.0), X, dtype=np.float32)
    report = checked(lambda x: WrongFactor(x, factor=1.001), X, dtype=np.float32)
    assert_caught(report)


class DroppedTerm(Elementwise):
    def compute(self, xp, x, y):
        return x * y + xp.sin(x)


@RegisterGradient("DroppedTerm")
def _dropped_term_grad(op, grad):
    x, y = op.inputs
    return [grad * y, grad * x]


def test_a_dropped_term_is_caught():
    report = checked(DroppedTerm, X, X[::-1])
    assert_caught(report, "x0")
    assert not [f for f in report.failures if f.x == "x1" and f.order == 1]


class OneSlot(Elementwise):
    def compute(self, xp, x, y):
        return x * y


@RegisterGradient("OneSlot")
def _one_slot_grad(op, grad):
    x, y = op.inputs
    return [grad * y, None if x is y else grad * x]


def test_a_dropped_consumer_is_caught():
    assert checked(OneSlot, X, X + 1)
    assert_caught(checked(lambda x: OneSlot(x, x), X), entry=(1, 2))


class WrongProduct(Operation):
    attributes = ("fault",)

    def compute(self, xp, a, b):
        return xp.matmul(a, b)


@RegisterGradient("WrongProduct")
def _wrong_product_grad(op, grad):
    a, b = op.inputs
    right = [grad @ b.T, a.T @ grad]
    if op.fault == "transposed":
        return [grad @ b, a.T @ grad]
    return right[::-1] if op.fault == "swapped" else right


@pytest.mark.parametrize("fault", ["transposed", "swapped"])
def test_transposed_and_swapped_operands_are_caught(fault):
    square = RNG.normal(size=(3, 3)), RNG.normal(size=(3, 3))
    assert checked(lambda a, b: WrongProduct(a, b, fault=None), *square)
    assert_caught(checked(lambda a, b: WrongProduct(a, b, fault=fault), *square))


class AddRow(Operation):
    """A row added to every row of a matrix; not elementwise, so that its rule is on its own."""

    attributes = ("fault",)

    def infer(self, x, row):
        return Spec(x.shape, x.dtype)

    def compute(self, xp, x, row):
        return x + row * row


@RegisterGradient("AddRow")
def _add_row_grad(op, grad):
    _, row = op.inputs
    part = {
        "missing": lambda: grad[0],
        "averaged": lambda: grad.mean(axis=0),
        None: lambda: grad.sum(axis=0),
    }[op.fault]()
    return [grad, 2 * row * part]


@pytest.mark.parametrize("fault", ["missing", "averaged"])
def test_a_missing_or_averaged_unbroadcast_is_caught(fault):
    row = np.array([0.3, -0.8, 1.1])
    assert checked(lambda x, row: AddRow(x, row, fault=None), X, row)
    assert_caught(checked(lambda x, row: AddRow(x, row, fault=fault), X, row), "x1")


class Pick(Operation):
    """Entries of x by index; its rule keeps one write per entry."""

    attributes = ("places", "fault")

    def compute(self, xp, x):
        return x[np.array(self.places)]


class Put(Operation):
    attributes = ("places",)

    def infer(self, grad, x):
        return Spec(x.shape, grad.dtype)

    def compute(self, xp, grad, x):
        return xp.index_set(xp.zeros_like(x), (np.array(self.places),), grad)


gf.NotDifferentiable("Put")


@RegisterGradient("Pick")
def _pick_grad(op, grad):
    return Put(grad, op.inputs[0], places=op.places)


def test_an_overwritten_repeated_index_is_caught():
    x = np.array([0.5, 1.5, 2.5])
    assert checked(lambda x: Pick(x, places=(2, 0), fault=None), x, order=1)
    report = checked(lambda x: Pick(x, places=(2, 0, 2), fault=None), x, order=1)
    assert_caught(report, entry=(2,))


class NoneForLive(Elementwise):
    def compute(self, xp, x, y):
        return x * y


@RegisterGradient("NoneForLive")
def _none_for_live_grad(op, grad):
    return [grad * op.inputs[1], None]


def test_none_for_a_live_input_is_caught():
    assert_caught(checked(NoneForLive, X, X + 1), "x1", entry=(1, 2))


class WrongSecond(Elementwise):
    def compute(self, xp, x):
        return xp.exp(x)


@RegisterGradient("WrongSecond")
def _wrong_second_grad(op, grad):
    return grad * gf.stop_gradient(op)


class ConstantFirst(Elementwise):
    """Its gradient is right as a number and wrong as a function."""

    def compute(self, xp, x):
        return x * x * x


class ThreeSquares(Elementwise):
    def compute(self, xp, x):
        return 3 * x * x


@RegisterGradient("ConstantFirst")
def _constant_first_grad(op, grad):
    return grad * ThreeSquares(op.inputs[0])


@RegisterGradient("ThreeSquares")
def _three_squares_grad(op, grad):
    return grad * 3 * op.inputs[0]


def test_a_wrong_second_order_below_a_right_first_is_caught():
    report = checked(ConstantFirst, X)
    assert all(f.order == 2 for f in report.failures)
    assert_caught(report, entry=(1, 2), order=2)
    assert checked(ConstantFirst, X, order=1)


class Faulty(Elementwise):
    """sin, with a rule that is wrong by a tenth where `where` says so."""

    attributes = ("fault",)

    def compute(self, xp, x):
        return xp.sin(x)


@RegisterGradient("Faulty")
def _faulty_grad(op, grad):
    (x,) = op.inputs
    right = grad * gf.cos(x)
    return gf.where(FAULTS[op.fault](x), 1.1 * right, right)


def _one_hot(x, place):
    mask = np.zeros(x.shape, bool)
    mask[place] = True
    return gf.constant(mask)


FAULTS = {
    "one axis": lambda x: gf.constant(np.arange(x.shape[-1]) == 1),
    "one entry": lambda x: _one_hot(x, (0,) * len(x.shape)),
    "tail": lambda x: gf.abs(x) > 5,
    "negative": lambda x: x < 0,
    "size one": lambda x: gf.constant(x.shape == (1,)),
    "nowhere": lambda x: x > 1e300,
}


@pytest.mark.parametrize(
    ("fault", "x", "entry"),
    [
        ("one axis", X, None),
        ("one entry", X, (0, 0)),
        ("one entry", RNG.normal(size=(40, 50)), (0, 0)),
        ("tail", np.array([0.3, 7.1, -0.2]), (1,)),
        ("negative", np.array([0.3, -0.4, 2.0]), (1,)),
        ("size one", np.array([0.8]), (0,)),
    ],
)
def test_a_rule_wrong_in_one_place_is_caught_there(fault, x, entry):
    assert checked(lambda x: Faulty(x, fault="nowhere"), x)
    assert_caught(checked(lambda x: Faulty(x, fault=fault), x), entry=entry)


class NarrowOnly(Elementwise):
    attributes = ("fault",)

    def compute(self, xp, x):
        return xp.exp(x)


class NarrowFactor(Elementwise):
    """1 in float64; in float32 what is lost of it."""

    def compute(self, xp, x):
        return (x * 0 + 1e-5 + 1) if x.dtype == np.float64 else x * 0 + 1 + 1e-3


gf.NotDifferentiable("NarrowFactor")


@RegisterGradient("NarrowOnly")
def _narrow_only_grad(op, grad):
    factor = {"built": 1.001 if op.dtype == np.float32 else 1.0, None: 1.0}.get(op.fault)
    return grad * op * (NarrowFactor(op.inputs[0]) if factor is None else factor)


@pytest.mark.parametrize("fault", ["built", "computed"])
def test_a_rule_wrong_in_float32_only_is_caught(fault):
    def op(x):
        return NarrowOnly(x, fault=fault)

    assert checked(lambda x: NarrowOnly(x, fault=None), X, dtype=np.float32)
    assert_caught(checked(op, X, dtype=np.float32, order=1))
    if fault == "built":
        assert checked(op, X, order=1)


class NanRule(Elementwise):
    def compute(self, xp, x):
        return xp.sqrt(xp.absolute(x))


@RegisterGradient("NanRule")
def _nan_rule_grad(op, grad):
    (x,) = op.inputs
    return grad * gf.where(x < 0, np.nan, 0.5 / op)


def test_nan_equals_nothing():
    finding = assert_caught(checked(NanRule, np.array([0.5, -0.5])))
    assert np.isnan(finding.rule)
    assert finding.index == (1,)
    assert checked(NanRule, np.array([0.5, 1.5]))


class OtherKind(Operation):
    """The gradient it was handed, in another dtype or shape than it said."""

    attributes = ("fault",)

    def infer(self, grad):
        return Spec(grad.shape, grad.dtype)

    def compute(self, xp, grad):
        if self.fault == "dtype":
            return grad.astype(np.float32)
        return xp.expand_dims(grad, 0) if self.fault == "shape" else grad


gf.NotDifferentiable("OtherKind")


class PlusOne(Elementwise):
    attributes = ("fault",)

    def compute(self, xp, x):
        return x + 1


@RegisterGradient("PlusOne")
def _plus_one_grad(op, grad):
    return OtherKind(grad, fault=op.fault)


@pytest.mark.parametrize("fault", ["dtype", "shape"])
def test_a_gradient_of_another_dtype_or_shape_is_caught(fault):
    assert checked(lambda x: PlusOne(x, fault=None), X, order=1)
    report = checked(lambda x: PlusOne(x, fault=fault), X, order=1)
    assert f"its {fault} is" in assert_caught(report).reason


class BatchLoss(Operation):
    def compute(self, xp, x):
        return xp.mean(x * x)


@RegisterGradient("BatchLoss")
def _batch_loss_grad(op, grad):
    (x,) = op.inputs
    return grad * 2 * x / (x.size * x.shape[0])  # divided by the batch once more


def test_a_factor_of_the_batch_size_is_caught():
    finding = assert_caught(checked(BatchLoss, X))
    assert finding.differences / finding.rule == pytest.approx(2)


class Crooked(Elementwise):
    """Its rule is right for a gradient of one entry only."""

    def compute(self, xp, x):
        return x * x


@RegisterGradient("Crooked")
def _crooked_grad(op, grad):
    (x,) = op.inputs
    return grad * 2 * x * gf.abs(grad) / gf.sum(gf.abs(grad))


def test_a_rule_that_is_not_linear_in_the_gradient_is_caught():
    assert_caught(checked(Crooked, np.array([0.5, 1.5, -0.7]), order=1))


class Raising(Operation):
    def infer(self, grad):
        return Spec(grad.shape, grad.dtype)

    def compute(self, xp, grad):
        raise ValueError("no")


gf.NotDifferentiable("Raising")


class RaisingRule(Elementwise):
    def compute(self, xp, x):
        return x + 1


@RegisterGradient("RaisingRule")
def _raising_rule_grad(op, grad):
    return Raising(grad)


def test_a_gradient_that_raises_is_a_failure():
    assert "it raises" in assert_caught(checked(RaisingRule, X, order=1)).reason


def test_a_fault_deep_in_a_graph_is_caught_at_every_input_above_it():
    x, w = gf.placeholder((2, 3), name="x0"), gf.Variable(np.full((3, 2), 0.3), name="w")
    y = gf.sum(gf.square(WrongFactor(x @ w, factor=1.001)))
    report = check_gradients(y, [x, w], {x: X})
    assert {f.x for f in report.failures if f.order == 1} == {"x0", "w"}


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


# ---- inconclusive -----------------------------------------------------------------------------


def test_a_change_lost_in_rounding_is_inconclusive_not_right():
    report = checked(lambda x: x + 1e12, np.array([0.7]))
    assert not report
    assert not report.failures
    assert "not exact enough" in report.inconclusive[0].reason
    assert "undecided" in str(report)


def test_noise_is_inconclusive_not_right():
    report = checked(lambda x: gf.cast(gf.cast(x * 1e9, np.int64), np.float64), np.array([0.7]))
    assert not report


def test_an_output_that_is_not_finite_is_inconclusive():
    report = checked(gf.log, np.array([0.0, 1.0]))
    assert not report
    assert "not finite" in report.inconclusive[0].reason


def test_the_edge_of_a_domain_is_moved_off():
    assert checked(gf.sqrt, np.array([4.0, 0.0]), order=1).moved


# ---- what can be asked ------------------------------------------------------------------------


def test_inner_nodes_and_variables_are_inputs_too():
    x, w = gf.placeholder((None, 3), name="x"), gf.Variable([0.2, 0.3, -0.4], name="w")
    h = gf.tanh(x * w)
    report = check_gradients(gf.log(gf.softmax(h)), [x, h, w], {x: X})
    assert report, str(report)
    assert {row.x for row in report.rows} == {"x", "w", h.name}


def test_several_outputs_are_checked_each():
    x = gf.placeholder((3,), name="x0")
    report = check_gradients([gf.sin(x), WrongSign(x)], x, {x: [0.5, 1.0, 1.5]}, order=1)
    finding = assert_caught(report, entry=(2,))
    assert finding.output == (1, 2)


def test_random_draws_and_stopped_gradients_are_held_fixed():
    x = gf.placeholder((3,), name="x")
    y = x * gf.random.uniform((3,)) + x * gf.stop_gradient(gf.square(x))
    report = check_gradients(y, x, {x: [0.5, 1.0, 1.5]})
    assert report, str(report)


def test_values_of_variables_are_the_sessions():
    w = gf.Variable([1.0, 2.0], name="w")
    session = gf.Session()
    session.assign(w, [0.0, 2.0])
    assert not check_gradients(gf.relu(w), w).moved
    assert check_gradients(gf.relu(w), w, session=session).moved


def test_the_graph_and_the_session_are_left_as_they_were():
    with gf.Graph() as graph:
        x, w = gf.placeholder((3,), name="x"), gf.Variable([0.2, 0.3, -0.4], name="w")
        y = gf.sum(gf.tanh(x * w))
    session = gf.Session(graph)
    nodes = graph.nodes
    given = np.array([0.5, 0.0, 1.5])
    assert check_gradients(y, [x, w], {x: given}, session=session)
    assert all(a is b for a, b in zip(graph.nodes, nodes, strict=True))
    np.testing.assert_array_equal(session.run(w), [0.2, 0.3, -0.4])
    np.testing.assert_array_equal(given, [0.5, 0.0, 1.5])


def test_unknown_shapes_are_checked_as_fed():
    x = gf.placeholder(name="x")
    report = check_gradients(gf.sum(gf.exp(x), axis=0) * x, x, {x: X})
    assert report, str(report)


def test_nothing_to_compare_is_right():
    assert checked(gf.exp, np.zeros((0, 3)))
    assert checked(lambda x: gf.sum(x, axis=0), np.zeros((0, 3)))


def test_large_inputs_are_sampled():
    x = RNG.normal(size=(60, 70))
    report = checked(lambda x: gf.sum(gf.tanh(x), axis=1), x)
    assert report, str(report)
    assert sum(row.checked for row in report.rows) < 200 * 61


def test_the_same_question_gets_the_same_answer():
    assert str(checked(gf.softplus, X)).split() == str(checked(gf.softplus, X)).split()


@pytest.mark.parametrize(
    ("question", "error"),
    [
        (lambda x: check_gradients(gf.exp(x), 3.0, {x: X}), gf.DTypeError),
        (lambda x: check_gradients(gf.exp(x), [], {x: X}), ValueError),
        (lambda x: check_gradients(gf.exp(x), x, {x: X}, order=0), ValueError),
        (lambda x: check_gradients(gf.exp(x), x), gf.FeedError),
        (lambda x: check_gradients(x > 0, x, {x: X}), gf.DTypeError),
        (lambda x: check_gradients(gf.cast(x, np.complex128), x, {x: X}), gf.DTypeError),
    ],
)
def test_bad_questions_are_refused(question, error):
    with pytest.raises(error):
        question(gf.placeholder((2, 3)))


def test_a_report_prints_a_row_per_input_and_order():
    x = gf.placeholder((2,), name="x")
    report = check_gradients(gf.sum(gf.square(x)), x, {x: [1.0, 2.0]})
    lines = str(report).splitlines()
    assert lines[0] == "check_gradients: 2 gradients right"
    assert lines[1].split() == ["order", "input", "line", "entries", "worst", "error", "verdict"]
    assert [line.split()[0] for line in lines[2:]] == ["1", "2"]
    assert 0 <= report.worst < 1e-6
    assert repr(report) == str(report)
