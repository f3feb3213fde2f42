"""Layer: variables in a scope of their own, and a call that builds nodes from them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from ..dtypes import as_dtype
from ..errors import DTypeError, ShapeError
from ..graph import Graph, Node, Variable, building, current, get_default_graph, snake_case
from ..initializers import Rng, as_generator
from ..shapes import show

Initial = Callable[..., Any] | np.ndarray[Any, Any]  # an initializer, or the values themselves
Activation = Callable[[Node], Node]


class Layer(ABC):
    """Base of the layers: making one makes its variables, calling it builds nodes from them.

    All is in the scope `name`, by default that of the class, with a suffix where it is taken.
    Calling a layer again uses the same variables again: once with `training=True` for the loss,
    and once without for predictions.

    Initial values are drawn with `rng`, a NumPy Generator or an integer to seed one with. Where an
    initializer may be given, an array of the right shape may be too, and then no `rng` is needed.
    """

    name: str  # the scope
    variables: tuple[Variable, ...]  # trained or not, in order of creation

    def __init__(self, name: str | None) -> None:
        wanted = name or snake_case(type(self).__name__)
        if not isinstance(wanted, str):
            raise DTypeError(f"{type(self).__name__}: a name is a string, not {name!r}")
        self._graph: Graph = get_default_graph()
        self.name = self._graph._ledger.free_scope(f"{current().scope}{wanted}")
        self.variables = ()
        self._updates: list[Node] = []

    @property
    def updates(self) -> list[Node]:
        """What is to be run beside a step: running statistics, of the calls in training so far."""
        return list(self._updates)

    @abstractmethod
    def __call__(self, x: Any, *, training: bool = False) -> Node:
        """The output for the input x."""

    def scope(self) -> AbstractContextManager[None]:
        """For a with-block: nodes made in it belong to the layer."""
        return building(graph=self._graph, scope=f"{self.name}/")

    def variable(
        self,
        name: str,
        initial: Initial,
        shape: tuple[int, ...],
        *,
        rng: Any = None,
        dtype: Any = np.float64,
        trainable: bool = True,
    ) -> Variable:
        """A variable of the layer. Raises ShapeError for initial values of another shape."""
        value = initial(rng, shape, as_dtype(dtype)) if callable(initial) else initial
        array = np.asarray(value)
        if array.shape != shape:
            raise ShapeError(
                f"{type(self).__name__}: {name!r} is {show(shape)}, not {show(array.shape)}"
            )
        with self.scope():
            made = Variable(array, dtype=dtype, trainable=trainable, name=name)
        self.variables += (made,)
        return made

    def __repr__(self) -> str:
        count = sum(v.initial_value.size for v in self.variables if v.trainable)
        return f"<{type(self).__name__} {self.name!r} of {count:,} parameters>"


def one_generator(rng: Rng | None) -> np.random.Generator | None:
    """A generator for all draws of a layer; None stays, for a layer that draws nothing."""
    return None if rng is None else as_generator(rng)


def check_sizes(caller: str, **sizes: Any) -> None:
    """Raise ShapeError unless all are integers from 1 on."""
    for what, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
            raise ShapeError(f"{caller}: {what} is an integer from 1 on, not {size!r}")
