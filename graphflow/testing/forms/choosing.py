"""The forms of the operations that are asked for, a user's own among them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple

from ...errors import DTypeError, RegistrationError
from ...graph import Graph, Node, Operation, Placeholder
from ...registry import operation
from ..domains import ANY, POSITIVE, Domain, reals
from .form import Form

GUESSES: tuple[Domain, ...] = (ANY, POSITIVE, reals(0.05, 0.95))
_VALUES: dict[str, tuple[Any, ...]] = {"axis": (-1, 0, None), "keepdims": (False, True)}


class Called(NamedTuple):
    """An operation with what makes it: a class or a function, and how many operands it takes."""

    cls: type[Operation] | None  # None for a function that makes several
    make: Callable[..., Node]
    takes: int  # operands

    @property
    def name(self) -> str:
        """The name of the class or function."""
        return str(self.make.__name__)


def called(caller: str, given: Any) -> Called:
    """An operation given as a class, by its name, or by its public function.

    Raises RegistrationError for what is none of these.
    """
    if isinstance(given, str):
        given = operation(given)
    if isinstance(given, type) and issubclass(given, Operation):
        return Called(given, given, len(given.operands))
    if not callable(given) or isinstance(given, type):
        what = f"{given!r} is not an operation, its name or its function"
        raise RegistrationError(f"{caller}: {what}")
    count = _operand_count(given)
    with Graph():
        xs = [Placeholder(None) for _ in range(count)]
        made = given(*xs)
    single = isinstance(made, Operation) and all(i.is_placeholder for i in made.inputs)
    return Called(type(made) if single else None, given, count)


def _operand_count(function: Callable[..., Any]) -> int:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    return sum(p.kind in kinds and p.default is p.empty for p in parameters)


def attribute_choices(
    caller: str, called: Called, given: Sequence[dict[str, Any]] | None = None
) -> list[dict[str, Any]]:
    """The attributes to try an operation with: those given, or for what is known by name, all.

    Raises DTypeError where an attribute is not known.
    """
    if given is not None:
        return list(given)
    names = getattr(called.make, "attributes", ())
    unknown = [name for name in names if name not in _VALUES]
    if unknown:
        raise DTypeError(
            f"{caller}: no value is known for the attribute {unknown[0]!r} of {called.name}",
            f"check_op({called.name}, attributes=[{{{unknown[0]!r}: ...}}]), or its function",
        )
    return [dict(zip(names, chosen, strict=True)) for chosen in product(*map(_VALUES.get, names))]  # type: ignore[arg-type]


def forms_for(op: type[Operation] | None, forms: Sequence[Form]) -> list[Form]:
    """The forms that the table has for an operation: of floats and without others, if it can be."""
    if op is None or not op.__module__.startswith("graphflow.ops."):
        return []
    found = [form for form in forms if form.op == op.__name__]
    return [form for form in found if form.is_plain] or found


def chosen(ops: Iterable[Any] | None, forms: Sequence[Form]) -> tuple[list[Form], dict[str, Any]]:
    """The forms of these operations, of all by default, and the names of the user's they use."""
    if ops is None:
        return list(forms), {}
    found: list[Form] = []
    own: dict[str, Any] = {}
    for given in [ops] if isinstance(ops, str) else ops:
        one = called("graphs", given)
        known = forms_for(one.cls, forms)
        if not known:
            known = list(_guessed(one))
            own[one.name] = one.make
        found += known
    if not found:
        raise DTypeError("graphs: ops is empty")
    return found, own


def _guessed(one: Called) -> Iterator[Form]:
    operands = ", ".join(f"{{{i}}}" for i in range(one.takes))
    for attributes in attribute_choices("graphs", one):
        written = "".join(f", {name}={value!r}" for name, value in attributes.items())
        for domain in GUESSES:
            text = f"{one.name}({operands}{written})"
            yield Form(one.name, text, (domain,) * one.takes, guessed=True)
