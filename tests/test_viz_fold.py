"""Folding: which nodes share a box, what the box says, which arrows are left."""

import time

import numpy as np
import pytest

import graphflow as gf
from graphflow.graph import building
from graphflow.traversal import ancestors
from graphflow.viz.fold import BUDGET, all_pairs, fold, inside, scopes


def stacked(widths):
    """A dense layer for each width, in a scope each: (W, b, matmul, add, relu)."""
    h = gf.Placeholder((None, 8), name="x")
    for i, width in enumerate(widths):
        with gf.name_scope(f"layer{i}"):
            w = gf.Variable(np.zeros((h.shape[-1], width)), name="W")
            h = gf.relu(h @ w + gf.Variable(np.zeros(width), name="b"))
    return ancestors([h])


def loop(steps, scoped=False):
    """tanh(x[t] * w + h) for each step: the recurrence of a network without a scope, or with."""
    x, w = gf.Placeholder((steps, 4), name="x"), gf.Variable(np.ones(4), name="w")
    h = gf.Placeholder((4,), name="h0")
    for t in range(steps):
        with gf.name_scope(f"step_{t}" if scoped else "loop"):
            h = gf.tanh(x[t] * w + h)
    return ancestors([h])


def texts(folded):
    return [item.text or item.first.kind for item in folded.items]


def test_few_nodes_are_shown_as_they_are():
    nodes = stacked([8, 8, 8])
    folded = fold(nodes)
    assert [item.members for item in folded.items] == [(node,) for node in nodes]
    assert len(folded.links) == len(all_pairs(nodes))
    assert not any(item.text for item in folded.items)


def test_a_depth_of_0_makes_a_box_of_each_scope():
    folded = fold(stacked([8, 4, 2]), depth=0)
    assert texts(folded) == ["placeholder", "layer0, 3 ops", "layer1, 3 ops", "layer2, 3 ops"]
    assert [link[:3] for link in folded.links] == [(0, 1, 1), (1, 2, 1), (2, 3, 1)]


def test_a_depth_folds_what_is_nested_deeper():
    with gf.name_scope("a"):
        x = gf.Placeholder((2,), name="x")
        with gf.name_scope("b"):
            y = gf.exp(gf.exp(x))
    nodes = ancestors([y])
    assert texts(fold(nodes, depth=0)) == ["a, 2 ops"]
    assert texts(fold(nodes, depth=1)) == ["placeholder", "b, 2 ops"]
    assert len(fold(nodes, depth=2).items) == 3


def test_arrows_between_two_boxes_become_one_with_a_count():
    x = gf.Placeholder((2,), name="x")
    with gf.name_scope("s"):
        y = gf.exp(x) + gf.sin(x) + gf.cos(x)
    (link,) = fold(ancestors([y]), depth=0).links
    assert (link.count, link.uniform, link.back) == (3, True, False)


def test_merged_arrows_of_several_shapes_say_so():
    with gf.name_scope("a"):
        p, q = gf.Placeholder((2,)), gf.Placeholder((3,))
    with gf.name_scope("b"):
        y = gf.sum(p) + gf.sum(q)
    (link,) = fold(ancestors([y]), depth=0).links
    assert (link.count, link.uniform) == (2, False)


def test_a_value_used_twice_by_a_node_keeps_two_arrows():
    x = gf.Placeholder((), name="x")
    assert len(fold(ancestors([x * x])).links) == 2


def test_scopes_of_one_structure_become_one():
    folded = fold(stacked([8] * 40))
    assert texts(folded)[1:] == [
        "variable x40",
        "matmul x40",
        "variable x40",
        "add x40",
        "relu x40",
    ]
    assert folded.clusters == {("",): 1, ("", "layer0"): 40}
    back = [link for link in folded.links if link.back]
    assert [(link.source, link.target, link.count) for link in back] == [(5, 2, 39)]


def test_scopes_of_different_shapes_are_not_taken_for_alike():
    folded = fold(stacked(range(1, 61)))
    assert texts(folded)[30] == "layer29, 3 ops"
    assert all(item.repeats == 1 for item in folded.items)


def test_alike_scopes_fold_to_one_box_when_their_inside_is_too_large():
    h = gf.Placeholder((2,), name="x")
    for i in range(12):
        with gf.name_scope(f"layer{i}"):
            for _ in range(7):
                h = gf.sin(gf.cos(h))
    folded = fold(ancestors([h]), budget=5)
    assert texts(folded) == ["placeholder", "layer, 14 ops x12"]
    assert [(link.source, link.count, link.back) for link in folded.links] == [
        (0, 1, False),
        (1, 11, True),
    ]
    assert len(folded.items[1].one) == 14


def test_two_of_a_kind_are_not_repeats():
    nodes = stacked([8, 8])
    assert all(item.repeats == 1 for item in fold(nodes, budget=3).items)


