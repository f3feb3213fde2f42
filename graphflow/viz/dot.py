"""The DOT text of a picture: nodes in, text out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..graph import Node
from .figure import Arrow, Box, Figure, figure
from .label import shorten
from .theme import FONT, OUTLINES, THEMES, Theme

Group = tuple[str, ...]
_CURVED_UP_TO = 150  # boxes


def to_dot(
    nodes_or_graph: Any,
    *,
    show: str = "all",
    highlight: Iterable[Node] = (),
    theme: str = "light",
) -> str:
    """The graph in Graphviz's DOT language: these nodes and everything they are computed from.

    Takes a node, nodes in lists, tuples and dicts (string keys are shown), or a Graph. `show` is
    "all", "forward" (without what was made by differentiating) or "gradients" (only that, and what
    it takes); `highlight` marks nodes; `theme` is "light" or "dark".

    Every arrow has the shape it carries, and the dtype where it is not float64. Gradients are
    dashed. Scopes are clusters. A tooltip has a node's full name, type and line. Names are plain
    text whatever they contain, and a name over 28 characters is shortened. The same nodes always
    give the same text.

    Raises DTypeError for what is no node, GraphError for nodes of two graphs, ValueError for an
    unknown option.
    """
    return dot_text(figure(nodes_or_graph, show, highlight), theme_named(theme))


def theme_named(name: str) -> Theme:
    """The theme of that name. Raises ValueError for another."""
    if name not in THEMES:
        raise ValueError(f"draw: theme must be one of {', '.join(THEMES)}, not {name!r}")
    return THEMES[name]


def dot_text(shown: Figure, theme: Theme) -> str:
    """The DOT text of a figure."""
    # Importing graphviz takes as long as importing all of graphflow but NumPy, so it waits here.
    from graphviz import Digraph

    root = Digraph("graphflow", **_defaults(theme))
    if len(shown.boxes) > _CURVED_UP_TO:
        root.attr(splines="line")  # routing curves around boxes takes most of the time of layout
    ids = {box.number: f"n{i}" for i, box in enumerate(shown.boxes)}
    groups = _groups(shown.boxes)
    graphs: dict[Group, Any] = {(): root}
    for i, group in enumerate(groups):
        graphs[group] = Digraph(f"cluster_{i}", graph_attr=_cluster(group, theme))
    for box in shown.boxes:
        graphs[_group(box)].node(ids[box.number], **_node(box, theme))
    for group in sorted(groups, key=len, reverse=True):
        graphs[group[:-1]].subgraph(graphs[group])
    for arrow in shown.arrows:
        root.edge(ids[arrow.source], ids[arrow.target], **_edge(arrow, theme))
    for above, below in _leaves_below(shown):
        root.edge(ids[above], ids[below], style="invis", weight="0")
    _add_legend(root, shown, theme)
    return str(root.source)


def _defaults(theme: Theme) -> dict[str, dict[str, str]]:
    return {
        "graph_attr": {
            "bgcolor": theme.background,
            "newrank": "true",
            "fontname": FONT,
            "fontsize": "11",
            "nodesep": "0.25",
            "ranksep": "0.35",
        },
        "node_attr": {
            "fontname": FONT,
            "fontsize": "12",
            "fontcolor": theme.text,
            "height": "0.3",
            "width": "0.4",
        },
        "edge_attr": {
            "fontname": FONT,
            "fontsize": "9",
            "fontcolor": theme.faint,
            "color": theme.edge,
            "arrowsize": "0.6",
        },
    }


def _group(box: Box) -> Group:
    """The clusters around a box, outermost first. The first is the part of the picture, or "/"."""
    part = (box.part,) if box.part else ()
    return part + tuple("/" + name for name in box.scope)


def _groups(boxes: list[Box]) -> list[Group]:
    """All groups and those around them, in order of first appearance."""
    found: dict[Group, None] = {}
    for box in boxes:
        group = _group(box)
        for depth in range(1, len(group) + 1):
            found[group[:depth]] = None
    return list(found)


def _cluster(group: Group, theme: Theme) -> dict[str, str]:
    name = group[-1].removeprefix("/")
    return {
        "label": _escaped(shorten(name)),
        "tooltip": _escaped(name),
        "style": "rounded,filled",
        "fillcolor": theme.cluster,
        "color": theme.cluster_line,
        "fontcolor": theme.faint,
        "labeljust": "l",
        "class": "scope",
    }


def _node(box: Box, theme: Theme) -> dict[str, str]:
    outline, ink = OUTLINES[box.kind], theme.inks[box.kind]
    attributes = {
        "label": _escaped(*box.lines),
        "tooltip": _escaped(box.tooltip),
        "class": box.kind,
        "shape": outline.shape,
        "style": outline.style,
        "margin": outline.margin,
        "fillcolor": ink.fill,
        "color": ink.line,
    }
    if box.highlighted:
        attributes |= {"color": theme.highlight, "penwidth": "3", "class": f"{box.kind} marked"}
    return attributes


def _edge(arrow: Arrow, theme: Theme) -> dict[str, str]:
    attributes = {
        "label": _escaped(f" {arrow.text} ") if arrow.text else "",
        "tooltip": _escaped(arrow.tooltip),
    }
    if arrow.dashed:
        attributes |= {"style": "dashed", "color": theme.gradient_edge, "class": "derived"}
    if arrow.kept:
        attributes |= {"style": "dotted", "weight": "0"}
    if arrow.highlighted:
        attributes |= {"color": theme.highlight, "penwidth": "2.5", "class": "marked"}
    return attributes


def _leaves_below(shown: Figure) -> list[tuple[int, int]]:
    """Which leaf to put below which box, so that a scope starts below what it takes from outside.

    Without this a layer's weights lie beside the layer before, and layers descend like a staircase.
    Only a leaf's first consumer counts, so nothing is put below what depends on it.
    """
    group = {box.number: _group(box) for box in shown.boxes}
    inputs: dict[int, list[int]] = {}
    first: dict[int, int] = {}
    for arrow in shown.arrows:
        inputs.setdefault(arrow.target, []).append(arrow.source)
        first.setdefault(arrow.source, arrow.target)
    found: dict[tuple[int, int], None] = {}
    for leaf, target in first.items():
        if leaf in inputs or not group[leaf] or group[leaf] != group[target]:
            continue
        for other in inputs[target]:
            if other in inputs and group[other] != group[leaf]:
                found[other, leaf] = None
    return list(found)


def _add_legend(root: Any, shown: Figure, theme: Theme) -> None:
    """One sample of each kind that is present, in a row below everything else."""
    present = {box.kind for box in shown.boxes}
    kinds = [kind for kind in OUTLINES if kind in present]
    if not kinds:
        return
    with root.subgraph(name="cluster_legend", graph_attr=_cluster(("legend",), theme)) as legend:
        legend.attr(rank="same", fillcolor=theme.background, **{"class": "legend"})
        for i, kind in enumerate(kinds):
            sample = Box(i, kind, "", "", (kind,), "", "", (), False)
            legend.node(f"k{i}", **_node(sample, theme) | {"fontsize": "9", "height": "0.2"})
            if i:  # from left to right
                legend.edge(f"k{i - 1}", f"k{i}", style="invis")
    sources = {arrow.source for arrow in shown.arrows}
    for i, box in enumerate(shown.boxes):
        if box.number not in sources:
            root.edge(f"n{i}", f"k{len(kinds) // 2}", style="invis", weight="0")


def _escaped(*lines: str) -> Any:
    """Lines as the value of a label or tooltip in which no character has a meaning."""
    from graphviz import nohtml

    return nohtml("\\n".join(t.replace("\\", "\\\\").replace("&", "&amp;") for t in lines))
