"""Functions that keep their digits, of operators that onnxruntime has in float64.

ONNX has neither expm1 nor log1p, and onnxruntime computes arcus functions and erf in float32 alone.
"""

from __future__ import annotations

import math

import numpy as np

from .model import BOOL, Tensor
from .tensors import where

_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)


def call(operator: str, x: Tensor) -> Tensor:
    """An operator of one tensor."""
    return x.model.call(operator, x)


def log(x: Tensor) -> Tensor:
    return call("Log", x)


def exp(x: Tensor) -> Tensor:
    return call("Exp", x)


def sqrt(x: Tensor) -> Tensor:
    return call("Sqrt", x)


def absolute(x: Tensor) -> Tensor:
    return call("Abs", x)


def is_negative(x: Tensor) -> Tensor:
    """Whether the sign is minus, of -0 too."""
    return (x < 0) | (x.equals(0) & (1 / x < 0))


def with_sign(size: Tensor, x: Tensor) -> Tensor:
    """A size that is not negative with the sign of x; by a product, as Where loses that of 0."""
    return size * where(is_negative(x), size.model.constant(-1, size.dtype), 1)


def log1p(x: Tensor) -> Tensor:
    """log(1 + x): what rounding 1 + x to u has lost is put back by x / (u - 1).

    Source: W. Kahan; Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 1.14.
    """
    u = 1 + x
    kept = u.equals(1) | x.model.call("IsInf", x, to=BOOL)
    part = where(kept, 1.0, u - 1)
    return where(u.equals(1), x, log(u) * (where(kept, 1.0, x) / part))


def expm1(x: Tensor) -> Tensor:
    """exp(x) - 1; by 2t / (1 - t) of t = tanh(x/2) where that would cancel."""
    t = call("Tanh", x / 2)
    return where(absolute(x) < 0.5, 2 * t / (1 - t), exp(x) - 1)


def logaddexp(x: Tensor, y: Tensor) -> Tensor:
    """log(exp(x) + exp(y))."""
    gap = where(x.equals(y), 0.0, x - y)  # infinities of one sign have none
    return x.model.call("Max", x, y) + log1p(exp(-absolute(gap)))


def sinh(x: Tensor) -> Tensor:
    """(u + u / (1 + u)) / 2 with u = exp(|x|) - 1; by exp of half of x where that overflows."""
    size = absolute(x)
    u = expm1(size)
    half = exp(size / 2)
    return with_sign(where(size > 20, half / 2 * half, (u + u / (1 + u)) / 2), x)


def cosh(x: Tensor) -> Tensor:
    """exp(|x|) / 2 + exp(-|x|) / 2, as a product where exp would overflow first."""
    half = exp(absolute(x) / 2)
    return half / 2 * half + 0.5 / half / half


def arcsinh(x: Tensor) -> Tensor:
    """log1p(|x| + x^2 / (1 + sqrt(1 + x^2))); log of 2|x| where x^2 would overflow."""
    size = absolute(x)
    large = size > 1e9
    s = where(large, 1.0, size)
    near = log1p(s + s * s / (1 + sqrt(1 + s * s)))
    return with_sign(where(large, log(where(large, size, 1.0)) + math.log(2), near), x)


def arccosh(x: Tensor) -> Tensor:
    """log1p(t + sqrt(2t + t^2)) with t = x - 1."""
    large = x > 1e9
    t = where(large | (x < 1), math.nan, x - 1)
    near = log1p(t + sqrt(t * (2 + t)))
    return where(large, log(where(large, x, 1.0)) + math.log(2), near)


def arctanh(x: Tensor) -> Tensor:
    """log1p(2|x| / (1 - |x|)) / 2."""
    size = absolute(x)
    return with_sign(log1p(2 * size / (1 - size)) / 2, x)


def arctan(x: Tensor) -> Tensor:
    """float32's value y, and arctan of what is left: (x - tan y) / (1 + x tan y), by its cube."""
    if x.dtype != _F64:
        return call("Atan", x)
    model = x.model
    small = absolute(x) <= 1
    a = where(small, x, 1 / where(small, 1.0, x))  # of large x the arctan of 1/x is taken
    y = model.cast(call("Atan", model.cast(a, _F32)), _F64)
    sine, cosine = call("Sin", y), call("Cos", y)
    rest = (a * cosine - sine) / (cosine + a * sine)
    near = y + (rest - rest * rest * rest / 3)
    tiny = absolute(a) < 1e-30  # float32 has no such small numbers
    near = where(tiny, a, near)
    return where(small, near, with_sign(x.model.constant(math.pi / 2, _F64), x) - near)


def arctan2(y: Tensor, x: Tensor) -> Tensor:
    """The angle of (x, y)."""
    a, b = absolute(x), absolute(y)
    equal = a.equals(b)  # of two infinities, or two zeros, too
    steep = b > a
    low, high = where(steep, a, b), where(steep, b, a)
    one = x.model.cast(~b.equals(0), x.dtype)
    ratio = where(equal, one, low / where(high.equals(0), 1.0, high))
    angle = arctan(ratio)
    angle = where(steep, math.pi / 2 - angle, angle)
    return with_sign(where(is_negative(x), math.pi - angle, angle), y)


def arcsin(x: Tensor) -> Tensor:
    """2 arctan(x / (1 + sqrt((1 - x)(1 + x))))."""
    if x.dtype != _F64:
        return call("Asin", x)
    return 2 * arctan(x / (1 + sqrt((1 - x) * (1 + x))))


def arccos(x: Tensor) -> Tensor:
    """2 arctan(sqrt(1 - x) / sqrt(1 + x))."""
    if x.dtype != _F64:
        return call("Acos", x)
    return 2 * arctan2(sqrt(1 - x), sqrt(1 + x))


def tan(x: Tensor) -> Tensor:
    """sin(x) / cos(x)."""
    return call("Tan", x) if x.dtype != _F64 else call("Sin", x) / call("Cos", x)
