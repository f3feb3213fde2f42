"""Primitives of linear algebra: their rules, and what NumPy's decompositions need around them.

A decomposition with several results is one array: its factors, which have equally many columns,
stacked. Taking a part of it is then ordinary indexing, with an ordinary gradient.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import shapes
from ..dtypes import DType, promote
from ..errors import DTypeError, NumericError, ShapeError
from ..shapes import Shape, Size
from .spec import Spec


def _dtype(*operands: Spec) -> DType:
    """What LAPACK computes in: single or double precision; integers become float64."""
    dtype = promote(*(x.loop_operand for x in operands))
    if dtype.kind in "biu":
        return np.dtype(np.float64)
    if dtype == np.float16:
        raise DTypeError("linear algebra is not done in float16", "cast to float32")
    return dtype


def _floats(x: Spec) -> DType:
    """The dtype of real numbers that come of a matrix."""
    return np.zeros(0, _dtype(x)).real.dtype


def _matrix(x: Spec) -> tuple[Shape, Size, Size]:
    """The batch axes, rows and columns; the batch is None for an unknown rank."""
    if x.shape is None:
        return None, None, None
    if len(x.shape) < 2:
        raise ShapeError(f"not a matrix, nor a batch of them: {shapes.show(x.shape)}")
    return x.shape[:-2], x.shape[-2], x.shape[-1]


def _square(x: Spec) -> tuple[Shape, Size]:
    batch, rows, columns = _matrix(x)
    if not shapes.maybe_equal((rows,), (columns,)):
        raise ShapeError(f"not a square matrix: {shapes.show(x.shape)}")
    return batch, rows if rows is not None else columns


def _least(a: Size, b: Size) -> Size:
    return min(a, b) if isinstance(a, int) and isinstance(b, int) else a if a == b else None


def _plus(*sizes: Size) -> Size:
    return sum(s for s in sizes if isinstance(s, int)) if all(
        isinstance(s, int) for s in sizes
    ) else None  # fmt: skip


def _real(a: Spec) -> None:
    if a.dtype.kind == "c":
        raise DTypeError(
            f"not for complex matrices ({a.dtype})", "take their parts: gf.real, gf.imag"
        )


def real_square_rule(a: Spec) -> Spec:
    """As `square_rule`, of real matrices."""
    _real(a)
    return square_rule(a)


def square_rule(a: Spec) -> Spec:
    """A square matrix of the same size: an inverse, a Cholesky factor, cofactors."""
    _square(a)
    return Spec(a.shape, _dtype(a))


def matrix_rule(a: Spec, *rest: Any) -> Spec:
    """A matrix of the same size: a triangle of it."""
    _matrix(a)
    return Spec(a.shape, a.dtype)


def scalar_rule(a: Spec) -> Spec:
    """A number per square matrix."""
    batch, _ = _square(a)
    dtype = _dtype(a)
    return Spec(batch, dtype)


def solve_rule(a: Spec, b: Spec) -> Spec:
    """The x of a @ x = b, both matrices."""
    batch, size = _square(a)
    others, rows, columns = _matrix(b)
    if not shapes.maybe_equal((size,), (rows,)):
        raise ShapeError(f"sizes differ ({size} != {rows})")
    found = shapes.broadcast(batch, others)
    rows = rows if rows is not None else size
    return Spec(None if found is None else (*found, rows, columns), _dtype(a, b))


def size_rule(a: Spec) -> Spec:
    """A real number per square matrix."""
    return Spec(_square(a)[0], _floats(a))


def eig_rule(a: Spec) -> Spec:
    """Eigenvalues in the first row, eigenvectors below: complex numbers."""
    batch, size = _square(a)
    single = _dtype(a) in (np.dtype(np.float32), np.dtype(np.complex64))
    shape = None if batch is None else (*batch, _plus(1, size), size)
    return Spec(shape, np.dtype(np.complex64 if single else np.complex128))


def pinv_rule(a: Spec, rcond: float) -> Spec:
    """The shape of the transposed matrix."""
    batch, rows, columns = _matrix(a)
    return Spec(None if batch is None else (*batch, columns, rows), _dtype(a))


def values_rule(a: Spec) -> Spec:
    """The singular values."""
    batch, rows, columns = _matrix(a)
    return Spec(None if batch is None else (*batch, _least(rows, columns)), _floats(a))


def eigvalsh_rule(a: Spec, uplo: str) -> Spec:
    """The eigenvalues of a symmetric matrix."""
    batch, size = _square(a)
    return Spec(None if batch is None else (*batch, size), _floats(a))


def eigh_rule(a: Spec, uplo: str) -> Spec:
    """Eigenvalues in the first row, eigenvectors below."""
    batch, size = _square(a)
    return Spec(None if batch is None else (*batch, _plus(1, size), size), _dtype(a))


def qr_rule(a: Spec) -> Spec:
    """Q on top of R, for a matrix at least as high as wide."""
    batch, rows, columns = _matrix(a)
    if isinstance(rows, int) and isinstance(columns, int) and rows < columns:
        raise ShapeError(f"fewer rows than columns: {shapes.show(a.shape)}")
    return Spec(None if batch is None else (*batch, _plus(rows, columns), columns), _dtype(a))


def svd_rule(a: Spec) -> Spec:
    """U on top of the singular values on top of V, with min(rows, columns) columns each."""
    batch, rows, columns = _matrix(a)
    shape = None if batch is None else (*batch, _plus(rows, 1, columns), _least(rows, columns))
    return Spec(shape, _dtype(a))


def over_gaps_rule(numerator: Spec, values: Spec, slopes: Spec) -> Spec:
    """A matrix divided by the gaps between values: its own shape."""
    return Spec(numerator.shape, _dtype(numerator, values))


def eigvalsh(a: Any, uplo: Any) -> Any:
    """`np.linalg.eigvalsh`."""
    return np.linalg.eigvalsh(a, uplo)


def eigh(a: Any, uplo: Any) -> Any:
    """`np.linalg.eigh`, stacked."""
    values, vectors = np.linalg.eigh(a, uplo)
    row = values[..., None, :].astype(vectors.dtype, copy=False)
    return np.concatenate([row, vectors], axis=-2)


def eig(a: Any) -> Any:
    """`np.linalg.eig` in complex numbers, stacked."""
    single = a.dtype in (np.dtype(np.float32), np.dtype(np.complex64))
    values, vectors = np.linalg.eig(a)
    packed = np.concatenate([values[..., None, :], vectors], axis=-2)
    return packed.astype(np.complex64 if single else np.complex128, copy=False)


def qr(a: Any) -> Any:
    """`np.linalg.qr`, stacked."""
    q, r = np.linalg.qr(a)
    return np.concatenate([q, r], axis=-2)


def svd(a: Any) -> Any:
    """`np.linalg.svd`, stacked."""
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    row = s[..., None, :].astype(u.dtype, copy=False)
    return np.concatenate([u, row, np.conj(np.swapaxes(vh, -1, -2))], axis=-2)


def sign_of_det(a: Any) -> Any:
    """The sign of the determinant."""
    return np.linalg.slogdet(a)[0]


def log_abs_det(a: Any) -> Any:
    """The log of the determinant's size."""
    return np.linalg.slogdet(a)[1]


