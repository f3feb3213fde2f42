"""Statistics: averages, quantiles, covariances, and reductions that leave NaN out."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import shapes
from ...errors import DTypeError, ShapeError
from ...graph import Node
from ...shapes import Axis
from ..array import as_node, as_nodes, expand_dims, matrix_transpose, ones_like
from ..array import count as count_of
from ..elementwise import (
    cast,
    divide,
    floor,
    isnan,
    maximum,
    minimum,
    not_equal,
    sqrt,
    square,
    subtract,
    where,
)
from ..indexing import take_along_axis
from ..linalg.product import matmul
from ..reduction import argmax, argmin, max, mean, min, sum
from ..scan import cumprod, cumsum, prod
from ..sorting import sort
from .arranging import diagonal, moveaxis
from .joining import atleast_2d, vstack
from .known import lined_up, rank_of, size_of

__all__ = [
    "average", "corrcoef", "count_nonzero", "cov", "median", "nanargmax", "nanargmin", "nancumprod",
    "nancumsum", "nanmax", "nanmean", "nanmedian", "nanmin", "nanpercentile", "nanprod",
    "nanquantile", "nanstd", "nansum", "nanvar", "percentile", "ptp", "quantile",
]  # fmt: skip

_METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def count_nonzero(
    a: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Node:
    """How many entries over `axis` are not 0. No gradient."""
    return sum(cast(not_equal(a, 0), np.int64), axis, keepdims, name=name)


def ptp(a: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Node:
    """The largest minus the smallest entry over `axis`."""
    x = as_node(a)
    return subtract(max(x, axis, keepdims), min(x, axis, keepdims), name=name)


def average(
    a: Any, axis: Any = None, weights: Any = None, keepdims: bool = False, name: str | None = None
) -> Node:
    """The weighted mean over `axis`; differentiable by the weights too.

    Weights have the shape of a, or of its one `axis`. Raises ShapeError otherwise.
    """
    x = as_node(a)
    if weights is None:
        return mean(x, axis, keepdims, name=name)
    w = as_node(weights, [x])
    if rank_of("average", w) != rank_of("average", x):
        if not isinstance(axis, int) or rank_of("average", w) != 1:
            raise ShapeError(f"average: weights for one axis, or of a's shape: {w.describe()}")
        rank = rank_of("average", x)
        place = shapes.normalize_axis(axis, rank)
        w = expand_dims(w, tuple([i for i in range(rank) if i != place]))
    total = sum(w * ones_like(x), axis, keepdims)
    return divide(sum(x * w, axis, keepdims), total, name=name)


def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    name: str | None = None,
) -> Node:
    """The covariance matrix of variables in rows (or columns), over their observations."""
    if y is not None:
        m, y = as_nodes(m, y)
    x = atleast_2d(m)
    if not rowvar and rank_of("cov", as_node(m)) != 1:
        x = matrix_transpose(x)
    if y is not None:
        other = atleast_2d(y)
        turned = not rowvar and rank_of("cov", as_node(y)) != 1
        x = vstack([x, matrix_transpose(other) if turned else other])
    apart = x - mean(x, axis=1, keepdims=True)
    less = (0 if bias else 1) if ddof is None else ddof
    whole = matmul(apart, matrix_transpose(apart)) / maximum(count_of(x, 1) - less, 0)
    return whole[0, 0] if whole.shape == (1, 1) else whole


def corrcoef(x: Any, y: Any = None, rowvar: bool = True, name: str | None = None) -> Node:
    """The correlation coefficients of variables in rows (or columns)."""
    c = cov(x, y, rowvar)
    if rank_of("corrcoef", c) == 0:
        return divide(c, c, name=name)
    deviation = sqrt(diagonal(c))
    return divide(c / expand_dims(deviation, 1), deviation, name=name)


# ---- quantiles --------------------------------------------------------------------------------


def quantile(
    a: Any,
    q: Any,
    axis: Any = None,
    method: str = "linear",
    keepdims: bool = False,
    name: str | None = None,
) -> Node:
    """The values below which a share q of the entries over `axis` lies; NaN if one is NaN.

    `q` is a number in [0, 1] or an array of such, whose shape comes first in the result. `method`
    is "linear", "lower", "higher", "midpoint" or "nearest". Sizes along `axis` must be known. The
    gradient goes to the entries that are looked at; of equal ones, to those that stand first.
    Raises ShapeError for a q outside or an unknown method.
    """
    shares = _shares("quantile", q)
    if method not in _METHODS:
        raise ShapeError(f"quantile: the method is one of {_METHODS}, not {method!r}")
    x = _ordered("quantile", a)
    line, axes = lined_up("quantile", x, shapes.as_axis(axis))
    count = size_of("quantile", line, -1 % rank_of("quantile", line))
    if not count:
        raise ShapeError(f"quantile: of nothing: {x.describe()}")
    ordered = sort(line)
    position = shares * (count - 1)
    low, high = np.floor(position).astype(int), np.ceil(position).astype(int)
    share = (position - low).astype(ordered.dtype)
    if method == "lower":
        share = 0 * share
    elif method == "higher":
        share = np.ceil(share)
    elif method == "midpoint":
        share = 0.5 * np.ceil(share)
    elif method == "nearest":
        share = np.rint(position) - low
    below, above = ordered[..., low], ordered[..., high]
    found = below + (above - below) * share.astype(ordered.dtype)
    found = where(share == 0, below, where(share == 1, above, found))
    last = ordered[..., -1]
    is_nan = isnan(expand_dims(last, tuple(range(-shares.ndim, 0))) if shares.ndim else last)
    return _placed(where(is_nan, np.nan, found), shares.ndim, axes, keepdims, name)


def _ordered(caller: str, a: Any) -> Node:
    """What can be put in order, as floats."""
    x = as_node(a)
    if x.dtype.kind == "c":
        raise DTypeError(f"{caller}: complex numbers have no order: {x.describe()}")
    return x if x.dtype.kind == "f" else cast(x, np.float64)


def _shares(caller: str, q: Any) -> np.ndarray[Any, Any]:
    if isinstance(q, Node):
        raise DTypeError(f"{caller}: q is a number, not a node: {q.describe()}")
    shares = np.asarray(q, np.float64)
    if not np.all((shares >= 0) & (shares <= 1)):
        raise ShapeError(f"{caller}: shares are between 0 and 1, not {q!r}")
    return shares


def _placed(found: Node, rank: int, axes: tuple[int, ...], keepdims: bool, name: Any) -> Node:
    """The axes of q, which are the last ones, first; and those that were reduced, if wanted."""
    if rank:
        own = range(-rank, 0)
        found = moveaxis(found, tuple(own), tuple(range(rank)))
    if keepdims:
        found = expand_dims(found, tuple([rank + axis for axis in axes])) if axes else found
    return where(True, found, found, name=name) if name else found


def percentile(
    a: Any,
    q: Any,
    axis: Any = None,
    method: str = "linear",
    keepdims: bool = False,
    name: str | None = None,
) -> Node:
    """`quantile` with q in percent, from 0 to 100."""
    return quantile(a, np.true_divide(q, 100), axis, method, keepdims, name=name)


def median(a: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Node:
    """The middle entry over `axis`, or the mean of the two in the middle; NaN if one is NaN."""
    return quantile(a, 0.5, axis, "midpoint", keepdims, name=name)


# ---- reductions that leave NaN out ------------------------------------------------------------


def _filled(x: Node, value: float) -> Node:
    return where(isnan(x), value, x) if x.dtype.kind == "f" else x


def nansum(a: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Node:
    """The sum over `axis` of what is a number."""
    return sum(_filled(as_node(a), 0), axis, keepdims, name=name)


def nanprod(a: Any, axis: Axis = None, keepdims: bool = False, name: str | None = None) -> Node:
    """The product over `axis` of what is a number."""
    return prod(_filled(as_node(a), 1), axis, keepdims, name=name)


def nancumsum(a: Any, axis: int | None = None, name: str | None = None) -> Node:
    """The running sums along `axis`, NaN counting as 0."""
    return cumsum(_filled(as_node(a), 0), axis, name=name)


def nancumprod(a: Any, axis: int | None = None, name: str | None = None) -> Node:
    """The running products along `axis`, NaN counting as 1."""
    return cumprod(_filled(as_node(a), 1), axis, name=name)


def _numbers(x: Node, axis: Any, keepdims: bool) -> Node:
    """How many entries are numbers, in x's dtype."""
    return sum(cast(~isnan(x), x.dtype), axis, keepdims)


