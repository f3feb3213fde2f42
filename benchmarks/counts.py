"""How many calls of NumPy a step makes, graphflow's and one by hand, and what the envelope costs.

`python -m benchmarks.counts` prints it as JSON. A step is run once under `sys.settrace`; for every
line that it executes, in itself or in a function of the same file, the calls written on that line
are looked up in the running frame. A call of a NumPy function, of a ufunc or its `reduce`, or of an
array's method counts as one, and so does indexing an array; changing an array in place by index
counts as three. Python's own functions, `float64(x)`, attributes such as `.T`, and arithmetic of
Python numbers do not count; neither step has arithmetic signs between arrays.
"""

from __future__ import annotations

import ast
import inspect
import json
import runpy
import sys
import tempfile
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy import add, dot, exp, logaddexp, multiply, subtract

import graphflow as gf

from .child import seconds_per_step
from .engines.graphflow import graph
from .problem import Problem, Step, aligned
from .workloads.mlp import classifier, classifier_by_hand

_SECONDS, _ROUNDS = 0.1, 7


def _logistic(ops: Any, parameters: Any, x: Any, y: Any) -> Any:
    weights, bias = parameters
    z = ops.matvec(x, weights) + bias
    return ops.mean(ops.softplus(z) - y * z)


def logistic() -> Problem:
    """Logistic regression on 100 rows of 5 numbers."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(100, 5)), (rng.random(100) < 0.5).astype(float)
    return Problem(_logistic, [rng.normal(size=5), 0.5], [(aligned(x), aligned(y))], rate=0.1)


def logistic_by_hand(problem: Problem) -> Step:
    """log sigmoid(z) = z - softplus(z), so softplus serves the value and the gradient."""
    feeds = problem.feeds()
    weights, bias = problem.parameters[0].copy(), problem.parameters[1]
    n = len(problem.batches[0][0])
    z, t, slope = np.empty(n), np.empty(n), np.empty_like(weights)
    ones, zero, scale = np.ones(n), np.array(0.0), np.array(problem.rate / n)

    def step() -> float:
        nonlocal bias
        x, y = next(feeds)
        dot(x, weights, z), add(z, bias, z)
        logaddexp(z, zero, t)
        loss = float(dot(ones, t) - dot(y, z)) / n
        subtract(z, t, t), exp(t, t), subtract(t, y, t), multiply(t, scale, t)
        dot(t, x, slope), subtract(weights, slope, weights)
        bias -= float(dot(ones, t))
        return loss

    return Step(step, lambda: [weights, bias])


MODELS: dict[str, tuple[Callable[[], Problem], Callable[[Problem], Step]]] = {
    "logistic regression 100×5": (logistic, logistic_by_hand),
    "MLP 64-64-32-10, batch 128": (
        lambda: classifier(128, [64, 64, 32, 10], np.float64), classifier_by_hand
    ),
}  # fmt: skip


def calls(run: Callable[[], Any], filename: str) -> list[str]:
    """The calls of NumPy that `run` makes in lines of this file, as they are written there."""
    by_line: dict[int, list[ast.AST]] = {}
    for node in ast.walk(ast.parse(Path(filename).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call | ast.Subscript | ast.AugAssign):
            by_line.setdefault(node.lineno, []).append(node)
    found: list[str] = []

    def trace(frame: types.FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename != filename:
            return None
        if event == "line":
            for node in by_line.get(frame.f_lineno, ()):
                found.extend([ast.unparse(node)] * _weight(node, frame))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(before)
    return found


def _weight(node: ast.AST, frame: types.FrameType) -> int:
    """How many calls of NumPy a piece of a line is, without its parts."""
    if isinstance(node, ast.Call):
        return int(_chained(node.func) or _is_numpys(_value(node.func, frame)))
    if isinstance(node, ast.Subscript):
        return int(_chained(node.value) or isinstance(_value(node.value, frame), np.ndarray))
    assert isinstance(node, ast.AugAssign)  # its target counts as indexing: twice more
    return 2 * int(isinstance(node.target, ast.Subscript))


def _chained(node: ast.expr) -> bool:
    """Whether it begins with a call, as `x.reshape(2).sum`: in these files that gives an array."""
    return any(isinstance(part, ast.Call) for part in ast.walk(node))


def _value(node: ast.expr, frame: types.FrameType) -> Any:
    """What an expression without calls is now."""
    code = compile(ast.Expression(node), "<callee>", "eval")
    return eval(code, frame.f_globals, frame.f_locals)


def _is_numpys(called: Any) -> bool:
    """Whether it is NumPy's, and not a type, Python's own, or a function of the file itself."""
    if isinstance(called, type | types.FunctionType) and not called.__module__.startswith("numpy"):
        return False
    owner = getattr(called, "__self__", None)
    known = isinstance(owner, np.ndarray | np.ufunc) or isinstance(called, np.ufunc)
    module = getattr(called, "__module__", None) or ""
    return known or (not isinstance(called, type) and module.startswith("numpy"))


def model(make: Callable[[], Problem], by_hand: Callable[[Problem], Step]) -> dict[str, Any]:
    """Counts, and microseconds: least of some rounds, the four taking turns."""
    problem = make()
    hand = by_hand(problem)
    fetches, inputs, _ = graph(problem)
    session = gf.Session()
    f = session.make_callable(fetches, inputs)
    feeds, batch = problem.feeds(), problem.batches[0]
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "model.py")
        f.save(path)
        body = runpy.run_path(path)["step"]
        values = [_as_given(p.default) for p in inspect.signature(body).parameters.values()]
        variables = values[len(batch) :]
        counted = len(calls(lambda: body(*batch, *variables), path))
    steps = {
        "by hand": hand,
        "body": Step(lambda: body(*next(feeds), *variables)),
        "callable": Step(lambda: f(*next(feeds))),
        "run": Step(lambda: session.run(fetches, dict(zip(inputs, next(feeds), strict=True)))),
    }
    rounds = [
        {name: seconds_per_step(step, _SECONDS) for name, step in steps.items()}
        for _ in range(_ROUNDS)
    ]
    times = {name: min(r[name] for r in rounds) * 1e6 for name in steps}
    file = inspect.getsourcefile(by_hand)
    assert file is not None
    return {"calls by hand": len(calls(hand.run, file)), "calls": counted, "us": times}


def _as_given(value: Any) -> Any:
    """A scalar of float64 as a session keeps it: a Python float."""
    return float(value) if getattr(value, "shape", None) == () and value.dtype == float else value


def main() -> None:
    """Print the counts of all models."""
    print(json.dumps({name: model(*made) for name, made in MODELS.items()}))


if __name__ == "__main__":
    main()
