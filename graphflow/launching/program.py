"""A user's script as a program: arguments and path while it runs, a traceback when it fails."""

from __future__ import annotations

import contextlib
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType


@contextlib.contextmanager
def as_program(path: Path, arguments: Sequence[str]) -> Iterator[None]:
    """sys.argv and sys.path as `python FILE.py` sets them, for a block."""
    before = sys.argv, sys.path
    sys.argv = [str(path), *arguments]
    sys.path = [str(path.resolve().parent), *sys.path]
    try:
        yield
    finally:
        sys.argv, sys.path = before


def from_script(error: BaseException, path: Path) -> TracebackType | None:
    """The traceback from the script on: the frames that ran it say nothing to its author."""
    place = error.__traceback__
    while place is not None and place.tb_frame.f_code.co_filename != str(path):
        place = place.tb_next
    return place


def traceback_of(error: BaseException, path: Path) -> str:
    """The text of an exception of the script, as Python prints it."""
    place = from_script(error, path)
    return "".join(traceback.format_exception(type(error), error, place)).rstrip()
