"""gf.lint names what was rewritten, and docs/rewrites.md every rule there is."""

import importlib.util
from pathlib import Path

import pytest

import graphflow as gf

DOCS = Path(__file__).resolve().parent.parent / "docs"


def test_the_page_of_rules_is_what_the_script_makes():
    spec = importlib.util.spec_from_file_location("make_rewrites", DOCS / "make_rewrites.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (DOCS / "rewrites.md").read_text(encoding="utf-8")
    assert module.page() == written, "stale: python docs/make_rewrites.py"


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
