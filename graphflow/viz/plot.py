"""Plot: a figure of matplotlib that shows itself in a notebook and saves itself to a file."""

from __future__ import annotations

import hashlib
import io
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .output import suffix_among, write_whole
from .plot_style import FONT, LOOKS, RENDERING, Look, look_named, need_matplotlib, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")
PNG_DPI = 200
_UNDATED = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}
_SIZE = re.compile(r'width="[\d.]+pt" height="[\d.]+pt"')
_RANDOM_ID = re.compile(r'\bid="([a-z]+[0-9a-f]{10})"')

_Array = np.ndarray[Any, Any]


class Plot:
    """A picture of numbers. It shows itself in a notebook; showing never raises.

    `data` has the numbers that are drawn, by name; `note` says what a reader must know about them
    (values that are not finite, say), or is empty; `figure` is matplotlib's, for further work.
    """

    figure: Figure
    data: Mapping[str, Any]
    note: str

    def __init__(
        self,
        caller: str,
        paint: Callable[[Figure, Look], None],
        *,
        what: str,
        theme: str = "auto",
        size: tuple[float, float] = (6.4, 4.2),
        data: Mapping[str, Any] | None = None,
        note: str = "",
    ) -> None:
        look = look_named(caller, theme)
        need_matplotlib(caller)
        self.data = dict(data or {})
        self.note = note
        self._what = what
        self._adaptive = theme == "auto"
        with RENDERING:
            self.figure = new_figure(look, *size)
            paint(self.figure, look)
            if note:
                self.figure.supxlabel(note, color=look.faint, fontsize=9, fontfamily=FONT)

    @property
    def svg(self) -> str:
        """The picture as SVG that fills its container; theme "auto" is dark for who prefers it."""
        return _SIZE.sub('width="100%" height="100%"', self._svg(), count=1)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture in the format its suffix says, .png, .svg or .pdf; returns the path.

        A file is replaced only by a complete one. Raises ValueError for another suffix, OSError
        when the file cannot be written.
        """
        wanted = Path(path)
        suffix = suffix_among(self._what, wanted, FORMATS)
        write_whole(wanted, self.svg.encode() if suffix == ".svg" else self._rendered(suffix[1:]))
        return wanted

    def _rendered(self, kind: str) -> bytes:
        out = io.BytesIO()
        with RENDERING:
            self.figure.savefig(
                out, format=kind, dpi=PNG_DPI, facecolor=self.figure.get_facecolor(),
                metadata=_UNDATED[kind],
            )  # fmt: skip
        return out.getvalue()

    def _svg(self) -> str:
        text = self._rendered("svg").decode()
        text = _same_each_time(text[text.index("<svg ") :])
        if not self._adaptive:
            return text
        start = text.index(">")
        return f'{text[:start]} class="graphflow-plot">{_DARK_STYLE}{text[start + 1 :]}'

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        try:
            fitting = 'style="max-width:100%;height:auto"'
            svg = _SIZE.sub(lambda found: f"{found[0]} {fitting}", self._svg(), count=1)
            return {"image/svg+xml": svg, "text/plain": repr(self)}
        except Exception:  # the output of a notebook's cell is no place to fail
            return {"text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<Plot: {self._what}>" + (f"\n{self.note}" if self.note else "")


def _same_each_time(svg: str) -> str:
    """The drawing with ids that depend on what is drawn, where matplotlib's are drawn by lot."""
    found = dict.fromkeys(_RANDOM_ID.findall(svg))
    if not found:
        return svg
    pattern = re.compile("|".join(found))
    digest = hashlib.sha256(pattern.sub("", svg).encode()).hexdigest()[:10]
    renamed = {old: f"g{digest}-{place}" for place, old in enumerate(found)}
    return pattern.sub(lambda match: renamed[match[0]], svg)


def _dark_style() -> str:
    """Rules that turn the colours of the light look, which the drawing has, into the dark ones."""
    pairs: dict[str, str] = {}
    for field, light, dark in zip(Look._fields, LOOKS["light"], LOOKS["dark"], strict=True):
        if field not in ("path", "path_edge"):
            both = (light, dark) if isinstance(light, tuple) else ((light,), (dark,))
            pairs.update(zip(*both, strict=True))
    rules = "".join(
        f'.graphflow-plot [style*="{what}: {light}"]{{{what}:{dark}!important}}'
        for light, dark in pairs.items()
        for what in ("fill", "stroke")
    )
    return f"<style>@media (prefers-color-scheme:dark){{{rules}}}</style>"


_DARK_STYLE = _dark_style()
