"""Node: the frozen element of a graph, its name, its description, and what it refuses to be."""

from __future__ import annotations

import re
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, ClassVar, NoReturn

from ..dtypes import DType
from ..errors import DTypeError, GraphError, plain
from ..primitives import Spec
from ..registry import mimebundle
from ..shapes import Shape, show
from . import origin
from .arithmetic import Arithmetic
from .graph import Building, Graph, Ledger, Moved
from .origin import Origin, Where

entered_session: ContextVar[Any] = ContextVar("graphflow_session", default=None)
_VALUE_HINT = "a node has values only in a run: session.run(node) or node.eval()"


@lru_cache(maxsize=1024)
def snake_case(name: str) -> str:
    """`LogSoftmax` as `log_softmax`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class Node(Arithmetic):
    """A value that a run can compute: what it is made of, its shape, dtype, name and origin.

    Frozen: nothing about a node changes after it is made, and it holds no values. Operators and
    NumPy functions applied to it build further nodes; `==` is elementwise and the hash is by
    identity, so compare nodes with `is`.
    """

    attributes: ClassVar[tuple[str, ...]] = ()
    is_variable: ClassVar[bool] = False
    is_placeholder: ClassVar[bool] = False
    is_constant: ClassVar[bool] = False
    is_update: ClassVar[bool] = False

    number: int
    inputs: tuple[Node, ...] = ()
    shape: Shape
    dtype: DType
    weak: bool = False
    role: str = "forward"
    _ledger: Ledger
    _own_name: str | None = None
    _scope: str = ""
    _where: Where | None = None
    _moved: Moved | None = None

    def _enter(self, ledger: Ledger, now: Building, name: str | None = None) -> None:
        """Give the finished node its number, its name and its place in the user's program."""
        fields = self.__dict__
        fields["_ledger"] = ledger
        fields["number"] = ledger.next_number()
        fields["_where"] = now.where or origin.here()
        if now.scope:
            fields["_scope"] = now.scope
        if now.role != "forward":
            fields["role"] = now.role
        if now.moved is not None:
            fields["_moved"] = now.moved
        if name is not None:
            fields["_own_name"] = ledger.free_name(now.scope + name)
            ledger.hold_name(fields["_own_name"], self)
        if now.ledger is None:
            ledger.enter(self)

    @property
    def graph(self) -> Graph:
        """The graph this node belongs to."""
        return self._ledger.graph()

    @property
    def name(self) -> str:
        """The unique name: the one given (with a suffix if it was taken), or an automatic one."""
        return self._own_name or self._automatic_name()

    def _automatic_name(self) -> str:
        return f"{self._scope}{snake_case(type(self).__name__)}_{self.number}"

    @property
    def origin(self) -> Origin | None:
        """The user's line that made this node: file, line, text. None when there is none."""
        return origin.resolve(self._where)

    @property
    def spec(self) -> Spec:
        """Shape and dtype together."""
        return Spec(self.shape, self.dtype, self.weak)

    @property
    def kind(self) -> str:
        """The operation's name in snake case, or what leaf this is."""
        return snake_case(type(self).__name__)

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """The value in `session`, or in the innermost `with Session():` block.

        Raises GraphError when there is neither.
        """
        session = session or entered_session.get()
        if session is None:
            raise GraphError(
                "eval: no session", "use `with gf.Session():` or node.eval(session=...)"
            )
        return session.run(self, feed_dict)

    def describe(self) -> str:
        """`matmul 'scores' float64[?, 10] (train.py:12)`: how messages name this node."""
        place = self.origin
        return f"{self.kind} {self.name!r} {self.type_text}" + (f" ({place})" if place else "")

    @property
    def type_text(self) -> str:
        """Dtype and shape, as in `float64[?, 10]`; `update` for what has no value."""
        if self.is_update:
            return "update"
        return f"{self.dtype}{show(self.shape)}"

    def __repr__(self) -> str:
        parts = [repr(self.name), self.type_text]
        if self.inputs:
            parts.append("inputs=(" + ", ".join(plain(node.name) for node in self.inputs[:4]))
            parts[-1] += ", ...)" if len(self.inputs) > 4 else ")"
        parts.extend(f"{name}={getattr(self, name, None)!r}" for name in self.attributes)
        place = self.origin
        return f"{type(self).__name__}({', '.join(parts)})" + (f" at {place}" if place else "")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return mimebundle(self, self)

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"nodes are frozen: cannot set {name!r} of {self.describe()}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"nodes are frozen: cannot delete {name!r} of {self.describe()}")

    def __copy__(self) -> Node:
        return self

    def __deepcopy__(self, memo: Any) -> Node:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a node cannot be pickled; save its variables' values instead")

    def __bool__(self) -> NoReturn:
        raise DTypeError(
            f"a node is neither true nor false: {self.describe()}",
            "use gf.where for a choice by value; compare nodes with `is`",
        )

    def __float__(self) -> NoReturn:
        self._refuse("float()")

    def __int__(self) -> NoReturn:
        self._refuse("int()")

    def __complex__(self) -> NoReturn:
        self._refuse("complex()")

    def __index__(self) -> NoReturn:
        self._refuse("an index")

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise DTypeError(
            f"{self.describe()} cannot become an array",
            "join nodes with np.stack or gf.array([...]); values come from session.run(node)",
        )

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        raise DTypeError(
            f"nodes are frozen: cannot assign to entries of {self.describe()}",
            "build a new node, for example with gf.where(mask, value, node)",
        )

    def _refuse(self, wanted: str) -> NoReturn:
        raise DTypeError(f"{self.describe()} cannot become {wanted}", _VALUE_HINT)
