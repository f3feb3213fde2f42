"""Parameters of pictures with sliders: where each starts and which places it has."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any, NamedTuple

import numpy as np

from ..errors import DTypeError
from ..graph import Node
from .evaluate import checked_range

_MOST_PLACES = 1001
_PLACES = 101  # where no step is given


class Parameter(NamedTuple):
    """A number that a slider sets: its name, its places, and which of them it starts at."""

    name: str
    places: tuple[float, ...]
    start: int

    @property
    def value(self) -> float:
        """The number it starts at."""
        return self.places[self.start]

    def fewer(self, count: int) -> Parameter:
        """The same with about so many places, evenly chosen, the ends and the start among them."""
        if count >= len(self.places):
            return self
        chosen = {round(k) for k in np.linspace(0, len(self.places) - 1, count)}
        nearest = min(sorted(chosen - {0, len(self.places) - 1}), key=self._from_start, default=0)
        kept = sorted((chosen - {nearest}) | {self.start} if count > 2 else chosen)
        start = min(range(len(kept)), key=lambda k: self._from_start(kept[k]))
        return Parameter(self.name, tuple(self.places[k] for k in kept), start)

    def _from_start(self, place: int) -> int:
        return abs(place - self.start)


def parameters_of(ranges: Any) -> list[Parameter]:
    """A parameter for each range: a number to start at, or (low, high), with a step, and a start.

    A number v goes from -v to 3v, as in ipywidgets' `interact`, by tenths. Raises DTypeError where
    there is no dict of ranges, ValueError for one that is none.
    """
    if not isinstance(ranges, Mapping) or not ranges:
        raise DTypeError("sliders: ranges are a dict of ranges by parameter, with at least one")
    return [_parameter(key, given) for key, given in ranges.items()]


def _parameter(key: Any, given: Any) -> Parameter:
    name = key.name if isinstance(key, Node) else str(key)
    low, high, step, start = _ends(name, given)
    places = _places(name, low, high, step)
    return Parameter(name, places, int(np.argmin(np.abs(np.array(places) - start))))


def _ends(name: str, given: Any) -> tuple[float, float, float, float]:
    if isinstance(given, bool) or not np.isrealobj(given):
        raise ValueError(f"sliders: the range of {name!r} is not {given!r:.40}")
    if isinstance(given, int | float | np.number):
        return _around(name, float(given))
    try:
        numbers = [float(part) for part in given]
    except (TypeError, ValueError):
        numbers = []
    if not 2 <= len(numbers) <= 4:
        raise ValueError(
            f"sliders: the range of {name!r} is a number, or (low, high), (low, high, step) or "
            f"(low, high, step, start), not {given!r:.40}"
        )
    low, high = checked_range("sliders", numbers[:2])
    step = numbers[2] if len(numbers) > 2 else (high - low) / (_PLACES - 1)
    start = numbers[3] if len(numbers) > 3 else (low + high) / 2
    if not 0 < step <= high - low:
        raise ValueError(f"sliders: the step of {name!r} is over 0 and in the range, not {step:g}")
    if not low <= start <= high:
        raise ValueError(f"sliders: {name!r} starts in its range, not at {start:g}")
    return low, high, step, start


def _around(name: str, value: float) -> tuple[float, float, float, float]:
    if not np.isfinite(value):
        raise ValueError(f"sliders: {name!r} starts at a finite number, not {value:g}")
    if value == 0:
        return -1.0, 1.0, 0.1, 0.0
    low, high = sorted((-value, 3 * value))
    step = 0.1 if 0.5 <= abs(value) <= 20 else abs(value) / 10
    return low, high, step, value


def _places(name: str, low: float, high: float, step: float) -> tuple[float, ...]:
    count = int(np.floor((high - low) / step + 1e-9)) + 1
    if count > _MOST_PLACES:
        raise ValueError(f"sliders: {name!r} has {count} places; at most {_MOST_PLACES}")
    return tuple(float(f"{low + k * step:.12g}") for k in range(count))


def thinned(parameters: list[Parameter], most: int) -> list[Parameter]:
    """The parameters with so few places that they have at most `most` combinations.

    The one with the most places loses first. Raises ValueError where two each are too many.
    """
    counts = [len(parameter.places) for parameter in parameters]
    while prod(counts) > most:
        largest = max(range(len(counts)), key=counts.__getitem__)
        if counts[largest] == 2:
            raise ValueError(
                f"sliders: {len(counts)} parameters need {prod(counts)} pictures at least, and a "
                f"page holds {most} of this size; take fewer parameters, or fewer points"
            )
        counts[largest] -= 1
    return [parameter.fewer(count) for parameter, count in zip(parameters, counts, strict=True)]
