"""Batch and layer normalization with scales of their own, and dropout."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from .. import initializers
from ..errors import ShapeError
from ..graph import Node
from ..ops.array import as_node
from ..ops.nn import batch_norm, dropout, layer_norm
from .base import Layer, check_sizes


@final
class BatchNorm(Layer):
    """x with mean 0 and variance 1 per channel, scaled and moved: shapes are kept.

    In training by the statistics of the batch, otherwise by the running ones. Each call in training
    adds to `updates` what moves these: run it beside the step, `gf.group(step, *model.updates)`.

    Variables: `scale` (1) and `offset` (0), trained; `running_mean` (0) and `running_var` (1), not;
    all (channels,). Options as in `gf.nn.batch_norm`.
    """

    def __init__(
        self,
        channels: int,
        *,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        axis: int = -1,
        dtype: Any = np.float64,
        name: str | None = None,
    ) -> None:
        check_sizes("BatchNorm", channels=channels)
        super().__init__(name)
        shape, ones, zeros = (channels,), initializers.ones, initializers.zeros
        self.scale = self.variable("scale", ones, shape, dtype=dtype)
        self.offset = self.variable("offset", zeros, shape, dtype=dtype)
        self.running_mean = self.variable(
            "running_mean", zeros, shape, dtype=dtype, trainable=False
        )
        self.running_var = self.variable("running_var", ones, shape, dtype=dtype, trainable=False)
        self._options: dict[str, Any] = {"momentum": momentum, "epsilon": epsilon, "axis": axis}

    def __call__(self, x: Any, *, training: bool = False) -> Node:
        """x standardized, scaled and moved."""
        with self.scope():
            found = batch_norm(
                x, self.scale, self.offset, self.running_mean, self.running_var,
                training=training, **self._options,
            )  # fmt: skip
        if found.update is not None:
            self._updates.append(found.update)
        return found.output


@final
class LayerNorm(Layer):
    """Each example's last axis with mean 0 and variance 1, scaled and moved: shapes are kept.

    Variables: `scale` (1) and `offset` (0), both (features,).
    """

    def __init__(
        self,
        features: int,
        *,
        epsilon: float = 1e-5,
        dtype: Any = np.float64,
        name: str | None = None,
    ) -> None:
        check_sizes("LayerNorm", features=features)
        super().__init__(name)
        self._epsilon = epsilon
        self.scale = self.variable("scale", initializers.ones, (features,), dtype=dtype)
        self.offset = self.variable("offset", initializers.zeros, (features,), dtype=dtype)

    def __call__(self, x: Any, *, training: bool = False) -> Node:
        """x standardized along its last axis, scaled and moved."""
        with self.scope():
            return layer_norm(x, self.scale, self.offset, epsilon=self._epsilon)


@final
class Dropout(Layer):
    """In training, x with entries set to 0 with probability `rate`, others scaled up; else x."""

    def __init__(self, rate: float, *, name: str | None = None) -> None:
        if not 0 <= rate < 1:
            raise ShapeError(f"Dropout: the rate is from 0 to below 1, not {rate!r}")
        super().__init__(name)
        self._rate = rate

    def __call__(self, x: Any, *, training: bool = False) -> Node:
        """x with or without what is dropped."""
        with self.scope():
            return dropout(as_node(x), self._rate, training=training)
