"""Calls of NumPy as its users write them: each is tried with arrays and with nodes.

A line is an expression over the names of `VALUES`. Upper case are floats, which become nodes; lower
case stays an array. What is behind `#` says what is not as usual: "cut" that there is no gradient
because the function is piecewise constant or of integers, "order 1" that it is checked to first
order only, "bare" that the value alone is compared.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy_calls_arrays import ARRAY_CALLS

_RNG = np.random.default_rng(11)


def _distinct(*shape: int) -> np.ndarray:
    """Floats between -2 and 2, well apart from each other and from 0."""
    count = int(np.prod(shape))
    return _RNG.permutation(np.linspace(-2.03, 1.94, count) + 0.0137).reshape(shape)


def _with_nan(values: np.ndarray) -> np.ndarray:
    holed = values.copy()
    holed[0, 1] = holed[-1, 0] = np.nan
    return holed


VALUES = {
    "X": _distinct(3, 4),
    "Y": _distinct(3, 4) + 0.31,
    "V": _distinct(5),
    "W": _distinct(5) + 0.23,
    "Z": _distinct(3),
    "U": _distinct(3) + 0.17,
    "S": np.float64(0.7),
    "A": _distinct(3, 3) + 3 * np.eye(3),
    "B": _distinct(3, 3) + 2 * np.eye(3),
    "T": _distinct(4, 2),
    "C": _distinct(2, 3, 4),
    "D": _distinct(2, 3, 3) + 3 * np.eye(3),
    "P": np.abs(_distinct(3, 4)) + 0.2,
    "Q": np.sort(np.abs(_distinct(5)) * 3 + np.arange(5)),
    "F": _distinct(3, 4) / 2.3,
    "N": _with_nan(_distinct(3, 4)),
    "i": np.array([2, 0, 2]),
    "k": np.array([[0, 2, 1, 0], [1, 1, 0, 2], [2, 0, 0, 1]]),
    "n": np.array([3, 1, 4, 1, 5]),
    "m": np.array([2, 1, 1, 3, 2]),
    "b": np.array([[1, 0, 1, 1], [0, 1, 0, 1], [1, 1, 1, 0]], bool),
    "c": np.array([True, False, True]),
}  # fmt: skip

CALLS = """
np.add(X, Z[:, None])
np.subtract(2.0, X)
np.multiply(X, Y)
np.divide(X, P)
np.true_divide(X, P)
np.floor_divide(X, P)  # cut
np.remainder(X, P)
np.mod(X, P)
np.fmod(X, P)
np.divmod(X, P)[1]
np.modf(X)[0]
np.power(P, Y)
np.pow(P, 3)
np.float_power(P, Y)
np.negative(X)
np.positive(X)
np.absolute(X)
np.abs(X)
np.fabs(X)
np.sign(X)  # cut
np.signbit(X)  # cut
np.copysign(X, Y)
np.square(X)
np.sqrt(P)
np.cbrt(X)
np.reciprocal(P)
np.floor(X)  # cut
np.ceil(X)  # cut
np.trunc(X)  # cut
np.rint(X)  # cut
np.round(X, 1)  # cut
np.exp(X)
np.exp2(X)
np.expm1(X)
np.log(P)
np.log2(P)
np.log10(P)
np.log1p(P)
np.logaddexp(X, Y)
np.logaddexp2(X, Y)
np.ldexp(X, k)
np.sin(X)
np.cos(X)
np.tan(F)
np.arcsin(F)
np.arccos(F)
np.arctan(X)
np.arctan2(X, Y)
np.asin(F)
np.acos(F)
np.atan(X)
np.atan2(X, Y)
np.sinh(X)
np.cosh(X)
np.tanh(X)
np.arcsinh(X)
np.arccosh(P + 1)
np.arctanh(F)
np.asinh(X)
np.acosh(P + 1)
np.atanh(F)
np.hypot(X, Y)
np.deg2rad(X)
np.rad2deg(X)
np.degrees(X)
np.radians(X)
np.sinc(X)
np.i0(X)
np.maximum(X, Y)
np.minimum(X, Y)
np.fmax(N, X)
np.fmin(N, X)
np.clip(X, -1.01, 0.77)
np.heaviside(X, 0.5)  # cut
np.nan_to_num(N)
np.where(b, X, Y)
np.select([X > 0.5, X > -0.5], [X ** 2, Y], 3.0)
np.equal(X, Y)  # cut
np.not_equal(X, Y)  # cut
np.less(X, Y)  # cut
np.less_equal(X, Y)  # cut
np.greater(X, Y)  # cut
np.greater_equal(X, Y)  # cut
np.isclose(X, X + 1e-9)  # cut
np.allclose(X, X + 1e-9)  # cut
np.array_equal(X, X)  # cut
np.isfinite(N)  # cut
np.isinf(N)  # cut
np.isnan(N)  # cut
np.isposinf(N)  # cut
np.isneginf(N)  # cut
np.logical_and(X > 0, b)  # cut
np.logical_or(X > 0, b)  # cut
np.logical_xor(X > 0, b)  # cut
np.logical_not(X > 0)  # cut
np.sum(X)
np.sum(X, axis=0, keepdims=True)
np.prod(X, axis=1)
np.mean(X, axis=(0, 1))
np.std(X, ddof=1)
np.std(X, axis=0)
np.var(X, axis=0, ddof=1)
np.var(X[:1], axis=0, ddof=2)  # bare
np.std(X[:0], axis=0, ddof=1)  # bare
np.cumulative_sum(X[:0], axis=0, include_initial=True)  # bare
np.linalg.qr(X[:, :0])[1]  # bare
np.max(X, axis=1)
np.min(X)
np.amax(X)
np.amin(X, axis=0)
np.ptp(X, axis=1)
np.all(X > 0)  # cut
np.any(X > 0, axis=0)  # cut
np.argmax(X, axis=1)  # cut
np.argmin(X)  # cut
np.count_nonzero(X)  # cut
np.count_nonzero(X > 0, axis=1)  # cut
np.average(X, axis=1, weights=P[0])
np.average(X, weights=P)
np.cumsum(X, axis=1)
np.cumsum(X)
np.cumprod(X, axis=0)
np.cumulative_sum(X, axis=1)
np.cumulative_prod(X, axis=1)
np.cumulative_sum(X, axis=0, include_initial=True)
np.diff(X, n=2)
np.ediff1d(V)
np.median(X)
np.median(X, axis=0)
np.median(V, keepdims=True)
np.quantile(X, 0.3, axis=1)
np.quantile(X, [0.25, 0.9], axis=0, keepdims=True)
np.quantile(C, [[0.1, 0.5], [0.6, 1.0]], axis=(0, 2))
np.quantile(V, 0.4, method="lower")
np.quantile(V, 0.4, method="higher")
np.quantile(V, 0.4, method="nearest")
np.quantile(V, 0.4, method="midpoint")
np.quantile(N, 0.5, axis=0)  # bare
np.percentile(X, 35)
np.nansum(N, axis=0)
np.nanprod(N, axis=1)
np.nanmean(N, axis=0)
np.nanvar(N, axis=1)
np.nanstd(N, axis=1, ddof=1)
np.nanmax(N, axis=0)
np.nanmin(N)
np.nanargmax(N, axis=1)  # cut
np.nanargmin(N)  # cut
np.nancumsum(N, axis=1)
np.nancumprod(N, axis=1)
np.nanmedian(N, axis=0)
np.nanquantile(N, 0.3, axis=1)
np.nanquantile(N, [0.3, 0.8], axis=1, keepdims=True)
np.nanpercentile(N, [20.0, 50.0])
np.cov(X)
np.cov(X, rowvar=False, ddof=0)
np.cov(V, W)
np.corrcoef(X)[0, 1:]
"""


class Call(NamedTuple):
    """A line of the table."""

    text: str
    remark: str

    @property
    def function(self) -> str:
        """The NumPy function that is called first, as `linalg.inv`; empty for a method."""
        found = re.match(r"np\.([\w.]+)\(", self.text)
        return found.group(1) if found else ""

    @property
    def names(self) -> list[str]:
        """The floats in it, in order."""
        used = re.findall(r"(?<![\w.\"])([A-Z])(?![\w])", self.text)
        return [name for name in dict.fromkeys(used) if name in VALUES]

    def evaluated(self, **values: object) -> object:
        """The value of the expression with some values replaced."""
        return eval(self.text, {"np": np}, VALUES | values)


def calls() -> Iterator[Call]:
    """The table."""
    for line in [*CALLS.strip().splitlines(), *ARRAY_CALLS.strip().splitlines()]:
        text, _, remark = line.partition("  # ")
        yield Call(text, remark)
