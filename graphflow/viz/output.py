"""Files that are whole or not there."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Put `content` at `path` whole: a failure leaves what was there."""
    part = path.with_name(f".{os.getpid()}-{threading.get_ident()}.part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def suffix_among(caller: str, path: Path, formats: Sequence[str]) -> str:
    """The path's suffix in lower case. Raises ValueError when it is none of `formats`."""
    suffix = path.suffix.lower()
    if suffix not in formats:
        known = ", ".join(formats)
        raise ValueError(f"{caller}: {path.name!r} has no suffix of a picture; use {known}")
    return suffix