@pytest.mark.parametrize("scoped", [False, True])
def test_the_steps_of_a_recurrence_become_a_loop(scoped):
    folded = fold(loop(50, scoped))
    assert texts(folded)[3:] == ["getitem x50", "multiply x50", "add x50", "tanh x50"]
    (back,) = [link for link in folded.links if link.back]
    assert (back.source, back.target, back.count) == (6, 5, 49)


def test_a_loop_is_told_by_its_place_in_the_line_whatever_the_interpreter_does_to_its_code():
    h = gf.Placeholder((2,), name="x")
    for _ in range(200):
        h = (h[:1] + 1.0) * (h[1:] + 2.0)
    counts = [item.repeats for item in fold(ancestors([h])).items if item.first.kind == "getitem"]
    assert sum(counts) == 400
    assert max(counts) >= 199


def test_gradients_are_never_in_one_box_with_the_forward_pass():
    with gf.name_scope("layer"):
        x = gf.Placeholder((2,), name="x")
        y = gf.exp(x)
        with building(role="gradient"):
            grad = y * 2.0
    folded = fold(ancestors([grad]), depth=0)
    assert [item.scope for item in folded.items] == [("", "layer"), ("gradients", "layer")]


def straight(count):
    """Each node from a line of its own, so that no two are alike."""
    lines = "\n".join(f"h = gf.{'sin' if i % 3 else 'cos'}(h)" for i in range(count))
    names = {"gf": gf, "h": gf.Placeholder((2,), name="x")}
    exec(compile(lines, "straight.py", "exec"), names)
    return ancestors([names["h"]])


def test_what_has_no_structure_is_cut_into_runs():
    folded = fold(straight(1000))
    assert 60 < len(folded.items) <= BUDGET
    assert texts(folded)[5] == "9 ops"
    assert len(folded.links) == len(folded.items) - 1


def test_every_node_has_one_place_whatever_is_folded():
    nodes = loop(50, scoped=True)
    for depth in ("auto", None, 0, 1):
        folded = fold(nodes, depth=depth)
        assert [
            n for item in folded.items for n in item.members if n.number not in folded.place
        ] == []
        assert sum(len(item.members) for item in folded.items) == len(nodes) == len(folded.place)


def test_none_folds_nothing_and_a_number_folds_repeats_only_if_there_are_too_many():
    nodes = stacked([8] * 40)
    assert len(fold(nodes, depth=None).items) == len(nodes) == 201
    assert len(fold(nodes, depth=0).items) == 41
    assert len(fold(nodes, depth=0, budget=10).items) == 2
    assert len(fold(nodes, depth=9).items) == 6


@pytest.mark.parametrize("bad", [-1, 1.5, True, "all", ()])
def test_a_depth_that_is_none_is_refused(bad):
    with pytest.raises(ValueError, match="depth must be"):
        fold([], depth=bad)


def test_nothing_folds_to_nothing():
    assert fold([]) == ([], [], {}, {})


def test_the_inside_of_a_box_has_its_surroundings_folded():
    nodes = stacked([8, 4, 2])
    box = fold(nodes, depth=0).items[2]
    view = inside(nodes, box.one)
    assert [(item.text or item.first.kind, item.outside) for item in view.items] == [
        ("layer0, 3 ops", True),
        ("variable", False),
        ("matmul", False),
        ("variable", False),
        ("add", False),
        ("relu", False),
        ("layer2, 3 ops", True),
    ]
    assert len(view.links) == 6


def test_the_inside_of_one_of_many_repeats_is_one():
    nodes = stacked([8] * 40)
    box = fold(nodes, depth=0, budget=10).items[1]
    assert texts(inside(nodes, box.one))[-1] == "layer1, 3 ops"


def test_the_nodes_below_each_scope_are_listed():
    nodes = stacked([8, 4])
    found = scopes(nodes)
    assert list(found) == [("",), ("", "layer0"), ("", "layer1")]
    assert [len(held) for held in found.values()] == [11, 5, 5]


def test_the_same_nodes_fold_the_same_way():
    nodes = loop(60, scoped=True)
    first, again = fold(nodes), fold(nodes)
    assert [item.members for item in first.items] == [item.members for item in again.items]
    assert [link[:4] for link in first.links] == [link[:4] for link in again.links]


def test_100_000_nodes_fold_in_seconds():
    h = gf.Placeholder((2,), name="x")
    for i in range(100):
        with gf.name_scope(f"block{i}"):
            for _ in range(500):
                h = gf.sin(gf.cos(h))
    nodes = ancestors([h])
    start = time.monotonic()
    folded = fold(nodes)
    assert texts(folded) == ["placeholder", "block, 1,000 ops x100"]
    assert time.monotonic() - start < 10
