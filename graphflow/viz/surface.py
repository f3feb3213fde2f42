"""The surface of a loss over two numbers or two directions of the weights, and the way down it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ShapeError
from ..graph import Node
from ..session import Session
from .evaluate import (
    checked_range, checked_count, count_not_finite, on_grid, real_scalar, scalar_of,
    session_or_entered,
)  # fmt: skip
from .plane import Plane, plane_of, split
from .plot import Plot
from .plot_style import COLORS_OF_VALUES, FONT, FONT_SIZE, Look, dress, need_matplotlib, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LEVELS = 18
_MARGIN = 0.25  # of the extent of a path, on each side

_Array = np.ndarray[Any, Any]


def loss_surface(
    loss: Node,
    variables: Node | Iterable[Node],
    *,
    path: Any = None,
    directions: Any = None,
    ranges: Any = None,
    steps: int = 61,
    kind: str = "contour",
    scale: str = "linear",
    feed_dict: Any = None,
    session: Session | None = None,
    title: str = "",
    theme: str = "auto",
) -> Plot:
    """A plot of a scalar loss over two elements of `variables`, or two directions of all of them.

    With two elements in all (two scalars, or one vector of two) those are the axes. Otherwise the
    plane goes through the current values along `directions`: two of an array per variable;
    "random", normal draws scaled to the norm of each variable (Li et al. 2018, section 4); or
    "path", in which the path varies most, which is the default where there is a path.

    `path` is the way of training: points in order, each a value per variable. `ranges` is
    ((low, high), (low, high)), by default around the path or the current values. `steps` is the
    number of places along each axis, `kind` "contour" or "surface" (in three dimensions), `scale`
    of the colours and heights "linear" or "log". Other variables keep their values in `session`.
    In `data`: `x`, `y`, `loss` (y by x), `path` in coordinates of the plane, and `path_loss`.
    Places where the loss is not finite are left blank, and `note` counts them.

    Raises ShapeError for a loss that is no scalar and for what has not the variables' shapes,
    DTypeError for what is no node of real numbers, NumericError when no value is finite, ValueError
    for other options, what `Session.run` raises, and MissingError without matplotlib.
    """
    need_matplotlib("loss_surface")
    _check_options(kind, scale)
    count = checked_count("loss_surface", "steps", steps, 401)
    real_scalar("loss_surface", loss)
    chosen = [variables] if isinstance(variables, Node) else list(variables)
    running = session_or_entered(session)
    plane, points = plane_of("loss_surface", chosen, directions, path, running)
    way = None if points is None else plane.coordinates(points)
    at = scalar_of("loss_surface", loss, chosen, running, feed_dict)
    (x0, x1), (y0, y1) = _ranges(ranges, plane, way, chosen, running)
    xs, ys = np.linspace(x0, x1, count), np.linspace(y0, y1, count)
    heights = on_grid(lambda a, b: at(*plane.values(a, b)), xs, ys)
    data = {"x": xs, "y": ys, "loss": heights}
    if points is not None and way is not None:
        data["path"] = way
        data["path_loss"] = np.array([at(*split(point, plane.shapes)) for point in points])
    note = count_not_finite("loss_surface", heights)
    if scale == "log" and np.nanmin(heights) <= 0:
        raise ValueError("loss_surface: scale='log' needs a loss that is positive everywhere")
    painted = _painted_3d if kind == "surface" else _painted_2d

    def paint(figure: Figure, look: Look) -> None:
        axes = painted(figure, look, data, scale)
        axes.set(xlabel=words(plane.labels[0]), ylabel=words(plane.labels[1]), title=words(title))
        dress(axes, look)

    return Plot(
        "loss_surface",
        paint,
        what=f"surface of {words(loss.name)} over {' and '.join(map(words, plane.labels))}",
        theme=theme,
        size=(6.4, 5.0),
        data=data,
        note=note,
    )


def _check_options(kind: str, scale: str) -> None:
    if kind not in ("contour", "surface"):
        raise ValueError(f"loss_surface: kind is 'contour' or 'surface', not {kind!r}")
    if scale not in ("linear", "log"):
        raise ValueError(f"loss_surface: scale is 'linear' or 'log', not {scale!r}")


def _ranges(
    ranges: Any, plane: Plane, way: _Array | None, chosen: list[Node], session: Session
) -> list[tuple[float, float]]:
    """The extent of both axes: as given, around the path, or around where the variables are."""
    if ranges is not None:
        if np.shape(ranges) != (2, 2):
            raise ValueError("loss_surface: ranges are ((low, high), (low, high))")
        return [checked_range("loss_surface", pair) for pair in ranges]
    if way is not None:
        low, high = way.min(axis=0), way.max(axis=0)
        room = _MARGIN * np.maximum(high - low, 0.1 * np.max(high - low)) + 1e-12
        return [(float(a), float(b)) for a, b in zip(low - room, high + room, strict=True)]
    if not plane.by_elements:
        return [(-1.0, 1.0)] * 2
    if not all(variable.is_variable for variable in chosen):
        raise ShapeError("loss_surface: placeholders have no values to look around: give ranges")
    here = np.concatenate([np.ravel(session.run(variable)) for variable in chosen])
    return [(float(c - max(1.0, abs(c))), float(c + max(1.0, abs(c)))) for c in here]


def _painted_2d(figure: Figure, look: Look, data: dict[str, _Array], scale: str) -> Any:
    from matplotlib.colors import LogNorm

    axes = figure.add_subplot()
    shown = np.ma.masked_invalid(data["loss"])
    levels, norm = _levels(shown, scale), LogNorm() if scale == "log" else None
    filled = axes.contourf(
        data["x"], data["y"], shown, levels=levels, norm=norm, cmap=COLORS_OF_VALUES
    )
    axes.contour(
        data["x"], data["y"], shown, levels=levels, colors=look.path_edge, linewidths=0.5, alpha=0.4
    )
    _bar(figure, axes, look, filled)
    if "path" in data:
        _way(axes, look, data["path"].T)
    return axes


def _painted_3d(figure: Figure, look: Look, data: dict[str, _Array], scale: str) -> Any:
    from matplotlib.ticker import MaxNLocator

    axes: Any = figure.add_subplot(projection="3d", computed_zorder=False)
    height = np.log10 if scale == "log" else np.asarray
    xs, ys = np.meshgrid(data["x"], data["y"])
    shown = np.where(np.isfinite(data["loss"]), data["loss"], np.nan)
    axes.plot_surface(
        xs, ys, height(shown), cmap=COLORS_OF_VALUES, rcount=len(xs), ccount=len(xs),
        linewidth=0, antialiased=False, rasterized=True, zorder=1,
    )  # fmt: skip
    axes.contour(
        xs, ys, height(shown), levels=12, colors=look.path_edge, linewidths=0.7, alpha=0.5, zorder=2
    )
    axes.set_zlabel("log10 of the loss" if scale == "log" else "loss")
    axes.zaxis.label.set(color=look.text, fontsize=FONT_SIZE)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_pane_color(look.background)
        axis.set_major_locator(MaxNLocator(5))
        axis.line.set_color(look.faint)
        axis._axinfo["grid"]["color"] = look.grid
    if "path" in data:
        _way(axes, look, [*data["path"].T, height(data["path_loss"])])
    return axes


def _levels(shown: Any, scale: str) -> _Array:
    low, high = float(shown.min()), float(shown.max())
    if scale == "log":
        return np.geomspace(low, high * (1 + 1e-9), _LEVELS)
    room = 1e-9 * max(abs(low), abs(high), 1e-30)
    return np.linspace(low - room, high + room, _LEVELS)


def _way(axes: Any, look: Look, places: Any) -> None:
    """The path with its start and its end marked."""
    from matplotlib import patheffects

    edge = [patheffects.withStroke(linewidth=4.5, foreground=look.path_edge)]
    axes.plot(*places, color=look.path, linewidth=2.2, path_effects=edge, zorder=5)
    for place, marker, size in ((0, "o", 9), (-1, "*", 15)):
        spot = [[part[place]] for part in places]
        axes.plot(
            *spot, marker=marker, markersize=size, color=look.path, linestyle="none",
            markeredgecolor=look.path_edge, markeredgewidth=1.2, zorder=6,
        )  # fmt: skip


def _bar(figure: Figure, axes: Axes, look: Look, filled: Any) -> None:
    """The scale of the colours, in plain numbers."""
    bar = figure.colorbar(filled, ax=axes, format=lambda value, _: f"{value:.3g}")
    bar.set_label("loss", color=look.text, fontsize=FONT_SIZE, fontfamily=FONT)
    bar.ax.tick_params(colors=look.faint, labelcolor=look.text, labelfontfamily=FONT)
    bar.outline.set_edgecolor(look.faint)
