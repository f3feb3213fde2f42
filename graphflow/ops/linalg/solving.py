"""Inverses, determinants, and the solution of linear equations."""

from __future__ import annotations

import operator
from math import prod
from typing import Any, NamedTuple

import numpy as np

from ...errors import ShapeError
from ...graph import Node, Operation
from ...registry import NotDifferentiable, RegisterGradient
from ..array import (
    as_node,
    as_nodes,
    concatenate,
    expand_dims,
    matrix_transpose,
    reshape,
    squeeze,
    sum_to,
    zeros_like,
)
from ..compose.known import sizes_of
from ..elementwise import absolute, add, conjugate, imag, square
from ..reduction import sum

__all__ = [
    "Cofactors", "Det", "DetPhase", "DetSign", "Expm", "Inv", "LogAbsDet", "Pinv", "Solve", "Tril",
    "Triu", "det", "expm", "inv", "lstsq", "matrix_power", "pinv", "slogdet", "solve",
    "solve_triangular", "tensorinv", "tensorsolve", "tril", "triu",
]  # fmt: skip


def rank_of(caller: str, x: Node) -> int:
    """The rank of what must be a matrix or a batch of them."""
    if x.shape is None or len(x.shape) < 2:
        raise ShapeError(f"{caller}: not a matrix, nor a batch of them: {x.describe()}")
    return len(x.shape)


class Inv(Operation):
    def compute(self, xp: Any, a: Any) -> Any:
        return xp.inv(a)


@RegisterGradient("Inv")
def _inv_grad(op: Node, grad: Node) -> Node:
    turned = matrix_transpose(op)
    return -(turned @ grad @ turned)


def inv(a: Any, name: str | None = None) -> Node:
    """The inverses of square matrices. A run raises NumericError for a singular one."""
    return Inv(a, name=name)


class Solve(Operation):
    def compute(self, xp: Any, a: Any, b: Any) -> Any:
        return xp.solve(a, b)


@RegisterGradient("Solve")
def _solve_grad(op: Node, grad: Node) -> list[Node | None]:
    a, b = op.inputs
    by_b = Solve(matrix_transpose(a), grad)
    return [sum_to(-(by_b @ matrix_transpose(op)), a), sum_to(by_b, b)]


def solve(a: Any, b: Any, name: str | None = None) -> Node:
    """The x with a @ x = b, for square a: b is a vector if it has one axis, else matrices.

    Batch axes broadcast. A run raises NumericError for a singular a. Raises ShapeError where
    sizes do not fit or the rank of b is not known.
    """
    right = as_node(b, [a])
    if right.shape is None:
        raise ShapeError(f"solve: the rank must be known: {right.describe()}")
    if len(right.shape) == 1:
        return squeeze(Solve(a, expand_dims(right, -1)), -1, name=name)
    return Solve(a, right, name=name)


class Det(Operation):
    def compute(self, xp: Any, a: Any) -> Any:
        return xp.det(a)


@RegisterGradient("Det")
def _det_grad(op: Node, grad: Node) -> Node:
    (a,) = op.inputs
    wide = expand_dims(grad, (-2, -1))
    if a.dtype.kind == "c":
        return wide * (expand_dims(op, (-2, -1)) * matrix_transpose(inv(a)))
    return wide * Cofactors(a)


def det(a: Any, name: str | None = None) -> Node:
    """The determinants of square matrices. The gradient, the cofactors, is right for singular
    real ones too; the second derivative, and that by complex ones, needs an inverse.
    """
    return Det(a, name=name)


class Cofactors(Operation):
    """The derivatives of the determinant by each entry."""

    def compute(self, xp: Any, a: Any) -> Any:
        return xp.cofactors(a)


@RegisterGradient("Cofactors")
def _cofactors_grad(op: Node, grad: Node) -> Node:
    """With B the inverse, transposed: C = det * B, and dB = -B dA' B."""
    (a,) = op.inputs
    B = matrix_transpose(inv(a))
    along = expand_dims(sum(grad * B, axis=(-2, -1)), (-2, -1)) * B
    return expand_dims(det(a), (-2, -1)) * (along - B @ matrix_transpose(grad) @ B)


class DetSign(Operation):
    def compute(self, xp: Any, a: Any) -> Any:
        return xp.sign_of_det(a)


NotDifferentiable("DetSign")


