"""gf.explain: what nodes are called, and how it shows itself as text, page and LaTeX."""

import dataclasses

import numpy as np
import pytest
from test_explain import Perceptron, explained

import graphflow as gf
from graphflow.explaining.numbers import counted, shown

RNG = np.random.default_rng(2)


@pytest.fixture
def perceptron():
    return Perceptron()


# ---- names


def test_nodes_are_called_as_the_users_lines_call_them():
    w = gf.Variable(0.5)
    h = gf.sin(w)
    for _ in range(2):
        h = gf.exp(h) * w
    text = str(gf.explain(h, w))
    assert text.startswith("dh_3/dw along every path")
    assert "h_2 = u" in text
    assert "h_1 = sin(w)" in text


def test_a_suffix_that_only_tells_from_an_older_node_is_left_out():
    older = gf.Variable(1.0, name="weight")
    weight = gf.Variable(2.0, name="weight")
    assert weight.name == "weight_1"
    assert "/dweight along" in str(gf.explain(gf.square(weight), weight))
    assert "/dweight_1 along" in str(gf.explain(gf.square(weight) * older, weight))


def test_names_are_taken_from_lines_that_assign_several():
    W, b = gf.Variable(2.0), gf.Variable(1.0)
    L = gf.square(W) * b
    assert str(gf.explain(L, b)).startswith("dL/db along every path")
    assert str(gf.explain(L, W)).startswith("dL/dW along every path")


def test_given_names_lose_their_scopes_where_that_is_enough():
    with gf.name_scope("one"):
        a, w = gf.Variable(1.0, name="a"), gf.Variable(1.0, name="w")
    with gf.name_scope("two"):
        b = gf.Variable(1.0, name="w")
    loss = gf.add(a * w, b, name="loss")
    assert "dloss/da along" in str(gf.explain(loss, a))
    assert "dloss/d(one/w) along" in str(gf.explain(loss, w))


def test_attributes_are_said_and_what_is_taken_for_granted_is_not():
    x = gf.Variable(RNG.normal(size=(2, 3)), name="x")
    text = str(gf.explain(gf.reduce_sum(gf.max(gf.cumsum(x, axis=0), axis=1)), x))
    assert "cumsum(x, axis=0)" in text
    assert "max(u1, axis=1)" in text


# ---- how it shows itself


HOSTILE = '</script><b>w</b> & "x" \\ {$%_^~#} ' + "é" * 3


def hostile():
    w = gf.Variable(0.5, name=HOSTILE)
    return gf.explain(gf.exp(w * w), w)


def test_names_are_text_in_the_page():
    page = hostile().html
    assert "<b>w</b>" not in page
    assert "&lt;b&gt;w&lt;/b&gt; &amp;" in page


def test_names_are_text_in_latex():
    latex = hostile().latex
    assert r"\mathrm{</script><b>w</b>\ \&\ " in latex
    assert r"\backslash \ \{\$\%\_{\wedge}{\sim}\#\}" in latex


def balanced(text):
    depth = 0
    for sign in text.replace("\\{", "").replace("\\}", ""):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0
    return depth == 0


def test_latex_is_balanced_and_says_the_numbers(perceptron):
    for told in (explained(perceptron), hostile()):
        assert balanced(told.latex)
        assert told.latex.count(r"\left(") == told.latex.count(r"\right)")
    latex = explained(perceptron).latex
    assert r"\frac{\partial p}{\partial z} &= p \cdot \left(1 - p\right) = 0.168298" in latex
    assert r"\frac{\partial L}{\partial w} &= -0.542495" in latex
    assert r"\underbrace" in latex


def test_powers_of_ten_are_set_in_latex():
    x = gf.Variable(2e-9, name="x")
    latex = gf.explain(1e-7 * x**1 + 0.0, x).latex
    assert r"1 \cdot 10^{-7}" in latex
    assert "1e-07" not in latex


def test_matrices_are_set_in_latex():
    M = gf.Variable([[1.0, 2.0], [3.0, 4.0]], name="M")
    latex = gf.explain(gf.reduce_sum(M @ M), M).latex
    assert r"\begin{bmatrix} 7 & 11 \\ 9 & 13 \end{bmatrix}" in latex
    assert r"M^{\top}" in latex


def test_a_notebook_shows_page_formula_and_text(perceptron):
    told = explained(perceptron)
    bundle = told._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "text/latex"}
    assert told._repr_html_() == bundle["text/html"]
    assert told._repr_latex_() == bundle["text/latex"]
    assert repr(told) == str(told)


def test_showing_never_raises(perceptron):
    told = dataclasses.replace(explained(perceptron), paths=None)
    with pytest.raises(TypeError):
        str(told)
    assert "2 paths" in told._repr_mimebundle_()["text/plain"]
    assert told._repr_html_() is None


def test_values_are_shown_by_their_size():
    assert shown(np.float64(0.25)) == "0.25"
    assert shown(np.array([[1.0, 2.0]])) == "[[1., 2.]]"
    assert shown(np.ones((3, 5))) == "float64[3, 5] all 1"
    assert shown(np.arange(16.0)) == "float64[16] norm 35.21, from 0 to 15"
    lost = np.array([np.nan, np.inf, *[1.0] * 14])
    assert shown(lost) == "float64[16] norm 3.742, from 1 to 1, 2 not finite"
    assert shown(np.full(16, 1e200) * np.arange(16)).startswith("float64[16] norm 3.521e+201")
    assert shown(np.zeros((0, 3))) == "[]"
    assert counted(1234567) == "1,234,567"
    assert counted(2**2000) == "about 10^602"
