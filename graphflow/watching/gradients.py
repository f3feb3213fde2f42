"""check_gradients: now and then, the gradients of a training step against differences of its loss.

The step is judged along one random direction in all variables together: the sum of its gradients
along it against the slope of the loss, in float64. Only what fails there is looked at closely, by
variable and by rule, and only what no difference can explain raises.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..compiled import Watch
from ..dtypes import Array
from ..errors import NumericError, lay_out
from ..graph import Node
from ..program import State
from ..program.quiet import silently
from .at_point import AtPoint, Values
from .claims import Claim, claims_of
from .joint import Joint, scale
from .rules import wrong_rule
from .slopes import refuted

Losses = Callable[[], Sequence[Node]]
Function = Callable[[Values], list[Any]]


class Counter:
    """How often the same fetches have run, whatever the shapes of the feeds."""

    def __init__(self) -> None:
        self.runs = 0


def gradients_watch(
    nodes: Sequence[Node], feeds: Sequence[Node], every: int, counter: Counter, losses: Losses
) -> Watch:
    """What checks every `every`-th run, the first included. It holds no node.

    `losses` gives the scalars that an update may be meant to lower where it does not say. What
    raises is no run that counts: the next one is checked as well. Raises NumericError.
    """
    fetched, fed = [weakref.ref(n) for n in nodes], [weakref.ref(n) for n in feeds]
    plain = all(node.is_placeholder or node.is_variable for node in feeds)
    groups: list[_Group] = []

    def watch(state: State, arrays: Sequence[Array], key: Array, results: Sequence[Any]) -> None:
        if plain and counter.runs % every == 0:
            check(state, arrays, key)
        counter.runs += 1

    def check(state: State, arrays: Sequence[Array], key: Array) -> None:
        if not groups:
            alive = [node for ref in fetched if (node := ref()) is not None]
            keys = [node for ref in fed if (node := ref()) is not None]
            found = _grouped(claims_of(alive, losses()))
            groups.extend(_Group(some, keys, arrays, seed) for seed, some in enumerate(found))
        for group in groups:
            silently(group.check, state, arrays, key)

    return watch


def _grouped(claims: Sequence[Claim]) -> list[list[Claim]]:
    """The claims by the losses they may be about."""
    found: dict[Any, list[Claim]] = {}
    for claim in claims:
        found.setdefault(tuple(map(id, claim.losses)), []).append(claim)
    return list(found.values())


class _Told(NamedTuple):
    """A claim in words, and where its variable is among the leaves."""

    place: int
    has_rate: bool
    added: bool
    variable: str
    step: str
    line: str


class _Group:
    """Claims about the same losses, ready to be checked at the point of any run."""

    def __init__(
        self, claims: list[Claim], feeds: Sequence[Node], arrays: Sequence[Array], seed: int
    ) -> None:
        losses, steps = claims[0].losses, [claim.step for claim in claims]
        rates = [claim.rate for claim in claims if claim.rate is not None]
        self._at = AtPoint([*losses, *steps, *rates], feeds, arrays)
        image = self._at.image
        self._losses = [(loss.name, image[loss.number]) for loss in losses]
        self._told = [_told(claim, self._at) for claim in claims]
        with self._at.graph:
            self._grads = [
                image[claim.step.number] / (1.0 if rate is None else image[rate.number])
                for claim in claims
                for rate in [claim.rate]
            ]
        self._factors = [1] * len(claims)  # what else than its rate a step may be divided by
        self._joint: Joint | None = None
        self._apart: list[Function] | None = None  # the gradients, and each loss
        self._rng = np.random.default_rng(seed)

    def check(self, state: State, arrays: Sequence[Array], key: Array) -> None:
        """Raise NumericError if no loss has the claimed gradients at this point."""
        values = self._at.values(state, arrays, key)
        if self._joint is None:
            self._joint = self._joined(values)
        if self._joint.agrees(values, self._rng):
            return
        sizes = {n for array in arrays for n in array.shape if n > 1}
        if self._apart is None:
            nodes = [self._divided(), *[[image] for _, image in self._losses]]
            self._apart = [self._at.function(some, values) for some in nodes]
        gradients, *losses = self._apart
        for place, (told, grad) in enumerate(zip(self._told, gradients(values), strict=True)):
            found = [self._judged(loss, told, grad, values) for loss in losses]
            wrong = [one for one in found if one is not None]
            if len(wrong) == len(found) and not self._is_multiple(place, wrong, sizes):
                raise NumericError(self._alarm(told, *wrong[0], values, sizes))

    def _joined(self, values: Values) -> Joint:
        losses, places = [image for _, image in self._losses], [told.place for told in self._told]
        return Joint(self._at, losses, self._divided(), places, values)

    def _divided(self) -> list[Node]:
        with self._at.graph:
            pairs = zip(self._grads, self._factors, strict=True)
            return [grad if factor == 1 else grad / factor for grad, factor in pairs]

    def _judged(
        self, loss: Function, told: _Told, grad: Array, values: Values
    ) -> tuple[float, float] | None:
        """The slope a claim gives along a direction in its variable and the right one, if other.

        Two directions have to show it.
        """
        x = values[told.place]
        for _ in range(2):
            along = self._rng.choice([-1.0, 1.0], x.shape) * scale(x)
            terms = grad * along

            def f(t: float, along: Array = along) -> float:
                point = [*values]
                point[told.place] = x + t * along
                return float(loss(point)[0])

            claimed, spread = float(np.sum(terms)), float(np.sqrt(np.sum(terms**2)))
            slope = refuted(f, claimed, spread)
            if slope is None:
                return None
            found = claimed, slope
        return found

    def _is_multiple(self, place: int, wrong: list[tuple[float, float]], sizes: set[int]) -> bool:
        """Whether an update by hand may mean it: a sum over a batch, by which its rate is divided,
        or the negative of a gradient, which is added. It is remembered."""
        told = self._told[place]
        meant = [*sorted(sizes), *[-n for n in (1, *sorted(sizes)) if told.added]]
        for factor in meant if told.has_rate else ():
            if any(_equal(claimed, factor * slope) for claimed, slope in wrong):
                self._factors[place] = factor
                self._joint = self._apart = None
                return True
        return False

    def _alarm(
        self, told: _Told, claimed: float, slope: float, values: Values, sizes: set[int]
    ) -> str:
        """What is said about the first gradient that is wrong."""
        name, image = self._losses[0]
        rule = f"run: {told.variable} is trained by a gradient that {name!r} does not have"
        rows = [("used", told.step), ("at", told.line)] if told.line else [("used", told.step)]
        rows.append(("slope", f"{claimed:.6g}, by differences of the loss {slope:.6g}"))
        blamed = wrong_rule(image, self._at.leaves, values)
        if blamed is not None:
            rows = [("by the rule of", blamed), *rows[1:]]
        return lay_out(rule, rows, _hint(claimed, slope, sizes))


def _told(claim: Claim, at: AtPoint) -> _Told:
    origin = claim.grad.origin
    return _Told(
        at.place[claim.variable.number],
        claim.rate is not None,
        claim.added,
        claim.variable.describe(),
        claim.grad.describe(),
        "" if origin is None else origin.text,
    )


def _equal(a: float, b: float) -> bool:
    return abs(a - b) <= 2e-3 * max(abs(a), abs(b))


def _hint(claimed: float, slope: float, sizes: set[int]) -> str:
    """What the factor between a wrong slope and the right one says."""
    for n in sorted(sizes):
        if _equal(claimed * n, slope):
            return f"it is too small by {n}, a size of what is fed: divided by the batch twice?"
        if _equal(claimed, n * slope):
            return f"it is too large by {n}, a size of what is fed: a sum where a mean is meant?"
    if _equal(claimed, -slope):
        return "it has the wrong sign"
    return "gf.testing.check_gradients(loss, variables, feed_dict) tells more"
