"""The rows of elementwise primitives: a function of tensors in the dtypes of the ufunc's loop."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from . import accurate
from .accurate import absolute, call, exp, is_negative, log, log1p, sqrt, with_sign
from .model import BOOL, Tensor, broadcast
from .tensors import is_nan, where

Row = Callable[..., Tensor]

ELEMENTWISE: dict[str, Row] = {}
_F64 = np.dtype(np.float64)


def _row(*names: str) -> Callable[[Row], Row]:
    def add(function: Row) -> Row:
        ELEMENTWISE.update(dict.fromkeys(names, function))
        return function

    return add


def _plain(operator: str, boolean: str = "") -> Row:
    """One operator; of booleans another one, if a name is given."""

    def made(*operands: Tensor) -> Tensor:
        logical = boolean and operands[0].dtype == BOOL
        return operands[0].model.call(boolean if logical else operator, *operands)

    return made


def _compared(operator: str) -> Row:
    def made(x: Tensor, y: Tensor) -> Tensor:
        return x.model.call(operator, x, y, to=BOOL)

    return made


def _rounded(operator: str) -> Row:
    """A rounding: integers stay as they are."""
    return lambda x: call(operator, x) if x.dtype.kind == "f" else x


def _either(operator: str, otherwise: Row) -> Row:
    """An operator where onnxruntime has it, in float32, and a formula in float64."""
    return lambda x: otherwise(x) if x.dtype == _F64 else call(operator, x)


ELEMENTWISE |= {
    "absolute": lambda x: x if x.dtype.kind in "bu" else absolute(x),
    "add": _plain("Add", "Or"),
    "arccos": accurate.arccos,
    "arccosh": _either("Acosh", accurate.arccosh),
    "arcsin": accurate.arcsin,
    "arcsinh": _either("Asinh", accurate.arcsinh),
    "arctan": accurate.arctan,
    "arctan2": accurate.arctan2,
    "arctanh": _either("Atanh", accurate.arctanh),
    "bitwise_and": _plain("BitwiseAnd", "And"),
    "bitwise_not": _plain("BitwiseNot", "Not"),
    "bitwise_or": _plain("BitwiseOr", "Or"),
    "bitwise_xor": _plain("BitwiseXor", "Xor"),
    "ceil": _rounded("Ceil"),
    "conjugate": lambda x: x,
    "cos": _plain("Cos"),
    "cosh": _either("Cosh", accurate.cosh),
    "divide": _plain("Div"),
    "equal": _compared("Equal"),
    "exp": exp,
    "expm1": accurate.expm1,
    "floor": _rounded("Floor"),
    "greater": _compared("Greater"),
    "greater_equal": _compared("GreaterOrEqual"),
    "invert": _plain("BitwiseNot", "Not"),
    "isnan": lambda x: is_nan(x) if x.dtype.kind == "f" else ~x.equals(x),
    "less": _compared("Less"),
    "less_equal": _compared("LessOrEqual"),
    "log": log,
    "log10": lambda x: log(x) / math.log(10),
    "log1p": log1p,
    "log2": lambda x: log(x) / math.log(2),
    "logaddexp": accurate.logaddexp,
    "logical_and": _plain("And"),
    "logical_not": _plain("Not"),
    "logical_or": _plain("Or"),
    "logical_xor": _plain("Xor"),
    "minimum": _plain("Min", "And"),
    "multiply": _plain("Mul", "And"),
    "negative": lambda x: 0 - x if x.dtype.kind == "u" else -x,
    "not_equal": lambda x, y: ~x.equals(y),
    "positive": lambda x: x,
    "rint": _rounded("Round"),
    "sign": _plain("Sign"),
    "sin": _plain("Sin"),
    "sinh": _either("Sinh", accurate.sinh),
    "sqrt": sqrt,
    "square": lambda x: x * x,
    "subtract": _plain("Sub", "Xor"),
    "tan": accurate.tan,
    "tanh": _plain("Tanh"),
}


@_row("cbrt")
def cbrt(x: Tensor) -> Tensor:
    """The power 1/3, and one step of Newton's towards y^3 = x."""
    size = absolute(x)
    kept = size.equals(0) | x.model.call("IsInf", x, to=BOOL)
    inner = where(kept, 1.0, size)
    y = x.model.call("Pow", inner, 1 / 3)
    y = y - (y * y * y - inner) / (3 * y * y)
    return with_sign(where(kept, size, y), x)


@_row("maximum")
def maximum(x: Tensor, y: Tensor) -> Tensor:
    """The larger one; of a float and 0 ONNX's Relu."""
    for a, b in ((x, y), (y, x)):
        constant = a.model.constants.get(b.number)
        if a.dtype.kind == "f" and constant is not None and b.shape == () and constant == 0:
            return call("Relu", a)
    return _plain("Max", "Or")(x, y)


@_row("copysign")
def copysign(x: Tensor, y: Tensor) -> Tensor:
    """The size of x with the sign of y."""
    return with_sign(absolute(x), y)


