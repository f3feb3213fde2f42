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
from .complex_step import ComplexStep
from .running import RunningError

_EPS = float(np.finfo(np.float64).eps)
NOT_LINEAR = "it is not linear in the gradient that arrives"


class Subject:
    """Outputs `ys` over leaves, of which some are the inputs `xs`; all are nodes of one graph.

    `feeds` has a value for every leaf. Where floats of less than 64 bits occur, values and
    gradients are computed in a float64 copy of the graph as well, gradients included: differences
    are taken there. `order` counts differentiations, that of the outputs included.
    """

    def __init__(
        self, ys: Sequence[Node], xs: Sequence[Node], feeds: dict[Node, Array], order: int = 1
    ) -> None:
        self.xs, self._ys, self.order = list(xs), list(ys), order
        self._session = Session(seed=0)
        with ys[0].graph:
            self._weights = [Placeholder(y.shape, y.dtype, name="weight") for y in ys]
            self._grads = gradients(self._ys, self.xs, self._weights, unconnected="zero")
        self._feeds = feeds
        self._complex_step: ComplexStep | None = None
        self._output_error: RunningError | None = None
        self._gradient_errors: dict[int, RunningError] = {}
        self.precision = self._widen()
        values = self._at_the_point(self._ys, feeds)
        self.shapes = [np.shape(value) for value in values]
        self.size = sum(np.size(value) for value in values)
        kept = self._at_the_point(self._wide[: len(self._ys)], self._wide_feeds)
        self.eps = max(float(np.finfo(np.asarray(value).dtype).eps) for value in kept)

    def _at_the_point(self, ys: Sequence[Node], feeds: dict[Node, Array]) -> list[Array]:
        try:
            return list(self._session.run(list(ys), feeds))
        except NumericError:
            if self.order == 1:
                raise
            # A sum of gradients, which are refused at this point, and beside it may not be.
            return [np.full((), np.nan, y.dtype) for y in ys]

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

    def outputs(self, place: int, value: Array, *, wide: bool = True) -> Array:
        """All outputs in one axis, with another value for one input, as float64.

        Computed in float64, or with `wide` false in the graph's own dtypes. NaN where an operation
        has no value there, as the Cholesky factor of some matrices.
        """
        ys = self._wide[: len(self._ys)] if wide else self._ys
        xs = self._wide_xs if wide else self.xs
        feeds = {**(self._wide_feeds if wide else self._feeds), xs[place]: value}
        try:
            values = self._session.run(ys, feeds)
        except NumericError:
            return np.full(self.size, np.nan)
        return np.concatenate([np.ravel(v) for v in values]).astype(np.float64)

    def is_far(self, place: int, value: Array, *, wide: bool) -> bool:
        """Whether leaves or outputs, at a value of one input, are so far out that rules overflow.

        In derivatives of order n there are powers up to n + 2 of them; of leaves, inverse ones too.
        """
        limits = np.finfo(np.float64 if wide else self.precision)
        leaves = [value if leaf is self.xs[place] else own for leaf, own in self._feeds.items()]
        outputs = self.outputs(place, value, wide=wide)
        for array, least in [*((leaf, limits.tiny) for leaf in leaves), (outputs, 0.0)]:
            if array.dtype.kind == "f":
                size = np.abs(array).astype(limits.dtype)
                with np.errstate(over="ignore", under="ignore"):
                    power = size ** (self.order + 2)
                if np.any(~(power <= limits.max) | ((power < least) & (size > 0))):
                    return True
        return False

    def unfit(self, place: int, value: Array) -> list[str]:
        """Why a gradient cannot be compared at all: it raises, has another shape or dtype,
        or is no multiple of the gradient that arrives.

        Raises NumericError where the rules refuse the point.
        """
        weights = drawn(np.random.default_rng(0), self.size)
        try:
            own = self.gradient(place, value, weights, wide=False)
            other = self.gradient(place, value, -2 * weights, wide=False)
        except NumericError:  # it is refused at this point
            raise
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

    def complex_slopes(self, place: int, value: Array, direction: Array) -> Array:
        """The derivatives of all outputs by one input along a direction, by a complex step.

        NaN where there is none.
        """
        feeds = {**self._wide_feeds, self._wide_xs[place]: value}
        try:
            if self._complex_step is None:
                self._complex_step = ComplexStep(self._wide[: len(self._ys)], feeds)
            return self._complex_step.slopes(feeds, self._wide_xs[place], direction)
        except GraphflowError:
            return np.full(self.size, np.nan)

    def output_error(self, place: int, value: Array, weights: Array) -> float:
        """How far rounding may move the weighed outputs in float64, at a value of one input."""
        if self._output_error is None:
            self._output_error = RunningError(self._wide[: len(self._ys)])
        error = self._output_error
        feeds = {**self._wide_feeds, self._wide_xs[place]: value}
        return error.of(feeds | self.weighed(error.weights, weights), eps=_EPS)

    def gradient_error(
        self, place: int, value: Array, weights: Array, along: Array, *, wide: bool
    ) -> float:
        """How far rounding may move the gradient by one input, weighed by `along` in one axis.

        Computed in float64, or with `wide` false in the graph's own dtypes. Numbers that are too
        small to be floats count too.
        """
        if place not in self._gradient_errors:
            grad = self._wide[len(self._ys) + place]
            self._gradient_errors[place] = RunningError([grad])
        error = self._gradient_errors[place]
        info = np.finfo(np.float64 if wide else self.precision)
        feeds = {**self._wide_feeds, self._wide_xs[place]: value}
        feeds |= self.weighed(self._wide_weights, weights)
        feeds[error.weights[0]] = along.reshape(value.shape)
        return error.of(feeds, eps=float(info.eps), tiny=float(info.tiny))

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
        return Subject([total], self.xs, feeds, self.order + 1)

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
