"""What rewriting changed, drawn: what is gone, what is new, and by which rule."""

import re

import numpy as np
from test_viz import statements

import graphflow as gf


def marked(dot):
    """Title and reason of every box that is gone or new."""
    labels = re.findall(r'^\t+n\d+ \[label="([^"]*)".*class="\w+ (gone|new)"', dot, re.M)
    return sorted((mark, *label.split("\\n")) for label, mark in labels)


def by_hand(shape=(None, 3)):
    z = gf.Placeholder(shape, name="z")
    e = gf.exp(z)
    return z, gf.log(e / gf.sum(e, axis=-1, keepdims=True))


def test_each_change_names_its_rule():
    _, y = by_hand()
    assert marked(gf.viz.diff(gf.sum(y)).dot) == [
        ("gone", "divide", "− softmax_by_hand"),
        ("gone", "exp", "− softmax_by_hand"),
        ("gone", "log", "− log_of_softmax"),
        ("gone", "sum", "− softmax_by_hand"),
        ("new", "log_softmax", "+ log_of_softmax"),
    ]


def test_what_comes_after_a_change_is_not_taken_for_changed():
    _, y = by_hand()
    dot = gf.viz.diff(gf.sum(gf.square(y))).dot
    assert "label=square " in dot
    assert len(statements(dot)[0]) == 1 + 4 + 1 + 2


def test_a_dotted_arrow_leads_from_what_was_replaced_to_what_replaces_it():
    _, y = by_hand()
    dot = gf.viz.diff(y).dot
    nodes, edges = statements(dot)
    (became,) = [edge for edge in edges if "dotted" in edge[2]]
    assert "log_of_softmax" in nodes[became[0]]
    assert "log_softmax" in nodes[became[1]]
    assert "kept value" not in dot


def test_a_graph_that_no_rule_changes_has_no_marks():
    x = gf.Placeholder((2,), name="x")
    drawn = gf.viz.diff(gf.sum(gf.exp(x) * 2.0))
    assert marked(drawn.dot) == []
    assert "cluster_legend" in drawn.dot


def test_a_function_shows_what_it_was_and_what_runs():
    z, y = by_hand()
    f = gf.function(gf.sum(y), [z])
    f(np.zeros((4, 3)))
    assert [node.kind for node in f.before.nodes] == [
        "placeholder", "exp", "sum", "divide", "log", "sum",
    ]  # fmt: skip
    assert [node.kind for node in f.after.nodes][1:] == ["log_softmax", "sum"]
    assert f.after.nodes[1].shape == (4, 3)
    kinds = [mark[:2] for mark in marked(gf.viz.diff(f.before, f.after).dot)]
    assert kinds == [
        ("gone", "divide"), ("gone", "exp"), ("gone", "log"), ("gone", "sum"),
        ("new", "log_softmax"),
    ]  # fmt: skip


def test_the_graph_of_a_function_finds_its_nodes_and_keeps_them():
    x = gf.Placeholder((2,), name="x")
    f = gf.function(gf.exp(x, name="y"), [x])
    before, after = f.before, f.after
    del f
    assert before.node("x") is x
    assert after.node("y").kind == "exp"
    assert [node is x for node in before.placeholders] == [True]
    assert repr(before) == "<Graph of 2 nodes>"


def test_looking_at_a_function_leaves_the_users_graph_as_it_was():
    with gf.Graph() as graph:
        z, y = by_hand((2, 3))
        before = [node.name for node in graph.nodes]
        f = gf.function(y, [z])
        assert f.before is not graph
        gf.viz.diff(f.before, f.after)
        assert [node.name for node in graph.nodes] == before
        assert y.graph is graph


def test_shapes_that_became_known_settle_what_only_they_needed():
    z, y = by_hand()
    grad = gf.gradients(gf.sum(gf.mean(y, axis=0)), z)[0]
    f = gf.function(grad, [z])
    f(np.zeros((4, 3)))
    changes = marked(gf.viz.diff(f.before, f.after).dot)
    assert ("gone", "sum_to", "− settled by shapes") in changes
    assert not [mark for mark in changes if mark[-1] == "+ new"]


def test_two_graphs_that_no_rule_relates_are_compared_by_structure():
    x = gf.Placeholder((2,), name="x")
    shared = gf.exp(x)
    assert marked(gf.viz.diff(gf.sin(shared), gf.cos(shared)).dot) == [
        ("gone", "sin", "− not needed"),
        ("new", "cos", "+ new"),
    ]


def test_graphs_over_inputs_of_different_shapes_are_compared_too():
    with gf.Graph():
        three = gf.sum(gf.exp(gf.Placeholder((3,), name="x")) * np.ones(3))
    with gf.Graph():
        four = gf.sum(gf.exp(gf.Placeholder((4,), name="x")) * np.ones(4))
    changes = marked(gf.viz.diff(three, four).dot)
    assert [change[:2] for change in changes if change[0] == "gone"] == [
        ("gone", "[1., 1., 1.]"), ("gone", "multiply"), ("gone", "sum"),
    ]  # fmt: skip


def test_of_a_large_graph_only_what_changed_and_its_neighbours_are_shown():
    x = gf.Placeholder((None, 3), name="x")
    for _ in range(150):
        x = gf.sin(x)
    e = gf.exp(x)
    y = gf.log(e / gf.sum(e, axis=-1, keepdims=True))
    for _ in range(150):
        y = gf.sin(y)
    dot = gf.viz.diff(y).dot
    assert len(marked(dot)) == 5
    assert len(statements(dot)[0]) == 7
