"""Activations: elementwise functions between the layers of a network.

Where a gate closes it closes wholly: x * sigmoid(x) is 0 at -inf, and so are its relatives.
"""

from __future__ import annotations

import math
from typing import Any

from ...errors import ShapeError
from ...graph import Elementwise, Node
from ...registry import RegisterGradient
from ...shapes import normalize_axis
from ..array import as_node
from ..compose.arranging import split
from ..elementwise import (
    abs,
    clip,
    exp,
    expm1,
    minimum,
    multiply,
    sech_squared,
    sigmoid,
    sigmoid_slope,
    softplus,
    square,
    tanh,
    where,
)
from ..special.error_functions import ndtr

__all__ = [
    "Gelu", "Mish", "Silu", "celu", "elu", "gelu", "glu", "hard_shrink", "hard_sigmoid",
    "hard_swish", "hard_tanh", "leaky_relu", "mish", "prelu", "relu6", "selu", "silu",
    "soft_shrink", "softsign", "swish", "tanh_shrink",
]  # fmt: skip

_SELU_SCALE = 1.0507009873554804934193349852946  # G. Klambauer et al. (2017)
_SELU_ALPHA = 1.6732632423543772848170429916717
_CLOSED = 1e4  # beyond it, up or down, a gate is 0 or 1 in every dtype
_DENSITY = 1 / math.sqrt(2 * math.pi)
_ROOT_HALF = math.sqrt(0.5)


def _near(x: Node) -> Node:
    """x where a gate still moves: products with its slopes are 0 outside, at infinity too."""
    return clip(x, -_CLOSED, _CLOSED)


class Gelu(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.maximum(x, -_CLOSED) * (0.5 * xp.erfc(-_ROOT_HALF * x))


@RegisterGradient("Gelu")
def _gelu_grad(op: Node, grad: Node) -> Node:
    x = _near(op.inputs[0])
    return grad * (ndtr(x) + x * (_DENSITY * exp(-0.5 * square(x))))


def gelu(x: Any, approximate: bool | str = False, name: str | None = None) -> Node:
    """x times the probability that a standard normal number is below x, elementwise.

    `approximate` True or "tanh" takes the formula by tanh of D. Hendrycks, K. Gimpel (2016).
    """
    z = as_node(x)
    if approximate not in (False, True, "none", "tanh"):
        raise ShapeError(f"gelu: approximate is 'none' or 'tanh', not {approximate!r}")
    if approximate in (False, "none"):
        return Gelu(z, name=name)
    near = clip(z, -50, 50)  # beyond, the cube might overflow, and nothing changes
    inner = math.sqrt(2 / math.pi) * (near + 0.044715 * near * near * near)
    gate = sigmoid(2 * inner)  # (1 + tanh(u)) / 2, with all digits
    return multiply(where(z < -50, -50, z), gate, name=name)


class Silu(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        gate = xp.exp(xp.minimum(x, 0)) / (1 + xp.exp(xp.copysign(x, -1.0)))
        return xp.maximum(x, -_CLOSED) * gate


@RegisterGradient("Silu")
def _silu_grad(op: Node, grad: Node) -> Node:
    x = _near(op.inputs[0])
    return grad * (sigmoid(x) + x * sigmoid_slope(x))


def silu(x: Any, name: str | None = None) -> Node:
    """x * sigmoid(x), elementwise."""
    return Silu(x, name=name)


class Mish(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        softplus = xp.maximum(x, 0) + xp.log1p(xp.exp(xp.copysign(x, -1.0)))
        return xp.maximum(x, -_CLOSED) * xp.tanh(softplus)


@RegisterGradient("Mish")
def _mish_grad(op: Node, grad: Node) -> Node:
    x = _near(op.inputs[0])
    gate = softplus(x)
    return grad * (tanh(gate) + x * (sech_squared(gate) * sigmoid(x)))


def mish(x: Any, name: str | None = None) -> Node:
    """x * tanh(softplus(x)), elementwise."""
    return Mish(x, name=name)


def elu(x: Any, alpha: Any = 1.0, name: str | None = None) -> Node:
    """x, and alpha * (exp(x) - 1) below 0, elementwise."""
    z = as_node(x)
    return where(z > 0, z, alpha * expm1(minimum(z, 0)), name=name)


def celu(x: Any, alpha: Any = 1.0, name: str | None = None) -> Node:
    """x, and alpha * (exp(x / alpha) - 1) below 0, elementwise."""
    z = as_node(x)
    return where(z > 0, z, alpha * expm1(minimum(z, 0) / alpha), name=name)


def selu(x: Any, name: str | None = None) -> Node:
    """The scaled elu that keeps mean 0 and variance 1, elementwise."""
    return multiply(_SELU_SCALE, elu(x, _SELU_ALPHA), name=name)


def leaky_relu(x: Any, negative_slope: Any = 0.01, name: str | None = None) -> Node:
    """x, and negative_slope * x below 0, elementwise. The gradient at 0 is the slope below."""
    z = as_node(x)
    return where(z > 0, z, negative_slope * z, name=name)


def prelu(x: Any, alpha: Any, name: str | None = None) -> Node:
    """`leaky_relu` with a slope that is learned: differentiable by both."""
    return leaky_relu(x, alpha, name=name)


def relu6(x: Any, name: str | None = None) -> Node:
    """x limited to [0, 6], elementwise. The gradient at the ends is 0."""
    return clip(x, 0, 6, name=name)


def hard_sigmoid(x: Any, name: str | None = None) -> Node:
    """relu6(x + 3) / 6, elementwise."""
    return multiply(relu6(as_node(x) + 3), 1 / 6, name=name)


def hard_swish(x: Any, name: str | None = None) -> Node:
    """x * hard_sigmoid(x), elementwise."""
    z = as_node(x)
    return multiply(z, hard_sigmoid(z), name=name)


def hard_tanh(x: Any, name: str | None = None) -> Node:
    """x limited to [-1, 1], elementwise. The gradient at the ends is 0."""
    return clip(x, -1, 1, name=name)


def hard_shrink(x: Any, threshold: float = 0.5, name: str | None = None) -> Node:
    """x, and 0 within the threshold, elementwise."""
    z = as_node(x)
    return where(abs(z) > threshold, z, 0, name=name)


def soft_shrink(x: Any, threshold: float = 0.5, name: str | None = None) -> Node:
    """x moved towards 0 by the threshold, and 0 within it, elementwise."""
    z = as_node(x)
    return where(z > threshold, z - threshold, where(z < -threshold, z + threshold, 0), name=name)


def tanh_shrink(x: Any, name: str | None = None) -> Node:
    """x - tanh(x), elementwise."""
    z = as_node(x)
    difference: Node = z - tanh(z)
    return where(True, difference, difference, name=name) if name else difference


def softsign(x: Any, name: str | None = None) -> Node:
    """x / (1 + |x|), elementwise."""
    z = as_node(x)
    quotient: Node = z / (1 + abs(z))
    return where(True, quotient, quotient, name=name) if name else quotient


def glu(x: Any, axis: int = -1, name: str | None = None) -> Node:
    """The first half of `axis` times the sigmoid of the second; ShapeError for an odd size."""
    z = as_node(x)
    if z.shape is None:
        raise ShapeError(f"glu: the rank must be known: {z.describe()}")
    first, second = split(z, 2, normalize_axis(axis, len(z.shape)))
    return multiply(first, sigmoid(second), name=name)


swish = silu
