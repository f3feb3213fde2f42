"""Derivatives of first, second and third order beside those of HIPS autograd, on the same calls."""

import warnings

import autograd
import autograd.numpy
import numpy as np
import pytest
from numpy_calls import VALUES, Call, calls

import graphflow as gf

ORDERS = 3
# What autograd does not have, or has wrong: each is held by differences in test_numpy_calls.
THEIRS = (
    AssertionError, AttributeError, IndexError, KeyError, NotImplementedError, RuntimeError,
    TypeError, ValueError,
)  # fmt: skip


def along_a_line(call: Call, namespace):
    """The call's outputs, weighed, as a function of one number: the way along a direction."""
    rng = np.random.default_rng(4)
    ways = {name: rng.normal(size=np.shape(VALUES[name])) for name in call.names}

    def value(t):
        moved = {name: VALUES[name] + t * way for name, way in ways.items()}
        y = eval(call.text, {"np": namespace}, VALUES | moved)
        weights = np.cos(1.0 + np.arange(np.prod(np.shape(y), dtype=int))).reshape(np.shape(y))
        return namespace.sum(y * weights)

    return value


def derivatives(grad, value):
    found = []
    for _ in range(ORDERS):
        value = grad(value)
        found.append(float(value(0.0)))
    return found


SMOOTH = [call for call in calls() if not call.remark and call.names]


@pytest.mark.parametrize("call", SMOOTH, ids=lambda call: call.text)
def test_three_derivatives_are_autograds(call: Call):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            theirs = derivatives(autograd.grad, along_a_line(call, autograd.numpy))
        except THEIRS:
            return
        if not np.isfinite(theirs).all():
            return
        ours = derivatives(gf.grad, along_a_line(call, np))
    scale = max(map(abs, theirs))
    np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-9 * scale)


def test_many_were_compared():
    done = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for call in SMOOTH:
            try:
                autograd.grad(along_a_line(call, autograd.numpy))(0.0)
                done += 1
            except THEIRS:
                pass
    assert done > 180
