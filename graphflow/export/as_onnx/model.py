"""A model while it is made: tensors, and the nodes that compute them, before ONNX sees it.

Tensors add, multiply and compare as arrays do, and so give further nodes: the formulas of the other
modules read as formulas. Equal nodes are made once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..counts import Count, Size
from .kernels import kernel_dtype

Shape = tuple[Size, ...]

BOOL, INT = np.dtype(np.bool_), np.dtype(np.int64)


class UnsupportedError(Exception):
    """Why a call has no place in a model."""


class Made(NamedTuple):
    """One node: an operator, tensors by number (None: left out), its results, its attributes.

    `about` is the number of the operation of the program that it is a part of.
    """

    operator: str
    inputs: tuple[int | None, ...]
    outputs: tuple[int, ...]
    attributes: dict[str, Any]
    about: int


class Tensor:
    """A value of the model."""

    __slots__ = ("dtype", "model", "number", "shape")
    __array_ufunc__ = None
    __hash__ = object.__hash__

    def __init__(self, model: Model, number: int, dtype: np.dtype[Any], shape: Shape) -> None:
        self.model, self.number, self.dtype, self.shape = model, number, dtype, shape

    @property
    def rank(self) -> int:
        return len(self.shape)

    def __add__(self, other: Any) -> Tensor:
        return self.model.call("Add", self, other)

    def __radd__(self, other: Any) -> Tensor:
        return self.model.call("Add", other, self)

    def __sub__(self, other: Any) -> Tensor:
        return self.model.call("Sub", self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return self.model.call("Sub", other, self)

    def __mul__(self, other: Any) -> Tensor:
        return self.model.call("Mul", self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return self.model.call("Mul", other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return self.model.call("Div", self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return self.model.call("Div", other, self)

    def __neg__(self) -> Tensor:
        return self.model.call("Neg", self)

    def __lt__(self, other: Any) -> Tensor:
        return self.model.call("Less", self, other, to=BOOL)

    def __le__(self, other: Any) -> Tensor:
        return self.model.call("LessOrEqual", self, other, to=BOOL)

    def __gt__(self, other: Any) -> Tensor:
        return self.model.call("Greater", self, other, to=BOOL)

    def __ge__(self, other: Any) -> Tensor:
        return self.model.call("GreaterOrEqual", self, other, to=BOOL)

    def equals(self, other: Any) -> Tensor:
        """Elementwise `==`."""
        return self.model.call("Equal", self, other, to=BOOL)

    def __and__(self, other: Tensor) -> Tensor:
        return self.model.call("And", self, other)

    def __or__(self, other: Tensor) -> Tensor:
        return self.model.call("Or", self, other)

    def __invert__(self) -> Tensor:
        return self.model.call("Not", self)


class Model:
    """Nodes in order, over inputs and constants."""

    def __init__(self) -> None:
        self.made: list[Made] = []
        self.constants: dict[int, np.ndarray[Any, Any]] = {}
        self.sizes: dict[str, tuple[Tensor, int]] = {}  # for every name an axis that has its size
        self.zeros: set[int] = set()  # tensors that have nothing but 0
        self.about = 0
        self._count = 0
        self._known: dict[Any, Tensor] = {}

    def tensor(self, dtype: np.dtype[Any], shape: Shape) -> Tensor:
        """A new value: an input, or what a node will compute."""
        self._count += 1
        return Tensor(self, self._count - 1, dtype, shape)

    def constant(self, value: Any, dtype: Any = None) -> Tensor:
        """An array that is known now."""
        array = np.asarray(value, dtype)
        key = (array.dtype, array.shape, array.tobytes() if array.nbytes < 1024 else id(array))
        if key not in self._known:
            found = self._known[key] = self.tensor(array.dtype, array.shape)
            self.constants[found.number] = array
        return self._known[key]

    def node(
        self,
        operator: str,
        inputs: Sequence[Tensor | None],
        dtype: np.dtype[Any],
        shape: Shape,
        *,
        place: int = 0,
        **attributes: Any,
    ) -> Tensor:
        """The result number `place` of a node, an earlier one where it is the same."""
        numbers = tuple([None if x is None else x.number for x in inputs])
        key = (operator, numbers, place, repr(attributes))
        if key not in self._known:
            extra = [self.tensor(INT, ()).number for _ in range(place)]
            found = self._known[key] = self.tensor(dtype, shape)
            outputs = (*extra, found.number)
            self.made.append(Made(operator, numbers, outputs, attributes, self.about))
        return self._known[key]

    def call(self, operator: str, *operands: Any, to: np.dtype[Any] | None = None) -> Tensor:
        """An elementwise operator of tensors of one dtype and of numbers.

        It is computed in a wider dtype where onnxruntime has no kernel for theirs. Raises
        UnsupportedError where it has none.
        """
        dtype = next(x.dtype for x in operands if isinstance(x, Tensor))
        wide = self.kernel(operator, dtype)
        tensors = [
            self.cast(x, wide) if isinstance(x, Tensor) else self.constant(x, wide)
            for x in operands
        ]
        shape = broadcast(*[x.shape for x in tensors])
        found = self.node(operator, tensors, wide if to is None else to, shape)
        return self.cast(found, dtype) if to is None else found

    def kernel(self, operator: str, dtype: np.dtype[Any]) -> np.dtype[Any]:
        """The dtype to compute an operator in. Raises UnsupportedError."""
        found = kernel_dtype(operator, dtype)
        if found is None:
            raise UnsupportedError(f"onnxruntime has no {operator} for {dtype}")
        return found

    def cast(self, x: Tensor, dtype: np.dtype[Any]) -> Tensor:
        """x in another dtype."""
        if x.dtype == dtype:
            return x
        if x.shape == () and x.number in self.constants:
            return self.constant(self.constants[x.number].astype(dtype))
        return self.node("Cast", [x], dtype, x.shape, to=dtype)

    def shape(self, sizes: Sequence[Size], *, guess: bool = False) -> Tensor:
        """Sizes as a vector. With `guess`, one that depends on names may be -1, as in Reshape."""
        counts = [i for i, size in enumerate(sizes) if isinstance(size, Count)]
        if guess and len(counts) == 1 and 0 not in sizes:
            return self.constant([-1 if i in counts else n for i, n in enumerate(sizes)], INT)
        if not counts:
            return self.constant(list(sizes), INT)
        parts = [self._size(n) if isinstance(n, Count) else self.constant([n], INT) for n in sizes]
        if len(parts) == 1:
            return parts[0]
        return self.node("Concat", parts, INT, (len(parts),), axis=0)

    def scalar(self, size: Size) -> Tensor:
        """A size as an integer of rank 0."""
        if not isinstance(size, Count):
            return self.constant(size, INT)
        return self.node("Squeeze", [self._size(size)], INT, ())

    def _size(self, count: Count) -> Tensor:
        """A count as a vector of one entry, from the shapes of inputs."""
        found: Tensor = count.at({name: self._named(name) for name in self.sizes})
        return found

    def _named(self, name: str) -> Tensor:
        x, axis = self.sizes[name]
        return self.node("Shape", [x], INT, (1,), start=axis, end=axis + 1)


def broadcast(*shapes: Shape) -> Shape:
    """The shape that shapes which fit broadcast to."""
    rank = max(map(len, shapes))
    found: list[Size] = [1] * rank
    for shape in shapes:
        for axis, size in enumerate(shape, rank - len(shape)):
            if size != 1:
                found[axis] = size
    return tuple(found)
