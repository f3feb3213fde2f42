"""The format .safetensors: a length, a header in JSON, and the bytes of the arrays.

Source: https://github.com/huggingface/safetensors, section "Format". Besides the note there is a
checksum of everything, so that damage is noticed; files of others lack both and are read as well.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Mapping
from math import prod
from typing import Any, BinaryIO

import numpy as np

from ..dtypes import Array
from ..errors import DataError
from ..shapes import show
from .npz import Stated

MOST_HEADER = 100_000_000  # bytes, as in the format's own reader
_CHUNK = 1 << 20

_NAMES = {
    "BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "F16": "<f2", "U32": "<u4",
    "I32": "<i4", "F32": "<f4", "C64": "<c8", "F64": "<f8", "I64": "<i8", "U64": "<u8",
}  # fmt: skip
_DTYPES = {name: np.dtype(code) for name, code in _NAMES.items()}
_NAME_OF = {dtype: name for name, dtype in _DTYPES.items()}

Entries = dict[str, dict[str, Any]]


def write_safetensors(file: BinaryIO, arrays: Mapping[str, Array], note: str) -> None:
    """Write arrays under their names, with a note.

    Raises ValueError for a dtype or a name that the format does not have.
    """
    entries: Entries = {}
    parts: list[bytes] = []
    end = 0
    for name, array in arrays.items():
        little = array.dtype.newbyteorder("<")
        if name == "__metadata__" or little not in _NAME_OF:
            raise ValueError(
                f"save: a .safetensors file cannot hold {name[:60]!r} of {array.dtype}; use .npz"
            )
        parts.append(array.astype(little).tobytes())
        span = [end, end := end + len(parts[-1])]
        entries[name] = {
            "dtype": _NAME_OF[little], "shape": list(array.shape), "data_offsets": span
        }  # fmt: skip
    check = _checksum(note, entries)
    for part in parts:
        check = zlib.crc32(part, check)
    about = {"graphflow": note, "crc32": f"{check:08x}"}
    header = json.dumps({"__metadata__": about, **entries}).encode()
    header += b" " * (-len(header) % 8)
    file.write(struct.pack("<Q", len(header)) + header)
    for part in parts:
        file.write(part)


class SafetensorsContents:
    """The arrays of an open .safetensors file: what is `stated`, and each by `array(name)`.

    Nothing is allocated that the file's own length does not cover. Raises DataError for what is no
    such file or is damaged.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        size = os.fstat(file.fileno()).st_size
        head = file.read(8)
        length = struct.unpack("<Q", head)[0] if len(head) == 8 else 0
        if not 2 <= length <= min(MOST_HEADER, size - 8):
            raise DataError(f"its header would have {length} bytes, the file has {size}")
        self._start = 8 + length
        header = _parsed(file.read(length))
        about = header.pop("__metadata__", {})
        self._entries = header
        self.stated = _stated(header, size - self._start)
        if not isinstance(about, dict) or not all(isinstance(v, str) for v in about.values()):
            raise DataError("its metadata are no texts")
        self.note: str | None = about.get("graphflow")
        check = about.get("crc32")
        if (self.note is not None or check is not None) and check != self._check(self.note):
            raise DataError("its checksum is not that of its content")

    def _check(self, note: str | None) -> str:
        check = _checksum(note, self._entries)
        self._file.seek(self._start)
        while chunk := self._file.read(_CHUNK):
            check = zlib.crc32(chunk, check)
        return f"{check:08x}"

    def array(self, name: str) -> Array:
        """One array, new."""
        shape, dtype = self.stated[name]
        first, end = self._entries[name]["data_offsets"]
        self._file.seek(self._start + first)
        content = self._file.read(end - first)
        if len(content) != end - first:
            raise DataError(f"{name!r} is cut off")
        return np.frombuffer(content, dtype).reshape(shape).copy()


def _checksum(note: str | None, entries: Entries) -> int:
    return zlib.crc32(json.dumps([note, entries], sort_keys=True).encode())


def _parsed(header: bytes) -> dict[str, Any]:
    try:
        found = json.loads(header.decode(), object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        raise DataError(f"its header is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise DataError("its header is no JSON object")
    return found


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _stated(header: dict[str, Any], available: int) -> dict[str, Stated]:
    """What the header says of each array. Together they are the data, without gaps or overlaps."""
    spans: list[tuple[int, int]] = []
    found: dict[str, Stated] = {}
    for name, entry in header.items():
        match entry:
            case {"dtype": str(kind), "shape": list(shape), "data_offsets": [first, end]}:
                pass
            case _:
                raise DataError(f"its entry for {name!r} is {str(entry)[:60]}")
        if kind not in _DTYPES:
            raise DataError(f"{name!r} is of the dtype {kind}, which NumPy lacks")
        numbers = [*shape, first, end]
        if len(numbers) > 66 or not all(type(n) is int and 0 <= n < 2**63 for n in numbers):
            raise DataError(f"the shape or the place of {name!r} is none")
        if end - first != prod(shape) * _DTYPES[kind].itemsize:
            raise DataError(f"{name!r} has {end - first} bytes for {kind}{show(tuple(shape))}")
        spans.append((first, end))
        found[name] = Stated(tuple(shape), _DTYPES[kind])
    at = 0
    for first, end in sorted(spans):
        if first != at:
            raise DataError("its arrays overlap, or have gaps between them")
        at = end
    if at != available:
        raise DataError(f"its arrays take {at} bytes, {available} are there")
    return found
