"""Which values are surely positive, and which of them exponentials can make overflow or vanish."""

from __future__ import annotations

import numpy as np

from ..graph import Constant, Node
from ..ops.array import BroadcastTo, ExpandDims, Reshape, Squeeze, Swapaxes, Transpose
from ..ops.elementwise import (
    Add,
    Cosh,
    Divide,
    Exp,
    ExpArcsinh,
    Multiply,
    Power,
    Reciprocal,
    SechSquared,
    Sigmoid,
    SigmoidSlope,
    Sqrt,
    Square,
)
from ..ops.indexing import Getitem, TakeAlongAxis
from ..ops.nn import Softmax
from ..ops.reduction import Mean, Sum
from ..ops.scan import Prod
from ..ops.special import Erfc, ErfcRatio, Erfcx, Iv, Ndtr, Sinhc
from .patterns import number

MOVES = (
    BroadcastTo, ExpandDims, Getitem, Reshape, Squeeze, Swapaxes, TakeAlongAxis, Transpose,
)  # fmt: skip
_GROWING = (Exp, Cosh, Iv, Sinhc, ExpArcsinh, Erfcx, ErfcRatio)
_VANISHING = (Sigmoid, SigmoidSlope, Softmax, SechSquared, Erfc, Ndtr)
_OF_ALL = (Add, Multiply, Divide)
_OF_FIRST = (Sum, Mean, Prod, Sqrt, Square, Reciprocal, *MOVES)
_MOST_NODES = 64


def is_exponential(node: Node, growing: bool = False) -> bool:
    """Whether the node is surely positive and made of exponentials, or of what vanishes like them.

    With `growing` there must be one that can overflow. This is a fact about the graph: whoever acts
    on it reaches through the parts with rules that say so.
    """
    found = False
    todo = [node]
    for _ in range(_MOST_NODES):
        if not todo:
            return found
        part = todo.pop()
        if isinstance(part, Constant):
            if not is_positive_constant(part):
                return False
        elif isinstance(part, _GROWING + _VANISHING):
            if not _is_real(part):
                return False
            found = found or not growing or isinstance(part, _GROWING)
        elif isinstance(part, _OF_ALL):
            todo.extend(part.inputs)
        elif isinstance(part, _OF_FIRST) or (isinstance(part, Power) and number(part.inputs[1])):
            todo.append(part.inputs[0])
        else:
            return False
    return False


def is_positive_constant(node: Node) -> bool:
    """Whether it is a constant of positive numbers."""
    if not isinstance(node, Constant) or node.dtype.kind not in "iuf":
        return False
    value = np.asarray(node.value)
    return bool(np.all((value > 0) & np.isfinite(value)))


def _is_real(part: Node) -> bool:
    if isinstance(part, Iv) and part.order != 0:
        return False
    return part.inputs[0].dtype.kind == "f"
