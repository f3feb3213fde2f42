"""Forms of linear algebra, convolutions and windows."""

from __future__ import annotations

import numpy as np

from ...dtypes import Array
from ..domains import ANY, REGULAR, Domain, distinct, reals
from .form import Form, Sizes, full, matrices, vector

_MODERATE = reals(-9, 9)


def _square(*shapes: Sizes) -> bool:
    """For what REGULAR can be made of: a square matrix, a vector, a number."""
    x = shapes[0]
    return full(x) and (len(x) < 2 or (x[-1] == x[-2] and len(x) == 2)) and max(x, default=1) <= 3


def _plane(*shapes: Sizes) -> bool:
    return len(shapes[0]) == 2 and full(shapes[0])


def _line(*shapes: Sizes) -> bool:
    return len(set(shapes)) == 1 and len(shapes[0]) == 1


def _short_line(*shapes: Sizes) -> bool:
    return _line(*shapes) and 2 <= shapes[0][0] <= 4


def _long(*shapes: Sizes) -> bool:
    return vector(shapes[0]) and 2 <= _size(shapes[0]) <= 12 and all(map(full, shapes[1:]))


def _size(shape: Sizes) -> int:
    total = 1
    for n in shape:
        total *= n
    return total


def _is_image(value: Array) -> bool:
    return bool(value.ndim == 3 and value.shape[0] == value.shape[2] == 1 and value.shape[1] > 1)


def _is_filter(value: Array) -> bool:
    return bool(value.shape == (2, 1, 1))


def _is_ramp(value: Array) -> bool:
    return _is_image(value) and SPREAD.holds(value)


def _is_ladder(value: Array) -> bool:
    return bool(value.ndim == 1 and np.min(np.diff(np.sort(value)), initial=9.0) > 1)


SPREAD = distinct()
IMAGE = Domain(  # one row of one channel
    "f", ANY.draw, _is_image, lambda value: f"gf.reshape({{}}, (1, {value.size}, 1))", 3
)
FILTER = Domain("f", ANY.draw, _is_filter, lambda value: "gf.reshape({}, (-1, 1, 1))[:2]", 3)
RAMP = Domain(  # an image without ties
    "f",
    SPREAD.draw,
    _is_ramp,
    lambda value: (
        f"np.arange({float(value.size)}).reshape(1, -1, 1)"
        f" + 0.4 * gf.tanh(gf.reshape({{}}, (1, {value.size}, 1)))"
    ),
    3,
)
LADDER = Domain(  # numbers far apart
    "f",
    SPREAD.draw,
    _is_ladder,
    lambda value: f"1.37 * np.arange({float(value.size)}) + 0.1 * gf.tanh({{}})",
    1,
)

PRODUCTS = [
    Form("Matmul", "gf.matmul({0}, {1})", (_MODERATE, _MODERATE), matrices),
    Form("Matmul", "{0} @ gf.matrix_transpose({0})", (_MODERATE,), _plane),
    Form("Einsum", "gf.einsum('ij,kj->ik', {0}, {0})", (_MODERATE,), _plane),
    Form("Einsum", "gf.einsum('i,j->ij', {0}, {1})", (_MODERATE, _MODERATE), _line),
    Form("Einsum", "gf.einsum('i,i->', {0}, {1})", (_MODERATE, _MODERATE), _line),
    Form("AsMatrix", "gf.ops.linalg.AsMatrix({0}, side='row')", (ANY,), lambda x: 0 < len(x) < 3),
    Form("Tril", "gf.tril({0})", (ANY,), _plane),
    Form("Triu", "gf.triu({0}, 1)", (ANY,), _plane),
    Form("NormP", "gf.linalg.norm({0}, 3, 0)", (reals(-9, 9, but=(0.0,)),), vector),
    Form("OverGaps",
         "gf.ops.linalg.OverGaps(gf.einsum('i,j->ij', {0}, {0}), {1}, gf.zeros_like({1}))",
         (ANY, LADDER), _short_line),
]  # fmt: skip

FACTORS = [
    Form("Inv", "gf.linalg.inv({0})", (REGULAR,), _square),
    Form("Solve", "gf.linalg.solve({0}, gf.sum({0}, axis=-1))", (REGULAR,), _square, needs="rank"),
    Form("Det", "gf.linalg.det({0})", (REGULAR,), _square),
    Form("Cofactors", "gf.ops.linalg.Cofactors({0})", (REGULAR,), _square),
    Form("DetSign", "gf.linalg.slogdet({0}).sign", (REGULAR,), _square),
    Form(
        "DetPhase", "gf.imag(gf.linalg.slogdet({0} + 0.3j * {0} @ {0}).sign)", (REGULAR,), _square
    ),
    Form("LogAbsDet", "gf.linalg.slogdet({0}).logabsdet", (REGULAR,), _square),
    Form("Pinv", "gf.linalg.pinv({0})", (REGULAR,), _square),
    Form("Cholesky", "gf.linalg.cholesky({0} @ {0}.mT)", (REGULAR,), _square, needs="rank"),
    Form("Qr", "gf.ops.linalg.Qr({0})", (REGULAR,), _square, needs="sizes"),
    Form("Eigvalsh", "gf.linalg.eigvalsh({0} + {0}.mT)", (REGULAR,), _square, needs="rank"),
    Form("Eigh", "gf.ops.linalg.Eigh({0} + {0}.mT, uplo='L')", (REGULAR,), _square, needs="rank"),
    Form("Eig", "gf.abs(gf.ops.linalg.Eig({0}))", (REGULAR,), _square, needs="rank"),
    Form("Svdvals", "gf.linalg.svdvals({0})", (REGULAR,), _square, needs="sizes"),
    Form("Svd", "gf.linalg.svd({0})[0]", (REGULAR,), _square, needs="sizes"),
    Form("Expm", "gf.linalg.expm({0} / 4)", (REGULAR,), _square, needs="sizes"),
]

WINDOWS = [
    Form("Conv", "gf.nn.conv1d({0}, {1}, padding='SAME')", (IMAGE, FILTER), _long, needs="sizes"),
    Form("MaxPool", "gf.nn.max_pool({0}, 2, 1)", (RAMP,), _long, needs="sizes"),
    Form("SumPool", "gf.nn.avg_pool({0}, 2, 1)", (IMAGE,), _long, needs="sizes"),
]

MATRICES = [*PRODUCTS, *FACTORS, *WINDOWS]
