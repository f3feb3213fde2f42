"""Derivatives by the rules beside those by differences, entry by entry, and who is right."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..dtypes import Array
from .differences import WIDE, Estimate, estimate, noise, tolerance
from .probes import Direction, directions, line, scatter, weights
from .subject import Subject

_UNSURE = 8.0  # by so much more than its error has to differ what is not known well
_CANCELLED = 2.0**-44  # of the largest derivative of an output: rounding of terms that cancel
_NEAR = 2.0**-17  # of x's scale: the noise of gradients is measured within it
_DOUBTED = 32  # so many entries that seem wrong are tried for noise
_STILL = 8.0  # of the rounding error of an output: that much it moves by rounding alone
_NOTHING = 1.0  # of the rounding error of an output: nobody could see such a change of it


class Table(NamedTuple):
    """One input at one point: a row per weighing of the outputs, a column per direction.

    Derivatives are along the directions, so all are in the units of the outputs.
    """

    directions: list[Direction]
    rows: Array  # the weights of the outputs
    x: Array  # the point, in one axis
    claimed: Array
    estimates: Estimate
    defined: Array  # whether the output is finite at the point
    beside: Array  # how much the outputs change with other inputs; 0 where that is not known
    overflown: Array  # where the rules give no number and the point is so far that they need not
    excused: Array  # where they are not wrong only for what rounding may do within them

    @property
    def wrong(self) -> Array:
        """What differs by more than the error, or is not finite though the derivative is."""
        error = np.where(self._sharp, 1.0, _UNSURE) * self.estimates.error
        allowed = np.maximum(error, _CANCELLED * self._largest)
        with np.errstate(all="ignore"):
            differs = ~(np.abs(self.claimed - self.estimates.value) <= allowed)
        known = np.isfinite(self.estimates.error) & ~self.kink & ~self.overflown
        # Where an output is not finite, 0 times its derivative is not finite either, rightly.
        lost = ~np.isfinite(self.claimed) & self.defined.all()
        return differs & known & (self._decided | lost)

    @property
    def lost_at_kink(self) -> Array:
        """Where the slopes on both sides are finite and what the rules give is not."""
        kink = self.estimates.kink & self.defined
        infinite = (kink & ~self.estimates.bounded).any(axis=0)
        lost = kink & ~infinite & ~np.isfinite(self.claimed) & ~self.overflown
        return np.where(self.defined.all(), lost, False)

    @property
    def kink(self) -> Array:
        """Where the outputs have no derivative, or the rules took 0 times one that is infinite."""
        kink = self.estimates.kink & self.defined
        infinite = (kink & ~self.estimates.bounded).any(axis=0)
        return kink | (infinite & ~np.isfinite(self.claimed))

    @property
    def undecided(self) -> Array:
        """Where the error is too wide to tell a wrong rule, or there is nothing to compare."""
        return ~self.kink & ~self.wrong & ~self._decided

    @property
    def relative(self) -> Array:
        """The relative error of every entry that was judged, 0 elsewhere."""
        scale = np.maximum(self._magnitude, np.where(self._sharp, 0.0, self._scale))
        with np.errstate(all="ignore"):
            error = np.abs(self.claimed - self.estimates.value)
            relative = np.where(error == 0, 0.0, error / np.where(scale == 0, 1.0, scale))
        relative = np.where(np.isfinite(self.claimed), relative, np.inf)
        return np.where((self._decided & ~self.kink) | self.wrong, relative, 0.0)

    @property
    def _magnitude(self) -> Array:
        return np.fmax(np.abs(self.claimed), np.abs(self.estimates.value))

    @property
    def _largest(self) -> Array:
        """The largest derivative of every output."""
        known = np.where(np.isfinite(self.estimates.error), np.abs(self.estimates.value), 0.0)
        return known.max(axis=1, initial=0.0, keepdims=True)

    @property
    def _scale(self) -> Array:
        """What is large for an output: its largest derivative, or its change on large scales."""
        return np.maximum(self._largest, np.maximum(self.estimates.swing, self.beside))

    @property
    def _sharp(self) -> Array:
        return self.estimates.error <= WIDE * self._magnitude

    @property
    def _decided(self) -> Array:
        """Known to a small part of itself, or, being negligible, to a small part of the scale."""
        found = self.estimates
        still = (found.swing <= _STILL * found.rounding) & (np.abs(found.value) <= found.error)
        still &= np.abs(self.claimed) <= _NOTHING * found.rounding
        scale: Array = np.where(
            self.excused, np.maximum(self._magnitude, self._largest), self._scale
        )
        known = self._sharp | (self.estimates.error <= WIDE * scale) | still
        return known & np.isfinite(self.claimed) & self.defined


def compared(subject: Subject, place: int, point: Array) -> Table:
    """The table of one input at a point, which has the input's shape and dtype."""
    rng = np.random.default_rng(0)
    x = point.astype(np.float64).ravel()
    shaped = _shaped(subject, place, x)
    rows = weights(subject.size, rng)
    ways = directions(x, rng)
    with np.errstate(all="ignore"):
        gradients = [subject.gradient(place, shaped, row, wide=True).ravel() for row in rows]
        stacked = np.array(gradients, np.float64).reshape(len(rows), x.size)
        claimed = np.array([way.along(stacked) for way in ways]).reshape(len(ways), len(rows)).T
        scattered = scatter(subject, place, x, rows)
        lines = [line(subject, place, x, way, rows, scattered) for way in ways]
        pairs = zip(lines, claimed.T, strict=True)
        found = [estimate(one, column) for one, column in pairs]
        base = [np.isfinite(one.at(0.0)) for one in lines]
    fields = [np.array(column).reshape(claimed.T.shape).T for column in zip(*found, strict=True)]
    estimates = Estimate(*fields) if found else Estimate(*[claimed] * 5, *[claimed == 1] * 2)
    defined = np.array(base, bool).reshape(claimed.T.shape).T
    overflown = ~np.isfinite(claimed)
    if overflown.any():
        overflown &= subject.is_far(place, shaped, wide=True)
    beside = np.zeros((len(rows), 1))
    excused = np.zeros_like(defined)
    table = Table(ways, rows, x, claimed, estimates, defined, beside, overflown, excused)
    if (table.undecided & defined).any():
        table = table._replace(beside=_changes(subject, place, rows, rng))
        table = _with_complex_steps(subject, place, table)
    return _with_own_errors(subject, place, table)


