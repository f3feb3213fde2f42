"""Lines and points over x and y: what animations and pictures with sliders are made of."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import DTypeError, ShapeError
from .evaluate import checked_range

_Array = np.ndarray[Any, Any]


class Line(NamedTuple):
    """A line through places `x`, `y`, arrays of one size; NaN makes a gap."""

    x: Any
    y: Any
    label: str = ""


class Points(NamedTuple):
    """Points at places `x`, `y`, arrays of one size, or two numbers."""

    x: Any
    y: Any
    label: str = ""


class Frame(NamedTuple):
    """One picture: its lines and points, and numbers for the title by name."""

    marks: Sequence[Line | Points]
    values: Mapping[str, Any] = {}


class Slot(NamedTuple):
    """A number in a title: its name, and how it is written ("f", "e" or "g", so many digits)."""

    name: str
    kind: str
    digits: int


def as_frame(caller: str, drawn: Any) -> Frame:
    """What was given for one picture as a Frame, its arrays not yet looked at."""
    if isinstance(drawn, Line | Points):
        return Frame((drawn,))
    frame = drawn if isinstance(drawn, Frame) else Frame(drawn)
    marks = frame.marks
    if isinstance(marks, Line | Points):
        marks = (marks,)
    if not isinstance(marks, list | tuple) or not all(isinstance(m, Line | Points) for m in marks):
        raise DTypeError(
            f"{caller}: {drawn!r:.60} is no picture", "give a gf.viz.Line, gf.viz.Points or Frame"
        )
    if not isinstance(frame.values, Mapping):
        raise DTypeError(f"{caller}: the values of a Frame are a dict, not {frame.values!r:.60}")
    return Frame(tuple(marks), dict(frame.values))


def checked_marks(caller: str, marks: Iterable[Line | Points]) -> tuple[Line | Points, ...]:
    """The marks with x and y as vectors of floats. Raises DTypeError or ShapeError."""
    return tuple(_checked(caller, mark) for mark in marks)


def _checked(caller: str, mark: Line | Points) -> Line | Points:
    kind = type(mark).__name__
    try:
        x, y = (np.asarray(part, np.float64).ravel() for part in (mark.x, mark.y))
    except (TypeError, ValueError):
        raise DTypeError(f"{caller}: a {kind} takes arrays of numbers") from None
    if x.size != y.size:
        raise ShapeError(f"{caller}: a {kind} has {x.size} x and {y.size} y")
    return type(mark)(x, y, str(mark.label))


def extent(marks: Iterable[Line | Points], axis: str) -> tuple[float, float]:
    """From the least to the greatest finite x or y, with a margin; (0, 1) for none."""
    parts = [np.ravel(getattr(mark, axis)) for mark in marks]
    found = np.concatenate(parts) if parts else np.array([])
    found = found[np.isfinite(found)]
    if not found.size:
        return 0.0, 1.0
    low, high = float(found.min()), float(found.max())
    room = 0.05 * (high - low) or 0.05 * abs(low) or 1.0
    return low - room, high + room


def limits(
    caller: str, given: Any, marks: Sequence[Line | Points], axis: str
) -> tuple[float, float]:
    """The limits of an axis: those given, or around all marks."""
    return extent(marks, axis) if given is None else checked_range(caller, given)


def title_parts(caller: str, template: str, names: Iterable[str]) -> list[str | Slot]:
    """A title as texts and slots: "MAE: {MAE:.2f}". Raises ValueError for what it cannot be."""
    known = list(names)
    parts: list[str | Slot] = []
    try:
        pieces = list(string.Formatter().parse(str(template)))
    except ValueError as error:
        raise ValueError(f"{caller}: the title {template!r:.60} has no form: {error}") from None
    for text, name, form, conversion in pieces:
        if text:
            parts.append(text)
        if name is None:
            continue
        if name not in known:
            has = f"there are {', '.join(known)}" if known else "there are no values"
            raise ValueError(f"{caller}: the title speaks of {{{name}}}; {has}")
        parts.append(_slot(caller, name, form or ".4g", conversion))
    return parts


def _slot(caller: str, name: str, form: str, conversion: str | None) -> Slot:
    digits, kind = form[1:-1], form[-1:]
    if conversion or form[:1] != "." or kind not in "efg" or not digits.isdecimal():
        raise ValueError(f"{caller}: write {{{name}:.2f}}, with f, e or g, not {form!r}")
    if int(digits) > 17:
        raise ValueError(f"{caller}: at most 17 digits, not {digits}")
    return Slot(name, kind, int(digits))


def filled(parts: Sequence[str | Slot], values: Mapping[str, Any]) -> str:
    """The title with its numbers."""
    return "".join(
        part if isinstance(part, str) else f"{float(values[part.name]):.{part.digits}{part.kind}}"
        for part in parts
    )
