"""Operations written on arrays, as the tutorials' engine had them: they run as they stand.

    class cube(gf.Operation):
        def __init__(self, x, factor=1.0):
            super().__init__([x])
            self.factor = factor

        def compute(self, x_value):  # arrays, and no `xp`
            return self.factor * x_value**3

    @gf.RegisterGradient("cube")
    def _cube_gradient(op, grad):  # arrays again: op.inputs, op.output, grad
        return grad * op.factor * 3 * op.inputs[0] ** 2

What tells such a class is that the first parameter of `compute` is not called `xp`. Shape and dtype
come from calling `compute` with tracers, where NumPy's protocols carry it through; otherwise they
are known only in a run. There is no second derivative: a rule of arrays builds no nodes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ClassVar, NoReturn

import numpy as np

from .. import registry
from ..dtypes import DType, float64
from ..errors import DTypeError, RegistrationError, ShapeError
from ..graph import Node, Operation
from ..primitives import FUNCTIONS, TABLE, Primitive, Spec, Traced, Tracer, spec_of
from ..registry import RegisterGradient
from ..shapes import is_known, maybe_equal, show

__all__ = ["ArrayGradient", "ArrayOperation"]

_HINTS = {
    "value": "a node holds no value: session.run(node), or node.eval()",
    "output": "a node holds no value: session.run(node), or node.eval()",
    "consumers": "a node does not know its consumers: look for it in the inputs of graph.nodes",
    "input_nodes": "they are called inputs: node.inputs",
}


# ---- tracing through NumPy's protocols --------------------------------------------------------


class _NumpyTraced(Traced):
    """A tracer that NumPy's functions accept."""

    __slots__ = ()

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        if method != "__call__" or kwargs:
            return NotImplemented
        return self._tracer.call(TABLE[ufunc.__name__], *inputs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        primitive = TABLE.get(function.__name__)
        if primitive is None:
            return NotImplemented
        return self._tracer.call(primitive, *args, **kwargs)


class _NumpyTracer(Tracer):
    def input(self, spec: Spec) -> Traced:
        return _NumpyTraced(self, spec)

    def emit(
        self, primitive: Primitive, args: tuple[Any, ...], attributes: dict[str, Any], spec: Spec
    ) -> Traced:
        return _NumpyTraced(self, spec)


_TRACER = _NumpyTracer()


# ---- the operation ----------------------------------------------------------------------------


class ArrayOperation(Operation):
    """What a class whose `compute` takes arrays is made to derive from, in Operation's place."""

    pure = False  # nothing is known about the function
    operands = ()
    variadic = True
    _on_arrays: Callable[..., Any]
    adapted_rule: ClassVar[Callable[..., Any]]  # what RegisterGradient makes of a rule of arrays

    def __init__(self, *inputs: Any, name: str | None = None) -> None:
        fields = self.__dict__
        many = len(inputs) == 1 and isinstance(inputs[0], list | tuple)
        fields["_given"] = (list(inputs[0]) if many else list(inputs), name)
        if "_open" not in fields:
            self._finish()

    def _finish(self) -> None:
        """Make a node of it, now that the user's `__init__` has set its attributes."""
        fields = self.__dict__
        fields.pop("_open", None)
        if "_given" not in fields:
            called = type(self).__name__
            raise DTypeError(
                f"{called}: its __init__ made no node", "call super().__init__([x, y]) in it"
            )
        inputs, name = fields.pop("_given")
        fields["attributes"] = tuple(fields)
        Operation.__init__(self, *inputs, name=name)

    def __setattr__(self, name: str, value: Any) -> None:  # type: ignore[override]
        if "_open" not in self.__dict__:
            super().__setattr__(name, value)
        self.__dict__[name] = value

    def infer(self, *specs: Spec) -> Spec:
        known = self.__dict__.get("dtype")  # of the node that this one is a copy of
        try:
            found = spec_of(type(self)._on_arrays(self, *map(_TRACER.input, specs)))
        except ShapeError:
            if all(is_known(spec.shape) for spec in specs):
                raise
            return Spec(None, known or _float_of(specs))
        except Exception:  # it does what tracers cannot: it is called in the run
            return Spec(None, known or _float_of(specs))
        return Spec(found.shape, known or found.dtype)

    def compute(self, xp: Any, *arrays: Any) -> Any:
        if xp is not FUNCTIONS:
            return type(self)._on_arrays(self, *arrays)
        value = np.asarray(type(self)._on_arrays(self, *[np.array(a) for a in arrays]))
        if not maybe_equal(value.shape, self.shape):
            raise ShapeError(f"compute gave {show(value.shape)}, not {show(self.shape)}")
        return _as_dtype(value, self.dtype)


def _float_of(specs: tuple[Spec, ...]) -> DType:
    floats = [spec.dtype for spec in specs if spec.dtype.kind in "fc"]
    return np.result_type(*floats) if floats else float64


def _as_dtype(value: np.ndarray[Any, Any], dtype: DType) -> np.ndarray[Any, Any]:
    if not np.can_cast(value.dtype, dtype, "same_kind"):
        raise DTypeError(f"compute gave {value.dtype}, not {dtype}")
    return value.astype(dtype, copy=False)


def _adopt(cls: Any) -> None:
    """Make a class whose `compute` takes arrays derive from ArrayOperation."""
    compute = cls.__dict__.get("compute")
    if cls is ArrayOperation:
        return
    if compute is not None and not _takes_namespace(compute):
        if not issubclass(cls, ArrayOperation):
            if Operation not in cls.__bases__:
                raise RegistrationError(
                    f"{cls.__name__}: compute takes arrays, which is for subclasses of Operation",
                    "derive from gf.Operation, or write compute(self, xp, ...)",
                )
            bases = [ArrayOperation if base is Operation else base for base in cls.__bases__]
            cls.__bases__ = tuple(bases)
        del cls.compute
        cls._on_arrays = compute
        cls.operands, cls.variadic = (), True
    if issubclass(cls, ArrayOperation) and "__init__" in cls.__dict__:
        cls.__init__ = _finishing(cls.__dict__["__init__"])


def _takes_namespace(compute: Callable[..., Any]) -> bool:
    parameters = list(inspect.signature(compute).parameters)
    return parameters[1:2] == ["xp"]


def _finishing(init: Callable[..., None]) -> Callable[..., None]:
    def __init__(self: ArrayOperation, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        fields = self.__dict__
        outermost = "_open" not in fields
        fields["_open"] = True
        init(self, *args, **kwargs)
        if outermost:
            self._finish()

    return __init__


# ---- its gradient -----------------------------------------------------------------------------


class Seen:
    """What a rule of arrays gets for the operation: its attributes, `inputs` and `output`."""

    def __init__(self, op: Operation, inputs: list[Any], output: Any) -> None:
        self.__dict__.update({name: getattr(op, name) for name in op.attributes})
        self.inputs = inputs
        self.output = output


class ArrayGradient(Operation):
    """The gradient by one input of an operation on arrays: its rule, called in the run."""

    attributes = ("rule", "place", "about")
    pure = False

    rule: Callable[..., Any]
    place: int
    about: Operation

    def infer(self, *specs: Spec) -> Spec:
        return Spec(specs[self.place].shape, specs[self.place].dtype)

    def compute(self, xp: Any, *arrays: Any) -> Any:
        *inputs, output, grad = [np.array(array) for array in arrays]
        given = self.rule(Seen(self.about, inputs, output), grad)
        parts = list(given) if isinstance(given, list | tuple) else [given]
        if len(parts) != len(inputs):
            raise ShapeError(f"the rule gave {len(parts)} gradients for {len(inputs)} inputs")
        wanted = arrays[self.place]
        if parts[self.place] is None:
            return np.zeros_like(wanted)
        if isinstance(parts[self.place], Node):
            raise DTypeError("the rule gave a node, where arrays are given and expected")
        value = _summed_to(np.asarray(parts[self.place]), np.shape(wanted))
        return _as_dtype(value, np.asarray(wanted).dtype)


def _summed_to(value: np.ndarray[Any, Any], shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """A gradient with broadcasting undone."""
    lead = value.ndim - len(shape)
    fits = lead >= 0 and all(n in (1, m) for n, m in zip(shape, value.shape[lead:], strict=True))
    if not fits:
        raise ShapeError(f"the rule gave {show(value.shape)} for an input {show(shape)}")
    ones = [i + lead for i, n in enumerate(shape) if n == 1]
    total: np.ndarray[Any, Any] = np.sum(value, axis=(*range(lead), *ones), keepdims=True)
    return total.reshape(shape)


def _of_nodes(rule: Callable[..., Any]) -> Callable[..., list[Node]]:
    """A rule that builds nodes, of one that computes arrays."""

    def build(op: Operation, grad: Node) -> list[Node]:
        about = op.detached()
        return [
            ArrayGradient(*op.inputs, op, grad, rule=rule, place=i, about=about)
            for i in range(len(op.inputs))
        ]

    return build


@RegisterGradient(ArrayGradient)
def _array_gradient_grad(op: ArrayGradient, grad: Node) -> NoReturn:
    called = type(op.about).__name__
    raise RegistrationError(
        f"gradients: {called!r} is written on arrays, so it has a first derivative only: "
        f"{op.describe()}",
        "for more, two lines change: def compute(self, xp, ...), and a rule that uses gf's "
        "functions where it used np's",
    )


def _missing(self: Node, name: str) -> NoReturn:
    """What a node says when it is asked for what the tutorials' nodes had."""
    hint = _HINTS.get(name)
    text = f"{type(self).__name__!r} has no attribute {name!r}"
    raise AttributeError(f"{text}; {hint}" if hint else text)


ArrayOperation.adapted_rule = staticmethod(_of_nodes)
_node: Any = Node
_node.__getattr__ = _missing
registry.protocols["adopt_operation"] = _adopt
