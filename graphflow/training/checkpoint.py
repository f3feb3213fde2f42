"""Checkpoint: a whole run in a file, from which it goes on as if it had not ended."""

from __future__ import annotations

import os
from pathlib import Path

from ..io import remove_parts, suffix_of
from ..launching.together import is_first, wait_for_all
from .callbacks import Callback
from .run import Training


class Checkpoint(Callback):
    """Saves the whole run to `path`: after every epoch, every `every_steps` steps, and at its end.

    The same program started again goes on from that file, bit for bit as if it had not ended:
    variables, optimizer, random state, data position and history. To start anew, delete the file,
    or say `resume=False`. The suffix is .npz or .safetensors; the folder is made if need be. Among
    callbacks it is the last. In a job of several processes the first one writes, on a disk that all
    of them read, and the others wait for it.

    Beginning raises what `Session.restore` raises, and ValueError for a file of other data, with
    nothing changed.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, every_steps: int | None = None, resume: bool = True
    ) -> None:
        if every_steps is not None and every_steps < 1:
            raise ValueError(f"Checkpoint: every_steps is at least 1, not {every_steps}")
        self._path = Path(path)
        suffix_of(self._path, "Checkpoint")
        self._every_steps = every_steps
        self._resume = resume
        self._saved: tuple[int, int] | None = None  # steps and epochs

    def begin(self, run: Training) -> None:
        """Go on from the file, if there is one."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if is_first():
            remove_parts(self._path)
        if not self._resume or not self._path.exists():
            return
        session = run.session
        moment, seed = session._moment(), session.seed
        report = session.restore(self._path)
        try:
            run.restore(report.extra)
        except ValueError:
            session._go_back(moment)
            session.seed = seed
            raise

    def after_step(self, run: Training) -> None:
        """Save, if it is time."""
        if self._every_steps is not None and run.steps % self._every_steps == 0:
            self._save(run)

    def after_epoch(self, run: Training) -> None:
        """Save."""
        self._save(run)

    def end(self, run: Training) -> None:
        """Save, unless that was done just before."""
        if self._saved != (run.steps, run.epoch):
            self._save(run)

    def _save(self, run: Training) -> None:
        run.session._save(self._path, None, run.position, write=is_first())
        wait_for_all("a checkpoint is written")
        self._saved = run.steps, run.epoch
