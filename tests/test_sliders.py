"""Pictures with sliders: the numbers of the page are NumPy's, with a kernel and without."""

import html
import json
import re
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

import graphflow as gf
from graphflow.viz import Frame, Line, Points, chart_page, in_page, slider

HOSTILE = "</script><script>alert(1)</script><b>&amp;"
CURVE_X = np.linspace(-2.1, 2.1, 100)


def data_of_seed_003():
    """S003.2, as its recipe draws them."""
    random = np.random.RandomState(42)
    x = np.linspace(-2, 2, 20)[:, None]
    fx = 3 * x**2 + 2 * x + 1
    y = fx * (1 + random.normal(scale=0.15, size=x.shape)) + random.normal(scale=0.5, size=x.shape)
    return x, y


def quad(a, b, c, x):
    return a * x**2 + b * x + c


def plot_quad(a, b, c):
    x, y = data_of_seed_003()
    mae = np.mean(np.abs(quad(a, b, c, x) - y))
    return Frame([Line(CURVE_X, quad(a, b, c, CURVE_X), "quad")], {"MAE": mae})


def plot_quad_by_numbers(a, b, c):
    return plot_quad(float(a), float(b), float(c))  # which nodes cannot be


def seed_003(draw=plot_quad):
    x, y = data_of_seed_003()
    ranges = {"a": 1.1, "b": 1.1, "c": 1.1}
    return gf.viz.sliders(
        draw, ranges, fixed=Points(x, y, "data"), title="MAE: {MAE:.2f}", ylim=(-3, 12)
    )


def pages_data(made):
    """What a page tells its scripts."""
    return json.loads(re.search(r'id="data">(.*?)</script>', made.html, re.DOTALL)[1])


def computed(program, *numbers):
    """The page's program run by NumPy: what pages/arrays.js does."""
    specs = program["specs"]
    types = {"Float64Array": np.float64, "Float32Array": np.float32, "Uint8Array": np.bool_}
    own = {
        "masked": lambda x, mask: np.where(mask, x, 0),
        "stack": lambda *numbers: np.stack(numbers),
    }
    values = {}
    for place, items in program["constants"].items():
        spec = specs[int(place)]
        values[int(place)] = np.array(items, types[spec["type"]]).reshape(spec["shape"])
    for place, number in zip(program["feeds"], numbers, strict=True):
        values[place] = np.asarray(number, np.float64)
    for call in program["calls"]:
        args = [
            arg if isinstance(arg, float | int) else values[arg["value"]] for arg in call["args"]
        ]
        spec = specs[call["output"]]
        if call["do"] in in_page.REDUCTIONS:
            first = {} if call["initial"] is None else {"initial": call["initial"]}
            made = getattr(np, call["do"])(args[0], axis=tuple(call["axes"]), **first)
            made = np.reshape(made, spec["shape"])
        elif call["do"] == "reshape":
            made = np.reshape(args[0], spec["shape"])
        else:
            made = own.get(call["do"], getattr(np, call["do"], None))(*args)
            made = np.broadcast_to(made, spec["shape"])
        values[call["output"]] = np.asarray(made, types[spec["type"]])
    return [values[place] for place in program["outputs"]]


def test_the_title_of_seed_003_is_its_mean_absolute_error():
    frame, title = seed_003().at(a=1.1, b=1.1, c=1.1)
    assert title == "MAE: 2.32"  # S003.8
    assert frame.values["MAE"] == pytest.approx(2.317555, abs=5e-7)  # S003.3
    x, y = data_of_seed_003()
    _, title = seed_003().at(a=3, b=2, c=1)
    assert title == f"MAE: {np.mean(np.abs(quad(3, 2, 1, x) - y)):.2f}" == "MAE: 0.84"


def test_the_page_computes_what_numpy_computes():
    data = pages_data(seed_003())
    x, y = data_of_seed_003()
    for a, b, c in [(1.1, 1.1, 1.1), (3.3, -1.1, 0.0), (2.7, 1.3, 0.9)]:
        curve, mae = computed(data["program"], a, b, c)
        np.testing.assert_allclose(curve, quad(a, b, c, CURVE_X), rtol=1e-13, atol=1e-13)
        assert mae == pytest.approx(np.mean(np.abs(quad(a, b, c, x) - y)), rel=1e-13)
    assert data["title"] == ["MAE: ", {"value": {"output": 1}, "kind": "f", "digits": 2}]
    assert data["moving"][0]["y"] == {"output": 0}
    np.testing.assert_array_equal(data["moving"][0]["x"], CURVE_X)
    assert data["note"] == ""


def test_its_sliders_are_those_of_interact():
    first = pages_data(seed_003())["parameters"][0]
    assert first["name"] == "a"
    assert first["places"][0] == -1.1
    assert first["places"][-1] == 3.3
    assert first["places"][first["start"]] == 1.1
    np.testing.assert_allclose(np.diff(first["places"]), 0.1)


