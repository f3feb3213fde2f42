"""gf.viz.explore: cards, views and layout of the page, without a browser."""

import json
import re
from html.parser import HTMLParser
from itertools import combinations

import numpy as np
import pytest

import graphflow as gf
from graphflow.traversal import ancestors
from graphflow.viz.explore_layers import GAP, _apart, layers
from graphflow.viz.explore_views import views

HOSTILE = [
    'say "hi"', "</script><script>document.title='run'</script>", "<b>bold</b>", "<!-- <script>",
    "a & b &amp; c", "naïve 漢字 ∂ \u2028 \u2029", "lone \ud800 surrogate", "$data ${script} $$",
    "x" * 300,
]  # fmt: skip


def data_of(page):
    text = page.read_text(encoding="utf-8")
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])


def explored(given, tmp_path, **options):
    """The data of a page, with its cards by name."""
    data = data_of(gf.viz.explore(given, tmp_path / "page.html", **options))
    return data, {card["name"]: card for card in data["nodes"]}


def members(item):
    runs = item["runs"]
    return [runs[i] + k for i in range(0, len(runs), 2) for k in range(runs[i + 1])]


def classifier(layers=2):
    """x -> layers of (W, b, matmul, add, relu) in scopes -> loss, gradients and an update."""
    x = h = gf.Placeholder((None, 3), name="x")
    for i in range(layers):
        with gf.name_scope(f"layer{i}"):
            w = gf.Variable(np.eye(3) * (i + 1), name="W")
            h = gf.relu(gf.matmul(h, w) + gf.Variable(np.zeros(3), name="b"))
    loss = gf.reduce_sum(h, name="loss")
    return x, loss


def trained():
    _, loss = classifier()
    return [loss, gf.compute_gradients(loss), gf.GradientDescentOptimizer(0.1).minimize(loss)]


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


# ---- cards


def test_a_card_says_what_a_node_is_and_where_it_was_made(tmp_path):
    x, _ = classifier()
    y = gf.softmax(x, axis=1, name="y")
    _, cards = explored(y, tmp_path)
    assert cards["y"]["op"] == cards["y"]["kind"].replace("operation", "softmax") == "softmax"
    assert cards["y"]["type"] == "float64[?, 3]"
    assert cards["y"]["attributes"] == "axis = 1"
    assert cards["y"]["line"] == [
        f"test_explore.py:{y.origin.line}",
        'y = gf.softmax(x, axis=1, name="y")',
    ]
    assert cards["x"]["kind"] == "placeholder"


def test_inputs_are_those_of_the_node(tmp_path):
    data, cards = explored(trained(), tmp_path)
    relu = cards["loss"]["inputs"]
    assert [data["nodes"][i]["op"] for i in relu] == ["relu"]
    add = data["nodes"][relu[0]]["inputs"]
    assert [data["nodes"][i]["op"] for i in data["nodes"][add[0]]["inputs"]] == [
        "matmul",
        "variable",
    ]


def test_parts_are_forward_gradients_and_optimizer(tmp_path):
    data, _ = explored(trained(), tmp_path)
    assert {card["part"] for card in data["nodes"]} == {"", "gradients", "optimizer"}


def test_values_and_gradients_of_a_run_are_on_the_cards(tmp_path):
    x = gf.Placeholder((3,), name="x")
    w = gf.Variable([3.0, 4.0, 0.0], name="w")
    loss = gf.reduce_sum(w * x, name="loss")
    grads = gf.compute_gradients(loss, [w, x])
    data, cards = explored([loss, grads], tmp_path, feed_dict={x: [1.0, 2.0, 5.0]})
    assert cards["loss"]["value"] == ["11"]
    assert cards["w"]["value"] == ["[3, 4, 0]"]
    assert cards["w"]["gradient"][1:] == ["[1, 2, 5]"]
    assert cards["x"]["gradient"][1:] == ["[3, 4, 0]"]
    assert data["nodes"][cards["w"]["gradient"][0]]["part"] == "gradients"


def test_a_large_value_is_summarised_by_norm_range_and_first_entries(tmp_path):
    values = np.linspace(-1, 3, 400).reshape(20, 20)
    values[0, 1], values[0, 2] = np.nan, np.inf
    w = gf.Variable(values, name="w")
    _, cards = explored(w, tmp_path, feed_dict={})
    kept = np.delete(values.ravel(), [1, 2])
    norm, *lines = cards["w"]["value"]
    assert norm == "norm nan"
    assert lines == [
        f"from −1 to 3, mean {kept.mean():.4g}",
        "2 not finite: 1 NaN",
        f"first: −1, nan, inf, {', '.join(f'{v:.4g}' for v in values[0, 3:5])}, …".replace(
            "-", "−"
        ),
    ]


