"""Metrics: nodes, averaged over rows, and functions of all labels and predictions at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..errors import DTypeError, ShapeError
from ..graph import Node
from ..session import Session
from .feeds import Feed, rows

Function = Callable[[Any, Any], float]


class Measures:
    """What is measured, by name: of nodes the mean over rows, of functions their value."""

    def __init__(self, metrics: Any, labels: Node | None, predictions: Node | None) -> None:
        named = _named(metrics)
        self._nodes = {name: m for name, m in named.items() if isinstance(m, Node)}
        self._functions: dict[str, Function] = {
            name: metric for name, metric in named.items() if name not in self._nodes
        }
        self._pair = [labels, predictions] if self._functions else []
        for node, argument in zip(self._pair, ("labels", "predictions"), strict=False):
            if not isinstance(node, Node):
                name = next(iter(self._functions))
                raise DTypeError(
                    f"train: the metric {name!r} is a function of labels and predictions, "
                    f"and no {argument} are given",
                    "say which nodes they are: train(..., labels=y, predictions=scores)",
                )

    def __len__(self) -> int:
        return len(self._nodes) + len(self._functions)

    def of(
        self, session: Session, feeds: Iterable[Feed], loss: Node | None = None
    ) -> dict[str, float]:
        """The values on this data, with that of the loss if it is given."""
        nodes = ({"loss": loss} if loss is not None else {}) | self._nodes
        totals, count = dict.fromkeys(nodes, 0.0), 0
        seen: list[list[Any]] = []
        for feed in feeds:
            values, pair = session.run([nodes, self._pair], feed)
            weight = rows(feed)
            count += weight
            for name, value in values.items():
                totals[name] += weight * as_number(value, name)
            seen.append(pair)
        if not count:
            raise ValueError("train: there is no row to measure on")
        found = {name: total / count for name, total in totals.items()}
        if self._functions:
            labels, predictions = (np.concatenate(parts) for parts in zip(*seen, strict=True))
            for name, function in self._functions.items():
                found[name] = as_number(function(labels, predictions), name)
        return found


def as_number(value: Any, name: str) -> float:
    """A value that is one number, as a float. Raises ShapeError for any other."""
    if np.ndim(value):
        raise ShapeError(
            f"train: {name!r} has the shape {np.shape(value)}; one number is wanted",
            "take a mean: gf.mean(...)",
        )
    return float(value)


def _named(metrics: Any) -> dict[str, Any]:
    if isinstance(metrics, Node) or callable(metrics):
        metrics = [metrics]
    pairs = metrics.items() if isinstance(metrics, Mapping) else [(_name(m), m) for m in metrics]
    named: dict[str, Any] = {}
    for name, metric in pairs:
        if not isinstance(metric, Node) and not callable(metric):
            raise DTypeError(f"train: the metric {name!r} is no node and no function: {metric!r}")
        if name in named or name == "loss":
            raise ValueError(f"train: two metrics are called {name!r}; name them in a dict")
        named[name] = metric
    return named


def _name(metric: Any) -> str:
    name = metric.name if isinstance(metric, Node) else getattr(metric, "__name__", None)
    if not isinstance(name, str):
        raise DTypeError(f"train: {metric!r} has no name", "name metrics in a dict: {'name': it}")
    return name