def _with_complex_steps(subject: Subject, place: int, table: Table) -> Table:
    """The table with derivatives by complex steps where differences leave undecided.

    They are believed if no entry, of those that differences tell too, speaks against them.
    """
    unknown = table.undecided & table.defined
    value, error = np.full((2, *table.claimed.shape), np.inf)
    for column, way in enumerate(table.directions):

        def slopes(t: float, way: Direction = way) -> Array:
            moved = _shaped(subject, place, way.shifted(table.x, t))
            vector = _shaped(subject, place, way.vector(table.x.size))
            each = subject.complex_slopes(place, moved, vector)
            return np.where(table.rows == 0, 0.0, table.rows * each).sum(axis=1)

        with np.errstate(all="ignore"):
            value[:, column] = slopes(0.0)
            if not np.isfinite(value).any():
                return table
            if unknown[:, column].any():
                own = 8 * noise(slopes, _NEAR)
                error[:, column] = tolerance(value[:, column], 0.0, 0.0) + own
    found = table.estimates
    with np.errstate(all="ignore"):
        refuted = np.abs(value - found.value) > found.error
        sharper = unknown & (error < found.error)
    if (refuted & ~table.kink & table.defined).any():
        return table
    better = found._replace(
        value=np.where(sharper, value, found.value),
        error=np.where(sharper, error, found.error),
        step=np.where(sharper, np.inf, found.step),
    )
    return table._replace(estimates=better)


