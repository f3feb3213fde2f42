"""Leaves: constants, variables and placeholders, and how a value becomes a node."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..dtypes import Array, DType, as_dtype, float64, weak_dtype
from ..errors import DTypeError, GraphError, ShapeError, lay_out
from ..shapes import Shape, as_shape, maybe_equal, show
from .graph import Ledger, current, get_default_graph
from .node import Node, snake_case

_uids = itertools.count()


def _default_ledger() -> Ledger:
    now = current()
    return now.ledger or get_default_graph()._ledger


def check_name(name: Any) -> None:
    """Raise DTypeError unless `name` is None or a string that is not empty."""
    if name is not None and (not isinstance(name, str) or not name):
        raise DTypeError(f"name: a node's name is a string, not {name!r}")


def as_array(value: Any, what: str) -> np.ndarray[Any, Any]:
    """`value` as an array of numbers of its own. Raises DTypeError for anything else."""
    if isinstance(value, Node) or (
        isinstance(value, list | tuple) and any(isinstance(v, Node) for v in value)
    ):
        raise DTypeError(f"{what}: a node is not a value", "run it first, or use gf.stack")
    try:
        array = np.array(value)
    except MemoryError:
        raise
    except Exception as error:  # what is no array of NumPy's may raise anything
        raise DTypeError(f"{what}: not an array of numbers ({error})") from error
    if holds_mask(value, array.ndim):
        raise DTypeError(f"{what}: a masked array has no values under its mask", "use .filled()")
    if array.dtype.kind not in "biufc":
        raise DTypeError(f"{what}: {_shorten(value)} is not an array of numbers")
    return np.ascontiguousarray(array, as_dtype(array.dtype)).reshape(array.shape)


def holds_mask(value: Any, depth: int) -> bool:
    """Whether a value is a masked array, or lists up to this depth with one in them."""
    if depth and isinstance(value, list | tuple):
        return any(holds_mask(part, depth - 1) for part in value)
    return isinstance(value, np.ma.MaskedArray)


def _shorten(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


class Constant(Node):
    """A value fixed when the graph is built. A Python number is weak: it takes its peers' dtype."""

    attributes = ("value",)
    is_constant = True

    value: Array  # a Python number when weak, else a read-only array

    @classmethod
    def _unentered(cls, value: Any, dtype: DType | None = None, what: str = "constant") -> Constant:
        node = cls.__new__(cls)
        fields = node.__dict__
        weak = weak_dtype(value) if dtype is None else None
        if weak is not None:
            fields.update(value=value, shape=(), dtype=weak, weak=True)
            return node
        array = as_array(value, what)
        if dtype is not None:
            array = array.astype(dtype)
        array.setflags(write=False)
        fields.update(value=array, shape=array.shape, dtype=array.dtype)
        return node

    def __repr__(self) -> str:
        return f"Constant({_shorten(self.value)}, {self.type_text})"

    def describe(self) -> str:
        """A small constant is named by its value."""
        return f"constant {self.value}" if self.shape == () else super().describe()


def constant(value: Any, dtype: Any = None, *, name: str | None = None) -> Constant:
    """A node that always has this value; the value is copied.

    Shape and dtype are NumPy's for `value` unless `dtype` is given. Raises DTypeError for what is
    no array of numbers.
    """
    check_name(name)
    wanted = None if dtype is None else as_dtype(dtype)
    array = as_array(value, "constant")
    node = Constant._unentered(array, wanted)
    node._enter(_default_ledger(), current(), name)
    return node


def operand(value: Any) -> Constant:
    """A value as an operation takes it: as `constant` does, but a Python number stays weak."""
    node = Constant._unentered(value)
    node._enter(_default_ledger(), current())
    return node


class Variable(Node):
    """A parameter: born with a value, which each session then changes for itself.

    `initial_value` is copied. Python numbers and lists of them become float64 unless `dtype` says
    otherwise; a NumPy array keeps its dtype. `trainable=False` keeps optimizers away from it.

    Raises DTypeError when the value is no array of numbers, or is a node.
    """

    is_variable = True

    trainable: bool
    uid: int  # its key in the state of every session: unique in the process
    _initial: np.ndarray[Any, Any]

    def __init__(
        self,
        initial_value: Any,
        *,
        dtype: Any = None,
        trainable: bool = True,
        name: str | None = None,
    ) -> None:
        check_name(name)
        wanted = None if dtype is None else as_dtype(dtype)
        array = as_array(initial_value, "Variable")
        if wanted is None and array.dtype.kind in "iu" and not _holds_numpy(initial_value):
            wanted = float64
        if wanted is not None:
            array = array.astype(wanted)
        array.setflags(write=False)
        fields = self.__dict__
        fields.update(shape=array.shape, dtype=array.dtype, _initial=array)
        fields.update(trainable=bool(trainable), uid=next(_uids))
        self._enter(_default_ledger(), current(), name)

    @property
    def initial_value(self) -> np.ndarray[Any, Any]:
        """A copy of the value it was born with."""
        return self._initial.copy()


def _holds_numpy(value: Any) -> bool:
    """Whether a value is NumPy's, or a (nested) list of such: its dtype was chosen by somebody."""
    while isinstance(value, list | tuple) and value:
        value = value[0]
    return isinstance(value, np.ndarray | np.generic)


class Placeholder(Node):
    """A value that every run is fed, unless it has a `default`.

    A size in `shape` is an int, None (any), or a name such as `"n"` that must agree wherever it
    appears. Without a shape even the rank is unknown. What is fed is cast to `dtype` where NumPy's
    `same_kind` rule allows.
    """

    is_placeholder = True

    default: np.ndarray[Any, Any] | None

    def __init__(
        self,
        shape: Any = None,
        dtype: Any = float64,
        *,
        name: str | None = None,
        default: Any = None,
    ) -> None:
        check_name(name)
        sizes: Shape = as_shape(shape)
        wanted = as_dtype(dtype)
        value = None
        if default is not None:
            value = as_array(default, "Placeholder").astype(wanted)
            value.setflags(write=False)
            if not maybe_equal(value.shape, sizes):
                raise ShapeError(
                    f"Placeholder: the default {show(value.shape)} does not fit {show(sizes)}"
                )
        self.__dict__.update(shape=sizes, dtype=wanted, default=value)
        self._enter(_default_ledger(), current(), name)


def join(
    op: type[Node], operands: Sequence[Any], forced: Ledger | None
) -> tuple[Ledger, tuple[Node, ...], list[Constant]]:
    """The operands as nodes of one graph, that graph, and the constants made on the way.

    The constants are not entered yet: the caller enters them when nothing can fail any more.
    Raises GraphError when the nodes belong to different graphs.
    """
    ledger = forced
    first: Node | None = None
    made: list[Constant] = []
    nodes: list[Node] = []
    for operand in operands:
        if isinstance(operand, Node):
            if ledger is None:
                ledger, first = operand._ledger, operand
            elif forced is None and operand._ledger is not ledger:
                assert first is not None
                raise _mixed(snake_case(op.__name__), first, operand)
            nodes.append(operand)
        else:
            new = Constant._unentered(operand, what=snake_case(op.__name__))
            made.append(new)
            nodes.append(new)
    return ledger or _default_ledger(), tuple(nodes), made


def _mixed(caller: str, a: Node, b: Node) -> GraphError:
    rows = [(n.type_text, f"{n.kind} {n.name!r}", str(n.origin or "")) for n in (a, b)]
    return GraphError(
        lay_out(
            f"{caller}: operands of two graphs",
            rows,
            "build both in one graph: `with Graph():` around all of it",
        )
    )
