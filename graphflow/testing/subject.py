"""What is checked: some outputs as a function of some inputs, and the gradients the rules give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..dtypes import Array, DType, float64
from ..errors import GraphflowError, NumericError
from ..gradients import gradients
from ..graph import Graph, Node, Placeholder
from ..session import Session
from ..traversal import ancestors
from ..copies import copied, is_narrow, narrowest

NOT_LINEAR = "it is not linear in the gradient that arrives"


class Subject:
    """Outputs `ys` over leaves, of which some are the inputs `xs`; all are nodes of one graph.

    `feeds` has a value for every leaf. Where floats of less than 64 bits occur, values and
    gradients are computed in a float64 copy of the graph as well, gradients included: differences
    are taken there.
    """

    def __init__(self, ys: Sequence[Node], xs: Sequence[Node], feeds: dict[Node, Array]) -> None:
        self.xs, self._ys = list(xs), list(ys)
        self._session = Session(seed=0)
        with ys[0].graph:
            self._weights = [Placeholder(y.shape, y.dtype, name="weight") for y in ys]
            self._grads = gradients(self._ys, self.xs, self._weights, unconnected="zero")
        self._feeds = feeds
        self.precision = self._widen()
        values = self._session.run(self._ys, feeds)
        self.shapes = [np.shape(value) for value in values]
        self.size = sum(np.size(value) for value in values)
        kept = self._session.run(self._wide[: len(self._ys)], self._wide_feeds)
        self.eps = max(float(np.finfo(np.asarray(value).dtype).eps) for value in kept)

    def _widen(self) -> DType:
        nodes = [*self._ys, *self._grads, *self.xs, *self._weights]
        precision = narrowest(ancestors(nodes))
        if precision == float64:
            self._wide, self._wide_xs, self._wide_weights = nodes, self.xs, self._weights
            self._wide_feeds = self._feeds
            return precision
        leaves = [*self._feeds, *self._weights]
        with Graph() as self._wide_graph:
            image = copied(
                [*nodes, *leaves], {leaf.number for leaf in leaves}, widen=True, taps=True
            )
        self._wide = [image[node.number] for node in nodes]
        self._wide_xs = [image[x.number] for x in self.xs]
        self._wide_weights = [image[w.number] for w in self._weights]
        self._wide_feeds = {image[leaf.number]: _wide(v) for leaf, v in self._feeds.items()}
        return precision

    @property
    def ys(self) -> list[Node]:
        """The outputs."""
        return list(self._ys)

    @property
    def feeds(self) -> dict[Node, Array]:
        """A value for every leaf."""
        return dict(self._feeds)

    def point(self, place: int) -> Array:
        """The value of an input, in its own dtype."""
        return np.asarray(self._feeds[self.xs[place]])

    def outputs(self, place: int, value: Array) -> Array:
        """All outputs in one axis, with another value for one input; in float64.

        NaN where an operation has no value there, as the Cholesky factor of some matrices.
        """
        feeds = {**self._wide_feeds, self._wide_xs[place]: value}
        try:
            values = self._session.run(self._wide[: len(self._ys)], feeds)
        except NumericError:
            return np.full(self.size, np.nan)
        return np.concatenate([np.ravel(v) for v in values]).astype(np.float64)

    def is_finite(self, place: int, value: Array) -> bool:
        """Whether all outputs are finite in their own dtypes, with another value for one input."""
        values = self._session.run(self._ys, {**self._feeds, self.xs[place]: value})
        return all(bool(np.all(np.isfinite(v))) for v in values)

    def unfit(self, place: int, value: Array) -> list[str]:
        """Why a gradient cannot be compared at all: it raises, has another shape or dtype,
        or is no multiple of the gradient that arrives.
        """
        weights = drawn(np.random.default_rng(0), self.size)
        try:
            own = self.gradient(place, value, weights, wide=False)
            other = self.gradient(place, value, -2 * weights, wide=False)
        except GraphflowError as error:
            return [f"it raises {type(error).__name__}: {error}".splitlines()[0]]
        wanted = self.xs[place].dtype
        reasons = []
        if own.shape != value.shape:
            reasons.append(f"its shape is {list(own.shape)}, the input's {list(value.shape)}")
        if own.dtype != wanted:
            reasons.append(f"its dtype is {own.dtype}, the input's {wanted}")
        return reasons or ([] if _is_minus_twice(other, own) else [NOT_LINEAR])

    def gradient(
        self,
        place: int,
        value: Array,
        weights: Array,
        *,
        wide: bool,
        instead: Mapping[int, Array] | None = None,
    ) -> Array:
        """The gradient of the weighed outputs by one input, at another value of that input.

        Computed in float64, or with `wide` false in the graph's own dtypes. `instead` has other
        values for further inputs, by their places.
        """
        xs = self._wide_xs if wide else self.xs
        nodes = self._wide_weights if wide else self._weights
        grads = self._wide[len(self._ys) :] if wide else self._grads
        feeds = {**(self._wide_feeds if wide else self._feeds), xs[place]: value}
        feeds |= self.weighed(nodes, weights)
        feeds |= {xs[other]: moved for other, moved in (instead or {}).items()}
        return np.asarray(self._session.run(grads[place], feeds))

    def weighed(self, nodes: Sequence[Node], weights: Array) -> dict[Node, Array]:
        """What to feed to a node per output for weights of all outputs in one axis."""
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes])[:-1]
        parts = zip(nodes, np.split(weights, ends), self.shapes, strict=True)
        return {node: part.reshape(shape).astype(node.dtype) for node, part, shape in parts}

    def derivative(self, rng: np.random.Generator) -> Subject:
        """The sum of all gradients, each weighed at random, as a function of the same inputs."""
        with self.xs[0].graph:
            directions = [Placeholder(x.shape, x.dtype, name="direction") for x in self.xs]
            pairs = zip(self._grads, directions, strict=True)
            terms = [(grad * direction).sum() for grad, direction in pairs]
            total = terms[0]
            for term in terms[1:]:
                total = total + term
        feeds = self._feeds | self.weighed(self._weights, drawn(rng, self.size))
        for place, node in enumerate(directions):
            point = self.point(place)
            feeds[node] = drawn(rng, point.size).reshape(point.shape).astype(node.dtype)
        return Subject([total], self.xs, feeds)

    def output(self, number: int) -> tuple[int, tuple[int, ...]]:
        """Which output the entry `number` of all outputs belongs to, and its index there."""
        for place, shape in enumerate(self.shapes):
            size = int(np.prod(shape))
            if number < size:
                return place, tuple(map(int, np.unravel_index(number, shape)))
            number -= size
        raise IndexError(number)


def _is_minus_twice(grad: Array, of: Array) -> bool:
    """Whether the one is -2 times the other.

    Most rules are exactly linear in floats. Some choose their steps by the size of what arrives, as
    that of the matrix exponential: they are so up to rounding, of the largest entry.
    """
    info = np.finfo(of.dtype)
    with np.errstate(all="ignore"):
        gap = np.abs(grad + 2 * of)
        largest = np.max(np.abs(grad), initial=0.0, where=np.isfinite(grad))
        fits = gap <= np.sqrt(info.eps) * largest + info.tiny / info.eps
    return bool(np.all(fits | ~np.isfinite(grad) | ~np.isfinite(of)))


def drawn(rng: np.random.Generator, *shape: int) -> Array:
    """Random weights between 0.5 and 1.5 in size, of either sign, exact in every float dtype."""
    return (1 + rng.integers(-32, 33, shape) / 64) * rng.choice([-1.0, 1.0], shape)


def _wide(value: Array) -> Array:
    return value.astype(np.float64) if is_narrow(value.dtype) else value
