"""Operation: a node computed from other nodes. Subclass it to add an operation.

The class is the operation, the instance is the node:

    class Cube(Operation):
        def compute(self, xp, x):
            return x * x * x

`compute` is the one forward: a pure function of arrays, written against the array namespace `xp`.
It never branches on values. Shape and dtype come from reading it abstractly.
"""

from __future__ import annotations

import inspect
from typing import Any, ClassVar, NoReturn

from ..dtypes import DType
from ..errors import DTypeError, GraphflowError, RegistrationError, lay_out
from ..primitives import Spec, Traced, Tracer, spec_of
from ..registry import add_operation, protocols
from ..shapes import Shape
from .graph import Building, current
from .leaves import Constant, check_name, join
from .node import Node, snake_case

_TRACER = Tracer()
_MEMO_LIMIT = 8192
_memo: dict[Any, tuple[Shape, DType]] = {}


class Operation(Node):
    """Base of all operations: `Operation(*nodes_or_values, name=None, **attributes)`.

    A subclass lists its static parameters in `attributes` (hashable values) and defines
    `compute(self, xp, *arrays)`. It may define `infer(self, *specs)` where the shape cannot be
    read from `compute`, and `expand(self)` where it is simpler once its inputs' shapes are known.
    """

    pure: ClassVar[bool] = True  # equal inputs give equal outputs: equal nodes may be merged
    masks: ClassVar[bool] = False  # its gradient is zero where a branch was not taken
    refused: ClassVar[dict[str, str]] = {}  # operands without a gradient: what to do instead
    operands: ClassVar[tuple[str, ...]] = ()  # the names of compute's arrays, for messages
    variadic: ClassVar[bool] = False
    can_expand: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        compute = cls.__dict__.get("compute")
        if compute is not None:
            parameters = list(inspect.signature(compute).parameters.values())[2:]
            cls.operands = tuple(p.name for p in parameters)
            cls.variadic = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        cls.can_expand = cls.expand is not Operation.expand
        adopt = protocols.get("adopt_operation")
        if adopt is not None:
            adopt(cls)
        if cls.__module__ != __name__:
            add_operation(cls)

    def __init__(self, *inputs: Any, name: str | None = None, **attributes: Any) -> None:
        now = current()
        op = type(self)
        if name is not None:
            check_name(name)
        ledger, nodes, made = join(op, inputs, now.ledger)
        fields = self.__dict__
        if attributes or self.attributes:
            _check_attributes(op, attributes)
            fields.update(attributes)
        fields["inputs"] = nodes
        fields["shape"], fields["dtype"] = self._inferred(nodes)
        for constant in made:
            constant._enter(ledger, now)
        self._enter(ledger, now, name)

    def compute(self, xp: Any, *arrays: Any) -> Any:
        """The forward: the output from the input arrays, with the functions of `xp`."""
        raise RegistrationError(f"operation {type(self).__name__!r} defines no compute")

    def infer(self, *specs: Spec) -> Spec:
        """Shape and dtype of the output: those of `compute`, read abstractly."""
        return spec_of(self.compute(_TRACER, *map(_TRACER.input, specs)))

    def expand(self) -> Node | None:
        """The same value as a node of simpler operations, if the inputs' shapes allow one."""
        return None

    def with_inputs(self, inputs: tuple[Node, ...], now: Building | None = None) -> Operation:
        """The same operation, name and all, over other nodes."""
        now = now or current()
        new = type(self).__new__(type(self))
        fields = new.__dict__
        fields.update(self.__dict__)
        fields["inputs"] = inputs
        fields["shape"], fields["dtype"] = new._inferred(inputs)
        new._enter(now.ledger or inputs[0]._ledger, now)
        return new

    def detached(self) -> Operation:
        """A copy that refers to no node and no graph: enough to compute, and to be described."""
        new = type(self).__new__(type(self))
        new.__dict__.update(self.__dict__)
        new.__dict__["inputs"] = ()
        new.__dict__.pop("_ledger", None)
        new.__dict__.pop("_moved", None)
        return new

    def _inferred(self, nodes: tuple[Node, ...]) -> tuple[Shape, DType]:
        values = tuple([getattr(self, name) for name in self.attributes])
        key = (
            type(self),
            values,
            *[type(v) for v in values],
            *[(n.shape, n.dtype, n.weak, n.is_update) for n in nodes],
        )
        try:
            known = _memo.get(key)
        except TypeError:  # an attribute that cannot be hashed
            return self._infer_anew(nodes)
        if known is None:
            known = self._infer_anew(nodes)
            if len(_memo) >= _MEMO_LIMIT:
                _memo.clear()
            _memo[key] = known
        return known

    def _infer_anew(self, nodes: tuple[Node, ...]) -> tuple[Shape, DType]:
        op = type(self)
        if op.operands and not op.variadic and len(nodes) != len(op.operands):
            raise DTypeError(
                f"{snake_case(op.__name__)}: takes {len(op.operands)} operands "
                f"({', '.join(op.operands)}), got {len(nodes)}"
            )
        for node in nodes:
            if node.is_update and not self.is_update:
                called = snake_case(op.__name__)
                raise DTypeError(f"{called}: an update has no value: {node.describe()}")
        try:
            spec = self.infer(*[node.spec for node in nodes])
            return spec.shape, spec.dtype
        except GraphflowError as error:
            kind, text = type(error), self._explain(error, nodes)
        except MemoryError:
            raise
        except Exception as error:
            self._reraise(error, nodes)
        raise kind(text)  # out of the handler, so that the error holds no frame with nodes in it

    def _explain(self, error: GraphflowError, nodes: tuple[Node, ...]) -> str:
        """The message of a broken rule: the operation, the rule, the operands, the way out."""
        rows = []
        for i, node in enumerate(nodes):
            label = self.operands[i] if i < len(self.operands) and not self.variadic else str(i)
            what = _called(node)
            rows.append((label, node.type_text, what, str(node.origin or "")))
        return lay_out(f"{snake_case(type(self).__name__)}: {error.rule}", rows, error.hint)

    def _reraise(self, error: Exception, nodes: tuple[Node, ...]) -> NoReturn:
        rows = [(node.type_text, _called(node), str(node.origin or "")) for node in nodes]
        text = lay_out(f"{type(self).__name__}.compute: {type(error).__name__}: {error}", rows)
        raise GraphflowError(text) from error


class Elementwise(Operation):
    """An operation that treats every element alike; its operands broadcast.

    `safe` promises that all its local derivatives are finite for all inputs: a gradient that is
    zero stays zero through it, so nothing needs to be absorbed.
    """

    safe: ClassVar[bool] = False


def _check_attributes(op: type[Operation], given: dict[str, Any]) -> None:
    missing = [name for name in op.attributes if name not in given]
    unknown = [name for name in given if name not in op.attributes]
    if missing or unknown:
        raise DTypeError(
            f"{op.__name__}: "
            + "; ".join(
                [f"attribute {name!r} is missing" for name in missing]
                + [f"no attribute {name!r}" for name in unknown]
            ),
            f"its attributes are {op.attributes}" if op.attributes else "it has no attributes",
        )


def _called(node: Node) -> str:
    if isinstance(node, Constant):  # it may have no name yet
        return f"constant {node.value}" if node.shape == () else "constant"
    return f"{node.kind} {node.name!r}"


__all__ = ["Elementwise", "Operation", "Traced"]
