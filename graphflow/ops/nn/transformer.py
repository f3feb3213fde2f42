"""Embeddings and attention."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import DTypeError, ShapeError
from ...graph import Node
from ..array import as_node, as_nodes, matrix_transpose
from ..elementwise import where
from ..indexing import take
from ..linalg import einsum, matmul
from .normalization import dropout
from .scores import softmax

__all__ = ["attention", "embedding", "multi_head_attention"]


def embedding(ids: Any, table: Any, name: str | None = None) -> Node:
    """The rows of `table` (words, features) at the integers `ids`: their shape, then features.

    Rows that stand several times get the sum of their gradients.
    """
    return take(table, ids, 0, name=name)


def attention(
    query: Any, key: Any, value: Any, mask: Any = None, *, causal: bool = False,
    scale: float | None = None, dropout_rate: float = 0.0, name: str | None = None,
) -> Node:  # fmt: skip
    """softmax(query @ key.T * scale) @ value, over leading axes that broadcast.

    query is (..., m, d), key (..., n, d), value (..., n, e); the result (..., m, e). `mask`
    (booleans that broadcast to (..., m, n)) is true where a query may look; a query that may look
    nowhere gets zeros. `causal` lets query i look at keys 0 to i, sizes known. `scale` is
    1 / sqrt(d) by default. A. Vaswani et al. (2017).
    """
    q, k, v = as_nodes(query, key, value)
    if scale is None:
        size = q.shape[-1] if q.shape else None
        if not isinstance(size, int) or not size:
            raise ShapeError(f"attention: the last size must be known: {q.describe()}")
        scale = size**-0.5
    scores = matmul(q, matrix_transpose(k)) * scale
    allowed = None if mask is None else _as_mask(mask, q)
    if causal:
        triangle = as_node(_triangle(q, k), [q])
        allowed = triangle if allowed is None else allowed & triangle
    if allowed is not None:
        lowest = float(np.finfo(scores.dtype).min) / 2
        scores = where(allowed, scores, lowest)
    weights = softmax(scores)
    if allowed is not None:
        weights = where(allowed, weights, 0)
    return matmul(dropout(weights, dropout_rate), v, name=name)


def _as_mask(mask: Any, q: Node) -> Node:
    node = as_node(mask, [q])
    if node.dtype.kind != "b":
        raise DTypeError(f"attention: the mask is booleans: {node.describe()}", "as weights > 0")
    return node


def _triangle(q: Node, k: Node) -> np.ndarray[Any, Any]:
    sizes = [x.shape[-2] if x.shape is not None and len(x.shape) > 1 else None for x in (q, k)]
    m, n = sizes
    if not isinstance(m, int) or not isinstance(n, int):
        raise ShapeError("attention: causal needs known numbers of queries and keys")
    return np.tri(m, n, dtype=bool)


def multi_head_attention(
    query: Any, key: Any, value: Any, query_weights: Any, key_weights: Any, value_weights: Any,
    output_weights: Any, mask: Any = None, *, causal: bool = False, dropout_rate: float = 0.0,
    name: str | None = None,
) -> Node:  # fmt: skip
    """Attention of several heads at once, each in a projection of its own, their outputs joined.

    query (batch, m, features), key and value (batch, n, features); the weights of each are
    (features, heads, d), those of the output (heads, d, features of the result). `mask` broadcasts
    to (batch, heads, m, n); otherwise as `attention`.
    """
    q, k, v = (
        einsum("btf,fhd->bhtd", x, w)
        for x, w in ((query, query_weights), (key, key_weights), (value, value_weights))
    )
    heads = attention(q, k, v, mask, causal=causal, dropout_rate=dropout_rate)
    return einsum("bhtd,hdf->btf", heads, output_weights, name=name)
