"""Table: rows of numbers with what is known of each, and the names of both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .splits import random_split, stratified_split

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """Features `x` (n, k), one row per example, and targets `y` (n, ...); `x, y = table`.

    `columns` names the k features. `classes` names the classes when `y` holds their numbers (int64
    from 0), and is empty otherwise.
    """

    x: Array
    y: Array
    columns: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Array]:
        return iter((self.x, self.y))

    def __len__(self) -> int:
        return len(self.x)

    def rows(self, chosen: Any) -> Table:
        """The table of these rows: indices, a slice or a mask."""
        return replace(self, x=self.x[chosen], y=self.y[chosen])

    def split(self, *, test: float = 0.2, seed: int = 0) -> tuple[Table, Table]:
        """Two tables, to train on and to test on, the second with the share `test` of the rows.

        Of numbers of classes every class is shared out in that proportion. A function of `seed`.
        Raises ValueError unless 0 < test < 1.
        """
        if self.y.ndim == 1 and self.y.dtype.kind in "iu":
            kept, held_out = stratified_split(self.y, test=test, seed=seed)
        else:
            kept, held_out = random_split(len(self), test=test, seed=seed)
        return self.rows(kept), self.rows(held_out)

    def __repr__(self) -> str:
        kinds = f", {len(self.classes)} classes" if self.classes else ""
        return f"<Table of {len(self.x)} rows, features {self.x.shape[1:]}{kinds}>"
