"""Curves of training: the loss and the metrics by epoch, of one run or of several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..errors import DTypeError, ShapeError
from .plot import Plot
from .plot_style import DASHES, Look, cycled, dress, legend, need_matplotlib, scale, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_EPOCHS = ("epochs", "epoch", "steps", "step")
_VALIDATION = ("validation_", "val_")
_HEIGHT = 2.6  # inches of each panel but the first

_Array = np.ndarray[Any, Any]


class Curve(NamedTuple):
    """Values of one quantity over the epochs of one run."""

    run: str
    panel: str  # the quantity, without "validation"
    held_out: bool
    epochs: _Array
    values: _Array


def curves(
    history: Any, *, x: str = "linear", y: str = "linear", title: str = "", theme: str = "auto"
) -> Plot:
    """A plot of the loss and of every metric over the epochs: training solid, validation dashed.

    `history` is what `gf.train` returns, or a dict of lists (`loss`, `validation` or `val_loss`,
    any metric and its `validation_` or `val_` twin, `epochs` where they are not 1, 2, 3 ...), or
    several of these to compare: a list, or a dict by name. Each quantity has a panel of its own.
    `x` and `y` are "linear" or "log"; `y` concerns the loss. None and values that are not finite
    are gaps, and `note` counts them.

    Raises DTypeError for what is no history, ShapeError where a list is not as long as the epochs,
    ValueError for nothing to draw, for another axis or theme, and for a logarithmic axis without
    positive values, MissingError without matplotlib.
    """
    need_matplotlib("curves")
    found = [curve for run, one in _runs(history) for curve in _read(run, one)]
    if not found:
        raise ValueError("curves: there is nothing to draw: the history is empty")
    panels = list(dict.fromkeys(curve.panel for curve in found))
    panels.sort(key=lambda panel: panel != "loss")
    _check_log(found, x, y)
    runs = list(dict.fromkeys(curve.run for curve in found))
    gaps = sum(int((~np.isfinite(curve.values)).sum()) for curve in found)

    def paint(figure: Figure, look: Look) -> None:
        grid = figure.subplots(len(panels), 1, squeeze=False, sharex=True)[:, 0]
        for axes, panel in zip(grid, panels, strict=True):
            _paint(axes, look, [curve for curve in found if curve.panel == panel], runs)
            axes.set_ylabel(words(panel, 30))
            scale(axes, "x", x, "curves")
            scale(axes, "y", y if panel == "loss" else "linear", "curves")
            dress(axes, look)
        grid[-1].set_xlabel("epoch")
        grid[0].set_title(words(title))
        dress(grid[0], look)
        dress(grid[-1], look)

    return Plot(
        "curves",
        paint,
        what=f"curves of {', '.join(map(words, panels))}",
        theme=theme,
        size=(6.4, 4.2 + _HEIGHT * (len(panels) - 1)),
        data={_named(curve, len(runs) > 1): curve.values for curve in found},
        note=f"left out, as not finite: {gaps}" if gaps else "",
    )


def _paint(axes: Axes, look: Look, shown: list[Curve], runs: list[str]) -> None:
    """The curves of one panel: a colour per run and, of a single run, per side too."""
    labels: dict[str, Any] = {}
    has_sides = any(curve.held_out for curve in shown)
    for curve in shown:
        place = runs.index(curve.run) if len(runs) > 1 else int(curve.held_out)
        there = np.isfinite(curve.values)
        beside = np.append(False, there[:-1]) | np.append(there[1:], False)
        lone = np.flatnonzero(there & ~beside).tolist()
        (line,) = axes.plot(
            curve.epochs,
            np.where(there, curve.values, np.nan),
            color=cycled(look.series, place),
            linestyle=DASHES[1] if curve.held_out else DASHES[0],
            linewidth=2.0 if len(runs) == 1 or place % 2 == 0 else 2.8,
            marker="o" if lone else None,  # a line would not show a place between two gaps
            markevery=lone or None,
        )
        side = "validation" if curve.held_out else "training" if has_sides or not curve.run else ""
        labels[f"{curve.run} {side}".strip()] = line
    if len(labels) > 1:
        legend(axes, look, labels)


def _runs(history: Any) -> list[tuple[str, Any]]:
    """The histories and their names; a single one has no name."""
    if isinstance(history, Mapping):
        several = history and all(
            isinstance(one, Mapping) or hasattr(one, "loss") for one in history.values()
        )
        return [(str(name), one) for name, one in history.items()] if several else [("", history)]
    if hasattr(history, "loss"):
        return [("", history)]
    if isinstance(history, list | tuple) and history:
        several = all(isinstance(one, Mapping) or hasattr(one, "loss") for one in history)
        if several and len(history) == 1:
            return [("", history[0])]
        if several:
            return [(f"run {place}", one) for place, one in enumerate(history, 1)]
    raise DTypeError(
        f"curves: {type(history).__name__} is no history",
        "give what gf.train returns, a dict of lists, or several of them",
    )


def _read(run: str, history: Any) -> Iterable[Curve]:
    lists = dict(_flat(history))
    epochs = next((lists.pop(name) for name in _EPOCHS if name in lists), None)
    for name, values in lists.items():
        array = _numbers(name, values)
        if not array.size:
            continue
        at = np.arange(1, array.size + 1) if epochs is None else _numbers("epochs", epochs)
        if at.size != array.size:
            raise ShapeError(f"curves: {name!r} has {array.size} values for {at.size} epochs")
        panel, held_out = _panel(name)
        yield Curve(run, panel, held_out, at, array)


def _flat(history: Any) -> Iterable[tuple[str, Any]]:
    """Names and lists, from an object's fields or a dict's keys; inner dicts are opened."""
    fields = ("epochs", "loss", "validation", "metrics")
    items = (
        history.items()
        if isinstance(history, Mapping)
        else [(name, getattr(history, name)) for name in fields if hasattr(history, name)]
    )
    for name, values in items:
        if isinstance(values, Mapping):
            before = "validation_" if name == "validation" else ""
            yield from ((before + str(key), inner) for key, inner in values.items())
        elif values is not None:
            yield str(name), values


def _panel(name: str) -> tuple[str, bool]:
    if name in ("validation", "val"):
        return "loss", True
    for prefix in _VALIDATION:
        if name.startswith(prefix):
            return name.removeprefix(prefix), True
    return name, False


def _numbers(name: str, values: Any) -> _Array:
    try:
        array = np.array([np.nan if v is None else v for v in values], np.float64)
    except (TypeError, ValueError):
        raise DTypeError(f"curves: {name!r} is not a list of numbers: {values!r:.60}") from None
    if array.ndim != 1:
        raise ShapeError(f"curves: {name!r} has {array.ndim} axes; it is one number per epoch")
    return array


def _check_log(found: list[Curve], x: str, y: str) -> None:
    losses = [curve.values for curve in found if curve.panel == "loss"]
    for kind, axis, arrays in (("x", x, [c.epochs for c in found]), ("y", y, losses)):
        if axis == "log" and not any((array > 0).any() for array in arrays):
            raise ValueError(f"curves: {kind}='log' needs positive values, and there are none")


def _named(curve: Curve, several: bool) -> str:
    """The curve as a key of `data`."""
    name = f"validation_{curve.panel}" if curve.held_out else curve.panel
    return f"{curve.run}/{name}" if several else name
