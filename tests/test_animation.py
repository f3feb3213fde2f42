"""Animations: their frames, as a GIF and as a page, and descent with its tangent."""

import contextlib
import html
import json
import re

import numpy as np
import pytest
from PIL import Image

import graphflow as gf
from graphflow.viz import Frame, Line, Points, chart_page, plot_style

HOSTILE = "</script><script>alert(1)</script><b>&amp;"


def pages_data(text):
    """What a page tells its scripts."""
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])


def fits(count=5):
    """A line that turns, and where it is."""
    x = np.arange(4.0)
    return [Frame([Line(x, k * x, "fit")], {"slope": k}) for k in range(count)]


def test_a_gif_has_a_picture_per_frame_and_repeats(tmp_path):
    path = gf.viz.animate(fits(7), fps=10).save(tmp_path / "a.gif")
    with contextlib.closing(Image.open(path)) as image:
        assert image.n_frames == 7
        assert image.info["loop"] == 0
        assert image.info["duration"] == 100  # milliseconds


def test_equal_pictures_are_frames_too(tmp_path):
    path = gf.viz.animate([Points(0, 0)] * 6).save(tmp_path / "a.gif")
    with contextlib.closing(Image.open(path)) as image:
        assert image.n_frames == 6


def test_a_gif_shows_the_line_where_it_is(tmp_path):
    x = np.array([0.0, 1.0])
    made = gf.viz.animate([Line(x, [0, 0]), Line(x, [1, 1])], xlim=(0, 1), ylim=(-1, 2))
    path = made.save(tmp_path / "a.gif")
    color = np.array([int(plot_style.LOOKS["light"].series[0][i : i + 2], 16) for i in (1, 3, 5)])
    rows = []
    with contextlib.closing(Image.open(path)) as image:
        for place in range(2):
            image.seek(place)
            pixels = np.asarray(image.convert("RGB"), int)[:-4]  # without the line of time
            rows.append(np.nonzero(abs(pixels - color).sum(axis=2) < 40)[0].mean())
    assert rows[1] < rows[0]  # higher up


def test_a_gif_has_the_background_of_its_theme(tmp_path):
    for theme, color in (("light", (255, 255, 255)), ("dark", (0x14, 0x18, 0x1D))):
        path = gf.viz.animate(fits(2), theme=theme).save(tmp_path / "a.gif")
        with contextlib.closing(Image.open(path)) as image:
            assert image.convert("RGB").getpixel((1, 1)) == color


def test_the_page_has_the_numbers_of_every_frame():
    page = gf.viz.animate(
        fits(3), fixed=Points([1], [2], "data"), title="{frame}: {slope:.1f}"
    ).html
    data = pages_data(page)
    assert [frame["title"] for frame in data["frames"]] == ["0: 0.0", "1: 1.0", "2: 2.0"]
    assert data["frames"][2]["marks"] == [{"kind": "line", "x": [0, 1, 2, 3], "y": [0, 2, 4, 6]}]
    assert data["fixed"] == [{"kind": "points", "x": [1], "y": [2]}]
    assert data["kinds"] == ["points", "line"]
    assert data["labels"] == ["data", "fit"]
    assert data["xlim"] == pytest.approx([-0.15, 3.15])  # 5 % beyond 0 to 3


def test_the_page_loads_nothing():
    page = gf.viz.animate(fits()).html
    assert "default-src 'none'" in page
    assert not re.search(r"\b(?:src|href)\s*=|@import|url\((?!#)|fetch\(", page)
    assert set(re.findall(r"https?:[^\"]*", page)) == {"http://www.w3.org/2000/svg"}


def test_hostile_names_stay_text():
    marks = [Line([0, 1], [0, 1], HOSTILE)]
    made = gf.viz.animate([marks], title=HOSTILE, xlabel=HOSTILE, ylabel=HOSTILE)
    assert "alert(1)" in made.html
    assert made.html.count("<script") == made.html.count("</script>") == 2  # data, and ours
    assert "innerHTML" not in made.html
    data = pages_data(made.html)
    assert data["labels"] == [HOSTILE]
    assert data["frames"][0]["title"] == data["xlabel"] == HOSTILE


def test_data_in_a_page_read_back_as_they_were():
    data = {"a": "<&>\u2028 \ud800", "b": np.array([0.1, np.nan, np.inf]), "c": (np.int64(3), None)}
    text = chart_page.as_json(data)
    assert not set("<>&") & set(text)
    assert text.isascii()
    assert json.loads(text) == {"a": data["a"], "b": [0.1, None, None], "c": [3, None]}


def test_a_notebook_shows_the_page_in_a_frame_of_its_own():
    made = gf.viz.animate(fits())
    shown = made._repr_mimebundle_()
    assert shown["text/plain"] == "<Animation of 5 pictures>"
    assert 'sandbox="allow-scripts"' in shown["text/html"]
    assert html.unescape(re.search('srcdoc="([^"]*)"', shown["text/html"])[1]) == made.html


def test_showing_never_raises(monkeypatch):
    made = gf.viz.animate(fits())
    monkeypatch.setattr(type(made), "html", property(lambda self: 1 / 0))
    assert made._repr_mimebundle_() == {"text/plain": "<Animation of 5 pictures>"}


def test_a_page_needs_no_matplotlib_and_a_gif_names_it(monkeypatch, tmp_path):
    monkeypatch.setattr(plot_style, "find_spec", lambda _: None)
    made = gf.viz.animate(fits())
    made.save(tmp_path / "a.html")
    with pytest.raises(gf.MissingError, match="graphflow-autodiff\\[plots\\]"):
        made.save(tmp_path / "a.gif")
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]


