"""Fetches as an ONNX model."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ...errors import GraphError, MissingError
from ...io import write_whole
from ...program import Call, Program
from ..asked import Asked, asked, check, refuse
from ..counts import Count
from .model import Model, Tensor, UnsupportedError
from .table import WHY_NOT, lowered

OPSET = 21  # the least that has all operators in use, and onnxruntime 1.20 runs
_IR = 10
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
    model = _proto(onnx, what, *_modelled(what))
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


def _proto(onnx: Any, what: Asked, model: Model, values: dict[int, Tensor]) -> Any:
    """The model as onnx has it."""
    program = what.program
    names = _Names()
    helper = onnx.helper
    inputs = [names.fresh(item.name) for item in what.inputs]
    given = dict(zip(range(len(inputs)), inputs, strict=True))  # inputs are the first tensors
    made = {number for node in model.made for number in node.outputs}
    outputs, copies = [], []
    for output in what.outputs:
        number = values[output.value].number
        name = names.fresh(output.name)
        outputs.append(name)
        if number in made and number not in given:
            given[number] = name
        else:  # an input, a constant or an output already
            copies.append((number, name))
    for read in program.reads:
        given.setdefault(values[read.value].number, names.fresh(read.name))
    for value, tensor in values.items():
        if tensor.number not in given:
            given[tensor.number] = names.fresh(program.names[value])
    needed = _needed(model, [values[output.value].number for output in what.outputs])
    nodes = []
    for node in needed:
        op = program.operations[node.about] if program.operations else None
        for number in node.outputs:
            if number not in given:
                given[number] = names.fresh(node.operator.lower())
        attributes = {k: _attribute(helper, v) for k, v in node.attributes.items()}
        place = str(op.origin or "") if op is not None else ""
        nodes.append(
            helper.make_node(
                node.operator,
                ["" if n is None else _named(given, names, n) for n in node.inputs],
                [given[n] for n in node.outputs],
                name=given[node.outputs[-1]],
                doc_string=place or None,
                **attributes,
            )
        )
    nodes += [
        helper.make_node("Identity", [_named(given, names, number)], [name])
        for number, name in copies
    ]
    used = {name for node in nodes for name in node.input}
    initializers = [
        onnx.numpy_helper.from_array(np.asarray(array), given[number])
        for number, array in model.constants.items()
        if given.get(number) in used
    ]
    graph = helper.make_graph(
        nodes,
        "graphflow",
        [
            _info(helper, name, item.dtype, item.shape)
            for name, item in zip(inputs, what.inputs, strict=True)
        ],
        [
            _info(helper, name, values[o.value].dtype, values[o.value].shape)
            for name, o in zip(outputs, what.outputs, strict=True)
        ],
        initializers,
    )
    return helper.make_model(
        graph,
        producer_name="graphflow",
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=_IR,
    )


def _named(given: dict[int, str], names: _Names, number: int) -> str:
    if number not in given:
        given[number] = names.fresh("constant")
    return given[number]


def _attribute(helper: Any, value: Any) -> Any:
    return helper.np_dtype_to_tensor_dtype(value) if isinstance(value, np.dtype) else value


def _info(helper: Any, name: str, dtype: np.dtype[Any], shape: Any) -> Any:
    sizes = [str(size) if isinstance(size, Count) else size for size in shape]
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(dtype), sizes)


def _needed(model: Model, outputs: list[int]) -> list[Any]:
    """The nodes that outputs are computed from, in order."""
    wanted = set(outputs)
    kept = []
    for node in reversed(model.made):
        if wanted.intersection(node.outputs):
            wanted.update(number for number in node.inputs if number is not None)
            kept.append(node)
    return kept[::-1]


class _Names:
    """Names that are given once."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def fresh(self, name: str) -> str:
        """The name, or with the lowest free number after it."""
        found = name
        while found in self._counts:
            self._counts[name] += 1
            found = f"{name}_{self._counts[name]}"
        self._counts[found] = 0
        return found
