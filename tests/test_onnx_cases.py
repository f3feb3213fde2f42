"""Every row of `cases.py` as an ONNX model: values and gradients, for one batch and for any."""

import os

import pytest
from cases import CASES
from onnx_runs import assert_close, loaded, run
from trials import Case, Trial

import graphflow as gf
from graphflow.registry import is_differentiable, operations

ALL = os.environ.get("GRAPHFLOW_DEEP") == "1"
ROWS = [pytest.param(case, id=case.op) for case in CASES]
COMPLEX = {"Real", "Imag", "Angle", "DetPhase", "Fft", "Rfft", "Irfft", "Eig"}
REFUSED = COMPLEX | {
    "PyFunc", "Inv", "Solve", "Det", "Cofactors", "DetSign", "LogAbsDet", "Pinv", "Cholesky", "Qr",
    "Eigvalsh", "Eigh", "Svdvals", "Svd", "OverGaps", "Expm", "LogI0", "Erfinv", "Erfcinv", "Ndtri",
    "Gammaln", "Gamma", "Digamma", "Polygamma", "Beta", "Betaln", "Iv", "Ive", "Jv", "Yv",
    "GammaSlope", "Gammainc", "Gammaincc", "Betainc", "Flatnonzero", "UniqueIndices",
    "UniqueCounts",
}  # fmt: skip
FIXED = {"Convolve"}  # of what has no place in a model for any batch


def chosen(case: Case):
    """Trials of the first dtype, up to eight of all, and the first one of each other dtype."""
    if ALL:
        return list(case.trials(others=True))
    own = [trial for trial in case.trials() if trial.dtype is case.dtypes[0]]
    others = {trial.dtype: trial for trial in reversed(list(case.trials(others=True)))}
    return [
        *own[:: 1 + len(own) // 8],
        *[t for dtype, t in others.items() if dtype is not own[0].dtype],
    ]


def placed(arrays, shapes):
    pairs = enumerate(zip(arrays, shapes, strict=True))
    return [gf.placeholder(shape, dtype=a.dtype, name=f"x{i}") for i, (a, shape) in pairs]


def fetched(trial: Trial, xs):
    """The operation, and its gradients, weighed by where an entry stands, if it has some."""
    case = trial.case
    y = case.build(*xs, **trial.options)
    floats = [x for x in xs if x.dtype.kind == "f"]
    smooth = case.order and is_differentiable(operations()[case.op]) and y.dtype.kind == "f"
    if not smooth or not floats:
        return [y]
    weights = gf.cos(gf.cumsum(gf.ones_like(y), axis=-1)) if y.shape else 0.5
    return [y, *gf.gradients(gf.sum(weights * y), floats, unconnected="zero")]


def exported(case: Case, fetches, inputs):
    """The runner of the model; None where the row is one of those that have no place in one."""
    if case.op not in REFUSED:
        return loaded(gf.io.to_onnx(fetches, inputs))
    with pytest.raises(gf.GraphError, match=r"to_onnx: \w+ cannot be exported: [^$]*\.py:"):
        gf.io.to_onnx(fetches, inputs)
    return None


@pytest.mark.parametrize("case", ROWS)
def test_a_model_gives_the_values_and_the_gradients(case: Case):
    for trial in chosen(case):
        arrays = trial.arrays()
        xs = placed(arrays, [a.shape for a in arrays])
        fetches = fetched(trial, xs)
        runner = exported(case, fetches, xs)
        if runner is not None:
            expected = gf.Session(seed=0).run(fetches, dict(zip(xs, arrays, strict=True)))
            assert_close(run(runner, arrays), expected, str(trial))


OPEN = [row for row in ROWS if row.id not in REFUSED | FIXED]


@pytest.mark.parametrize("case", OPEN)
def test_a_model_runs_with_batches_that_it_was_not_recorded_for(case: Case):
    for trial in case.trials():
        sizes = {shape[0] if shape else 0 for shape in trial.shapes}
        if len(sizes) != 1 or min(sizes) < 2 or trial.dtype is not case.dtypes[0]:
            continue
        runner, fetches, xs = with_any_batch(trial)
        if runner is None:
            continue
        for n in (1, 7):
            other = trial._replace(shapes=tuple([(n, *shape[1:]) for shape in trial.shapes]))
            arrays = other.arrays()
            try:
                expected = gf.Session(seed=0).run(fetches, dict(zip(xs, arrays, strict=True)))
            except gf.ShapeError:  # an index is out of bounds there
                with pytest.raises(
                    Exception, match="out of (data )?bounds|invalid ind|Invalid ind"
                ):
                    run(runner, arrays)
            else:
                assert_close(run(runner, arrays), expected, str(other))
        if not ALL:
            break


ONE_SIZE = ("must be known", "not for every size", "which axes", "no fixed size", "not fixed")


def with_any_batch(trial: Trial):
    """Runner, fetches and inputs; None where the graph itself is for one size alone."""
    shapes = [("n", *shape[1:]) for shape in trial.shapes]
    xs = placed(trial.arrays(), shapes)
    try:
        fetches = fetched(trial, xs)
        return loaded(gf.io.to_onnx(fetches, xs)), fetches, xs
    except gf.GraphflowError as error:
        if not any(reason in str(error) for reason in ONE_SIZE):
            raise
        return None, [], []


def test_most_rows_run_with_any_batch():
    """So the test above is not empty."""
    count = 0
    for case in CASES:
        trials = [t for t in case.trials() if all(s and s[0] == 3 for s in t.shapes)]
        if case.op not in REFUSED | FIXED and trials:
            count += with_any_batch(trials[0])[0] is not None
    assert count > 60
