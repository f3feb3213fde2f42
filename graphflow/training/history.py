"""History: the loss and the metrics of every epoch, as plain data that shows itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from ..errors import plain
from ..session import Session
from ..viz import Plot, curves

_ROWS_SHOWN = 12

Record = dict[str, Any]


class History:
    """What every epoch gave. `records` is plain data, one dict per epoch; the rest is read off it.

    `epochs` are their numbers, from 1. `loss` is the mean over the rows trained on, each batch
    before its own step. `metrics` (of the training data) and `validation` (with its "loss") are
    dicts of lists, by name, of the values after each epoch. `stopped` says why it ended before the
    last epoch, and is empty if it did not. `session` has the values that were trained.
    """

    def __init__(
        self, records: Iterable[Record] = (), stopped: str = "", session: Session | None = None
    ) -> None:
        self.records = list(records)
        self.stopped = stopped
        self.session = session

    @property
    def epochs(self) -> list[int]:
        """The numbers of the epochs, from 1."""
        return list(range(1, len(self.records) + 1))

    @property
    def loss(self) -> list[float]:
        """The mean loss of each epoch on the training data."""
        return [record["loss"] for record in self.records]

    @property
    def metrics(self) -> dict[str, list[float]]:
        """The metrics after each epoch on the training data, by name."""
        return self._lists("metrics")

    @property
    def validation(self) -> dict[str, list[float]]:
        """The loss and the metrics after each epoch on the validation data, by name."""
        return self._lists("validation")

    def _lists(self, part: str) -> dict[str, list[float]]:
        names = dict.fromkeys(name for record in self.records for name in record[part])
        gap = float("nan")  # where a run went on with other metrics
        return {name: [record[part].get(name, gap) for record in self.records] for name in names}

    def values(self, name: str) -> list[float]:
        """A list by its name: "loss", "validation loss", a metric, or "validation " and a metric.

        Raises ValueError for another name.
        """
        kept = self._columns()
        if name not in kept:
            raise ValueError(f"history: no {name!r}; there is {', '.join(map(repr, kept))}")
        return kept[name]

    def _columns(self) -> dict[str, list[float]]:
        held_out = {f"validation {name}": values for name, values in self.validation.items()}
        return {"loss": self.loss, **self.metrics, **held_out}

    def plot(self) -> Plot:
        """Loss and metrics over the epochs, as `gf.viz.curves` draws them; it has `save(path)`.

        Raises ValueError for no epoch, MissingError without matplotlib.
        """
        return curves(self)

    def __len__(self) -> int:
        return len(self.records)

    def __repr__(self) -> str:
        if not self.records:
            return f"<History of no epoch{_because(self.stopped)}>"
        last = told(self.records[-1])
        return f"<History of {len(self)} epochs{_because(self.stopped)}: {last}>"

    def _repr_html_(self) -> str:
        columns = self._columns()
        head = "".join(f"<th>{escape(name)}</th>" for name in ["epoch", *columns])
        body = ""
        for epoch in _spread(len(self)):
            cells = [str(epoch), *(f"{values[epoch - 1]:.6g}" for values in columns.values())]
            body += "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
        note = f"<p>{escape(self.stopped)}</p>" if self.stopped else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"


def told(record: Mapping[str, Any]) -> str:
    """The numbers of an epoch in a line."""
    numbers = {"loss": record["loss"], **record["metrics"]}
    numbers |= {f"validation {name}": value for name, value in record["validation"].items()}
    return "  ".join(f"{plain(name)} {value:.4g}" for name, value in numbers.items())


def _spread(count: int) -> list[int]:
    """Numbers from 1 to `count`, first and last among them, at most as many as a table shows."""
    shown = min(count, _ROWS_SHOWN)
    return [1 + (count - 1) * place // max(shown - 1, 1) for place in range(shown)]


def _because(stopped: str) -> str:
    return f" ({stopped})" if stopped else ""
