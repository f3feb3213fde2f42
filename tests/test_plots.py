"""Plots: what every one of them promises, and the curves of training."""

import contextlib
import re
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot
from PIL import Image
from test_viz_theme import contrast

import graphflow as gf
from graphflow.viz import plot_style

NASTY = ["_hidden", "$x^2$", "$\\frac{", "<b>bold</b> & ]]>", "漢字", "two\nlines\x00", "x" * 300]
LOSSES = {"loss": [3.0, 2.0, 1.0], "val_loss": [3.5, 2.5, 2.0], "accuracy": [0.1, 0.5, 0.9]}


def texts(plot):
    """All words in a plot."""
    return [text.get_text() for text in plot.figure.findobj(mpl.text.Text)]


def test_a_plot_is_saved_as_png_svg_and_pdf(tmp_path):
    plot = gf.viz.curves(LOSSES)
    starts = {".png": b"\x89PNG", ".svg": b"<svg", ".pdf": b"%PDF"}
    for suffix, start in starts.items():
        path = plot.save(tmp_path / f"a{suffix}")
        assert path.read_bytes().startswith(start)
    assert sorted(p.suffix for p in tmp_path.iterdir()) == sorted(starts)


def test_another_suffix_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(ValueError, match=r"no suffix of a picture; use \.png, \.svg, \.pdf"):
        gf.viz.curves(LOSSES).save(tmp_path / "a.bmp")
    assert list(tmp_path.iterdir()) == []


def test_the_same_plot_is_the_same_text_each_time():
    assert gf.viz.curves(LOSSES).svg == gf.viz.curves(LOSSES).svg


def test_ids_of_different_plots_do_not_meet_in_one_page():
    def ids(plot):
        return set(re.findall(r'id="(g[0-9a-f]{10}-\d+)"', plot.svg))

    first, second = gf.viz.curves(LOSSES), gf.viz.curves({"loss": [1.0, 4.0]})
    assert ids(first)
    assert not ids(first) & ids(second)


def test_the_svg_is_xml_that_fills_its_container_and_loads_nothing():
    text = gf.viz.curves(LOSSES).svg
    root = ET.fromstring(text)
    assert (root.get("width"), root.get("height")) == ("100%", "100%")
    assert "<script" not in text
    links = re.findall(r'(?:href|src)="([^"]*)"', text)
    assert all(link.startswith(("#", "data:")) for link in links)


def test_theme_auto_has_dark_colours_for_who_prefers_them():
    auto, light = gf.viz.curves(LOSSES).svg, gf.viz.curves(LOSSES, theme="light").svg
    dark = plot_style.LOOKS["dark"]
    assert "prefers-color-scheme:dark" in auto
    assert f'[style*="stroke: {plot_style.LOOKS["light"].series[0]}"]' in auto
    assert dark.background in auto
    assert "prefers-color-scheme" not in light


def test_every_colour_of_the_light_look_is_one_thing_only():
    look = plot_style.LOOKS["light"]
    colors = [look.background, look.text, look.faint, look.grid, *look.series, *look.regions]
    assert len(set(colors)) == len(colors)  # so that dark rules can tell what they change


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_lines_and_points_have_a_contrast_of_4_5(theme):
    look = plot_style.LOOKS[theme]
    for color in (look.text, look.faint, *look.series):
        assert contrast(color, look.background) >= 4.5
    for color, region in zip(look.series, look.regions, strict=True):
        assert contrast(color, region) >= 4.5
        assert contrast(look.text, region) >= 4.5


def test_neither_pyplot_nor_the_settings_know_of_a_plot():
    before, figures = dict(mpl.rcParams), pyplot.get_fignums()
    gf.viz.curves(LOSSES, theme="dark").svg
    assert dict(mpl.rcParams) == before
    assert pyplot.get_fignums() == figures


def test_a_users_own_settings_do_not_change_what_text_means():
    with mpl.rc_context({"text.usetex": True, "axes.formatter.use_mathtext": True}):
        plot = gf.viz.curves(LOSSES, title="$a$")
        assert plot.svg.startswith("<svg")


def test_names_are_shown_as_plain_text():
    plot = gf.viz.curves({name: {"loss": [1.0, 2.0]} for name in NASTY}, title="".join(NASTY))
    root = ET.fromstring(plot.svg)
    assert not [part for part in root.iter() if part.tag.endswith(("}b", "script"))]
    shown = texts(plot)
    for name in NASTY:
        label = plot_style.words(name, 40)
        assert label in shown
        assert len(label) <= 40


def test_a_letter_that_the_font_lacks_is_a_box():
    assert plot_style.words("a漢b") == "a□b"


