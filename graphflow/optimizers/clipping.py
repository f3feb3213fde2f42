"""Gradients kept within bounds, by value, by norm, and by the norm of all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..graph import Node
from ..ops.array import as_node, as_nodes, stack
from ..ops.elementwise import cast, clip, isfinite, multiply, where
from ..ops.reduction import norm2
from .base import in_range


def clip_by_value(x: Any, low: Any, high: Any, name: str | None = None) -> Node:
    """x, with every entry moved into [low, high]. NaN stays."""
    return clip(x, low, high, name=name)


def clip_by_norm(x: Any, clip_norm: Any, axis: Any = None, name: str | None = None) -> Node:
    """x, scaled down to the norm `clip_norm` (along `axis`) where its norm is greater.

    Zeros stay zeros. Where the norm is NaN or infinite all entries become NaN, so that it is seen.
    `clip_norm` is a number from 0 on, or a node. Raises ValueError for another number.
    """
    node = as_node(x)
    factor = _factor(norm2(node, axis, keepdims=axis is not None), clip_norm)
    return multiply(node, factor, name=name)


def clip_by_global_norm(nodes: Sequence[Any], clip_norm: Any) -> tuple[list[Node], Node]:
    """The nodes scaled down by one factor to the norm `clip_norm` together, and their norm before.

    The norm is the root of the sum of the squares of all entries. Otherwise as `clip_by_norm`.
    Raises ShapeError when there are none.
    """
    if not len(nodes):
        raise ShapeError("clip_by_global_norm: no nodes were given")
    given = as_nodes(*nodes)
    norm = norm2(stack([norm2(node) for node in given]))
    factor = _factor(norm, clip_norm)
    return [node * _like(factor, node) for node in given], norm


def _factor(norm: Node, clip_norm: Any) -> Node:
    """min(1, clip_norm / norm); NaN where the norm is not finite."""
    if not isinstance(clip_norm, Node):
        clip_norm = in_range("clip_norm", clip_norm, 0)
    elif clip_norm.dtype != norm.dtype:
        clip_norm = cast(clip_norm, norm.dtype)
    is_greater = norm > clip_norm
    factor = where(is_greater, clip_norm / norm, 1)
    return where(isfinite(norm), factor, np.nan)


def _like(factor: Node, node: Node) -> Node:
    real = np.empty(0, node.dtype).real.dtype
    return factor if factor.dtype == real else cast(factor, real)
