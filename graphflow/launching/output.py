"""What workers print, line by line, each with the number of its worker."""

from __future__ import annotations

import os
from typing import BinaryIO

_MOST = 1 << 16  # bytes: a longer line is shown in parts


class Lines:
    """Reads one worker's output from a pipe, and writes whole lines of it to a stream."""

    def __init__(self, source: int, stream: BinaryIO, prefix: str) -> None:
        self._source = source
        self._stream = stream
        self._prefix = prefix.encode()
        self._rest = b""

    def pump(self) -> bool:
        """Pass on what has come; False once nothing more will."""
        try:
            found = os.read(self._source, _MOST)
        except BlockingIOError:
            return True
        *lines, self._rest = (self._rest + found).split(b"\n")
        if self._rest and (not found or len(self._rest) >= _MOST):
            lines, self._rest = [*lines, self._rest], b""
        if lines:
            self._stream.write(b"".join(self._prefix + line + b"\n" for line in lines))
            self._stream.flush()
        return bool(found)
