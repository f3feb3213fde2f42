"""Derivatives along a line by central differences, each with the error it may have.

A central difference errs by truncation, step**2 |f'''| / 6, and by rounding, eps |f| / step; the
two are equal near eps**(1/3) times the scale on which f changes. That scale is not known, so a
search starts at the scale of the point and follows what it measures: the gap between the
differences at step and step/2 shows the truncation, the size of the values the rounding. Steps are
powers of two times the line's direction, so that the points of a line are exact.

Source: W. H. Press et al., Numerical Recipes, 3rd ed., section 5.7 (steps, Richardson);
J. J. More and S. M. Wild, Estimating computational noise, SIAM J. Sci. Comput. 33 (2011).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..dtypes import Array

WIDE = 1e-4  # relative; an error wider than this cannot tell a wrong rule from a right one
_FLOOR = 1e-6  # relative; no rule is asked to be more exact than this
_SHARP = 2 * _FLOOR  # relative; an estimate as good as this needs no better step
_RUNGS = 8
_SHORTER = 2.0**-4  # from one step to the next of those tried before a rule is called wrong
_PART = 64  # a kink is confirmed at a step so much smaller


class Line:
    """Some outputs along `point + t * direction`, each computed once per t.

    `outputs(t)` gives the raw values; every row of `rows` weighs them to one output of the line.
    Steps lie between `smallest` and `largest`; `eps` is the precision of the values, and `scatter`
    how far they move when the point is rounded: what cancels has a larger error than its size says.
    """

    def __init__(
        self,
        outputs: Callable[[float], Array],
        rows: Array,
        *,
        eps: float,
        smallest: float,
        largest: float,
        scatter: Array | float = 0.0,
    ) -> None:
        self.eps, self.smallest, self.largest = eps, smallest, largest
        self.scatter = scatter
        self._outputs = outputs
        self._rows = rows
        self._known: dict[float, tuple[Array, Array]] = {}

    def at(self, t: float) -> Array:
        """The outputs at t."""
        return self._computed(t)[0]

    def rounding(self, t: float) -> Array:
        """The rounding error that values of the size at t and -t have."""
        own = self.eps * np.fmax(self._computed(t)[1], self._computed(-t)[1])
        return np.maximum(own, self.scatter)

    def _computed(self, t: float) -> tuple[Array, Array]:
        if t not in self._known:
            terms = self._outputs(t)
            with np.errstate(all="ignore"):
                # A weight of 0 leaves a value out even where that is infinite.
                terms = np.where(self._rows == 0, 0.0, self._rows * terms)
                self._known[t] = terms.sum(axis=1), np.abs(terms).sum(axis=1)
        return self._known[t]


class Rung(NamedTuple):
    """The estimates at one step: per output the derivative, its error, and what that is made of."""

    step: float
    value: Array
    error: Array
    gap: Array
    rounding: Array


class Estimate(NamedTuple):
    """What differences tell of the derivatives along a line, per output."""

    value: Array
    error: Array
    swing: Array  # how much the output changes on the largest scales, per unit of t
    rounding: Array  # the rounding error of the output
    step: Array  # the step that it was taken at
    kink: Array  # the slopes on both sides stay apart, or there is no slope on one side
    bounded: Array  # the slopes on both sides are finite


def tolerance(value: Array, gap: Array, rounding: Array) -> Array:
    """How far the true derivative may lie from an estimate `value`: the one place that says so.

    `gap` is the difference between the estimates at step and step/2, which bounds the truncation
    several times over once the two are combined; `rounding` is the rounding error of a value
    divided by the step. Infinite where the estimate is not finite.
    """
    error = np.maximum(2 * gap + 8 * rounding, _FLOOR * np.abs(value))
    return np.where(np.isfinite(error), error, np.inf)


def estimate(line: Line, claimed: Array) -> Estimate:
    """The derivatives of the outputs at t = 0; steps are sought until `claimed` can be judged."""
    with np.errstate(all="ignore"):
        first = _rung(line, _within(line, 2.0 ** round(np.log2(line.eps) / 3)))
        doubtful = ~_settled(line, [first], claimed)
        if not doubtful.any():
            return _combined(line, [first], claimed, doubtful)
        rungs = [_finer(line, first)]
        while len(rungs) < _RUNGS:
            unsettled = ~_settled(line, rungs, claimed)
            step = _next_step(line, rungs, claimed, unsettled) if unsettled.any() else None
            if step is None:
                break
            rungs.append(_unless_plateau(_finer(line, _rung(line, step)), first))
        return _combined(line, rungs, claimed, doubtful)


def _within(line: Line, step: float) -> float:
    return float(min(max(step, line.smallest), line.largest))


def _rung(line: Line, step: float) -> Rung:
    wide = (line.at(step) - line.at(-step)) / (2 * step)
    narrow = (line.at(step / 2) - line.at(-step / 2)) / step
    value = narrow + (narrow - wide) / 3  # Richardson: the errors of order step**2 cancel
    gap = np.abs(narrow - wide)
    rounding = line.rounding(step) / step
    return Rung(step, value, tolerance(value, gap, rounding), gap, rounding)


def _finer(line: Line, rung: Rung) -> Rung:
    """The rung with the noise as measured, and extrapolated once more where that is better."""
    step = rung.step
    rounding = np.maximum(rung.rounding, noise(line.at, step) / step)
    plain = rung._replace(error=tolerance(rung.value, rung.gap, rounding))
    inner = _rung(line, step / 2)  # at points that the noise was measured at
    value = inner.value + (inner.value - rung.value) / 15  # the errors of order step**4 cancel
    gap = np.abs(inner.value - rung.value)
    error = tolerance(value, gap, 4 * rounding)
    better = error < plain.error
    return plain._replace(
        value=np.where(better, value, plain.value),
        error=np.where(better, error, plain.error),
        gap=np.where(better, gap, plain.gap),
    )


def noise(at: Callable[[float], Array], step: float) -> Array:
    """The noise of values within `step` of 0, by fourth differences, which leave nothing smooth."""
    values = np.array([at(i * step / 8) for i in range(-4, 5)])
    fourth = np.abs(np.diff(values, 4, axis=0))
    largest = np.maximum(np.max(fourth, axis=0), np.finfo(float).tiny)  # squares may overflow
    return largest * np.sqrt(np.mean((fourth / largest) ** 2, axis=0) / 70)


def _unless_plateau(rung: Rung, first: Rung) -> Rung:
    """No estimate where a step shorter than the first sees no change at all and the first did.

    Values that were rounded coarsely on the way stand still like that between two jumps.
    """
    still = (rung.value == 0) & (rung.gap == 0) & ((first.value != 0) | (first.gap != 0))
    hidden = still & (rung.step < first.step)
    return rung._replace(error=np.where(hidden, np.inf, rung.error))


def _best(rungs: list[Rung], claimed: Array) -> Array:
    """Per output the number of the rung to trust: an exact one that agrees, else the most exact."""
    value, error = np.array([rung.value for rung in rungs]), np.array([r.error for r in rungs])
    agrees = (np.abs(claimed - value) <= error) & (error <= WIDE * np.abs(value))
    return np.argmin(np.where(agrees, -1 / np.maximum(error, 1e-300), error), axis=0)


def _picked(rungs: list[Rung], field: str, choice: Array) -> Array:
    return np.choose(choice, [getattr(rung, field) for rung in rungs])


def _settled(line: Line, rungs: list[Rung], claimed: Array) -> Array:
    """Where another step would teach nothing: sharp and agreed, sharp and confirmed, or flat."""
    best = _best(rungs, claimed)
    value, error = _picked(rungs, "value", best), _picked(rungs, "error", best)
    sharp = error <= _SHARP * np.abs(value)
    agreed = np.abs(claimed - value) <= error
    flat = (claimed == 0) & (rungs[0].value == 0) & (rungs[0].gap == 0)
    if flat.any():
        swing = _swing(line)
        flat &= (swing == 0) | (rungs[0].error <= WIDE * swing)
    return flat | (sharp & (agreed | (len(rungs) > 2)))


def _swing(line: Line) -> Array:
    base = line.at(0.0)
    ends = sorted({1.0, 2 * line.largest})
    swings = [np.abs(line.at(t) - base) / end for end in ends for t in (end, -end)]
    return np.max([np.where(np.isfinite(s), s, 0.0) for s in swings], axis=0)


def _next_step(line: Line, rungs: list[Rung], claimed: Array, unsettled: Array) -> float | None:
    """A step not tried yet that should help the output in the greatest need of one."""
    best = _best(rungs, claimed)
    value, error = _picked(rungs, "value", best), _picked(rungs, "error", best)
    need = np.where(unsettled, np.nan_to_num(error / np.abs(value), nan=1e300, posinf=1e300), -1.0)
    tried = {rung.step for rung in rungs}
    for output in np.argsort(-need, kind="stable")[: int(unsettled.sum())]:
        rung = rungs[best[output]]
        octaves = _octaves(float(rung.rounding[output]), float(rung.gap[output]))
        if not np.isfinite(error[output]):
            rung, octaves = min(rungs, key=lambda r: r.step), -5
        for shift in (octaves, -octaves // 2, 2 * octaves):
            step = _within(line, rung.step * 2.0**shift)
            if step not in tried:
                return step
    return None


def _octaves(rounding: float, gap: float) -> int:
    """By how many factors of two the step should change to make both errors equal."""
    if not rounding or not np.isfinite(gap):
        return -4
    ratio = np.log2(rounding / gap) / 3 if gap else 10.0
    octaves = round(min(max(ratio, -20.0), 10.0))
    return octaves if abs(octaves) >= 3 else (3 if ratio >= 0 else -3)


def _combined(line: Line, rungs: list[Rung], claimed: Array, doubtful: Array) -> Estimate:
    """The best estimate of every output; to contradict a rule, the second best has to agree."""
    best = _best(rungs, claimed)
    value, error = _picked(rungs, "value", best), _picked(rungs, "error", best)
    if len(rungs) > 1:
        errors = np.array([rung.error for rung in rungs])
        np.put_along_axis(errors, best[None], np.inf, axis=0)
        apart = np.abs(value - _picked(rungs, "value", np.argmin(errors, axis=0)))
        torn = (np.abs(claimed - value) > error) & (apart > error + np.min(errors, axis=0))
        error = np.where(torn, apart, error)
    steps = np.array([rung.step for rung in rungs])[best]
    value, error, steps = _nearer(line, claimed, value, error, steps)
    taken, swing = steps, np.abs(value)
    noisy = np.zeros(len(error), bool)
    if doubtful.any():
        swing = _swing(line)
        noisy = doubtful & _is_noise(line, swing)
        lost = doubtful & (error > WIDE * np.maximum(np.abs(value), swing))
        lost |= doubtful & (np.abs(claimed - value) > error)
        # A jump may look smooth at large steps: look for it at a small one.
        small = min(rungs[0].step, max(2 * _PART * line.smallest, 2.0**-33))
        steps = np.where(lost, small, steps)
    kink, bounded = _kinks(line, steps, error)
    steep = ~np.isfinite(claimed) & _steep(line, steps)
    kink, bounded = kink | steep, bounded & ~steep
    unsure = noisy | (~kink & _is_unseen(line, claimed, value))
    error = np.where(unsure, np.fmax(error, 2 * np.abs(claimed - value)), error)
    return Estimate(value, error, swing, line.rounding(0.0), taken, kink, bounded)


def _is_noise(line: Line, swing: Array) -> Array:
    """Where an output moves by rounding as much as by long steps: no derivative shows."""
    return 64 * line.scatter > swing


def _is_unseen(line: Line, claimed: Array, value: Array) -> Array:
    """Where derivatives differ by less than rounding on the scale of the point."""
    return np.abs(claimed - value) <= line.rounding(0.0)


def _nearer(
    line: Line, claimed: Array, value: Array, error: Array, steps: Array
) -> tuple[Array, Array, Array]:
    """Value, error and step of a far shorter step where it agrees with a claim and others do not.

    What changes fast and little hides from long steps in what changes slowly and much.
    """
    step = float(np.max(steps, initial=0.0))
    while step >= line.smallest:
        gap = np.abs(claimed - value)
        differs = np.isfinite(error) & (gap > error) & (step < steps)
        if differs.any():
            near = _rung(line, step)
            fits = differs & (np.abs(claimed - near.value) <= near.error) & (near.error < gap / 4)
            value, error = np.where(fits, near.value, value), np.where(fits, near.error, error)
            steps = np.where(fits, step, steps)
        step *= _SHORTER
    return value, error, steps


def _kinks(line: Line, steps: Array, error: Array) -> tuple[Array, Array]:
    """Where the slopes on both sides differ and do not come closer as the step shrinks."""
    kink, bounded = np.zeros(len(error), bool), np.ones(len(error), bool)
    for step in np.unique(steps):
        here = steps == step
        near = np.maximum(4 * error, 32 * line.rounding(step) / step)
        apart = _apart(line, step / 2)
        suspect = here & (apart > near) & (apart > 0.7 * _apart(line, step))
        small = step / _PART
        if suspect.any() and small >= line.smallest:
            closer = _apart(line, small)
            kink |= suspect & (closer > 0.7 * apart)
            bounded &= ~suspect | (closer < 1.5 * apart)
        one_sided = here & np.isfinite(line.at(0.0)) & ~np.isfinite(error)
        kink |= one_sided
        bounded &= ~one_sided
    return kink, bounded


def _steep(line: Line, steps: Array) -> Array:
    """Where slopes on both sides grow without end as the step shrinks, as those of cbrt at 0."""
    found = np.zeros(len(steps), bool)
    for step in np.unique(steps):
        parts = [step / _PART**i for i in range(3) if step / _PART**i >= line.smallest]
        slopes = [np.abs(line.at(part) - line.at(-part)) / part for part in parts]
        grows = [closer > 1.5 * slope for slope, closer in pairwise(slopes)]
        found |= (steps == step) & np.all(grows, axis=0) if len(grows) == 2 else False
    return found


def _apart(line: Line, step: float) -> Array:
    """|slope to the right - slope to the left|."""
    base = line.at(0.0)
    return np.abs((line.at(step) - base) - (base - line.at(-step))) / step
