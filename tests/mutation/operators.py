"""How a function can be damaged: one node of its syntax tree for another."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

COMMUTATIVE = frozenset(
    "add multiply maximum minimum logaddexp hypot equal not_equal logical_and logical_or "
    "isinstance zip max min are_opposite".split()
)
COLLECTING = frozenset("tuple list any all sorted fromkeys".split())  # of what is iterated over
SCALES = (1.01, 1.0001)
TURNED = {
    ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Lt: ast.LtE, ast.LtE: ast.Lt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
TIES = (ast.Gt, ast.GtE, ast.Lt, ast.LtE)
NEITHER = (ast.Raise, ast.Assert, ast.JoinedStr)  # texts of errors have tests of their own


class Change(NamedTuple):
    """A damage: `new` stands where `old` stood, in a field of `parent`."""

    kind: str
    parent: Any
    field: str
    index: int | None  # of a field that is a list
    old: ast.AST
    new: ast.AST

    @property
    def text(self) -> str:
        """The old source and the new, on one line."""
        return f"{_line(self.old)} -> {_line(self.new)}"

    def put(self, node: ast.AST) -> None:
        """Set the place to `node`, which is `old` or `new`."""
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def _placed(new: ast.AST, old: ast.AST) -> ast.AST:
    """`new` at the line of `old`, unless it is a part of it, which has its own."""
    return new if hasattr(new, "lineno") else ast.copy_location(new, old)


def _line(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())[:120]


def changes(function: ast.AST, *, is_rule: bool, is_rewrite: bool) -> Iterator[Change]:
    """All damages of a function, outside in; more where it is a formula of nodes."""
    formula = is_rule or is_rewrite
    is_test = ast.unparse(getattr(function, "returns", None) or ast.Name("")) == "bool"
    for parent, field, index, node in _places(function):
        for kind, new in _damages(node, formula):
            yield Change(kind, parent, field, index, node, _placed(new, node))
        if isinstance(node, ast.Return) and node.value is not None:
            if is_test:
                yield from _answered(node)
            else:
                yield from _returned(node, is_rule, is_rewrite)


def _places(function: ast.AST) -> Iterator[tuple[Any, str, int | None, ast.AST]]:
    """Every node inside a function that may be replaced, with where it stands."""
    body = function.body  # type: ignore[attr-defined]
    todo: list[Any] = [(function, "body", None, body)] if not isinstance(body, list) else []
    if isinstance(body, list):
        todo = [(function, "body", i, s) for i, s in enumerate(body)][::-1]
    while todo:
        parent, field, index, node = todo.pop()
        if isinstance(node, NEITHER) or _is_text(node):
            continue
        yield parent, field, index, node
        todo.extend(reversed(list(_children(node))))


def _children(node: ast.AST) -> Iterator[tuple[Any, str, int | None, ast.AST]]:
    inner = isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef)
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "ctx", "bases", "type_comment"):
            continue
        if inner and field not in ("body",):
            continue
        if isinstance(node, ast.keyword) and node.arg == "strict":
            continue  # of zip: what is of unequal lengths is so by another damage
        if isinstance(value, list):
            for i, each in enumerate(value):
                if isinstance(each, ast.AST):
                    yield node, field, i, each
        elif isinstance(value, ast.AST):
            yield node, field, None, value


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


# ---- what stands for a node ---------------------------------------------------------------------


def _damages(node: ast.AST, formula: bool) -> Iterator[tuple[str, ast.AST]]:
    found = _BY_TYPE.get(type(node))
    if found is not None:
        yield from found(node, formula)


def _binary(node: ast.BinOp, formula: bool) -> Iterator[tuple[str, ast.AST]]:
    a, b = node.left, node.right
    match node.op:
        case ast.Add():
            yield "sign", ast.BinOp(a, ast.Sub(), b)
            yield "term", a
            yield "term", b
        case ast.Sub():
            yield "sign", ast.BinOp(a, ast.Add(), b)
            yield "term", a
            yield "term", ast.UnaryOp(ast.USub(), b)
        case ast.Mult():
            yield "factor", a
            yield "factor", b
        case ast.Div() | ast.FloorDiv() | ast.Mod():
            yield "factor", a
            yield "swap", ast.BinOp(b, node.op, a)
        case ast.MatMult():
            yield "swap", ast.BinOp(b, node.op, a)
        case ast.Pow():
            yield "factor", a
        case ast.BitAnd() | ast.BitOr():
            yield "condition", a
            yield "condition", b


def _unary(node: ast.UnaryOp, formula: bool) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant):
        yield "sign", node.operand
    elif isinstance(node.op, ast.Not | ast.Invert):
        yield "condition", node.operand


def _constant(node: ast.Constant, formula: bool) -> Iterator[tuple[str, ast.AST]]:
    value = node.value
    if isinstance(value, bool):
        yield "constant", ast.Constant(not value)
    elif isinstance(value, int):
        yield "constant", ast.Constant(value + 1)
    elif isinstance(value, float):
        yield "constant", ast.Constant(value * 1.01 if value else 1.0)


def _compared(node: ast.Compare, formula: bool) -> Iterator[tuple[str, ast.AST]]:
    for i, op in enumerate(node.ops):
        turned = TURNED[type(op)]()
        ops = [*node.ops[:i], turned, *node.ops[i + 1 :]]
        kind = "tie" if isinstance(op, TIES) else "condition"
        yield kind, ast.Compare(node.left, ops, node.comparators)


def _joined(node: ast.BoolOp, formula: bool) -> Iterator[tuple[str, ast.AST]]:
    for i in range(len(node.values)):
        kept = node.values[:i] + node.values[i + 1 :]
        yield "condition", kept[0] if len(kept) == 1 else ast.BoolOp(node.op, kept)


def _branch(node: ast.If | ast.IfExp, formula: bool) -> Iterator[tuple[str, ast.AST]]:
    for value in (True, False):
        parts = {field: value for field, value in ast.iter_fields(node)}
        yield "condition", type(node)(**{**parts, "test": ast.Constant(value)})


def _filtered(node: ast.comprehension, formula: bool) -> Iterator[tuple[str, ast.AST]]:
    if node.ifs:
        yield "condition", ast.comprehension(node.target, node.iter, [], node.is_async)


def _called(node: ast.Call, formula: bool) -> Iterator[tuple[str, ast.AST]]:
    name = ast.unparse(node.func).rpartition(".")[2]
    if any(isinstance(arg, ast.Starred) for arg in node.args):
        return
    if len(node.args) >= 2 and name not in COMMUTATIVE:
        *rest, a, b = node.args
        if ast.dump(a) != ast.dump(b) and not (_is_class(a) and _is_class(b)):
            yield "swap", ast.Call(node.func, [*rest, b, a], node.keywords)
    if formula and len(node.args) == 1 and not node.keywords and name not in COLLECTING:
        yield "function", node.args[0]


def _is_class(node: ast.expr) -> bool:
    """Whether it reads as the name of a class: one of several kinds that are asked for."""
    return isinstance(node, ast.Name) and node.id[:1].isupper()


def _unpacked(node: ast.Assign, formula: bool) -> Iterator[tuple[str, ast.AST]]:
    target = node.targets[0]
    if (
        isinstance(target, ast.Tuple)
        and len(target.elts) > 1
        and isinstance(node.value, ast.Attribute)
    ):
        a, b, *rest = target.elts
        yield "swap", ast.Assign([ast.Tuple([b, a, *rest], ast.Store())], node.value)
    if isinstance(target, ast.Subscript | ast.Attribute):
        yield "statement", ast.Pass()


def _statement(node: ast.AST, formula: bool) -> Iterator[tuple[str, ast.AST]]:
    yield "statement", ast.Pass()


_BY_TYPE: dict[type, Callable[[Any, bool], Iterator[tuple[str, ast.AST]]]] = {
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Constant: _constant,
    ast.Compare: _compared,
    ast.BoolOp: _joined,
    ast.If: _branch,
    ast.IfExp: _branch,
    ast.comprehension: _filtered,
    ast.Call: _called,
    ast.Assign: _unpacked,
    ast.Expr: _statement,
    ast.AugAssign: _statement,
    ast.Continue: _statement,
    ast.Break: _statement,
}


# ---- what is returned ---------------------------------------------------------------------------


def _answered(node: ast.Return) -> Iterator[Change]:
    """Answers of a test that are always true, or never."""
    if not isinstance(node.value, ast.Constant):
        for answer in (True, False):
            new = _placed(ast.Constant(answer), node.value)  # type: ignore[arg-type]
            yield Change("condition", node, "value", None, node.value, new)  # type: ignore


def _returned(node: ast.Return, is_rule: bool, is_rewrite: bool) -> Iterator[Change]:
    """Results lost; those of rules and rewrites wrong by a sign or a factor as well."""
    value = node.value
    several = is_rule and isinstance(value, ast.List | ast.Tuple)
    places: list[tuple[Any, str, int | None, Any]] = [(node, "value", None, value)]
    if several:
        places = [(value, "elts", i, each) for i, each in enumerate(value.elts)]  # type: ignore
    for parent, field, index, part in places:
        if isinstance(part, ast.Constant | ast.Starred):
            continue
        for kind, new in _of_result(part, is_rule, is_rewrite):
            yield Change(kind, parent, field, index, part, _placed(new, part))


def _of_result(part: ast.expr, is_rule: bool, is_rewrite: bool) -> Iterator[tuple[str, ast.AST]]:
    yield "none", ast.Constant(None)
    if is_rule:
        yield "sign", ast.UnaryOp(ast.USub(), part)
        for scale in SCALES:
            yield "scale", ast.BinOp(part, ast.Mult(), ast.Constant(scale))
    elif is_rewrite and not isinstance(part, ast.Tuple | ast.List | ast.IfExp):
        yield "scale", ast.BinOp(part, ast.Mult(), ast.Constant(1.000001))
