"""The pages of gf.viz.sliders and gf.viz.animate, looked at in a browser."""

import re

import pytest
from browser import Browser, needs_browser

import graphflow as gf
from graphflow.viz import Line

pytestmark = needs_browser

WIDTH_DRAWN = "document.querySelector('svg').viewBox.baseVal.width"
LATER = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    one = Browser(tmp_path_factory.mktemp("profile"))
    yield one
    one.close()


def ramp(count):
    """Sliders for so many parameters, whose sum is the height of a line."""
    places = {gf.placeholder((), name=f"p{k}"): 1.0 for k in range(count)}
    return gf.viz.sliders(Line([0.0, 1.0], gf.stack([0.0, sum(places)])), places, title="a title")


def test_a_picture_is_drawn_anew_when_its_place_becomes_wider(browser, tmp_path):
    browser.open(ramp(2).save(tmp_path / "page.html"))
    for width in (240, 700):  # of its place: the window stays as it is
        browser.ask(f"document.querySelector('svg').parentElement.style.width = '{width}px'")
        browser.ask(LATER)
        assert browser.ask(WIDTH_DRAWN) == pytest.approx(width, abs=30)
    assert browser.errors == []


@pytest.mark.parametrize("count", [2, 4, 6])
def test_in_a_notebook_all_sliders_are_seen_without_scrolling(browser, tmp_path, count):
    made = ramp(count)
    height = int(re.search(r"height:(\d+)px", made._repr_mimebundle_()["text/html"])[1])
    browser.open(made.save(tmp_path / "page.html"), width=820, height=height)
    assert browser.ask("document.documentElement.scrollHeight") <= height
