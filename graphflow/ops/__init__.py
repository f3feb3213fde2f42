"""The operations, a file or folder per family, and NumPy's functions applied to nodes.

Importing this fills the registry: a node's operators and methods find their functions there.
"""

from .. import registry
from . import (
    array,
    barrier,
    compose,
    creation,
    custom,
    elementwise,
    fourier,
    indexing,
    linalg,
    nn,
    numpy_protocol,
    on_arrays,
    random,
    reduction,
    scan,
    sorting,
    special,
    state,
    tap,
    update,
)

__all__ = [
    "array", "barrier", "compose", "creation", "custom", "elementwise", "fourier", "indexing",
    "linalg", "nn", "numpy_protocol", "on_arrays", "random", "reduction", "scan", "sorting",
    "special", "state", "tap", "update",
]  # fmt: skip

FAMILIES = (
    elementwise, array, reduction, linalg, indexing, nn, state, custom, compose, scan, special,
    sorting, update, creation, fourier, tap,
)  # fmt: skip

registry.functions.update(
    {
        name: getattr(family, name)
        for family in FAMILIES
        for name in family.__all__
        if name[0].islower()  # the others are operation classes
    }
)
