"""How the tests of the gradient checker ask it, and what they expect of a failure."""

import numpy as np

import graphflow as gf
from graphflow.graph import Elementwise
from graphflow.registry import RegisterGradient
from graphflow.testing import check_gradients

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
    assert found[0].x_line.startswith(("test_checker", "checking.py:"))
    assert found[0].y_line.startswith(("test_checker", "checking.py:"))
    assert name in str(report)
    if entry is not None:
        assert found[0].index == entry
        assert not abs(found[0].rule - found[0].differences) <= found[0].error
    return found[0]


class WrongSign(Elementwise):
    def compute(self, xp, x):
        return xp.cos(x)


@RegisterGradient("WrongSign")
def _wrong_sign_grad(op, grad):
    return grad * gf.sin(op.inputs[0])
