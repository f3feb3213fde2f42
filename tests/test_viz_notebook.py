"""Notebooks: graphs, nodes and functions show themselves, and showing never raises."""

import html
import re
from pathlib import Path

import numpy as np
import pytest
from test_viz_render import FAKE, bare, one_node  # noqa: F401  bare is a fixture

import graphflow as gf
from graphflow import registry
from graphflow.viz.display import bundle


@pytest.fixture
def drawing(bare):  # noqa: F811
    bare(f"sys.stdin.read()\nsys.stdout.write('''{FAKE}''')")


def called():
    x = one_node()
    return gf.function(gf.exp(x), [x])


def traced():
    f = gf.function(lambda x: np.exp(x))
    f(np.ones(2))
    return f


@pytest.mark.parametrize("make", [one_node, lambda: gf.exp(one_node()).graph, called, traced])
def test_graphs_nodes_and_functions_show_a_picture(drawing, make):
    thing = make()
    shown = thing._repr_mimebundle_()
    assert shown["image/svg+xml"].startswith("<svg")
    assert shown["text/plain"] == repr(thing)


@pytest.mark.parametrize("make", [one_node, called, traced])
def test_where_nothing_can_be_drawn_there_is_the_text(bare, make):  # noqa: F811
    thing = make()
    assert thing._repr_mimebundle_() == {"text/plain": repr(thing)}


def test_a_function_that_was_never_traced_has_an_empty_picture(drawing):
    assert "text/plain" in gf.function(lambda x: x)._repr_mimebundle_()


def test_an_error_while_drawing_leaves_the_text(drawing, monkeypatch):
    def fail(*args, **options):
        raise RuntimeError("a bug")

    monkeypatch.setattr(gf.viz, "draw", fail)
    x = one_node()
    assert x._repr_mimebundle_() == {"text/plain": repr(x)}


def test_without_pictures_there_is_the_text(monkeypatch):
    monkeypatch.delitem(registry.protocols, "display")
    x = one_node()
    assert x._repr_mimebundle_() == {"text/plain": repr(x)}


def test_a_format_that_fails_is_left_out():
    def fail():
        raise ValueError("no")

    formats = {"text/html": fail, "text/latex": lambda: None, "text/plain": lambda: "text"}
    assert bundle(formats) == {"text/plain": "text"}


def test_a_page_that_was_written_is_a_path_and_shows_itself_in_a_frame(tmp_path):
    a = gf.Variable([1.0, 2.0], name="a")
    written = gf.viz.explore(gf.exp(a, name="<b>"), tmp_path / "page.html", feed_dict={})
    assert isinstance(written, Path)
    assert written == tmp_path / "page.html"
    shown = written._repr_mimebundle_()
    assert shown["text/plain"] == repr(written)
    frame = r'<iframe srcdoc="([^"]*)" sandbox="allow-scripts" [^<>]*></iframe>'
    inside = re.fullmatch(frame, shown["text/html"])[1]
    assert html.unescape(inside) == written.read_text(encoding="utf-8")


def test_a_page_that_is_large_or_gone_is_shown_as_its_path(tmp_path):
    page = gf.viz.PageFile(tmp_path / "page.html")
    assert page._repr_mimebundle_() == {"text/plain": repr(page)}
    page.write_text("x" * (2**21 + 1))
    assert page._repr_mimebundle_() == {"text/plain": repr(page)}
    page.write_text("x" * 2**21)
    assert "text/html" in page._repr_mimebundle_()
