"""A formula that differs from a stable form in one place keeps the value that is written.

Every form of `stable_forms` is changed in each place: another operand, number, function, operation
or dtype. What is left may have another stable form, or none.
"""

from __future__ import annotations

import ast
import copy
import os
import re
from collections.abc import Iterator

import mpmath
import numpy as np
import pytest
from stable_forms import FORMS, Form
from test_random_graphs import as_written

import graphflow as gf
from graphflow import special
from graphflow.graph import Ledger
from graphflow.rewrite import STABILIZE, rewrite
from graphflow.traversal import ancestors

WRONG = (TypeError, ValueError, AttributeError, SyntaxError)  # of texts that are no formula
OTHER = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
}  # fmt: skip
ONE = list({form.rule: form for form in FORMS}.values())
DEEP = os.environ.get("GRAPHFLOW_DEEP") == "1"
SOME = FORMS if DEEP else ONE


def near(text: str) -> list[str]:
    """The text with one place changed, in every way that is known; and of another dtype."""
    tree = ast.parse(text, mode="eval")
    count = sum(1 for _ in ast.walk(tree))
    found = dict.fromkeys(re.sub(r"\bx\b", other, text) for other in "znu")
    for i in range(count):
        for way in range(4):
            changed = copy.deepcopy(tree)
            node = list(ast.walk(changed))[i]
            other = _other(node, way)
            if other is not None:
                changed = _Instead(node, other).visit(changed)
                found[ast.unparse(ast.fix_missing_locations(changed))] = None
    return list(found)


class _Instead(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def _other(node: ast.AST, way: int) -> ast.AST | None:
    match node:
        case ast.Name("x"):
            return ast.Name("u") if way == 0 else ast.Name("z") if way == 1 else None
        case ast.Constant(int() | float()) if not isinstance(node.value, bool) and way < 2:
            return ast.Constant(node.value + 1) if way == 0 else ast.Name("u")
        case ast.BinOp():
            ways = (ast.BinOp(node.left, OTHER[type(node.op)](), node.right), node.left, node.right)
            return ways[way] if way < 3 else ast.BinOp(node.right, node.op, node.left)
        case ast.UnaryOp() if way == 0:
            return node.operand
        case ast.Call() if way == 0 and len(node.args) == 1:
            return node.args[0]
        case ast.Call() if way == 0 and len(node.args) == 2:
            return ast.Call(node.func, node.args[::-1], node.keywords)
    return None


def operands(form: Form, seed: int) -> dict[str, np.ndarray]:
    """Numbers of the form's domain that lose no digits, complex and whole ones."""
    rng = np.random.default_rng(seed)
    low = max(form.domain[0], -2.0)
    x = rng.uniform(low, min(form.domain[1], low + 4.0), form.size or 6)
    u = rng.uniform(-2, 2, x.shape)
    z = u + 1j * rng.uniform(-2, 2, u.shape)
    return {"x": x, "u": u, "z": z, "n": np.arange(u.size) - u.size // 2}


def built(texts: list[str], nodes: dict[str, gf.Node]) -> Iterator[gf.Node]:
    for text in texts:
        try:
            node = eval(text, {"np": np, "gf": gf, "special": special, **nodes})
        except (gf.GraphflowError, ArithmeticError, *WRONG):
            continue  # shapes that do not fit, functions of no complex number
        if isinstance(node, gf.Node):
            yield node


@pytest.mark.parametrize("form", SOME, ids=str)
def test_what_is_near_a_stable_form_has_the_value_that_is_written(form):
    arrays = operands(form, len(form.text))
    nodes = {name: gf.placeholder(a.shape, dtype=a.dtype, name=name) for name, a in arrays.items()}
    feeds = {nodes[name]: a for name, a in arrays.items()}
    with np.errstate(all="ignore"):
        fetches = list(built(near(form.text), nodes))
        expected = [as_written(node, feeds) for node in fetches]
    got = gf.Session().run(fetches, {nodes[n]: a for n, a in arrays.items()})
    for node, value, wanted in zip(fetches, got, expected, strict=True):
        assert value.dtype == wanted.dtype, node
        sure = ~np.isinf(wanted)
        np.testing.assert_allclose(value[sure], wanted[sure], 1e-9, 1e-9, err_msg=str(node))


@pytest.mark.parametrize("form", ONE, ids=str)
def test_no_rule_looks_through_a_node_that_is_held_apart(form):
    at = operands(form, len(form.text))["x"]
    x = gf.placeholder(at.shape)
    with np.errstate(all="ignore"):
        y = form.build(x)
        expected = as_written(y, {x: at})
        for held in ancestors([y]):
            if held.is_placeholder or held.is_constant:
                continue
            found = rewrite([y], [STABILIZE], Ledger(first=10**6), opaque=[held])
            assert held.number not in found.through
            got = as_written(found.image[y.number], {found.image[x.number]: at})
            np.testing.assert_allclose(got, expected, 1e-9, 1e-9, err_msg=str(held))


def test_a_loss_of_distillation_is_between_two_different_softmaxes():
    teacher, student = gf.placeholder((2, 3)), gf.placeholder((2, 3))
    loss = -gf.sum(gf.softmax(teacher) * gf.log_softmax(student))
    feeds = {
        teacher: [[1.0, 2.0, 3.0], [0.0, 0.0, 1.0]],
        student: [[0.5, 0.0, -1.0], [2.0, 1.0, 0.0]],
    }
    p, q = (np.exp(z) / np.exp(z).sum(1, keepdims=True) for z in map(np.array, feeds.values()))
    value, slope = gf.Session().run([loss, gf.gradients(loss, student)[0]], feeds)
    np.testing.assert_allclose(value, -np.sum(p * np.log(q)), 1e-14)
    np.testing.assert_allclose(slope, q - p, 1e-13, 1e-15)


def test_bessel_functions_of_different_operands_have_a_quotient():
    x, u = gf.placeholder((2,)), gf.placeholder((2,))
    ratio = gf.Session().run(special.i1(x) / special.i0(u), {x: [1.0, 2.0], u: [3.0, 0.0]})
    exact = [mpmath.besseli(1, 1) / mpmath.besseli(0, 3), mpmath.besseli(1, 2)]
    np.testing.assert_allclose(ratio, np.array(exact, float), 1e-14)
