"""The page of gf.viz.step_through, driven in a browser by keys and mouse."""

import pytest
from browser import Browser, needs_browser

import graphflow as gf

pytestmark = needs_browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    one = Browser(tmp_path_factory.mktemp("profile"))
    yield one
    one.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The diamond add(a, −(−a)), with a name that would be markup."""
    a = gf.Variable([1.0, 2.0], name="a<img onerror=x()>")
    return gf.viz.step_through(
        gf.add(a, -(-a), name="z"), None, tmp_path_factory.mktemp("page") / "page.html"
    )


def step(browser):
    return browser.text("#count"), browser.text("#heading")


def test_keys_move_through_the_steps(browser, page):
    browser.open(page)
    assert step(browser) == ("1 / 16", "What is given")
    browser.press("ArrowRight", "ArrowRight")
    assert step(browser) == ("3 / 16", "Forward: negative₂")
    browser.press("ArrowLeft")
    assert step(browser) == ("2 / 16", "Forward: negative₁")
    browser.press("End")
    assert step(browser) == ("16 / 16", "Done: every gradient that was asked for")
    browser.press("ArrowRight")  # there is no further step
    assert step(browser)[0] == "16 / 16"
    browser.press("Home")
    assert step(browser)[0] == "1 / 16"
    assert browser.errors == []


def test_buttons_move_through_the_steps_and_are_off_at_the_ends(browser, page):
    browser.open(page)
    assert browser.ask("document.getElementById('back').disabled")
    browser.click("#next")
    browser.click("#next")
    browser.click("#back")
    assert step(browser)[0] == "2 / 16"
    browser.click("#last")
    assert browser.ask("document.getElementById('next').disabled")
    browser.click("#first")
    assert step(browser)[0] == "1 / 16"
    assert browser.errors == []


def test_play_goes_on_by_itself_until_it_is_paused(browser, page):
    browser.open(page)
    browser.click("#play")
    browser.ask(
        "new Promise(done => { const look = () => "
        "document.getElementById('count').innerText[0] === '1' ? setTimeout(look, 50) : done();"
        " look(); })"
    )
    browser.press(" ")
    assert browser.text("#play") == "▶ play"
    assert step(browser)[0] == "2 / 16"


def test_the_picture_shows_pending_consumers_sums_and_gradients(browser, page):
    browser.open(page)
    browser.press(*["ArrowRight"] * 8)
    assert step(browser)[1].startswith("Too early for a<img onerror=x()>")
    assert "[1, 1]" in browser.text(".versus .wrong")
    assert "[2, 2]" in browser.text(".versus .right")
    assert browser.text("#queue .held") == "a<img onerror=x()>: 1 pending"
    shown = "[...document.querySelectorAll('.node text.grad')].map(t => t.textContent).sort()"
    assert browser.ask(shown) == ["", "", "grad [1, 1]", "sum [1, 1]"]
    marks = "[...document.querySelectorAll('.badge.shown text')].map(t => t.textContent).sort()"
    assert browser.ask(marks) == ["1", "1", "1", "✓"]
    assert browser.ask("document.querySelectorAll('.edge.sent').length") == 1
    browser.press("End")
    assert browser.ask(shown) == [
        "grad [1, 1]", "grad [1, 1]", "grad [2, 2]", "grad [−1, −1]",
    ]  # fmt: skip
    assert browser.ask("document.querySelectorAll('.edge.sent').length") == 4


def test_a_click_on_a_node_tells_of_it(browser, page):
    browser.open(page)
    browser.click("g.node.variable")
    assert "variable 'a<img onerror=x()>' float64[2]" in browser.text("#about")
    assert browser.errors == []


def test_the_wheel_zooms_and_a_drag_moves_the_picture(browser, page):
    browser.open(page)
    box = "document.querySelector('#picture svg').getAttribute('viewBox').split(' ').map(Number)"
    whole = browser.ask(box)
    browser.wheel([300, 300], -400)
    near = browser.ask(box)
    assert near[2] < whole[2]
    browser.drag([300, 300], [400, 350])
    moved = browser.ask(box)
    assert moved[0] < near[0]
    assert moved[1] < near[1]
    assert moved[2] == near[2]
    browser.press("0")
    assert browser.ask(box) == whole


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_follows_the_readers_theme_and_its_own_button(browser, page, theme):
    browser.open(page, theme=theme)
    color = "getComputedStyle(document.body).backgroundColor"
    colors = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 29)"}
    assert browser.ask(color) == colors.pop(theme)
    browser.click("#theme")
    assert [browser.ask(color)] == list(colors.values())


def test_on_a_phone_nothing_is_wider_than_the_screen(browser, page):
    browser.open(page, width=390, height=844)
    browser.press("End")
    assert browser.ask("document.documentElement.scrollWidth") <= 390
    assert browser.ask("document.querySelector('#story').scrollWidth <= 390")


def test_an_error_in_a_page_is_noticed(browser, tmp_path):
    wrong = tmp_path / "wrong.html"
    wrong.write_text("<script>console.error('planted'); undefined.x</script>", encoding="utf-8")
    browser.open(wrong)
    assert "planted" in browser.errors[0]
    assert "TypeError" in browser.errors[1]
