"""The gradient checker finds faults at single places, in one precision, and NaN."""

import numpy as np
import pytest
from checking import X, assert_caught, checked

import graphflow as gf
from graphflow.graph import Elementwise
from graphflow.registry import RegisterGradient

RNG = np.random.default_rng(7)


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
