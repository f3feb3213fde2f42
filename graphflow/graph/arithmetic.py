"""The operators and methods of a node: each builds the node of the public function of its name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..errors import DTypeError
from ..registry import call
from ..shapes import Shape

if TYPE_CHECKING:
    from .node import Node


class Arithmetic:
    """Mixed into Node: what an array does by operator or method, a node does by building a node."""

    shape: Shape

    def __add__(self, other: Any) -> Node:
        return call("add", self, other)

    def __radd__(self, other: Any) -> Node:
        return call("add", other, self)

    def __sub__(self, other: Any) -> Node:
        return call("subtract", self, other)

    def __rsub__(self, other: Any) -> Node:
        return call("subtract", other, self)

    def __mul__(self, other: Any) -> Node:
        return call("multiply", self, other)

    def __rmul__(self, other: Any) -> Node:
        return call("multiply", other, self)

    def __truediv__(self, other: Any) -> Node:
        return call("divide", self, other)

    def __rtruediv__(self, other: Any) -> Node:
        return call("divide", other, self)

    def __floordiv__(self, other: Any) -> Node:
        return call("floor_divide", self, other)

    def __rfloordiv__(self, other: Any) -> Node:
        return call("floor_divide", other, self)

    def __mod__(self, other: Any) -> Node:
        return call("remainder", self, other)

    def __rmod__(self, other: Any) -> Node:
        return call("remainder", other, self)

    def __pow__(self, other: Any) -> Node:
        return call("power", self, other)

    def __rpow__(self, other: Any) -> Node:
        return call("power", other, self)

    def __matmul__(self, other: Any) -> Node:
        return call("matmul", self, other)

    def __rmatmul__(self, other: Any) -> Node:
        return call("matmul", other, self)

    def __neg__(self) -> Node:
        return call("negative", self)

    def __pos__(self) -> Node:
        return call("positive", self)

    def __abs__(self) -> Node:
        return call("abs", self)

    def __and__(self, other: Any) -> Node:
        return call("bitwise_and", self, other)

    def __rand__(self, other: Any) -> Node:
        return call("bitwise_and", other, self)

    def __or__(self, other: Any) -> Node:
        return call("bitwise_or", self, other)

    def __ror__(self, other: Any) -> Node:
        return call("bitwise_or", other, self)

    def __xor__(self, other: Any) -> Node:
        return call("bitwise_xor", self, other)

    def __rxor__(self, other: Any) -> Node:
        return call("bitwise_xor", other, self)

    def __invert__(self) -> Node:
        return call("invert", self)

    def __lt__(self, other: Any) -> Node:
        return call("less", self, other)

    def __le__(self, other: Any) -> Node:
        return call("less_equal", self, other)

    def __gt__(self, other: Any) -> Node:
        return call("greater", self, other)

    def __ge__(self, other: Any) -> Node:
        return call("greater_equal", self, other)

    def __eq__(self, other: object) -> Node:  # type: ignore[override]  # elementwise
        return call("equal", self, other)

    def __ne__(self, other: object) -> Node:  # type: ignore[override]  # elementwise
        return call("not_equal", self, other)

    __hash__ = object.__hash__  # identity, so nodes are keys of dicts and members of sets

    def __getitem__(self, key: Any) -> Node:
        return call("getitem", self, key)

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
        return call("transpose", self)

    @property
    def mT(self) -> Node:
        """The last two axes exchanged."""
        return call("matrix_transpose", self)

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
        return call("sum", self, axis, keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Node:
        """`gf.mean(self, ...)`."""
        return call("mean", self, axis, keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Node:
        """`gf.max(self, ...)`."""
        return call("max", self, axis, keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Node:
        """`gf.min(self, ...)`."""
        return call("min", self, axis, keepdims)

    def any(self, axis: Any = None, keepdims: bool = False) -> Node:
        """`gf.any(self, ...)`."""
        return call("any", self, axis, keepdims)

    def all(self, axis: Any = None, keepdims: bool = False) -> Node:
        """`gf.all(self, ...)`."""
        return call("all", self, axis, keepdims)

    def argmax(self, axis: int | None = None) -> Node:
        """`gf.argmax(self, axis)`."""
        return call("argmax", self, axis)

    def argmin(self, axis: int | None = None) -> Node:
        """`gf.argmin(self, axis)`."""
        return call("argmin", self, axis)

    def reshape(self, *shape: Any) -> Node:
        """`gf.reshape(self, shape)`; the sizes may be separate arguments."""
        return call("reshape", self, shape[0] if len(shape) == 1 else shape)

    def ravel(self) -> Node:
        """The elements in one axis."""
        return call("reshape", self, (-1,))

    def flatten(self) -> Node:
        """The elements in one axis."""
        return call("reshape", self, (-1,))

    def transpose(self, *axes: Any) -> Node:
        """`gf.transpose(self, axes)`; the axes may be separate arguments."""
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        return call("transpose", self, order or None)

    def squeeze(self, axis: Any = None) -> Node:
        """`gf.squeeze(self, axis)`."""
        return call("squeeze", self, axis)

    def clip(self, min: Any = None, max: Any = None) -> Node:
        """`gf.clip(self, min, max)`."""
        return call("clip", self, min, max)

    def dot(self, other: Any) -> Node:
        """`gf.matmul(self, other)`."""
        return call("matmul", self, other)

    def astype(self, dtype: Any) -> Node:
        """`gf.cast(self, dtype)`."""
        return call("cast", self, dtype)