def test_showing_never_raises(monkeypatch):
    plot = gf.viz.curves(LOSSES)
    bundle = plot._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")
    assert bundle["text/plain"] == "<Plot: curves of loss, accuracy>"

    def fail(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(plot.figure, "savefig", fail)
    assert plot._repr_mimebundle_() == {"text/plain": "<Plot: curves of loss, accuracy>"}


@pytest.mark.parametrize("name", ["curves", "loss_surface", "decision_map", "histograms"])
def test_without_matplotlib_the_extra_is_named(monkeypatch, name):
    monkeypatch.setattr(plot_style, "find_spec", lambda _: None)
    x = gf.Variable([1.0, 2.0])
    calls = {
        "curves": lambda: gf.viz.curves(LOSSES),
        "loss_surface": lambda: gf.viz.loss_surface(gf.sum(x), x),
        "decision_map": lambda: gf.viz.decision_map(lambda p: p, points=[[0, 1]]),
        "histograms": lambda: gf.viz.histograms(x),
    }
    with pytest.raises(gf.MissingError, match=rf'{name}: .*\n.*"graphflow-autodiff\[plots\]"'):
        calls[name]()


def test_threads_draw_at_once():
    with ThreadPoolExecutor(4) as pool:
        plots = list(pool.map(lambda _: gf.viz.curves(LOSSES).svg, range(8)))
    assert len(set(plots)) == 1


# ---- curves


def test_curves_have_the_values_of_the_history():
    plot = gf.viz.curves(LOSSES)
    assert plot.data["loss"].tolist() == [3, 2, 1]
    assert plot.data["validation_loss"].tolist() == [3.5, 2.5, 2]
    lines = plot.figure.axes[0].get_lines()
    assert [line.get_ydata().tolist() for line in lines] == [[3, 2, 1], [3.5, 2.5, 2]]
    assert lines[0].get_xdata().tolist() == [1, 2, 3]


def test_training_and_validation_differ_in_dash_and_every_quantity_has_its_panel():
    first, second = gf.viz.curves(LOSSES).figure.axes
    assert [line.get_linestyle() for line in first.get_lines()] == ["-", "--"]
    assert (first.get_ylabel(), second.get_ylabel()) == ("loss", "accuracy")


@pytest.mark.parametrize("validation", [[3.5, 2.5, 2.0], {"loss": [3.5, 2.5, 2.0]}])
def test_an_object_with_the_fields_of_a_history_is_one(validation):
    history = SimpleNamespace(
        epochs=[2, 4, 6],
        loss=[3.0, 2.0, 1.0],
        validation=validation,
        metrics={"accuracy": [1, 2, 3]},
    )
    plot = gf.viz.curves(history)
    assert list(plot.data) == ["loss", "validation_loss", "accuracy"]
    assert plot.figure.axes[0].get_lines()[0].get_xdata().tolist() == [2, 4, 6]


def test_several_histories_are_compared():
    by_name = gf.viz.curves({"sgd": LOSSES, "adam": {"loss": [1.0, 0.5]}})
    assert list(by_name.data)[-1] == "adam/loss"
    assert list(gf.viz.curves([LOSSES, {"loss": [1.0]}]).data)[-1] == "run 2/loss"
    colors = {line.get_color() for line in by_name.figure.axes[0].get_lines()}
    assert len(colors) == 2  # a run has one colour


def test_a_logarithmic_axis_has_plain_numbers():
    axes = gf.viz.curves({"loss": [100.0, 1.0, 0.001]}, y="log", x="log").figure.axes[0]
    axes.figure.canvas.draw()
    assert (axes.get_yscale(), axes.get_xscale()) == ("log", "log")
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert {"0.001", "1", "100"} <= set(labels)
    assert not any("$" in label for label in labels)


def test_what_is_not_finite_is_a_gap_and_counted():
    plot = gf.viz.curves({"loss": [1.0, None, np.nan, np.inf, 2.0]})
    assert plot.note == "left out, as not finite: 3"
    assert "left out, as not finite: 3" in texts(plot)
    (line,) = plot.figure.axes[0].get_lines()
    assert list(line.get_markevery()) == [0, 4]  # lone places are points


@pytest.mark.parametrize(
    ("history", "error", "match"),
    [
        (3, gf.DTypeError, "int is no history"),
        ([], gf.DTypeError, "list is no history"),
        ({}, ValueError, "nothing to draw"),
        ({"loss": []}, ValueError, "nothing to draw"),
        ({"loss": ["a"]}, gf.DTypeError, "'loss' is not a list of numbers"),
        ({"loss": 3.0}, gf.DTypeError, "'loss' is not a list of numbers"),
        ({"loss": [[1, 2]]}, gf.ShapeError, "'loss' has 2 axes"),
        ({"epochs": [1, 2], "loss": [1]}, gf.ShapeError, "'loss' has 1 values for 2 epochs"),
    ],
)
def test_what_is_no_history_is_refused(history, error, match):
    with pytest.raises(error, match=match):
        gf.viz.curves(history)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"y": "cubic"}, "'linear' or 'log', not 'cubic'"),
        ({"theme": "blue"}, "theme is 'auto', 'light' or 'dark', not 'blue'"),
    ],
)
def test_other_options_of_curves_are_refused(options, match):
    with pytest.raises(ValueError, match=match):
        gf.viz.curves(LOSSES, **options)


def test_a_logarithmic_axis_without_positive_values_is_refused():
    with pytest.raises(ValueError, match="y='log' needs positive values"):
        gf.viz.curves({"loss": [-1.0, 0.0]}, y="log")


def test_a_png_has_the_background_of_its_theme(tmp_path):
    path = gf.viz.curves(LOSSES, theme="dark").save(tmp_path / "a.png")
    with contextlib.closing(Image.open(path)) as image:
        assert image.convert("RGB").getpixel((1, 1)) == (0x14, 0x18, 0x1D)
