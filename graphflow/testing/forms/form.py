"""Form: how an operation is written in Python, and the operands that it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...shapes import Shape
from ..domains import Domain

Sizes = tuple[int, ...]
_LARGEST = 36  # entries of what operands broadcast to


def broadcast(*shapes: Sizes) -> bool:
    """Whether the operands broadcast to something small."""
    try:
        return int(np.prod(np.broadcast_shapes(*shapes))) <= _LARGEST
    except ValueError:
        return False


def full(*shapes: Sizes) -> bool:
    """Whether the operands broadcast and have entries."""
    return broadcast(*shapes) and all(0 not in shape for shape in shapes)


def vector(*shapes: Sizes) -> bool:
    """Whether the operands have an axis, no empty one, and broadcast."""
    return full(*shapes) and all(shapes)


def axes(*shapes: Sizes) -> bool:
    """Whether the operands broadcast and the first has an axis."""
    return broadcast(*shapes) and len(shapes[0]) > 0


def alike(*shapes: Sizes) -> bool:
    """Whether the operands have one shape, with an axis."""
    return len(set(shapes)) == 1 and len(shapes[0]) > 0


def matrices(*shapes: Sizes) -> bool:
    """Whether the operands multiply as matrices or vectors."""
    if not all(shapes):
        return False
    if len(shapes) == 1:
        return True
    (a, b), lead = shapes, [shape[:-2] for shape in shapes]
    return a[-1] == (b[-2] if len(b) > 1 else b[0]) and (len(a) < 2 or len(b) < 2 or full(*lead))


@dataclass(frozen=True)
class Form:
    """An operation as it is written.

    `text` is Python with `{0}`, `{1}` for the operands. `{number}`, `{axis}` (one of the first
    operand's), `{axes}` (a reduction's arguments), `{shape}` and `{size}` (of the first operand)
    are filled in as well. `fits` says which shapes go together, called with those of the first
    operands too. With `apart`, operands may not tie. `needs` says what has to be known of the
    operands' shapes: "rank" or "sizes". Where the form was `guessed`, for an operation of the
    user's, operands may turn out not to fit.
    """

    op: str
    text: str
    operands: tuple[Domain, ...]
    fits: Callable[..., bool] = broadcast
    apart: bool = False
    needs: str = ""
    guessed: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether it is of floats, and written without any other operation."""
        calls = self.text.count("gf.")
        alone = calls == 0 or (calls == 1 and self.text.startswith("gf."))
        return alone and all(domain.kind == "f" for domain in self.operands)

    @property
    def has_options(self) -> bool:
        """Whether there is something to choose besides operands."""
        return any(f"{{{name}}}" in self.text for name in ("number", "axis", "axes"))

    def options(self, shape: Sizes) -> list[dict[str, Any]]:
        """What may be filled into the text besides operands, for a first operand of a shape."""
        rank = len(shape)
        found = [{"shape": shape, "size": int(np.prod(shape, dtype=int))}]
        if "{number}" in self.text:
            found = [{**one, "number": number} for one in found for number in NUMBERS]
        if "{axis}" in self.text:
            found = [{**one, "axis": axis} for one in found for axis in (-1, *range(rank))]
        if "{axes}" in self.text:
            found = [{**one, "axes": a} for one in found for a in _reduced(rank)]
        return found

    def admits(self, shape: Shape) -> bool:
        """Whether enough is known of an operand's shape."""
        if self.needs == "sizes":
            return shape is not None and all(isinstance(size, int) for size in shape)
        return shape is not None or not self.needs


NUMBERS = ("2", "0.5", "-1.5", "3", "-1", "0.25")


def _reduced(rank: int) -> list[str]:
    if rank == 0:
        return [""]
    found = ["", ", axis=-1", ", axis=0, keepdims=True", ", keepdims=True"]
    return [*found, ", axis=(0, 1)"] if rank > 1 else found
