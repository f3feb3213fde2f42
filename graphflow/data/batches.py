"""Mini-batches and splits: functions of their seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError

Array = np.ndarray[Any, Any]


def batches(
    arrays: Sequence[Any],
    batch_size: int,
    *,
    shuffle: bool = True,
    seed: int = 0,
    drop_last: bool = False,
) -> Iterator[tuple[Array, ...]]:
    """One pass over `arrays`, `batch_size` rows of each at a time, the last batch perhaps shorter.

    All arrays have the same length. With `shuffle` the order is a function of `seed`: give each
    epoch its own. Raises ShapeError for arrays of different lengths, ValueError for a batch size
    below 1.
    """
    columns = [np.asarray(a) for a in arrays]
    if batch_size < 1:
        raise ValueError(f"batches: batch_size must be at least 1, not {batch_size}")
    lengths = sorted({len(a) for a in columns})
    if len(lengths) != 1:
        raise ShapeError(f"batches: the arrays have different lengths {lengths}")
    return _rows(columns, lengths[0], batch_size, seed if shuffle else None, drop_last)


def _rows(
    columns: list[Array], length: int, size: int, seed: int | None, drop_last: bool
) -> Iterator[tuple[Array, ...]]:
    order = np.arange(length) if seed is None else np.random.default_rng(seed).permutation(length)
    end = length - length % size if drop_last else length
    for start in range(0, end, size):
        chosen = order[start : min(start + size, end)]
        yield tuple([a[chosen] for a in columns])


def stratified_split(labels: Any, *, test: float = 0.2, seed: int = 0) -> tuple[Array, Array]:
    """Indices (train, test), each class shared out in the same proportion, in random order.

    Of each class the share `test`, rounded, goes to the test part. A function of `seed`.
    Raises ValueError unless 0 < test < 1.
    """
    if not 0 < test < 1:
        raise ValueError(f"stratified_split: test must be between 0 and 1, not {test}")
    rng = np.random.default_rng(seed)
    labels = np.asarray(labels)
    held_out = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        held_out[members[: round(test * len(members))]] = True
    order = rng.permutation(len(labels))
    return order[~held_out[order]], order[held_out[order]]
