"""gf.viz.step_through: what the breadth-first pass did, in order and with numbers."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

import graphflow as gf
from graphflow.gradients import Watcher, watched_gradients
from graphflow.viz import render
from graphflow.viz.step_through_record import record
from graphflow.viz.step_through_scene import scene
from graphflow.viz.step_through_steps import steps as steps_of

HOSTILE = [
    'say "hi"', "</script><script>document.title='run'</script>", "<b>bold</b>", "<!-- <script>",
    "a & b &amp; c", "naïve 漢字 ∂ \u2028 \u2029", "lone \ud800 surrogate", "$data ${script} $$",
    "x" * 300,
]  # fmt: skip


def data_of(page):
    """The data that a written page holds."""
    text = page.read_text(encoding="utf-8")
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])


def told(loss, feed_dict=None, wrt=None, session=None):
    """The steps of the only pass, and the names of its nodes; no page is laid out."""
    recording = record(loss, feed_dict, wrt, session)
    (only,) = [scene(recording, recorded) for recorded in recording.passes]
    return steps_of(only), list(only.names.values())


def of_kind(steps, kind):
    return [step for step in steps if step["kind"] == kind]


def diamond():
    a = gf.Variable([1.0, 2.0], name="a")
    return a, gf.add(a, -(-a), name="z")


def test_the_diamond_is_expanded_in_the_order_of_counting():
    steps, names = told(diamond()[1])
    assert [names[step["at"]] for step in of_kind(steps, "take")] == [
        "z", "negative₂", "negative₁", "a",
    ]  # fmt: skip


def test_the_count_is_of_consumers_between_loss_and_targets():
    a, z = diamond()
    gf.log(a, name="metric")  # off the way
    steps, names = told(z)
    (count,) = of_kind(steps, "count")
    assert {names[place]: n for place, n in count["pending"]} == {
        "a": 2, "negative₁": 1, "negative₂": 1, "z": 0,
    }  # fmt: skip


def test_plain_breadth_first_is_shown_to_expand_the_diamond_too_early():
    steps, names = told(diamond()[1])
    (step,) = of_kind(steps, "compare")
    assert names[step["at"]] == "a"
    assert step["versus"] == ["[1, 1]", "[2, 2]"]
    assert "1 of 2 contributions have arrived (from z)" in step["text"][0]
    (end,) = of_kind(steps, "end")
    assert end["plain"][:2] == [["z", False, "1/1"], ["a", True, "1/2"]]
    assert end["counting"] == ["z", "negative₂", "negative₁", "a"]


def test_a_gradient_made_of_an_early_one_is_called_wrong_without_a_number():
    a = gf.Variable(3.0, name="a")
    b = gf.negative(a, name="b")
    c = gf.add(b, -(-b), name="c")  # b is early, and what it sends to a is wrong
    z = gf.add(c, a * 2.0 * 2.0 * 2.0, name="z")
    steps, names = told(z)
    wrong = {names[step["at"]]: step["versus"] for step in of_kind(steps, "compare")}
    assert wrong["b"] == ["1", "2"]
    assert wrong["a"] == ["wrong", "6"]


def test_nothing_is_compared_where_plain_breadth_first_is_right():
    a = gf.Variable(2.0, name="a")
    steps, _ = told(gf.exp(a) + gf.sin(a))
    assert of_kind(steps, "compare") == []
    assert "meets every node after its last consumer" in steps[-1]["text"][0]


def test_a_node_used_twice_by_one_operation_hears_from_it_twice():
    a = gf.Variable(3.0, name="a")
    steps, names = told(gf.multiply(a, a, name="z"))
    sums = [step["sums"] for step in of_kind(steps, "take") if names[step["at"]] == "a"]
    assert sums == [[["z", "3", "3"], ["z", "3", "6"]]]


def test_the_queue_and_the_pending_consumers_are_those_of_every_event():
    steps, names = told(diamond()[1])
    sent = [step for step in of_kind(steps, "send") if "from" in step]
    seen = [(names[s["at"]], s["left"], [names[p] for p in s["ready"]]) for s in sent]
    assert seen == [
        ("a", 1, []),
        ("negative₂", 0, ["negative₂"]),
        ("negative₁", 0, ["negative₁"]),
        ("a", 0, ["a"]),
    ]


def test_the_rule_stands_in_names_and_in_numbers():
    a, b = gf.Variable(-3.0, name="a"), gf.Variable(4.0, name="b")
    steps, names = told(gf.negative(a * b, name="z"))
    rules = {names[s["at"]]: s["formula"] for s in of_kind(steps, "send") if "from" in s}
    assert rules["multiply"] == ["−grad", "−1"]
    assert rules["a"] == ["grad × b", "−1 × 4 = −4"]
    assert rules["b"] == ["grad × a", "−1 × −3 = 3"]


def test_gradients_and_values_are_those_of_the_formula():
    """sigmoid(w·x + b) at w = (1, 1), x = (3, 2), b = 0; s' = s (1 − s)."""
    x = gf.Placeholder((2,), name="x")
    w, b = gf.Variable([1.0, 1.0], name="w"), gf.Variable(0.0, name="b")
    steps, names = told(gf.sigmoid(gf.reduce_sum(w * x) + b, name="y"), {x: [3, 2]})
    s = 1 / (1 + np.exp(-5))
    values = {names[p]: text for step in steps for p, text in step.get("values", [])}
    assert values["y"] == f"{s:.4g}"
    grads = {names[step["at"]]: step["table"]["rows"] for step in of_kind(steps, "take")}
    assert grads["b"] == [[f"{s * (1 - s):.6g}"]]
    assert grads["w"] == [[f"{3 * s * (1 - s):.6g}", f"{2 * s * (1 - s):.6g}"]]


