"""Files that are there whole or not at all, whatever happens while they are written."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


def write_whole(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Put what `write` writes at `path` in one move: a failure, or a kill, leaves what was there.

    It is written beside, forced to disk, and renamed; then the folder is forced to disk. A kill may
    leave a part, a hidden file that `remove_parts` takes away.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        with part.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    _force_folder(path.parent)


def remove_parts(path: Path) -> None:
    """Take away what writers of `path` that were killed have left. None may be writing now."""
    for part in path.parent.glob(f".{_literal(path.name)}.*-*.part"):
        part.unlink(missing_ok=True)


def _literal(name: str) -> str:
    """A name as a pattern that only it matches."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _force_folder(folder: Path) -> None:
    if os.name == "nt":  # there a folder cannot be opened, and a rename is on disk at once
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
