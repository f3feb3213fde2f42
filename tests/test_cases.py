"""What must hold for every operation, tried on its row of `cases.py`."""

import operator
import os

import numpy as np
import pytest
from cases import CASES
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from trials import Case, Trial

import graphflow as gf
from graphflow.graph import Elementwise
from graphflow.registry import is_differentiable, operations
from graphflow.shapes import maybe_equal
from graphflow.testing import check_gradients
from graphflow.traversal import ancestors

DEEP = os.environ.get("GRAPHFLOW_DEEP") == "1"
ROWS = [pytest.param(case, id=case.op) for case in CASES]
SMOOTH = [row for row in ROWS if row.values[0].order and is_differentiable(operations()[row.id])]
TWICE = [row for row in SMOOTH if row.values[0].order > 1]
ELEMENTWISE = [row for row in ROWS if issubclass(operations()[row.id], Elementwise)]
MANY = [row for row in SMOOTH if sum(d.kind == "f" for d in row.values[0].operands) > 1]


def placeholders(arrays, shapes=None):
    """One per array; `shapes` says what is known of them: all by default."""
    shapes = [a.shape for a in arrays] if shapes is None else shapes
    pairs = enumerate(zip(arrays, shapes, strict=True))
    return [gf.placeholder(shape, dtype=a.dtype, name=f"x{i}") for i, (a, shape) in pairs]


def built(trial: Trial, xs):
    return trial.case.build(*xs, **trial.options)


def values(node, xs, arrays):
    return gf.Session(seed=0).run(node, dict(zip(xs, arrays, strict=True)))


def assert_close(got, expected, what=""):
    """Equal up to some roundings of what is largest in it, and exactly where not finite."""
    expected = np.asarray(expected)
    assert np.shape(got) == expected.shape, what
    if expected.dtype.kind not in "fc":
        np.testing.assert_array_equal(got, expected, err_msg=what)
        return
    eps = np.finfo(expected.dtype).eps
    largest = np.max(np.abs(expected), where=np.isfinite(expected), initial=0.0)
    np.testing.assert_allclose(got, expected, 64 * eps, 4 * eps * largest, err_msg=what)


@pytest.mark.parametrize("case", ROWS)
def test_the_row_builds_its_operation(case: Case):
    trial = next(case.trials())
    xs = placeholders(trial.arrays())
    kinds = {type(node).__name__ for node in ancestors([built(trial, xs)])}
    assert case.op in kinds


@pytest.mark.parametrize("case", ROWS)
def test_value_shape_and_dtype_are_the_references(case: Case):
    for trial in case.trials(others=True):
        arrays = trial.arrays()
        xs = placeholders(arrays)
        y = built(trial, xs)
        got, expected = values(y, xs, arrays), trial.expected(arrays)
        assert_close(got, expected, str(trial))
        assert got.dtype == expected.dtype, trial
        assert y.dtype == expected.dtype, trial
        fits = maybe_equal if case.counts else operator.eq
        assert fits(y.shape, expected.shape), trial


@pytest.mark.parametrize("case", ELEMENTWISE)
@settings(settings() if DEEP else settings(max_examples=10))
@given(data=st.data())
def test_operands_of_any_shapes_broadcast_as_numpys_do(case: Case, data):
    count = len(case.operands)
    shapes = data.draw(hnp.mutually_broadcastable_shapes(num_shapes=count, max_dims=3, max_side=3))
    trial = Trial(case, shapes.input_shapes, {}, case.dtypes[0])
    arrays = trial.arrays(data.draw(st.integers(0, 99)))
    xs = placeholders(arrays)
    y = built(trial, xs)
    assert y.shape == shapes.result_shape
    assert_close(values(y, xs, arrays), trial.expected(arrays), str(trial))


@pytest.mark.parametrize("case", ROWS)
def test_what_is_inferred_from_less_agrees_with_the_run(case: Case):
    for trial in list(case.trials())[:: 1 if DEEP else 2]:
        arrays = trial.arrays()
        expected = trial.expected(arrays)
        for shapes in partly_known(case, arrays):
            xs = placeholders(arrays, shapes)
            y = built(trial, xs)
            assert y.dtype == expected.dtype, (trial, shapes)
            assert maybe_equal(y.shape, expected.shape), (trial, shapes, y.shape)
            assert_close(values(y, xs, arrays), expected, f"{trial} fed for {shapes}")


def partly_known(case: Case, arrays):
    """Shapes with sizes unknown, sizes named, ranks unknown: as far as the row allows."""
    if not case.needs_sizes:
        yield [(None,) * a.ndim for a in arrays]
        yield [tuple(f"n{size}" for size in a.shape) for a in arrays]
        yield [a.shape if i % 2 else (None,) * a.ndim for i, a in enumerate(arrays)]
    if not case.needs_rank:
        yield [None for _ in arrays]
        yield [a.shape if i % 2 else None for i, a in enumerate(arrays)]
        if len(arrays) > 1:
            yield [None if i % 2 else a.shape for i, a in enumerate(arrays)]


