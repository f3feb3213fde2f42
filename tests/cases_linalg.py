"""The rows of linear algebra: what NumPy and SciPy say, on well conditioned matrices."""

import numpy as np
import scipy.linalg
from trials import BOOLS, INTS, Case

import graphflow as gf
from graphflow import linalg, ops
from graphflow.testing.domains import ANY, NOT_ZERO, REGULAR, Domain

PRODUCTS = (
    ((2, 3), (3, 4)), ((1, 1), (1, 1)), ((3,), (3,)), ((3,), (3, 2)), ((2, 3), (3,)),
    ((2, 2, 3), (3, 2)), ((2, 1, 2, 3), (3, 3, 2)), ((0, 3), (3, 2)), ((2, 0), (0, 3)),
    ((3, 3), (3, 3)),
)  # fmt: skip
SQUARE = (((3, 3),), ((1, 1),), ((2, 2, 2),))
TALL = (((3, 2),), ((2, 2),), ((2, 3, 2),))
ANY_SIZE = (*TALL, ((2, 3),), ((1, 4),))


def symmetric(x):
    return 0.5 * (x + np.swapaxes(x, -1, -2))


def symmetric_node(x):
    return 0.5 * (x + x.mT)


def eigh(x):
    values, vectors = np.linalg.eigh(symmetric(x))
    return np.concatenate([values[..., None, :], vectors], -2)


def eig(x):
    values, vectors = np.linalg.eig(x)
    return np.concatenate([values[..., None, :], vectors], -2)


def qr(x):
    return np.concatenate(np.linalg.qr(x), -2)


def svd(x):
    u, s, vh = np.linalg.svd(x, full_matrices=False)
    return np.concatenate([u, s[..., None, :], np.swapaxes(vh, -1, -2)], -2)


def packed_svd(x):
    """The stacked factors, put together again from the public ones."""
    u, s, vh = gf.linalg.svd(x)
    return gf.concatenate([u, gf.expand_dims(s, -2), vh.mT], -2)


def over_gaps(numerator, values, slopes):
    gaps = values[..., None, :] - values[..., :, None]
    return np.where(gaps == 0, 0, numerator / np.where(gaps == 0, 1, gaps))


def cofactors(x):
    return np.linalg.det(x)[..., None, None] * np.swapaxes(np.linalg.inv(x), -1, -2)


def apart(rng, shape):
    """Numbers whose differences are no power of two, in ascending order."""
    return np.sort(rng.permutation(0.3 + 1.37 * np.arange(np.prod(shape))).reshape(shape), -1)


APART = Domain("f", apart)


def p_norm(p):
    return [
        Case("NormP", lambda x, axis: linalg.norm(x, p, axis),
             lambda x, axis: np.linalg.norm(x, p, axis), (NOT_ZERO,), shapes, ({"axis": axis},),
             dtypes=(np.float64,))
        for axis, shapes in [(0, (((3,),), ((2, 3),))), (-1, (((2, 3),),))]
    ] + [
        Case("NormP", lambda x, more: linalg.vector_norm(x, ord=p, **more),
             lambda x, more: np.linalg.vector_norm(x, ord=p, **more), (NOT_ZERO,), (((2, 3),),),
             ({"more": {}}, {"more": {"axis": -1, "keepdims": True}}), dtypes=(np.float64,))
    ]  # fmt: skip


