"""What a workload is: data, a formula in terms of an engine's operations, a rate; and its check."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
COMPARED = 3  # steps, which take several batches
TOLERANCE = {8: 1e-8, 4: 2e-3}  # by the size of a float; of norms, for rounding may turn a ReLU


@dataclass(frozen=True)
class Problem:
    """One training step, or a value and its gradients, or a product with a Hessian.

    `loss(ops, parameters, *batch)` is the formula; `ops` has an engine's functions under one set of
    names. With a `rate` a step is one of gradient descent, and gives the loss before it; without,
    the loss and the gradients by the parameters; with a `direction`, the Hessian's product with it.
    Parameters stay in the engine, or, with `fed`, come in as arrays of NumPy's in every step, whose
    results then go out as such.
    """

    loss: Callable[..., Any]
    parameters: Sequence[Any]  # arrays, or Python floats
    batches: Sequence[tuple[Array, ...]] = ((),)  # fed in turn
    rate: float | None = None
    direction: Array | None = None
    fed: bool = False

    def feeds(self) -> Iterator[tuple[Array, ...]]:
        """The batches, in turn and for ever."""
        return cycle(self.batches)


@dataclass(frozen=True)
class Step:
    """A step that an engine has made ready: `run()` makes it and gives its results.

    These are the loss, or a list: the loss and the gradients, or the Hessian's product.
    `parameters` are those now, and `wait` returns when the results that it is given are there.
    """

    run: Callable[[], Any]
    parameters: Callable[[], Sequence[Any]] = tuple
    wait: Callable[[Any], Any] = field(default=lambda results: results)


@dataclass(frozen=True)
class Workload:
    """A row of the table: its problem, in full or tiny, and its steps by hand, by engine."""

    name: str
    title: str
    make: Callable[[bool], Problem]
    by_hand: Mapping[str, Callable[[Problem], Step]]


def aligned(array: Any, dtype: Any = None) -> Array:
    """A copy that starts at a multiple of 64 bytes, so that engines may take it as it is."""
    given = np.asarray(array, dtype)
    block = np.empty(given.nbytes + 64, np.uint8)
    start = -block.ctypes.data % 64
    copy = block[start : start + given.nbytes].view(given.dtype).reshape(given.shape)
    copy[...] = given
    return copy


def listed(results: Any) -> list[Array]:
    """Copies of a step's results, the loss or a list, as arrays of NumPy's."""
    parts = results if isinstance(results, list | tuple) else [results]
    return [np.array(part) for part in parts]


def outcome(step: Step, problem: Problem, count: int = COMPARED) -> list[Array]:
    """The results of `count` steps, then how far each parameter has moved."""
    found: list[Array] = []
    for _ in range(count):
        found += listed(step.run())
    if problem.rate is not None:
        pairs = zip(step.parameters(), problem.parameters, strict=True)
        found += [np.asarray(now, float) - np.asarray(before, float) for now, before in pairs]
    return found


def difference(
    found: Sequence[Array],
    wanted: Sequence[Array],
    problem: Problem,
    tolerance: Mapping[int, float] = TOLERANCE,
) -> str:
    """How the results of an engine differ from the reference; nothing where they agree."""
    if len(found) != len(wanted):
        return f"{len(found)} results instead of {len(wanted)}"
    size = np.asarray(problem.parameters[0]).dtype.itemsize
    rounding = 4 * np.finfo(f"f{size}").eps * max(np.max(np.abs(p)) for p in problem.parameters)
    for i, (one, other) in enumerate(zip(found, wanted, strict=True)):
        if one.shape != other.shape:
            return f"result {i} has shape {one.shape} instead of {other.shape}"
        allowed = tolerance[size] * _norm(other) + rounding * np.sqrt(other.size)
        off = _norm(one - other)
        if not off <= allowed:
            return f"result {i} is off by {off:.3g}, where {allowed:.3g} is allowed"
    return ""


def _norm(array: Array) -> float:
    return float(np.linalg.norm(array.ravel()))
