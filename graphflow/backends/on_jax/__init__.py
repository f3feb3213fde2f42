"""The JAX backend. Importing it imports JAX, so it is loaded when it is asked for."""

from __future__ import annotations

from functools import partial

from ..backend import Kind
from ..choose import Wishes
from .devices import OneDevice, Spread
from .placed import Placed
from .runner import Jitted

__all__ = ["kind"]


def kind(wishes: Wishes) -> Kind:
    """How a session runs on JAX. Raises ValueError for a mesh or rules that cannot be."""
    if wishes.mesh is None and wishes.shard is not None:
        raise ValueError("Session: shard splits along the axes of a mesh, and there is no mesh")
    devices = OneDevice() if wishes.mesh is None else Spread(wishes.mesh, wishes.shard or {})
    placed = Placed(devices)
    keeping = Kind(
        partial(Jitted, placed=placed, devices=devices, keeping=True),
        simplify=wishes.optimize,
        for_numpy=False,
        as_array=devices.on_host,
        check_names=devices.check,
        agreed=devices.agreed,
    )
    if wishes.watched:
        return keeping
    return keeping._replace(make=partial(Jitted, placed=placed, devices=devices), keeping=keeping)
