"""Formulas as text and as LaTeX, from templates in Python's notation."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import NamedTuple

_SUM, _PRODUCT, _POWER, _ATOM = range(4)  # how tightly an expression binds
_OPERATORS: dict[type[ast.operator], tuple[int, str]] = {
    ast.Add: (_SUM, " + "),
    ast.Sub: (_SUM, " - "),
    ast.Mult: (_PRODUCT, r" \odot "),
    ast.MatMult: (_PRODUCT, r" \, "),
}
_COMPARED: dict[type[ast.cmpop], str] = {ast.Gt: ">", ast.Lt: "<"}
_FUNCTIONS = {
    "exp": r"\exp", "log": r"\log", "sin": r"\sin", "cos": r"\cos", "tan": r"\tan",
    "sinh": r"\sinh", "cosh": r"\cosh", "tanh": r"\tanh", "max": r"\max", "min": r"\min",
    "sigmoid": r"\sigma",
}  # fmt: skip
_NUMBERED = re.compile(r"([A-Za-z])_?(\d+)")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,400})(\.[0-9]{0,400})?(e[+-]?[0-9]{1,4})?")
_LATEX_SIGNS = {
    "\\": r"\backslash ", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"{\wedge}", "~": r"{\sim}", " ": r"\ ",
}  # fmt: skip


class Formula(NamedTuple):
    """One formula, readable as text and as LaTeX; the rank of its value, where a run told it."""

    text: str
    latex: str
    rank: int | None = None


Names = Mapping[str, Formula]


def symbol(name: str) -> Formula:
    """A node's name: a letter, a letter with an index, or upright text; a number as it is."""
    plain = "".join(c if c.isprintable() else " " for c in name)
    if is_number(plain):
        return Formula(plain, number_latex(plain))
    if re.fullmatch("[A-Za-z]", plain):
        return Formula(plain, plain)
    numbered = _NUMBERED.fullmatch(plain)
    if numbered:
        return Formula(plain, f"{numbered[1]}_{{{numbered[2]}}}")
    escaped = "".join(_LATEX_SIGNS.get(c, c if c.isascii() else rf"\text{{{c}}}") for c in plain)
    return Formula(plain, rf"\mathrm{{{escaped}}}")


def is_number(text: str) -> bool:
    """Whether this is a number as Python prints it."""
    return _NUMBER.fullmatch(text) is not None


def number_latex(text: str) -> str:
    """`1.5e-07` as a power of ten; infinity and NaN by their signs."""
    mantissa, _, exponent = text.partition("e")
    if is_number(text) and exponent:
        return rf"{mantissa} \cdot 10^{{{int(exponent)}}}"
    return text.replace("inf", r"\infty").replace("nan", r"\text{nan}")


def slope(y: Formula, x: Formula) -> Formula:
    """dy/dx, as a symbol."""
    above, below = (f.text if f.text.isidentifier() else f"({f.text})" for f in (y, x))
    return Formula(f"d{above}/d{below}", rf"\frac{{\partial {y.latex}}}{{\partial {x.latex}}}")


def joined(a: Formula, b: Formula) -> Formula:
    """The product of an arriving derivative and a local one, without factors of 1."""
    if b.text == "1":
        return a
    if a.text == "1":
        return b
    if b.text == "-1":
        return Formula(f"-{a.text}", f"-{a.latex}")
    return Formula(f"{a.text} * {b.text}", rf"{a.latex} \cdot {b.latex}")


def bracketed(formula: Formula) -> Formula:
    """The formula in brackets, unless it is a name or a call and needs none."""
    try:
        whole = ast.parse(formula.text, mode="eval").body
    except SyntaxError:  # names may hold anything
        whole = None
    if isinstance(whole, ast.Name | ast.Call | ast.Attribute | ast.Constant):
        return formula
    return Formula(f"({formula.text})", rf"\left({formula.latex}\right)")


def written(template: str, names: Names) -> Formula:
    """The template with its names replaced; an argument whose name is empty is left out."""
    tree = _Named(names).visit(ast.parse(template, mode="eval")).body
    return Formula(ast.unparse(tree), _latex(tree, {f.text: f.latex for f in names.values()}))


class _Named(ast.NodeTransformer):
    """Puts names into a template."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        found = self._names.get(node.id)
        if found is None:
            return node
        if is_number(found.text):
            return ast.parse(found.text, mode="eval").body
        return ast.Name(found.text)

    def visit_Call(self, node: ast.Call) -> ast.Call:
        left_out = [n for n, formula in self._names.items() if not formula.text]
        given = [a for a in node.args if not (isinstance(a, ast.Name) and a.id in left_out)]
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        func = ast.Name("1") if name == "one" else node.func
        return ast.Call(func, [self.visit(arg) for arg in given], [])


def _latex(node: ast.expr, names: Mapping[str, str], outer: int = _SUM) -> str:
    level, text = _levelled(node, names)
    return text if level >= outer else rf"\left({text}\right)"


def _levelled(node: ast.expr, names: Mapping[str, str]) -> tuple[int, str]:
    """How tightly the expression binds, and its LaTeX."""
    match node:
        case ast.BinOp(left, ast.Div(), right):
            return _ATOM, rf"\frac{{{_latex(left, names)}}}{{{_latex(right, names)}}}"
        case ast.BinOp(left, ast.Pow(), right):
            return _POWER, f"{_latex(left, names, _ATOM)}^{{{_latex(right, names)}}}"
        case ast.BinOp(left, op, right):
            level, sign = _OPERATORS[type(op)]
            if isinstance(op, ast.Mult) and isinstance(left, ast.Constant):
                sign = r" \, "
            tighter = level + (not isinstance(op, ast.Add))
            return level, _latex(left, names, level) + sign + _latex(right, names, tighter)
        case ast.UnaryOp(ast.USub(), operand):
            return _SUM, "-" + _latex(operand, names, _PRODUCT)
        case ast.UnaryOp(ast.Not(), operand):
            return _ATOM, r"\neg " + _latex(operand, names, _ATOM)
        case ast.Compare(left, [op], [right]):
            sign = _COMPARED[type(op)]
            return _SUM, f"{_latex(left, names)} {sign} {_latex(right, names)}"
        case ast.Call(ast.Name(name), arguments):
            return _POWER, _called(name, [_latex(a, names) for a in arguments])
        case ast.Attribute(value, _):
            return _POWER, _latex(value, names, _ATOM) + r"^{\top}"
        case ast.Subscript(value, index):
            return _POWER, f"{_latex(value, names, _ATOM)}_{{{_latex(index, names)}}}"
        case ast.Name(name):
            return _ATOM, names.get(name) or symbol(name).latex
        case _:
            return _ATOM, number_latex(ast.unparse(node))


def _called(name: str, arguments: list[str]) -> str:
    inside = ", ".join(arguments)
    match name:
        case "1":
            return rf"\mathbf{{1}}\left[{inside}\right]"
        case "abs":
            return rf"\left|{inside}\right|"
        case "sqrt":
            return rf"\sqrt{{{inside}}}"
    escaped = name.replace("_", r"\_")
    return _FUNCTIONS.get(name, rf"\operatorname{{{escaped}}}") + rf"\left({inside}\right)"
