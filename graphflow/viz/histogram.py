"""Histograms of weights and of their gradients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DTypeError
from ..gradients import gradients
from ..graph import Node
from ..session import Session
from .evaluate import checked_count, real_scalar, session_or_entered
from .plot import Plot
from .plot_style import FONT_SIZE, Look, dress, need_matplotlib, scale, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST = 24  # nodes in one picture

_Array = np.ndarray[Any, Any]


def histograms(
    nodes: Any,
    feed_dict: Any = None,
    *,
    loss: Node | None = None,
    session: Session | None = None,
    bins: int = 40,
    title: str = "",
    theme: str = "auto",
) -> Plot:
    """A plot of the distribution of each node's elements, and of the loss's gradient by it.

    `nodes` is a node, a list of nodes or a dict by name: variables, activations, gradients. With a
    scalar `loss`, the gradient by each stands to its right. Mean and standard deviation are
    written above; zeros, NaN and infinities are counted there too, as they say most about training
    gone wrong. `data` has the values by name, those of gradients under "gradient of <name>".

    Raises DTypeError for what is no node of real numbers, ShapeError for a loss that is no scalar,
    DisconnectedError for a node that the loss does not depend on, ValueError for no nodes, more
    than 24, or other bins, what `Session.run` raises, and MissingError without matplotlib.
    """
    need_matplotlib("histograms")
    count = checked_count("histograms", "bins", bins, 1000)
    named = _named(nodes)
    fetched: dict[str, Node] = dict(named)
    if loss is not None:
        slopes = gradients(real_scalar("histograms", loss), list(named.values()))
        fetched |= {_slope(name): slope for name, slope in zip(named, slopes, strict=True)}
    values = session_or_entered(session).run(fetched, feed_dict)
    data = {name: np.asarray(value) for name, value in values.items()}
    bad = sum(int((~np.isfinite(value)).sum()) for value in data.values())

    def paint(figure: Figure, look: Look) -> None:
        columns = 1 if loss is None else 2
        grid = figure.subplots(len(named), columns, squeeze=False)
        for row, name in zip(grid, named, strict=True):
            keys = [name, _slope(name)][:columns]
            for place, (axes, key) in enumerate(zip(row, keys, strict=True)):
                _paint(axes, look, data[key], key, count, look.series[place])
        if title:
            figure.suptitle(words(title), color=look.text, parse_math=False)

    return Plot(
        "histograms",
        paint,
        what=f"histograms of {', '.join(words(name, 20) for name in named)}",
        theme=theme,
        size=(6.4 if loss is None else 7.2, 2.7 * len(named) + 0.6),
        data=data,
        note=f"left out, as not finite: {bad}" if bad else "",
    )


def _slope(name: str) -> str:
    return f"gradient of {name}"


def _paint(axes: Axes, look: Look, value: _Array, name: str, bins: int, color: str) -> None:
    flat = value.ravel().astype(np.float64)
    kept = flat[np.isfinite(flat)]
    if kept.size:
        axes.hist(kept, bins=bins, color=color, edgecolor=look.background, linewidth=0.4)
    scale(axes, "x", "linear", "histograms")
    axes.set_title(f"{words(name, 40)}\n{_said(flat, kept)}")
    axes.locator_params(axis="x", nbins=5)
    axes.locator_params(axis="y", nbins=4, integer=True)
    dress(axes, look)
    axes.title.set(fontsize=FONT_SIZE - 1.5)


def _said(flat: _Array, kept: _Array) -> str:
    """Mean and spread, and how many elements are odd, on two lines."""
    spread = f"mean {kept.mean():.3g}, std {kept.std():.3g}" if kept.size else "no finite value"
    counts = ((flat == 0, "zero"), (np.isnan(flat), "NaN"), (np.isinf(flat), "infinite"))
    odd = [f"{int(chosen.sum())} {word}" for chosen, word in counts if chosen.any()]
    return spread + "\n" + ", ".join([f"{flat.size} elements", *odd])


def _named(nodes: Any) -> dict[str, Node]:
    """The nodes by the names that are shown; equal names get a number."""
    if isinstance(nodes, Node):
        pairs: list[tuple[str, Any]] = [(nodes.name, nodes)]
    elif isinstance(nodes, Mapping):
        pairs = [(str(name), node) for name, node in nodes.items()]
    elif isinstance(nodes, Iterable) and not isinstance(nodes, str):
        pairs = [(node.name if isinstance(node, Node) else "", node) for node in nodes]
    else:
        raise DTypeError(f"histograms: {nodes!r:.60} is not a node, a list or a dict of nodes")
    if not 0 < len(pairs) <= _MOST:
        raise ValueError(f"histograms: {len(pairs)} nodes; give 1 to {_MOST}")
    for _, node in pairs:
        if not isinstance(node, Node):
            raise DTypeError(f"histograms: {node!r:.60} is not a node")
        if node.is_update or node.dtype.kind not in "fiub":
            raise DTypeError(f"histograms: {node.describe()} holds no real numbers")
    return (
        dict(pairs)
        if len(dict(pairs)) == len(pairs)
        else {f"{name} ({place})": node for place, (name, node) in enumerate(pairs, 1)}
    )
