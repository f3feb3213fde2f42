"""Linear algebra over the last two axes, by the names of NumPy, SciPy and the Array API."""

from .ops.array import matrix_transpose
from .ops.compose import outer
from .ops.linalg import (
    cholesky, cond, cross, det, eig, eigh, eigvals, eigvalsh, expm, inv, lstsq, matmul, matrix_norm,
    matrix_power, matrix_rank, multi_dot, norm, pinv, qr, slogdet, solve, solve_triangular, svd,
    svdvals, tensordot, tensorinv, tensorsolve, vecdot, vector_norm,
)  # fmt: skip
from .ops.linalg import matrix_diagonal as diagonal
from .ops.linalg import matrix_trace as trace

__all__ = [
    "cholesky", "cond", "cross", "det", "diagonal", "eig", "eigh", "eigvals", "eigvalsh", "expm",
    "inv", "lstsq", "matmul", "matrix_norm", "matrix_power", "matrix_rank", "matrix_transpose",
    "multi_dot", "norm", "outer", "pinv", "qr", "slogdet", "solve", "solve_triangular", "svd",
    "svdvals", "tensordot", "tensorinv", "tensorsolve", "trace", "vecdot", "vector_norm",
]  # fmt: skip
