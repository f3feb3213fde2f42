"""Right gradients to check, made by number: rows of `cases.py` at many scales, and compositions."""

import numpy as np
from cases import CASES

import graphflow as gf
from graphflow.registry import is_differentiable, operations
from graphflow.traversal import ancestors
from graphflow.watching import node_values

SMOOTH = [case for case in CASES if case.order and is_differentiable(operations()[case.op])]


def bounded(x):
    """x, but no larger than 1000: what turns faster than steps can follow is not differentiated."""
    return x / gf.hypot(1.0, 1e-3 * x)


UNARY = [
    lambda x: gf.sin(bounded(x)), lambda x: gf.cos(bounded(x)),
    gf.tanh, gf.sigmoid, gf.softplus, gf.square, gf.exp, gf.arctan, gf.negative,
    gf.arcsinh, gf.relu, gf.abs, gf.log1p, gf.sqrt, gf.log, gf.reciprocal, gf.expm1, gf.nn.gelu,
    gf.cbrt, gf.special.erf,
    lambda x: x * 3.0, lambda x: x + 1.0, lambda x: x / 7.0, lambda x: x**3, lambda x: 1.0 - x,
    lambda x: x * x[..., ::-1], lambda x: gf.cumsum(x, -1), lambda x: gf.softmax(x),
    lambda x: gf.log_softmax(x), lambda x: x - gf.mean(x), lambda x: x / (1.0 + gf.square(x)),
    lambda x: gf.reshape(x, -1), lambda x: gf.log(1.0 + gf.exp(x)), lambda x: gf.sort(x),
]  # fmt: skip
BINARY = [
    gf.add, gf.subtract, gf.multiply, gf.divide, gf.maximum, gf.hypot, gf.arctan2, gf.logaddexp,
    lambda x, y: gf.where(x > y, x * y, y), lambda x, y: gf.matmul(x, gf.transpose(y)),
    lambda x, y: gf.concatenate([x, y], -1), lambda x, y: gf.power(gf.square(x) + 0.1, y),
]  # fmt: skip
ENDS = [
    gf.sum, gf.mean, gf.max, gf.logsumexp, lambda x: x, lambda x: gf.sqrt(gf.sum(gf.square(x))),
    lambda x: gf.sum(x, axis=-1), lambda x: gf.prod(x),
]  # fmt: skip
STEEP = {"sqrt", "cbrt", "arctan2"}  # at zero


def scale(rng):
    """A scale: mostly near 1, of any size now and then."""
    reach = rng.choice([0, 1, 4, 12, 150], p=[0.25, 0.25, 0.2, 0.15, 0.15])
    return 10.0 ** rng.uniform(-reach, reach)


def within(factor, dtype):
    """A factor of this dtype, with room for other numbers beside it."""
    limit = float(np.finfo(dtype).max) ** 0.8
    return np.dtype(dtype).type(min(max(factor, 1 / limit), limit))


def row(number):
    """The gradient of an operation, its operands in their domains or far out."""
    rng = np.random.default_rng([1, number])
    case = SMOOTH[number % len(SMOOTH)]
    trials = list(case.trials())
    trial = trials[rng.integers(len(trials))]
    arrays = trial.arrays(number)
    if rng.random() < 0.5:
        factor = scale(rng)
        arrays = [
            np.asarray(a * within(factor, a.dtype)) if a.dtype.kind == "f" else a for a in arrays
        ]
    xs = [gf.placeholder(a.shape, dtype=a.dtype, name=f"x{i}") for i, a in enumerate(arrays)]
    wrt = [x for x in xs if x.dtype.kind == "f"]
    return case.build(*xs, **trial.options), wrt, dict(zip(xs, arrays, strict=True)), case.order


def composition(number):
    """The gradient of some functions, one of the other, of inputs at scales of their own."""
    rng = np.random.default_rng([2, number])
    shape = [(3,), (2, 3), (1, 2), (2, 2)][rng.integers(4)]
    dtype = [np.float64, np.float64, np.float32][rng.integers(3)]
    count = int(rng.integers(1, 4))
    arrays = [
        (rng.normal(size=shape) * within(scale(rng), dtype)).astype(dtype) for _ in range(count)
    ]
    xs = [gf.placeholder(shape, dtype=dtype, name=f"x{i}") for i in range(count)]
    feeds = dict(zip(xs, arrays, strict=True))
    made = list(xs)
    for _ in range(rng.integers(1, 7)):
        grown = _grown(rng, made)
        if not is_singular(grown, feeds):
            made.append(grown)
    y = ENDS[rng.integers(len(ENDS))](sum_of(made[len(xs) :] or made))
    return y, xs, feeds, int(rng.integers(1, 3))


def is_singular(node, feeds):
    """Whether it is reached through an infinity, or an operation has an infinite slope there."""
    with np.errstate(all="ignore"):
        values = node_values(feeds, [node], {}, None)
    for op in ancestors([node]):
        steep = op.kind in STEEP and all(np.any(values[x.number] == 0) for x in op.inputs)
        if steep or not np.all(np.isfinite(values[op.number])):
            return True
    return False


def sum_of(nodes):
    """The last of the nodes, with those before it that it does not use: as numbers."""
    return nodes[-1] + sum(gf.mean(node) for node in nodes[:-1]) if len(nodes) > 1 else nodes[0]


def _grown(rng, made):
    x, y = (made[rng.integers(max(0, len(made) - 3), len(made))] for _ in range(2))
    if rng.random() < 0.3 and x.shape == y.shape and len(x.shape) == 2:
        return BINARY[rng.integers(len(BINARY))](x, y)
    if rng.random() < 0.3 and x.shape == y.shape:
        return BINARY[rng.integers(9)](x, y)
    return UNARY[rng.integers(len(UNARY))](x)
