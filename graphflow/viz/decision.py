"""What a classifier says of every place of a plane: regions, the line between them, the points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DTypeError, NumericError, ShapeError
from ..graph import Node
from ..session import Session
from ..shapes import show
from .evaluate import checked_range, checked_count, session_or_entered
from .plot import Plot
from .plot_style import MARKERS, Look, cycled, dress, legend, need_matplotlib, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MANY = 2000  # points, of which an SVG would be heavy
_MARGIN = 0.1  # of the points' extent, on each side

_Array = np.ndarray[Any, Any]


def decision_map(
    scores: Node | Callable[[_Array], Any],
    inputs: Node | None = None,
    points: Any = None,
    classes: Any = None,
    *,
    ranges: Any = None,
    steps: int = 101,
    threshold: float = 0.5,
    names: Sequence[str] | None = None,
    labels: tuple[str, str] = ("x1", "x2"),
    feed_dict: Any = None,
    session: Session | None = None,
    title: str = "",
    theme: str = "auto",
) -> Plot:
    """A plot of the class that a model gives to every place of a plane, with points on it.

    `scores` is a node with a score per class, (n, k), or one per place, (n,) or (n, 1), which says
    class 1 where it is over `threshold`; `inputs` is the placeholder (n, 2) it is computed from.
    It may also be a function of places (n, 2) as an array. `points` (m, 2) are drawn with a marker
    and colour by `classes`: m integers, or a column per class as scores have. `names` are those of
    the classes, `labels` those of the axes, `steps` the number of places along each axis; `ranges`
    ((low, high), (low, high)) is by default around the points.

    The line is drawn where the highest two scores are equal: for two classes, where the
    *difference* of the columns is zero. In `data`: `x`, `y`, `classes` (y by x) and `boundary`, the
    line's pieces, each of places (m, 2).

    Raises ShapeError and DTypeError for inputs, scores, points or classes of other shapes or
    kinds, NumericError for scores that are NaN, ValueError for other options, what `Session.run`
    raises, and MissingError without matplotlib.
    """
    need_matplotlib("decision_map")
    count = checked_count("decision_map", "steps", steps, 1001)
    spots = None if points is None else _points(points)
    (x0, x1), (y0, y1) = _ranges(ranges, spots)
    xs, ys = np.linspace(x0, x1, count), np.linspace(y0, y1, count)
    places = np.stack(np.meshgrid(xs, ys), axis=-1)
    call = _as_function(scores, inputs, session_or_entered(session), feed_dict)
    margins = _margins(call(places.reshape(-1, 2)), threshold).reshape(count, count, -1)
    given = None if spots is None or classes is None else _classes(classes, len(spots))
    kinds = max(margins.shape[-1], 0 if given is None else int(given.max(initial=0)) + 1)
    called = [str(name) for name in names] if names else [f"class {k}" for k in range(kinds)]
    if len(called) < kinds:
        raise ShapeError(f"decision_map: {len(called)} names for {kinds} classes")
    data: dict[str, Any] = {"x": xs, "y": ys, "classes": margins.argmax(axis=-1)}
    data["boundary"] = _boundary(xs, ys, margins)

    def paint(figure: Figure, look: Look) -> None:
        axes = figure.add_subplot()
        _paint_regions(axes, look, data, margins)
        if spots is not None:
            _paint_points(figure, axes, look, spots, given, called)
        axes.set(xlabel=words(labels[0]), ylabel=words(labels[1]), title=words(title))
        axes.set(xlim=(x0, x1), ylim=(y0, y1))
        dress(axes, look)
        axes.grid(False)

    what = f"{margins.shape[-1]} classes over {words(labels[0])} and {words(labels[1])}"
    return Plot("decision_map", paint, what=what, theme=theme, size=(6.0, 5.0), data=data)


def _as_function(scores: Any, inputs: Any, session: Session, feed_dict: Any) -> Any:
    if not isinstance(scores, Node):
        if not callable(scores):
            raise DTypeError(f"decision_map: {scores!r:.60} is neither a node nor a function")
        return scores
    if not isinstance(inputs, Node):
        raise DTypeError(f"decision_map: inputs is the placeholder of places, not {inputs!r}")
    if inputs.shape is not None and (len(inputs.shape) != 2 or inputs.shape[1] not in (2, None)):
        raise ShapeError(f"decision_map: places have two numbers, {inputs.describe()} takes others")
    return lambda places: session.run(scores, {**(feed_dict or {}), inputs: places})


def _margins(scores: Any, threshold: float) -> _Array:
    """A score per class and place, by which the highest wins."""
    found = np.asarray(scores)
    if found.dtype.kind not in "fiub":
        raise DTypeError(f"decision_map: scores are real numbers, not {found.dtype}")
    found = found.astype(np.float64)
    if found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    if found.ndim == 1:
        found = np.stack([threshold - found, found - threshold], axis=1)
    if found.ndim != 2:
        raise ShapeError(f"decision_map: scores are (n, classes) or (n,), not {show(found.shape)}")
    if np.isnan(found).any():
        bad = int(np.isnan(found).any(axis=1).sum())
        raise NumericError(f"decision_map: the scores of {bad} of {len(found)} places are NaN")
    return found


def _boundary(xs: _Array, ys: _Array, margins: _Array) -> list[_Array]:
    """The pieces of the lines where a class's score equals the best of the others."""
    from contourpy import contour_generator

    pieces = []
    for lead in _leads(margins):
        lines: Any = contour_generator(xs, ys, lead).lines(0.0)
        pieces += [np.asarray(line) for line in lines]
    return pieces


