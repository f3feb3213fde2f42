"""The page of gf.viz.explore in a browser: how soon it is there, and what keys and mouse do."""

import numpy as np
import pytest
from browser import Browser, needs_browser

import graphflow as gf

pytestmark = needs_browser


def residual(blocks):
    """A network of blocks in two kinds of scopes, none like the next; some eight nodes a block."""
    rng = np.random.default_rng(0)
    h = gf.Placeholder((None, 4), name="x")
    kinds = [gf.tanh, gf.relu, gf.sigmoid, gf.exp, gf.sin]
    for i in range(blocks):
        with gf.name_scope(f"stage{'abcdefghij'[i % 100 // 10]}/block{i}"):
            w, b = gf.Variable(np.eye(4), name="W"), gf.Variable(np.zeros(4), name="b")
            inner = kinds[rng.integers(5)](gf.matmul(h, w) + b)
            h = h + kinds[rng.integers(5)](inner) * 0.5
    return gf.reduce_sum(h, name="loss")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    one = Browser(tmp_path_factory.mktemp("profile"))
    yield one
    one.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """h = tanh(x W) in a scope with a name that would be markup; loss, gradients, an update."""
    with gf.Graph():
        x = gf.Placeholder((None, 3), name="x")
        with gf.name_scope("<img onerror=x()>"):
            w = gf.Variable(np.eye(3), name="W")
            h = gf.tanh(gf.matmul(x, w), name="h")
        loss = gf.reduce_sum(h, name="loss")
        nodes = [loss, gf.compute_gradients(loss, [w])]
        nodes.append(gf.GradientDescentOptimizer(0.1).minimize(loss))
        path = tmp_path_factory.mktemp("page") / "page.html"
        return gf.viz.explore(nodes, path, feed_dict={x: [[1, 2, 3]]})


@pytest.mark.parametrize(("blocks", "nodes", "seconds"), [(4, 30, 1), (37, 300, 1), (620, 5000, 3)])
def test_the_first_paint_comes_soon(browser, tmp_path, blocks, nodes, seconds):
    page = gf.viz.explore(residual(blocks), tmp_path / "page.html")
    times = []
    for _ in range(3):
        browser.open(page)
        times.append(browser.first_paint())
        assert browser.errors == []
    count = int(browser.text("#title").split()[0].replace(",", ""))
    assert nodes <= count <= 1.3 * nodes
    assert browser.ask("document.querySelectorAll('#picture g.node').length") > 5
    assert min(times) < seconds


def picked(browser):
    return browser.text("#card h2")


def lit(browser, kind):
    shown = (
        f"[...document.querySelectorAll('#picture g.node.{kind}')].map(g => g.textContent).sort()"
    )
    return browser.ask(shown)


def test_a_click_lights_what_is_upstream_and_downstream(browser, page):
    browser.open(page)
    browser.press("g", "o", "0")  # the forward pass alone
    browser.ask(
        "[...document.querySelectorAll('#picture g.node')]"
        ".find(g => g.textContent.startsWith('tanh')).setAttribute('id', 'tanh')"
    )
    browser.click("#tanh")
    assert picked(browser) == "<img onerror=x()>/h"
    assert lit(browser, "picked") == ["tanhh[?, 3]"]
    assert lit(browser, "up") == ["W[3, 3]", "matmul[?, 3]", "x[?, 3]"]
    assert "sumloss[]" in lit(browser, "down")
    assert "axis" not in browser.text("#card")
    assert "[0.7616, 0.964, 0.9951]" in browser.text("#card")  # tanh of 1, 2, 3
    browser.press("Escape")
    assert lit(browser, "up") == lit(browser, "down") == []
    assert browser.errors == []


def test_find_goes_to_a_node_and_shows_its_card(browser, page):
    browser.open(page)
    browser.click("#find")
    browser.press(*"loss")
    assert "loss sum float64[]" in browser.text("#found")
    browser.press("Enter")
    assert picked(browser) == "loss"
    assert browser.ask("document.getElementById('found').hidden")
    browser.press("/", *"nowhere")
    assert browser.text("#found") == "nothing found"
    browser.press("Escape")
    assert picked(browser) == "loss"


def test_parts_can_be_switched_off_and_on(browser, page):
    browser.open(page)
    boxes = "[...document.querySelectorAll('#picture g.node')]"
    shown = f"{boxes}.filter(g => g.getBoundingClientRect().width)"
    every = browser.ask(f"{shown}.length")
    browser.press("g", "o")
    forward = browser.ask(f"{shown}.map(g => g.textContent).sort()")
    assert forward == ["W[3, 3]", "matmul[?, 3]", "sumloss[]", "tanhh[?, 3]", "x[?, 3]"]
    browser.click("#parts button[data-part=gradients]")
    browser.click("#parts button[data-part=optimizer]")
    assert browser.ask(f"{shown}.length") == every


def test_folded_boxes_open_by_key_and_by_double_click(browser, tmp_path):
    browser.open(gf.viz.explore(residual(620), tmp_path / "page.html"))
    box = "#picture g.node.scope"
    browser.click(box)
    name = picked(browser).split(",")[0]
    browser.press("Enter")
    assert browser.text("#crumbs").startswith("whole graph\n›")
    assert name.split(" x")[0] in browser.text("#crumbs")
    browser.press("Backspace")
    assert browser.text("#crumbs") == "whole graph"
    browser.click(box)
    browser.double_click(box)
    assert browser.text("#crumbs").startswith("whole graph\n›")
    browser.click("#crumbs button")
    assert browser.text("#crumbs") == "whole graph"
    assert browser.errors == []


def test_levels_of_depth_are_keys_and_buttons(browser, tmp_path):
    browser.open(gf.viz.explore(residual(10), tmp_path / "page.html"))
    pressed = "document.querySelector('#levels [aria-pressed=true]').textContent"
    assert browser.ask(pressed) == "auto"
    browser.press("[")
    assert browser.ask(pressed) == "0"
    browser.press("]")
    assert browser.ask(pressed) == "1"
    browser.click("#levels button")
    assert browser.ask(pressed) == "auto"


def test_arrow_keys_walk_along_the_graph(browser, page):
    browser.open(page)
    browser.press("ArrowDown")
    first = picked(browser)
    browser.press("ArrowDown")
    assert picked(browser) != first
    browser.press("ArrowUp", "ArrowRight")
    assert browser.errors == []


def test_the_wheel_zooms_and_a_drag_moves(browser, page):
    browser.open(page)
    box = "document.querySelector('#picture svg').getAttribute('viewBox').split(' ').map(Number)"
    whole = browser.ask(box)
    browser.wheel([300, 400], -400)
    near = browser.ask(box)
    assert near[2] < whole[2]
    browser.drag([300, 400], [350, 440])
    assert browser.ask(box)[0] < near[0]
    assert picked(browser) == browser.text("#title")  # a drag picks nothing
    browser.press("0")
    assert browser.ask(box)[2] > near[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_follows_the_readers_theme_and_its_own_button(browser, page, theme):
    browser.open(page, theme=theme)
    color = "getComputedStyle(document.body).backgroundColor"
    colors = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 29)"}
    assert browser.ask(color) == colors.pop(theme)
    browser.press("t")
    assert [browser.ask(color)] == list(colors.values())


def test_on_a_phone_nothing_is_wider_than_the_screen(browser, page):
    browser.open(page, width=390, height=844)
    browser.press("ArrowDown")
    assert browser.ask("document.documentElement.scrollWidth") <= 390
    assert browser.ask("document.querySelector('#card').getBoundingClientRect().bottom") <= 844
