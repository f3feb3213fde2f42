"""A factor of 1.0001 in the gradient rule of any operation of the library is caught and named."""

import os
from itertools import islice

import numpy as np
import pytest
from cases import CASES

import graphflow as gf
from graphflow import registry
from graphflow.registry import is_differentiable, operations
from graphflow.testing import check_gradients

DEEP = os.environ.get("GRAPHFLOW_DEEP") == "1"
ROWS = {case.op: case for case in reversed(CASES) if is_differentiable(operations()[case.op])}
NO_SLOPE = {  # whose gradient is zero everywhere, stopped or refused
    "StopGradient", "GammaSlope", "Sign", "Floor", "Ceil", "Trunc", "Rint", "ZerosLike", "OnesLike",
}  # fmt: skip
OF_UNKNOWN_SHAPES = {  # with known ones they are other operations
    "AsMatrix", "BroadcastLike", "ConcatenatePart", "ReshapeLike", "SameShape", "SumTo",
}  # fmt: skip


def scaled(rule, factor):
    """The rule with all that it gives multiplied by a factor."""

    def wrong(op, grad):
        given = rule(op, grad)
        parts = given if isinstance(given, list | tuple) else [given]
        return [None if part is None else part * factor for part in parts]

    return wrong


def reports(name, order=1):
    """Checks of some trials of the operation's row, each in a graph of its own."""
    case, cls = ROWS[name], operations()[name]
    trials = (t for t in case.trials() if np.size(t.arrays()[0]) and t.dtype is case.dtypes[0])
    for trial in islice(trials, None if DEEP else 1):
        arrays = trial.arrays()
        shapes = [None if name in OF_UNKNOWN_SHAPES else a.shape for a in arrays]
        pairs = enumerate(zip(arrays, shapes, strict=True))
        xs = [gf.placeholder(shape, dtype=a.dtype, name=f"x{i}") for i, (a, shape) in pairs]
        named = len(xs) == len(cls.operands)
        refused = (
            [operand in cls.refused for operand in cls.operands] if named else [False] * len(xs)
        )
        wrt = [x for x, no in zip(xs, refused, strict=True) if x.dtype.kind == "f" and not no]
        y = case.build(*xs, **trial.options)
        yield check_gradients(y, wrt, dict(zip(xs, arrays, strict=True)), order=order)


RULES = sorted(set(ROWS) - NO_SLOPE)


@pytest.mark.parametrize("factor", [1 + 1e-4, 1 - 1e-4] if DEEP else [1 + 1e-4])
@pytest.mark.parametrize("name", RULES if DEEP else RULES[::12])
def test_a_factor_near_one_in_any_rule_is_caught_and_its_operation_named(name, factor, monkeypatch):
    cls = operations()[name]
    entry = registry._rules[cls]
    monkeypatch.setitem(registry._rules, cls, entry._replace(rule=scaled(entry.rule, factor)))
    blamed = {finding.op for report in reports(name) for finding in report.failures}
    assert blamed == {name}