@_row("exp2")
def exp2(x: Tensor) -> Tensor:
    """2 to the power x."""
    return x.model.call("Pow", 2, x)


@_row("power", "float_power")
def power(x: Tensor, y: Tensor) -> Tensor:
    """x to the power y."""
    return x.model.call("Pow", x, y)


@_row("fmax")
def fmax(x: Tensor, y: Tensor) -> Tensor:
    """The larger one; of a number and NaN the number."""
    return _number_of(x, y, x.model.call("Max", x, y))


@_row("fmin")
def fmin(x: Tensor, y: Tensor) -> Tensor:
    """The smaller one; of a number and NaN the number."""
    return _number_of(x, y, x.model.call("Min", x, y))


def _number_of(x: Tensor, y: Tensor, both: Tensor) -> Tensor:
    """`both`, and where x or y is NaN the other one."""
    return both if x.dtype.kind != "f" else where(is_nan(x), y, where(is_nan(y), x, both))


@_row("fmod")
def fmod(x: Tensor, y: Tensor) -> Tensor:
    """What is left of x by y, with the sign of x; 0 by an integer 0."""
    if x.dtype.kind == "f":
        return _mod(x, y)
    zero = y.equals(0)
    return where(zero, 0, _mod(x, where(zero, 1, y)))


def _mod(x: Tensor, y: Tensor) -> Tensor:
    """C's fmod."""
    model = x.model
    wide = model.kernel("Mod", x.dtype)
    operands = [model.cast(x, wide), model.cast(y, wide)]
    found = model.node("Mod", operands, wide, broadcast(x.shape, y.shape), fmod=1)
    return model.cast(found, x.dtype)


@_row("remainder")
def remainder(x: Tensor, y: Tensor) -> Tensor:
    """What is left of x by y, with the sign of y; 0 by an integer 0."""
    left = fmod(x, y)
    return where(~left.equals(0) & ~(left < 0).equals(y < 0), left + y, left)


@_row("floor_divide")
def floor_divide(x: Tensor, y: Tensor) -> Tensor:
    """The largest whole number that is at most x / y; 0 by an integer 0."""
    if x.dtype.kind == "f":
        left = fmod(x, y)
        whole = call("Round", (x - left) / y)
        below = ~left.equals(0) & ~(left < 0).equals(y < 0)
        return where(y.equals(0), x / y, where(below, whole - 1, whole))
    zero = y.equals(0)
    return where(zero, 0, (x - remainder(x, y)) / where(zero, 1, y))


@_row("heaviside")
def heaviside(x: Tensor, y: Tensor) -> Tensor:
    """0 below 0, 1 above, and y at 0."""
    step = where(x < 0, 0.0, where(x > 0, 1.0, y))
    return where(is_nan(x), x, step)


@_row("hypot")
def hypot(x: Tensor, y: Tensor) -> Tensor:
    """The length of (x, y), without overflow."""
    a, b = absolute(x), absolute(y)
    high, low = x.model.call("Max", a, b), x.model.call("Min", a, b)
    zero = high.equals(0)
    infinite = isinf(a) | isinf(b)
    ratio = low / where(zero, 1.0, high)
    return where(infinite, math.inf, high * sqrt(1 + ratio * ratio))


@_row("isfinite")
def isfinite(x: Tensor) -> Tensor:
    """Whether neither NaN nor infinite."""
    return ~(isinf(x) | is_nan(x)) if x.dtype.kind == "f" else x.equals(x)


@_row("isinf")
def isinf(x: Tensor) -> Tensor:
    """Whether infinite."""
    return x.model.call("IsInf", x, to=BOOL) if x.dtype.kind == "f" else ~x.equals(x)


@_row("left_shift")
def left_shift(x: Tensor, y: Tensor) -> Tensor:
    """x times 2 to the power y."""
    return x * x.model.call("Pow", 2, y)


@_row("right_shift")
def right_shift(x: Tensor, y: Tensor) -> Tensor:
    """x by 2 to the power y, rounded down."""
    return floor_divide(x, x.model.call("Pow", 2, y))


@_row("logaddexp2")
def logaddexp2(x: Tensor, y: Tensor) -> Tensor:
    """log2(2^x + 2^y)."""
    gap = where(x.equals(y), 0.0, x - y)
    rest = log1p(exp(-absolute(gap) * math.log(2))) / math.log(2)
    return x.model.call("Max", x, y) + rest


@_row("reciprocal")
def reciprocal(x: Tensor) -> Tensor:
    """1 / x; of an integer 0 it is 0."""
    if x.dtype.kind == "f":
        return call("Reciprocal", x)
    zero = x.equals(0)
    return where(zero, 0, 1 / where(zero, 1, x))


@_row("signbit")
def signbit(x: Tensor) -> Tensor:
    """Whether the sign is minus, of -0 too."""
    return is_negative(x) if x.dtype.kind == "f" else x < 0


@_row("trunc")
def trunc(x: Tensor) -> Tensor:
    """Rounded towards 0."""
    if x.dtype.kind != "f":
        return x
    return with_sign(call("Floor", absolute(x)), x)
