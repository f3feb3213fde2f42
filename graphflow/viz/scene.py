"""A scene: what stays in all pictures of an animation or behind sliders, drawn by matplotlib."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .marks import Line, Points
from .plot_style import (
    DASHES, MARKERS, Look, cycled, dress, legend, new_figure, scale, words,
)  # fmt: skip

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_Marks = Sequence[Line | Points]


class Scene(NamedTuple):
    """Axes and the marks that stay. `kinds` are "line" or "points" of all marks, those first."""

    fixed: tuple[Line | Points, ...]
    kinds: tuple[str, ...]
    labels: tuple[str, ...]
    xlim: tuple[float, float]
    ylim: tuple[float, float]
    xlabel: str
    ylabel: str
    theme: str

    def as_data(self) -> dict[str, Any]:
        """What the script of a page needs to draw it."""
        own: dict[str, Any] = dict(self._asdict())
        return own | {"fixed": marks_as_data(self.fixed)}


def kind_of(mark: Line | Points) -> str:
    """ "line" or "points"."""
    return "line" if isinstance(mark, Line) else "points"


def marks_as_data(marks: _Marks) -> list[dict[str, Any]]:
    """Marks as the script of a page takes them, in six digits."""
    return [{"kind": kind_of(m), "x": _short(m.x), "y": _short(m.y)} for m in marks]


def _short(values: Any) -> list[float]:
    return [float(f"{value:.6g}") for value in np.ravel(values)]


class Stage:
    """A figure with the scene in it, on which one picture after the other is drawn.

    What stays is drawn once; each picture costs what changes in it.
    """

    def __init__(self, scene: Scene, look: Look) -> None:
        self.figure: Figure = new_figure(look, 6.4, 4.2)
        self._canvas: Any = self.figure.canvas
        self._axes = self.figure.add_subplot()
        place = len(scene.fixed)
        artists = [
            _artist(self._axes, look, scene.kinds, k, scene.labels[k])
            for k in range(len(scene.kinds))
        ]
        for artist, mark in zip(artists, scene.fixed, strict=False):
            artist.set_data(mark.x, mark.y)
        self._moving = artists[place:]
        self._axes.set(xlim=scene.xlim, ylim=scene.ylim)
        self._axes.set(xlabel=words(scene.xlabel), ylabel=words(scene.ylabel), title=" ")
        for which in "xy":
            scale(self._axes, which, "linear", "picture")
        dress(self._axes, look)
        labels = {label: a for label, a in zip(scene.labels, artists, strict=True) if label}
        if labels:
            below: dict[str, Any] = {"loc": "outside lower center", "ncols": min(len(labels), 3)}
            legend(self.figure, look, labels, **below)
        self._background = self._without_moving()

    def _without_moving(self) -> Any:
        """The picture of what stays."""
        changing = [*self._moving, self._axes.title]
        for artist in changing:
            artist.set_animated(True)
        self._canvas.draw()
        self.figure.set_layout_engine("none")
        return self._canvas.copy_from_bbox(self.figure.bbox)

    def pixels(self, marks: _Marks, title: str) -> np.ndarray[Any, Any]:
        """One picture as an array (height, width, 3) of bytes."""
        for artist, mark in zip(self._moving, marks, strict=True):
            artist.set_data(mark.x, mark.y)
        self._axes.title.set_text(words(title))
        self._canvas.restore_region(self._background)
        for artist in (*self._moving, self._axes.title):
            self._axes.draw_artist(artist)
        return np.array(self._canvas.buffer_rgba())[:, :, :3]

    def png(self, marks: _Marks, title: str) -> bytes:
        """One picture as a PNG."""
        from PIL import Image

        out = io.BytesIO()
        Image.fromarray(self.pixels(marks, title)).save(out, "PNG", compress_level=1)
        return out.getvalue()


def _artist(axes: Axes, look: Look, kinds: tuple[str, ...], place: int, label: str) -> Any:
    """What draws the mark in a place: colours by place, dashes and markers among its kind."""
    color = cycled(look.series, place)
    rank = kinds[:place].count(kinds[place])
    if kinds[place] == "line":
        dash = cycled(DASHES, rank)
        return axes.plot([], [], color=color, linestyle=dash, linewidth=2.2)[0]
    return axes.plot(
        [], [], color=color, linestyle="none", marker=cycled(MARKERS, rank), markersize=7,
        markeredgecolor=look.background, zorder=2.5,
    )[0]  # fmt: skip
