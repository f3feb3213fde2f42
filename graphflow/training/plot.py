"""Curves over epochs or learning rates, drawn by matplotlib."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import MissingError

Panels = Mapping[str, Mapping[str, Sequence[float]]]


def lines_plot(
    panels: Panels,
    at: Sequence[float],
    label: str,
    path: str | os.PathLike[str] | None = None,
    *,
    scale: str = "linear",
) -> Any:
    """A figure with a panel for each quantity and in it a line for each side of the data.

    Raises MissingError without matplotlib.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingError(
            "plot: matplotlib is not installed", 'pip install "graphflow-autodiff[plots]"'
        ) from error
    figure = Figure(figsize=(6.4, 1.2 + 2.4 * len(panels)), layout="constrained")
    grid = figure.subplots(len(panels), 1, squeeze=False, sharex=True)[:, 0]
    for axes, (name, lines) in zip(grid, panels.items(), strict=True):
        for (side, values), dash in zip(lines.items(), ("-", "--"), strict=False):
            axes.plot(at, values, dash, label=side, marker="o" if len(at) == 1 else None)
        axes.set(ylabel=name, xscale=scale)
        axes.grid(alpha=0.3)
        if len(lines) > 1:
            axes.legend()
    grid[-1].set_xlabel(label)
    if path is not None:
        figure.savefig(path, dpi=150)
    return figure
