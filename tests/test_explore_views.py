"""gf.viz.explore: what each view of the page holds and what it opens, and where its boxes stand."""

from itertools import combinations

import numpy as np
import pytest
from test_explore import classifier, explored

import graphflow as gf
from graphflow.traversal import ancestors
from graphflow.viz.explore_layers import GAP, _apart, layers
from graphflow.viz.explore_views import views


def members(item):
    runs = item["runs"]
    return [runs[i] + k for i in range(0, len(runs), 2) for k in range(runs[i + 1])]


def branching(count):
    """A graph of many scopes, in which every node takes two earlier ones."""
    rng = np.random.default_rng(0)
    nodes = [gf.Variable(float(i), name=f"v{i}q") for i in range(5)]
    functions = [gf.add, gf.multiply, gf.maximum, gf.subtract]
    for i in range(count):
        a, b = rng.integers(max(0, len(nodes) - 12), len(nodes), 2)
        scope = f"part{'abcdefgh'[i % 400 // 50]}/sub{'abcde'[i % 50 // 10]}"
        with gf.name_scope(scope):
            nodes.append(functions[rng.integers(4)](nodes[a], nodes[b]))
    return nodes


# ---- views


@pytest.fixture(scope="module")
def shown():
    """The views of a graph of 1,200 nodes in scopes of two levels, and how many nodes it has."""
    with gf.Graph():
        nodes = ancestors(branching(1200))
        return views(nodes, {}), len(nodes)


def test_the_first_view_holds_every_node_once_and_can_be_taken_in(shown):
    its, count = shown
    held = [member for item in its[0]["items"] for member in members(item)]
    assert sorted(held) == list(range(count))
    assert len(its[0]["items"]) <= 120


def test_everything_that_is_folded_opens_into_a_view_of_just_that(shown):
    its, _ = shown
    folded = [item for v in its for item in v["items"] if item["kind"] == "scope"]
    assert len(folded) > 40
    for item in folded:
        if item["outside"]:
            continue
        inner = [i for view in item["open"] for i in its[view]["items"] if not i["outside"]]
        assert sorted(m for i in inner for m in members(i)) == members(item)


def test_every_node_is_in_a_box_of_its_own_in_some_view(shown):
    its, count = shown
    held = [members(item) for view in its for item in view["items"]]
    single = {one[0] for one in held if len(one) == 1}
    assert single == set(range(count))


def test_views_lead_back_to_the_one_they_were_opened_from(shown):
    its, _ = shown
    for number, view in enumerate(its):
        opened = {inner for item in view["items"] for inner in item["open"]}
        assert all(its[inner]["parent"] <= number for inner in opened)


def test_levels_of_depth_fold_the_scopes_below(tmp_path):
    with gf.name_scope("outer"):
        a = gf.Variable(1.0, name="a")
        with gf.name_scope("inner"):
            b = gf.exp(gf.cos(a))
    data, _ = explored(gf.sin(b), tmp_path)
    by_depth = {view["depth"]: view for view in data["views"] if view["depth"]}
    texts = {d: [item["lines"][0] for item in view["items"]] for d, view in by_depth.items()}
    assert texts == {
        "auto": ["a", "cos", "exp", "sin"],
        "0": ["outer, 2 ops", "sin"],
        "1": ["a", "inner, 2 ops", "sin"],
    }


def test_alike_scopes_can_be_opened_one_by_one(tmp_path):
    _, loss = classifier(125)
    data, _ = explored(loss, tmp_path)
    (item,) = [item for item in views_of(data, "0")["items"] if item["kind"] == "scope"]
    titles = [data["views"][view]["title"] for view in item["open"]]
    assert titles == [f"layer{i}" for i in range(125)]


def views_of(data, depth):
    return next(view for view in data["views"] if view["depth"] == depth)


def test_values_kept_for_the_backward_pass_are_told_from_gradients(tmp_path):
    x = gf.Placeholder((3,), name="x")
    data, _ = explored(gf.gradients(gf.reduce_sum(gf.square(x)), x), tmp_path)
    view = data["views"][0]
    carried = {
        (view["items"][s]["part"], view["items"][t]["part"], how)
        for s, t, _, _, how in view["links"]
    }
    assert carried <= {
        ("", "", ""),
        ("", "gradients", "kept"),
        ("gradients", "gradients", "derived"),
    }
    assert ("", "gradients", "kept") in carried


# ---- layout


def overlapping(rectangles):
    """The pairs of rectangles [x, y, width, height] that have an area in common."""
    return [
        (a, b)
        for a, b in combinations(rectangles, 2)
        if a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]
    ]


def contains(outer, inner):
    return (
        outer[0] <= inner[0]
        and outer[1] <= inner[1]
        and inner[0] + inner[2] <= outer[0] + outer[2]
        and inner[1] + inner[3] <= outer[1] + outer[3]
    )


def test_overlap_is_noticed():
    assert overlapping([[0, 0, 10, 10], [9, 9, 10, 10], [10, 0, 5, 5]]) == [
        ([0, 0, 10, 10], [9, 9, 10, 10])
    ]


def test_no_two_boxes_overlap(shown):
    its, _ = shown
    assert sum(len(view["items"]) for view in its) > 1000
    for view in its:
        assert overlapping([item["at"] for item in view["items"]]) == []


def test_frames_hold_boxes_whole_or_not_at_all(shown):
    its, _ = shown
    for view in its:
        for frame in view["frames"]:
            for box in [item["at"] for item in view["items"]]:
                assert contains(frame, box) or not overlapping([frame[:4], box])


def test_a_box_stands_below_its_inputs():
    a = gf.Variable(1.0, name="a")
    b = gf.exp(a)
    (view, *_) = views(ancestors([gf.add(gf.sin(b), a), gf.cos(b)]), {})
    for source, target, *_ in view["links"]:
        (_, top, _, height), (_, below, _, _) = (view["items"][i]["at"] for i in (source, target))
        assert top + height < below


def test_edges_that_need_not_cross_do_not():
    placed = layers([(10, 10)] * 6, [(0, 5), (1, 4), (2, 3)])
    x = [middle[0] for middle in placed.middles]
    assert sorted(range(3), key=lambda i: x[i]) == [
        5 - j for j in sorted(range(3, 6), key=x.__getitem__)
    ]


def test_a_long_edge_bends_around_what_stands_between():
    placed = layers([(40, 10)] * 3, [(0, 1), (1, 2), (0, 2)])
    ((x, y),) = placed.bends[0, 2]
    assert y == placed.middles[1][1]
    assert abs(x - placed.middles[1][0]) >= 20 + GAP


def test_places_in_a_row_are_those_of_isotonic_regression():
    optimize = pytest.importorskip("scipy.optimize")
    rng = np.random.default_rng(0)
    wanted = rng.normal(0, 100, 20)
    widths = rng.uniform(5, 60, 20)
    gaps = (widths[1:] + widths[:-1]) / 2 + GAP
    offsets = np.concatenate([[0], np.cumsum(gaps)])
    expected = optimize.isotonic_regression(wanted - offsets).x + offsets
    np.testing.assert_allclose(_apart(range(20), list(wanted), list(widths)), expected, rtol=1e-12)