def _leads(margins: _Array) -> list[_Array]:
    """By how much each class is ahead of the best of the others; of two classes, once."""
    kinds = margins.shape[-1]
    others = [np.delete(margins, k, axis=-1).max(axis=-1) for k in range(kinds)]
    leads = [margins[..., k] - others[k] for k in range(kinds)]
    return leads[:1] if kinds == 2 else leads


def _paint_regions(axes: Axes, look: Look, data: dict[str, Any], margins: _Array) -> None:
    """The areas by contours of the leads, so that their edges are the lines."""
    kinds = margins.shape[-1]
    leads = _leads(margins) if kinds > 2 else [_leads(margins)[0], -_leads(margins)[0]]
    for k, lead in enumerate(leads):
        if (lead > 0).any():
            top = max(float(lead.max()), 1e-300) * 2
            tint = cycled(look.regions, k)
            axes.contourf(data["x"], data["y"], lead, levels=[0.0, top], colors=[tint], zorder=0)
    for piece in data["boundary"]:
        axes.plot(*piece.T, color=look.text, linewidth=1.8, zorder=2)


def _paint_points(
    figure: Figure, axes: Axes, look: Look, spots: _Array, given: Any, names: list[str]
) -> None:
    sorts = range(1) if given is None else range(len(names))
    handles = {}
    for k in sorts:
        chosen = spots if given is None else spots[given == k]
        if len(chosen):
            handles[names[k]] = axes.scatter(
                chosen[:, 0], chosen[:, 1], s=34, marker=cycled(MARKERS, k), linewidths=0.8,
                color=cycled(look.series, k), edgecolors=look.background, zorder=3,
                rasterized=len(chosen) > _MANY,
            )  # fmt: skip
    if given is not None:
        below: dict[str, Any] = {"loc": "outside lower center", "ncols": min(len(handles), 4)}
        legend(figure, look, handles, **below)


def _points(points: Any) -> _Array:
    try:
        spots = np.asarray(points, np.float64)
    except (TypeError, ValueError):
        raise DTypeError(f"decision_map: points are numbers (m, 2), not {points!r:.60}") from None
    if spots.ndim != 2 or spots.shape[1] != 2 or not len(spots):
        raise ShapeError(f"decision_map: points are (m, 2), not {show(spots.shape)}")
    return spots


def _classes(classes: Any, count: int) -> _Array:
    found = np.asarray(classes)
    if found.ndim == 2 and found.shape[1] > 1:
        found = found.argmax(axis=1)
    found = found.ravel()
    if found.size != count:
        raise ShapeError(f"decision_map: {found.size} classes for {count} points")
    if found.dtype.kind not in "biu" and not np.array_equal(found, np.floor(found)):
        raise DTypeError(f"decision_map: classes are integers from 0, not {found.dtype}")
    if found.size and found.min() < 0:
        raise DTypeError(f"decision_map: classes are integers from 0, not {int(found.min())}")
    return found.astype(np.int64)


def _ranges(ranges: Any, spots: _Array | None) -> list[tuple[float, float]]:
    if ranges is not None:
        if np.shape(ranges) != (2, 2):
            raise ValueError("decision_map: ranges are ((low, high), (low, high))")
        return [checked_range("decision_map", pair) for pair in ranges]
    if spots is None:
        raise ValueError("decision_map: give points, or ranges ((low, high), (low, high))")
    low, high = spots.min(axis=0), spots.max(axis=0)
    room = _MARGIN * np.maximum(high - low, 0.1) + 1e-12
    return [(float(a), float(b)) for a, b in zip(low - room, high + room, strict=True)]
