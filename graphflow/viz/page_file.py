"""PageFile: the path of a page that was written, which a notebook shows as the page."""

from __future__ import annotations

import sys
from typing import Any

from .chart_page import in_frame
from .display import bundle

if sys.platform == "win32":
    from pathlib import WindowsPath as _Path
else:
    from pathlib import PosixPath as _Path

_HEIGHT = 720  # pixels in a notebook
_MOST_BYTES = 1 << 21  # a larger page would weigh down the notebook that it is shown in


class PageFile(_Path):
    """A path like any other. In a notebook it shows the page, unless that is over 2 MiB."""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return bundle({"text/html": self._framed, "text/plain": self.__repr__})

    def _framed(self) -> str | None:
        if self.stat().st_size > _MOST_BYTES:
            return None
        return in_frame(self.read_text(encoding="utf-8"), _HEIGHT)
