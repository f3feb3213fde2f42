"""Normalisation by means and variances, with running statistics as state; and dropout."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...errors import ShapeError
from ...graph import Node, Variable
from ...shapes import Axis, as_axis, normalize_axes
from ..array import as_node, expand_dims, reshape, reshape_like
from ..elementwise import reciprocal, sqrt, square, where
from ..random import uniform_like
from ..reduction import mean, var
from ..state import assign, group

__all__ = [
    "batch_norm", "dropout", "group_norm", "instance_norm", "layer_norm", "rms_norm",
]  # fmt: skip


def _scaled(x: Node, scale: Any, offset: Any, name: str | None) -> Node:
    if scale is not None:
        x = x * scale
    if offset is not None:
        x = x + offset
    return where(True, x, x, name=name) if name else x


def _standardized(x: Node, axis: Axis, epsilon: float) -> Node:
    centred = x - mean(x, axis, keepdims=True)
    spread = mean(square(centred), axis, keepdims=True)
    found: Node = centred * reciprocal(sqrt(spread + epsilon))
    return found


class BatchNormResult(NamedTuple):
    """The normalised batch, and the update of the running statistics (None where there is none)."""

    output: Node
    update: Node | None


def batch_norm(
    x: Any, scale: Any = None, offset: Any = None, running_mean: Variable | None = None,
    running_var: Variable | None = None, *, training: bool = True, momentum: float = 0.9,
    axis: int = -1, epsilon: float = 1e-5, name: str | None = None,
) -> BatchNormResult:  # fmt: skip
    """(x - mean) / sqrt(variance + epsilon) * scale + offset, with a mean per entry of `axis`.

    In training the statistics are those of the batch, and `update` (to be run beside the
    optimizer's step) moves the running ones, variables of the shape of the channels:
    running * momentum + batch * (1 - momentum), with the variance of divisor n - 1. Otherwise the
    running ones are used, which must be given. S. Ioffe, C. Szegedy (2015).
    """
    node = as_node(x)
    if node.shape is None:
        raise ShapeError(f"batch_norm: the rank must be known: {node.describe()}")
    (channel,) = normalize_axes(axis, len(node.shape))
    others = tuple([a for a in range(len(node.shape)) if a != channel])
    wide = tuple([a for a in range(len(node.shape) - channel) if a])

    def spread(value: Any) -> Any:
        if value is None or not wide:
            return value
        return expand_dims(as_node(value, [node]), wide)

    if not training:
        if running_mean is None or running_var is None:
            raise ShapeError("batch_norm: running statistics are needed when not in training")
        centred = node - spread(running_mean)
        whole = centred * reciprocal(sqrt(spread(running_var) + epsilon))
        return BatchNormResult(_scaled(whole, spread(scale), spread(offset), name), None)
    output = _scaled(_standardized(node, others, epsilon), spread(scale), spread(offset), name)
    if running_mean is None or running_var is None:
        return BatchNormResult(output, None)
    moved = [
        assign(running, momentum * running + (1 - momentum) * found)
        for running, found in (
            (running_mean, mean(node, others)), (running_var, var(node, others, ddof=1)),
        )
    ]  # fmt: skip
    return BatchNormResult(output, group(*moved))


def layer_norm(
    x: Any, scale: Any = None, offset: Any = None, *, axis: Any = -1, epsilon: float = 1e-5,
    name: str | None = None,
) -> Node:  # fmt: skip
    """Each example's entries along `axis` with mean 0 and variance 1, then scaled and moved.

    J. L. Ba, J. R. Kiros, G. Hinton (2016).
    """
    return _scaled(_standardized(as_node(x), as_axis(axis), epsilon), scale, offset, name)


def rms_norm(
    x: Any, scale: Any = None, *, axis: Any = -1, epsilon: float = 1e-6, name: str | None = None
) -> Node:
    """x / sqrt(mean(x ** 2) + epsilon) along `axis`, then scaled. B. Zhang, R. Sennrich (2019)."""
    node = as_node(x)
    size = mean(square(node), as_axis(axis), keepdims=True)
    return _scaled(node * reciprocal(sqrt(size + epsilon)), scale, None, name)


def group_norm(
    x: Any, groups: int, scale: Any = None, offset: Any = None, *, epsilon: float = 1e-5,
    name: str | None = None,
) -> Node:  # fmt: skip
    """x (batch, ..., channels) standardised over all places and over groups of channels.

    All sizes but the batch's must be known. Y. Wu, K. He (2018).
    """
    node = as_node(x)
    sizes = node.shape[1:] if node.shape is not None else (None,)
    if not sizes or not all(isinstance(n, int) for n in sizes):
        raise ShapeError(f"group_norm: all sizes but the first must be known: {node.describe()}")
    channels = sizes[-1]
    assert isinstance(channels, int)
    if groups < 1 or channels % groups:
        raise ShapeError(f"group_norm: {channels} channels have no {groups} equal groups")
    apart = reshape(node, (-1, *sizes[:-1], groups, channels // groups))
    axes = (*range(1, len(sizes)), len(sizes) + 1)
    return _scaled(reshape_like(_standardized(apart, axes, epsilon), node), scale, offset, name)


def instance_norm(
    x: Any, scale: Any = None, offset: Any = None, *, epsilon: float = 1e-5, name: str | None = None
) -> Node:
    """x (batch, ..., channels) standardised over all places, per example and channel."""
    node = as_node(x)
    if node.shape is None or len(node.shape) < 3:
        raise ShapeError(f"instance_norm: (batch, places, channels): {node.describe()}")
    axes = tuple(range(1, len(node.shape) - 1))
    return _scaled(_standardized(node, axes, epsilon), scale, offset, name)


def dropout(x: Any, rate: float, *, training: bool = True, name: str | None = None) -> Node:
    """x with entries set to 0 with probability `rate`, drawn anew in every run, others scaled up.

    The mean stays: what is kept is divided by 1 - rate. Without `training` it is x. Raises
    ShapeError for a rate outside of [0, 1).
    """
    node = as_node(x)
    if not 0 <= rate < 1:
        raise ShapeError(f"dropout: the rate is from 0 to below 1, not {rate!r}")
    if not training or rate == 0:
        return node
    kept = uniform_like(node) >= rate
    return where(kept, node * (1 / (1 - rate)), 0, name=name)
