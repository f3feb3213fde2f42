"""Every stable form fires where it should, is exact to a few roundings, and is noticed when wrong.

Points are generated: on the form's domain, of every size from 1e-9 up to its ends.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from stable_form import Form, mp
from stable_forms import FORMS

import graphflow as gf
from graphflow.graph import Ledger
from graphflow.rewrite import STABILIZE, rewrite, rules

DTYPES = [np.float64, np.float32]


def points(form: Form, dtype: Any) -> np.ndarray:
    """Numbers of all sizes within the domain, or vectors of such."""
    rng = np.random.default_rng(len(form.text))
    low, high = form.domain
    count = max(1, form.size) * (8 if not form.size else 4)
    limit = 80.0 if dtype == np.float32 else 800.0
    sizes = 10.0 ** rng.uniform(-9, np.log10(max(abs(low), abs(high))), 40 * count)
    found = sizes * np.where(rng.random(sizes.shape) < 0.5, -1, 1)
    found = np.concatenate([found, rng.uniform(low, high, 4 * count)])
    rng.shuffle(found)
    kept = found[(found > low) & (found < high) & (np.abs(found) < limit)][:count].astype(dtype)
    return kept.reshape(-1, form.size) if form.size else kept[None]


@cache
def exact(form: Form, at: tuple[float, ...]) -> tuple[list[Any], list[Any]]:
    """Values and derivatives of the formula at some floats."""
    given = [mp.mpf(x) for x in at]
    if not form.size:
        return [form.exact(x) for x in given], [mp.diff(form.exact, x) for x in given]
    slopes = [
        mp.diff(lambda t, i=i: form.exact(*given[:i], t, *given[i + 1 :]), given[i])
        for i in range(form.size)
    ]
    return [form.exact(*given)], slopes


def check(form: Form, dtype: Any) -> None:
    """Values and gradients are right up to the form's roundings."""
    for at in points(form, dtype):
        x = gf.Variable(at)
        y = form.build(x)
        value, grad = gf.Session().run([y, gf.gradients(y, x)[0]])
        expected = exact(form, tuple(map(float, at)))
        steepest = max(form.scale, *map(abs, expected[1])) if form.size else form.scale
        for got, wanted, least in ((value, expected[0], form.scale), (grad, expected[1], steepest)):
            for g, w in zip(np.atleast_1d(got.astype(dtype)), wanted, strict=True):
                check_one(form, g, w, least)


def check_one(form: Form, got: Any, wanted: Any, least: Any) -> None:
    limits = np.finfo(got.dtype)
    if abs(wanted) > float(limits.max):
        return
    error = abs(mp.mpf(float(got)) - wanted)
    allowed = form.units * float(limits.eps) * max(abs(wanted), least) + 4 * float(limits.tiny)
    assert error <= allowed, f"{form}: {got!r} should be {mp.nstr(wanted, 17)}"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("form", FORMS, ids=str)
def test_value_and_gradient_are_exact_on_the_whole_domain(form: Form, dtype: Any) -> None:
    check(form, dtype)


def fired(form: Form) -> set[str]:
    at = points(form, np.float64)[0]
    y = form.build(gf.Variable(at))
    return {one.rule for one in rewrite([y], [STABILIZE], Ledger(first=10**6)).fired}


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_the_rule_fires_in_its_example(form: Form) -> None:
    assert form.rule in fired(form)


def test_every_rule_has_an_example() -> None:
    assert {rule.__name__ for rule in rules(STABILIZE)} == {form.rule for form in FORMS}


FIRST = list({form.rule: form for form in FORMS[::-1]}.values())


@pytest.mark.parametrize("form", FIRST, ids=str)
def test_a_rule_that_is_wrong_by_a_millionth_is_noticed(
    form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    def planted(rule: Any) -> Any:
        def wrong(node: Any, look: Any) -> Any:
            found = rule(node, look)
            return None if found is None else found * 1.000001

        wrong.__name__ = rule.__name__
        return wrong

    for kind, there in STABILIZE.rules.items():
        damaged = [planted(rule) if rule.__name__ == form.rule else rule for rule in there]
        monkeypatch.setitem(STABILIZE.rules, kind, damaged)
    with pytest.raises(AssertionError, match="should be"):
        check(form, np.float64)
