"""gf.viz.explore: cards and the page, without a browser."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

import graphflow as gf

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
