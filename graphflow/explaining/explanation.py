"""Explanation: the chain rule from a loss to a node, with numbers; it shows itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..dtypes import Array
from .as_html import as_html
from .as_latex import as_latex
from .as_text import as_text
from .formulas import Formula
from .numbers import close


@dataclass(frozen=True)
class Step:
    """One operation on a path, crossed from its output y to one of its inputs x.

    `value` is what y is (`p = sigmoid(z)`); `local` is dy/dx entry by entry (None where an
    operation mixes entries) and `factor` its numbers; `pull` is what the operation makes of the
    derivative that arrives at it, and `arriving` the numbers of that, of x's shape.
    """

    y: Formula
    x: Formula
    value: Formula
    local: Formula | None
    pull: Formula
    factor: Array | None
    arriving: Array
    line: str

    @property
    def is_scalar(self) -> bool:
        """Whether numbers are multiplied here and nothing else happens."""
        return self.factor is not None and np.ndim(self.factor) == np.ndim(self.arriving) == 0


@dataclass(frozen=True)
class Path:
    """One path: its steps from the loss down, and the derivative along it."""

    steps: tuple[Step, ...]
    product: Array

    @property
    def is_scalar(self) -> bool:
        """Whether the derivative along it is a product of numbers."""
        return bool(self.steps) and all(step.is_scalar for step in self.steps)


@dataclass(frozen=True, repr=False)
class Explanation:
    """The derivative of a loss by a node as a sum over paths of products of local derivatives.

    `paths` are the paths shown, out of `count`; `total` is the sum over the shown ones and
    `gradient` what `gf.gradients` gives. `str()` is a text, `.html` a piece of a page, `.latex` an
    aligned formula; in a notebook it shows itself.
    """

    loss: Formula
    wrt: Formula
    loss_text: str  # described, with the user's line
    wrt_text: str
    loss_value: Array
    wrt_value: Array
    count: int
    paths: tuple[Path, ...]
    gradient: Array

    @property
    def is_complete(self) -> bool:
        """Whether all paths are shown."""
        return len(self.paths) == self.count

    @cached_property
    def total(self) -> Array:
        """The sum over the paths that are shown."""
        with np.errstate(all="ignore"):
            return sum([path.product for path in self.paths], np.zeros_like(self.gradient))

    @property
    def agrees(self) -> bool:
        """Whether all paths are shown and their sum is the gradient, but for rounding."""
        return self.is_complete and bool(np.all(close(self.total, self.gradient)))

    @property
    def note(self) -> str:
        """What has to be said about the sum; empty where it is the gradient."""
        if not self.is_complete:
            return "the paths that are not shown make the difference to the gradient"
        if self.agrees:
            return ""
        return (
            "the formula as written loses digits or overflows here; gf.gradients differentiates "
            "its stable form (gf.lint says which)"
        )

    @property
    def html(self) -> str:
        """A self-contained piece of a page, in the colours of light or dark."""
        return as_html(self)

    @property
    def latex(self) -> str:
        """An `aligned` environment, for mathematics mode."""
        return as_latex(self)

    def __str__(self) -> str:
        return as_text(self)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str | None:
        return self._repr_mimebundle_().get("text/html")

    def _repr_latex_(self) -> str | None:
        return self._repr_mimebundle_().get("text/latex")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        try:
            bundle = {"text/plain": str(self), "text/html": self.html}
            return bundle | {"text/latex": f"$\\displaystyle {self.latex}$"}
        except Exception:  # the output of a notebook's cell is no place to fail
            return {"text/plain": f"<Explanation of {self.count} paths>"}
