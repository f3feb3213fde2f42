"""Callbacks: what is done after steps and epochs, besides training."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..io import suffix_of
from ..launching.together import is_first, wait_for_all
from ..viz import Plot
from .run import Training


class Callback:
    """Base of callbacks: override what is wanted. A plain function is called after each epoch."""

    def begin(self, run: Training) -> None:
        """Before the first step."""

    def after_step(self, run: Training) -> None:
        """After every step."""

    def after_epoch(self, run: Training) -> None:
        """After every epoch, which is in `run.history` then."""

    def end(self, run: Training) -> None:
        """After the last epoch, and after a stop; not after an error."""


class AfterEpoch(Callback):
    """A function of the run, called after every epoch."""

    def __init__(self, function: Callable[[Training], Any]) -> None:
        self._function = function

    def after_epoch(self, run: Training) -> None:
        """Call it."""
        self._function(run)


class EarlyStopping(Callback):
    """Stops when `on` was no lower than its best by `least` for `patience` epochs.

    `on` is a name that `History.values` takes: by default the loss on the validation data if there
    is one. With `highest=True` it is to rise. What it does depends on the history alone.
    """

    def __init__(
        self,
        patience: int = 10,
        *,
        on: str | None = None,
        least: float = 0.0,
        highest: bool = False,
    ) -> None:
        if patience < 1:
            raise ValueError(f"EarlyStopping: patience must be at least 1 epoch, not {patience}")
        self._patience = patience
        self._on = on
        self._least = least
        self._sign = -1.0 if highest else 1.0

    def after_epoch(self, run: Training) -> None:
        """Look at the history."""
        name = self._on or usual(run)
        values = [self._sign * value for value in run.history.values(name)]
        best, at = values[0], 0
        for place, value in enumerate(values):
            if value < best - self._least:
                best, at = value, place
        if len(values) - 1 - at >= self._patience:
            run.stop(f"{name} is best in epoch {at + 1}, {self._patience} epochs ago")


class KeepBest(Callback):
    """Saves the variables of the model to `path` whenever `on` is at its best so far.

    `session.restore(path)` takes them. `on` and `highest` are as in `EarlyStopping`.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, on: str | None = None, highest: bool = False
    ) -> None:
        self._path = Path(path)
        suffix_of(self._path, "KeepBest")
        self._on = on
        self._best = max if highest else min

    def after_epoch(self, run: Training) -> None:
        """Save, if the epoch was the best."""
        values = run.history.values(self._on or usual(run))
        if values[-1] == self._best(values) and values.index(values[-1]) == len(values) - 1:
            run.session._save(self._path, run.variables, None, write=is_first())
            wait_for_all("the best is written")


class SavePicture(Callback):
    """Saves a picture after every `every` epochs; `{epoch}` in the path stands for its number.

    `draw(run)` gives what has a method `save(path)`, as everything of `gf.viz` has: by default the
    curves of the history.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        draw: Callable[[Training], Any] | None = None,
        *,
        every: int = 1,
    ) -> None:
        if every < 1:
            raise ValueError(f"SavePicture: every is at least 1 epoch, not {every}")
        self._path = os.fspath(path)
        self._draw = draw or _curves
        self._every = every

    def after_epoch(self, run: Training) -> None:
        """Draw, if it is time."""
        if run.epoch % self._every == 0:
            self._draw(run).save(self._path.replace("{epoch}", str(run.epoch)))


def _curves(run: Training) -> Plot:
    return run.history.plot()


def usual(run: Training) -> str:
    """What is looked at unless something else is named."""
    return "validation loss" if run.history.validation else "loss"
