"""The JAX backend. Importing it imports JAX, so it is loaded when it is asked for."""

from __future__ import annotations

from functools import partial

import numpy as np

from ..backend import Kind
from ..choose import Wishes
from .placed import Placed
from .runner import Jitted

__all__ = ["kind"]


def kind(wishes: Wishes) -> Kind:
    """How a session runs on JAX."""
    placed = Placed()
    keeping = Kind(
        partial(Jitted, placed=placed, keeping=True),
        simplify=wishes.optimize,
        for_numpy=False,
        as_array=np.asarray,
    )
    if wishes.watched:
        return keeping
    return keeping._replace(make=partial(Jitted, placed=placed), keeping=keeping)
