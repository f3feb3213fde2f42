"""Arrays from a file that `numpy.savez` wrote."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ..errors import DataError, closest, lay_out
from ..io import NpzContents

Array = np.ndarray[Any, Any]


def read_npz(path: str | os.PathLike[str], *names: str) -> dict[str, Array]:
    """The arrays of a .npz file by name: those asked for, or all. Nothing in it is run.

    Raises DataError, naming file and array, for a file that is no .npz or is damaged, for a name
    that it lacks, and for arrays of Python objects; OSError when it cannot be read.
    """
    file_name = os.path.basename(path)
    with open(path, "rb") as file:
        try:
            found = NpzContents(file)
            known = list(found.stated)
            lacking = [name for name in names if name not in known]
            if not lacking:
                return {name: found.array(name) for name in names or known}
        except DataError as error:
            hint = "numpy.savez(path, x=x, y=y) writes one"
            raise DataError(f"read_npz: cannot read {file_name}: {error}", hint) from error
    near = closest(lacking[0], known)
    hint = f"did you mean {near!r}?" if near else f"it holds {', '.join(known)}"
    raise DataError(lay_out("read_npz: no such array", [(file_name, repr(lacking[0]))], hint))
