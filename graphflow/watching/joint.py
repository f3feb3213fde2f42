"""One random direction in all variables at once: what steps claim the slope is, and what it is.

All of it is one program, so that a check costs little more than a step and a forward pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np

from ..compiled import Compiled
from ..dtypes import Array
from ..graph import Node, Placeholder
from ..ops.elementwise import Add
from ..ops.reduction import reduce_sum
from ..primitives import Spec
from ..rewrite import rewrite
from .at_point import AtPoint, Values

_STEP = 2.0**-26  # of one side: few kinks are that near, and rounding is below what is allowed
_ALLOWED = 1e-3
_ROUNDING = 64 * float(np.finfo(float).eps) / _STEP


class Joint:
    """The losses at a point and a little further, and the claimed slope between the two.

    `grads` are nodes over the leaves of `at`, for the variables at `places` among them.
    """

    def __init__(
        self,
        at: AtPoint,
        losses: Sequence[Node],
        grads: Sequence[Node],
        places: Sequence[int],
        values: Values,
    ) -> None:
        sizes = [values[place].size for place in places]
        self._scales = np.concatenate(
            [np.full(n, scale(values[place])) for n, place in zip(sizes, places, strict=True)]
        )
        self._along = np.empty(sum(sizes))
        parts = np.split(self._along, np.cumsum(sizes)[:-1])
        self._views = [
            part.reshape(values[place].shape) for part, place in zip(parts, places, strict=True)
        ]
        self._count = len(losses)
        with at.graph:
            along = [Placeholder(view.shape) for view in self._views]
            pairs = list(zip(grads, along, strict=True))
            claimed = reduce(Add, [reduce_sum(grad * u) for grad, u in pairs])
            moved = {
                at.leaves[place].number: at.leaves[place] + _STEP * u
                for place, u in zip(places, along, strict=True)
            }
            further = rewrite(losses, (), at.graph._ledger, leaves=moved).image
            nodes = [*losses, *[further[loss.number] for loss in losses], claimed]
        leaves = [*at.leaves, *along]
        shapes = [value.shape for value in (*values, *self._views)]
        specs = {x: Spec(s, x.dtype) for x, s in zip(leaves, shapes, strict=True)}
        self._compiled = Compiled(nodes, specs)

    def agrees(self, values: Values, rng: np.random.Generator) -> bool:
        """Whether one of the losses has the claimed slope along a direction drawn now."""
        signs = rng.integers(0, 2, self._along.size, np.int8)
        np.multiply(self._scales, 2 * signs - 1, self._along)
        *found, claimed = self._compiled.run({}, [*values, *self._views], None)
        pairs = zip(found[: self._count], found[self._count :], strict=True)
        return any(_near(float(claimed), float(base), float(further)) for base, further in pairs)


def _near(claimed: float, base: float, further: float) -> bool:
    slope = (further - base) / _STEP
    allowed = _ALLOWED * max(abs(claimed), abs(slope)) + _ROUNDING * abs(base)
    return abs(claimed - slope) <= allowed


def scale(x: Array) -> float:
    """How far a variable is moved in units of a step: its size, or 1 where it is zero."""
    return float(np.sqrt(np.mean(x**2))) or 1.0 if x.size else 1.0
