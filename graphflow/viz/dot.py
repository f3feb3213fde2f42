"""The DOT text of a picture: a figure in, text out."""

from __future__ import annotations

from typing import Any

from .alike import Path
from .figure import Arrow, Box, Cluster, Figure
from .ordering import order
from .theme import FONT, KEPT, MARKS, OPERATION, OUTLINES, THEMES, Theme

_CURVED_UP_TO = 150  # boxes


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
        # Routing curves around boxes takes most of the time of layout, then improving the ranks.
        root.attr(splines="line", nslimit="2", nslimit1="2", mclimit="0.2")
    ids = {box.number: f"n{i}" for i, box in enumerate(shown.boxes)}
    graphs: dict[Path, Any] = {(): root, ("",): root}  # the forward pass has no frame
    groups = [path for path in shown.clusters if path and path != ("",)]
    for i, path in enumerate(groups):
        graphs[path] = Digraph(f"cluster_{i}", graph_attr=_cluster(shown.clusters[path], theme))
    for box in shown.boxes:
        graphs[box.group].node(ids[box.number], **_node(box, theme))
    for path in sorted(groups, key=len, reverse=True):
        graphs[path[:-1]].subgraph(graphs[path])
    for arrow in shown.arrows:
        root.edge(ids[arrow.source], ids[arrow.target], **_edge(arrow, theme))
    for above, below in order(shown):
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
            "nodesep": "0.2",
            "ranksep": "0.2",
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


def _cluster(frame: Cluster, theme: Theme) -> dict[str, str]:
    return {
        "label": _escaped(frame.title),
        "tooltip": _escaped(frame.tooltip or frame.title),
        "style": "rounded,filled",
        "fillcolor": theme.cluster,
        "color": theme.cluster_line,
        "fontcolor": theme.faint,
        "labeljust": "l",
        "class": "scope-frame",
        "penwidth": "2.5" if frame.repeats > 1 else "1",
    }


def _node(box: Box, theme: Theme) -> dict[str, str]:
    outline, ink = OUTLINES[box.kind], theme.inks[box.kind]
    attributes = {
        "label": _escaped(*box.lines),
        "tooltip": _escaped(box.tooltip),
        "class": class_of(box),
        "shape": outline.shape,
        "style": outline.style,
        "margin": outline.margin,
        "fillcolor": ink.fill if box.heat is None else theme.heat[box.heat],
        "color": ink.line,
    }
    if box.kind == KEPT:
        attributes |= {"fontsize": "9", "height": "0.2"}
    special = theme.alarm if box.alarm else theme.marks.get(box.mark)
    if special is not None:
        attributes |= {"fillcolor": special.fill, "color": special.line, "penwidth": "2"}
    if box.alarm:
        attributes["fontcolor"] = theme.alarm.line
    if box.mark == "gone":
        attributes["style"] += ",dashed"
    if box.highlighted:
        attributes |= {"color": theme.highlight, "penwidth": "3"}
    return attributes


def class_of(box: Box) -> str:
    """The classes of a box in the SVG, by which a theme finds it."""
    words = [box.kind.replace(" ", "-"), "" if box.heat is None else f"heat{box.heat}"]
    words += ["alarm" if box.alarm else "", box.mark, "marked" if box.highlighted else ""]
    return " ".join(word for word in words if word)


def _edge(arrow: Arrow, theme: Theme) -> dict[str, str]:
    attributes = {
        "label": _escaped(f" {arrow.text} ") if arrow.text else "",
        "tooltip": _escaped(arrow.tooltip),
    }
    if arrow.dashed:
        attributes |= {"style": "dashed", "color": theme.gradient_edge, "class": "derived"}
    if arrow.became:
        attributes |= {"style": "dotted", "penwidth": "2"}
    if arrow.kept:
        attributes |= {"style": "dotted"}
    if arrow.crossing:
        attributes["weight"] = "0"
    if arrow.back:
        attributes |= {"constraint": "false", "penwidth": "1.6"}
    if arrow.highlighted:
        attributes |= {"color": theme.highlight, "penwidth": "2.5", "class": "marked"}
    return attributes


def _add_legend(root: Any, shown: Figure, theme: Theme) -> None:
    """One sample of each kind that is present, in a row below everything else."""
    present = {box.kind for box in shown.boxes}
    present |= {KEPT} if any(arrow.kept for arrow in shown.arrows) else set()
    samples = [_sample(kind, kind) for kind in OUTLINES if kind in present]
    samples += [_sample(OPERATION, text, heat=place) for place, text in shown.scale]
    samples += [_sample(OPERATION, "not finite", alarm=True)] * any(b.alarm for b in shown.boxes)
    marks = dict.fromkeys(box.mark for box in shown.boxes if box.mark)
    samples += [_sample(OPERATION, f"{MARKS[mark]} {mark}", mark=mark) for mark in marks]
    if not samples:
        return
    frame = _cluster(Cluster("legend", "legend", "", 1), theme)
    with root.subgraph(name="cluster_legend", graph_attr=frame) as legend:
        legend.attr(rank="same", fillcolor=theme.background, **{"class": "legend"})
        for i, sample in enumerate(samples):
            legend.node(f"k{i}", **_node(sample, theme) | {"fontsize": "9", "height": "0.2"})
            if i:  # from left to right
                legend.edge(f"k{i - 1}", f"k{i}", style="invis")
    sources = {arrow.source for arrow in shown.arrows if not arrow.back}
    for i, box in enumerate(shown.boxes):
        if box.number not in sources:
            root.edge(f"n{i}", f"k{len(samples) // 2}", style="invis", weight="0")


def _sample(kind: str, text: str, **looks: Any) -> Box:
    return Box(0, kind, "", "", (text,), "", (), **looks)


def _escaped(*lines: str) -> Any:
    """Lines as the value of a label or tooltip in which no character has a meaning."""
    from graphviz import nohtml

    return nohtml("\\n".join(t.replace("\\", "\\\\").replace("&", "&amp;") for t in lines))
