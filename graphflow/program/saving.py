"""A program as one file of Python that needs NumPy alone."""

from __future__ import annotations

import base64
import os
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import GraphError
from .program import Program
from .source import Source

_INLINE_BYTES = 1 << 16  # larger arrays go into the file beside it
_ABOVE = r"""import base64
import os
import zlib
import numpy as np


def _check_text(crc):
    try:
        with open(__file__, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except (NameError, OSError):
        return  # it runs from elsewhere
    _, mark, below = text.partition(f"\n# saved with crc32 {crc:08x}\n")
    if mark and zlib.crc32(below.encode()) != crc:
        raise ValueError(f"{__file__} is not as it was saved; after a change by hand, "
                         "remove the call of _check_text")


"""
_LOADER = """
def _array(crc, text, dtype, shape):
    if zlib.crc32(f"{text} {dtype} {shape}".encode()) != crc:
        raise ValueError("an array is not as it was saved")
    return np.frombuffer(base64.b64decode(text), dtype).reshape(shape)


"""
_BESIDE = """
def _arrays(crc, name):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    found = 0
    with open(path, "rb") as file:
        while part := file.read(1 << 20):
            found = zlib.crc32(part, found)
        if found != crc:
            raise ValueError(f"{path} is not the file that was saved with this one")
        file.seek(0)
        return dict(np.load(file, allow_pickle=False))


"""


def save_source(
    source: Source,
    program: Program,
    variables: Sequence[np.ndarray[Any, Any]],
    path: str | os.PathLike[str],
) -> None:
    """Write the text with its constants, and the values of `variables` as defaults of the step.

    Both files are written beside their names first and then renamed. Raises GraphError for what
    has no text, with nothing written.
    """
    for name, what in source.given.items():
        described = what.describe() if hasattr(what, "describe") else name
        raise GraphError(f"save: no text can stand for {described}", "it runs in Python alone")
    target = Path(path)
    arrays = target.with_suffix(".npz")
    named = dict(source.constants)
    count = len(source.parameters) - len(variables) - (program.key is not None)
    defaults = source.parameters[count : count + len(variables)]
    named |= {f"variable {name}": value for name, value in zip(defaults, variables, strict=True)}
    large = {name: value for name, value in named.items() if value.nbytes > _INLINE_BYTES}
    lines = ["constants = {"]
    lines += [f"    {name!r}: {_inline(v)}," for name, v in named.items() if name not in large]
    lines.append("}")
    loader = _LOADER
    if large:
        crc = _replace(arrays, lambda out: np.savez(out, **large))  # type: ignore[arg-type]
        loader += _BESIDE
        lines.append(f"constants.update(_arrays(0x{crc:08x}, {arrays.name!r}))")
    text = _with_defaults(source, defaults, draws=program.key is not None)
    above, _, below = text.partition("import numpy as np\n")
    below = f"{loader}{_joined(lines)}{below}"
    crc = zlib.crc32(below.encode())
    check = f"_check_text(0x{crc:08x})\n\n# saved with crc32 {crc:08x}\n"
    whole = f"{above}{_ABOVE}{check}{below}"
    _replace(target, lambda out: out.write(whole.encode()))


def _joined(lines: list[str]) -> str:
    return "".join([f"{line}\n" for line in lines])


def _inline(value: np.ndarray[Any, Any]) -> str:
    data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
    dtype, shape = value.dtype.str, value.shape
    crc = zlib.crc32(f"{data} {dtype} {shape}".encode())
    return f"_array(0x{crc:08x}, {data!r}, {dtype!r}, {shape!r})"


def _with_defaults(source: Source, defaults: list[str], draws: bool) -> str:
    """The step with the variables' values as defaults."""
    before = f"def step({', '.join(source.parameters)}):"
    known = set(defaults)
    signature = [f"{p}=constants['variable {p}']" if p in known else p for p in source.parameters]
    if draws and known:
        signature[-1] += "=None"  # the random key, after the variables
    return source.text.replace(f"\n{before}", f"\ndef step({', '.join(signature)}):", 1)


def _replace(target: Path, write: Any) -> int:
    """Write beside the target, then put it in its place: the checksum of the file."""
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with open(beside, "wb") as out:
            write(out)
        crc = _checksum(beside)
        os.replace(beside, target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return crc


def _checksum(path: Path) -> int:
    crc = 0
    with open(path, "rb") as file:
        while part := file.read(1 << 20):
            crc = zlib.crc32(part, crc)
    return crc
