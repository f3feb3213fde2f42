"""Fetches as an ONNX model."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

from ...errors import GraphError, MissingError
from ...io import write_whole
from ...program import Call, Program
from ..asked import Asked, asked, check, refuse
from ..counts import Count
from .model import Model, Tensor, UnsupportedError
from .proto import proto
from .table import WHY_NOT, lowered

_LARGEST = 1 << 31  # bytes of a protocol buffer


def to_onnx(
    fetches: Any,
    inputs: Any = None,
    path: str | PathLike[str] | None = None,
    *,
    session: Any = None,
) -> Any:
    """The fetches as an ONNX model over `inputs`, an `onnx.ModelProto`; written to `path` too.

    `fetches` are nodes, gradients among them, in any nesting, or a `Function`, which brings its
    inputs and session. `inputs` are the nodes to feed, or a dict of their shapes. A size that is
    None or a name ("n") may be any number from 1 on when the model runs; a first axis without a
    name is called "batch" in all inputs. Results are named as their nodes, or by the keys of a dict
    of nodes, and new values of updated variables as `W.new`. Variables have the values of `session`
    now; without one, of the session that is entered, or else their first ones.

    Raises GraphError, before anything is written, naming the operation and the user's line, for
    what has no place in a model; MissingError without the package onnx; FeedError, DTypeError.
    """
    onnx = _onnx()
    what = asked("to_onnx", fetches, inputs, session)
    _check_size(what)
    model = proto(onnx, what, *_modelled(what))
    if path is not None:
        data = model.SerializeToString()

        def write(file: BinaryIO) -> None:
            file.write(data)

        write_whole(Path(path), write)
    return model


def _onnx() -> Any:
    try:
        import onnx
    except ImportError as error:
        raise MissingError(
            "to_onnx: the package onnx is not installed", 'pip install "graphflow-autodiff[onnx]"'
        ) from error
    return onnx


def _check_size(what: Asked) -> None:
    constants = [c for c in what.program.constants.values() if not isinstance(c, Count)]
    count = sum(array.nbytes for array in [*what.variables, *constants])
    if count >= _LARGEST:
        raise GraphError(
            f"to_onnx: {count:,} bytes of variables and constants; an ONNX file holds 2 GiB",
            "make the largest of them inputs",
        )


def _modelled(what: Asked) -> tuple[Model, dict[int, Tensor]]:
    """The nodes of the model, and its tensors by the values of the program."""
    program = what.program
    model = Model()
    values: dict[int, Tensor] = {}
    check("to_onnx", program, _why_not)
    inputs = [model.tensor(item.dtype, item.shape) for item in what.inputs]
    for tensor, item in zip(inputs, what.inputs, strict=True):
        if item.value is not None:
            values[item.value] = tensor
        for axis, size in enumerate(item.shape):
            if isinstance(size, Count):
                model.sizes.setdefault(str(size), (tensor, axis))
    for read, array in zip(program.reads, what.variables, strict=True):
        values[read.value] = model.tensor(array.dtype, array.shape)
        model.constants[values[read.value].number] = array
    for value, constant in program.constants.items():
        dtype = program.specs[value].dtype
        counted = isinstance(constant, Count)
        values[value] = (
            model.cast(model.scalar(constant), dtype) if counted else model.constant(constant)
        )
    for call in program.calls:
        model.about = call.about
        try:
            values[call.output] = lowered(model, program, call, values)
        except UnsupportedError as error:
            refuse("to_onnx", program, call, str(error))
        _check_spec(program, call.output, values[call.output])
    return model, values


def _why_not(program: Program, call: Call) -> str:
    """Why a call has no place in a model whatever its sizes are, or nothing."""
    dtype = program.specs[call.output].dtype
    if dtype.kind == "c":
        return f"onnxruntime has no complex numbers ({dtype})"
    return WHY_NOT.get(call.name, "")


def _check_spec(program: Program, value: int, found: Tensor) -> None:
    spec = program.specs[value]
    assert (found.dtype, found.shape) == (spec.dtype, spec.shape), (
        program.names[value], found.dtype, found.shape, spec,
    )  # fmt: skip