def test_given_values_stand_in_the_place_of_computed_ones(tmp_path):
    a = gf.Variable(1.0, name="a")
    b = gf.exp(a, name="b")
    _, cards = explored(b, tmp_path, feed_dict={}, values={b: 7})
    assert (cards["a"]["value"], cards["b"]["value"]) == (["1"], ["7"])


def test_variables_have_the_values_of_the_session_and_no_update_happens(tmp_path):
    a = gf.Variable(2.0, name="a")
    session = gf.Session()
    session.assign(a, 5.0)
    step = gf.assign_add(a, 1.0)
    _, cards = explored([a, step], tmp_path, session=session)
    assert cards["a"]["value"] == ["5"]
    assert session.value(a) == 5.0


def test_without_a_run_there_are_no_values_and_nothing_need_be_fed(tmp_path):
    data, _ = explored(trained(), tmp_path)
    assert not any("value" in card for card in data["nodes"])


def test_a_profile_gives_times(tmp_path):
    x, loss = classifier()
    session, feeds = gf.Session(), {x: np.ones((2, 3))}
    _, cards = explored(loss, tmp_path, profile=session.profile(loss, feeds))
    assert cards["loss"]["time"].endswith((" us", " ms"))


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


# ---- the page


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.scripts = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, text):
        if self.tags and self.tags[-1] == "script":
            self.scripts[-1] += text


def test_hostile_names_stay_text(tmp_path):
    total = gf.Variable(1.0, name="plain")
    for i, name in enumerate(HOSTILE):
        with gf.name_scope(name):
            total = gf.multiply(total, gf.Variable(float(i), name=name), name=name)
    page = gf.viz.explore({name: total for name in HOSTILE}, tmp_path / "page.html")
    reader = Reader()
    reader.feed(page.read_text(encoding="utf-8"))
    assert reader.tags.count("script") == 2
    assert not {"b", "img", "iframe"} & set(reader.tags)
    assert not [name for name in reader.attributes if name.startswith("on")]
    names = " ".join(card["name"] for card in json.loads(reader.scripts[0])["nodes"])
    assert "</script><script>document.title='run'</script>" in names
    assert "x" * 300 in names


def test_the_page_needs_no_network(tmp_path):
    text = gf.viz.explore(trained(), tmp_path / "page.html").read_text(encoding="utf-8")
    assert set(re.findall(r"https?://[^\s\"'<]+", text)) == {"http://www.w3.org/2000/svg"}


def test_the_same_graph_gives_the_same_page(tmp_path):
    pages = set()
    for i in range(2):
        gf.reset_default_graph()
        pages.add(gf.viz.explore(trained(), tmp_path / f"{i}.html").read_bytes())
    assert len(pages) == 1


def test_a_graph_can_be_explored(tmp_path):
    with gf.Graph() as graph:
        classifier()
    data, cards = explored(graph, tmp_path)
    assert data["title"] == f"{len(graph.nodes)} nodes"
    assert "layer1/W" in cards


def many():
    node = gf.Variable(1.0)
    for _ in range(20_000):
        node = -node
    return node


@pytest.mark.parametrize(
    ("kind", "make", "options", "text"),
    [
        (gf.GraphError, list, {}, "no nodes"),
        (gf.GraphError, many, {}, "20,001 nodes are too many"),
        (gf.DTypeError, lambda: "loss", {}, "'loss'"),
        (gf.DTypeError, lambda: classifier()[1], {"values": [1]}, "values is a list"),
        (gf.DTypeError, lambda: classifier()[1], {"values": {"W": 1}}, "values: 'W' .* is no node"),
        (gf.FeedError, lambda: classifier()[1], {"feed_dict": {}}, "no value fed"),
    ],
)
def test_what_cannot_be_explored_is_refused_and_no_file_written(
    tmp_path, kind, make, options, text
):
    with pytest.raises(kind, match=text) as caught:
        gf.viz.explore(make(), tmp_path / "page.html", **options)
    assert len(str(caught.value).splitlines()) <= 6
    assert list(tmp_path.iterdir()) == []


def test_values_that_are_no_numbers_are_refused(tmp_path):
    a = gf.Variable(1.0, name="a")
    with pytest.raises(gf.DTypeError, match="not an array of numbers"):
        gf.viz.explore(a, tmp_path / "page.html", values={a: "text"})
