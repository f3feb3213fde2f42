"""Derivatives built from gradients: products with Jacobians and Hessians, and whole ones.

All come from the one registry. A vector-Jacobian product is linear in its cotangent, so
differentiating it again by the cotangent gives the Jacobian-vector product: forward mode without
a second rule per operation.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from .errors import DTypeError, ShapeError
from .gradients import gradients
from .graph import Node, building, constant
from .ops.array import reshape, stack, zeros_like
from .ops.barrier import Opaque
from .shapes import maybe_equal, show


def vjp(ys: Any, xs: Any, cotangents: Any) -> list[Any]:
    """The sum over ys of cotangent * dy/dx for every x: nodes of the shapes of `xs`.

    `cotangents` has one for every y, of its shape. This is `gradients` with weights. Raises what
    that raises.
    """
    return gradients(ys, xs, cotangents)


def jvp(ys: Any, xs: Any, tangents: Any) -> list[Node]:
    """The sum over xs of dy/dx * tangent for every y: nodes of the shapes of `ys`.

    `tangents` has one for every x, of its shape: a node or a value. A y that depends on no x gets
    zeros.

    Raises ShapeError when a tangent does not fit, and what `gradients` raises. Source: the two
    transposes of J. Townsend, "A new trick for calculating Jacobian vector products" (2017).
    """
    outputs, inputs = _listed("jvp", ys), _listed("jvp", xs)
    weights = _fitting("jvp: tangent", tangents, inputs)
    with building(graph=inputs[0].graph, role="gradient"):
        cotangents = [Opaque(zeros_like(y)) for y in outputs]
    pulled = gradients(outputs, inputs, cotangents, unconnected="zero")
    return gradients(pulled, cotangents, weights, unconnected="zero")


def hvp(y: Node, xs: Any, vectors: Any) -> list[Node]:
    """The product of the Hessian of the scalar `y` by `xs` with `vectors`: one node per x.

    `vectors` has one for every x, of its shape. Costs a few times what `y` costs, and never makes
    the Hessian. Raises ShapeError when y is no scalar or a vector does not fit.
    """
    _check_scalar("hvp", y)
    inputs = _listed("hvp", xs)
    weights = _fitting("hvp: vector", vectors, inputs)
    slopes = gradients(y, inputs)
    return gradients(slopes, inputs, weights, unconnected="zero")


def jacobian(y: Node, x: Node) -> Node:
    """dy/dx of shape (*y.shape, *x.shape), both of known shape.

    Built row by row in reverse mode, or column by column in forward mode where x has fewer
    elements than y: the graph grows with the smaller of the two. For a product with it use `vjp`
    or `jvp`. Raises ShapeError for a shape that is not known, and what `gradients` raises.
    """
    rows, columns = _known_size("jacobian", y), _known_size("jacobian", x)
    shape = (*_shape(y), *_shape(x))
    if not rows or not columns:
        return constant(np.zeros(shape), y.dtype)
    if rows <= columns:
        parts = [gradients(y, x, unit)[0] for unit in _units(y)]
        return reshape(stack(parts), shape)
    gradients(y, x)  # raises where y does not depend on x
    parts = [jvp(y, x, unit)[0] for unit in _units(x)]
    return reshape(stack([reshape(part, (rows,)) for part in parts], axis=1), shape)


def hessian(y: Node, x: Node) -> Node:
    """d2y/dx2 of the scalar `y`, of shape (*x.shape, *x.shape), x of known shape.

    Zeros where the gradient does not depend on x. Raises ShapeError when y is no scalar or the
    shape of x is not known, and what `gradients` raises.
    """
    _check_scalar("hessian", y)
    _known_size("hessian", x)
    (slope,) = gradients(y, x)
    rows = [gradients(slope, x, unit, unconnected="zero")[0] for unit in _units(x)]
    shape = _shape(x) * 2
    return reshape(stack(rows), shape) if rows else constant(np.zeros(shape), x.dtype)


def _units(node: Node) -> list[Any]:
    """The arrays of the node's shape with a single 1, in order."""
    shape = _shape(node)
    return list(np.eye(prod(shape), dtype=node.dtype).reshape(-1, *shape))


def _shape(node: Node) -> tuple[int, ...]:
    assert node.shape is not None
    return tuple([size for size in node.shape if isinstance(size, int)])


def _known_size(caller: str, node: Any) -> int:
    if not isinstance(node, Node):
        raise DTypeError(f"{caller}: {node!r} is not a node")
    size = node.size
    if size is None:
        raise ShapeError(
            f"{caller}: every size must be known: {node.describe()}",
            "give the placeholder a shape, or take products with it: gf.vjp, gf.jvp, gf.hvp",
        )
    return size


def _check_scalar(caller: str, y: Any) -> None:
    if not isinstance(y, Node):
        raise DTypeError(f"{caller}: {y!r} is not a node")
    if not maybe_equal(y.shape, ()):
        raise ShapeError(f"{caller}: y is a scalar, not {y.describe()}", "sum it, or weigh it")


def _listed(caller: str, given: Any) -> list[Node]:
    nodes = [given] if isinstance(given, Node) else list(given)
    for node in nodes:
        if not isinstance(node, Node):
            raise DTypeError(f"{caller}: {node!r} is not a node")
    if not nodes:
        raise ShapeError(f"{caller}: no nodes were given")
    return nodes


def _fitting(what: str, values: Any, nodes: Sequence[Node]) -> list[Node]:
    """One value per node, each as a node of its shape and dtype."""
    many = isinstance(values, list | tuple) and len(values) == len(nodes)
    given = list(values) if many else [values]
    if len(given) != len(nodes):
        raise ShapeError(f"{what}s: {len(given)} for {len(nodes)} inputs")
    with building(graph=nodes[0].graph):
        found = [value if isinstance(value, Node) else constant(value) for value in given]
    for value, node in zip(found, nodes, strict=True):
        if not maybe_equal(value.shape, node.shape):
            raise ShapeError(f"{what} {show(value.shape)} for {node.describe()}")
    return [
        v if v.dtype == x.dtype else v.astype(x.dtype) for v, x in zip(found, nodes, strict=True)
    ]
