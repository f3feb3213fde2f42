"""Convolutions with kernels of their own."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from .. import initializers
from ..errors import ShapeError
from ..graph import Node
from ..initializers import Rng
from ..ops.nn import conv1d, conv2d
from ..ops.nn.convolution import numbers
from .base import Activation, Initial, Layer, check_sizes, one_generator

_CHANNELS_FIRST = ("NCW", "NCHW")


class _Conv(Layer):
    """What convolutions of any number of spatial axes have in common."""

    _rank: int
    _convolve: Any

    def __init__(
        self,
        inputs: int,
        outputs: int,
        window: Any,
        *,
        rng: Rng | None = None,
        strides: Any = 1,
        padding: Any = "VALID",
        dilations: Any = 1,
        groups: int = 1,
        data_format: str | None = None,
        activation: Activation | None = None,
        weight_init: Initial = initializers.he_uniform,
        bias_init: Initial | None = initializers.zeros,
        dtype: Any = np.float64,
        name: str | None = None,
    ) -> None:
        caller = type(self).__name__
        check_sizes(caller, inputs=inputs, outputs=outputs, groups=groups)
        if inputs % groups or outputs % groups:
            raise ShapeError(f"{caller}: {groups} groups of {inputs} and {outputs} channels")
        sizes = numbers(caller, "window", window, self._rank)
        super().__init__(name)
        rng = one_generator(rng)
        shape = (*sizes, inputs // groups, outputs)
        self.W = self.variable("W", weight_init, shape, rng=rng, dtype=dtype)
        self.b = None
        if bias_init is not None:
            self.b = self.variable("b", bias_init, (outputs,), rng=rng, dtype=dtype)
        self._activation = activation
        self._data_format = data_format
        self._geometry = {
            "strides": strides, "padding": padding, "dilations": dilations, "groups": groups,
            "data_format": data_format,
        }  # fmt: skip

    def __call__(self, x: Any, *, training: bool = False) -> Node:
        """activation(convolution of x with W, plus b)."""
        with self.scope():
            y: Node = type(self)._convolve(x, self.W, **self._geometry)
            if self.b is not None:
                first = self._data_format in _CHANNELS_FIRST
                y = y + (self.b.reshape((-1, *[1] * self._rank)) if first else self.b)
            return y if self._activation is None else self._activation(y)


@final
class Conv1d(_Conv):
    """activation(conv1d(x, W) + b): x (batch, width, inputs) to (batch, places, outputs).

    Variables: `W` (window, inputs / groups, outputs) by He's uniform rule, and `b` (outputs,), 0;
    none where `bias_init` is None. Options as in `gf.nn.conv1d`.
    """

    _rank = 1
    _convolve = staticmethod(conv1d)


@final
class Conv2d(_Conv):
    """activation(conv2d(x, W) + b): x (batch, height, width, inputs) to (batch, ..., outputs).

    Variables: `W` (window, window, inputs / groups, outputs) by He's uniform rule, and `b`
    (outputs,), 0; none where `bias_init` is None. Options as in `gf.nn.conv2d`.
    """

    _rank = 2
    _convolve = staticmethod(conv2d)
