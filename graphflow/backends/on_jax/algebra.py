"""Linear algebra in JAX, stacked as `primitives.linear_algebra` stacks it."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def solve(a: Any, b: Any) -> Any:
    """`np.linalg.solve`, both matrices or batches of them."""
    batch = jnp.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    return jnp.linalg.solve(
        jnp.broadcast_to(a, (*batch, *a.shape[-2:])), jnp.broadcast_to(b, (*batch, *b.shape[-2:]))
    )


def sign_of_det(a: Any) -> Any:
    """The sign of the determinant."""
    return jnp.linalg.slogdet(a)[0]


def log_abs_det(a: Any) -> Any:
    """The log of the determinant's size."""
    return jnp.linalg.slogdet(a)[1]


def cofactors(a: Any) -> Any:
    """The derivatives of the determinant by the entries, for singular matrices too."""
    u, s, vh = jnp.linalg.svd(a, full_matrices=False)
    count = s.shape[-1]
    if not count:
        return jnp.zeros_like(a)
    others = jnp.prod(jnp.where(np.eye(count, dtype=bool), 1, s[..., None, :]), axis=-1)
    sign = jnp.linalg.det(u) * jnp.linalg.det(vh)
    return sign[..., None, None] * ((u * others[..., None, :]) @ vh)


def pinv(a: Any, rcond: float) -> Any:
    """`np.linalg.pinv`."""
    return jnp.linalg.pinv(a, rtol=rcond)


def cholesky(a: Any) -> Any:
    """`np.linalg.cholesky`, of the lower triangle."""
    return jax.lax.linalg.cholesky(a, symmetrize_input=False)


def qr(a: Any) -> Any:
    """Q on top of R."""
    q, r = jnp.linalg.qr(a)
    return jnp.concatenate([q, r], axis=-2)


def eigh(a: Any, uplo: str) -> Any:
    """Eigenvalues in the first row, eigenvectors below."""
    values, vectors = jnp.linalg.eigh(a, UPLO=uplo, symmetrize_input=False)
    return jnp.concatenate([values[..., None, :].astype(vectors.dtype), vectors], axis=-2)


def eigvalsh(a: Any, uplo: str) -> Any:
    """`np.linalg.eigvalsh`."""
    return jnp.linalg.eigh(a, UPLO=uplo, symmetrize_input=False)[0]


def eig(a: Any) -> Any:
    """Eigenvalues in the first row, eigenvectors below: complex numbers."""
    values, vectors = jnp.linalg.eig(a)
    return jnp.concatenate([values[..., None, :], vectors], axis=-2)


def svd(a: Any) -> Any:
    """U on top of the singular values on top of V."""
    u, s, vh = jnp.linalg.svd(a, full_matrices=False)
    row = s[..., None, :].astype(u.dtype)
    return jnp.concatenate([u, row, jnp.conj(jnp.swapaxes(vh, -1, -2))], axis=-2)


def svdvals(a: Any) -> Any:
    """`np.linalg.svdvals`."""
    return jnp.linalg.svd(a, compute_uv=False)


def close_values(values: Any) -> Any:
    """For every pair whether its values are equal but for rounding, and not one value."""
    size = values.shape[-1]
    gaps = values[..., None, :] - values[..., :, None]
    eps = float(np.finfo(values.dtype).eps)
    largest = jnp.max(jnp.abs(values), axis=-1, initial=0)[..., None, None]
    return (jnp.abs(gaps) <= 4 * size * eps * largest) & ~np.eye(size, dtype=bool)


def over_gaps(numerator: Any, values: Any, slopes: Any) -> Any:
    """numerator[i, j] / (values[j] - values[i]), and 0 on the diagonal and for equal values."""
    gaps = values[..., None, :] - values[..., :, None]
    usable = ~np.eye(values.shape[-1], dtype=bool) & ~close_values(values)
    return jnp.where(usable, numerator / jnp.where(usable, gaps, 1), 0)
