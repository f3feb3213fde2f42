"""What a row of a stable form is: the rule, a formula that it is for, and the formula's values.

A formula is written as a user of NumPy writes it. Its value is given by mpmath, at exactly the
floats that are tried; so is its derivative, by differences with hundreds of digits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np

import graphflow as gf
from graphflow import special

mp = mpmath.mp.clone()
mp.dps = 340  # what is lost beside 1 is no float

Domain = tuple[float, float]
REAL, POSITIVE, NEGATIVE = (-800.0, 800.0), (1e-9, 800.0), (-800.0, -1e-9)
MILD = (-80.0, 80.0)


@dataclass(frozen=True)
class Form:
    """A formula over one array: elementwise where `size` is 0, else of a vector, to a number."""

    rule: str
    text: str  # the formula, of x
    exact: Callable[..., Any]  # of one number, or of as many as the vector has
    domain: Domain = REAL
    size: int = 0
    units: int = 64  # how many roundings a value or derivative may be off
    scale: float = 0.0  # ... of at least this size

    def build(self, x: Any) -> Any:
        """The node of the formula."""
        return eval(self.text, {"np": np, "gf": gf, "special": special, "x": x})

    def __str__(self) -> str:
        return f"{self.rule}: {self.text}"


def written(rule: str, exact: Callable[..., Any], *texts: str, **more: Any) -> list[Form]:
    """Several ways to write one formula."""
    return [Form(rule, text, exact, **more) for text in texts]