def test_where_the_page_cannot_compute_it_has_pictures_for_places_of_the_sliders():
    made = seed_003(plot_quad_by_numbers)
    assert made.note.endswith("the function needs numbers and is no graph.")
    data = pages_data(made)
    counts = [len(parameter["places"]) for parameter in data["parameters"]]
    assert f"for {counts[0]} × {counts[1]} × {counts[2]} places" in made.note
    assert len(data["pictures"]) == np.prod(counts)
    starts = [parameter["start"] for parameter in data["parameters"]]
    assert data["pictures"][np.ravel_multi_index(starts, counts)]["title"] == "MAE: 2.32"
    places = [parameter["places"] for parameter in data["parameters"]]
    picture = data["pictures"][np.ravel_multi_index((2, 0, 1), counts)]
    expected = quad(places[0][2], places[1][0], places[2][1], CURVE_X)
    np.testing.assert_allclose(picture["marks"][0]["y"], expected, rtol=1e-5, atol=1e-5)


def test_a_call_that_the_page_does_not_know_is_named():
    made = gf.viz.sliders(lambda a: Line(CURVE_X, np.cumsum(a * CURVE_X)), {"a": 1.0})
    assert made.note.endswith("cumsum is a call that the page does not know.")
    np.testing.assert_allclose(made.at(a=2.0)[0].marks[0].y, np.cumsum(2 * CURVE_X))


@pytest.mark.parametrize(
    ("draw", "why"),
    [
        (lambda a: a * np.array([1.0, np.inf]), "not finite"),
        (lambda a: np.where(CURVE_X > 0, a * CURVE_X, -np.inf), "where takes what the page"),
        (lambda a: gf.maximum(a * CURVE_X, -np.inf), "maximum takes what the page does not know"),
        (lambda a: gf.cast(gf.cast(a * CURVE_X, np.int64), float), "int64 is a type"),
        (lambda a: a + gf.random.normal((100,)), "random numbers"),
        (lambda a: a + np.zeros(400_001), "more than 400,000 numbers"),
    ],
)
def test_what_a_page_cannot_hold_is_said(draw, why):
    made = gf.viz.sliders(lambda a: Line([0], gf.sum(draw(a))), {"a": 1.0})
    assert why in made.note


def test_truth_is_that_of_numpy():
    made = gf.viz.sliders(
        lambda a: Line(CURVE_X, gf.where(gf.cast(a * CURVE_X, bool), 1.0, 0.0)), {"a": (0, 1, 0.25)}
    )
    assert made.note == ""
    (y,) = computed(pages_data(made)["program"], 0.25)
    np.testing.assert_array_equal(y, np.ones(100))  # 0.25 x is not 0 at any of them


def test_rectified_lines_of_the_seed_are_drawn():
    def rectified_linear(m, b, x):
        return np.clip(m * x + b, 0, None)

    def double_relu(m1, b1, m2, b2):
        y = rectified_linear(m1, b1, CURVE_X) + rectified_linear(m2, b2, CURVE_X)
        return Line(CURVE_X, y)

    made = gf.viz.sliders(double_relu, {"m1": -1.5, "b1": -1.5, "m2": 1.5, "b2": 1.5})
    (y,) = computed(pages_data(made)["program"], -1.5, -1.5, 1.5, 1.5)
    expected = np.maximum(-1.5 * CURVE_X - 1.5, 0) + np.maximum(1.5 * CURVE_X + 1.5, 0)
    np.testing.assert_allclose(y, expected, atol=1e-14)


def test_a_network_with_weights_of_the_session_is_computed_by_the_page():
    x = np.linspace(-1, 1, 9)[:, None]
    W, b = gf.Variable(np.ones((1, 4))), gf.Placeholder((4,))
    gain = gf.Placeholder((), name="gain")
    y = gf.sum(gf.sigmoid(gain * x @ W + b), axis=1)
    session = gf.Session()
    session.assign(W, [[1.0, 2, 3, 4]])
    bias = np.array([0.1, 0.2, 0.3, 0.4])
    made = gf.viz.sliders(Line(x, y), {gain: (0, 4)}, feed_dict={b: bias}, session=session)
    expected = (1 / (1 + np.exp(-(1.5 * x @ [[1.0, 2, 3, 4]] + bias)))).sum(axis=1)
    np.testing.assert_allclose(computed(pages_data(made)["program"], 1.5)[0], expected, rtol=1e-14)
    np.testing.assert_allclose(made.at(gain=1.5)[0].marks[0].y, expected, rtol=1e-14)


def test_a_variable_can_be_a_parameter():
    w = gf.Variable(2.0, name="w")
    made = gf.viz.sliders(Line(CURVE_X, w * CURVE_X), {w: (0, 4, 0.5)})
    np.testing.assert_allclose(made.at(w=3)[0].marks[0].y, 3 * CURVE_X)


def test_every_call_that_a_page_may_have_is_in_its_script():
    script = chart_page._read("arrays.js")
    table = script[script.index("const ELEMENTWISE = {") : script.index("const REDUCTIONS")]
    for name in in_page.ELEMENTWISE:
        assert re.search(rf"\b{name}(?::|,)", table), name
    table = script[script.index("const REDUCTIONS = {") : script.index("const ARRAYS")]
    for name in in_page.REDUCTIONS:
        assert f"  {name}: [" in table


