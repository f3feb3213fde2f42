"""The tracer: an array namespace whose functions compute shapes and dtypes instead of values.

Handed to an operation's `compute` as `xp`, with `Traced` objects for arrays, it reads the forward
abstractly: the result's shape and dtype are those that NumPy would give. A subclass that overrides
`emit` records the calls as well.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..errors import DTypeError, GraphflowError, ShapeError
from .spec import Spec, spec_of
from .table import TABLE, Primitive

ALIASES = {
    "abs": "absolute",
    "acos": "arccos",
    "acosh": "arccosh",
    "asin": "arcsin",
    "asinh": "arcsinh",
    "atan": "arctan",
    "atan2": "arctan2",
    "atanh": "arctanh",
    "concat": "concatenate",
    "conj": "conjugate",
    "permute_dims": "transpose",
    "pow": "power",
    "true_divide": "divide",
}


class Traced:
    """Stands for an array inside `compute`: it has a shape and a dtype, and no values."""

    __slots__ = ("_tracer", "spec")
    __array_ufunc__ = None  # `ndarray * traced` then asks Traced
    __hash__ = object.__hash__

    def __init__(self, tracer: Tracer, spec: Spec) -> None:
        self._tracer = tracer
        self.spec = spec

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.spec.dtype

    @property
    def shape(self) -> tuple[Any, ...]:
        if self.spec.shape is None:
            raise ShapeError(
                "compute asks for the shape of an array of unknown rank",
                "write `infer` for this operation, or give the placeholder a shape",
            )
        return self.spec.shape

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def T(self) -> Any:
        return self._call("transpose")

    def astype(self, dtype: Any) -> Any:
        return self._call("astype", dtype)

    def reshape(self, *shape: Any) -> Any:
        target = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple) else shape
        return self._call("reshape", target)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Any:
        return self._call("sum", axis=axis, keepdims=keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Any:
        return self._call("mean", axis=axis, keepdims=keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Any:
        return self._call("max", axis=axis, keepdims=keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Any:
        return self._call("min", axis=axis, keepdims=keepdims)

    def __getitem__(self, key: Any) -> Any:
        return self._call("index", key if isinstance(key, tuple) else (key,))

    def __bool__(self) -> bool:
        raise DTypeError(
            "compute branches on a value, which is not known when the graph is built",
            "use xp.where(condition, x, y)",
        )

    def __iter__(self) -> Any:
        raise DTypeError("compute iterates over an array", "use axis= or an index instead")

    def _call(self, name: str, *rest: Any, **attributes: Any) -> Any:
        return self._tracer.call(TABLE[name], self, *rest, **attributes)


def _binary(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    primitive = TABLE[name]

    def forward(self: Traced, other: Any) -> Any:
        return self._tracer.call(primitive, self, other)

    def backward(self: Traced, other: Any) -> Any:
        return self._tracer.call(primitive, other, self)

    return forward, backward


def _unary(name: str) -> Callable[..., Any]:
    primitive = TABLE[name]
    return lambda self: self._tracer.call(primitive, self)


for _operator, _name in {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "pow": "power",
    "matmul": "matmul",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "left_shift",
    "rshift": "right_shift",
}.items():
    _forward, _backward = _binary(_name)
    setattr(Traced, f"__{_operator}__", _forward)
    setattr(Traced, f"__r{_operator}__", _backward)
for _operator, _name in {
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "eq": "equal",
    "ne": "not_equal",
}.items():
    setattr(Traced, f"__{_operator}__", _binary(_name)[0])
for _operator, _name in {
    "neg": "negative",
    "pos": "positive",
    "abs": "absolute",
    "invert": "invert",
}.items():
    setattr(Traced, f"__{_operator}__", _unary(_name))


class Tracer:
    """The array namespace `xp` that reads a forward abstractly."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        primitive = TABLE.get(ALIASES.get(name, name))
        if primitive is None:
            raise GraphflowError(
                f"compute calls xp.{name}, which is not a primitive",
                "write it with the functions of graphflow/primitives/table.py, or use gf.py_func",
            )
        return partial(self.call, primitive)

    def input(self, spec: Spec) -> Traced:
        """A traced array of the given spec."""
        return Traced(self, spec)

    def call(self, primitive: Primitive, *args: Any, **attributes: Any) -> Any:
        """One primitive applied to traced arrays and numbers."""
        places = primitive.arrays
        specs = [
            arg.spec
            if isinstance(arg, Traced)
            else _abstract(arg)
            if places is None or i in places
            else _abstract_key(arg)
            for i, arg in enumerate(args)
        ]
        return self.emit(primitive, args, attributes, primitive.rule(*specs, **attributes))

    def emit(
        self, primitive: Primitive, args: tuple[Any, ...], attributes: dict[str, Any], spec: Spec
    ) -> Traced:
        """What a call returns: here nothing but its spec is kept."""
        return Traced(self, spec)


def _abstract(arg: Any) -> Any:
    """The spec of an array argument, or of each in a list of them."""
    if isinstance(arg, list | tuple):
        return [spec_of(part) for part in arg]
    return spec_of(arg)


def _abstract_key(arg: Any) -> Any:
    """A static argument as it is; in an index tuple, arrays become Specs."""
    if type(arg) is tuple:
        return tuple(spec_of(p) if isinstance(p, Traced | np.ndarray) else p for p in arg)
    return arg
