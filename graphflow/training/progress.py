"""How far training is: a bar of tqdm or a plain line on a terminal, and nothing elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_SECONDS = 0.1  # between two lines


class Silent:
    """Shows nothing."""

    def show(self, epoch: int, text: str, *, finished: bool = False) -> None:
        """`text` about this epoch, of which as many are `finished`."""


class Line(Silent):
    """One line that is written over."""

    def __init__(self, stream: Any, epochs: int) -> None:
        self._stream = stream
        self._epochs = epochs
        self._last = ""
        self._at = -_SECONDS

    def show(self, epoch: int, text: str, *, finished: bool = False) -> None:
        """Write the line, but for steps that follow each other too fast to be read."""
        if not finished and time.monotonic() - self._at < _SECONDS:
            return
        self._at = time.monotonic()
        width = shutil.get_terminal_size().columns - 1
        line = f"epoch {epoch}/{self._epochs}  {text}"[:width]
        self._stream.write("\r" + line.ljust(len(self._last)))
        self._stream.flush()
        self._last = line

    def close(self) -> None:
        """Leave the line as it is, and end it."""
        if self._last:
            self._stream.write("\n")
            self._stream.flush()


class Bar(Silent):
    """A bar of tqdm over the epochs."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def show(self, epoch: int, text: str, *, finished: bool = False) -> None:
        """Move the bar and write the text beside it."""
        self._bar.set_postfix_str(text, refresh=False)
        self._bar.update(epoch - self._bar.n if finished else 0)


@contextmanager
def progress_shown(wanted: bool, epochs: int, done: int) -> Iterator[Silent]:
    """What shows progress on standard error, for as long as the block lasts."""
    if not wanted or not sys.stderr.isatty():
        yield Silent()
        return
    try:
        from tqdm import tqdm
    except ImportError:
        line = Line(sys.stderr, epochs)
        try:
            yield line
        finally:
            line.close()
    else:
        with tqdm(total=epochs, initial=done, unit="epoch", file=sys.stderr) as bar:
            yield Bar(bar)
