"""The operators and methods of a node: each builds the node of the public function of its name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..errors import DTypeError
from ..registry import call, protocols
from ..shapes import Shape

if TYPE_CHECKING:
    from .node import Node


def build(name: str, *args: Any) -> Node:
    """The node that the public function of that name builds."""
    node: Node = call(name, *args)
    return node


class Arithmetic:
    """Mixed into Node: what an array does by operator or method, a node does by building a node."""

    shape: Shape

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return protocols["array_ufunc"](ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return protocols["array_function"](function, args, kwargs)

    def __add__(self, other: Any) -> Node:
        return build("add", self, other)

    def __radd__(self, other: Any) -> Node:
        return build("add", other, self)

    def __sub__(self, other: Any) -> Node:
        return build("subtract", self, other)

    def __rsub__(self, other: Any) -> Node:
        return build("subtract", other, self)

    def __mul__(self, other: Any) -> Node:
        return build("multiply", self, other)

    def __rmul__(self, other: Any) -> Node:
        return build("multiply", other, self)

    def __truediv__(self, other: Any) -> Node:
        return build("divide", self, other)

    def __rtruediv__(self, other: Any) -> Node:
        return build("divide", other, self)

    def __floordiv__(self, other: Any) -> Node:
        return build("floor_divide", self, other)

    def __rfloordiv__(self, other: Any) -> Node:
        return build("floor_divide", other, self)

    def __mod__(self, other: Any) -> Node:
        return build("remainder", self, other)

    def __rmod__(self, other: Any) -> Node:
        return build("remainder", other, self)

    def __pow__(self, other: Any) -> Node:
        return build("power", self, other)

    def __rpow__(self, other: Any) -> Node:
        return build("power", other, self)

    def __matmul__(self, other: Any) -> Node:
        return build("matmul", self, other)

    def __rmatmul__(self, other: Any) -> Node:
        return build("matmul", other, self)

    def __neg__(self) -> Node:
        return build("negative", self)

    def __pos__(self) -> Node:
        return build("positive", self)

    def __abs__(self) -> Node:
        return build("abs", self)

    def __and__(self, other: Any) -> Node:
        return build("bitwise_and", self, other)

    def __rand__(self, other: Any) -> Node:
        return build("bitwise_and", other, self)

    def __or__(self, other: Any) -> Node:
        return build("bitwise_or", self, other)

    def __ror__(self, other: Any) -> Node:
        return build("bitwise_or", other, self)

    def __xor__(self, other: Any) -> Node:
        return build("bitwise_xor", self, other)

    def __rxor__(self, other: Any) -> Node:
        return build("bitwise_xor", other, self)

    def __invert__(self) -> Node:
        return build("invert", self)

    def __lt__(self, other: Any) -> Node:
        return build("less", self, other)

    def __le__(self, other: Any) -> Node:
        return build("less_equal", self, other)

    def __gt__(self, other: Any) -> Node:
        return build("greater", self, other)

    def __ge__(self, other: Any) -> Node:
        return build("greater_equal", self, other)

    def __eq__(self, other: object) -> Node:  # type: ignore[override]  # elementwise
        return build("equal", self, other)

    def __ne__(self, other: object) -> Node:  # type: ignore[override]  # elementwise
        return build("not_equal", self, other)

    __hash__ = object.__hash__  # identity, so nodes are keys of dicts and members of sets

    def __getitem__(self, key: Any) -> Node:
        return build("getitem", self, key)

    def __len__(self) -> int:
        size = self.shape[0] if self.shape else None
        if not isinstance(size, int):
            raise DTypeError(f"len: the first size of {self!r} is not known or it has no axis")
        return size

    def __iter__(self) -> Iterator[Node]:
        size = self.shape[0] if self.shape else None
        if not isinstance(size, int):
            raise DTypeError(
                f"cannot iterate over {self!r}: how often is not known",
                "index it, or use operations on whole arrays",
            )
        return (self[i] for i in range(size))

    def __contains__(self, value: object) -> bool:
        raise DTypeError(
            "`in` asks for a value, which a node has only in a run",
            "use gf.any(node == value); to look for a node in a list, compare with `is`",
        )

    @property
    def T(self) -> Node:
        """The axes reversed."""
        return build("transpose", self)

    @property
    def mT(self) -> Node:
        """The last two axes exchanged."""
        return build("matrix_transpose", self)

    @property
    def real(self) -> Node:
        """`gf.real(self)`."""
        return build("real", self)

    @property
    def imag(self) -> Node:
        """`gf.imag(self)`."""
        return build("imag", self)

    def conj(self) -> Node:
        """`gf.conj(self)`."""
        return build("conj", self)

    @property
    def at(self) -> Any:
        """`x.at[key].set(values)` and add, multiply, max, min: a copy of x changed there."""
        return call("index_at", self)

    @property
    def ndim(self) -> int | None:
        """The rank; None when it is not known."""
        return None if self.shape is None else len(self.shape)

    @property
    def size(self) -> int | None:
        """The number of elements; None when it is not known."""
        count = 1
        for size in self.shape if self.shape is not None else (None,):
            if not isinstance(size, int):
                return None
            count *= size
        return count

    def sum(self, axis: Any = None, keepdims: bool = False) -> Node:
        """`gf.sum(self, ...)`."""
        return build("sum", self, axis, keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Node:
        """`gf.mean(self, ...)`."""
        return build("mean", self, axis, keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Node:
        """`gf.max(self, ...)`."""
        return build("max", self, axis, keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Node:
        """`gf.min(self, ...)`."""
        return build("min", self, axis, keepdims)

    def any(self, axis: Any = None, keepdims: bool = False) -> Node:
        """`gf.any(self, ...)`."""
        return build("any", self, axis, keepdims)

    def all(self, axis: Any = None, keepdims: bool = False) -> Node:
        """`gf.all(self, ...)`."""
        return build("all", self, axis, keepdims)

    def prod(self, axis: Any = None, keepdims: bool = False) -> Node:
        """`gf.prod(self, ...)`."""
        return build("prod", self, axis, keepdims)

    def std(self, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Node:
        """`gf.std(self, ...)`."""
        return build("std", self, axis, ddof, keepdims)

    def var(self, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Node:
        """`gf.var(self, ...)`."""
        return build("var", self, axis, ddof, keepdims)

    def cumsum(self, axis: int | None = None) -> Node:
        """`gf.cumsum(self, axis)`."""
        return build("cumsum", self, axis)

    def cumprod(self, axis: int | None = None) -> Node:
        """`gf.cumprod(self, axis)`."""
        return build("cumprod", self, axis)

    def argmax(self, axis: int | None = None) -> Node:
        """`gf.argmax(self, axis)`."""
        return build("argmax", self, axis)

    def argmin(self, axis: int | None = None) -> Node:
        """`gf.argmin(self, axis)`."""
        return build("argmin", self, axis)

    def reshape(self, *shape: Any) -> Node:
        """`gf.reshape(self, shape)`; the sizes may be separate arguments."""
        return build("reshape", self, shape[0] if len(shape) == 1 else shape)

    def ravel(self) -> Node:
        """The elements in one axis."""
        return build("reshape", self, (-1,))

    def flatten(self) -> Node:
        """The elements in one axis."""
        return build("reshape", self, (-1,))

    def transpose(self, *axes: Any) -> Node:
        """`gf.transpose(self, axes)`; the axes may be separate arguments."""
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        return build("transpose", self, order or None)

    def squeeze(self, axis: Any = None) -> Node:
        """`gf.squeeze(self, axis)`."""
        return build("squeeze", self, axis)

    def swapaxes(self, axis1: int, axis2: int) -> Node:
        """`gf.swapaxes(self, axis1, axis2)`."""
        return build("swapaxes", self, axis1, axis2)

    def repeat(self, repeats: Any, axis: int | None = None) -> Node:
        """`gf.repeat(self, repeats, axis)`."""
        return build("repeat", self, repeats, axis)

    def take(self, indices: Any, axis: int | None = None) -> Node:
        """`gf.take(self, indices, axis)`."""
        return build("take", self, indices, axis)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Node:
        """`gf.diagonal(self, ...)`."""
        return build("diagonal", self, offset, axis1, axis2)

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Node:
        """`gf.trace(self, ...)`."""
        return build("trace", self, offset, axis1, axis2)

    def argsort(self, axis: int | None = -1) -> Node:
        """`gf.argsort(self, axis)`."""
        return build("argsort", self, axis)

    def round(self, decimals: int = 0) -> Node:
        """`gf.round(self, decimals)`."""
        return build("round", self, decimals)

    def clip(self, min: Any = None, max: Any = None) -> Node:
        """`gf.clip(self, min, max)`."""
        return build("clip", self, min, max)

    def dot(self, other: Any) -> Node:
        """`gf.dot(self, other)`."""
        return build("dot", self, other)

    def astype(self, dtype: Any) -> Node:
        """`gf.cast(self, dtype)`."""
        return build("cast", self, dtype)