def test_every_finished_gradient_agrees_with_finite_differences():
    rng = np.random.default_rng(0)
    x, c = gf.Placeholder((None, 3), name="x"), gf.Placeholder((None, 2), name="c")
    w, b = gf.Variable(rng.normal(size=(3, 2)), name="w"), gf.Variable([0.1, 0.2], name="b")
    p = gf.softmax(gf.tanh(x @ w + b))
    loss = gf.negative(gf.reduce_mean(gf.reduce_sum(c * gf.log(p), axis=1)), name="loss")
    feeds = {x: rng.normal(size=(4, 3)), c: np.eye(2)[[0, 1, 1, 0]]}
    steps, names = told(loss, feeds)
    taken = of_kind(steps, "take")
    assert {"w", "b", "loss"} <= {names[step["at"]] for step in taken}
    assert {verdict for step in taken for *_, verdict in step["differences"]} == {"agrees"}
    w_step = next(step for step in taken if names[step["at"]] == "w")
    assert len(w_step["differences"]) == 6
    assert steps[-1]["results"][0][2] == "2 × agrees"


class Doubled(gf.Operation):
    def compute(self, xp, x):
        return xp.multiply(x, 2.0)


@gf.RegisterGradient("Doubled")
def _doubled_grad(op, grad):
    return grad * 2.001


def test_a_wrong_rule_differs_from_finite_differences():
    a = gf.Variable(1.5, name="a")
    steps, _ = told(Doubled(a))
    assert of_kind(steps, "take")[-1]["differences"] == [["", "2.001", "2", "differs"]]


def test_a_kink_is_told():
    steps, _ = told(gf.relu(gf.Variable(0.0, name="a")))
    ((_, claimed, _, verdict),) = of_kind(steps, "take")[-1]["differences"]
    assert claimed == "0"
    assert verdict.startswith("kink")


def test_random_draws_are_held_while_differences_are_taken():
    a = gf.Variable([1.0, 2.0], name="a")
    loss = gf.reduce_sum(gf.exp(a) * gf.random.normal((2,)))
    steps, _ = told(loss, session=gf.Session(seed=1))
    assert steps[-1]["results"][0][2] == "2 × agrees"