class DetPhase(Operation):
    """The determinant of complex matrices over its size."""

    def compute(self, xp: Any, a: Any) -> Any:
        return xp.sign_of_det(a)


@RegisterGradient("DetPhase")
def _det_phase_grad(op: Node, grad: Node) -> Node:
    """d phase = i phase Im(trace(inv(a) da))."""
    (a,) = op.inputs
    turning = imag(grad * op) * 1j
    return expand_dims(turning, (-2, -1)) * matrix_transpose(inv(a))


class LogAbsDet(Operation):
    def compute(self, xp: Any, a: Any) -> Any:
        return xp.log_abs_det(a)


@RegisterGradient("LogAbsDet")
def _log_abs_det_grad(op: Node, grad: Node) -> Node:
    (a,) = op.inputs
    return expand_dims(grad, (-2, -1)) * matrix_transpose(inv(a))


class SlogdetResult(NamedTuple):
    """Sign and log of the absolute value of determinants."""

    sign: Node
    logabsdet: Node


def slogdet(a: Any) -> SlogdetResult:
    """The sign of the determinants, and the log of their absolute values.

    The sign has no gradient; of complex matrices it is a phase, which has one.
    """
    x = as_node(a)
    sign = DetPhase(x) if x.dtype.kind == "c" else DetSign(x)
    return SlogdetResult(sign, LogAbsDet(x))


class Pinv(Operation):
    attributes = ("rcond",)

    rcond: float

    def compute(self, xp: Any, a: Any) -> Any:
        return xp.pinv(a, self.rcond)


@RegisterGradient("Pinv")
def _pinv_grad(op: Node, grad: Node) -> Node:
    """G. Golub, V. Pereyra (1973): the derivative where the rank does not change."""
    (a,) = op.inputs
    P, G = op, matrix_transpose(grad)
    turned = matrix_transpose(P)
    left = G - a @ (P @ G)
    right = G - (G @ P) @ a
    whole = left @ (P @ adjoint(P)) + (adjoint(P) @ P) @ right
    return conjugated(whole) - turned @ grad @ turned


def pinv(a: Any, rcond: float | None = None, name: str | None = None) -> Node:
    """The pseudo-inverses of matrices; singular values below rcond times the largest count as 0.

    `rcond` is 1e-15 by default, as in NumPy. The gradient is that at constant rank.
    """
    return Pinv(a, rcond=1e-15 if rcond is None else float(rcond), name=name)


class LstsqResult(NamedTuple):
    """The solution, and the sums of squared residuals."""

    x: Node
    residuals: Node


def lstsq(a: Any, b: Any, rcond: float | None = None) -> LstsqResult:
    """The x of least norm that minimises the sum of squares of b - a @ x, and those sums.

    b is a vector or a matrix. Unlike NumPy's, `residuals` has the sums whatever the rank is; rank
    and singular values come from `matrix_rank` and `svdvals`.
    """
    left, right = as_nodes(a, b)
    rank_of("lstsq", left)
    cut = np.finfo(left.dtype).eps if rcond is None and left.dtype.kind in "fc" else rcond
    x = pinv(left, cut) @ right
    rest = right - left @ x
    rest = square(absolute(rest) if rest.dtype.kind == "c" else rest)
    vector = right.shape is not None and len(right.shape) == 1
    return LstsqResult(x, sum(rest, axis=-1 if vector else -2))


def matrix_power(a: Any, n: int, name: str | None = None) -> Node:
    """The matrix product of n matrices a; for n = 0 the identity, for n < 0 powers of the inverse.

    Raises ShapeError unless the matrices are square.
    """
    x = as_node(a)
    rank_of("matrix_power", x)
    count = operator.index(n)
    factor = inv(x) if count < 0 else x
    if count == 0:
        return add(zeros_like(x), _identity_like(x), name=name)
    result: Node | None = None
    count = abs(count)
    while count:
        if count & 1:
            result = factor if result is None else result @ factor
        count >>= 1
        if count:
            factor = factor @ factor
    assert result is not None
    return result


def _identity_like(x: Node) -> np.ndarray[Any, Any]:
    size = x.shape[-1] if x.shape is not None else None
    if not isinstance(size, int):
        raise ShapeError(f"matrix_power: the size must be known for n = 0: {x.describe()}")
    return np.eye(size, dtype=x.dtype)


