"""The strategies find every class of bug of the tutorials' engine, on graphs of four nodes."""

import os
import sys
import traceback
from functools import cached_property

import numpy as np
import pytest
from faulty_engine import FAULTS, Engine
from hypothesis import HealthCheck, Phase, find, given, settings

import graphflow as gf
from graphflow.testing import strategies
from graphflow.traversal import ancestors

KINDS = {
    "Add": "add", "Negative": "negative", "Multiply": "multiply", "Matmul": "matmul",
    "Sigmoid": "sigmoid", "Tanh": "tanh", "Log": "log", "Sum": "sum", "LogSoftmax": "log softmax",
}  # fmt: skip
OPS = [op for op in KINDS if op != "Tanh"]
GRAPHS = strategies.graphs(OPS, max_nodes=12)
RATE = 0.01
DEEP = os.environ.get("GRAPHFLOW_DEEP") == "1"


def translated(generated, engine, leaves):
    """The engine's nodes for all of the graph's, `leaves` given, by the graph's."""
    nodes = dict(leaves)
    for node in ancestors(generated.nodes.values()):
        if node.is_constant:
            nodes[node] = engine.constant(node.value)
        elif node not in nodes:
            options = {name: getattr(node, name) for name in node.attributes}
            inputs = [nodes[i] for i in node.inputs]
            nodes[node] = engine.op(KINDS[type(node).__name__], *inputs, **options)
    return nodes


def fed(generated, engine):
    """The translated nodes over placeholders, and what to feed."""
    leaves = {x: engine.placeholder(x.name) for x in generated.feeds}
    nodes = translated(generated, engine, leaves)
    return nodes, {nodes[x]: np.asarray(value) for x, value in generated.feeds.items()}


def close(got, expected):
    got = np.asarray(got)
    assert got.shape == np.shape(expected)
    np.testing.assert_allclose(got, expected, rtol=1e-8, atol=1e-10)


class Expected:
    """What graphflow's interpreter says of a graph, computed when a check asks."""

    def __init__(self, generated):
        self._generated = generated

    @cached_property
    def trained(self):
        """The gradients by the leaves, and what they are after two steps of descent."""
        nodes = self._generated.with_variables()
        variables = [nodes[x.name] for x in self._generated.feeds]
        slopes = gf.gradients(gf.sum([*nodes.values()][-1]), variables, unconnected="none")
        pairs = [(v, s) for v, s in zip(variables, slopes, strict=True) if s is not None]
        step = gf.group(*[gf.assign_sub(v, RATE * s) for v, s in pairs])
        session = gf.Session(optimize=False)
        found, _ = session.run([[slope for _, slope in pairs], step])
        session.run(step)
        slopes = {variable.name: slope for (variable, _), slope in zip(pairs, found, strict=True)}
        return slopes, [session.value(variable) for variable in variables]

    @cached_property
    def large(self):
        """What no engine need be afraid of, at numbers a thousand times as large."""
        tame = {"Placeholder", "Constant", "Negative", "Add", "Sum", "LogSoftmax"}
        chosen = [
            node
            for node in self._generated.nodes.values()
            if {type(one).__name__ for one in ancestors([node])} <= tame
        ]
        large = {x: 1000 * value for x, value in self._generated.feeds.items()}
        values = gf.Session(optimize=False).run(chosen, large)
        return dict(zip(chosen, values, strict=True))


def values_are_right(generated, engine, expected):
    nodes, feed = fed(generated, engine)
    named = [nodes[node] for node in generated.nodes.values()]
    for got, value in zip(engine.run(named, feed), generated.values.values(), strict=True):
        close(got, value)


def gradients_are_right(generated, engine, expected):
    nodes, feed = fed(generated, engine)
    loss = engine.op("sum", nodes[generated.output])
    engine.work = 0
    found = engine.gradients(loss, feed)
    assert engine.work <= len(nodes) + 1, f"{engine.work} rules called for {len(nodes)} nodes"
    slopes, _ = expected.trained
    for x in generated.feeds:
        if x.name in slopes:
            close(found[nodes[x]], slopes[x.name])


