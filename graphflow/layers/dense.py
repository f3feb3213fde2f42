"""Layers in a row: Linear, Sequential, and the multi-layer perceptron made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import prod
from typing import Any, final

import numpy as np

from .. import initializers
from ..errors import DTypeError, ShapeError
from ..graph import Node
from ..initializers import Rng
from ..ops.array import as_node, reshape
from ..ops.elementwise import relu
from ..ops.linalg import matmul
from .base import Activation, Initial, Layer, check_sizes, one_generator


@final
class Linear(Layer):
    """activation(x @ W + b): x is (..., inputs), the result (..., outputs).

    Variables: `W` (inputs, outputs), by default within sqrt(6 / (inputs + outputs)) of 0, and `b`
    (outputs,), by default 0; none where `bias_init` is None.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        rng: Rng | None = None,
        activation: Activation | None = None,
        weight_init: Initial = initializers.glorot_uniform,
        bias_init: Initial | None = initializers.zeros,
        dtype: Any = np.float64,
        name: str | None = None,
    ) -> None:
        check_sizes("Linear", inputs=inputs, outputs=outputs)
        super().__init__(name)
        rng = one_generator(rng)
        self._activation = activation
        self.W = self.variable("W", weight_init, (inputs, outputs), rng=rng, dtype=dtype)
        self.b = None
        if bias_init is not None:
            self.b = self.variable("b", bias_init, (outputs,), rng=rng, dtype=dtype)

    def __call__(self, x: Any, *, training: bool = False) -> Node:
        """activation(x @ W + b)."""
        with self.scope():
            y = matmul(x, self.W)
            if self.b is not None:
                y = y + self.b
            return y if self._activation is None else self._activation(y)


@final
class Sequential(Layer):
    """Layers one after the other. Any function of a node may stand among them.

    `training` goes to those that are layers. Pooling needs no layer of its own:
    `lambda x: gf.nn.max_pool(x, 2)`.
    """

    def __init__(
        self, layers: Sequence[Layer | Callable[[Node], Node]], *, name: str | None = None
    ) -> None:
        super().__init__(name)
        for layer in layers:
            if not callable(layer):
                raise DTypeError(f"Sequential: {layer!r} is neither a layer nor a function")
        self.layers = tuple(layers)
        made = [v for layer in layers if isinstance(layer, Layer) for v in layer.variables]
        self.variables = tuple(dict.fromkeys(made))

    def __call__(self, x: Any, *, training: bool = False) -> Node:
        """The last layer of ... of the first one of x."""
        y = as_node(x)
        for layer in self.layers:
            if isinstance(layer, Layer):
                y = layer(y, training=training)
            else:
                with self.scope():
                    y = layer(y)
        return y

    @property
    def updates(self) -> list[Node]:
        """The updates of its layers."""
        distinct = dict.fromkeys(layer for layer in self.layers if isinstance(layer, Layer))
        return [update for layer in distinct for update in layer.updates]


@final
class MLP(Layer):
    """A multi-layer perceptron: Linear layers with an activation between them, none at the end.

    `sizes` are those of the input, of the hidden layers, and of the output: `MLP([1, 20, 20, 1])`
    maps (..., 1) to (..., 1). Weights as in `Linear`; `layers` holds the layers.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        rng: Rng | None = None,
        activation: Activation = relu,
        weight_init: Initial = initializers.glorot_uniform,
        bias_init: Initial | None = initializers.zeros,
        dtype: Any = np.float64,
        name: str | None = None,
    ) -> None:
        if len(sizes) < 2:
            raise ShapeError(f"MLP: sizes of input and output are wanted, not {list(sizes)!r}")
        super().__init__(name)
        rng = one_generator(rng)
        self._activation = activation
        with self.scope():
            self.layers = tuple(
                Linear(
                    a, b, rng=rng, weight_init=weight_init, bias_init=bias_init, dtype=dtype,
                )
                for a, b in pairwise(sizes)
            )  # fmt: skip
        self.variables = tuple(v for layer in self.layers for v in layer.variables)

    def __call__(self, x: Any, *, training: bool = False) -> Node:
        """The last layer of ... of activation(first layer of x)."""
        *hidden, last = self.layers
        y = as_node(x)
        for layer in hidden:
            y = layer(y)
            with layer.scope():
                y = self._activation(y)
        return last(y)


def flatten(x: Any) -> Node:
    """x (batch, ...) as (batch, features). Sizes but the batch's must be known."""
    node = as_node(x)
    if not node.shape:
        raise ShapeError(f"flatten: a batch of known rank is wanted: {node.describe()}")
    sizes = [size for size in node.shape[1:] if isinstance(size, int)]
    if len(sizes) < len(node.shape) - 1:
        raise ShapeError(f"flatten: sizes but the first must be known: {node.describe()}")
    return reshape(node, (-1, prod(sizes)))
