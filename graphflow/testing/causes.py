"""What kind of mistake explains a wrong gradient: each is tried on what was found, entry by entry.

A cause is a guess, by the simplest change that would make all entries right: the sign, a factor
(named where it is a size), what belongs to another input, a transpose, outputs that do not count,
a missing factor of a value, a part of the entries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..dtypes import Array
from .subject import NOT_LINEAR, Subject, drawn
from .verdict import Table, compared

_CLOSE = 1e-5  # relative; what is equal but for the error of differences
_TERM = "a term is missing or wrong: no factor explains it"


class Seen:
    """The derivatives by the rule and by differences, per weighing of the outputs and entry."""

    def __init__(self, subject: Subject, place: int, table: Table) -> None:
        self.subject, self.place, self.table = subject, place, table
        numbered = [(way.entry, j) for j, way in enumerate(table.directions)]
        columns = [j for entry, j in numbered if entry is not None]
        self.entries = np.array([entry for entry, _ in numbered if entry is not None], int)
        steps = np.array([float(table.directions[j].steps) for j in columns])
        with np.errstate(all="ignore"):
            self.rule = table.claimed[:, columns] / steps
            self.true = table.estimates.value[:, columns] / steps
            self.error = np.abs(table.estimates.error[:, columns] / steps)
        self.wrong = (table.wrong | table.lost_at_kink)[:, columns]
        self.known = np.isfinite(self.error) & ~table.kink[:, columns]
        self.single = (table.rows != 0).sum(axis=1) == 1  # the rows that weigh one output

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the input."""
        shape: tuple[int, ...] = self.subject.point(self.place).shape
        return shape

    @property
    def size(self) -> int:
        """The number of entries of the input."""
        return int(self.table.x.size)

    def equals(self, rule: Array, true: Array) -> bool:
        """Whether what the rule gave, changed, is what differences gave, wherever that is known."""
        with np.errstate(all="ignore"):
            allowed = 2 * self.error + _CLOSE * np.abs(true)
            allowed += _CLOSE * np.max(np.abs(true), axis=1, initial=0.0, keepdims=True) * 1e-3
            fits = np.abs(rule - true) <= allowed
        return bool(np.all(fits | ~self.known)) and bool(self.known.any())

    def sizes(self) -> Iterator[tuple[int, str]]:
        """The sizes that a factor may be, with their names."""
        for axis, size in enumerate(self.shape):
            yield size, f"the size of axis {axis} of the input"
        yield self.size, "the number of entries of the input"
        for shape in self.subject.shapes:
            for axis, size in enumerate(shape):
                yield size, f"the size of axis {axis} of the output"


def cause(subject: Subject, place: int, table: Table) -> str:
    """The likeliest mistake behind a gradient that is not what differences give."""
    seen = Seen(subject, place, table)
    if not seen.rule.size:
        return _TERM
    if not seen.wrong.any():
        return "wrong at few entries, or for few outputs"
    if not seen.wrong[seen.single].any() and seen.single.any():
        return "right for each output alone: it is not linear in the gradient that arrives"
    tries: tuple[Callable[[Seen], str], ...] = (
        _not_finite, _nothing, _nice_factor, _swapped, _transposed, _value, _lost, _any_factor,
        _part,
    )  # fmt: skip
    with np.errstate(all="ignore"):
        return next((text for one in tries if (text := one(seen))), _TERM)


def _not_finite(seen: Seen) -> str:
    wrong = seen.rule[seen.wrong]
    return "NaN or infinity" if wrong.size and not np.isfinite(wrong).any() else ""


def _nothing(seen: Seen) -> str:
    silent = seen.wrong.any() and not np.any(seen.rule)
    return "nothing for this input: None, zero, or a consumer dropped" if silent else ""


def _ratio(seen: Seen) -> tuple[float, int]:
    """The one factor between rule and differences, and how many entries say so; 0 for none."""
    with np.errstate(all="ignore"):
        told = seen.known & (np.abs(seen.true) > 100 * seen.error)
        if not told.any():
            return 0.0, 0
        ratios = (seen.rule / seen.true)[told]
        factor = float(np.median(ratios))
        fits = seen.equals(seen.rule, factor * seen.true)
    return (factor, int(told.sum())) if fits and np.isfinite(factor) else (0.0, 0)


def _nice_factor(seen: Seen) -> str:
    """A factor with a reason: the sign, a size, a count, a small number."""
    factor, _ = _ratio(seen)
    if not factor:
        return ""
    if _near(factor, -1):
        return "the sign"
    return _of_uses(seen, factor) or _of_sizes(seen, factor) or _of_small_numbers(factor)


def _of_uses(seen: Seen, factor: float) -> str:
    x = seen.subject.xs[seen.place]
    uses = sum(source is x for y in seen.subject.ys for source in y.inputs)
    for counted in range(1, uses):
        if _near(factor, counted / uses):
            return f"only {counted} of {uses} uses of the input counted"
    return ""


def _of_sizes(seen: Seen, factor: float) -> str:
    share = seen.subject.size / seen.size
    if share > 1 and _near(factor, 1 / share):
        return f"a factor of 1/{share:g}: averaged over where it is broadcast, not summed"
    for size, name in seen.sizes():
        if size == 2 and (_near(factor, 2) or _near(factor, 0.5)):
            return f"a factor of {'2' if factor > 1 else '1/2'} (2 is {name})"
        if size > 1 and _near(factor, size):
            return f"a factor of {size}, {name}: a sum where a mean is meant"
        if size > 1 and _near(factor, 1 / size):
            return f"a factor of 1/{size}, {name}: divided by it once too often, or a mean"
    return ""


