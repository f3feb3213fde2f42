"""Recurrent cells, one step of time each, and going through time with them."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, TypedDict, Unpack, final

import numpy as np

from .. import initializers
from ..errors import ShapeError
from ..graph import Node
from ..initializers import Rng
from ..ops.array import as_node, stack, zeros_like
from ..ops.compose import split
from ..ops.elementwise import sigmoid, tanh
from ..ops.linalg import matmul
from .base import Activation, Initial, Layer, check_sizes, one_generator

State = tuple[Node, ...]


class CellOptions(TypedDict, total=False):
    """What every cell takes by keyword."""

    rng: Rng | None
    weight_init: Initial
    recurrent_init: Initial
    bias_init: Initial
    dtype: Any
    name: str | None


class Cell(Layer):
    """Base of the cells: `step` takes x (batch, inputs) and a state, and gives the next state.

    A state is a tuple of nodes (batch, units), the first of which is the output. `cell(x)` goes
    through x (batch, time, inputs) from zeros and gives all outputs, (batch, time, units).

    Variables: `W` (inputs, gates * units) by Glorot's uniform rule, `U` (units, gates * units)
    orthogonal, `b` (gates * units,).
    """

    gates: int = 1
    states: int = 1

    def __init__(
        self,
        inputs: int,
        units: int,
        *,
        rng: Rng | None = None,
        weight_init: Initial = initializers.glorot_uniform,
        recurrent_init: Initial = initializers.orthogonal,
        bias_init: Initial = initializers.zeros,
        dtype: Any = np.float64,
        name: str | None = None,
    ) -> None:
        kind = type(self).__name__
        check_sizes(kind, inputs=inputs, units=units)
        super().__init__(name or kind.removesuffix("Cell").lower())
        rng = one_generator(rng)
        self.units = units
        wide = self.gates * units
        self.W = self.variable("W", weight_init, (inputs, wide), rng=rng, dtype=dtype)
        self.U = self.variable("U", recurrent_init, (units, wide), rng=rng, dtype=dtype)
        self.b = self.variable("b", bias_init, (wide,), rng=rng, dtype=dtype)

    @abstractmethod
    def step(self, x: Any, state: State) -> State:
        """The state after x, whose first part is the output."""

    def zero_state(self, x: Any) -> State:
        """Zeros for the batch of x (batch, inputs)."""
        with self.scope():
            like = matmul(as_node(x), self.W[:, : self.units])
            return (zeros_like(like),) * self.states

    def __call__(self, x: Any, *, training: bool = False) -> Node:
        """The outputs (batch, time, units) for x (batch, time, inputs)."""
        return self.unroll(x)[0]

    def unroll(self, x: Any, state: State | None = None) -> tuple[Node, State]:
        """Outputs (batch, time, units) for x (batch, time, inputs), and the last state.

        It starts from `state`, by default zeros. Raises ShapeError unless the number of times is
        known: a node is made for each.
        """
        node = as_node(x)
        times = node.shape[1] if node.shape is not None and len(node.shape) == 3 else None
        if not isinstance(times, int) or not times:
            raise ShapeError(
                f"{type(self).__name__}: (batch, time, inputs) with a known time is wanted: "
                f"{node.describe()}"
            )
        outputs = []
        for t in range(times):
            state = self.step(node[:, t], self.zero_state(node[:, 0]) if state is None else state)
            outputs.append(state[0])
        assert state is not None
        with self.scope():
            return stack(outputs, axis=1), state


@final
class RNNCell(Cell):
    """h' = activation(x @ W + h @ U + b), tanh by default. J. L. Elman (1990)."""

    def __init__(
        self,
        inputs: int,
        units: int,
        *,
        activation: Activation = tanh,
        **options: Unpack[CellOptions],
    ) -> None:
        super().__init__(inputs, units, **options)
        self._activation = activation

    def step(self, x: Any, state: State) -> State:
        """(h',)."""
        (h,) = state
        with self.scope():
            return (self._activation(matmul(x, self.W) + matmul(h, self.U) + self.b),)


@final
class LSTMCell(Cell):
    """Long short-term memory: state (h, c), gates in the order input, forget, cell, output.

    c' = sigmoid(f) * c + sigmoid(i) * tanh(g), h' = sigmoid(o) * tanh(c'), as PyTorch's, with the
    sum of its two biases. `b` starts with 1 for the forget gate, so that memory lasts, else 0.

    Source: S. Hochreiter, J. Schmidhuber (1997); F. A. Gers et al. (2000); the bias by
    R. Jozefowicz et al. (2015).
    """

    gates = 4
    states = 2

    def __init__(self, inputs: int, units: int, **options: Unpack[CellOptions]) -> None:
        options.setdefault("bias_init", _forgetting_nothing)
        super().__init__(inputs, units, **options)

    def step(self, x: Any, state: State) -> State:
        """(h', c')."""
        h, c = state
        with self.scope():
            i, f, g, o = split(matmul(x, self.W) + matmul(h, self.U) + self.b, 4, -1)
            memory = sigmoid(f) * c + sigmoid(i) * tanh(g)
            return (sigmoid(o) * tanh(memory), memory)


def _forgetting_nothing(rng: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """Zeros, but ones for the second of four gates."""
    return np.repeat([0, 1, 0, 0], shape[0] // 4).astype(dtype)


@final
class GRUCell(Cell):
    """Gated recurrent unit: gates in the order reset, update, new, as PyTorch's.

    h' = (1 - z) * n + z * h with n = tanh(x_n + r * (h @ U_n + b_hidden)). One more variable:
    `b_hidden` (units,), 0.

    Source: K. Cho et al. (2014), with the reset after the product, as in its first version.
    """

    gates = 3

    def __init__(self, inputs: int, units: int, **options: Unpack[CellOptions]) -> None:
        super().__init__(inputs, units, **options)
        dtype = self.W.dtype
        self.b_hidden = self.variable("b_hidden", initializers.zeros, (units,), dtype=dtype)

    def step(self, x: Any, state: State) -> State:
        """(h',)."""
        (h,) = state
        with self.scope():
            x_r, x_z, x_n = split(matmul(x, self.W) + self.b, 3, -1)
            h_r, h_z, h_n = split(matmul(h, self.U), 3, -1)
            reset, update = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
            new = tanh(x_n + reset * (h_n + self.b_hidden))
            return (new + update * (h - new),)
