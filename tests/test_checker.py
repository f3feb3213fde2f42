"""The gradient checker catches every planted wrong rule."""

import numpy as np
import pytest
from checking import WrongSign, X, assert_caught, checked

import graphflow as gf
from graphflow.graph import Elementwise, Operation
from graphflow.primitives import Spec
from graphflow.registry import RegisterGradient
from graphflow.testing import check_gradients

RNG = np.random.default_rng(7)


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
