"""Arrays from a file that `numpy.savez` wrote."""

from __future__ import annotations

import os
import zipfile
import zlib
from typing import Any

import numpy as np

from ..errors import DataError, closest, lay_out

Array = np.ndarray[Any, Any]

# What zipfile and numpy.load raise for a file that is not as it was written.
DAMAGE = (
    zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError, NotImplementedError,
    RuntimeError, SyntaxError, MemoryError,
)  # fmt: skip


def read_npz(path: str | os.PathLike[str], *names: str) -> dict[str, Array]:
    """The arrays of a .npz file by name: those asked for, or all. Nothing in it is run.

    Raises DataError, naming file and array, for a file that is no .npz or is damaged, for a name
    that it lacks, and for an array of Python objects; OSError when it cannot be read.
    """
    name = os.path.basename(path)
    with open(path, "rb") as file:
        if not zipfile.is_zipfile(file):
            hint = "write one with numpy.savez(path, x=x, y=y)"
            raise DataError(f"read_npz: {name} is no .npz file, or is cut off", hint)
        try:
            found = np.load(file, allow_pickle=False)
        except DAMAGE as error:
            raise DataError(f"read_npz: {name} is damaged: {error}") from error
        return {wanted: _array(found, wanted, name) for wanted in names or found.files}


def _array(found: Any, name: str, file: str) -> Array:
    if name not in found.files:
        near = closest(name, found.files)
        hint = f"did you mean {near!r}?" if near else f"it holds {', '.join(found.files)}"
        raise DataError(lay_out("read_npz: no such array", [(file, repr(name))], hint))
    try:
        array = found[name]
    except DAMAGE as error:
        reason = "it holds Python objects" if "pickle" in str(error) else str(error)
        raise DataError(
            lay_out(f"read_npz: cannot read an array: {reason}", [(file, repr(name))])
        ) from error
    return np.asarray(array)