def cofactors(a: Any) -> Any:
    """The derivatives of the determinant by the entries, for singular matrices too.

    With a = u s v: det(u v) * u * (products of the other singular values) * v.
    """
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    count = s.shape[-1]
    grid = np.broadcast_to(s[..., None, :], (*s.shape, count)).copy()
    grid[..., range(count), range(count)] = 1
    others = np.prod(grid, axis=-1)
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return sign[..., None, None] * ((u * others[..., None, :]) @ vh)


def pinv(a: Any, rcond: float) -> Any:
    """`np.linalg.pinv`."""
    return np.linalg.pinv(a, rcond)


def over_gaps(numerator: Any, values: Any, slopes: Any) -> Any:
    """numerator[i, j] / (values[j] - values[i]), and 0 on the diagonal and where both are 0.

    Where two values are equal, a derivative exists only if nothing tells them apart: if the
    numerators are 0 and the slopes by the two values are equal. Raises NumericError otherwise.
    """
    size = values.shape[-1]
    gaps = values[..., None, :] - values[..., :, None]
    eps = float(np.finfo(values.dtype).eps)
    apart = ~np.eye(size, dtype=bool)
    largest = np.max(np.abs(values), axis=-1, initial=0)[..., None, None]
    close = (np.abs(gaps) <= 4 * size * eps * largest) & apart
    if np.any(close):
        noise = size * eps * np.max(np.abs(numerator), axis=(-2, -1), initial=0)[..., None, None]
        split = np.abs(slopes[..., None, :] - slopes[..., :, None])
        allowed = math.sqrt(eps) * np.max(np.abs(slopes), axis=-1, initial=0)[..., None, None]
        if np.any(close & ((np.abs(numerator) > noise) | (split > allowed))):
            raise NumericError(
                "the gradient does not exist: equal eigenvalues or singular values, "
                "which the function tells apart",
                "use a function that treats equal values alike, such as their sum",
            )
    usable = apart & ~close
    return np.where(usable, numerator / np.where(usable, gaps, 1), 0)
