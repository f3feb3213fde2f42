"""Damaged rules are noticed by their rows; and the script that damages everything works."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from mutation.mutants import PACKAGE, flags, mutants, with_changes
from mutation.operators import changes
from mutation.planting import live_functions, planted
from mutation.survivors import REASONS, matches
from test_cases import SMOOTH, built, placeholders
from trials import Case

import graphflow as gf
from graphflow import registry
from graphflow.graph import Node
from graphflow.registry import operations, rule_of
from graphflow.testing import check_gradients

RULES = {row.id: rule_of(operations()[row.id]) for row in SMOOTH}
UNUSED = {"Tap", "Print", "After"}  # differentiated as the inputs that they are
LATER = {  # made of others where shapes are known
    "AsMatrix", "BroadcastLike", "ConcatenatePart", "ReshapeLike", "SameShape", "SumTo",
}  # fmt: skip


# ---- the rules ----------------------------------------------------------------------------------


OPS = sorted({row.id for row in SMOOTH} - UNUSED)


@pytest.mark.parametrize("op", OPS if os.environ.get("GRAPHFLOW_DEEP") == "1" else OPS[::4])
def test_a_gradient_that_is_wrong_by_a_ten_thousandth_is_noticed_by_its_row(
    op: str, monkeypatch: pytest.MonkeyPatch
):
    rows = [row.values[0] for row in SMOOTH if row.id == op]
    slot, inputs = 0, 1
    while slot < inputs:
        damaged = damage(op, slot, monkeypatch)
        found = any(is_found_wrong(case) for case in rows)
        assert found or not any(damaged.values()), (
            f"input {slot}"
        )  # some serve for their shapes alone
        inputs, slot = max(len(node.inputs) for node in damaged), slot + 1


def damage(op: str, slot: int, monkeypatch: pytest.MonkeyPatch) -> dict[Node, bool]:
    """Make the rule's gradient by one input wrong; a dict to be filled with where that was done."""
    cls = operations()[op]
    rule = RULES[op]
    met = {}

    def wrong(node, grad):
        given = rule(node, grad)
        parts = list(given) if isinstance(given, list | tuple) else [given]
        met[node] = slot < len(parts) and parts[slot] is not None
        met[node] &= not node.inputs[slot % len(parts)].is_constant
        if met[node]:
            parts[slot] = parts[slot] * 1.0001
        return parts

    monkeypatch.setitem(registry._rules, cls, registry._Entry(wrong, None))
    return met


def is_found_wrong(case: Case) -> bool:
    """Whether the checker finds the gradients of a row wrong in any trial."""
    for trial in case.trials():
        if trial.dtype is not case.dtypes[0]:
            continue
        arrays = trial.arrays()
        xs = placeholders(arrays, [None for _ in arrays] if case.op in LATER else None)
        wrt = [x for x in xs if x.dtype.kind == "f"]
        feed = dict(zip(xs, arrays, strict=True))
        if not check_gradients(built(trial, xs), wrt, feed, order=1):
            return True
    return False


# ---- the script ---------------------------------------------------------------------------------

FUNCTION = """
def rule(op, grad):
    x, y = op.inputs
    if x > 0:
        return [grad * y + 1.0, -power(x, y)]
    return sum(x, axis=0)
"""


def damages(source, **options):
    """The damages of a function as texts by kind."""
    found = {}
    for change in changes(ast.parse(source).body[0], **options):
        found.setdefault(change.kind, []).append(change.text)
    return found


def test_a_rule_is_damaged_in_every_way():
    found = damages(FUNCTION, is_rule=True, is_rewrite=False)
    assert found["swap"][0] == "x, y = op.inputs -> y, x = op.inputs"
    assert "power(x, y) -> power(y, x)" in found["swap"]
    assert found["tie"] == ["x > 0 -> x >= 0"]
    assert "grad * y + 1.0 -> grad * y - 1.0" in found["sign"]
    assert "-power(x, y) -> power(x, y)" in found["sign"]
    assert {"grad * y -> grad", "grad * y -> y"} <= set(found["factor"])
    assert {"grad * y + 1.0 -> grad * y", "grad * y + 1.0 -> 1.0"} == set(found["term"])
    assert found["constant"] == ["0 -> 1", "1.0 -> 1.01", "0 -> 1"]
    assert "grad * y + 1.0 -> (grad * y + 1.0) * 1.0001" in found["scale"]
    assert "-power(x, y) -> None" in found["none"]
    assert sum(" -> if True: " in text for text in found["condition"]) == 1


def test_texts_of_errors_and_types_are_left_as_they_are():
    source = 'def f(x: int = 1) -> int:\n    """A sum."""\n    raise ValueError(f"{x + 1}")'
    assert damages(source, is_rule=False, is_rewrite=False) == {}


def test_a_damage_is_there_while_it_is_planted_and_gone_after():
    (turned,) = [m for m in mutants("rules") if m.function == "_sqrt_grad" and m.kind == "sign"]
    with planted(turned, live_functions()):
        assert slope_of_root() == -0.25
    assert slope_of_root() == 0.25


def slope_of_root():
    x = gf.constant(4.0)
    return gf.Session().run(gf.gradients(gf.sqrt(x), x)[0])


@pytest.mark.parametrize("file", ["ops/elementwise/arithmetic.py", "rewrite/roots.py"])
def test_damages_can_be_planted_anywhere(file):
    live = live_functions()
    for mutant, _, _ in list(with_changes(file))[::10]:
        with planted(mutant, live):
            pass


def test_a_closure_that_exists_gets_the_damaged_code_too():
    (damage,) = [
        m
        for m, _, _ in with_changes("rewrite/engine.py")
        if m.function == "RuleTable.rule" and m.kind == "statement" and "append" in m.key
    ]
    table = gf.rewrite.RuleTable("of a test")
    add = table.rule(gf.graph.Constant)
    with planted(damage, live_functions()):
        add(len)
    assert table.rules == {}


def script(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run the script on the tests of one small file; its status and what it printed."""
    command = [sys.executable, PACKAGE.parent / "tests" / "mutate.py", "--folder", folder]
    tests = ["--tests", str(PACKAGE.parent / "tests" / "test_small_graphs.py")]
    done = subprocess.run(
        [*command, *arguments, *tests], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_script_tells_what_was_noticed_and_fails_for_what_was_not(tmp_path):
    status, text = script(tmp_path, "rules", "--only", "/arithmetic.py::_multiply_grad::sign")
    assert (status, text.splitlines()[-1][:22]) == (0, "2 mutants: 2 noticed, ")
    status, text = script(tmp_path, "rules", "--only", "_cholesky_grad::sign")
    assert status == 1
    assert "SURVIVED ops/linalg" in text


def test_every_reason_is_of_a_mutant_that_exists():
    start = {pattern: pattern.partition("::")[0] for pattern in REASONS}
    files = [path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")]
    meant = [file for file in files if any(matches(p, file) for p in set(start.values()))]
    keys = [m.key for file in meant for m, _, _ in with_changes(file)]
    keys += [m.key for file in meant for m in flags(file)]
    for pattern in REASONS:
        assert any(matches(pattern, key) for key in keys), pattern
