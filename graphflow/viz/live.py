"""Pictures as functions of numbers: by graphs where they can be traced, else by calling Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import DTypeError, GraphError, ShapeError
from ..graph import Node, Placeholder
from ..ops.array import stack
from ..session import Session
from .in_page import NotInPageError, page_program
from .marks import Frame, Slot, as_frame, checked_marks, title_parts
from .scene import kind_of

_Numbers = Sequence[float]


class Live(NamedTuple):
    """`draw(numbers)` gives the picture; `page` what the script of a page computes it by.

    `page` is None where the script cannot, and `why` says what it cannot do.
    """

    draw: Callable[[_Numbers], Frame]
    page: dict[str, Any] | None
    why: str


def live_picture(
    draw: Any,
    keys: Sequence[Any],
    title: str,
    session: Session,
    feed_dict: Mapping[Node, Any],
) -> Live:
    """The picture that `draw` gives for parameters: names of its arguments, or nodes in it."""
    if all(isinstance(key, Node) for key in keys):
        frame, nodes = _stacked(as_frame("sliders", draw)), list(keys)
        if not _parts(frame):
            raise DTypeError("sliders: there is no node in the picture that could follow sliders")
    elif not callable(draw):
        raise DTypeError(f"sliders: {draw!r:.60} is no function; give nodes as keys of the ranges")
    else:
        names = [str(key) for key in keys]
        nodes = [Placeholder((), name=name) for name in names]
        traced = _traced(draw, dict(zip(names, nodes, strict=True)))
        if traced is None:
            return _by_calling(draw, names)
        frame = traced
    return _by_graph(frame, nodes, title, session, feed_dict)


def _traced(draw: Callable[..., Any], arguments: dict[str, Node]) -> Frame | None:
    """What the function makes of nodes; None where it needs numbers."""
    try:
        frame = _stacked(as_frame("sliders", draw(**arguments)))
    except GraphError:
        raise
    except Exception:  # whatever it is, calling it with numbers will tell
        return None
    return frame if _parts(frame) else None


def _stacked(frame: Frame) -> Frame:
    """The picture with a node for each list that has nodes in it."""

    def one(part: Any) -> Any:
        has_nodes = isinstance(part, list | tuple) and any(isinstance(p, Node) for p in part)
        return stack(part) if has_nodes else part

    return frame._replace(marks=[m._replace(x=one(m.x), y=one(m.y)) for m in frame.marks])


def _parts(frame: Frame) -> list[Node]:
    """The nodes of a picture: x and y of its marks, then its values."""
    places = [part for mark in frame.marks for part in (mark.x, mark.y)]
    return [part for part in (*places, *frame.values.values()) if isinstance(part, Node)]


def _by_calling(draw: Callable[..., Any], names: Sequence[str]) -> Live:
    def drawn(numbers: _Numbers) -> Frame:
        arguments = {name: float(number) for name, number in zip(names, numbers, strict=True)}
        return _with_numbers(as_frame("sliders", draw(**arguments)))

    return Live(drawn, None, "the function needs numbers and is no graph")


def _by_graph(
    frame: Frame,
    parameters: Sequence[Node],
    title: str,
    session: Session,
    feed_dict: Mapping[Node, Any],
) -> Live:
    nodes = _parts(frame)
    call = session.make_callable(nodes, [*parameters, *feed_dict])
    rest = [np.asarray(value, key.dtype) for key, value in feed_dict.items()]

    def drawn(numbers: _Numbers) -> Frame:
        fed = [np.asarray(v, node.dtype) for v, node in zip(numbers, parameters, strict=True)]
        return _with_numbers(_refilled(frame, iter(call(*fed, *rest))))

    parts = title_parts("sliders", title, frame.values)
    try:
        program = page_program(nodes, parameters, session, feed_dict)
    except NotInPageError as error:
        return Live(drawn, None, str(error))
    described = _refilled(frame, iter([{"output": k} for k in range(len(nodes))]))
    moving = [
        {"kind": kind_of(mark), "x": _constant(mark.x), "y": _constant(mark.y)}
        for mark in described.marks
    ]
    written = [_title_part(part, described.values) for part in parts]
    return Live(drawn, {"program": program, "moving": moving, "title": written}, "")


def _refilled(frame: Frame, found: Any) -> Frame:
    """The picture with what comes next of `found` in place of each of its nodes."""

    def put(part: Any) -> Any:
        return next(found) if isinstance(part, Node) else part

    marks = [mark._replace(x=put(mark.x), y=put(mark.y)) for mark in frame.marks]
    return Frame(marks, {name: put(value) for name, value in frame.values.items()})


def _constant(part: Any) -> Any:
    """The place of an output stays what it is; a constant becomes an array."""
    return part if isinstance(part, dict) else np.ravel(np.asarray(part, np.float64))


def _title_part(part: str | Slot, values: Mapping[str, Any]) -> Any:
    if isinstance(part, str):
        return part
    return {"value": values[part.name], "kind": part.kind, "digits": part.digits}


def _with_numbers(frame: Frame) -> Frame:
    """The picture with its arrays and numbers checked."""
    numbers = {}
    for name, value in frame.values.items():
        array = np.asarray(value)
        if array.size != 1 or array.dtype.kind not in "fiub":
            raise ShapeError(f"sliders: the value {name!r} is one real number, not {value!r:.40}")
        numbers[name] = float(array.reshape(()))
    return Frame(checked_marks("sliders", frame.marks), numbers)