def test_float32_is_differenced_in_float64():
    a = gf.Variable(np.array([0.5, -1.25], np.float32), name="a")
    steps, _ = told(gf.reduce_sum(gf.sigmoid(a)))
    assert steps[-1]["results"][0][2] == "2 × agrees"


def test_variables_have_the_values_of_the_session():
    a = gf.Variable(1.0, name="a")
    session = gf.Session()
    session.assign(a, 5.0)
    steps, _ = told(gf.square(a), session=session)
    assert of_kind(steps, "take")[-1]["gradient"] == "10"


def test_names_are_told_apart_by_scope_and_kinds_by_number():
    total = gf.Variable(1.0, name="a")
    for scope in ("first", "second"):
        with gf.name_scope(scope):
            total = total * gf.Variable(2.0, name="w")
    _, names = told(total)
    assert names == ["a", "first/w", "multiply₁", "second/w", "multiply₂"]


def test_a_target_inside_a_rewritten_pattern_gets_a_pass_of_its_own(tmp_path):
    z = gf.Variable([1.0, 2.0], name="z")
    p = gf.softmax(z, name="p")
    loss = gf.negative(gf.reduce_sum(gf.log(p)), name="loss")
    passes = data_of(gf.viz.step_through(loss, None, tmp_path / "p.html", wrt=[z, p]))["passes"]
    results = [one["steps"][-1]["results"] for one in passes]
    exp = np.exp([1.0, 2.0])
    by_p = ", ".join(f"{x:.4g}" for x in -exp.sum() / exp).replace("-", "−")
    assert [[row[1:] for row in rows] for rows in results] == [
        [["[−0.4621, 0.4621]", "2 × agrees"]],  # 2 softmax(z) − 1
        [[f"[{by_p}]", "2 × agrees"]],
    ]
    assert "log became log_softmax" in passes[0]["notes"][0]
    assert passes[1]["notes"] == []


def test_placeholders_are_differentiated_by_where_there_is_no_variable():
    x = gf.Placeholder((), name="x")
    steps, _ = told(gf.sin(x), {x: 0.0})
    assert steps[-1]["results"] == [["x", "1", "1 × agrees"]]


def test_the_page_holds_the_steps(tmp_path):
    (only,) = data_of(gf.viz.step_through(diamond()[1], None, tmp_path / "p.html"))["passes"]
    steps, names = told(diamond()[1])
    assert [node["name"] for node in only["nodes"]] == names
    assert only["steps"] == json.loads(json.dumps(steps))


def test_large_arrays_are_shown_by_shape_norm_and_first_entries():
    a = gf.Variable(np.ones((40, 30)), name="a")
    steps, _ = told(gf.reduce_sum(a))
    table = of_kind(steps, "take")[-1]["table"]
    assert table["type"] == "float64[40, 30]"
    assert table["norm"] == f"{np.sqrt(1200):.6g}"
    assert table["rows"] == [["1"] * 6] * 6
    assert table["more"] == "36 of 1200 entries"
    assert of_kind(steps, "take")[-1]["gradient"] == "(40×30 ‖34.64‖)"


def test_empty_arrays_and_infinities_can_be_shown():
    a, b = gf.Variable(np.ones((0, 3)), name="a"), gf.Variable(0.0, name="b")
    with np.errstate(all="ignore"):
        steps, _ = told(gf.reduce_sum(a) + gf.log(b), wrt=[a, b])
    assert {row[0]: row[1] for row in steps[-1]["results"]} == {"a": "(0×3 ‖0‖)", "b": "inf"}


class Reader(HTMLParser):
    """The elements of a page, and what its scripts hold."""

    def __init__(self):
        super().__init__()
        self.tags, self.scripts, self.attributes = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, text):
        if self.tags and self.tags[-1] == "script" and self.scripts:
            self.scripts[-1] += text


def hostile_product():
    total = gf.Variable(1.0, name="plain")
    for i, name in enumerate(HOSTILE):
        total = gf.multiply(total, gf.Variable(float(i + 1), name=name), name="m" + name)
    return total


