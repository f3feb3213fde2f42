"""Standardizer: columns brought to mean 0 and standard deviation 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ShapeError

Array = np.ndarray[Any, Any]


class Standardizer:
    """`scale(x)` is (x - mean) / std, with the mean and std of the rows it was made from.

    Make it from the rows to train on, and use it on all others; it gives float64. `mean` and `std`
    have the shape of a row; a column that is constant has std 1 here, so that it becomes 0.

    Raises ValueError for no rows, and for NaN or infinity, naming the row and column.
    """

    def __init__(self, x: Any) -> None:
        rows = np.asarray(x, np.float64)
        if rows.ndim == 0 or len(rows) == 0:
            raise ValueError(f"Standardizer: no rows in an array of shape {rows.shape}")
        bad = np.argwhere(~np.isfinite(rows))
        if len(bad):
            place = ", ".join(map(str, bad[0]))
            raise ValueError(f"Standardizer: x[{place}] is {rows[tuple(bad[0])]}")
        constant = np.ptp(rows, axis=0) == 0  # exactly: rounding may leave a mean and a tiny std
        self.mean: Array = np.where(constant, rows[0], rows.mean(axis=0))
        self.std: Array = np.where(constant, 1.0, rows.std(axis=0))

    def __call__(self, x: Any) -> Array:
        """(x - mean) / std. Raises ShapeError for rows of another shape."""
        return (self._fitting(x) - self.mean) / self.std

    def undo(self, z: Any) -> Array:
        """z * std + mean, the inverse. Raises ShapeError for rows of another shape."""
        return self._fitting(z) * self.std + self.mean

    def _fitting(self, x: Any) -> Array:
        rows = np.asarray(x, np.float64)
        if rows.shape[1:] != self.mean.shape:
            raise ShapeError(
                f"Standardizer: rows of shape {rows.shape[1:]}; it was made from {self.mean.shape}"
            )
        return rows
