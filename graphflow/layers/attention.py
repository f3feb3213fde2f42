"""Embedding and multi-head attention with weights of their own."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from .. import initializers
from ..errors import ShapeError
from ..graph import Node
from ..initializers import Rng
from ..ops.nn import embedding, multi_head_attention
from .base import Initial, Layer, check_sizes, one_generator


@final
class Embedding(Layer):
    """The rows of a table at integers: (...) below `count` to (..., features).

    Variable: `W` (count, features), by default normal with a standard deviation of 0.05.
    """

    def __init__(
        self,
        count: int,
        features: int,
        *,
        rng: Rng | None = None,
        weight_init: Initial = initializers.normal,
        dtype: Any = np.float64,
        name: str | None = None,
    ) -> None:
        check_sizes("Embedding", count=count, features=features)
        super().__init__(name)
        shape = (count, features)
        self.W = self.variable("W", weight_init, shape, rng=one_generator(rng), dtype=dtype)

    def __call__(self, x: Any, *, training: bool = False) -> Node:
        """The rows of W at x."""
        with self.scope():
            return embedding(x, self.W)


@final
class MultiHeadAttention(Layer):
    """Attention of `heads` heads of features / heads each: (batch, n, features) keeps its shape.

    `layer(x)` is self-attention; `key` and `value` (by default the key) may be given, and a mask,
    as in `gf.nn.multi_head_attention`. `causal` and `dropout_rate` (in training) are of the layer.

    Variables, by Glorot's uniform rule, without biases: `query`, `key`, `value`
    (features, heads, d), `output` (heads, d, features).
    """

    def __init__(
        self,
        features: int,
        heads: int,
        *,
        rng: Rng | None = None,
        causal: bool = False,
        dropout_rate: float = 0.0,
        dtype: Any = np.float64,
        name: str | None = None,
    ) -> None:
        check_sizes("MultiHeadAttention", features=features, heads=heads)
        if features % heads:
            raise ShapeError(f"MultiHeadAttention: {features} features have no {heads} equal heads")
        super().__init__(name)
        rng = one_generator(rng)
        size = features // heads

        def drawn(rng: Any, shape: tuple[int, ...], dtype: Any) -> Any:
            return initializers.glorot_uniform(rng, (features, features), dtype).reshape(shape)

        into, back = (features, heads, size), (heads, size, features)
        self.query, self.key, self.value, self.output = (
            self.variable(name, drawn, shape, rng=rng, dtype=dtype)
            for name, shape in (("query", into), ("key", into), ("value", into), ("output", back))
        )
        self._causal = causal
        self._dropout_rate = dropout_rate

    def __call__(
        self, x: Any, key: Any = None, value: Any = None, mask: Any = None, *,
        training: bool = False,
    ) -> Node:  # fmt: skip
        """What each place of x finds at the places of `key`, by default of x itself."""
        key = x if key is None else key
        value = key if value is None else value
        with self.scope():
            return multi_head_attention(
                x, key, value, self.query, self.key, self.value, self.output, mask,
                causal=self._causal, dropout_rate=self._dropout_rate if training else 0.0,
            )  # fmt: skip