def test_limits_are_around_what_the_ends_of_the_sliders_draw():
    data = pages_data(gf.viz.sliders(lambda a: Line([0, 1], [0, a]), {"a": (-10, 30)}))
    assert data["ylim"] == pytest.approx([-12, 32])  # 5 % of 40 more on each side


def test_hostile_names_stay_text():
    draw = lambda **numbers: Line([0, 1], [0, numbers[HOSTILE]], HOSTILE)  # noqa: E731
    made = gf.viz.sliders(draw, {HOSTILE: 1.0}, title=HOSTILE, xlabel=HOSTILE)
    assert made.html.count("<script") == made.html.count("</script>") == 2  # data, and ours
    data = pages_data(made)
    assert data["parameters"][0]["name"] == data["labels"][0] == HOSTILE
    assert "innerHTML" not in made.html


def test_the_page_loads_nothing_and_is_saved_whole(tmp_path):
    path = seed_003().save(tmp_path / "a.html")
    text = path.read_text(encoding="utf-8")
    assert text == seed_003().html
    assert "default-src 'none'" in text
    with pytest.raises(ValueError, match=r"use \.html"):
        seed_003().save(tmp_path / "a.png")
    assert [p.name for p in tmp_path.iterdir()] == ["a.html"]


def test_a_point_may_be_a_list_of_nodes():
    made = gf.viz.sliders(lambda a: Points([a, 0], [a**2, 1.0]), {"a": (0, 4)})
    x, y = computed(pages_data(made)["program"], 3.0)
    assert (list(x), list(y)) == ([3, 0], [9, 1])


# ---- widgets


class Widget:
    """What is used of ipywidgets."""

    def __init__(self, children=(), **traits):
        self.children = list(children)
        self.__dict__.update(traits)
        self.watching = []

    def observe(self, call, names):
        assert names == "value"
        self.watching.append(call)

    def move(self, value):
        self.value = value
        for call in self.watching:
            call({"new": value})

    def _repr_mimebundle_(self):
        return {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "VBox"}


@pytest.fixture
def notebook(monkeypatch):
    """A kernel with ipywidgets."""
    fake = ModuleType("ipywidgets")
    fake.Image = fake.SelectionSlider = fake.VBox = Widget
    ipython = ModuleType("IPython")
    ipython.version_info = (9, 0, 0)  # which matplotlib looks at
    ipython.get_ipython = lambda: SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "ipywidgets", fake)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    there = slider.find_spec
    monkeypatch.setattr(slider, "find_spec", lambda n: n == "ipywidgets" or there(n))


def test_a_widget_draws_again_when_a_slider_moves(notebook):
    image, *boxes = seed_003().widget().children
    assert [box.description for box in boxes] == ["a", "b", "c"]
    assert boxes[0].value == 1.1
    before = image.value
    assert before.startswith(b"\x89PNG")
    boxes[0].move(2.1)
    moved = image.value
    assert moved != before
    boxes[0].move(1.1)
    assert image.value == before


def by_numbers():
    return gf.viz.sliders(lambda a: Line([0, 1], [0, float(a)]), {"a": 1.0})


def test_a_kernel_shows_the_widget_where_the_page_cannot_compute(notebook):
    shown = by_numbers()._repr_mimebundle_()
    assert list(shown) == ["application/vnd.jupyter.widget-view+json", "text/plain", "text/html"]
    assert shown["text/plain"] == "<Sliders for a>"
    assert list(seed_003()._repr_mimebundle_()) == ["text/html", "text/plain"]


def test_a_widget_that_fails_leaves_the_page(notebook, monkeypatch):
    monkeypatch.setattr(sys.modules["ipywidgets"], "Image", None)
    assert list(by_numbers()._repr_mimebundle_()) == ["text/html", "text/plain"]


def test_without_a_kernel_the_page_is_shown():
    shown = by_numbers()._repr_mimebundle_()
    assert list(shown) == ["text/html", "text/plain"]
    assert html.unescape(re.search('srcdoc="([^"]*)"', shown["text/html"])[1]) == by_numbers().html


def test_a_widget_without_ipywidgets_is_refused(monkeypatch):
    monkeypatch.setattr(slider, "find_spec", lambda _: None)
    with pytest.raises(gf.MissingError, match="ipywidgets is not installed\npip install"):
        seed_003().widget()


def test_showing_never_raises(monkeypatch):
    made = seed_003()
    monkeypatch.setattr(type(made), "html", property(lambda self: 1 / 0))
    assert made._repr_mimebundle_() == {"text/plain": "<Sliders for a, b, c>"}


def test_a_notebook_gives_a_page_of_many_sliders_more_height():
    def height(count):
        places = {gf.placeholder((), name=f"p{k}"): 1.0 for k in range(count)}
        shown = gf.viz.sliders(Line([0.0, 1.0], gf.stack([0.0, sum(places)])), places)
        return int(re.search(r"height:(\d+)px", shown._repr_mimebundle_()["text/html"])[1])

    assert height(6) > height(4) > height(2)
