"""Counts: whole numbers that depend on sizes known only in a run, as `3*n + 1`.

A graph is recorded for some sizes of each name; a number that differs between the programs is found
again as a polynomial in the names, with whole coefficients. There are more programs than
coefficients, so a number that is no such polynomial (as `n // 2`) is seen to be none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod
from typing import Any

import numpy as np

Term = tuple[str, ...]  # the names that are multiplied, sorted; () is the constant term
_FIRST = 11
_STEPS = (1, 2, 41)  # neighbours show what depends on remainders, a far size what is rare
_FACTORS = 3  # the most names that one product may have
_SMALL = (2, 3)  # they show what is cut off, as x[:10]


class Count:
    """A polynomial in named sizes. Sums and products with whole numbers and counts are counts."""

    __slots__ = ("terms",)

    def __init__(self, terms: Mapping[Term, int]) -> None:
        self.terms = tuple(sorted((term, c) for term, c in terms.items() if c))

    @classmethod
    def of(cls, name: str) -> Count:
        """The size of that name."""
        return cls({(name,): 1})

    def at(self, sizes: Mapping[str, Any]) -> Any:
        """The value for these sizes: numbers, or anything that adds and multiplies as they do."""
        total: Any = None
        for term, coefficient in reversed(self.terms):
            factors = [sizes[name] for name in term]
            value = prod(factors[1:], start=factors[0]) if factors else coefficient
            value = value if not factors or coefficient == 1 else value * coefficient
            total = value if total is None else total + value
        return total

    def __add__(self, other: int | Count) -> Size:
        found = dict(self.terms)
        for term, coefficient in _terms(other):
            found[term] = found.get(term, 0) + coefficient
        return _simple(found)

    def __mul__(self, other: int | Count) -> Size:
        found: dict[Term, int] = {}
        for term, a in self.terms:
            for factor, b in _terms(other):
                both = tuple(sorted(term + factor))
                found[both] = found.get(both, 0) + a * b
        return _simple(found)

    def __sub__(self, other: int | Count) -> Size:
        return self + other * -1

    def __rsub__(self, other: int) -> Size:
        return self * -1 + other

    def __neg__(self) -> Size:
        return self * -1

    __radd__ = __add__
    __rmul__ = __mul__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Count) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(self.terms)

    def __repr__(self) -> str:
        parts = []
        for term, c in reversed(self.terms):
            factors = [*([] if c == 1 and term else [str(c)]), *term]
            parts.append("*".join(factors))
        return " + ".join(parts)


Size = int | Count


def _terms(x: int | Count) -> Iterable[tuple[Term, int]]:
    return x.terms if isinstance(x, Count) else (((), x),)


def _simple(terms: Mapping[Term, int]) -> Size:
    """A count, or a number where no name is left."""
    left = {term: c for term, c in terms.items() if c}
    return Count(left) if any(left) else left.get((), 0)


def count_of(sizes: Iterable[Size]) -> Size:
    """The product of sizes: the number of elements."""
    total: Size = 1
    for size in sizes:
        total = total * size
    return total


@dataclass(frozen=True)
class Samples:
    """Sizes of names to record for, and the polynomials that values at them determine."""

    points: tuple[dict[str, int], ...]
    terms: tuple[Term, ...]

    @classmethod
    def of(cls, names: Sequence[str], avoided: Iterable[int]) -> Samples:
        """Points for these names, at sizes that are none of `avoided`."""
        taken = set(avoided)
        ladders = {}
        for name in names:
            first = _FIRST
            while not taken.isdisjoint(ladder := [first, *[first + step for step in _STEPS]]):
                first += 1
            taken.update(ladder)
            ladders[name] = [*ladder, *_SMALL]
        base = {name: ladder[0] for name, ladder in ladders.items()}
        points = [base]
        points += [{**base, name: size} for name in names for size in ladders[name][1:]]
        terms: list[Term] = [(), *[(name,) for name in names], *[(name, name) for name in names]]
        for count in range(2, min(len(names), _FACTORS) + 1):
            for chosen in combinations(sorted(names), count):
                terms.append(chosen)
                points.append(base | {name: ladders[name][1] for name in chosen})
        if len(names) > 1:
            points.append({name: ladder[-1] for name, ladder in ladders.items()})
        return cls(tuple(points), tuple(terms))

    def fitted(self, values: Sequence[int]) -> Size | None:
        """The count that has these values at the points; None if there is none."""
        if values.count(values[0]) == len(values):
            return values[0]
        rows = [
            [prod([point[name] for name in term]) for term in self.terms] for point in self.points
        ]
        solution = np.linalg.lstsq(np.array(rows, np.float64), np.array(values, np.float64))[0]
        found = Count({t: round(c) for t, c in zip(self.terms, solution.tolist(), strict=True)})
        same = all(found.at(p) == v for p, v in zip(self.points, values, strict=True))
        return found if found.terms and same else None