class Tril(Operation):
    attributes = ("k",)

    k: int

    def compute(self, xp: Any, m: Any) -> Any:
        return xp.tril(m, self.k)


@RegisterGradient("Tril")
def _tril_grad(op: Tril, grad: Node) -> Node:
    return tril(grad, op.k)


def tril(m: Any, k: int = 0, name: str | None = None) -> Node:
    """Matrices with 0 above the k-th diagonal."""
    return Tril(m, k=operator.index(k), name=name)


def by_lower(x: Node) -> Node:
    """A gradient by a Hermitian matrix as one by the lower triangle, which alone is read.

    What a step of an entry below the diagonal does, it does for that above as well.
    """
    both = 0.5 * (x + adjoint(x))
    return tril(both) + tril(both, -1)


def adjoint(x: Node) -> Node:
    """The transposed matrices, conjugated."""
    return conjugated(matrix_transpose(x))


def conjugated(x: Node) -> Node:
    """The conjugate of complex numbers, real ones as they are."""
    return conjugate(x) if x.dtype.kind == "c" else x


class Triu(Operation):
    attributes = ("k",)

    k: int

    def compute(self, xp: Any, m: Any) -> Any:
        return xp.triu(m, self.k)


@RegisterGradient("Triu")
def _triu_grad(op: Triu, grad: Node) -> Node:
    return triu(grad, op.k)


def triu(m: Any, k: int = 0, name: str | None = None) -> Node:
    """Matrices with 0 below the k-th diagonal."""
    return Triu(m, k=operator.index(k), name=name)


def solve_triangular(
    a: Any,
    b: Any,
    trans: int | str = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    name: str | None = None,
) -> Node:
    """The x with t @ x = b, where t is the upper (or lower) triangle of a.

    `trans` 1 or "T" solves with the transposed t; `unit_diagonal` takes ones for its diagonal. The
    other triangle of a is not looked at and gets no gradient.
    """
    x = as_node(a)
    rank_of("solve_triangular", x)
    if trans not in (0, 1, "N", "T"):
        raise ShapeError(f"solve_triangular: trans is 0, 1, 'N' or 'T', not {trans!r}")
    off = int(bool(unit_diagonal))
    t = tril(x, -off) if lower else triu(x, off)
    if unit_diagonal:
        t = t + _identity_like(x)
    return solve(matrix_transpose(t) if trans in (1, "T") else t, b, name=name)


class Expm(Operation):
    def compute(self, xp: Any, a: Any) -> Any:
        return xp.expm(a)


@RegisterGradient("Expm")
def _expm_grad(op: Node, grad: Node) -> Node:
    """exp([[A', G], [0, A']]) has the gradient in its corner (C. Van Loan, 1978)."""
    (a,) = op.inputs
    turned = matrix_transpose(a)
    size = a.shape[-1] if a.shape is not None else None
    if not isinstance(size, int):
        raise ShapeError(f"gradients: the size must be known for the gradient of {op.describe()}")
    if size == 1:  # SciPy loses numbers far from 0 in the larger matrix
        return grad * op
    top = concatenate([turned, grad], -1)
    bottom = concatenate([zeros_like(turned), turned], -1)
    whole = Expm(concatenate([top, bottom], -2))
    return whole[..., :size, size:]


def expm(A: Any, name: str | None = None) -> Node:
    """The exponentials of square matrices, by SciPy: sum of A^n / n!"""
    return Expm(A, name=name)


def tensorinv(a: Any, ind: int = 2, name: str | None = None) -> Node:
    """The inverse of an array as a matrix: its first `ind` axes as rows, the others as columns."""
    x = as_node(a)
    sizes = sizes_of("tensorinv", x)
    lead, rest = sizes[:ind], sizes[ind:]
    flat = reshape(x, (prod(lead), prod(rest)))
    return reshape(inv(flat), (*rest, *lead), name=name)


def tensorsolve(a: Any, b: Any, name: str | None = None) -> Node:
    """The x with tensordot(a, x, x.ndim) = b; all sizes must be known."""
    x, right = as_nodes(a, b)
    rank = len(sizes_of("tensorsolve", right))
    rest = sizes_of("tensorsolve", x)[rank:]
    flat = reshape(x, (-1, prod(rest)))
    return reshape(solve(flat, reshape(right, (-1,))), rest, name=name)
