"""Schedules: the learning rate as a function of the step.

A schedule is called with the number of steps made *before*: 0 in the first step. Given a number or
an array it gives numbers, to be looked at or plotted; given a node, as an optimizer does, a node.
Any function of one argument may stand in its place: `lambda step: 0.1 / (1 + step)`. One with a
choice in it is written with `np.where`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, final

import numpy as np

from .errors import DTypeError
from .graph import Node

__all__ = [
    "Schedule", "cosine", "exponential", "one_cycle", "piecewise", "polynomial", "warm_up",
]  # fmt: skip


@final
class Schedule:
    """A function of the step that says in its repr what it is."""

    def __init__(self, formula: Callable[[Any], Any], text: str) -> None:
        self._formula = formula
        self._text = text

    def __call__(self, step: Any) -> Any:
        """The rate after `step` steps: a float for a number, else an array or a node."""
        found = self._formula(step)
        return found if isinstance(found, Node) else np.asarray(found, np.float64)[()]

    def __repr__(self) -> str:
        return f"gf.schedules.{self._text}"


def exponential(
    initial: float,
    decay_rate: float,
    decay_steps: float = 1,
    *,
    first: float = 0,
    staircase: bool = False,
) -> Schedule:
    """initial * decay_rate ** ((step + first) / decay_steps).

    `first` is what the first step counts as: with 1, the rate decays before it. `staircase` rounds
    the exponent down.
    """
    _check_positive(exponential=decay_steps)

    def formula(step: Any) -> Any:
        power = (step + first) / decay_steps
        return initial * decay_rate ** (np.floor(power) if staircase else power)

    return Schedule(formula, f"exponential({initial}, {decay_rate}, {decay_steps})")


def cosine(initial: float, decay_steps: float, *, final: float = 0.0) -> Schedule:
    """final + (initial - final) * (1 + cos(pi * step / decay_steps)) / 2; final after that.

    Source: I. Loshchilov, F. Hutter, "SGDR" (2017), eq. (5).
    """
    _check_positive(cosine=decay_steps)

    def formula(step: Any) -> Any:
        return _between(initial, final, np.minimum(step, decay_steps) / decay_steps)

    return Schedule(formula, f"cosine({initial}, {decay_steps}, final={final})")


def polynomial(
    initial: float, decay_steps: float, *, final: float = 0.0, power: float = 1.0
) -> Schedule:
    """final + (initial - final) * (1 - step / decay_steps) ** power; final after that."""
    _check_positive(polynomial=decay_steps)

    def formula(step: Any) -> Any:
        left = 1 - np.minimum(step, decay_steps) / decay_steps
        return final + (initial - final) * left**power

    return Schedule(formula, f"polynomial({initial}, {decay_steps}, final={final}, power={power})")


def piecewise(boundaries: Sequence[float], values: Sequence[float]) -> Schedule:
    """values[i] from step boundaries[i - 1] on: values[0] for the first boundaries[0] steps.

    Raises ValueError unless boundaries rise and there is one value more than there are boundaries.
    """
    if len(values) != len(boundaries) + 1:
        raise ValueError(f"piecewise: {len(boundaries)} boundaries for {len(values)} values")
    if any(a >= b for a, b in pairwise(boundaries)):
        raise ValueError(f"piecewise: boundaries do not rise: {list(boundaries)}")
    pairs = list(zip(boundaries, values[1:], strict=True))

    def formula(step: Any) -> Any:
        rate: Any = values[0] + 0 * step
        for boundary, value in pairs:
            rate = np.where(step >= boundary, value, rate)
        return rate

    return Schedule(formula, f"piecewise({list(boundaries)}, {list(values)})")


def warm_up(
    after: float | Callable[[Any], Any], warm_up_steps: float, *, start: float = 0.0
) -> Schedule:
    """A straight line from `start` over `warm_up_steps` steps, then `after`, counted from there.

    `after` is a number or a schedule; the line goes to its first value.
    """
    _check_positive(warm_up=warm_up_steps)

    def formula(step: Any) -> Any:
        since = np.maximum(step - warm_up_steps, 0)
        later = after(since) if callable(after) else after
        top = after(0.0 * step) if callable(after) else after
        line = start + (top - start) * (step / warm_up_steps)
        return np.where(step < warm_up_steps, line, later)

    return Schedule(formula, f"warm_up({after!r}, {warm_up_steps}, start={start})")


def one_cycle(
    peak: float,
    total_steps: int,
    *,
    warm_up_share: float = 0.3,
    start_factor: float = 25.0,
    final_factor: float = 1e4,
) -> Schedule:
    """Half a cosine from peak / start_factor up to peak, and half a one down, far below the start.

    The last of the `total_steps` steps has peak / start_factor / final_factor. As PyTorch's
    OneCycleLR with its defaults; the momentum is left alone.

    Source: L. N. Smith, N. Topin, "Super-convergence" (2018).
    """
    _check_positive(one_cycle=total_steps - 1)
    top = warm_up_share * total_steps - 1
    if not 0 < top < total_steps - 1:
        raise ValueError(f"one_cycle: no warm-up within {total_steps} steps: {warm_up_share!r}")
    start = peak / start_factor

    def formula(step: Any) -> Any:
        down = np.minimum(step - top, total_steps - 1 - top) / (total_steps - 1 - top)
        falling = _between(peak, start / final_factor, down)
        return np.where(step <= top, _between(start, peak, step / top), falling)

    return Schedule(formula, f"one_cycle({peak}, {total_steps})")


def _between(first: float, last: float, part: Any) -> Any:
    """From `first` to `last` by half a cosine, as `part` goes from 0 to 1."""
    return last + (first - last) * ((1 + np.cos(np.pi * part)) / 2)


def _check_positive(**steps: Any) -> None:
    for caller, count in steps.items():
        if isinstance(count, bool) or not isinstance(count, int | float | np.number):
            raise DTypeError(f"{caller}: a number of steps is wanted, not {count!r}")
        if not count > 0:
            raise ValueError(f"{caller}: a number of steps above 0 is wanted, not {count!r}")
