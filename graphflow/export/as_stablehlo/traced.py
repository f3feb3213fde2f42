"""A program as a function of JAX, exported. Importing it imports JAX, so it is loaded late."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import jax
import jax.export
import jax.numpy as jnp
import numpy as np

from ...backends.on_jax import column
from ...backends.on_jax.evaluate import Found, evaluate
from ...errors import GraphError, GraphflowError
from ...primitives import TABLE, Spec
from ...primitives.table import UFUNCS
from ...program import Call, Program, Ref
from ..asked import Asked, check
from ..counts import Count
from ..general import at_sizes

FOURIER = {"fft": 1, "rfft": 1, "irfft": 1}  # where the axis stands among the arguments
_TAKEN = ("floordiv", "max", "min", "mod", "non_negative")  # functions in JAX's dimensions
OF_FIXED_SIZES = "of fixed sizes"
NOTES = {
    "iv": "of the orders 0 and 1",
    "ive": "of the orders 0 and 1",
    **dict.fromkeys("cofactors convolve over_gaps qr svd unique_inverse".split(), OF_FIXED_SIZES),
    **dict.fromkeys(FOURIER, "along axes of fixed size"),
}  # fmt: skip


def exported(what: Asked, platforms: Sequence[str] | None) -> tuple[Any, bytes]:
    """What was asked for as JAX has it, and serialized.

    Raises GraphError, naming the operation, for what JAX cannot export.
    """
    check("to_stablehlo", what.program, why_not)
    dims = _dimensions({str(n) for i in what.inputs for n in i.shape if isinstance(n, Count)})
    shapes = [jax.ShapeDtypeStruct(at_sizes(i.shape, dims), i.dtype) for i in what.inputs]
    with jax.enable_x64(True), jax.default_matmul_precision("highest"), _no_paths():
        return _serialized(jax.jit(_step(what, dims)), shapes, platforms)


def _dimensions(names: set[str]) -> dict[str, Any]:
    """Dimensions of JAX by the names of sizes; JAX wants words that are not its own."""
    ordered = sorted(names)
    words = [
        n if n.isidentifier() and n not in _TAKEN else f"size{i}" for i, n in enumerate(ordered)
    ]
    sizes = jax.export.symbolic_shape(", ".join(words)) if words else ()
    return dict(zip(ordered, sizes, strict=True))


def why_not(program: Program, call: Call) -> str:
    """Why a call cannot leave, or nothing."""
    axis = FOURIER.get(call.name)
    if axis is not None and isinstance(call.args[0], Ref):
        shape: Any = program.specs[call.args[0].value].shape
        if isinstance(shape[call.args[axis]], Count):
            return "JAX transforms axes of fixed size only"
    if NOTES.get(call.name) == OF_FIXED_SIZES:
        shapes = [program.specs[ref.value].shape for ref in call.args if isinstance(ref, Ref)]
        if any(isinstance(size, Count) for shape in shapes for size in shape or ()):
            return "JAX computes it of fixed sizes only"
    return reason(call)


def reason(call: Call) -> str:
    """Why a call cannot leave whatever its sizes are, or nothing."""
    host = column.on_host(call)
    if host:
        return f"NumPy computes it in the middle of a step: {host}"
    if call.name in column.DRAWN:
        return "random numbers are functions of the session's seed"
    return str(column.WHY_NOT.get(call.name, ""))


@contextmanager
def _no_paths() -> Iterator[None]:
    """A context in which JAX notes no files of this machine."""
    limit = jax.config.values["jax_traceback_in_locations_limit"]
    jax.config.update("jax_traceback_in_locations_limit", 0)
    try:
        yield
    finally:
        jax.config.update("jax_traceback_in_locations_limit", limit)


def _serialized(step: Any, shapes: list[Any], platforms: Sequence[str] | None) -> tuple[Any, bytes]:
    """What JAX makes of a function, and its bytes. Raises GraphError where it cannot."""
    try:
        found = jax.export.export(step, platforms=platforms)(*shapes)
        return found, bytes(found.serialize())
    except GraphflowError as error:  # it names the operation
        raise GraphError(f"to_stablehlo: {error.rule}", error.hint) from error
    except Exception as error:
        said = [str(error).partition("\n")[0], *getattr(error, "__notes__", ())[:1]]
        raise GraphError(f"to_stablehlo: JAX cannot export it: {', '.join(said)}") from error


def _step(what: Asked, dims: dict[str, Any]) -> Callable[..., Any]:
    """The function of JAX that is exported."""
    program, counted = _at(what.program, dims)

    def step(*arrays: Any) -> Any:
        leaves: dict[int, Any] = {
            item.value: jnp.asarray(array)
            for item, array in zip(what.inputs, arrays, strict=True)
            if item.value is not None
        }
        leaves |= {r.value: a for r, a in zip(program.reads, what.variables, strict=True)}
        leaves |= {v: jnp.asarray(constant) for v, constant in program.constants.items()}
        leaves |= {v: jnp.asarray(n, program.specs[v].dtype) for v, n in counted.items()}
        values = evaluate(program, leaves, Found())
        fetched = [None if v is None else jnp.asarray(values[v]) for v in program.outputs]
        found = _plain(what.restore(fetched))
        new = {update.name: jnp.asarray(values[update.value]) for update in program.updates}
        return (found, new) if new else found

    return step


def _plain(found: Any) -> Any:
    """Named tuples as tuples: JAX serializes no others."""
    if isinstance(found, Mapping):
        return {key: _plain(part) for key, part in found.items()}
    if isinstance(found, list):
        return [_plain(part) for part in found]
    return tuple(map(_plain, found)) if isinstance(found, tuple) else found


def _at(program: Program, dims: dict[str, Any]) -> tuple[Program, dict[int, Any]]:
    """The program with dimensions of JAX for its counts; those in the place of arrays as values."""
    counted = {
        value: constant.at(dims)
        for value, constant in program.constants.items()
        if isinstance(constant, Count)
    }
    found = Program(
        specs=[Spec(at_sizes(spec.shape, dims), spec.dtype) for spec in program.specs],
        names=list(program.names),
        constants={v: c for v, c in program.constants.items() if v not in counted},
        feeds=program.feeds,
        feed_names=program.feed_names,
        reads=program.reads,
        outputs=program.outputs,
        updates=program.updates,
        operations=program.operations,
    )
    for call in program.calls:
        args = list(call.args)
        for i, dtype in _operands(program, call):
            if isinstance(args[i], Count):
                value = found.new(Spec((), dtype), "count")
                counted[value] = args[i].at(dims)
                args[i] = Ref(value)
        options = at_sizes(call.options, dims)
        found.calls.append(call._replace(args=at_sizes(tuple(args), dims), options=options))
    return found, counted


def _operands(program: Program, call: Call) -> list[tuple[int, np.dtype[Any]]]:
    """The places of arrays among the arguments of a call, and the dtypes they are wanted in."""
    places = TABLE[call.name].arrays
    if call.name not in UFUNCS:
        dtype = program.specs[call.output].dtype
        return [(i, dtype) for i in range(len(call.args)) if places is None or i in places]
    kinds = [
        program.specs[arg.value].dtype if isinstance(arg, Ref) else _kind(arg) for arg in call.args
    ]
    loop = getattr(np, call.name).resolve_dtypes((*kinds, None))
    return list(enumerate(loop[:-1]))


def _kind(arg: Any) -> Any:
    """What stands for a number in the rules of promotion."""
    return int if isinstance(arg, Count) else np.dtype(bool) if isinstance(arg, bool) else type(arg)
