"""Pictures with sliders: a page that needs no kernel, or widgets in a notebook that has one."""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FeedError, MissingError
from ..session import Session
from .chart_page import in_frame, page
from .evaluate import session_or_entered
from .label import plain
from .live import Live, live_picture
from .marks import Frame, Line, Points, Slot, as_frame, checked_marks, filled, limits, title_parts
from .output import suffix_among, write_whole
from .parameters import Parameter, parameters_of, thinned
from .plot_style import RENDERING, look_named, need_matplotlib
from .scene import Scene, Stage, kind_of, marks_as_data

_PARTS = ("chart.css", "sliders.css", "chart.js", "arrays.js", "sliders.js")
_HEIGHT, _PER_SLIDER = 430, 85  # pixels in a notebook
_MOST_NUMBERS = 300_000  # in the pictures of a page that cannot compute them
_MOST_PICTURES = 20_000
_CORNERS = 6  # parameters of which all corners are looked at for the limits

_Numbers = Sequence[float]


class Sliders:
    """A picture that follows sliders. It shows itself in a notebook; showing never raises.

    What it shows is the page, `html`, which computes in the browser and works without a kernel.
    Where it can only look up what was computed beforehand, `note` says so, and a kernel with
    ipywidgets shows `widget()` instead, which computes live in Python.
    """

    note: str

    def __init__(
        self,
        scene: Scene,
        parameters: list[Parameter],
        live: Live,
        title: list[str | Slot],
    ) -> None:
        self._scene = scene
        self._parameters = parameters
        self._live = live
        self._title = title
        self._offered = parameters  # the places that the page has
        self.note = ""
        if live.page is None:
            size = sum(np.size(m.x) + np.size(m.y) for m in self.at()[0].marks) or 1
            self._offered = thinned(parameters, min(_MOST_PICTURES, _MOST_NUMBERS // size))
            places = " × ".join(str(len(parameter.places)) for parameter in self._offered)
            self.note = f"Computed beforehand for {places} places of the sliders: {live.why}."

    def at(self, **numbers: float) -> tuple[Frame, str]:
        """The picture and its title for numbers by parameter; those left out are at their start.

        Raises FeedError for an unknown parameter.
        """
        names = [parameter.name for parameter in self._parameters]
        for name in numbers:
            if name not in names:
                raise FeedError(f"sliders: no parameter {name!r}; there are {', '.join(names)}")
        return self._picture([numbers.get(p.name, p.value) for p in self._parameters])

    def _picture(self, numbers: _Numbers) -> tuple[Frame, str]:
        frame = self._live.draw(numbers)
        return frame, filled(self._title, frame.values)

    @property
    def html(self) -> str:
        """The page. It loads nothing, and needs no kernel."""
        data = self._scene.as_data() | {"note": self.note}
        data |= {"parameters": [parameter._asdict() for parameter in self._offered]}
        computing = self._live.page
        return page("Sliders", _PARTS, data | (computing or {"pictures": self._beforehand()}))

    def _beforehand(self) -> list[dict[str, Any]]:
        """The pictures for all places of the page's sliders, those of the last one together."""
        pictures = []
        for numbers in itertools.product(*(parameter.places for parameter in self._offered)):
            frame, title = self._picture(numbers)
            pictures.append({"marks": marks_as_data(frame.marks), "title": title})
        return pictures

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page, an .html; returns the path. A file is replaced only by a complete one.

        Raises ValueError for another suffix, OSError when the file cannot be written.
        """
        wanted = Path(path)
        suffix_among("sliders", wanted, (".html",))
        write_whole(wanted, self.html.encode())
        return wanted

    def widget(self) -> Any:
        """The picture and its sliders as a widget of ipywidgets, computed live by this kernel.

        Raises MissingError without ipywidgets or matplotlib.
        """
        if find_spec("ipywidgets") is None:
            raise MissingError("sliders: ipywidgets is not installed", "pip install ipywidgets")
        need_matplotlib("sliders")
        import ipywidgets

        with RENDERING:
            stage = Stage(self._scene, look_named("sliders", self._scene.theme))
        image = ipywidgets.Image(format="png", layout={"max_width": "100%"})
        boxes = [
            ipywidgets.SelectionSlider(
                options=[(f"{v:g}", v) for v in parameter.places],
                value=parameter.value,
                description=plain(parameter.name),
            )
            for parameter in self._parameters
        ]

        def show(_: Any = None) -> None:
            frame, title = self._picture([box.value for box in boxes])
            with RENDERING:
                image.value = stage.png(frame.marks, title)

        for box in boxes:
            box.observe(show, names="value")
        show()
        return ipywidgets.VBox([image, *boxes])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle = self._live_bundle()
        # The output of a notebook's cell is no place to fail.
        with contextlib.suppress(Exception):
            height = _HEIGHT + _PER_SLIDER * len(self._parameters)
            bundle |= {"text/html": in_frame(self.html, height)}
        return bundle | {"text/plain": repr(self)}

    def _live_bundle(self) -> dict[str, Any]:
        """The widget for a notebook; empty where the page is as good, or no widget can be."""
        if self._live.page is not None or not _in_kernel() or find_spec("ipywidgets") is None:
            return {}
        try:
            return dict(self.widget()._repr_mimebundle_())
        except Exception:  # the page does without
            return {}

    def __repr__(self) -> str:
        return f"<Sliders for {', '.join(plain(p.name) for p in self._parameters)}>"


def _in_kernel() -> bool:
    """Whether this is a notebook's kernel, which keeps widgets alive."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return hasattr(shell, "kernel")


def sliders(
    draw: Any,
    ranges: Mapping[Any, Any],
    path: str | os.PathLike[str] | None = None,
    *,
    fixed: Any = (),
    title: str = "",
    xlabel: str = "",
    ylabel: str = "",
    xlim: Any = None,
    ylim: Any = None,
    feed_dict: Any = None,
    session: Session | None = None,
    theme: str = "auto",
) -> Sliders:
    """A picture with a slider per parameter; the page is saved if a path (.html) is given.

    `draw` is a function of the parameters by name that gives a `Line` or `Points`, a list of them,
    or a `Frame` with numbers beside; written in NumPy or graphflow names it is traced to a graph.
    Or it is such a picture made of nodes, and the keys of `ranges` are nodes in it: placeholders or
    variables without axes. A range is a number to start at, v, for -v to 3v, or (low, high), or
    with a step, and with a start: (low, high, step, start). `fixed` marks stay. `title` is text
    with numbers of the picture, as "MAE: {MAE:.2f}". Limits not given are around the fixed marks
    and the picture at the start; without fixed marks, around what sliders at their ends draw.

    The page computes graphs of elementwise functions, sums and products by itself, to rounding what
    NumPy computes. Where it cannot, pictures for some thousand places are put into it beforehand.
    Other variables keep the values that they have in `session` now.

    Raises DTypeError and ShapeError for what is no picture, ValueError for ranges, limits or a
    title that cannot be, and for too many parameters, and what the function raises.
    """
    look_named("sliders", theme)
    parameters = parameters_of(ranges)
    running = session_or_entered(session)
    live = live_picture(draw, list(ranges), title, running, dict(feed_dict or {}))
    start = live.draw([parameter.value for parameter in parameters])
    parts = title_parts("sliders", title, start.values)
    behind = checked_marks("sliders", as_frame("sliders", fixed).marks)
    first = (*behind, *start.marks)
    seen = first if behind else [*first, *_at_the_ends(live, parameters)]
    scene = Scene(
        fixed=behind,
        kinds=tuple(kind_of(mark) for mark in first),
        labels=tuple(mark.label for mark in first),
        xlim=limits("sliders", xlim, seen, "x"),
        ylim=limits("sliders", ylim, seen, "y"),
        xlabel=str(xlabel),
        ylabel=str(ylabel),
        theme=theme,
    )
    made = Sliders(scene, parameters, live, parts)
    if path is not None:
        made.save(path)
    return made


def _at_the_ends(live: Live, parameters: list[Parameter]) -> list[Line | Points]:
    """All that is drawn where the first few sliders are at one end or the other."""
    ends = [
        (p.places[0], p.places[-1]) if k < _CORNERS else (p.value,)
        for k, p in enumerate(parameters)
    ]
    return [mark for numbers in itertools.product(*ends) for mark in live.draw(numbers).marks]
