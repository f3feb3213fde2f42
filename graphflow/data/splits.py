"""Which rows to train on and which to hold out: functions of a seed."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def stratified_split(labels: Any, *, test: float = 0.2, seed: int = 0) -> tuple[Array, Array]:
    """Indices (train, test), each class shared out in the same proportion, in random order.

    Of each class the share `test`, rounded, goes to the test part. A function of `seed`.
    Raises ValueError unless 0 < test < 1.
    """
    _check_share("stratified_split", test)
    rng = np.random.default_rng(seed)
    labels = np.asarray(labels)
    held_out = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        held_out[members[: round(test * len(members))]] = True
    order = rng.permutation(len(labels))
    return order[~held_out[order]], order[held_out[order]]


def random_split(count: int, *, test: float = 0.2, seed: int = 0) -> tuple[Array, Array]:
    """Indices (train, test) of `count` rows in random order.

    The share `test` of them, rounded, is in the second. A function of `seed`.
    Raises ValueError unless 0 < test < 1.
    """
    _check_share("random_split", test)
    order = np.random.default_rng(seed).permutation(count)
    kept = count - round(test * count)
    return order[:kept], order[kept:]


def _check_share(caller: str, test: float) -> None:
    if not 0 < test < 1:
        raise ValueError(f"{caller}: test must be between 0 and 1, not {test}")
