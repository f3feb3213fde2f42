"""Which gradient rule is wrong: every operation between leaves and loss is judged by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..compiled import Compiled
from ..dtypes import Array
from ..errors import GraphflowError
from ..gradients import gradients
from ..graph import Graph, Node, Operation, Placeholder
from ..primitives import Spec
from ..program import specialize
from ..registry import is_differentiable
from ..traversal import ancestors
from .joint import scale
from .numerics import node_values
from .slopes import refuted


def wrong_rule(loss: Node, leaves: Sequence[Node], values: Sequence[Array]) -> str | None:
    """The first operation of the stable form of `loss` whose rule differences refute, described."""
    feeds = dict(zip(leaves, values, strict=True))
    special = specialize([loss], {leaf: Spec(v.shape, leaf.dtype) for leaf, v in feeds.items()})
    known = node_values(dict(zip(special.feeds, values, strict=True)), special.fetches, {}, None)
    names = {image.number: number for number, image in reversed(special.form.image.items())}
    users = {node.number: node for node in ancestors([loss])}
    for node in ancestors(special.fetches):
        if isinstance(node, Operation) and is_differentiable(type(node)):
            found = _refuted(node, [known[x.number] for x in node.inputs])
            if found is not None:
                user = users.get(names.get(node.number, 0), node)
                return f"{user.describe()}: {found[0]:.6g}, by differences {found[1]:.6g}"
    return None


def _refuted(op: Operation, operands: list[Any]) -> tuple[float, float] | None:
    """What the rule gives along a direction and what differences give, if they disagree."""
    free = [i for i, x in enumerate(op.inputs) if x.dtype.kind == "f" and not x.is_constant]
    if not free or op.dtype.kind != "f":
        return None
    rng = np.random.default_rng(0)
    points = [np.asarray(operands[i], np.float64) for i in free]
    along = [rng.choice([-1.0, 1.0], p.shape) * scale(p) for p in points]
    try:
        leaves, y, weight, grads = _alone(op, operands, free, points)
    except GraphflowError:  # one of its operands has no gradient
        return None
    specs = {leaf: Spec(p.shape, leaf.dtype) for leaf, p in zip(leaves, points, strict=True)}
    value = Compiled([y], specs).run
    weights = rng.choice([-1.0, 1.0], np.shape(value({}, points, None)[0]))
    specs[weight] = Spec(weights.shape, weight.dtype)
    slopes = Compiled(grads, specs).run({}, [*points, weights], None)

    def f(t: float) -> float:
        moved = [p + t * u for p, u in zip(points, along, strict=True)]
        return float(np.sum(weights * value({}, moved, None)[0]))

    terms = np.concatenate([np.ravel(g * u) for g, u in zip(slopes, along, strict=True)])
    claimed = float(np.sum(terms))
    slope = refuted(f, claimed, float(np.sqrt(np.sum(terms**2))))
    return None if slope is None else (claimed, slope)


def _alone(
    op: Operation, operands: list[Any], free: list[int], points: list[Array]
) -> tuple[list[Node], Node, Node, list[Node]]:
    """The operation in a graph of its own: free operands, output, its weights, gradients."""
    with Graph():
        leaves: list[Node] = [Placeholder(p.shape) for p in points]
        inputs = [*operands]
        for i, leaf in zip(free, leaves, strict=True):
            inputs[i] = leaf
        y = type(op)(*inputs, **{name: getattr(op, name) for name in op.attributes})
        weight = Placeholder(y.shape)
        return leaves, y, weight, gradients(y, leaves, weight, unconnected="zero")
