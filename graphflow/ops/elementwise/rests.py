"""What is left of odd functions without the line they begin as, elementwise: sin(x) - x and others.

Users write the formulas; the tables in `rewrite` put these in their place.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ...graph import Elementwise, Node
from ...registry import RegisterGradient
from .arithmetic import square
from .digits import near_and_far
from .shares import powm1, share
from .trigonometric import sin, sinh, tan, tanh

__all__ = ["LessLine", "less_line"]

_BOUND = 0.3  # from there on the difference itself has the digits


def _of_factorials(sign: int) -> list[float]:
    return [sign**k / math.factorial(2 * k + 1) for k in range(1, 8)]


def _of_tangents(sign: int) -> list[float]:
    """tan' = 1 + tan**2, so (2 * k + 1) * a[k] is the sum of a[i] * a[k - 1 - i]."""
    a = [1.0]
    for k in range(1, 16):
        a.append(sum(a[i] * a[k - 1 - i] for i in range(k)) / (2 * k + 1))
    return [sign**k * a[k] for k in range(1, 16)]


def _of_arcsines(sign: int) -> list[float]:
    return [sign**k * math.comb(2 * k, k) / 4**k / (2 * k + 1) for k in range(1, 20)]


# By function: the coefficients of x**3, x**5 ..., and the derivative of f(x) - x.
_KINDS: dict[str, tuple[list[float], Callable[[Node], Node]]] = {
    "sin": (_of_factorials(-1), lambda x: -2 * square(sin(0.5 * x))),
    "sinh": (_of_factorials(1), lambda x: 2 * square(sinh(0.5 * x))),
    "tan": (_of_tangents(1), lambda x: square(tan(x))),
    "tanh": (_of_tangents(-1), lambda x: -square(tanh(x))),
    "arctan": (
        [(-1) ** k / (2 * k + 1) for k in range(1, 20)],
        lambda x: -share(square(x), 1, guarded=True),
    ),
    "arcsin": (_of_arcsines(1), lambda x: powm1(-square(x), -0.5, 1)),
    "arcsinh": (_of_arcsines(-1), lambda x: powm1(square(x), -0.5, 1)),
}


class LessLine(Elementwise):
    """f(x) - x for the function named `function`, which begins as x."""

    attributes = ("function",)

    function: str

    def compute(self, xp: Any, x: Any) -> Any:
        is_near, near, far = near_and_far(xp, x, _BOUND)
        total = xp.zeros_like(x)
        for coefficient in reversed(_KINDS[self.function][0]):
            total = total * xp.square(near) + coefficient
        series = near * xp.square(near) * total
        return xp.where(is_near, series, getattr(xp, self.function)(far) - far)


@RegisterGradient("LessLine")
def _less_line_grad(op: LessLine, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * _KINDS[op.function][1](x)


def less_line(function: str, x: Any, name: str | None = None) -> Node:
    """f(x) - x, elementwise, with all digits near 0.

    For sin, sinh, tan, tanh, arctan, arcsin and arcsinh.
    """
    return LessLine(x, function=function, name=name)
