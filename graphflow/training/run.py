"""A training run: what it is made of, where it is, and what callbacks may ask of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import NumericError
from ..graph import Node, Variable
from ..session import Session
from ..traversal import ancestors
from .feeds import Feed, Feeds
from .history import History


class DivergedError(NumericError):
    """The loss became NaN or infinite; the session is as it was before that.

    `history` has the epochs that were finished.
    """

    history: History


@dataclass(eq=False)
class Training:
    """A run of `gf.train`, as callbacks get it.

    `session` holds the values, `step` is the update that one step runs, `history` has the epochs
    that are finished, `epochs` is how many there are to be, `steps` how many steps were made in
    all, and `last_loss` that of the latest, before its step.
    """

    session: Session
    loss: Node
    step: Node
    data: Feeds
    epochs: int
    history: History
    steps: int = 0
    last_loss: float = float("nan")
    total: float = 0.0  # of the losses of this epoch, weighted by rows
    rows: int = 0  # seen in this epoch
    interrupted: bool = False
    previous: tuple[Any, Feed] | None = None  # where the session was before the last step, its feed

    @property
    def epoch(self) -> int:
        """How many epochs are finished."""
        return len(self.history)

    @property
    def stopped(self) -> bool:
        """Whether it was asked to stop."""
        return bool(self.history.stopped)

    @property
    def variables(self) -> list[Variable]:
        """Those of the model: what loss and step depend on, without what the optimizer keeps."""
        found = ancestors([self.loss, self.step])
        return [v for v in found if isinstance(v, Variable) and v.role != "optimizer"]

    def stop(self, reason: str) -> None:
        """End after the callbacks of this step or epoch; `history.stopped` is the reason."""
        self.history.stopped = reason

    def interrupt(self) -> None:
        """Stop for now: who goes on from a checkpoint is not stopped by it."""
        self.interrupted = True
        self.stop(f"interrupted in epoch {self.epoch + 1}, after {self.steps} steps in all")

    @property
    def position(self) -> dict[str, Any]:
        """Where it is, as plain data: all that goes on from here depends on, but the session."""
        return {
            "data": self.data.state,
            "history": self.history.records,
            "stopped": "" if self.interrupted else self.history.stopped,
            "steps": self.steps,
            "last_loss": self.last_loss,
            "total": self.total,
            "rows": self.rows,
        }

    def restore(self, position: Any) -> None:
        """Go to a `position`. Raises ValueError, unmoved, for what is none in this data."""
        match position:
            case {
                "data": {"step": int(step), "batches": batches},
                "history": list(records),
                "stopped": str(stopped),
                "steps": int(steps),
                "last_loss": float(last_loss),
                "total": float(total),
                "rows": int(rows),
            } if all(_is_record(record) for record in records):
                self.data.restore(step, batches)
            case _:
                raise ValueError("train: the file says of no position in training")
        self.history.records, self.history.stopped = records, stopped
        self.steps, self.last_loss, self.total, self.rows = steps, last_loss, total, rows


def _is_record(record: Any) -> bool:
    match record:
        case {"loss": float(), "metrics": dict(), "validation": dict()}:
            return True
    return False