def _with_own_errors(subject: Subject, place: int, table: Table) -> Table:
    """The table with what rounding does within function and rules, where they seem wrong."""
    table = _with_error_of_outputs(subject, place, table)
    error = table.estimates.error.copy()
    x = _shaped(subject, place, table.x)
    seeming = table.wrong & np.isfinite(table.claimed)
    for row, column in np.argwhere(seeming)[:_DOUBTED]:
        way, weighing = table.directions[column], table.rows[row]

        def claimed(t: float, way: Direction = way, weighing: Array = weighing) -> Array:
            moved = _shaped(subject, place, way.shifted(table.x, t))
            return way.along(subject.gradient(place, moved, weighing, wide=True).reshape(1, -1))

        measured = 8 * noise(claimed, _NEAR)[0]
        vector = way.vector(table.x.size)
        bound = 4 * subject.gradient_error(place, x, weighing, vector, wide=True)
        error[row, column] = np.nanmax([error[row, column], measured, bound])
    estimates = table.estimates._replace(error=error)
    return table._replace(estimates=estimates, excused=seeming)


def _with_error_of_outputs(subject: Subject, place: int, table: Table) -> Table:
    """The table with what rounding does to outputs and does not show in their size."""
    error, rounding = table.estimates.error.copy(), table.estimates.rounding.copy()
    x = _shaped(subject, place, table.x)
    for row, column in np.argwhere(table.wrong & np.isfinite(table.claimed))[:_DOUBTED]:
        own = subject.output_error(place, x, table.rows[row])
        by_step = tolerance(0.0, 0.0, own / table.estimates.step[row, column])
        error[row, column] = np.fmax(error[row, column], by_step)
        rounding[row, column] = np.fmax(rounding[row, column], own)
    return table._replace(estimates=table.estimates._replace(error=error, rounding=rounding))


def _changes(subject: Subject, place: int, rows: Array, rng: np.random.Generator) -> Array:
    """How much each row changes with another input at that one's scale: the largest known."""
    largest = np.zeros((len(rows), 1))
    for other in range(len(subject.xs)):
        x = subject.point(other).astype(np.float64).ravel()
        if other == place or not x.size:
            continue
        along = line(subject, other, x, directions(x, rng)[-1], rows)
        found = estimate(along, np.full(len(rows), np.nan))
        known = found.error <= WIDE * np.abs(found.value)
        largest = np.maximum(largest, np.where(known, np.abs(found.value), 0.0)[:, None])
    return largest


def located(
    subject: Subject, place: int, table: Table, row: int, way: Direction
) -> tuple[int, float, float, float]:
    """The coordinate that makes a derivative along a random direction wrong, found by halving.

    With it: the derivatives along that coordinate by the rules and by differences, and the error.
    """
    weights = table.rows[row : row + 1]
    gradients = subject.gradient(place, _shaped(subject, place, table.x), weights[0], wide=True)
    among = np.arange(table.x.size)

    def judged(part: Array) -> tuple[float, float, float]:
        steps = np.zeros_like(way.steps)
        steps[part] = way.steps[part]
        some = Direction(None, steps)
        claimed = some.along(gradients.reshape(1, -1))
        with np.errstate(all="ignore"):
            found = estimate(line(subject, place, table.x, some, weights), claimed)
        return float(claimed[0]), float(found.value[0]), float(found.error[0])

    while len(among) > 1:
        halves = np.array_split(among, 2)
        gaps = [np.nan_to_num(abs(c - v), nan=np.inf) for c, v, _ in map(judged, halves)]
        among = halves[int(np.argmax(gaps))]
    claimed, value, error = judged(among)
    step = float(way.steps[among[0]])
    return int(among[0]), claimed / step, value / step, abs(error / step)


def _shaped(subject: Subject, place: int, x: Array) -> Array:
    return x.reshape(subject.point(place).shape)
