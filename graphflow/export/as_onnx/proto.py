"""A model as ONNX has it: nodes, inputs, results and constants by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import plain
from ..asked import Asked
from ..counts import Count
from .model import Made, Model, Tensor

OPSET = 21  # the least that has all operators in use; onnxruntime has it since 1.20
_IR = 10  # the format of files that goes with it


def proto(onnx: Any, what: Asked, model: Model, values: dict[int, Tensor]) -> Any:
    """The `onnx.ModelProto` of a model, whose tensors are given by values of the program."""
    names = _Names()
    inputs = [names.give(i, item.name) for i, item in enumerate(what.inputs)]  # they are made first
    results = [values[output.value] for output in what.outputs]
    outputs, copies = _named_results(names, model, what, results)
    for read in what.program.reads:
        names.give(values[read.value].number, read.name)
    needed = _needed(model, [result.number for result in results])
    suggested = {tensor.number: what.program.names[value] for value, tensor in values.items()}
    nodes = [_node(onnx, names, what, node, suggested) for node in needed]
    nodes += [
        onnx.helper.make_node("Identity", [names.give(n, "constant")], [o]) for n, o in copies
    ]
    used = {name for node in nodes for name in node.input}
    graph = onnx.helper.make_graph(
        nodes,
        "graphflow",
        [_info(onnx, n, i.dtype, i.shape) for n, i in zip(inputs, what.inputs, strict=True)],
        [_info(onnx, n, r.dtype, r.shape) for n, r in zip(outputs, results, strict=True)],
        [
            onnx.numpy_helper.from_array(np.asarray(array), names.give(number, "constant"))
            for number, array in model.constants.items()
            if names.known(number) in used
        ],
    )
    return onnx.helper.make_model(
        graph,
        producer_name="graphflow",
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=_IR,
    )


class _Names:
    """Names of tensors, each given once."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._given: dict[int, str] = {}

    def fresh(self, name: str) -> str:
        """The name as plain text, or with the lowest free number after it."""
        found = name = plain(name)
        while found in self._counts:
            self._counts[name] += 1
            found = f"{name}_{self._counts[name]}"
        self._counts[found] = 0
        return found

    def give(self, number: int, name: str) -> str:
        """The name of a tensor: this one, or nearly so, unless it has another."""
        if number not in self._given:
            self._given[number] = self.fresh(name)
        return self._given[number]

    def known(self, number: int) -> str | None:
        """The name of a tensor, if it has one."""
        return self._given.get(number)


def _named_results(
    names: _Names, model: Model, what: Asked, results: Sequence[Tensor]
) -> tuple[list[str], list[tuple[int, str]]]:
    """The names of results; and of those that are copies, of an input, a constant or another one,
    what they copy."""
    made = {number for node in model.made for number in node.outputs}
    found, copies = [], []
    for output, result in zip(what.outputs, results, strict=True):
        if result.number in made and names.known(result.number) is None:
            found.append(names.give(result.number, output.name))
        else:
            found.append(names.fresh(output.name))
            copies.append((result.number, found[-1]))
    return found, copies


def _needed(model: Model, results: Sequence[int]) -> list[Made]:
    """The nodes that results are computed from, in order."""
    wanted = set(results)
    kept = []
    for node in reversed(model.made):
        if wanted.intersection(node.outputs):
            wanted.update(number for number in node.inputs if number is not None)
            kept.append(node)
    return kept[::-1]


def _node(onnx: Any, names: _Names, what: Asked, node: Made, suggested: dict[int, str]) -> Any:
    """One node, with the user's line as its documentation."""
    inputs = ["" if n is None else names.give(n, suggested.get(n, "constant")) for n in node.inputs]
    outputs = [names.give(n, suggested.get(n, node.operator.lower())) for n in node.outputs]
    dtypes = {k: v for k, v in node.attributes.items() if isinstance(v, np.dtype)}
    as_onnx = {k: onnx.helper.np_dtype_to_tensor_dtype(v) for k, v in dtypes.items()}
    operations = what.program.operations
    place = str(operations[node.about].origin or "") if operations else ""
    return onnx.helper.make_node(
        node.operator,
        inputs,
        outputs,
        name=outputs[-1],
        doc_string=place or None,
        **node.attributes | as_onnx,
    )


def _info(onnx: Any, name: str, dtype: np.dtype[Any], shape: Any) -> Any:
    sizes = [str(size) if isinstance(size, Count) else size for size in shape]
    to = onnx.helper.np_dtype_to_tensor_dtype(dtype)
    return onnx.helper.make_tensor_value_info(name, to, sizes)
