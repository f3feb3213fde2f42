"""check_op passes what is right and finds what is wrong with an operation, of whatever kind."""

import numpy as np
import pytest

import graphflow as gf
from graphflow.errors import DTypeError, RegistrationError, ShapeError
from graphflow.graph import Elementwise, Operation
from graphflow.primitives import Spec
from graphflow.registry import NotDifferentiable, RegisterGradient
from graphflow.testing import check_op


class LogQuotient(Elementwise):
    def compute(self, xp, x, y):
        return xp.log(x) / y


@RegisterGradient("LogQuotient")
def _log_ratio_grad(op, grad):
    x, y = op.inputs
    return [grad / (x * y), -grad * op / y]


class SquaredLength(Operation):
    attributes = ("axis", "keepdims")

    def compute(self, xp, x):
        return xp.sum(x * x, axis=self.axis, keepdims=self.keepdims)


@RegisterGradient("SquaredLength")
def _squared_length_grad(op, grad):
    if op.axis is not None and not op.keepdims:
        grad = gf.expand_dims(grad, op.axis)
    return 2 * op.inputs[0] * grad


def squared_length(x, axis=None, name=None):
    """The sum of the squares along an axis."""
    return SquaredLength(x, axis=axis, keepdims=False, name=name)


class Scaled(Elementwise):
    attributes = ("factor",)

    def compute(self, xp, x):
        return x * self.factor


@RegisterGradient("Scaled")
def _scaled_grad(op, grad):
    return grad * op.factor


class Rounded(Elementwise):
    def compute(self, xp, x):
        return xp.rint(x)


NotDifferentiable("Rounded")


@pytest.mark.parametrize(
    "own", [LogQuotient, "LogQuotient", SquaredLength, squared_length, Rounded]
)
def test_a_right_operation_passes(own):
    report = check_op(own)
    assert report, str(report)
    assert str(report).startswith("check_op ")


def test_domains_shapes_and_attributes_can_be_given():
    assert check_op(LogQuotient, domains=[(1, 2), (-3, -1)], shapes=[((2, 2), (2, 1))])
    report = check_op(Scaled, attributes=[{"factor": 2.0}, {"factor": -0.5}])
    assert report, str(report)
    with pytest.raises(DTypeError, match=r"'factor' of Scaled\ncheck_op\(Scaled, attributes="):
        check_op(Scaled)


LIBRARY = ["Log", "Hypot", "Matmul", "Softmax", "Max", "Where", "Inv", "Equal"]


@pytest.mark.parametrize("name", LIBRARY)
def test_operations_of_the_library_pass_on_their_own_domains(name):
    report = check_op(name)
    assert report, str(report)


def operation(compute, rule, base=Elementwise, **more):
    """An operation made here, with its rule."""
    cls = type("Made", (base,), {"compute": compute, "__module__": __name__, **more})
    RegisterGradient(cls)(rule)
    return cls


def product(self, xp, x, y):
    return x * y


def wrong(what):
    """An operation with one thing wrong, and what the report says of it."""
    if what == "sign":
        return operation(lambda self, xp, x: xp.sin(x), lambda op, g: -g * gf.cos(op.inputs[0]))
    if what == "swapped":
        return operation(product, lambda op, g: [g * op.inputs[0], g * op.inputs[1]])
    if what == "twice":  # right but where both operands are one node

        def rule(op, g):
            x, y = op.inputs
            return [g * y, 0 * g if x is y else g * x]

        return operation(product, rule)
    if what == "second order":
        return operation(
            lambda self, xp, x: xp.sin(x), lambda op, g: g * gf.stop_gradient(gf.cos(op.inputs[0]))
        )
    if what == "dtype":
        return operation(
            lambda self, xp, x: xp.sin(x), lambda op, g: g * gf.cos(op.inputs[0]), infer=as_double
        )
    if what == "shape":
        return operation(
            lambda self, xp, x: xp.sum(x), lambda op, g: g, Operation, infer=lambda self, x: x
        )
    assert what == "not linear"
    return operation(
        lambda self, xp, x: xp.sin(x), lambda op, g: g * gf.abs(g) * gf.cos(op.inputs[0])
    )


def as_double(self, x):
    return Spec(x.shape, np.dtype(np.float64))


FOUND = {
    "sign": "the sign",
    "swapped": "inputs swapped",
    "twice": "only 1 of 2 uses",
    "second order": "d^2 ",
    "dtype": "the value is float32, inferred was float64",
    "shape": "inferred (2, 3)",
    "not linear": "jvp and vjp disagree",
}


@pytest.mark.parametrize("what", FOUND)
def test_what_is_wrong_is_found_and_said(what):
    report = check_op(wrong(what))
    assert not report
    assert any(FOUND[what] in str(finding) for finding in report.failures), str(report)


def test_what_cannot_be_checked_is_refused():
    class WithoutRule(Elementwise):
        def compute(self, xp, x):
            return xp.sin(x)

    with pytest.raises(RegistrationError, match="'WithoutRule' has no gradient rule"):
        check_op(WithoutRule)
    with pytest.raises(RegistrationError, match="check_op: 3 is not an operation"):
        check_op(3)
    with pytest.raises(ShapeError, match="takes no operands of the shapes tried"):
        check_op(LogQuotient, shapes=[((2,), (3,))])