LINALG = [
    Case("Matmul", gf.matmul, np.matmul, (ANY, ANY), PRODUCTS, others=INTS),
    Case("AsMatrix", lambda x: ops.linalg.AsMatrix(x, side="row"), np.atleast_2d, (ANY,),
         (((3,),), ((2, 3),), ((1,),), ((0,),))),
    Case("AsMatrix", lambda x: ops.linalg.AsMatrix(x, side="column"),
         lambda x: x[:, None] if x.ndim == 1 else x, (ANY,), (((3,),), ((2, 3),))),
    Case("Inv", linalg.inv, np.linalg.inv, (REGULAR,), SQUARE,),
    Case("Solve", linalg.solve, np.linalg.solve, (REGULAR, ANY),
         (((3, 3), (3,)), ((3, 3), (3, 2)), ((2, 2, 2), (2, 2, 1)), ((2, 2), (3, 2, 2)),
          ((2, 1, 2, 2), (3, 2, 1))), needs_rank=True, twice=REGULAR),
    Case("Det", linalg.det, np.linalg.det, (REGULAR,), SQUARE),
    Case("Cofactors", ops.linalg.Cofactors, cofactors, (REGULAR,), SQUARE),
    Case("DetSign", lambda x: linalg.slogdet(x).sign, lambda x: np.linalg.slogdet(x)[0], (ANY,),
         SQUARE),
    Case("DetPhase", lambda x: gf.imag(linalg.slogdet(x + 0.3j * x @ x).sign),
         lambda x: np.linalg.slogdet(x + 0.3j * x @ x)[0].imag, (REGULAR,), SQUARE),
    Case("LogAbsDet", lambda x: linalg.slogdet(x).logabsdet, lambda x: np.linalg.slogdet(x)[1],
         (REGULAR,), SQUARE),
    Case("Pinv", linalg.pinv, lambda x: np.linalg.pinv(x, 1e-15), (REGULAR,), ANY_SIZE,
         dtypes=(np.float64,)),
    Case("Cholesky", lambda x: linalg.cholesky(x @ x.mT), lambda x: np.linalg.cholesky(
         x @ np.swapaxes(x, -1, -2)), (REGULAR,), SQUARE[::2],
         needs_rank=True, dtypes=(np.float64,)),
    Case("Tril", gf.tril, np.tril, (ANY,), ANY_SIZE, ({"k": 0}, {"k": 1}, {"k": -1}),
         others=INTS + BOOLS),
    Case("Triu", gf.triu, np.triu, (ANY,), ANY_SIZE, ({"k": 0}, {"k": 1}, {"k": -1}),
         others=INTS),
    Case("Qr", ops.linalg.Qr, qr, (REGULAR,), TALL, needs_sizes=True, needs_rank=True),
    Case("Eigvalsh", lambda x: linalg.eigvalsh(symmetric_node(x)),
         lambda x: np.linalg.eigvalsh(symmetric(x)), (REGULAR,), SQUARE, needs_rank=True),
    Case("Eigh", lambda x: ops.linalg.Eigh(symmetric_node(x), uplo="L"), eigh, (REGULAR,), SQUARE,
         needs_rank=True),
    Case("Eig", lambda x: gf.abs(ops.linalg.Eig(x)), lambda x: np.abs(eig(x)), (REGULAR,), SQUARE,
         needs_rank=True),
    Case("Svdvals", linalg.svdvals, np.linalg.svdvals, (REGULAR,), ANY_SIZE, needs_sizes=True,
         needs_rank=True),
    Case("Svd", packed_svd, svd, (REGULAR,), ANY_SIZE, needs_sizes=True, needs_rank=True,
         dtypes=(np.float64,)),
    Case("OverGaps", lambda n, v: ops.linalg.OverGaps(n, v, gf.zeros_like(v)),
         lambda n, v: over_gaps(n, v, 0), (ANY, APART), (((3, 3), (3,)), ((2, 2, 2), (2, 2)))),
    Case("Expm", linalg.expm, scipy.linalg.expm, (ANY,), SQUARE, needs_sizes=True,
         needs_rank=True, dtypes=(np.float64,)),
    *[Case("Einsum", lambda *xs, s=s: gf.einsum(s, *xs), lambda *xs, s=s: np.einsum(s, *xs),
           (ANY,) * len(shapes), (shapes,), needs_rank="..." in s, needs_sizes=False)
      for s, shapes in [
          ("ij,jk->ik", ((2, 3), (3, 2))), ("ij->ji", ((2, 3),)), ("ij->", ((2, 3),)),
          ("ij,j", ((2, 3), (3,))), ("i,i->", ((3,), (3,))), ("i,j,k->kji", ((2,), (3,), (2,))),
          ("bij,bjk->bik", ((2, 2, 3), (2, 3, 2))), ("...i,...i->...", ((2, 3), (3,))),
          ("i...,j->...j", ((2, 3), (2,))), ("ij,kl->ik", ((2, 2), (2, 2))),
          ("a,ab", ((1,), (3, 2))),
      ]],
    Case("Einsum", lambda x: gf.einsum("ii->i", x * gf.einsum("ii->", x)),
         lambda x: np.diagonal(x) * np.trace(x), (ANY,), (((3, 3),),), needs_sizes=True,
         needs_rank=True),
    *[row for p in (1.5, 3, 4.0) for row in p_norm(p)],
]  # fmt: skip
