"""How plots look, in light and dark, whatever the user's own settings of matplotlib are.

Lines differ in dash and points in marker too, so that they can be told apart in greyscale. Hues
follow Okabe and Ito's palette for colour-blind readers (https://jfly.uni-koeln.de/color/).
"""

from __future__ import annotations

import threading
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import MissingError
from .label import plain, shorten
from .theme import DARK, LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RENDERING = threading.Lock()  # matplotlib shares fonts and caches between figures
FONT = "DejaVu Sans"  # comes with matplotlib
FONT_SIZE = 13.0  # points; a figure is some six inches wide
TEXT_LENGTH = 60
COLORS_OF_VALUES = "viridis"  # of even lightness steps, fine for colour-blind readers and in grey
DASHES: tuple[Any, ...] = ("solid", (0, (5, 2)), (0, (1.2, 1.4)), (0, (7, 2, 1.5, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


class Look(NamedTuple):
    """The colours of a plot."""

    background: str
    text: str
    faint: str
    grid: str
    series: tuple[str, ...]  # of lines and points: 4.5:1 against the background
    regions: tuple[str, ...]  # of areas behind them, in the same order
    path: str  # of the way of training, over any colour of values
    path_edge: str


LOOKS = {
    "light": Look(
        background=LIGHT.background,
        text=LIGHT.text,
        faint=LIGHT.faint,
        grid="#dfe4e9",
        series=("#0b5f99", "#c2410c", "#00694c", "#a1266b", "#8a5300", "#30363d"),
        regions=("#d6e9f8", "#fdeee5", "#d3f0e4", "#f9dfed", "#f9ebcb", "#e3e7eb"),
        path="#ff5a1f",
        path_edge="#fffffe",
    ),
    "dark": Look(
        background=DARK.background,
        text=DARK.text,
        faint=DARK.faint,
        grid="#2f3842",
        series=("#6cb8ec", "#ff9a62", "#4fd0a5", "#f08cc0", "#f0b43c", "#d5dde5"),
        regions=("#12395a", "#5a2a10", "#0c4536", "#52203d", "#4d390a", "#39414a"),
        path="#ff5a1f",
        path_edge="#fffffe",
    ),
}


def look_named(caller: str, theme: str) -> Look:
    """The look of a theme; "auto" is drawn light. Raises ValueError for another name."""
    if theme not in (*LOOKS, "auto"):
        raise ValueError(f"{caller}: theme is 'auto', 'light' or 'dark', not {theme!r}")
    return LOOKS["light" if theme == "auto" else theme]


def cycled(choices: tuple[Any, ...], place: int) -> Any:
    """The choice at a place; after the last comes the first again."""
    return choices[place % len(choices)]


def need_matplotlib(caller: str) -> None:
    """Raise MissingError where matplotlib is not installed."""
    if find_spec("matplotlib") is None:
        raise MissingError(
            f"{caller}: matplotlib is not installed", 'pip install "graphflow-autodiff[plots]"'
        )


def new_figure(look: Look, width: float, height: float) -> Figure:
    """An empty figure of so many inches, with a canvas of its own: pyplot knows nothing of it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=100, facecolor=look.background, frameon=True)
    figure.set_layout_engine("constrained")
    FigureCanvasAgg(figure)
    return figure


@lru_cache(maxsize=1)
def _letters() -> frozenset[int]:
    """The characters that the font has."""
    from matplotlib import font_manager

    return frozenset(font_manager.get_font(font_manager.findfont(FONT)).get_charmap())


def words(text: Any, length: int = TEXT_LENGTH) -> str:
    """Any text on one line, shortened, with a box for each character that the font lacks."""
    line = shorten(plain(str(text)), length)
    return "".join(letter if ord(letter) in _letters() else "□" for letter in line)


def dress(axes: Axes, look: Look) -> None:
    """Give axes the look: call it when all is drawn. Text is never read as mathematics."""
    from matplotlib.text import Text

    axes.set_facecolor(look.background)
    axes.set_axisbelow(True)
    if axes.name != "3d":
        axes.grid(True, color=look.grid, linewidth=0.8, linestyle="solid")
        for side, spine in axes.spines.items():
            spine.set_visible(side in ("left", "bottom"))
            spine.set(color=look.faint, linewidth=1.0)
    axes.tick_params(
        which="both", colors=look.faint, labelcolor=look.text, labelsize=FONT_SIZE - 1.5,
        labelfontfamily=FONT,
    )  # fmt: skip
    for text in axes.findobj(Text):
        text.set(parse_math=False, usetex=False, fontfamily=FONT)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set(color=look.text, fontsize=FONT_SIZE)
    axes.title.set(color=look.text, fontsize=FONT_SIZE + 1, fontweight="normal")


def scale(axes: Axes, which: str, kind: str, caller: str) -> None:
    """Make the axis "x" or "y" linear or logarithmic, with plain numbers at its ticks."""
    from matplotlib.ticker import LogLocator, NullFormatter, NullLocator, ScalarFormatter

    axis = axes.xaxis if which == "x" else axes.yaxis
    if kind == "linear":
        axis.set_major_formatter(ScalarFormatter(useMathText=False, useOffset=False))
        return
    if kind != "log":
        raise ValueError(f"{caller}: an axis is 'linear' or 'log', not {kind!r}")
    axes.set(**{f"{which}scale": "log"})
    low, high = axis.get_view_interval()
    near = 0 < low < high < 100 * low
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if near else (1.0,)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.set_minor_formatter(NullFormatter())


def legend(parent: Axes | Figure, look: Look, labels: dict[str, Any], **place: Any) -> None:
    """A legend of artists by label. The texts are set afterwards: `_` and `$` mean nothing."""
    found = parent.legend(
        list(labels.values()), [str(number) for number in range(len(labels))],
        frameon=True, facecolor=look.background, edgecolor=look.grid, framealpha=0.9,
        fontsize=FONT_SIZE - 1.5, labelcolor=look.text, **place,
    )  # fmt: skip
    for text, label in zip(found.get_texts(), labels, strict=True):
        text.set(text=words(label, 40), parse_math=False, usetex=False, fontfamily=FONT)
