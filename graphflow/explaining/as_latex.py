"""An explanation as LaTeX: the sum of products, then every local derivative with its number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..dtypes import Array
from .formulas import number_latex, slope
from .numbers import SMALL, counted, norm, number

if TYPE_CHECKING:
    from .explanation import Explanation, Path, Step

_ROWS_SHOWN = 40
_FACTORS_SHOWN = 8


def as_latex(explained: Explanation) -> str:
    """The explanation as an `aligned` environment."""
    of = slope(explained.loss, explained.wrt).latex
    terms = [_term(explained, path) for path in explained.paths]
    if not explained.is_complete:
        more = counted(explained.count - len(explained.paths))
        words, _, power = more.partition(" 10^")
        number = rf"\text{{{words} }} 10^{{{power}}}" if power else more
        terms.append(rf"\cdots \; ({number} \text{{ more paths}})")
    rows = [rf"{of} &= {terms[0]}", *[rf"&\quad + {term}" for term in terms[1:]]]
    steps = list(dict.fromkeys(_row(explained, s) for p in explained.paths for s in p.steps))
    rows += steps[:_ROWS_SHOWN]
    if len(steps) > _ROWS_SHOWN:
        rows.append(r"&\;\;\vdots")
    rows.append(_total(of, explained.gradient))
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def _total(of: str, gradient: Array) -> str:
    numbers = value(gradient)
    return rf"{of} &{numbers}" if numbers.startswith(r"\in") else rf"{of} &= {numbers}"


def _term(explained: Explanation, path: Path) -> str:
    if not path.steps:
        return "1"
    factors = [slope(step.y, step.x).latex for step in path.steps]
    if len(factors) > _FACTORS_SHOWN:
        half = _FACTORS_SHOWN // 2
        factors = [*factors[:half], r"\cdots", *factors[-half:]]
    product = r" \, ".join(factors)
    if not path.is_scalar:
        return product
    return rf"\underbrace{{{product}}}_{{{value(path.product)}}}"


def _row(explained: Explanation, step: Step) -> str:
    if step.local is not None and step.factor is not None:
        left = slope(step.y, step.x).latex
        right = _valued(step.local.latex, step.factor)
    else:
        left = slope(explained.loss, step.x).latex
        right = _valued(step.pull.latex, step.arriving)
    return rf"{left} &= {right} && {step.y.latex} = {step.value.latex}"


def _valued(formula: str, array: Array) -> str:
    """The formula and its numbers, which are said once where they are the same."""
    if formula in ("1", "-1"):
        return formula
    numbers = value(array)
    if formula == numbers:
        return formula
    return formula + (" " if numbers.startswith(r"\in") else " = ") + numbers


def value(array: Array) -> str:
    """A number, a small vector or matrix, or where a larger array lives and its norm."""
    given = np.asarray(array)
    if given.ndim == 0:
        return number_latex(number(given))
    if given.size > SMALL or given.ndim > 2 or not given.size:
        space = r" \times ".join(map(str, given.shape))
        return rf"\in \mathbb{{R}}^{{{space}}}, \; \lVert \cdot \rVert = {norm(given):.4g}"
    rows = [" & ".join(number_latex(number(item)) for item in row) for row in np.atleast_2d(given)]
    return r"\begin{bmatrix} " + r" \\ ".join(rows) + r" \end{bmatrix}"
