"""Cholesky and QR factors."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...errors import ShapeError
from ...graph import Node, Operation
from ...registry import RegisterGradient
from ..array import as_node, concatenate, matrix_transpose
from .solving import adjoint, by_lower, conjugated, rank_of, solve, tril, triu

__all__ = ["Cholesky", "Qr", "cholesky", "qr"]


class Cholesky(Operation):
    def compute(self, xp: Any, a: Any) -> Any:
        return xp.cholesky(a)


@RegisterGradient("Cholesky")
def _cholesky_grad(op: Node, grad: Node) -> Node:
    """I. Murray, "Differentiation of the Cholesky decomposition" (2016)."""
    L = op
    turned = matrix_transpose(L)
    product = turned @ grad
    half = 0.5 * (tril(product) + tril(product, -1))  # half of the diagonal, all below it
    inner = solve(turned, half)  # times the inverse of L, from the right:
    S = matrix_transpose(solve(adjoint(L), matrix_transpose(inner)))
    return by_lower(S)


def cholesky(a: Any, upper: bool = False, name: str | None = None) -> Node:
    """The lower triangular L with L @ L' = a, or its adjoint, for positive definite matrices.

    As NumPy's it reads the lower triangle of a, and its gradient is by that: 0 above the diagonal.
    A run raises NumericError where a is not positive definite.
    """
    return adjoint(Cholesky(a)) if upper else Cholesky(a, name=name)


class Qr(Operation):
    """Q on top of R, of matrices at least as high as wide."""

    def compute(self, xp: Any, a: Any) -> Any:
        return xp.qr(a)


@RegisterGradient("Qr")
def _qr_grad(op: Qr, grad: Node) -> Node:
    """S. Walter, L. Lehmann, R. Lamour, "On evaluating higher-order derivatives of the QR
    decomposition of tall matrices with full column rank in forward and reverse mode" (2012).

    For complex matrices besides: the diagonal of R is real, so that of the Hermitian part is.
    """
    size = op.shape[-1] if op.shape is not None else None
    assert isinstance(size, int)
    Q, R = op[..., :-size, :], op[..., -size:, :]
    by_Q, by_R = conjugated(grad[..., :-size, :]), conjugated(triu(grad[..., -size:, :]))
    M = R @ adjoint(by_R) - adjoint(by_Q) @ Q
    below, diagonal = tril(M, -1), tril(triu(M))
    hermitian = below + adjoint(below) + 0.5 * (diagonal + adjoint(diagonal))
    whole = by_Q + Q @ hermitian
    return conjugated(adjoint(solve(R, adjoint(whole))))


class QRResult(NamedTuple):
    """The factors."""

    Q: Node
    R: Node


def qr(a: Any, mode: str = "reduced") -> Any:
    """Q with orthonormal columns and upper triangular R with Q @ R = a: a pair `(Q, R)`.

    `mode` is "reduced", or "r" for R alone. The number of columns must be known, and for matrices
    wider than high that of rows. The diagonal of R is real. The gradient needs linearly independent
    columns (of the left square part where a is wider than high). Raises ShapeError for other modes.
    """
    x = as_node(a)
    if mode not in ("reduced", "r"):
        raise ShapeError(f"qr: the mode is 'reduced' or 'r', not {mode!r}")
    rank_of("qr", x)
    rows, columns = x.shape[-2:] if x.shape is not None else (None, None)
    if not isinstance(columns, int):
        raise ShapeError(f"qr: the number of columns must be known: {x.describe()}")
    if columns == 0:
        Q, R = x, x[..., :0, :]
    elif isinstance(rows, int) and rows < columns:
        left = Qr(x[..., :rows])
        Q, R = left[..., :rows, :], left[..., rows:, :]
        R = concatenate([R, adjoint(Q) @ x[..., rows:]], -1)
    else:
        both = Qr(x)
        Q, R = both[..., :-columns, :], both[..., -columns:, :]
    return R if mode == "r" else QRResult(Q, R)
