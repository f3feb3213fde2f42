"""Which learning rate to take: the loss while the rate rises from step to step."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..graph import Node, Placeholder, Variable
from ..optimizers import Optimizer
from ..session import Session
from ..traversal import ancestors
from ..viz import Plot, curves
from .feeds import Feed, Feeds
from .measures import as_number

_BLOWN_UP = 4.0  # times the lowest loss so far
_MEMORY = 0.9  # of the running mean that smooths the losses


@dataclass(frozen=True)
class LearningRates:
    """Learning rates that were tried, the loss before a step of each, and the one to begin with.

    `suggestion` is a tenth of the rate at which the loss, smoothed, was lowest.
    """

    rates: list[float]
    losses: list[float]
    suggestion: float

    def plot(self) -> Plot:
        """The loss over the rate; it has `save(path)`. Raises MissingError without matplotlib."""
        plot = curves({"epochs": self.rates, "loss": self.losses}, x="log")
        plot.figure.axes[-1].set_xlabel("learning rate")
        return plot


def find_learning_rate(
    loss: Node,
    optimizer: Callable[[Node], Optimizer],
    data: Any,
    *,
    lowest: float = 1e-6,
    highest: float = 10.0,
    steps: int = 100,
    session: Session | None = None,
) -> LearningRates:
    """Make steps at rates from `lowest` to `highest`, each a constant factor above the last.

    `optimizer` makes one of a rate: `gf.AdamOptimizer`, or `lambda rate: gf.MomentumOptimizer(rate,
    0.9)`. It ends early once the loss, smoothed, is 4 times its lowest. Nothing changes in
    `session`, whose values it begins with, or in the position of `data`, as `gf.train` takes it.

    Raises ValueError unless 0 < lowest < highest and there are at least 2 steps, and without data.
    Source: L. N. Smith, "Cyclical learning rates for training neural networks" (2017), section 3.3.
    """
    if not 0 < lowest < highest or steps < 2:
        raise ValueError(
            "find_learning_rate: 0 < lowest < highest and steps >= 2 are wanted, not "
            f"{lowest}, {highest}, {steps}"
        )
    feeds = Feeds(data)
    with loss.graph:
        rate = Placeholder((), name="rate")
    step = optimizer(rate).minimize(loss)
    trial = _copy_of(session, loss)
    rates = np.geomspace(lowest, highest, steps).tolist()
    position = feeds.state
    try:
        made = (
            as_number(trial.run([loss, step], {**feed, rate: value})[0], loss.name)
            for value, feed in zip(rates, _endless(feeds), strict=False)
        )
        losses, smooth = _until_blown_up(made)
    finally:
        feeds.restore(**position)
    best = rates[int(np.argmin(smooth))] if smooth else math.nan
    return LearningRates(rates[: len(losses)], losses, best / 10)


def _until_blown_up(made: Iterable[float]) -> tuple[list[float], list[float]]:
    """The losses, and their running means, up to where these are far above their lowest."""
    losses: list[float] = []
    smooth: list[float] = []
    mean = 0.0
    for loss in made:
        mean = _MEMORY * mean + (1 - _MEMORY) * loss
        smoothed = mean / (1 - _MEMORY ** (len(smooth) + 1))
        if not math.isfinite(smoothed) or smoothed > _BLOWN_UP * min(smooth, default=smoothed):
            break
        losses.append(loss)
        smooth.append(smoothed)
    return losses, smooth


def _copy_of(session: Session | None, loss: Node) -> Session:
    """A session of its own with the same values."""
    if session is None:
        return Session()
    copy = Session(seed=session.seed)
    for node in ancestors([loss]):
        if isinstance(node, Variable):
            copy.assign(node, session.value(node))
    return copy


def _endless(feeds: Feeds) -> Iterator[Feed]:
    while True:
        yield from feeds.rest()
        if not feeds.step:
            raise ValueError("find_learning_rate: the data is empty")
        feeds.next_epoch()
