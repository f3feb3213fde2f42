"""gf.lint names what was rewritten, and docs/rewrites.md every rule there is."""

import re

import pytest
from made_pages import script, written
from stable_forms import FORMS

import graphflow as gf


def test_the_page_of_rules_is_what_the_script_makes():
    assert script("rewrites").page() == written("rewrites"), "stale: python docs/make_rewrites.py"


def test_rewritten_formulas_are_named_with_their_lines():
    z = gf.placeholder((2, 3), name="z")
    p = gf.exp(z) / gf.sum(gf.exp(z), axis=1, keepdims=True)
    loss = -gf.mean(gf.log(p))
    before = len(gf.get_default_graph().nodes)
    found = gf.lint(loss)
    assert [finding.rule for finding in found] == ["softmax_by_hand", "log_of_softmax"]
    assert "test_lint.py" in found[0].line
    assert "exp(z) / sum(exp(z), axis) = softmax(z, axis)" in str(found)
    assert len(gf.get_default_graph().nodes) == before


def test_what_no_rule_covers_gets_advice():
    z = gf.placeholder((3,), name="z")
    found = gf.lint(gf.exp(z) / (2 + gf.exp(z)))
    assert [finding.rule for finding in found] == ["advice"]
    assert "overflows" in found[0].text


def test_a_plain_graph_has_nothing_to_say():
    x = gf.placeholder((3,), name="x")
    assert not gf.lint([gf.tanh(x), x + 1])
    assert "nothing was rewritten" in str(gf.lint(x))
    with pytest.raises(gf.DTypeError, match="not a node"):
        gf.lint([1.0])


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_every_stable_form_is_named_with_its_equation_and_line(form):
    found = gf.lint(form.build(gf.placeholder((form.size or 4,))))
    (first, *_) = [one for one in found if one.rule == form.rule]
    assert "=" in first.text or "by its own function" in first.text
    assert first.line


@pytest.mark.parametrize(
    ("formula", "told"),
    [
        (lambda z: gf.log(gf.softmax(z) + 1e-8), "needs? no guard"),
        (lambda z: gf.log(gf.clip(gf.sigmoid(z), 1e-7, 1 - 1e-7)), "needs? no guard"),
        (lambda z: gf.log(gf.maximum(gf.softmax(z), 1e-7)), "needs? no guard"),
        (lambda z: gf.exp(z) * gf.exp(2 - z), r"exp\(x \+ y\)"),
        (lambda z: gf.log(z + gf.exp(z)), "log-form"),
    ],
)
def test_what_should_be_written_otherwise_is_told_with_its_line(formula, told):
    (advice,) = [one for one in gf.lint(formula(gf.placeholder((3,)))) if one.rule == "advice"]
    assert re.search(told, advice.text)
    assert "test_lint.py" in advice.line


def test_no_advice_is_given_about_what_is_stable():
    z = gf.placeholder((3,))
    for node in (gf.log(0.5 + gf.sigmoid(z)), gf.log(z + 1e-8), gf.exp(z) * z, gf.sigmoid(z) / z):
        assert not [one for one in gf.lint(node) if one.rule == "advice"]
