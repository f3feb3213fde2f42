"""What an export was asked for: inputs with their shapes, and one program for all their sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import zip_longest
from typing import Any, NamedTuple, NoReturn

import numpy as np

from ..callables import Function
from ..errors import DTypeError, FeedError, GraphError, ShapeError, lay_out, plain
from ..graph import Node, entered_session
from ..primitives import Spec
from ..program import Call, Program, flatten, record, specialize
from ..program.program import TAP
from ..program.record import WHOLE
from ..session import Session
from ..shapes import as_shape, maybe_equal, show
from ..traversal import ancestors
from .counts import Count, Samples, Size
from .general import generalized

BATCH = "batch"  # the name of a first axis that has none


class Asked(NamedTuple):
    """Names and a program, whose sizes may be counts, with the values of its variables."""

    inputs: list[Input]
    outputs: list[Output]
    program: Program
    variables: list[np.ndarray[Any, Any]]  # in the order of the program's reads
    restore: Callable[[list[Any]], Any]  # a value for each fetch, put in their structure


class Input(NamedTuple):
    """An argument of what is exported; `value` is its number in the program, if that needs it."""

    name: str
    dtype: np.dtype[Any]
    shape: tuple[Size, ...]
    value: int | None


class Output(NamedTuple):
    """A result, by the number of its value in the program."""

    name: str
    value: int


def asked(caller: str, fetches: Any, inputs: Any, session: Session | None) -> Asked:
    """What `caller` was asked for.

    `fetches` are nodes in any nesting, or a `Function`, which has inputs and a session. `inputs`
    are nodes, or a dict of their shapes. The session is that which is entered, if none is given.
    Raises DTypeError for what is no node, FeedError for
    inputs that do not fit, GraphError where the program depends on a size in another way than by a
    sum of products.
    """
    if isinstance(fetches, Function):
        inputs = fetches.inputs if inputs is None else inputs
        session = fetches.session if session is None else session  # type: ignore[assignment]
        nodes, fetches = fetches.nodes, fetches.fetches
        restore = flatten(fetches)[1]
    else:
        nodes, restore = flatten(fetches)
    if not nodes:
        raise DTypeError(f"{caller}: nothing is fetched")
    shapes = _shapes(caller, inputs)
    names = list(dict.fromkeys(n for shape in shapes.values() for n in shape if isinstance(n, str)))
    known = [*shapes.values(), *[node.shape or () for node in ancestors(nodes)]]
    sizes = [n for shape in known for n in shape if isinstance(n, int)]
    samples = Samples.of(names, sizes)
    programs = [_recorded(caller, nodes, shapes, point) for point in samples.points]
    program = generalized(caller, programs, samples)
    held = session or entered_session.get() or Session()
    return Asked(
        [
            Input(node.name, node.dtype, tuple([_sized(n) for n in shape]), value)
            for (node, shape), value in zip(shapes.items(), program.feeds, strict=True)
        ],
        _outputs(nodes, _names(fetches), program),
        program,
        [np.asarray(held.current(read.uid, read.initial)) for read in program.reads],
        restore,
    )


def check(caller: str, program: Program, why_not: Callable[[Program, Call], str]) -> None:
    """Refuse calls that `why_not` has a reason for, and dtypes that no other program has."""
    for call in program.calls:
        why = why_not(program, call)
        dtype = program.specs[call.output].dtype
        if dtype.itemsize > (16 if dtype.kind == "c" else 8):
            why = f"only NumPy has {dtype}"
        if why:
            refuse(caller, program, call, why)


def refuse(caller: str, program: Program, call: Call, why: str) -> NoReturn:
    """Raise the error that an operation cannot be exported, with the user's line."""
    op = program.operations[call.about]
    spec = program.specs[call.output]
    sizes = [str(n) if isinstance(n, Count) else n for n in spec.shape or ()]
    what = op.kind if call.name == WHOLE else call.name
    row = (f"{what} in {op.name!r}", f"{spec.dtype}{show(tuple(sizes))}", str(op.origin or ""))
    hint = f"its value may be an input instead: inputs=[{plain(op.name)}, ...]"
    raise GraphError(lay_out(f"{caller}: {op.kind} cannot be exported: {why}", [row], hint))


