"""Picture: a graph drawn; it shows itself in a notebook and saves itself to a file."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

from ..graph import Node
from . import render, svg
from .dot import dot_text, theme_named
from .figure import Figure, figure
from .output import suffix_among, write_whole
from .summary import counts, summary

FORMATS = (".svg", ".png", ".pdf", ".dot", ".gv")
MAX_NODES = 1000
MAX_TEXT = 2_000_000  # characters of DOT


def draw(
    nodes_or_graph: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    show: str = "all",
    highlight: Iterable[Node] = (),
    theme: str = "auto",
) -> Picture:
    """A picture of these nodes and of everything they are computed from; saved if a path is given.

    Takes what `to_dot` takes. `theme` "auto" is light, and in SVG dark for readers who prefer it.
    The path's suffix says the format: .svg .png .pdf .dot .gv. Where a format cannot be made, the
    .dot is written beside and a warning says why and what to install.

    Raises ValueError for another suffix or option, OSError when the file cannot be written, and
    what `to_dot` raises.
    """
    picture = Picture(figure(nodes_or_graph, show, highlight), theme)
    if path is not None:
        picture._save(path, stacklevel=3)
    return picture


class Picture:
    """A graph as text and, where there is a renderer, as a drawing. It holds no node.

    Layout happens when the drawing is first asked for.
    """

    dot: str  # Graphviz's language
    summary: str  # kinds and counts, then a line per node

    def __init__(self, shown: Figure, theme: str = "auto") -> None:
        self._adaptive = theme == "auto"
        self.dot = dot_text(shown, theme_named("light" if self._adaptive else theme))
        self.summary = summary(shown)
        self._nodes = len(shown.boxes)
        self._counts = counts(shown)

    @cached_property
    def _drawn(self) -> tuple[str | None, str]:
        """The SVG in its own size, or None, and why there is none."""
        try:
            self._check_size()
            return svg.finished(render.render_svg(self.dot), self._adaptive), ""
        except render.RenderError as error:
            return None, str(error)

    @property
    def svg(self) -> str | None:
        """The drawing as SVG that fills its container; None when there is no renderer for it."""
        drawn = self._drawn[0]
        return None if drawn is None else svg.fluid(drawn)

    @property
    def note(self) -> str:
        """Why `svg` is None and what to do about it; empty when there is a drawing."""
        return self._drawn[1]

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture in the format its suffix says; returns the path of what was written.

        Where a format cannot be made, that is the .dot beside, and a warning says why. A file is
        replaced only by a complete one. Raises ValueError for a suffix that is none of .svg .png
        .pdf .dot .gv, OSError when the file cannot be written.
        """
        return self._save(path, stacklevel=3)

    def _save(self, path: str | os.PathLike[str], stacklevel: int) -> Path:
        wanted = Path(path)
        suffix = suffix_among("draw", wanted, FORMATS)
        try:
            write_whole(wanted, self._in_format(suffix))
        except render.RenderError as error:
            instead = wanted.with_suffix(".dot")
            write_whole(instead, self.dot.encode())
            warnings.warn(
                f"wrote {instead.name} instead of {wanted.name}: {error}", stacklevel=stacklevel
            )
            return instead
        return wanted

    def _in_format(self, suffix: str) -> bytes:
        if suffix in (".dot", ".gv"):
            return self.dot.encode()
        if suffix == ".svg":
            if self.svg is None:
                raise render.RenderError(self.note)
            return self.svg.encode()
        self._check_size()
        return render.render_png(self.dot) if suffix == ".png" else render.render_pdf(self.dot)

    def _check_size(self) -> None:
        if self._nodes > MAX_NODES or len(self.dot) > MAX_TEXT:
            raise render.RenderError(
                f"{self._nodes} nodes are too many to lay out (at most {MAX_NODES}): "
                "draw a node further up, or show='forward'"
            )

    def _repr_svg_(self) -> str | None:
        return self._repr_mimebundle_().get("image/svg+xml")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        try:
            drawn = self._drawn[0]
            if drawn is None:
                return {"text/plain": str(self)}
            return {"image/svg+xml": svg.inline(drawn), "text/plain": repr(self)}
        except Exception:  # the output of a notebook's cell is no place to fail
            return {"text/plain": self.summary}

    def __str__(self) -> str:
        return f"{self.summary}\n{self.note}" if self.note else self.summary

    def __repr__(self) -> str:
        return f"<Picture of {self._counts}>"
