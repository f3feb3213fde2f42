"""Copies of a graph over leaves that can be fed, in its own precision or all in float64."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

import numpy as np

from .dtypes import DType, float64
from .graph import Constant, Node, Operation, Placeholder, building, constant
from .ops.tap import After, Tap
from .traversal import ancestors

Images = dict[int, Any]  # by node number; a weak constant is its number


def copied(
    nodes: Iterable[Node], leaves: Container[int], *, widen: bool = False, taps: bool = False
) -> Images:
    """What stands for `nodes` and all they are computed from, in the current graph.

    Nodes in `leaves` become placeholders of their shape, dtype, name and line. With `widen`, every
    float of less than 64 bits becomes float64, and complex64 complex128, in attributes too. A copy
    is silent: what shows values to somebody is left out, or with `taps` shows them to nobody.
    """
    images: Images = {}
    for node in ancestors(nodes, stop=leaves):
        with building(where=node._where):
            images[node.number] = _image(node, node.number in leaves, images, widen, taps)
    return images


def _image(node: Node, is_leaf: bool, images: Images, widen: bool, taps: bool) -> Any:
    dtype = _widened(node.dtype) if widen else node.dtype
    if is_leaf:
        return Placeholder(node.shape, dtype, name=node.name)
    if isinstance(node, Constant):
        return node.value if node.weak else constant(node.value, dtype)
    if isinstance(node, Tap | After) and not taps:
        return images[node.inputs[0].number]
    assert isinstance(node, Operation), f"a {node.kind} has to be a leaf"
    inputs = [images[i.number] for i in node.inputs]
    attributes = {name: getattr(node, name) for name in node.attributes}
    if isinstance(node, Tap):
        attributes["function"] = _shown_to_nobody
    if widen:
        attributes = {name: _widened(value) for name, value in attributes.items()}
    named = {} if node._own_name is None else {"name": node._own_name}  # not all take one
    return type(node)(*inputs, **named, **attributes)


def _shown_to_nobody(line: Any, *values: Any) -> None:
    """What the copy of a tap calls."""


def is_narrow(dtype: Any) -> bool:
    """Whether this is a dtype of floats of less than 64 bits."""
    return isinstance(dtype, np.dtype) and dtype.kind == "f" and dtype.itemsize < 8


def _widened(value: Any) -> Any:
    if isinstance(value, np.dtype) and value == np.complex64:
        return np.dtype(np.complex128)
    return float64 if is_narrow(value) else value


def narrowest(nodes: Iterable[Node]) -> DType:
    """The least precise float dtype among the nodes; float64 when there is none below it."""
    narrow = [node.dtype for node in nodes if is_narrow(node.dtype)]
    return min(narrow, key=lambda dtype: dtype.itemsize, default=float64)
