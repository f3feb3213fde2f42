"""One graph, however it is run: as written, interpreted, simplified and printed, saved.

Graphs are drawn over all operations. A saved file runs the same calls of NumPy as the session that
saved it: equal bit for bit. A program that is simplified, and a formula that is made stable, round
elsewhere than the graph as it is written: equal to `ULPS` units in the last place of the largest
entry, and as many times more as the graph itself loses digits, which a small change of the feeds
shows.
"""

import os
import runpy

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import graphflow as gf
from graphflow.program import SCALARS_RAISE
from graphflow.program.program import TAP
from graphflow.program.record import WHOLE
from graphflow.testing import strategies

DEEP = os.environ.get("GRAPHFLOW_DEEP") == "1"
EXAMPLES = settings(
    max_examples=1000 if DEEP else 120, suppress_health_check=list(HealthCheck), deadline=None
)
ULPS = 2**12
SMALL = 1e-12  # a change of the feeds by so much shows how many digits a graph loses


def of_interest(drawn):
    """The output, and its gradients by what is fed."""
    with drawn.graph:
        y = drawn.output
        if y.dtype.kind != "f":
            return [y]
        xs = [x for x in drawn.feeds if x.dtype.kind == "f"]
        try:
            return [y, *gf.gradients(gf.sum(y), xs, unconnected="zero")]
        except gf.RegistrationError:  # an operation that says it has no gradient there
            return [y]


def run(drawn, fetches, feeds=None, **options):
    return gf.Session(seed=0, **options).run(fetches, drawn.feeds if feeds is None else feeds)


def lost(drawn, fetches, plain):
    """By how much each result changes with feeds that change by a little."""
    near = {
        x: np.asarray(v * (1 + SMALL), x.dtype) if x.dtype.kind == "f" else v
        for x, v in drawn.feeds.items()
    }
    moved = run(drawn, fetches, near, optimize=False)
    gaps = [np.abs(np.subtract(a, b, dtype=float)) for a, b in zip(moved, plain, strict=True)]
    return [np.max(gap, initial=0, where=np.isfinite(gap)) / SMALL for gap in gaps]


def assert_alike(got, wanted, lost):
    """Equal to `ULPS` units of the largest entry, and where digits are lost of what is lost."""
    for a, b, moved in zip(got, wanted, lost, strict=True):
        assert np.shape(a) == np.shape(b)
        assert np.asarray(a).dtype == np.asarray(b).dtype
        if np.asarray(b).dtype.kind != "f":
            np.testing.assert_array_equal(a, b)
            continue
        largest = np.max(np.abs(b), initial=0, where=np.isfinite(b))
        unit = np.finfo(np.asarray(b).dtype).eps
        allowed = ULPS * unit * (largest + min(moved, 1e12))
        np.testing.assert_allclose(a, b, rtol=0, atol=allowed)


@EXAMPLES
@given(strategies.graphs(max_nodes=12, unknown=True))
def test_a_graph_is_the_same_as_written_interpreted_and_simplified(drawn):
    fetches = of_interest(drawn)
    plain = run(drawn, fetches, optimize=False)
    digits = lost(drawn, fetches, plain)
    quick = run(drawn, fetches)
    assert_alike(quick, plain, digits)
    if "random" not in drawn.code:  # which draws by the number of its node
        written = drawn.values[list(drawn.nodes)[-1]]
        assert_alike(quick[:1], [written], digits[:1])


@EXAMPLES
@given(strategies.graphs(max_nodes=12))
def test_a_saved_file_computes_the_bits_of_the_session(tmp_path_factory, drawn):
    fetches, feeds = of_interest(drawn), drawn.feeds
    f = gf.Session(seed=0).make_callable(fetches, list(feeds))
    quick = f(*feeds.values())
    if f.program.key is not None:
        return  # what a file draws is a function of a key that it is given
    path = tmp_path_factory.mktemp("saved") / "model.py"
    if {TAP, WHOLE} & {call.name for call in f.program.calls}:  # calls of Python, not of NumPy
        with pytest.raises(gf.GraphError, match="no text can stand for"):
            f.save(path)
        return
    f.save(path)
    step = runpy.run_path(str(path))["step"]
    with np.errstate(all="ignore"):
        try:
            saved = step(*feeds.values())
        except SCALARS_RAISE:
            return  # a session does such a run again
    for a, b in zip(saved, quick, strict=True):
        np.testing.assert_array_equal(a, b)
        assert np.asarray(a).dtype == np.asarray(b).dtype


@EXAMPLES
@given(strategies.graphs(max_nodes=12, dtypes=(np.float32, np.float64)))
def test_single_and_double_floats_mix_the_same_way_in_both(drawn):
    fetches = of_interest(drawn)
    plain = run(drawn, fetches, optimize=False)
    for a, b in zip(run(drawn, fetches), plain, strict=True):
        assert np.asarray(a).dtype == np.asarray(b).dtype
        assert np.shape(a) == np.shape(b)
