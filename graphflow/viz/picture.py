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
from .alike import Depth
from .display import bundle
from .figure import Figure, figure
from .output import suffix_among, write_whole
from .summary import counts, summary

FORMATS = (".svg", ".png", ".pdf", ".dot", ".gv")
MAX_BOXES = 1000
MAX_TEXT = 2_000_000  # characters of DOT


def draw(
    nodes_or_graph: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    show: str = "all",
    depth: Depth = "auto",
    focus: Node | Iterable[Node] | None = None,
    hops: int = 2,
    highlight: Node | Iterable[Node] = (),
    values: Any = None,
    theme: str = "auto",
) -> Picture:
    """A picture of these nodes and of everything they are computed from; saved if a path is given.

    Takes a node, nodes in lists, tuples and dicts (string keys are shown), or a Graph.

    `show`: "all", "forward" (without what was made by differentiating) or "gradients" (only that,
    and what it takes). `depth`: how many scopes deep to show; what is deeper is one box for each
    scope. "auto" shows at most about 120 boxes: alike scopes and the steps of a loop become one,
    then the deepest scopes, see `graphflow.viz.fold`. None shows every node. `focus`: a node or
    nodes, and only what is at most `hops` arrows away. `highlight` marks nodes.

    `values`: {node: array or number} shows numbers, norms of arrays, and in red what is NaN or
    infinite; a `Profile` of `Session.profile` shows the time as colour. `theme`: "light", "dark",
    or "auto", which is light, and in SVG dark for readers who prefer it.

    Every arrow has the shape it carries, and the dtype where it is not float64. Gradients are
    dashed, values kept for the backward pass dotted. Scopes are frames, forward on top, gradients
    and optimizer in frames of their own below. A tooltip has a node's full name, type and line.
    Names are plain text whatever they contain, and a name over 28 characters is shortened. The
    same nodes always give the same text.

    The path's suffix says the format: .svg .png .pdf .dot .gv. PDF needs the program `dot`. Where
    another format cannot be made, the .dot is written beside and a warning says why and what to
    install.

    Raises DTypeError for what is no node, GraphError for nodes of two graphs, ValueError for an
    unknown option or suffix, MissingError for PDF without `dot`, OSError when the file cannot be
    written.
    """
    shown = figure(
        nodes_or_graph,
        show=show,
        depth=depth,
        focus=focus,
        hops=hops,
        highlight=highlight,
        values=values,
    )
    picture = Picture(shown, theme)
    if path is not None:
        picture._save(path, stacklevel=3)
    return picture


def to_dot(nodes_or_graph: Any, *, theme: str = "light", **options: Any) -> str:
    """The graph in Graphviz's DOT language, with the options of `draw`, and what that raises."""
    return draw(nodes_or_graph, theme=theme, **options).dot


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
        self._boxes = len(shown.boxes)
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
        .pdf .dot .gv, MissingError for PDF without `dot`, OSError when the file cannot be written.
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
        if self._boxes > MAX_BOXES or len(self.dot) > MAX_TEXT:
            raise render.RenderError(
                f"{self._boxes:,} boxes are too many to lay out (at most {MAX_BOXES}): "
                "leave depth='auto', draw a node further up, or use focus="
            )

    def _repr_svg_(self) -> str | None:
        return self._repr_mimebundle_().get("image/svg+xml")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        shown = bundle({"image/svg+xml": self.inline})
        return {**shown, "text/plain": repr(self) if shown else self._text()}

    def inline(self) -> str | None:
        """The drawing as SVG in its own size, smaller where that does not fit; None without one."""
        drawn = self._drawn[0]
        return None if drawn is None else svg.inline(drawn)

    def _text(self) -> str:
        return bundle({"text/plain": self.__str__}).get("text/plain", self.summary)

    def __str__(self) -> str:
        return f"{self.summary}\n{self.note}" if self.note else self.summary

    def __repr__(self) -> str:
        return f"<Picture of {self._counts}>"
