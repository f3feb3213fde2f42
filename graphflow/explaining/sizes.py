"""Numbers with a meaning in a graph: the batch, the sizes of axes, counts of elements."""

from __future__ import annotations

import numpy as np

from ..graph import Node
from .evidence import Evidence
from .points import values

_MAX_NODES = 64


def sizes(evidence: Evidence) -> list[tuple[float, str]]:
    """Sizes and what they are, the likeliest first.

    The batch is the size that data has and no variable has, or that its shape leaves open.
    """
    upstream, names = evidence.upstream, evidence.names
    data = [n for n in upstream if not n.inputs and not n.is_variable and n.shape != ()]
    nodes = [n for n in upstream if n.inputs and not n.is_update][-_MAX_NODES:]
    shapes = [value.shape for value in values(evidence.session, [*data, *nodes], evidence.feeds[0])]
    own = {size for n in upstream if n.is_variable for size in n.shape or ()}
    batch: list[tuple[float, str]] = []
    rest: list[tuple[float, str]] = []
    for node, shape in zip(data, shapes, strict=False):
        for axis, size in enumerate(shape):
            place = f"axis {axis} of {names[node.number]}"
            if _is_open(node, axis) or size not in own:
                batch.append((float(size), f"the batch ({place})"))
            else:
                rest.append((float(size), f"the size of {place}"))
    known = batch + rest
    for node, shape in zip([*data, *nodes], shapes, strict=True):
        known.append((float(np.prod(shape)), f"the number of elements of {names[node.number]}"))
    return known


def _is_open(node: Node, axis: int) -> bool:
    return node.shape is not None and not isinstance(node.shape[axis], int)
