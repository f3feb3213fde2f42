"""The format .npz: a zip archive of NumPy's array files, read without trusting what it says."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import prod
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.lib import format as npy

from ..dtypes import Array, DType
from ..errors import DataError
from ..shapes import show

NOTE = "__graphflow__"  # the array that holds the note, as bytes of UTF-8
MOST_NOTE = 1 << 26  # bytes

# What zipfile and NumPy raise for a file that is not as it was written.
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, ValueError, EOFError, OSError, KeyError,
    NotImplementedError, RuntimeError, TypeError,
)  # fmt: skip


_HEADER = re.compile(
    r"\{'descr': '([<>|=]?[a-zA-Z]\d*)', 'fortran_order': (True|False), "
    r"'shape': \(([\d, ]*)\),? ?\}\s*"
)


class Stated(NamedTuple):
    """What a file says of one array before it is read."""

    shape: tuple[int, ...]
    dtype: DType

    def __str__(self) -> str:
        return f"{self.dtype}{show(self.shape)}"


def write_npz(file: BinaryIO, arrays: Mapping[str, Array], note: str) -> None:
    """Write arrays under their names, uncompressed, with a note: `numpy.load` reads the file.

    Raises ValueError for a name that a zip archive cannot hold.
    """
    held = {**arrays, NOTE: np.frombuffer(note.encode(), np.uint8)}
    for name in arrays:
        if name == NOTE or not _is_held(name):
            raise ValueError(f"save: a .npz file cannot hold an array named {name[:60]!r}")
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, array in held.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                npy.write_array(member, np.asarray(array), allow_pickle=False)


def _is_held(name: str) -> bool:
    """Whether a member of a zip archive can have this name and keep it."""
    try:
        return not {"\0", "\\"} & set(name) and len(name.encode()) <= 60_000
    except UnicodeEncodeError:  # half of a character
        return False


class NpzContents:
    """The arrays of an open .npz file: what is `stated`, and each by `array(name)`.

    Shapes are known before anything of their size is allocated, and nothing in the file is run:
    arrays of objects are refused. Raises DataError for what is no such file or is damaged.
    """

    def __init__(self, file: BinaryIO) -> None:
        with _damage_named():
            self._archive = zipfile.ZipFile(file)
            names = [info.filename for info in self._archive.infolist()]
            wrong = [name for name in names if not name.endswith(".npy")]
            if wrong or len(set(names)) < len(names):
                raise DataError(f"it holds {wrong[0]!r}" if wrong else "it holds a name twice")
        found = {name.removesuffix(".npy"): self._stated(name) for name in names}
        self._has_note = found.pop(NOTE, None) is not None
        self.stated: dict[str, Stated] = found

    @property
    def note(self) -> str | None:
        """The note that was written with the arrays, if there is one."""
        return self.array(NOTE).tobytes().decode(errors="replace") if self._has_note else None

    def array(self, name: str) -> Array:
        """One array, new. Raises DataError when its bytes are not those that were written."""
        with _damage_named(), self._archive.open(f"{name}.npy") as member:
            shape, in_columns, dtype = _header(member)
            size = prod(shape) * dtype.itemsize
            left = self._archive.getinfo(f"{name}.npy").file_size - member.tell()
            if size != left or (name == NOTE and size > MOST_NOTE):
                raise DataError(f"{name!r} has {left} bytes where {size} are stated")
            content = member.read(size)
            if len(content) != size or member.read(1):
                raise DataError(f"{name!r} is cut off")
            order: Any = "F" if in_columns else "C"
            return np.frombuffer(content, dtype).reshape(shape, order=order).copy(order="C")

    def _stated(self, filename: str) -> Stated:
        with _damage_named(), self._archive.open(filename) as member:
            shape, _, dtype = _header(member)
        return Stated(shape, dtype)


def _header(member: Any) -> tuple[tuple[int, ...], bool, DType]:
    """Shape, whether in Fortran's order, dtype. NumPy's own reader of it would evaluate Python."""
    start = member.read(10)
    if start[:8] != b"\x93NUMPY\x01\x00" or len(start) != 10:  # other versions: of any length
        raise DataError("it holds what is no array file of version 1.0")
    text = member.read(struct.unpack("<H", start[8:])[0]).decode("latin-1")
    found = _HEADER.fullmatch(text)
    if found is None:
        raise DataError(f"it holds an array of a kind that is not read: {text[:60].strip()}")
    code, order, sizes = found.groups()
    dtype = np.dtype(code)
    if dtype.hasobject:
        raise DataError("it holds Python objects")
    shape = tuple(int(size) for size in sizes.split(",") if size.strip())
    return shape, order == "True", dtype


@contextmanager
def _damage_named() -> Iterator[None]:
    try:
        yield
    except DataError:
        raise
    except _DAMAGE as error:
        raise DataError(f"it is damaged: {error}") from error