def test_hostile_names_stay_text(tmp_path):
    page = gf.viz.step_through(hostile_product(), None, tmp_path / "page.html")
    reader = Reader()
    reader.feed(page.read_text(encoding="utf-8"))
    assert reader.tags.count("script") == 2
    assert not {"b", "img", "iframe"} & set(reader.tags)
    assert not [name for name in reader.attributes if name.startswith("on")]
    full = " ".join(node["full"] for node in json.loads(reader.scripts[0])["passes"][0]["nodes"])
    assert "</script><script>document.title='run'</script>" in full
    assert "x" * 300 in full


def test_the_page_needs_no_network_and_runs_only_its_own_script(tmp_path):
    text = gf.viz.step_through(diamond()[1], None, tmp_path / "page.html").read_text("utf-8")
    addresses = set(re.findall(r"https?://[^\s\"'<]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-")


def test_the_same_graph_gives_the_same_page(tmp_path):
    pages = set()
    for i in range(2):
        gf.reset_default_graph()
        pages.add(gf.viz.step_through(diamond()[1], None, tmp_path / f"{i}.html").read_bytes())
    assert len(pages) == 1


def long_chain():
    a = gf.Variable(1.0, name="a")
    node = a
    for _ in range(150):
        node = -node
    return node


@pytest.mark.parametrize(
    ("kind", "make", "text"),
    [
        (gf.GraphError, lambda: (long_chain(), None), "151 nodes; up to 150"),
        (gf.DTypeError, lambda: ("loss", None), "the loss is 'loss' \\(str\\)"),
        (gf.DTypeError, lambda: (gf.placeholder((), "int64"), None), "holds no floats"),
        (gf.DisconnectedError, lambda: (gf.exp(gf.constant(1.0)), None), "no variable"),
        (gf.FeedError, lambda: (gf.exp(gf.placeholder((), name="q")), None), "'q'"),
        (gf.FeedError, lambda: ((z := diamond()[1]), {z.inputs[1]: [1, 2]}), "is fed, but"),
    ],
)
def test_what_cannot_be_stepped_through_is_refused_and_no_file_written(tmp_path, kind, make, text):
    loss, feeds = make()
    with pytest.raises(kind, match=text) as caught:
        gf.viz.step_through(loss, feeds, tmp_path / "page.html")
    assert len(str(caught.value).splitlines()) <= 6
    assert list(tmp_path.iterdir()) == []


def test_a_target_off_the_graph_is_refused(tmp_path):
    with pytest.raises(gf.DisconnectedError, match="does not depend on 'other'"):
        gf.viz.step_through(
            diamond()[1], None, tmp_path / "p.html", wrt=gf.Variable(1.0, name="other")
        )


def test_without_a_renderer_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(render.shutil, "which", lambda name: None)
    monkeypatch.setattr(render, "_has", lambda package: False)
    with pytest.raises(gf.GraphflowError, match="cannot be drawn.*pip install"):
        gf.viz.step_through(diamond()[1], None, tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []


class Noting(Watcher):
    def __init__(self):
        self.notes = []

    def counts(self, between, pending):
        self.notes.append(("counts", [pending[node.number] for node in between]))

    def sends(self, op, source, part, left):
        sender = "seed" if op is None else op.kind
        self.notes.append(("sends", sender, source.kind, left))

    def takes(self, node, grad, ready):
        self.notes.append(("takes", node.kind))


def test_a_watcher_is_told_of_the_pass_that_makes_the_gradients():
    a, z = diamond()
    noting = Noting()
    (grad,) = watched_gradients(z, a, noting)
    assert noting.notes == [
        ("counts", [2, 1, 1, 0]),
        ("sends", "seed", "add", 0),
        ("takes", "add"),
        ("sends", "add", "variable", 1),
        ("sends", "add", "negative", 0),
        ("takes", "negative"),
        ("sends", "negative", "negative", 0),
        ("takes", "negative"),
        ("sends", "negative", "variable", 0),
        ("takes", "variable"),
    ]
    assert gf.Session().run(grad).tolist() == [2.0, 2.0]
