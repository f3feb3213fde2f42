"""The gradient checker raises no alarm on right gradients, made by number or drawn.

The long version checks 10,000 made by number. What cannot be told is called undecided: that is no
alarm, and it has to stay rare.
"""

import os

import pytest
from checker_cases import composition, row
from hypothesis import given, settings

import graphflow as gf
from graphflow.testing import check_gradients, strategies

DEEP = os.environ.get("GRAPHFLOW_DEEP") == "1"
EACH = 5000  # rows, and compositions
CHUNK = 250
CHUNKS = [range(start, start + CHUNK) for start in range(0, EACH, CHUNK)]
RARE = 0.1


@pytest.mark.parametrize("numbers", CHUNKS if DEEP else [range(0, EACH, 331)], ids=str)
@pytest.mark.parametrize("made", [row, composition])
def test_no_right_gradient_alarms_and_few_stay_undecided(made, numbers):
    judged = undecided = 0
    for number in numbers:
        gf.reset_default_graph()
        y, xs, feeds, order = made(number)
        report = check_gradients(y, xs, feeds, order=order)
        assert not report.failures, f"{made.__name__}({number})\n{report}"
        judged += len(report.rows)
        undecided += sum(row.verdict == "undecided" for row in report.rows)
    assert undecided <= RARE * judged


@settings(max_examples=1000 if DEEP else 8)
@given(strategies.graphs(max_nodes=12))
def test_no_drawn_graph_alarms(graph):
    leaves = [x for x in graph.feeds if x.dtype.kind == "f"]
    if graph.output.dtype.kind != "f" or not leaves:
        return
    slopes = gf.gradients(graph.output, leaves, unconnected="none")
    xs = [x for x, slope in zip(leaves, slopes, strict=True) if slope is not None]
    if xs:
        report = check_gradients(graph.output, xs, graph.feeds)
        assert not report.failures, f"{graph}\n{report}"
