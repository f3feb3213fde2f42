"""Mini-batches: which rows come when is a function of the seed, the epoch and the step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import index
from typing import Any

import numpy as np

from ..errors import DTypeError, ShapeError
from ..graph import holds_mask
from .read_ahead import prefetch as read_ahead

Array = np.ndarray[Any, Any]


def batches(
    arrays: Any,
    batch_size: int,
    *,
    shuffle: bool = True,
    seed: int = 0,
    drop_last: bool = False,
    prefetch: int = 0,
) -> Batches:
    """`arrays`, of one length, in batches of `batch_size` rows, the last one perhaps shorter.

    `arrays` is a list, which gives tuples, or a dict such as `{placeholder: array}`, which gives
    dicts to feed. With `shuffle` every epoch has its own order. `drop_last` leaves a shorter last
    batch out. Arrays may be of `np.memmap`, larger than memory: only the rows of a batch are read,
    by a thread and up to `prefetch` batches ahead if that is not 0.

    Raises ShapeError for arrays of different lengths, ValueError for a batch size below 1 or a
    negative seed, DTypeError for what is no list or dict.
    """
    return Batches(
        arrays, batch_size, shuffle=shuffle, seed=seed, drop_last=drop_last, prefetch=prefetch
    )


class Batches:
    """Batches of arrays: iterating gives the rest of an epoch, and goes on to the next one.

    So `for epoch in range(10): for x, y in data:` sees ten epochs in ten orders. A position is
    plain data: `state` is one, and `restore(state)` goes there. It counts the batches that were
    handed out, not those that were read ahead.
    """

    def __init__(
        self,
        arrays: Any,
        batch_size: int,
        *,
        shuffle: bool,
        seed: int,
        drop_last: bool,
        prefetch: int,
    ) -> None:
        self._columns, self._wrap = _taken(arrays)
        lengths = sorted({len(column) for column in self._columns})
        if len(lengths) != 1:
            raise ShapeError(f"batches: the arrays have different lengths {lengths}")
        try:
            batch_size = index(batch_size)
        except TypeError as error:
            raise DTypeError(f"batches: batch_size is an integer, not {batch_size!r}") from error
        if batch_size < 1:
            raise ValueError(f"batches: batch_size must be at least 1, not {batch_size}")
        if seed < 0 or prefetch < 0:
            raise ValueError(f"batches: seed and prefetch are not negative: {seed}, {prefetch}")
        self.rows = lengths[0]
        self.batch_size = batch_size
        self._seed = int(seed) if shuffle else None
        self._end = self.rows - self.rows % self.batch_size if drop_last else self.rows
        self._ahead = prefetch
        self.epoch = 0  # of the next batch
        self.step = 0  # of the next batch, in its epoch
        self._order: tuple[int, Array] | None = None

    def __len__(self) -> int:
        """The number of batches of a whole epoch."""
        return -(-self._end // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        if self.step >= len(self):
            self.epoch, self.step = self.epoch + 1, 0
        epoch, first = self.epoch, self.step
        made: Iterable[Any] = (self.batch(epoch, step) for step in range(first, len(self)))
        for number, batch in enumerate(read_ahead(made, self._ahead) if self._ahead else made):
            self.epoch, self.step = epoch, first + number + 1
            yield batch

    def batch(self, epoch: int, step: int) -> Any:
        """The batch of this epoch and step, both from 0: a function of them and of the seed."""
        start = step * self.batch_size
        stop = min(start + self.batch_size, self._end)
        if not 0 <= start < stop:
            raise IndexError(f"batches: there is no step {step} among {len(self)}")
        if self._seed is None:
            return self._lying(start, stop)
        chosen = self._order_of(epoch)[start:stop]
        return self._wrap([column[chosen] for column in self._columns])

    def in_order(self) -> Iterator[Any]:
        """Every row once, as they lie, without moving the position."""
        starts = range(0, self.rows, self.batch_size)
        made: Iterable[Any] = (self._lying(start, start + self.batch_size) for start in starts)
        return read_ahead(made, self._ahead) if self._ahead else iter(made)

    def _lying(self, start: int, stop: int) -> Any:
        return self._wrap([np.array(column[start:stop]) for column in self._columns])

    def _order_of(self, epoch: int) -> Array:
        known = self._order
        if known is None or known[0] != epoch:
            assert self._seed is not None
            rng = np.random.default_rng([self._seed, epoch])
            known = self._order = (epoch, rng.permutation(self.rows))
        return known[1]

    @property
    def state(self) -> dict[str, Any]:
        """The position, as numbers that JSON can hold; which batches they are of is in it too."""
        return {
            "epoch": self.epoch,
            "step": self.step,
            "rows": self.rows,
            "batch_size": self.batch_size,
            "batches": len(self),
            "seed": self._seed,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go to a position that `state` gave.

        Raises ValueError, with nothing changed, for what is no position, and for one in other
        batches: of another number of rows, another batch size or another seed.
        """
        own = self.state
        if not isinstance(state, Mapping) or set(state) != set(own):
            raise ValueError(f"batches: {state!r} is no position in batches")
        for name in ("rows", "batch_size", "batches", "seed"):
            if state[name] != own[name]:
                raise ValueError(
                    f"batches: the position is of other batches: {name} {state[name]!r}, "
                    f"here {own[name]!r}"
                )
        epoch, step = state["epoch"], state["step"]
        if not (type(epoch) is type(step) is int and epoch >= 0 and 0 <= step <= len(self)):
            raise ValueError(f"batches: there is no epoch {epoch!r}, step {step!r}")
        self.epoch, self.step = epoch, step

    def __repr__(self) -> str:
        at = f"at epoch {self.epoch}, step {self.step}"
        return f"<Batches: {len(self)} of {self.batch_size} rows, {at}>"


def _taken(arrays: Any) -> tuple[list[Array], Callable[[list[Array]], Any]]:
    """The arrays, and what makes of one batch of each the item that the reader gets."""
    if isinstance(arrays, Mapping):
        keys = list(arrays)
        return _as_columns(arrays.values()), lambda parts: dict(zip(keys, parts, strict=True))
    if isinstance(arrays, np.ndarray) or not isinstance(arrays, Iterable):
        raise DTypeError(
            f"batches: a {type(arrays).__name__} is no list of arrays", "write [x] or [x, y]"
        )
    return _as_columns(arrays), tuple


def _as_columns(arrays: Iterable[Any]) -> list[Array]:
    columns = [_as_column(array) for array in arrays]
    if not columns:
        raise ShapeError("batches: no arrays were given")
    for column in columns:
        if column.ndim == 0:
            raise ShapeError(f"batches: a number has no rows: {column}")
    return columns


def _as_column(array: Any) -> Array:
    try:
        column = np.asarray(array)
    except (TypeError, ValueError) as error:
        raise DTypeError(f"batches: not an array ({error})") from error
    if holds_mask(array, column.ndim):
        raise DTypeError("batches: a masked array has no values under its mask", "use .filled()")
    return column
