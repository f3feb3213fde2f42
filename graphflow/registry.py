"""What is known by name: operations, their gradient rules, and the public functions over them.

Everything above fills this registry and everything below looks things up in it, so that a node's
arithmetic needs no import of the operations.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, MutableMapping
from typing import Any, NamedTuple

from .errors import RegistrationError, closest

Rule = Callable[..., Any]


class _Place(NamedTuple):
    """Where something was defined: a re-run of the same definition replaces it."""

    file: str
    line: int
    qualname: str
    module: str

    def redefines(self, other: _Place) -> bool:
        same_file = self.file == other.file or self.module == other.module == "__main__"
        return same_file and self.qualname == other.qualname

    def __str__(self) -> str:
        return f"{self.file.rpartition('/')[2]}:{self.line}"


class _Entry(NamedTuple):
    rule: Rule | None  # None: declared not differentiable
    place: _Place | None


_operations: dict[str, type] = {}
_places: dict[str, _Place] = {}
_rules: MutableMapping[type, _Entry] = weakref.WeakKeyDictionary()
functions: dict[str, Callable[..., Any]] = {}
protocols: dict[str, Callable[..., Any]] = {}  # how nodes answer NumPy's functions, notebooks


def mimebundle(thing: Any, drawn: Any) -> dict[str, str]:
    """What a notebook shows for `thing`: a picture of `drawn`, nodes or a graph, once pictures are
    there (`viz` enters the protocol "display"), and its text. Never raises.
    """
    display = protocols.get("display")
    shown: dict[str, str] = display(drawn) if display is not None else {}
    return {**shown, "text/plain": repr(thing)}


def call(name: str, *args: Any, **attributes: Any) -> Any:
    """The public function of that name, applied."""
    return functions[name](*args, **attributes)


def add_operation(cls: type) -> None:
    """Make an operation known by its class name.

    Raises RegistrationError when another place has defined an operation of that name.
    """
    name = cls.__name__
    place = _class_place(cls)
    before = _places.get(name)
    if before is not None and not place.redefines(before):
        raise RegistrationError(
            f"operation {name!r} is already defined ({before})", "give the class another name"
        )
    _operations[name] = cls
    _places[name] = place


def operation(op_type: str) -> type:
    """The operation class of that name, the newest definition of it."""
    found = _operations.get(op_type)
    if found is None:
        near = closest(op_type, _operations)
        hint = f"; did you mean {near!r}?" if near else ""
        raise RegistrationError(f"RegisterGradient: no operation named {op_type!r}{hint}")
    return found


def operations() -> dict[str, type]:
    """All known operations by name."""
    return dict(_operations)


class RegisterGradient:
    """Decorator that makes a function the gradient rule of an operation.

    The rule is called as `rule(op, grad)` with the operation and the gradient with respect to its
    output, both nodes, and returns one node, or one node or None per input. It is written as if
    all shapes and dtypes were equal: broadcasting and casts are undone by the caller.

        @RegisterGradient("Square")
        def _square_grad(op, grad):
            return grad * 2 * op.inputs[0]

    Raises RegistrationError for an unknown name (saying which is near) and for a second rule from
    another place; the same function of the same file, as in a notebook cell run again, replaces.
    """

    def __init__(self, op_type: str | type) -> None:
        self._cls = _as_class(op_type, "RegisterGradient")

    def __call__(self, rule: Rule) -> Rule:
        if not callable(rule):
            raise RegistrationError(f"RegisterGradient: the rule must be a function, not {rule!r}")
        adapted = getattr(self._cls, "adapted_rule", None)  # of classes written on arrays
        _add_rule(self._cls, adapted(rule) if adapted else rule, _function_place(rule))
        return rule


def NotDifferentiable(op_type: str | type) -> None:  # noqa: N802 - TensorFlow's name
    """Declare that an operation has no gradient: nothing flows back through it."""
    _add_rule(_as_class(op_type, "NotDifferentiable"), None, None)


def _as_class(op_type: str | type, caller: str) -> type:
    if isinstance(op_type, str):
        return operation(op_type)
    if not isinstance(op_type, type) or not hasattr(op_type, "compute"):
        raise RegistrationError(f"{caller}: {op_type!r} is not an operation or its name")
    return op_type


def _add_rule(cls: type, rule: Rule | None, place: _Place | None) -> None:
    before = _rules.get(cls)
    if before is not None:
        known = before.place
        if known is None or place is None or not place.redefines(known):
            raise RegistrationError(
                f"RegisterGradient: {cls.__name__!r} already has a rule"
                + (f" ({known})" if known else ", as not differentiable")
            )
    _rules[cls] = _Entry(rule, place)


def has_rule(cls: type) -> bool:
    """Whether the operation has a rule or is declared not differentiable."""
    return cls in _rules


def is_differentiable(cls: type) -> bool:
    """Whether a gradient flows through the operation. An operation without an entry counts."""
    entry = _rules.get(cls)
    return entry is None or entry.rule is not None


def rule_of(cls: type) -> Rule:
    """The gradient rule of an operation. Raises RegistrationError when it has none."""
    entry = _rules.get(cls)
    if entry is None or entry.rule is None:
        raise RegistrationError(
            f"gradients: operation {cls.__name__!r} has no gradient rule",
            f'write one with @RegisterGradient("{cls.__name__}"), '
            f'or declare NotDifferentiable("{cls.__name__}")',
        )
    return entry.rule


def _function_place(function: Callable[..., Any]) -> _Place:
    code = getattr(function, "__code__", None)
    return _Place(
        code.co_filename if code else "?",
        code.co_firstlineno if code else 0,
        getattr(function, "__qualname__", repr(function)),
        getattr(function, "__module__", "") or "",
    )


def _class_place(cls: type) -> _Place:
    compute = cls.__dict__.get("compute") or cls.__dict__.get("_on_arrays")
    code = getattr(compute, "__code__", None)
    file = code.co_filename if code else cls.__module__
    return _Place(file, code.co_firstlineno if code else 0, cls.__qualname__, cls.__module__)