def training_is_right(generated, engine, expected, run_first=False):
    starts = {x: np.array(value, float) for x, value in generated.feeds.items()}
    given = {x: start.copy() for x, start in starts.items()}
    leaves = {x: engine.variable(value) for x, value in given.items()}
    nodes = translated(generated, engine, leaves)
    loss = engine.op("sum", nodes[generated.output])
    if run_first:
        engine.run(loss)
    for _ in range(2):
        engine.step(loss, RATE)
    for x, start in starts.items():
        np.testing.assert_array_equal(given[x], start)
    _, trained = expected.trained
    for x, value in zip(starts, trained, strict=True):
        close(engine.value(nodes[x]), value)


def training_after_a_run_is_right(generated, engine, expected):
    training_is_right(generated, engine, expected, run_first=True)


def integers_train(generated, engine, expected):
    leaves = {
        x: engine.variable(np.rint(value).astype(int).tolist())
        for x, value in generated.feeds.items()
    }
    nodes = translated(generated, engine, leaves)
    engine.step(engine.op("sum", nodes[generated.output]), RATE)


def a_missing_feed_is_named(generated, engine, expected):
    nodes, feed = fed(generated, engine)
    for x in generated.feeds:
        less = {node: value for node, value in feed.items() if node is not nodes[x]}
        with pytest.raises(Exception, match=f"'{x.name}'"):
            engine.run(nodes[x], less)


def depth_is_no_limit(generated, engine, expected):
    """The graph over its own output, sixty times, where the shapes allow."""
    x, *rest = generated.feeds
    if generated.output.shape != x.shape:
        return
    others = {node: engine.constant(generated.feeds[node]) for node in rest}
    last = engine.constant(generated.feeds[x])
    for _ in range(60):
        last = translated(generated, engine, {x: last, **others})[generated.output]
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(sum(1 for _ in traceback.walk_stack(None)) + 45)
    try:
        engine.run(last)
    finally:
        sys.setrecursionlimit(limit)


def large_numbers_are_no_limit(generated, engine, expected):
    nodes, feed = fed(generated, engine)
    feed = {node: 1000 * value for node, value in feed.items()}
    for node, value in expected.large.items():
        close(engine.run(nodes[node], feed), value)


CHECKS = [  # the quick ones first
    values_are_right, integers_train, a_missing_feed_is_named, depth_is_no_limit,
    gradients_are_right, training_is_right, training_after_a_run_is_right,
    large_numbers_are_no_limit,
]  # fmt: skip


def check(generated, fault):
    """All that an engine must do with a graph; raises where it does not."""
    with np.errstate(all="ignore"):
        expected = Expected(generated)
        for one in CHECKS:
            one(generated, Engine(fault), expected)


def failing(generated, fault):
    try:
        check(generated, fault)
    except Exception:  # any error is a find
        return True
    return False


@settings(max_examples=max(60, settings().max_examples))
@given(GRAPHS)
def test_the_engine_without_a_fault_is_right(generated):
    check(generated, None)


SEARCH = settings(
    max_examples=1000, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
SHOWN = FAULTS if DEEP else ["first slot", "stale"]


@pytest.mark.parametrize("fault", FAULTS)
def test_the_strategies_find_the_fault(fault):
    quick = settings(SEARCH, phases=[Phase.generate])
    found = find(GRAPHS, lambda generated: failing(generated, fault), settings=quick)
    assert failing(found, None) is False, "it is the fault that is found"


@pytest.mark.parametrize("fault", SHOWN)
def test_a_fault_is_shown_on_four_nodes_at_most(fault):
    """By default some of them: to make a graph small takes two seconds."""
    found = find(GRAPHS, lambda generated: failing(generated, fault), settings=SEARCH)
    print(f"\n{fault}: {FAULTS[fault]}\n{found}")  # shown by pytest -rP
    with pytest.raises(Exception) as raised:  # noqa: PT011 - whatever it is
        check(found, fault)
    assert len(ancestors(found.nodes.values())) <= 4, f"{found}\n{raised.value}"
    assert failing(found, None) is False, "it is the fault that is found"
