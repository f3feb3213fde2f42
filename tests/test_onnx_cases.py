"""Every row of `cases.py` as an ONNX model: values and gradients, for one batch and for any."""

import os

import pytest
from cases import CASES
from onnx_runs import assert_close, loaded, run
from trials import Case, Trial, weighed_sum

import graphflow as gf
from graphflow.registry import is_differentiable, operations
from graphflow.traversal import ancestors

ALL = os.environ.get("GRAPHFLOW_DEEP") == "1"
ROWS = [pytest.param(case, id=case.op) for case in CASES]
COMPLEX = {"Real", "Imag", "Angle", "Fft", "Rfft", "Irfft", "Eig"}  # where they are complex
REFUSED = {
    "PyFunc", "Inv", "Solve", "Det", "DetPhase", "Cofactors", "DetSign", "LogAbsDet", "Pinv", "Qr",
    "Cholesky", "Eigvalsh", "Eigh", "Svdvals", "Svd", "OverGaps", "Expm", "LogI0",
    "Erfinv", "Erfcinv", "Ndtri",
    "Gammaln", "Gamma", "Digamma", "Polygamma", "Beta", "Betaln", "Iv", "Ive", "Jv", "Yv",
    "GammaSlope", "Gammainc", "Gammaincc", "Betainc", "Flatnonzero", "UniqueIndices",
    "UniqueCounts",
}  # fmt: skip
FIXED = {"Convolve", "ConcatenatePart", "BroadcastTo", "Searchsorted"}  # no size is open there


def chosen(case: Case):
    """Some trials of the first dtype, and the first one of each other dtype."""
    if ALL:
        return list(case.trials(others=True))
    own = [trial for trial in case.trials() if trial.dtype is case.dtypes[0]]
    others = {trial.dtype: trial for trial in reversed(list(case.trials(others=True)))}
    return [
        *own[:: 1 + len(own) // 5],
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
    return [y, *gf.gradients(weighed_sum(y), floats, unconnected="zero")]


def exported(case: Case, fetches, inputs):
    """The runner of the model; None where the row is one of those that have no place in one."""
    is_complex = any(node.dtype.kind == "c" for node in ancestors(fetches))
    if case.op not in REFUSED and not (case.op in COMPLEX and is_complex):
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


OPEN = [
    op for op in dict.fromkeys(case.op for case in CASES) if op not in COMPLEX | REFUSED | FIXED
]


@pytest.mark.parametrize("op", OPEN)
def test_a_model_runs_with_batches_that_it_was_not_recorded_for(op):
    compared = [compared_at_other_sizes(case) for case in CASES if case.op == op]
    assert any(compared)


def compared_at_other_sizes(case: Case):
    """How many trials with an open size gave at other sizes what the graph gives; one will do."""
    compared = 0
    for trial in case.trials():
        if not trial.shapes[0] or trial.shapes[0][0] < 2 or trial.dtype is not case.dtypes[0]:
            continue
        runner, fetches, xs = with_any_batch(trial)
        if runner is None:
            continue
        for n in (1, 7):
            arrays = trial._replace(shapes=opened(trial, n)).arrays()
            try:
                expected = gf.Session(seed=0).run(fetches, dict(zip(xs, arrays, strict=True)))
            except gf.ShapeError:  # an index is out of bounds there
                with pytest.raises(Exception, match="out of (data )?bounds|[iI]nvalid ind"):
                    run(runner, arrays)
            else:
                assert_close(run(runner, arrays), expected, f"{trial} for {n}")
                compared += 1
        if compared and not ALL:
            break
    return compared


def opened(trial: Trial, n):
    """The shapes with another size for the first operand's first axis, and for all that agree."""
    size = trial.shapes[0][0]
    return tuple([(n, *s[1:]) if s and s[0] == size else s for s in trial.shapes])


REASONS = ("must be known", "not for every size", "which axes", "no fixed size", "not fixed")


def with_any_batch(trial: Trial):
    """Runner, fetches and inputs; None where the graph itself is for one size alone."""
    xs = placed(trial.arrays(), opened(trial, "n"))
    try:
        fetches = fetched(trial, xs)
        return loaded(gf.io.to_onnx(fetches, xs)), fetches, xs
    except gf.GraphflowError as error:
        if not any(reason in str(error) for reason in REASONS):
            raise
        return None, [], []