def _shapes(caller: str, inputs: Any) -> dict[Node, tuple[int | str, ...]]:
    """The shape of every input, with a name for each size that is not known."""
    given = inputs if isinstance(inputs, Mapping) else dict.fromkeys(_listed(inputs))
    found = {node: _shape(caller, node, said) for node, said in given.items()}
    called: dict[int | str, int | str] = {}  # what was said of named sizes
    for node, shape in found.items():
        for own, size in zip(node.shape or (), shape, strict=False):
            if isinstance(own, str) and own != size and called.setdefault(own, size) != size:
                text = f"size {own!r} is {called[own]} and {size} in {node.describe()}"
                raise FeedError(f"{caller}: {text}")
    return {node: tuple([called.get(n, n) for n in shape]) for node, shape in found.items()}


def _shape(caller: str, node: Any, said: Any) -> tuple[int | str, ...]:
    """The shape of an input by its placeholder and what was said, with names for open sizes."""
    if not isinstance(node, Node) or node.is_update:
        raise DTypeError(f"{caller}: the inputs are nodes with values, not {node!r}")
    shape = node.shape if said is None else as_shape(said)
    if shape is None:
        raise FeedError(
            f"{caller}: of the input {node.describe()} no shape is known",
            f"say it: inputs={{{plain(node.name)}: ('n', 3)}}",
        )
    if not maybe_equal(shape, node.shape):
        raise FeedError(f"{caller}: the shape {show(shape)} for {node.describe()}")
    sizes: list[int | str] = []
    for axis, (size, own) in enumerate(zip(shape, node.shape or shape, strict=True)):
        known = own if size is None or isinstance(own, int) else size
        name = f"{node.name}_{axis}" if axis else BATCH
        sizes.append(name if known is None else known)
    return tuple(sizes)


def _listed(inputs: Any) -> Iterable[Any]:
    if inputs is None:
        return ()
    return (inputs,) if isinstance(inputs, Node) else inputs


def _sized(size: int | str) -> Size:
    return Count.of(size) if isinstance(size, str) else size


def _recorded(
    caller: str,
    nodes: list[Node],
    shapes: dict[Node, tuple[int | str, ...]],
    point: dict[str, int],
) -> Program:
    """The program for sizes of the names, call by call as operations say, nothing folded."""
    specs = {
        node: Spec(tuple([point[n] if isinstance(n, str) else n for n in shape]), node.dtype)
        for node, shape in shapes.items()
    }
    try:
        program = record(specialize(nodes, specs), optimize=False, fold=False)
    except FeedError as error:
        rule = error.rule.removeprefix("run: ")
        is_missing = rule.startswith("no value fed")
        hint = "name it among the inputs" if is_missing else error.hint
        raise FeedError(f"{caller}: {rule}", hint) from error
    except ShapeError as error:
        if not point:
            raise
        sizes = ", ".join(f"{name}={n}" for name, n in point.items())
        raise GraphError(
            f"{caller}: not for every size, as for {sizes}: {error.rule}",
            "give one name to sizes that are equal: gf.placeholder(('n', 3))",
        ) from error
    program.calls = [call for call in program.calls if call.name != TAP]
    return program.without_dead_calls()


def _names(fetches: Any) -> list[str]:
    """The keys of a dict of nodes by text; else there are none."""
    if isinstance(fetches, Mapping) and all(isinstance(key, str) for key in fetches):
        return list(fetches) if all(isinstance(n, Node) for n in fetches.values()) else []
    return []


def _outputs(nodes: list[Node], names: list[str], program: Program) -> list[Output]:
    """The fetches with values, then the new values of variables."""
    found = [
        Output(node.name if name is None else name, value)
        for node, value, name in zip_longest(nodes, program.outputs, names)
        if value is not None
    ]
    return found + [Output(f"{update.name}.new", update.value) for update in program.updates]
