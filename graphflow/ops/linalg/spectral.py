"""Eigenvalues of symmetric matrices, singular values, and their vectors.

Where values are equal the vectors are not determined: a gradient exists only of functions that do
not tell them apart, and anything else raises NumericError in the run.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...errors import ShapeError
from ...graph import Node, Operation
from ...registry import RegisterGradient
from ..array import as_node, expand_dims, matrix_transpose, zeros_like
from ..elementwise import cast, conjugate, equal, real, where
from ..indexing import getitem
from ..reduction import max, sum
from .solving import adjoint, by_lower, rank_of, solve

__all__ = [
    "Eig", "Eigh", "Eigvalsh", "OverGaps", "Svd", "Svdvals", "eig", "eigh", "eigvals", "eigvalsh",
    "matrix_rank", "svd", "svdvals",
]  # fmt: skip


class OverGaps(Operation):
    """numerator[i, j] / (values[j] - values[i]), 0 on the diagonal; see the primitive.

    `slopes` are the gradients by the values: those of equal values must be equal.
    """

    def compute(self, xp: Any, numerator: Any, values: Any, slopes: Any) -> Any:
        return xp.over_gaps(numerator, values, slopes)


@RegisterGradient("OverGaps")
def _over_gaps_grad(op: Node, grad: Node) -> list[Node | None]:
    _, values, slopes = op.inputs
    same = zeros_like(slopes)
    by_numerator = OverGaps(grad, values, same)
    by_gap = -OverGaps(grad * op, values, same)
    return [by_numerator, sum(by_gap, axis=-2) - sum(by_gap, axis=-1), None]


class Eigvalsh(Operation):
    attributes = ("uplo",)

    uplo: str  # the triangle that is read

    def compute(self, xp: Any, a: Any) -> Any:
        return xp.eigvalsh(a, self.uplo)


@RegisterGradient("Eigvalsh")
def _eigvalsh_grad(op: Eigvalsh, grad: Node) -> Node:
    (a,) = op.inputs
    values, V = eigh(a, op.uplo)
    return _from_eigen(values, V, grad, zeros_like(V), op.uplo)


def _from_eigen(values: Node, V: Node, by_values: Node, by_V: Node, uplo: str) -> Node:
    """conj(V) (diag(by_values) + F ∘ V' by_V) V', by the triangle that is read."""
    turned = OverGaps(matrix_transpose(V) @ by_V, values, by_values)
    outer = matrix_transpose(adjoint(V))
    whole = (outer @ turned + outer * expand_dims(by_values, -2)) @ matrix_transpose(V)
    found = by_lower(whole)
    return found if uplo == "L" else adjoint(found)


def _triangle(caller: str, UPLO: str) -> str:
    if UPLO not in ("L", "U"):
        raise ShapeError(f"{caller}: UPLO is 'L' or 'U', not {UPLO!r}")
    return UPLO


def eigvalsh(a: Any, UPLO: str = "L", name: str | None = None) -> Node:
    """The eigenvalues of symmetric or Hermitian matrices in ascending order.

    The lower triangle is read (the upper with UPLO "U"), and the gradient is by it: 0 in the other.
    Where eigenvalues are equal it exists for functions that treat them alike; for others a run
    raises NumericError.
    """
    return Eigvalsh(a, uplo=_triangle("eigvalsh", UPLO), name=name)


class Eigh(Operation):
    """The eigenvalues in the first row, the eigenvectors in the columns below."""

    attributes = ("uplo",)

    uplo: str

    def compute(self, xp: Any, a: Any) -> Any:
        return xp.eigh(a, self.uplo)


@RegisterGradient("Eigh")
def _eigh_grad(op: Eigh, grad: Node) -> Node:
    values, slopes = _first_row(op), _first_row(grad)
    return _from_eigen(values, op[..., 1:, :], slopes, grad[..., 1:, :], op.uplo)


def _first_row(packed: Node) -> Node:
    row = packed[..., 0, :]
    return real(row) if row.dtype.kind == "c" else row


class EighResult(NamedTuple):
    """Eigenvalues in ascending order, eigenvectors in the columns."""

    eigenvalues: Node
    eigenvectors: Node


def eigh(a: Any, UPLO: str = "L") -> EighResult:
    """The eigenvalues and eigenvectors of symmetric or Hermitian matrices.

    The lower triangle is read (the upper with UPLO "U"), and the gradient is by it: 0 in the other.
    By the vectors it needs eigenvalues that differ, else a run raises NumericError; by the values,
    see `eigvalsh`. Signs, of complex vectors phases, are LAPACK's choice: a function should not
    depend on them.
    """
    both = Eigh(a, uplo=_triangle("eigh", UPLO))
    return EighResult(_first_row(both), both[..., 1:, :])


class Eig(Operation):
    """The eigenvalues in the first row, the eigenvectors in the columns below, complex."""

    def compute(self, xp: Any, a: Any) -> Any:
        return xp.eig(a)


@RegisterGradient("Eig")
def _eig_grad(op: Node, grad: Node) -> Node:
    """With V of any lengths, dV = V (F ∘ (inv(V) dA V)); then lengths are made 1 again."""
    values, V = op[..., 0, :], op[..., 1:, :]
    by_values, by_V = grad[..., 0, :], grad[..., 1:, :]
    by_V = by_V - conjugate(V) * real(sum(by_V * V, axis=-2, keepdims=True))
    turned = matrix_transpose(V)
    inner = OverGaps(turned @ by_V, values, by_values) @ turned
    whole = inner + expand_dims(by_values, -1) * turned
    return solve(turned, whole)


class EigResult(NamedTuple):
    """Eigenvalues and, in the columns, eigenvectors; complex, in LAPACK's order."""

    eigenvalues: Node
    eigenvectors: Node


def eig(a: Any) -> EigResult:
    """The eigenvalues and eigenvectors of square matrices, always complex.

    Vectors have length 1; their phases are LAPACK's choice: a function should not depend on them.
    Gradients by the vectors need eigenvalues that differ, else a run raises NumericError; those by
    the values a full set of vectors.
    """
    both = Eig(a)
    return EigResult(both[..., 0, :], both[..., 1:, :])


def eigvals(a: Any, name: str | None = None) -> Node:
    """The eigenvalues of square matrices, complex, in LAPACK's order."""
    return getitem(Eig(a), (Ellipsis, 0, slice(None)), name=name)


class Svdvals(Operation):
    def compute(self, xp: Any, a: Any) -> Any:
        return xp.svdvals(a)


@RegisterGradient("Svdvals")
def _svdvals_grad(op: Node, grad: Node) -> Any:
    (a,) = op.inputs
    U, s, Vh = svd(a)
    slopes = where(equal(s, 0), 0, grad)
    nothing = OverGaps(zeros_like(adjoint(U) @ U), s, slopes)
    outer = matrix_transpose(adjoint(U))
    return (outer * expand_dims(slopes, -2) + outer @ nothing) @ matrix_transpose(adjoint(Vh))


def svdvals(x: Any, name: str | None = None) -> Node:
    """The singular values of matrices in descending order.

    The gradient by a value that is 0 is 0. Where values are equal it exists for functions that
    treat them alike; for others a run raises NumericError.
    """
    return Svdvals(x, name=name)


class Svd(Operation):
    """U on top of the singular values on top of V, thin."""

    attributes = ("rows", "columns")  # as far as they are known

    rows: int | None
    columns: int | None

    def compute(self, xp: Any, a: Any) -> Any:
        return xp.svd(a)


def _parts(packed: Node, rows: int | None, columns: int | None) -> tuple[Node, Node, Node]:
    """U, the values, V: cut where the number of rows or that of columns says."""
    if rows is not None:
        return packed[..., :rows, :], packed[..., rows, :], packed[..., rows + 1 :, :]
    assert columns is not None
    cut = -columns - 1
    return packed[..., :cut, :], packed[..., cut, :], packed[..., cut + 1 :, :]


@RegisterGradient("Svd")
def _svd_grad(op: Svd, grad: Node) -> Node:
    """J. Townsend, "Differentiating the singular value decomposition" (2016), for complex too.

    With P and Q the parts of U' by_U and V' by_V that change sign in the adjoint, his
    (P s_j + s_i Q) / (s_j² - s_i²) is written as (P + Q) / 2 (s_j - s_i) + (P - Q) / 2 (s_j + s_i),
    which loses fewer digits; on its diagonal is what turns the phases of U against those of V.
    """
    U, s, V = _parts(op, op.rows, op.columns)
    by_U, by_s, by_V = _parts(grad, op.rows, op.columns)
    s, by_s = (real(n) if n.dtype.kind == "c" else n for n in (s, by_s))
    row, column = expand_dims(s, -2), expand_dims(s, -1)
    in_U, in_V = matrix_transpose(U) @ by_U, matrix_transpose(V) @ by_V
    apart = OverGaps(0.5 * (in_U + in_V), s, by_s)
    opposed = 0.5 * (in_U - in_V - adjoint(in_U - in_V))
    nothing = equal(opposed, 0)
    together = where(nothing, 0, opposed / where(nothing, 1, row + column))
    inner = apart + adjoint(apart) + together
    outer, Vt = matrix_transpose(adjoint(U)), matrix_transpose(V)
    total = (outer @ inner + outer * expand_dims(by_s, -2)) @ Vt
    if op.rows is None or op.columns is None or op.rows > op.columns:
        total = total + ((by_U - outer @ in_U) / row) @ Vt
    if op.rows is None or op.columns is None or op.rows < op.columns:
        rest = by_V - matrix_transpose(adjoint(V)) @ in_V
        total = total + outer @ adjoint(rest / row)
    return total


class SVDResult(NamedTuple):
    """U, the singular values in descending order, and the transposed V."""

    U: Node
    S: Node
    Vh: Node


def svd(a: Any, full_matrices: bool = False, compute_uv: bool = True) -> Any:
    """U, S, Vh with U @ diag(S) @ Vh = a: min(rows, columns) orthonormal columns in U, rows in Vh.

    Unlike NumPy's the matrices are thin by default; full ones are refused unless a is square, since
    what fills them up is arbitrary. `compute_uv=False` gives S alone, as `svdvals`. The numbers of
    rows or that of columns must be known. By U and Vh the gradient needs singular values that
    differ (and, beside the square case, are not 0), else a run raises NumericError. Signs, of
    complex matrices phases, are LAPACK's choice: a function should not depend on them.
    """
    x = as_node(a)
    rank_of("svd", x)
    if not compute_uv:
        return svdvals(x)
    rows, columns = [n if isinstance(n, int) else None for n in (x.shape or ())[-2:]]
    if rows is None and columns is None:
        raise ShapeError(f"svd: the number of rows or columns must be known: {x.describe()}")
    if full_matrices and (rows is None or rows != columns):
        raise ShapeError(
            f"svd: full matrices only where they are square: {x.describe()}",
            "use full_matrices=False",
        )
    U, s, V = _parts(Svd(x, rows=rows, columns=columns), rows, columns)
    return SVDResult(U, real(s) if s.dtype.kind == "c" else s, adjoint(V))


def matrix_rank(A: Any, rtol: float | None = None, name: str | None = None) -> Node:
    """How many singular values are above rtol times the largest one; an integer, no gradient.

    `rtol` is max(rows, columns) times the dtype's rounding error by default: sizes must be known.
    """
    x = as_node(A)
    rank_of("matrix_rank", x)
    if rtol is None:
        sizes = [n for n in (x.shape or ())[-2:] if isinstance(n, int)]
        if len(sizes) < 2:
            raise ShapeError(f"matrix_rank: sizes must be known, or rtol given: {x.describe()}")
        kind = x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)
        rtol = float(np.finfo(kind).eps) * (sizes[0] if sizes[0] > sizes[1] else sizes[1])
    s = svdvals(x)
    return sum(cast(s > rtol * max(s, axis=-1, keepdims=True), np.int64), axis=-1, name=name)
