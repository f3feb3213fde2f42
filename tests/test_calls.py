"""A formula becomes the calls of NumPy that one would write by hand, and no others."""

import numpy as np
import pytest
from test_program import assert_close, programs, run

import graphflow as gf
from graphflow.backends import Interpreter

OPERANDS = {
    "x": (2, 3), "y": (2, 3), "z": (2, 3), "row": (3,), "n": (2, 3), "m": (2, 3), "t": (2, 3),
    "short": (3,), "batch": (4, 2, 3),
}  # fmt: skip
DTYPES = {"n": np.int64, "m": np.int64, "t": np.bool_, "short": np.float32}

CALLS = {
    # ones, zeros and signs
    "x * 1.0": "",
    "1 * x": "",
    "np.float64(1) * x": "",
    "n * 1": "",
    "t * 1": "multiply",  # an integer
    "x / 1": "",
    "n / 1": "divide",  # a float
    "x ** 1": "",
    "x + 0": "",
    "0 + x": "",
    "x - 0": "",
    "0 - x": "subtract",
    "t + 0": "add",
    "+x": "",
    "x * -1.0": "negative",
    "-1 * x": "negative",
    "np.float64(-1) * n": "multiply",
    "-(-x)": "",
    "-(-n)": "",
    "-(x - y)": "subtract",
    "-(n - m)": "subtract",
    "x + -y": "subtract",
    "-x + y": "subtract",
    "n + -m": "subtract",
    "x - -y": "add",
    "-x - y": "add negative",
    "-n - m": "negative subtract",
    # squares and multiples
    "x ** 2": "square",
    "n ** 2": "square",
    "x * x": "square",
    "t * t": "multiply",
    "x + x": "multiply",
    "n + n": "add",
    "3 * (x * 0.5)": "multiply",
    "2 * -y": "multiply",
    "1e30 * (x * 0.5)": "multiply multiply",  # numbers that are far stay where they are
    "3 * ((x * 0.5) * y)": "multiply multiply",
    "3 * (x * (0.5 * y))": "multiply multiply",
    "3 * (x * y)": "multiply multiply",
    "-((2 * x) * y)": "multiply multiply",
    "-(x / (3 * y))": "divide multiply",
    "-(x * y)": "multiply negative",
    "(x * 3) * (y * 7)": "multiply multiply",
    "(x * 3) * -y": "multiply multiply",
    "(x * 3) / (y * 7)": "divide multiply",
    "3 * x + -3.0 * y": "subtract multiply",
    "3 * x - 3 * y": "subtract multiply",
    "3 * x - -3 * y": "add multiply",
    "3 * x + 2 * y": "multiply multiply add",
    "0.25 * np.tanh(x) + y * 0.25": "tanh add multiply",
    "0.25 * gf.sigmoid(x) + y * 0.25": "minimum exp copysign exp add divide add multiply",
    "0.25 * np.exp(x) + y * 0.25": "exp multiply multiply add",  # the sum may overflow
    # quotients
    "5 * (2 / y)": "divide",
    "1e30 * (2 / y)": "divide multiply",
    "2 * (x / y)": "divide multiply",
    "3 / (y * 7)": "divide",
    "1e30 / (y * 7)": "multiply divide",
    "(3 / y) * (5 * x)": "divide multiply",
    "(5 * x) * (3 / y)": "divide multiply",
    "(3 / row) * (5 * x)": "divide multiply",
    "(3 / short) * (5 * x)": "divide multiply multiply",  # a quotient of single precision
    "(1e30 / y) * (5 * x)": "divide multiply multiply",
    "(z / y) * (5 * x)": "divide multiply multiply",
    "x / 4": "multiply",
    "x / 10": "divide",
    "(y * 3) / 7": "multiply",
    "x / 2.0 ** 40": "divide",
    "gf.reciprocal(x)": "divide",
    "x * (1 / y)": "divide",
    "(1 / y) * x": "divide",
    "x * (1 / row)": "divide multiply",  # less to divide
    "x * (1 / short)": "divide multiply",
    "x * np.square(1 / y)": "divide divide",
    "np.square(1 / x) * y": "divide divide",
    "x * np.square(1 / row)": "divide square multiply",
    "x * np.square(2 / y)": "divide square multiply",
    # choices
    "np.where(t, x, 0)": "masked",
    "np.where(t, 0, x)": "logical_not masked",
    "np.where(x == y, 0, z)": "not_equal masked",
    "np.where(x != y, 0, z)": "equal masked",
    "np.where(x < y, 0, z)": "less logical_not masked",
    "np.where(t, n, 0)": "where",
    "np.where(t, row, 0)": "where",
    "np.where(t, 0, row)": "where",
    "np.where(t, n, 0.0)": "where",
    "np.where((x == 0) & np.logical_not(np.isfinite(x * y)), 0.0, x * y)": (
        "equal multiply isfinite logical_not bitwise_and logical_not masked"
    ),
    "np.where(np.logical_and(x == ZERO, np.logical_not(np.isfinite(x * y))), 0, x * y)": (
        "multiply not_equal masked"
    ),
    "np.where(np.logical_and(x > y, np.logical_not(np.isfinite(z))), 0.0, z)": (
        "greater isfinite logical_not logical_and logical_not masked"
    ),
    # sums and products
    "np.sum(2 * x)": "sum multiply",
    "np.sum(-1.0 * x)": "negative sum",
    "np.sum(0.5 * x)": "multiply sum",  # the sum may overflow
    "np.sum(x, axis=0)": "matmul",
    "np.sum(x, axis=1)": "matmul",
    "np.sum(n, axis=1)": "sum",
    "np.sum(x * y)": "reshape reshape matmul",
    "np.sum(x * row)": "multiply sum",
    "np.sum(x * x)": "reshape matmul",
    "np.sum(np.exp(x) + np.square(y))": "exp square add sum",
    "np.sum(3 * np.square(x) + np.square(y))": "reshape matmul multiply reshape matmul add",
    "np.max(x, axis=1)": "index index index maximum maximum",
    "np.max(x, axis=0)": "max",
    "x @ x[:1].T": "index transpose reshape matmul reshape",
    "x.T @ y": "transpose matmul",
    "batch @ x.T": "transpose reshape matmul reshape",
    # shapes
    "x.T.T": "",
    "np.transpose(batch, (1, 0, 2)).transpose(1, 2, 0)": "transpose",
    "np.reshape(x, (2, 3))": "",
    "np.reshape(x, -1)": "reshape",
    "np.reshape(np.reshape(x, (3, 2)), (6, 1))": "reshape",
    "np.reshape(x, -1) + np.reshape(x, (6,))": "reshape multiply",
    "np.broadcast_to(x, (2, 3))": "",
    "np.conjugate(np.broadcast_to(row * 1j, (2, 3)))": "multiply conjugate broadcast_to",
    "np.real(np.broadcast_to(row * 1j, (2, 3)))": "multiply real broadcast_to",
    "np.broadcast_to(np.broadcast_to(row, (2, 3)), (4, 2, 3))": "broadcast_to",
    "np.real(x)": "",
    "np.conjugate(x)": "",
}  # fmt: skip


def numbers(name):
    """Different numbers of both signs, in the dtype of an operand."""
    count = int(np.prod(OPERANDS[name]))
    found = np.cos(np.arange(count) + len(name) + ord(name[0])) * 3
    return np.round(found).reshape(OPERANDS[name]).astype(DTYPES.get(name, float)) + 0.25 * (
        name not in DTYPES
    )


def built(formula, names):
    with np.errstate(all="ignore"):
        return eval(formula, {"np": np, "gf": gf, "ZERO": np.zeros(()), **names})


@pytest.mark.parametrize("formula", CALLS)
def test_a_formula_is_the_calls_that_one_would_write(formula):
    nodes = {
        name: gf.placeholder(shape, dtype=DTYPES.get(name, float), name=name)
        for name, shape in OPERANDS.items()
    }
    feeds = {node: numbers(name).astype(node.dtype) for name, node in nodes.items()}
    plain, quick = programs([built(formula, nodes)], feeds)
    (got,), (expected,) = run(quick, feeds), run(plain, feeds, Interpreter)
    assert_close(np.asarray(got), np.asarray(expected), ulps=16)
    assert " ".join(call.name for call in quick.calls) == CALLS[formula]
