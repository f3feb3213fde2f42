"""Animations: pictures one after the other, as a GIF or as a page to play and step through."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any


from ..errors import ShapeError
from .chart_page import in_frame, page
from .gif import gif
from .marks import Frame, as_frame, checked_marks, filled, limits, title_parts
from .output import suffix_among, write_whole
from .plot_style import RENDERING, look_named, need_matplotlib
from .scene import Scene, Stage, kind_of, marks_as_data

FORMATS = (".gif", ".html")
_MOST = 600  # pictures; also how many the line of a GIF can tell apart
_PARTS = ("chart.css", "player.css", "chart.js", "player.js")
_HEIGHT = 620  # pixels in a notebook


class Animation:
    """Pictures one after the other. It shows itself in a notebook; showing never raises.

    `frames` are the pictures, each with its numbers, `titles` their titles, `html` is the page.
    """

    frames: tuple[Frame, ...]
    titles: tuple[str, ...]

    def __init__(
        self, scene: Scene, frames: Sequence[Frame], titles: Sequence[str], fps: float
    ) -> None:
        self.frames = tuple(frames)
        self.titles = tuple(titles)
        self._scene = scene
        self._fps = fps

    @property
    def html(self) -> str:
        """A page to play and step through, by mouse and by keys. It loads nothing."""
        shown = [
            {"marks": marks_as_data(frame.marks), "title": title}
            for frame, title in zip(self.frames, self.titles, strict=True)
        ]
        data = self._scene.as_data() | {"frames": shown, "fps": self._fps, "note": ""}
        return page("Animation", _PARTS, data)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a .gif (which needs matplotlib) or an .html; returns the path.

        A file is replaced only by a complete one. Raises ValueError for another suffix, OSError
        when the file cannot be written, MissingError without matplotlib.
        """
        wanted = Path(path)
        suffix = suffix_among("animate", wanted, FORMATS)
        write_whole(wanted, self._gif() if suffix == ".gif" else self.html.encode())
        return wanted

    def _gif(self) -> bytes:
        need_matplotlib("animate")
        look = look_named("animate", self._scene.theme)
        pairs = zip(self.frames, self.titles, strict=True)
        with RENDERING:
            stage = Stage(self._scene, look)
            pictures = (stage.pixels(frame.marks, title) for frame, title in pairs)
            return gif(pictures, len(self.frames), self._fps, look.series[0])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        try:
            return {"text/html": in_frame(self.html, _HEIGHT), "text/plain": repr(self)}
        except Exception:  # the output of a notebook's cell is no place to fail
            return {"text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<Animation of {len(self.frames)} pictures>"


def animate(
    frames: Iterable[Any],
    path: str | os.PathLike[str] | None = None,
    *,
    fixed: Any = (),
    title: str = "",
    xlabel: str = "",
    ylabel: str = "",
    xlim: Any = None,
    ylim: Any = None,
    fps: float = 12.0,
    theme: str = "auto",
) -> Animation:
    """Pictures of lines and points one after the other; saved if a path (.gif, .html) is given.

    Each of `frames` is a `Line` or `Points`, a list of them, or a `Frame` with numbers beside; all
    have the same kinds of marks in the same order. `fixed` marks are in every picture. `title` is
    text with numbers of the frames in it, as "epoch {frame}: loss {loss:.3f}", where `frame` counts
    from 0. Limits are those of all that is drawn unless given. `fps` are pictures per second, 0.1
    to 50. The page is light or dark as its reader prefers unless a theme is given; a GIF is light.

    Raises DTypeError and ShapeError for what is no picture and for pictures of other marks than the
    first, ValueError for none, for more than 600, and for other options.
    """
    shown = [as_frame("animate", frame) for frame in frames]
    if not 0 < len(shown) <= _MOST:
        raise ValueError(f"animate: {len(shown)} pictures; give 1 to {_MOST}, as every tenth")
    if not 0.1 <= fps <= 50:
        raise ValueError(f"animate: fps is from 0.1 to 50 pictures per second, not {fps!r}")
    look_named("animate", theme)
    ready = [
        Frame(checked_marks("animate", frame.marks), {"frame": place, **frame.values})
        for place, frame in enumerate(shown)
    ]
    _check_alike(ready)
    parts = title_parts("animate", title, ready[0].values)
    behind = checked_marks("animate", as_frame("animate", fixed).marks)
    every = [*behind, *(mark for frame in ready for mark in frame.marks)]
    first = (*behind, *ready[0].marks)
    scene = Scene(
        fixed=behind,
        kinds=tuple(kind_of(mark) for mark in first),
        labels=tuple(mark.label for mark in first),
        xlim=limits("animate", xlim, every, "x"),
        ylim=limits("animate", ylim, every, "y"),
        xlabel=str(xlabel),
        ylabel=str(ylabel),
        theme=theme,
    )
    made = Animation(scene, ready, [filled(parts, frame.values) for frame in ready], float(fps))
    if path is not None:
        made.save(path)
    return made


def _check_alike(frames: Sequence[Frame]) -> None:
    first = [type(mark) for mark in frames[0].marks]
    names = list(frames[0].values)
    for place, frame in enumerate(frames):
        if [type(mark) for mark in frame.marks] != first:
            raise ShapeError(f"animate: picture {place} has other marks than the first")
        if list(frame.values) != names:
            raise ShapeError(f"animate: picture {place} has other values than the first")