@pytest.mark.parametrize("case", SMOOTH)
def test_gradients_are_the_derivatives_to_second_order(case: Case):
    """Two to second order, further dtypes and shapes to first; all in the long version."""
    for number, trial in enumerate(case.trials()):
        if number > 4 and number % 2 and not DEEP:
            continue
        arrays = trial.arrays()
        xs = placeholders(arrays)
        wrt = [x for x in xs if x.dtype.kind == "f"]
        feed = dict(zip(xs, arrays, strict=True))
        is_first = number in (0, 3) and trial.dtype is case.dtypes[0]
        order = case.order if DEEP or is_first else min(case.order, 1)
        report = check_gradients(built(trial, xs), wrt, feed, order=order)
        assert report, f"{trial}\n{report}"


@pytest.mark.parametrize("case", TWICE if DEEP else TWICE[::2])
def test_gradients_are_the_derivatives_to_third_order(case: Case):
    """The first by its rule; two more of a weighed sum of it, against differences."""
    trials = [trial for trial in case.trials() if trial.dtype is case.dtypes[0]]
    trial = max(trials, key=lambda trial: sum(array.size for array in trial.arrays()))
    arrays = trial.arrays()
    xs = placeholders(arrays)
    wrt = [x for x in xs if x.dtype.kind == "f"]
    rng = np.random.default_rng(2)
    y = built(trial, xs)
    y = gf.real(y * rng.normal(size=np.shape(trial.expected(arrays))))
    slopes = gf.gradients(gf.sum(y), wrt, unconnected="zero")
    weighed = [gf.sum(g * rng.normal(size=g.shape)) for g in slopes]
    report = check_gradients(sum(weighed), wrt, dict(zip(xs, arrays, strict=True)), order=2)
    assert report, f"{trial}\n{report}"


@pytest.mark.parametrize("case", SMOOTH)
def test_gradients_have_the_inputs_shape_and_dtype(case: Case):
    for trial in case.trials():
        arrays = trial.arrays()
        xs = placeholders(arrays)
        wrt = [x for x in xs if x.dtype.kind == "f"]
        grads = gf.gradients(built(trial, xs), wrt, unconnected="zero")
        found = values(grads, xs, arrays)
        for x, grad, value in zip(wrt, grads, found, strict=True):
            assert (grad.shape, grad.dtype) == (x.shape, x.dtype), trial
            assert (np.shape(value), value.dtype) == (x.shape, x.dtype), trial


@pytest.mark.parametrize("case", SMOOTH)
def test_gradients_do_not_depend_on_what_is_known_of_shapes(case: Case):
    trials = [trial for trial in case.trials() if trial.dtype is case.dtypes[0]]
    for trial in trials if DEEP else trials[::4]:
        arrays = trial.arrays()
        expected = gradient_values(trial, arrays, None)
        for shapes in partly_known(case, arrays):
            for got, wanted in zip(gradient_values(trial, arrays, shapes), expected, strict=True):
                assert_close(got, wanted, f"{trial} fed for {shapes}")


def gradient_values(trial: Trial, arrays, shapes):
    """The gradients of the weighed outputs, with some of the shapes known."""
    xs = placeholders(arrays, shapes)
    wrt = [x for x in xs if x.dtype.kind == "f"]
    y = built(trial, xs)
    weights = np.random.default_rng(1).normal(size=trial.expected(arrays).shape)
    grads = gf.gradients(y, wrt, gf.constant(weights.astype(y.dtype)), unconnected="zero")
    return values(grads, xs, arrays)


@pytest.mark.parametrize("case", MANY)
def test_the_same_node_may_be_every_operand(case: Case):
    floats = [i for i, d in enumerate(case.operands) if d.kind == "f"]
    domain = case.twice or case.operands[-1]
    for trial in case.trials():
        if len({trial.shapes[i] for i in floats}) > 1:
            continue
        arrays = trial.arrays()
        x_value = domain.draw(np.random.default_rng(5), trial.shapes[floats[0]])
        x_value = np.asarray(x_value.astype(trial.dtype))
        x = gf.placeholder(x_value.shape, dtype=trial.dtype, name="x")
        rest = placeholders(arrays)
        y = built(trial, [x if i in floats else node for i, node in enumerate(rest)])
        feed = {node: a for node, a in zip(rest, arrays, strict=True) if node.dtype.kind != "f"}
        feed[x] = x_value
        both = [x_value if i in floats else a for i, a in enumerate(arrays)]
        assert_close(gf.Session().run(y, feed), trial.expected(both), str(trial))
        report = check_gradients(y, x, feed)
        assert report, f"{trial}\n{report}"


@pytest.mark.parametrize("case", ROWS)
def test_feeds_mean_what_numpy_says_however_they_lie_in_memory(case: Case):
    trial = next(case.trials())
    arrays = trial.arrays()
    xs = placeholders(arrays)
    y = built(trial, xs)
    expected = trial.expected(arrays)
    for lay in (reversed_in_memory, strided, fortran, read_only):
        laid = [lay(a) for a in arrays]
        before = [a.copy() for a in laid]
        assert_close(values(y, xs, laid), expected, f"{trial} {lay.__name__}")
        for a, b in zip(laid, before, strict=True):
            np.testing.assert_array_equal(a, b)


def reversed_in_memory(a):
    return np.ascontiguousarray(a[..., ::-1])[..., ::-1] if a.ndim else a


def strided(a):
    wide = np.ones((*a.shape, 3), a.dtype)
    wide[..., 1] = a
    return wide[..., 1]


def fortran(a):
    return np.asarray(a, order="F")


def read_only(a):
    a = a.copy()
    a.setflags(write=False)
    return a
