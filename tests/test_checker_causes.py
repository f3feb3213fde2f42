"""A report on a wrong gradient names the operation, its line, and the likely mistake."""

import os

import numpy as np
import pytest
from checking import WrongSign, X, checked
from test_checker import (
    AddRow,
    BatchLoss,
    ConstantFirst,
    Crooked,
    DroppedTerm,
    NoneForLive,
    OneSlot,
    Pick,
    PlusOne,
    RaisingRule,
    WrongFactor,
    WrongProduct,
)
from test_checker_places import Faulty, NanRule, NarrowOnly

import graphflow as gf
from graphflow.graph import Elementwise, Operation
from graphflow.registry import RegisterGradient
from graphflow.testing import check_gradients

RNG = np.random.default_rng(11)
SQUARE = RNG.normal(size=(3, 3)), RNG.normal(size=(3, 3))
ROW = np.array([0.3, -0.8, 1.1])
TALL = RNG.normal(size=(7, 3))


class HalfSigmoid(Elementwise):
    """The sigmoid, with a rule that forgets one of its two factors."""

    def compute(self, xp, x):
        return 1 / (1 + xp.exp(-x))


@RegisterGradient("HalfSigmoid")
def _half_sigmoid_grad(op, grad):
    return grad * (1 - op)


class Deaf(Operation):
    """A sum of squares, with a rule that does not use the gradient it is handed."""

    def compute(self, xp, x):
        return xp.sum(x * x)


@RegisterGradient("Deaf")
def _deaf_grad(op, grad):
    return 2 * op.inputs[0]


class Twisted(Operation):
    def compute(self, xp, x):
        return xp.transpose(x)


@RegisterGradient("Twisted")
def _twisted_grad(op, grad):
    return grad


CAUSES = {
    "sign": (WrongSign, [X], "the sign"),
    "factor": (lambda x: WrongFactor(x, factor=1.001), [X], "a factor of 1.001"),
    "twice": (lambda x: WrongFactor(x, factor=2.0), [TALL], "a factor of 2"),
    "batch": (BatchLoss, [TALL], "a factor of 1/7, the size of axis 0 of the input"),
    "term": (DroppedTerm, [X, X[::-1]], "a term is missing or wrong"),
    "use": (lambda x: OneSlot(x, x), [X], "only 1 of 2 uses of the input counted"),
    "transposed": (
        lambda a, b: WrongProduct(a, b, fault="transposed"),
        SQUARE,
        "the operand 'x1' is to be transposed",
    ),
    "transposed gradient": (Twisted, [SQUARE[0]], "the gradient is transposed"),
    "swapped": (lambda a, b: WrongProduct(a, b, fault="swapped"), SQUARE, "inputs swapped"),
    "missing sum": (lambda x, row: AddRow(x, row, fault="missing"), [TALL, ROW], "a missing sum"),
    "averaged": (
        lambda x, row: AddRow(x, row, fault="averaged"),
        [TALL, ROW],
        "a factor of 1/7: averaged over where it is broadcast",
    ),
    "repeated": (lambda x: Pick(x, places=(2, 0, 2), fault=None), [ROW], "a write overwritten"),
    "none": (NoneForLive, [X, X + 1], "nothing for this input"),
    "missing factor": (HalfSigmoid, [X], "a factor is missing: the output"),
    "second order": (ConstantFirst, [TALL], "a factor of 1/2; right at first order"),
    "not linear": (Crooked, [ROW], "not linear in the gradient that arrives"),
    "deaf": (Deaf, [ROW], "the gradient that arrives is not used"),
    "tails": (lambda x: Faulty(x, fault="tail"), [np.array([0.3, 7.1, -6.2, 0.4])], "in the tails"),
    "negative": (lambda x: Faulty(x, fault="negative"), [TALL], "where the input is negative"),
    "column": (lambda x: Faulty(x, fault="one axis"), [TALL], "at index 1 of axis 1"),
    "entry": (lambda x: Faulty(x, fault="one entry"), [abs(TALL)], "at one entry of 21"),
    "nan": (NanRule, [np.array([0.5, -0.5])], "NaN or infinity"),
    "shape": (lambda x: PlusOne(x, fault="shape"), [X], ""),
    "dtype": (lambda x: PlusOne(x, fault="dtype"), [X], ""),
    "raises": (RaisingRule, [X], ""),
}
FIRST_ONLY = {"repeated", "shape", "dtype", "raises", "not linear"}
NAMES = {"second order": "ThreeSquares"}  # where it is not the operation that was called


def plan(op, arrays):
    xs = [gf.placeholder(a.shape, name=f"x{i}") for i, a in enumerate(arrays)]
    return op(*xs), xs, dict(zip(xs, arrays, strict=True))


@pytest.mark.parametrize("name", CAUSES)
def test_the_cause_and_the_operation_are_named(name):
    op, arrays, says = CAUSES[name]
    y, xs, feeds = plan(op, arrays)
    report = check_gradients(y, xs, feeds, order=1 if name in FIRST_ONLY else 2)
    finding = report.failures[0]
    assert says in finding.cause, str(finding)
    assert finding.op == NAMES.get(name, type(y).__name__)
    assert finding.op_line == str(y.origin)
    assert str(finding).endswith(f"the rule of {finding.op} ({finding.op_line})")


DEEP = os.environ.get("GRAPHFLOW_DEEP") == "1"
WITHIN = [name for name in CAUSES if name != "dtype"]  # which goes on as float64


@pytest.mark.parametrize("name", WITHIN if DEEP else WITHIN[::2])
def test_the_operation_is_named_from_deep_within_a_model(name):
    op, arrays, _ = CAUSES[name]
    xs = [gf.placeholder(a.shape, name=f"x{i}") for i, a in enumerate(arrays)]
    hidden = [x + 0.1 * gf.sin(x) for x in xs]
    y = gf.sum(gf.square(op(*hidden) + 0.3)) * 2.0
    report = check_gradients(
        y, xs, dict(zip(xs, arrays, strict=True)), order=1 if name in FIRST_ONLY else 2
    )
    kinds = {finding.op for finding in report.failures if finding.op}
    assert kinds == {NAMES.get(name, type(op(*xs)).__name__)}, str(report)
    assert all(finding.op_line.startswith("test_checker") for finding in report.failures)


def test_a_rule_that_is_wrong_in_float32_only_is_named():
    x = gf.placeholder(X.shape, np.float32, name="x0")
    y = gf.exp(gf.sin(NarrowOnly(x, fault="computed")) * 0.1)
    finding = check_gradients(y, x, {x: X}, order=1).failures[-1]
    assert finding.op == "NarrowOnly"
    assert "float32 only" in finding.cause or "a factor of" in finding.cause


def test_a_kink_is_given_as_the_cause():
    report = checked(gf.relu, np.array([0.0, 1.0]))
    assert report.moved[0].cause == "a kink"


def test_a_right_gradient_has_nobody_to_blame():
    report = checked(lambda a, b: WrongProduct(a, b, fault=None), *SQUARE)
    assert report
    assert "likely" not in str(report)


def test_a_cause_is_sought_in_numbers_of_any_size_without_a_warning():
    class Uneven(Elementwise):
        def compute(self, xp, x):
            return x * 3.0

    @RegisterGradient(Uneven)
    def _uneven_grad(op, grad):
        return grad * (3.0 + gf.tanh(op.inputs[0] * 1e-200))

    assert checked(Uneven, np.array([1e200, -2e200, 5e199]), order=1).failures[0].op == "Uneven"
