"""Spec: what is known about an array before it exists."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..dtypes import DType, as_dtype, weak_dtype, weak_kind
from ..shapes import Shape, show


class Spec(NamedTuple):
    """Static shape and dtype of an array; `weak` marks a Python number (NEP 50)."""

    shape: Shape
    dtype: DType
    weak: bool = False

    @property
    def loop_operand(self) -> DType | type:
        """The dtype, or for a weak number its Python type: what the promotion rules take."""
        return weak_kind(self.dtype) if self.weak else self.dtype

    def __str__(self) -> str:
        return f"{self.dtype}{show(self.shape)}"


def spec_of(value: Any) -> Spec:
    """The spec of an array, a number, or anything with a `spec` of its own."""
    spec = getattr(value, "spec", None)
    if isinstance(spec, Spec):
        return spec
    weak = weak_dtype(value)
    if weak is not None:
        return Spec((), weak, True)
    array = np.asarray(value)
    return Spec(array.shape, as_dtype(array.dtype))
