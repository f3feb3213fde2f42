"""Hypothesis strategies: numbers, shapes, arrays, feeds and whole graphs.

They need Hypothesis, which is imported when one of them is called; without it they raise
MissingError. What they give shrinks to short graphs, small shapes, and numbers such as 1.0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..dtypes import Array, DType, float64
from ..errors import DTypeError, MissingError
from ..graph import Graph, Node
from .domains import MARGIN
from .forms import FORMS, Form, chosen
from .generated import GeneratedGraph, Leaf
from .growing import LEAF_NAMES, Step, grown

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

_SIXTY_FOURTHS = [k / 64 for k in range(-192, 193)]


def _simple(number: float) -> tuple[bool, int, float, bool]:
    """By this, the simplest number is the least: 1, then those of few binary digits."""
    return number != 1, float(number).as_integer_ratio()[1], abs(number), number < 0


_NUMBERS = sorted(_SIXTY_FOURTHS, key=_simple)


def _hypothesis() -> Any:
    try:
        import hypothesis.extra.numpy
        import hypothesis.strategies
    except ImportError as error:
        raise MissingError(
            "strategies: Hypothesis is not installed", "pip install hypothesis"
        ) from error
    return hypothesis.strategies


def _is_far(away_from: Sequence[float], margin: float) -> Callable[[float], bool]:
    return lambda x: all(abs(x - kink) >= margin for kink in away_from)


def reals(
    low: float = -3.0,
    high: float = 3.0,
    *,
    away_from: Sequence[float] = (),
    margin: float = MARGIN,
    width: int = 64,
) -> SearchStrategy[float]:
    """Numbers from `low` to `high`, no nearer than `margin` to any of `away_from`.

    Half of them have few binary digits, so that sums and products are exact; they shrink to 1.0,
    or to the simplest number there is. `width` is 64, 32 or 16: that of the floats which hold them.
    """
    st = _hypothesis()
    is_far = _is_far(away_from, margin)
    simple = [number for number in _NUMBERS if low <= number <= high and is_far(number)]
    # The bounds, rounded inward to what the width has.
    exact = np.dtype(f"f{width // 8}").type
    least, most = exact(low), exact(high)
    least = np.nextafter(least, exact(np.inf)) if float(least) < low else least
    most = np.nextafter(most, exact(-np.inf)) if float(most) > high else most
    some: SearchStrategy[float] = st.floats(
        float(least), float(most), width=width, allow_subnormal=False
    ).filter(is_far)
    return st.sampled_from(simple) | some if simple else some


def shapes(
    min_dims: int = 0, max_dims: int = 2, min_side: int = 1, max_side: int = 3
) -> SearchStrategy[tuple[int, ...]]:
    """Shapes; `min_side=0` gives empty ones too."""
    st = _hypothesis()
    side = st.integers(min_side, max_side)
    return st.lists(side, min_size=min_dims, max_size=max_dims).map(tuple)  # type: ignore[no-any-return]


def broadcastable(
    count: int = 2, max_dims: int = 2, min_side: int = 1, max_side: int = 3
) -> SearchStrategy[tuple[tuple[int, ...], ...]]:
    """As many shapes that broadcast to one."""
    _hypothesis()
    from hypothesis.extra.numpy import mutually_broadcastable_shapes

    found = mutually_broadcastable_shapes(
        num_shapes=count, max_dims=max_dims, min_side=min_side, max_side=max_side
    )
    return found.map(lambda drawn: drawn.input_shapes)


def arrays(
    shape: Any = None,
    dtype: Any = float64,
    *,
    elements: SearchStrategy[Any] | None = None,
    away_from: Sequence[float] = (),
) -> SearchStrategy[Array]:
    """Arrays of a shape, or of shapes that a strategy gives.

    Floats are `reals`, away from the kinks that are named; integers are from 0 to 3. `elements`
    gives others.
    """
    st = _hypothesis()
    of = np.dtype(dtype)
    one = _elements(of, away_from) if elements is None else elements
    if elements is not None and away_from:
        one = one.filter(_is_far(away_from, MARGIN))

    def filled(shape: tuple[int, ...]) -> SearchStrategy[Array]:
        size = int(np.prod(shape, dtype=int))
        values = st.lists(one, min_size=size, max_size=size)
        return values.map(lambda numbers: np.array(numbers, of).reshape(shape))  # type: ignore[no-any-return]

    if shape is None:
        return shapes().flatmap(filled)
    return filled(tuple(shape)) if isinstance(shape, Iterable) else shape.flatmap(filled)


def _elements(dtype: DType, away_from: Sequence[float]) -> SearchStrategy[Any]:
    st = _hypothesis()
    if dtype.kind == "f":
        return reals(away_from=away_from, width=8 * min(dtype.itemsize, 8))
    if dtype.kind in "iu":
        return st.integers(0, 3).filter(_is_far(away_from, MARGIN))  # type: ignore[no-any-return]
    if dtype.kind == "b":
        return st.booleans()  # type: ignore[no-any-return]
    raise DTypeError(f"arrays: no elements for {dtype}", "give a strategy: elements=...")


def feeds(
    nodes: Graph | GeneratedGraph | Node | Iterable[Node],
    *,
    elements: SearchStrategy[Any] | None = None,
    away_from: Sequence[float] = (),
    max_side: int = 3,
) -> SearchStrategy[dict[Node, Array]]:
    """A `feed_dict` for placeholders, or for those of a graph.

    Sizes that are unknown are drawn, named ones alike wherever they appear; of unknown rank are
    arrays of up to two axes.
    """
    st = _hypothesis()
    found = _placeholders(nodes)

    @st.composite  # type: ignore[untyped-decorator]
    def drawn(draw: DrawFn) -> dict[Node, Array]:
        named: dict[str, int] = {}

        def size(told: Any) -> int:
            if isinstance(told, int):
                return told
            new = draw(st.integers(1, max_side)) if told not in named else named[told]
            return named.setdefault(told, new) if told is not None else new

        result = {}
        for node in found:
            told = node.shape
            shape = draw(shapes(max_side=max_side)) if told is None else tuple(map(size, told))
            values = arrays(shape, node.dtype, elements=elements, away_from=away_from)
            result[node] = draw(values)
        return result

    return drawn()  # type: ignore[no-any-return]


def _placeholders(nodes: Any) -> list[Node]:
    if isinstance(nodes, GeneratedGraph):
        nodes = nodes.graph
    if isinstance(nodes, Graph):
        return list(nodes.placeholders)
    found = [nodes] if isinstance(nodes, Node) else list(nodes)
    for node in found:
        if not isinstance(node, Node) or not node.is_placeholder:
            raise DTypeError(f"feeds: {node!r} is not a placeholder")
    return found


def graphs(
    ops: Iterable[Any] | None = None,
    max_nodes: int = 20,
    *,
    dtypes: Sequence[Any] = (float64,),
    unknown: bool = False,
    min_side: int = 1,
) -> SearchStrategy[GeneratedGraph]:
    """Graphs of up to `max_nodes` nodes, placeholders and constants among them, with feeds.

    `ops` are operations to build them of, as classes, their names or public functions; all of the
    library by default. One without a domain of its own, as a user's, is tried on anything, on
    positive numbers, and between 0 and 1, and left out where its value is not finite.

    An operation is applied where the values that its operands have lie in its domain, or are
    brought there by a line of their own. So feeds are away from kinks. Placeholders have one of
    `dtypes`; with `unknown`, not all sizes and ranks are told. `min_side=0` allows empty arrays.

    A graph prints as the Python that builds it. It shrinks to few lines and simple numbers.
    """
    forms, own = chosen(ops, FORMS)
    drawn: SearchStrategy[GeneratedGraph] = _drawn(
        forms, own, max_nodes, [np.dtype(dtype) for dtype in dtypes], unknown, min_side
    )
    return drawn


def _drawn(
    forms: Sequence[Form],
    own: dict[str, Any],
    max_nodes: int,
    dtypes: list[DType],
    unknown: bool,
    min_side: int,
) -> Any:
    st = _hypothesis()
    known = st.sampled_from(["sizes", "rank", ""] if unknown else ["sizes"])
    # No step at all is the simplest: what is left of most when a graph shrinks.
    kinds = st.sampled_from([None, *forms])
    pick, option = st.integers(0, 5), st.integers(0, 11)

    numbers = st.sampled_from([number for number in _NUMBERS if abs(number) >= MARGIN])

    @st.composite  # type: ignore[untyped-decorator]
    def drawn(draw: DrawFn) -> GeneratedGraph:
        count = draw(st.integers(1, 3))
        leaves = []
        for name in LEAF_NAMES[:count]:
            dtype = draw(st.sampled_from(dtypes))
            shape = draw(shapes(min_side=min_side))
            value = draw(arrays(shape, dtype, elements=numbers))
            leaves.append(Leaf(name, value, draw(known)))
        steps = []
        for form in draw(st.lists(kinds, min_size=max_nodes // 3, max_size=max_nodes)):
            if form is not None:
                picks = tuple(draw(pick) for _ in form.operands)
                steps.append(Step(form, picks, draw(option) if form.has_options else 0))
        return grown(leaves, steps, max_nodes, own)

    return drawn()
