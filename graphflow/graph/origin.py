"""Where in the user's program a node was made: found cheaply, worked out when asked."""

from __future__ import annotations

import linecache
import os
import sys
from bisect import bisect_right
from functools import lru_cache
from operator import itemgetter
from types import CodeType
from typing import NamedTuple

import numpy as np

from ..errors import plain

Where = tuple[CodeType, int]  # a code object and the offset of an instruction in it

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_INTERNAL = (_PACKAGE, os.path.dirname(os.path.abspath(np.__file__)) + os.sep)
_is_internal: dict[str, bool] = {}


class Origin(NamedTuple):
    """A line of the user's program: file, line number (from 1), and its text.

    What is shown of it is one line, wherever it came from: it can stand in a comment.
    """

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{plain(os.path.basename(self.file))}:{self.line}"


def here() -> Where | None:
    """The innermost frame outside graphflow and NumPy; None when there is none."""
    frame = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        file = code.co_filename
        internal = _is_internal.get(file)
        if internal is None:
            internal = _is_internal[file] = file.startswith(_INTERNAL)
        if not internal:
            return code, frame.f_lasti
        frame = frame.f_back  # type: ignore[assignment]
    return None


def resolve(where: Where | None) -> Origin | None:
    """The file, line and text of a place in the user's program."""
    if where is None:
        return None
    code, offset = where
    lines = _lines(code)
    at = bisect_right(lines, offset, key=itemgetter(0)) - 1
    line = lines[at][1] if at >= 0 else code.co_firstlineno
    try:
        text = linecache.getline(code.co_filename, line)
    except ValueError:  # no file can have such a name
        text = ""
    return Origin(code.co_filename, line, plain(text.strip()))


@lru_cache(maxsize=256)
def _lines(code: CodeType) -> list[tuple[int, int]]:
    """Where each line of a code object begins: offsets in order, with the line."""
    found = [(start, line) for start, _, line in code.co_lines() if line is not None]
    return sorted(found)
