"""The driver of rewrites: what rules may do, that they end, which nodes are taken for equal."""

import numpy as np
import pytest

import graphflow as gf
from graphflow.graph import Ledger
from graphflow.ops.elementwise import Exp, Log, Multiply, Negative, Square
from graphflow.rewrite import STABILIZE, RuleTable, rewrite


def rewritten(node, *tables, **options):
    return rewrite([node], tables, Ledger(first=10**6), **options)


def image(node, *tables, **options):
    return rewritten(node, *tables, **options).image[node.number]


def table_of(rule, *kinds, **options):
    table = RuleTable("of a test")
    table.rule(*kinds, **options)(rule)
    return table


@pytest.fixture
def x():
    return gf.placeholder((3,), name="x")


# ---- rules --------------------------------------------------------------------------------------


def test_rules_without_end_are_stopped_by_name_of_the_node(x):
    def ever_larger(node, look):
        return gf.square(node.inputs[0] * 2)

    with pytest.raises(gf.GraphflowError, match="do not come to an end\n.*square"):
        image(gf.square(x), table_of(ever_larger, Square))


def test_hundreds_of_rewrites_in_one_graph_come_to_an_end(x):
    total = sum(gf.log(1 + gf.exp(x + k)) for k in range(300))
    assert len(rewritten(total, STABILIZE).fired) >= 300


def test_a_rule_may_take_many_steps(x):
    def halved(node, look):
        k = float(node.inputs[1].value)
        return None if k <= 1 else node.inputs[0] * (k - 1)

    form = rewritten(x * 90.0, table_of(halved, Multiply))
    assert len(form.fired) == 89


@pytest.mark.parametrize(
    ("result", "made"),
    [
        (lambda x: gf.sum(x), r"float64\[\]"),
        (lambda x: gf.cast(x, np.int64), r"int64\[3\]"),
    ],
)
def test_a_rule_that_makes_another_type_is_refused(result, made, x):
    def wrong(node, look):
        return result(node.inputs[0])

    with pytest.raises(gf.GraphflowError, match=rf"rule 'wrong' made {made} of float64\[3\]"):
        image(gf.exp(x), table_of(wrong, Exp))


def test_what_a_rule_makes_in_another_precision_is_cast_back(x):
    def wide(node, look):
        return gf.cast(node.inputs[0], np.float64)

    single = gf.cast(x, np.float32)
    assert image(gf.exp(single), table_of(wide, Exp)).dtype == np.float32


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_rule_that_reaches_further_than_it_tells_is_found_out(depth, x):
    def secretive(node, look):
        inner = node
        for _ in range(depth + 1):
            inner = inner.inputs[0]
        return gf.square(inner)

    y = gf.exp(gf.negative(gf.negative(gf.negative(gf.log(x)))))
    with pytest.raises(AssertionError):
        image(y, table_of(secretive, Exp))


def test_a_rule_that_tells_of_its_first_step_alone_is_found_out(x):
    def half_open(node, look):
        inner = look(node.inputs[0], Negative)
        return gf.square(inner.inputs[0].inputs[0])

    with pytest.raises(AssertionError):
        image(gf.exp(gf.negative(gf.log(x))), table_of(half_open, Exp))


def test_a_rule_that_tells_how_far_it_reaches_is_not(x):
    def open_one(node, look):
        inner = look(node.inputs[0], Negative)
        inner = look(inner.inputs[0], Negative) if inner is not None else None
        return gf.exp(inner.inputs[0]) if inner is not None else None

    y = gf.exp(gf.negative(gf.negative(x)))
    form = rewritten(y, table_of(open_one, Exp))
    assert form.image[y.number].inputs == (x,)
    assert sorted(form.through.values()) == ["open_one", "open_one"]


def test_a_rule_stays_what_it_is_for_its_module():
    def own(node, look):
        return None

    assert RuleTable("of a test").rule(Exp)(own) is own


def test_of_two_tables_the_rules_of_the_first_are_tried_first(x):
    def first(node, look):
        return gf.square(node.inputs[0])

    def second(node, look):
        return gf.log(node.inputs[0])

    tables = [table_of(first, Exp), table_of(second, Exp)]
    assert isinstance(image(gf.exp(x), *tables), Square)
    assert isinstance(image(gf.exp(x), *tables[::-1]), Log)


def test_a_rule_over_some_operations_is_not_tried_over_others(x):
    def over_logs(node, look):
        return gf.square(node.inputs[0])

    table = table_of(over_logs, Exp, over=(Log,))
    assert isinstance(image(gf.exp(x), table), Exp)
    assert isinstance(image(gf.exp(gf.log(x)), table), Square)


# ---- what is equal ------------------------------------------------------------------------------


def same(a, b):
    form = rewrite([a, b], [], Ledger(first=10**6))
    return form.image[a.number] is form.image[b.number]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (lambda x: gf.exp(x), lambda x: gf.exp(x)),
        (lambda x: gf.sum(x * 2, axis=0), lambda x: gf.sum(x * 2, axis=0)),
        (lambda x: x + gf.constant([1.0, 2, 3]), lambda x: x + gf.constant([1.0, 2, 3])),
    ],
)
def test_equal_nodes_fall_together(a, b, x):
    assert same(a(x), b(x))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (lambda x: gf.exp(x), lambda x: gf.exp2(x)),
        (lambda x: x - 1.5, lambda x: 1.5 - x),
        (lambda x: gf.sum(x, keepdims=True), lambda x: gf.sum(x)),
        (lambda x: gf.cast(x, np.float32), lambda x: gf.cast(x, np.float64)),
        (lambda x: x * gf.constant(0.0), lambda x: x * gf.constant(-0.0)),
        (lambda x: gf.constant([1, 2]), lambda x: gf.constant([1, 2], dtype=np.int32)),
        (lambda x: gf.constant([[1.0, 2.0]]), lambda x: gf.constant([1.0, 2.0])),
        (lambda x: x * 2, lambda x: x * 2.0),
        (lambda x: x * True, lambda x: x * 1),
        (lambda x: gf.random.normal((3,)), lambda x: gf.random.normal((3,))),
    ],
)
def test_what_differs_stays_apart(a, b, x):
    assert not same(a(x), b(x))


def test_what_is_opaque_is_kept_apart_and_not_looked_through(x):
    inner = gf.exp(x)
    y = gf.log(inner)
    assert [one.rule for one in rewritten(y, STABILIZE).fired] == ["log_of_exp"]
    form = rewritten(y, STABILIZE, opaque=[inner])
    assert not form.fired
    assert inner.number not in form.through