def test_colours_of_pages_are_those_of_plots():
    style = chart_page._read("chart.css")
    for theme, block in zip(("light", "dark"), style.split("data-theme")[:2], strict=True):
        look = plot_style.LOOKS[theme]
        names = {"background": look.background, "text": look.text, "grid": look.grid}
        names |= {f"series-{k}": color for k, color in enumerate(look.series)}
        for name, color in names.items():
            assert f"--{name}: {color};" in block


X = np.arange(3.0)


@pytest.mark.parametrize(
    ("frames", "options", "error", "match"),
    [
        ([], {}, ValueError, "0 pictures; give 1 to 600"),
        ([Points(0, 0)] * 601, {}, ValueError, "601 pictures"),
        ([3], {}, gf.DTypeError, "3 is no picture"),
        ([[Line(X, X), "b"]], {}, gf.DTypeError, "is no picture"),
        ([Line(X, X[:2])], {}, gf.ShapeError, "a Line has 3 x and 2 y"),
        ([Points("ab", X)], {}, gf.DTypeError, "a Points takes arrays of numbers"),
        ([Line(X, X), Points(X, X)], {}, gf.ShapeError, "picture 1 has other marks"),
        ([Frame([], {"a": 1}), Frame([])], {}, gf.ShapeError, "picture 1 has other values"),
        ([Frame([], 3)], {}, gf.DTypeError, "values of a Frame are a dict"),
        ([Line(X, X)], {"title": "{loss:.2f}"}, ValueError, "speaks of {loss}; there are frame"),
        ([Line(X, X)], {"title": "{frame:d}"}, ValueError, "with f, e or g, not 'd'"),
        ([Line(X, X)], {"title": "{frame:.99f}"}, ValueError, "at most 17 digits"),
        ([Line(X, X)], {"title": "{frame"}, ValueError, "has no form"),
        ([Line(X, X)], {"fps": 0}, ValueError, "fps is from 0.1 to 50"),
        ([Line(X, X)], {"xlim": (2, 1)}, ValueError, "from low to high"),
        ([Line(X, X)], {"xlim": 3}, ValueError, "a range is"),
        ([Line(X, X)], {"theme": "x"}, ValueError, "theme is"),
        ([Line(X, X)], {"fixed": 3}, gf.DTypeError, "3 is no picture"),
    ],
)
def test_what_cannot_be_animated_is_refused(frames, options, error, match):
    with pytest.raises(error, match=match):
        gf.viz.animate(frames, **options)


def test_gaps_are_null_in_a_page_and_no_reason_to_fail():
    data = pages_data(gf.viz.animate([Line(X, [0, np.nan, 2])]).html)
    assert data["frames"][0]["marks"][0]["y"] == [0, None, 2]
    assert data["ylim"] == [-0.1, 2.1]


# ---- descent


def path_of_z():
    return [-4 * 0.9**k for k in range(51)]  # z - 0.05 * 2 z, from -4


def test_descent_on_the_square_goes_where_the_formula_says():
    z = gf.Variable(-4.0, name="z")
    step = gf.GradientDescentOptimizer(0.05).minimize(z * z)
    session = gf.Session()
    path = [session.value(z)]
    for _ in range(50):
        session.run(step)
        path.append(session.value(z))
    made = gf.viz.descent(z * z, z, path, session=session)
    assert len(made.frames) == 51
    last = made.frames[-1]
    assert last.values["z"] == pytest.approx(-0.0206151008, abs=1e-10)  # S000.5
    assert last.values["loss"] == pytest.approx(4.250e-04, abs=5e-8)
    np.testing.assert_allclose([f.values["z"] for f in made.frames], path_of_z(), rtol=1e-12)


def test_the_tangent_touches_the_curve_with_the_slope_there():
    z = gf.Variable(0.0, name="z")
    made = gf.viz.descent(gf.exp(z), z, [-1.0, 0.5])
    for frame, at in zip(made.frames, (-1.0, 0.5), strict=True):
        tangent, point = frame.marks
        assert (point.x[0], point.y[0]) == pytest.approx((at, np.exp(at)), rel=1e-14)
        np.testing.assert_allclose(tangent.y, np.exp(at) * (1 + tangent.x - at), rtol=1e-13)
    assert made.titles[0] == "step 0: z = -1, slope 0.3679"


def test_the_curve_goes_to_both_sides_of_the_minimum():
    z = gf.Variable(0.0, name="z")
    (curve,) = gf.viz.descent(z * z, z, path_of_z())._scene.fixed
    assert (curve.x.min(), curve.x.max()) == (-4.4, 4.4)
    np.testing.assert_allclose(curve.y, curve.x**2, rtol=1e-14)


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda z, v: gf.viz.descent(v * 2, z, [1]), gf.ShapeError, "the loss is a scalar"),
        (lambda z, v: gf.viz.descent(gf.sum(v), v, [1]), gf.ShapeError, "the variable is a scalar"),
        (lambda z, v: gf.viz.descent(z, 3, [1]), gf.DTypeError, "3 is no node"),
        (lambda z, v: gf.viz.descent(z * z, z, []), ValueError, "values the variable went through"),
        (lambda z, v: gf.viz.descent(z * z, z, [np.nan]), ValueError, "all of them finite"),
        (lambda z, v: gf.viz.descent(z * z, z, ["a"]), gf.DTypeError, "steps are numbers"),
        (lambda z, v: gf.viz.descent(gf.sum(v), z, [1]), gf.DisconnectedError, "does not depend"),
        (
            lambda z, v: gf.viz.descent(gf.log(z), z, [-2], xlim=(-3, -1)),
            gf.NumericError,
            "all 201",
        ),
    ],
)
def test_what_has_no_descent_is_refused(make, error, match):
    with pytest.raises(error, match=match):
        make(gf.Variable(1.0, name="z"), gf.Variable([1.0, 2.0], name="v"))