def nanmax(a: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Node:
    """The largest entry over `axis` that is a number; NaN where there is none."""
    x = as_node(a)
    found = max(_filled(x, -np.inf), axis, keepdims)
    return where(_numbers(x, axis, keepdims) == 0, np.nan, found, name=name)


def nanmin(a: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Node:
    """The smallest entry over `axis` that is a number; NaN where there is none."""
    x = as_node(a)
    found = min(_filled(x, np.inf), axis, keepdims)
    return where(_numbers(x, axis, keepdims) == 0, np.nan, found, name=name)


def nanargmax(a: Any, axis: int | None = None, name: str | None = None) -> Node:
    """The index of the first largest number along `axis`. No gradient."""
    return argmax(_filled(as_node(a), -np.inf), axis, name=name)


def nanargmin(a: Any, axis: int | None = None, name: str | None = None) -> Node:
    """The index of the first smallest number along `axis`. No gradient."""
    return argmin(_filled(as_node(a), np.inf), axis, name=name)


def nanmean(a: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Node:
    """The mean over `axis` of what is a number; NaN where there is none."""
    x = as_node(a)
    return divide(nansum(x, axis, keepdims), _numbers(x, axis, keepdims), name=name)


def nanvar(
    a: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False, name: str | None = None
) -> Node:
    """The variance over `axis` of what is a number; NaN where there are not more than ddof."""
    x = as_node(a)
    apart = where(isnan(x), 0, x - nanmean(x, axis, keepdims=True))
    left = _numbers(x, axis, keepdims) - ddof
    total = sum(square(apart), axis, keepdims)
    return where(left > 0, divide(total, where(left > 0, left, 1)), np.nan, name=name)


def nanstd(
    a: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False, name: str | None = None
) -> Node:
    """The square root of `nanvar`. The gradient where all entries are equal is 0."""
    variance = nanvar(a, axis, ddof, keepdims)
    positive = variance > 0
    return where(positive, sqrt(where(positive, variance, 1)), 0 * variance, name=name)


def nanquantile(
    a: Any, q: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Node:
    """`quantile`, by the method "linear", of what is a number; NaN where there is none."""
    shares = _shares("nanquantile", q)
    x = _ordered("nanquantile", a)
    line, axes = lined_up("nanquantile", x, shapes.as_axis(axis))
    if line.shape is not None and line.shape[-1] == 0:
        raise ShapeError(f"nanquantile: of nothing: {x.describe()}")
    ordered = sort(line)  # NaN comes last
    last = sum(cast(~isnan(line), np.float64), axis=-1, keepdims=True) - 1
    position = maximum(last, 0) * shares.reshape(-1)
    low = floor(position)
    share = cast(position - low, ordered.dtype)
    below = take_along_axis(ordered, cast(low, np.int64), -1)
    above = take_along_axis(ordered, cast(minimum(low + 1, maximum(last, 0)), np.int64), -1)
    found = where(share == 0, below, below + (above - below) * share)
    lead = rank_of("nanquantile", line) - 1
    if shares.ndim == 0:
        found = found[..., 0]
    elif shares.ndim > 1:
        sizes = [size_of("nanquantile", line, axis) for axis in range(lead)]
        found = found.reshape(*sizes, *shares.shape)
    return _placed(found, shares.ndim, axes, keepdims, name)


def nanpercentile(
    a: Any, q: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Node:
    """`nanquantile` with q in percent, from 0 to 100."""
    return nanquantile(a, np.true_divide(q, 100), axis, keepdims, name=name)


def nanmedian(a: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Node:
    """The median over `axis` of what is a number; NaN where there is none."""
    return nanquantile(a, 0.5, axis, keepdims, name=name)
