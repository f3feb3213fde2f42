"""Backpropagation as a page to step through, recorded from the routine that differentiates."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from ..errors import GraphflowError
from ..graph import Node
from ..session import Session
from . import label, svg
from .dot import dot_text, theme_named
from .figure import figure
from .output import write_whole
from .page_file import PageFile
from .graph_page import page
from .render import RenderError, render_svg
from .arrays import inline, table
from .step_through_record import record
from .step_through_scene import Scene, scene
from .step_through_steps import Step, steps


def step_through(
    loss: Node,
    feed_dict: Any,
    path: str | os.PathLike[str],
    *,
    wrt: Node | Iterable[Node] | None = None,
    session: Session | None = None,
) -> PageFile:
    """Write one HTML page that steps through the forward pass and backpropagation; its path.

    The page needs no network. It shows what `gradients(loss, wrt)` really did, with the numbers of
    a run of `feed_dict`: how many consumers each node waits for, which nodes are ready and why,
    every contribution as it arrives with its rule, the running sums, and beside each finished
    gradient the finite differences of its first entries. Where plain breadth-first would expand a
    node too early, it says so. What is differentiated is the stable form of the graph.

    `wrt` is by default the trainable variables, or the placeholders of floats where there are none.
    Variables have their values in `session`, or their initial ones. Large arrays are shown by
    shape, norm and first entries.

    Raises DTypeError for a loss that is no node, GraphError for one made of over 150 nodes,
    FeedError for feeds that do not fit or replace inner nodes, DisconnectedError where there is
    nothing to differentiate by, GraphflowError where no renderer draws the graph (the text says
    what to install), OSError when the file cannot be written; no file is written then.
    """
    recording = record(loss, feed_dict, wrt, session)
    scenes = [scene(recording, recorded) for recorded in recording.passes]
    told = [steps(one) for one in scenes]
    pictures = [_picture(one, its) for one, its in zip(scenes, told, strict=True)]
    data = {
        "title": label.shorten(label.plain(loss.name), 60),
        "passes": [
            {"nodes": _nodes(one), "notes": _notes(one), "steps": its}
            for one, its in zip(scenes, told, strict=True)
        ],
    }
    written = PageFile(path)
    text = page("step_through", f"Backpropagation of {data['title']}", data, "".join(pictures))
    write_whole(written, text.encode())
    return written


def _nodes(of: Scene) -> list[dict[str, Any]]:
    """What the page says about each node, whatever the step."""
    return [
        {
            "name": of.names[node.number],
            "full": label.plain(node.describe()),
            "line": label.plain(node.origin.text) if node.origin else "",
            "asked": node.number in of.recording.targets,
            "table": table(of.value(node)),
        }
        for node in of.nodes
    ]


def _notes(of: Scene) -> list[str]:
    """What was rewritten before differentiating."""
    return [
        f"Made stable before differentiating: {fired.before.kind} became {fired.after.kind} "
        f"({fired.rule})."
        for fired in of.recorded.form.fired
    ]


def _picture(of: Scene, told: list[Step]) -> str:
    """The graph with two more lines a node, as wide as what the page will write into them."""
    shown = figure([of.nodes[-1]], depth=None)
    rows = _rows(of, told)
    places = [of.places[box.number] for box in shown.boxes]
    heads = [_head(of, node) for node in of.nodes]
    boxes = [
        box._replace(lines=(*heads[p], *rows[p]))
        for box, p in zip(shown.boxes, places, strict=True)
    ]
    text = dot_text(shown._replace(boxes=boxes), theme_named("light"))
    try:
        return svg.fluid(svg.finished(render_svg(text), adaptive=False))
    except RenderError as error:
        raise GraphflowError(f"step_through: the graph cannot be drawn: {error}") from error


def _rows(of: Scene, told: list[Step]) -> list[list[str]]:
    """By place: the value, and the widest of the gradients and sums shown on the way."""
    rows = [[f"= {inline(of.value(node))}"] for node in of.nodes]
    for step in told:
        if "gradient" in step:
            row, text = rows[step["at"]], f"grad {step['gradient']}"
            row[1:] = [max([*row[1:], text], key=len)]
    return rows


def _head(of: Scene, node: Node) -> list[str]:
    """What a node is called in the steps, below what it does where the name does not say that."""
    name = of.names[node.number]
    return [node.kind, name] if node.inputs and not name.startswith(node.kind) else [name]