def _of_small_numbers(factor: float) -> str:
    for n in range(2, 13):
        for number, text in ((float(n), f"{n}"), (1 / n, f"1/{n}")):
            if _near(factor, number):
                return f"a factor of {text}"
            if _near(factor, -number):
                return f"a factor of -{text}"
    return ""


def _any_factor(seen: Seen) -> str:
    factor, entries = _ratio(seen)
    close = abs(factor - 1) < 0.05
    return f"a factor of {factor:.7g}" if factor and (entries > 1 or close) else ""


def _near(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-4 * abs(b)


def _swapped(seen: Seen) -> str:
    for other, x in enumerate(seen.subject.xs):
        point = seen.subject.point(other)
        if other != seen.place and point.shape == seen.shape:
            its = Seen(seen.subject, other, compared(seen.subject, other, point))
            same = its.true.shape == seen.rule.shape and its.equals(seen.rule, its.true)
            if same:
                return f"the gradient by another input, {x.name!r}: inputs swapped"
    return ""


def _transposed(seen: Seen) -> str:
    shape, subject = seen.shape, seen.subject
    full = len(seen.entries) == seen.size
    square = len(shape) == 2 and shape[0] == shape[1] > 1
    if full and square:
        turned = seen.rule.reshape(-1, *shape).transpose(0, 2, 1).reshape(seen.rule.shape)
        if seen.equals(turned, seen.true):
            return "the gradient is transposed"
    for other, x in enumerate(subject.xs):
        value = subject.point(other)
        if value.ndim != 2 or value.shape[0] != value.shape[1] or other == seen.place:
            continue
        turned = _by_rule(seen, seen.table.rows, {other: value.T.astype(np.float64)})
        if seen.equals(turned, seen.true):
            return f"the operand {x.name!r} is to be transposed"
    return ""


def _by_rule(seen: Seen, rows: Array, instead: dict[int, Array]) -> Array:
    """What the rule gives for the entries seen, with other inputs than at the point."""
    x = seen.table.x.reshape(seen.shape)
    found = [
        seen.subject.gradient(seen.place, x, row, wide=True, instead=instead).ravel()
        for row in rows
    ]
    return np.array(found)[:, seen.entries]


def _value(seen: Seen) -> str:
    """A value of the same number of entries that the rule should, or should not, multiply by."""
    values = [(seen.table.x, "the input")]
    if seen.subject.size == seen.size and len(seen.subject.ys) == 1:
        x = seen.table.x.reshape(seen.shape)
        values.append((seen.subject.outputs(seen.place, x), "the output"))
    for other, node in enumerate(seen.subject.xs):
        if other != seen.place and seen.subject.point(other).size == seen.size:
            values.append((seen.subject.point(other).ravel(), f"the input {node.name!r}"))
    for value, name in values:
        by = value[seen.entries]
        for amount, of in ((by, name), (by**2, f"{name} squared")):
            if seen.equals(seen.rule * amount, seen.true):
                return f"a factor is missing: {of}"
            if np.all(amount) and seen.equals(seen.rule / amount, seen.true):
                return f"a factor is too much: {of}"
    return ""


def _lost(seen: Seen) -> str:
    """Single outputs that do not count where others do."""
    rule, true = seen.rule[seen.single], seen.true[seen.single]
    wrong = seen.wrong[seen.single]
    if not wrong.any() or np.any(rule[wrong]) or not np.any(true[~wrong]):
        return ""
    if seen.subject.size > seen.size:
        return "outputs do not count: a missing sum over where it is broadcast, or repeated indices"
    return "outputs do not count: a missing sum, a write overwritten, or a consumer dropped"


def _part(seen: Seen) -> str:
    """What the wrong entries have in common and the right ones have not."""
    bad = seen.wrong.any(axis=0)
    if bad.all() or not bad.any():
        return ""
    x = seen.table.x[seen.entries]
    for text in (*_by_value(x[bad], x[~bad]), *_by_place(seen, bad)):
        return f"wrong only {text}"
    return ""


def _by_value(bad: Array, good: Array) -> Iterator[str]:
    if bad.max() < 0 <= good.min():
        yield "where the input is negative"
    elif bad.min() > 0 >= good.max():
        yield "where the input is positive"
    elif len(good) > 1 and np.abs(bad).min() > np.abs(good).max():
        yield f"in the tails: not up to |x| = {np.abs(good).max():.3g}"
    elif len(good) > 1 and np.abs(bad).max() < np.abs(good).min():
        yield f"near zero: not from |x| = {np.abs(good).min():.3g}"


def _by_place(seen: Seen, bad: Array) -> Iterator[str]:
    if bad.sum() == 1:
        yield f"at one entry of {len(bad)}"
        return
    places = np.array(np.unravel_index(seen.entries, seen.shape))
    for axis, numbers in enumerate(places):
        if len(set(numbers[bad])) == 1 and numbers[bad][0] not in numbers[~bad]:
            yield f"at index {numbers[bad][0]} of axis {axis}"


def cause_of_unfit(subject: Subject, place: int, reason: str) -> str:
    """The likeliest mistake behind a gradient that cannot be compared."""
    if reason != NOT_LINEAR:
        return ""
    x, weights = subject.point(place), drawn(np.random.default_rng(0), subject.size)
    pair = [subject.gradient(place, x, w, wide=False) for w in (weights, 2 * weights)]
    return "the gradient that arrives is not used" if np.array_equal(*pair) else ""
