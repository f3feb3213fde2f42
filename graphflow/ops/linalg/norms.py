"""Norms of vectors and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import shapes
from ...errors import ShapeError
from ...graph import Node, Operation
from ...registry import RegisterGradient
from ...shapes import Axis
from ..array import as_node, expand_dims, ravel, transpose
from ..elementwise import absolute, cast, divide, equal, not_equal, power, sign, where
from ..reduction import max, min, norm2, sum
from .solving import inv
from .spectral import svdvals

__all__ = ["NormP", "cond", "matrix_norm", "norm", "vector_norm"]


class NormP(Operation):
    """sum(|x| ** p) ** (1 / p), for p other than 0 and infinity."""

    attributes = ("p", "axis", "keepdims")

    p: float
    axis: Axis
    keepdims: bool

    def compute(self, xp: Any, x: Any) -> Any:
        size = xp.absolute(x)
        largest = xp.max(size, axis=self.axis, keepdims=True, initial=0)
        usable = xp.logical_and(xp.isfinite(largest), xp.greater(largest, 0))
        scale = xp.where(usable, largest, 1)  # so that no power overflows
        total = xp.sum(xp.power(size / scale, self.p), axis=self.axis, keepdims=True)
        result = xp.power(total, 1 / self.p) * scale
        return result if self.keepdims else xp.sum(result, axis=self.axis)


@RegisterGradient("NormP")
def _norm_p_grad(op: NormP, grad: Node) -> Node:
    (x,) = op.inputs
    keep = op.keepdims or op.axis is None
    whole, each = (n if keep else expand_dims(n, op.axis) for n in (op, grad))
    is_zero = equal(whole, 0)
    share = where(is_zero, 0, absolute(x) / where(is_zero, 1, whole))
    return each * (sign(x) * power(share, op.p - 1))


def norm(
    x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Node:
    """The norm of vectors (`axis` an int) or matrices (`axis` a pair), as `np.linalg.norm`.

    With `ord` None it is the 2-norm of all entries along `axis`, or of the whole array. Without
    `axis`, an `ord` is that of a vector or matrix x. Of vectors: any number, inf, -inf; 0 counts
    what is not 0. Of matrices: "fro", "nuc", 1, -1, 2, -2, inf, -inf. The gradient at 0 is 0.

    Raises ShapeError for an unknown `ord` or rank.
    """
    node = as_node(x)
    along = shapes.as_axis(axis)
    if along is None and ord is not None:
        if node.shape is None or len(node.shape) not in (1, 2):
            raise ShapeError(f"norm: ord= without axis= is for vectors and matrices: {x!r}")
        along = 0 if len(node.shape) == 1 else (0, 1)
    if ord is None:
        return norm2(node, along, keepdims, name=name)
    if isinstance(along, tuple) and len(along) == 2:
        return _matrix_norm(node, ord, along, keepdims, name)
    if isinstance(along, tuple) and len(along) != 1:
        raise ShapeError(f"norm: one axis or two, not {axis!r}")
    return _vector_norm(node, ord, along, keepdims, name)


def _vector_norm(x: Node, ord: Any, axis: Axis, keepdims: bool, name: str | None) -> Node:
    if x.dtype.kind == "c":
        x = absolute(x)
    elif x.dtype.kind != "f":
        x = cast(x, np.float64)
    if isinstance(ord, str):
        raise ShapeError(f"norm: no norm {ord!r} of vectors", "give a number, inf or -inf")
    if ord == 2:
        return norm2(x, axis, keepdims, name=name)
    if ord == 0:
        return sum(cast(not_equal(x, 0), x.dtype), axis, keepdims, name=name)
    size = absolute(x)
    if ord == 1:
        return sum(size, axis, keepdims, name=name)
    if abs(ord) == np.inf:
        return (max if ord > 0 else min)(size, axis, keepdims, name=name)
    return NormP(x, p=float(ord), axis=axis, keepdims=bool(keepdims), name=name)


def _matrix_norm(
    x: Node, ord: Any, axes: tuple[int, ...], keepdims: bool, name: str | None
) -> Node:
    if ord in ("fro", "f"):
        return norm2(x, axes, keepdims, name=name)
    if x.shape is None:
        raise ShapeError(f"norm: the rank must be known: {x.describe()}")
    rank = len(x.shape)
    rows, columns = (shapes.normalize_axis(a, rank) for a in axes)
    if rows == columns:
        raise ShapeError(f"norm: two different axes, not {axes}")
    if x.dtype.kind not in "fc":
        x = cast(x, np.float64)
    batch = [a for a in range(rank) if a not in (rows, columns)]
    y = transpose(x, (*batch, rows, columns))
    if ord in (1, -1, np.inf, -np.inf):
        sums = sum(absolute(y), axis=-2 if abs(ord) == 1 else -1)
        result = (max if ord > 0 else min)(sums, axis=-1)
    elif ord == "nuc":
        result = sum(svdvals(y), axis=-1)
    elif ord in (2, -2):
        result = (max if ord > 0 else min)(svdvals(y), axis=-1)
    else:
        raise ShapeError(f"norm: no norm {ord!r} of matrices", "fro, nuc, 1, -1, 2, -2, inf, -inf")
    return expand_dims(result, tuple(sorted((rows, columns)))) if keepdims else result


def vector_norm(
    x: Any, axis: Any = None, keepdims: bool = False, ord: float = 2, name: str | None = None
) -> Node:
    """The norm of order `ord` (a number, inf or -inf) along `axis`, or of all entries."""
    node = as_node(x)
    along = shapes.as_axis(axis)
    if along is None and not keepdims and ord != 2:
        return _vector_norm(ravel(node), ord, 0, False, name)
    return _vector_norm(node, ord, along, keepdims, name)


def matrix_norm(x: Any, keepdims: bool = False, ord: Any = "fro", name: str | None = None) -> Node:
    """The norm of the matrices in the last two axes; the orders are those of `norm`."""
    return _matrix_norm(as_node(x), ord, (-2, -1), keepdims, name)


def cond(x: Any, p: Any = None, name: str | None = None) -> Node:
    """The condition number of matrices: norm(x) * norm(inv(x)), by the 2-norm with p None."""
    node = as_node(x)
    if p is None or p == 2:
        s = svdvals(node)
        return divide(s[..., 0], s[..., -1], name=name)
    if p == -2:
        s = svdvals(node)
        return divide(s[..., -1], s[..., 0], name=name)
    return matrix_norm(node, ord=p) * matrix_norm(inv(node), ord=p)
