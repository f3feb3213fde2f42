"""Every operation's row, values and gradients, on JAX against NumPy: a compilation for six rows.

By default a row is tried on its first shapes in its first dtype and on its last in the others, as
compiling takes the time; GRAPHFLOW_DEEP=1 tries them all.
"""

import os

import numpy as np
import pytest
from cases import CASES
from test_cases import placeholders

import graphflow as gf
from graphflow.registry import is_differentiable, operations

pytest.importorskip("jax")
from graphflow.backends.on_jax.column import COLUMN, DRAWN, HOST, WHY_NOT
from graphflow.primitives import TABLE
from graphflow.program.record import WHOLE

REFUSED = {"Flatnonzero": "flatnonzero", "UniqueIndices": "unique_indices",
           "UniqueCounts": "unique_counts"}  # fmt: skip
FREE_SIGNS = {"Eigh", "Eig", "Svd", "Qr"}  # a column of a factor may be the negative of NumPy's
TOGETHER = 6
IS_DEEP = os.environ.get("GRAPHFLOW_DEEP") == "1"


def tried(case):
    found = list(case.trials(others=True))
    if IS_DEEP:
        return found
    last = {trial.dtype: trial for trial in found if trial.dtype is not found[0].dtype}
    return [found[0], *last.values()]


def fetched(trial):
    """The value, and the gradients of it weighed, where it has some; and what is fed."""
    arrays = trial.arrays()
    xs = placeholders(arrays)
    y = trial.case.build(*xs, **trial.options)
    if trial.case.op in FREE_SIGNS:
        y = y * gf.conj(y)
    nodes = [y]
    floats = [x for x in xs if x.dtype.kind == "f"]
    differentiable = trial.case.order and is_differentiable(operations()[trial.case.op])
    if differentiable and floats and y.dtype.kind in "fc":
        shape = trial.expected(arrays).shape
        weights = np.random.default_rng(1).normal(size=shape).astype(y.dtype)
        nodes += gf.gradients(y, floats, gf.constant(weights), unconnected="zero")
    return nodes, dict(zip(xs, arrays, strict=True))


def assert_near(got, expected, what):
    """Equal to 1e-12 in float64 and to some roundings in float32, of what is largest in it."""
    assert np.shape(got) == np.shape(expected), what
    assert got.dtype == expected.dtype, what
    if expected.dtype.kind not in "fc":
        np.testing.assert_array_equal(got, expected, err_msg=what)
        return
    limit = 1e-12 if expected.real.dtype == np.float64 else 5e-6
    largest = np.max(np.abs(expected), where=np.isfinite(expected), initial=0.0)
    np.testing.assert_allclose(got, expected, limit, limit * max(float(largest), 1.0), err_msg=what)


def in_groups():
    """The rows that run, in groups that are compiled as one."""
    rows = [case for case in CASES if case.op not in REFUSED]
    return [rows[i : i + TOGETHER] for i in range(0, len(rows), TOGETHER)]


@pytest.mark.parametrize("group", in_groups(), ids=lambda group: "-".join(c.op for c in group))
def test_values_and_gradients_are_those_on_numpy(group):
    trials = [trial for case in group for trial in tried(case)]
    nodes, feed = [], {}
    for trial in trials:
        some, fed = fetched(trial)
        nodes.append(some)
        feed |= fed
    expected = gf.Session(seed=0).run(nodes, feed)
    got = gf.Session(seed=0, backend="jax").run(nodes, feed)
    for trial, one, other in zip(trials, got, expected, strict=True):
        for i, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_near(a, b, f"{trial}, {'value' if i == 0 else f'gradient {i}'}")


@pytest.mark.parametrize("case", [c for c in CASES if c.op in REFUSED], ids=lambda c: c.op)
def test_what_jax_cannot_run_is_refused_with_the_reason(case):
    trial = next(case.trials())
    nodes, feed = fetched(trial)
    session = gf.Session(backend="jax")
    with pytest.raises(gf.GraphError, match=f"cannot run: {WHY_NOT[REFUSED[case.op]]}") as caught:
        session.run(nodes, feed)
    assert "backend='numpy'" in str(caught.value)


def test_every_primitive_has_one_place_in_the_column():
    places = [*COLUMN, *DRAWN, *HOST, *WHY_NOT]
    assert sorted(places) == sorted([*TABLE, WHOLE])
