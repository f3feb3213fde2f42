"""Finite differences beside recorded gradients: the loss, run again with one entry moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..dtypes import Array, is_inexact
from ..graph import Graph, Node, Operation
from ..session import Session
from ..copies import copied
from ..testing.differences import WIDE, Line, estimate
from ..testing.probes import scales
from ..traversal import ancestors

_STILL = 1e-9  # of the largest claimed derivative: what rounding leaves of a derivative of 0


class Difference(NamedTuple):
    """One entry of a gradient beside the difference quotient of the loss by that entry."""

    entry: tuple[int, ...]
    claimed: float
    measured: float
    verdict: str  # "agrees", "differs", "kink" or "inconclusive"


class Prober:
    """Difference quotients of the sum of a loss by any node that it is computed from.

    The loss runs in a float64 copy of its graph, with leaves and random draws held at `values`.
    """

    def __init__(self, loss: Node, values: dict[int, Array]) -> None:
        nodes = ancestors([loss])
        leaves = [node for node in nodes if _is_leaf(node)]
        with Graph() as self._graph:
            self._image = copied([loss], {node.number for node in leaves}, widen=True)
        self._loss = self._image[loss.number]
        self._feeds = {self._image[n.number]: _wide(values[n.number]) for n in leaves}
        self._session = Session(seed=0)
        self._eps = float(np.finfo(self._loss.dtype).eps)

    def differences(
        self, node: Node, value: Array, grad: Array, entries: Sequence[tuple[int, ...]]
    ) -> list[Difference]:
        """The gradient by `node`, which has this `value`, at some entries, each measured.

        Empty for complex numbers, which have two directions an entry.
        """
        image = self._image[node.number]
        if value.dtype.kind != "f" or not hasattr(image, "number"):
            return []
        largest = float(np.max(np.abs(grad), initial=0.0))
        steps = scales(value.ravel()).reshape(value.shape)
        return [
            self._difference(image, _wide(value), float(steps[i]), i, float(grad[i]), largest)
            for i in entries
        ]

    def _difference(
        self,
        image: Node,
        value: Array,
        step: float,
        index: tuple[int, ...],
        claimed: float,
        largest: float,
    ) -> Difference:
        def outputs(t: float) -> Array:
            moved = value.copy()
            moved[index] += t * step
            result = self._session.run(self._loss, {**self._feeds, image: moved})
            return np.asarray(result, np.float64).ravel()

        rows = np.ones((1, outputs(0.0).size))
        finest = 2.0 ** np.ceil(np.log2(8 * np.spacing(abs(value[index])) / step + 2.0**-60))
        line = Line(outputs, rows, eps=self._eps, smallest=float(finest), largest=0.5)
        found = estimate(line, np.array([claimed * step]))
        measured, error = float(found.value[0]) / step, float(found.error[0]) / step
        return Difference(
            index,
            claimed,
            measured,
            _verdict(claimed, measured, error, bool(found.kink[0]), largest),
        )


def _verdict(claimed: float, measured: float, error: float, kink: bool, largest: float) -> str:
    if kink:
        return "kink"
    if abs(claimed - measured) <= max(error, _STILL * largest):
        size = max(abs(claimed), abs(measured), largest)
        return "agrees" if error <= max(WIDE * size, _STILL) else "inconclusive"
    return "differs" if np.isfinite(error) else "inconclusive"


def _is_leaf(node: Node) -> bool:
    """What is fed to the copy: what a run is given, and the key of its random draws."""
    return not node.is_constant and not isinstance(node, Operation)


def _wide(value: Array) -> Array:
    return value.astype(np.float64) if is_inexact(value.dtype) else value
