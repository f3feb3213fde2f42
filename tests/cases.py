"""One row per operation: what it must equal, and on which domain it is tried.

To add an operation, add a row: its class's name, its public function, the NumPy or SciPy function
it must equal, and the domain of every operand. From the row follow the tests of `test_cases.py`.
Domains are restricted where a function is not defined or has a kink, and the kink is named; shapes,
options (`axis=...`) and dtypes have defaults, listed in `trials.py`.
"""

import numpy as np
import scipy.special
from cases_linalg import LINALG
from cases_places import PLACES
from cases_special import SPECIAL
from cases_windows import WINDOWS
from trials import (
    ALONG,
    AXES,
    AXIS,
    BINARY,
    BOOLS,
    INTS,
    NOT_EMPTY,
    TERNARY,
    UNARY,
    Case,
    binary,
    in_double,
    reduction,
    unary,
)

import graphflow as gf
from graphflow import ops
from graphflow.testing.domains import (
    ANY,
    HALVES,
    NOT_ZERO,
    POSITIVE,
    STEPS,
    booleans,
    distinct,
    grid,
    integers,
    reals,
)

ARITHMETIC = [
    binary("Add", gf.add, np.add, ANY, ANY, others=INTS + BOOLS),
    binary("Subtract", gf.subtract, np.subtract, ANY, ANY, others=INTS),
    binary("Multiply", gf.multiply, np.multiply, ANY, ANY, others=INTS + BOOLS),
    binary("Divide", gf.divide, np.divide, ANY, NOT_ZERO),
    binary("FloorDivide", gf.floor_divide, np.floor_divide, ANY, NOT_ZERO),
    # x at a multiple of y is a jump
    binary("Remainder", gf.remainder, np.remainder, reals(2.1, 2.9), reals(1.1, 1.9)),
    binary("Power", gf.power, np.power, POSITIVE, ANY, twice=POSITIVE),
    unary("Negative", gf.negative, np.negative, ANY, others=INTS),
    unary("Positive", gf.positive, np.positive, ANY, others=INTS),
    unary("Absolute", gf.abs, np.abs, NOT_ZERO, others=INTS),
    unary("Sign", gf.sign, np.sign, NOT_ZERO, others=INTS),
    unary("Square", gf.square, np.square, ANY, others=INTS),
    unary("Sqrt", gf.sqrt, np.sqrt, POSITIVE),
    unary("Cbrt", gf.cbrt, np.cbrt, NOT_ZERO),
    unary("Reciprocal", gf.reciprocal, np.reciprocal, NOT_ZERO),
    unary("Floor", gf.floor, np.floor, STEPS),
    unary("Ceil", gf.ceil, np.ceil, STEPS),
    unary("Trunc", gf.trunc, np.trunc, STEPS),
    unary("Rint", gf.rint, np.rint, HALVES),
    unary("Cast", lambda x: gf.cast(x, np.float64), lambda x: x.astype(np.float64), ANY,
          dtypes=(np.float32,), others=INTS + BOOLS),
]  # fmt: skip

EXPONENTIAL = [
    unary("Exp", gf.exp, np.exp, ANY),
    unary("Exp2", gf.exp2, np.exp2, ANY),
    unary("Expm1", gf.expm1, np.expm1, ANY),
    unary("Log", gf.log, np.log, POSITIVE),
    unary("Log2", gf.log2, np.log2, POSITIVE),
    unary("Log10", gf.log10, np.log10, POSITIVE),
    unary("Log1p", gf.log1p, np.log1p, reals(-0.9, 5)),
    binary("Logaddexp", gf.logaddexp, np.logaddexp, ANY, ANY),
    unary("Sigmoid", gf.sigmoid, scipy.special.expit, reals(-9, 9)),
    unary("LogSigmoid", gf.log_sigmoid, scipy.special.log_expit, reals(-9, 9)),
    unary(
        "Log1mexp",
        ops.elementwise.log1mexp,
        in_double(lambda x: np.log1p(-np.exp(x))),
        reals(-9, -0.1),
    ),
    unary("InverseExpm1", ops.elementwise.inverse_expm1, lambda x: 1 / np.expm1(x), NOT_ZERO),
    unary(
        "LogCosh",
        ops.elementwise.log_cosh,
        in_double(lambda x: np.log1p(2 * np.sinh(x / 2) ** 2)),
        ANY,
    ),
    unary(
        "Sqrt1pm1",
        ops.elementwise.sqrt1pm1,
        in_double(lambda x: np.sqrt(1 + x) - 1),
        reals(-0.8, 9),
    ),
    unary("Silu", gf.nn.silu, lambda x: x * scipy.special.expit(x), reals(-9, 9)),
    unary("Gelu", gf.nn.gelu, lambda x: x * scipy.special.ndtr(x), ANY),
    unary("Mish", gf.nn.mish, lambda x: x * np.tanh(np.logaddexp(x, x.dtype.type(0))), ANY),
    unary("Softplus", gf.softplus, lambda x: np.logaddexp(x, x.dtype.type(0)), reals(-9, 9)),
]

PARTS = [
    unary("Real", lambda x: gf.real(x * (1 + 2j)), lambda x: x, ANY),
    unary("Imag", lambda x: gf.imag(x * 2j), lambda x: 2 * x, ANY),
    unary("Imag", gf.imag, lambda x: 0 * x, ANY),
    unary("Conjugate", gf.conj, np.conj, ANY, others=INTS),
    unary("Angle", lambda x: gf.angle(x * x + 1j * x), lambda x: np.arctan2(x, x * x), NOT_ZERO),
    unary("Angle", gf.angle, lambda x: np.arctan2(np.abs(0 * x), x), NOT_ZERO),
]

TRIGONOMETRIC = [
    unary("Sin", gf.sin, np.sin, ANY),
    unary("Cos", gf.cos, np.cos, ANY),
    unary("Tan", gf.tan, np.tan, reals(-1.4, 1.4)),
    unary("Arcsin", gf.arcsin, np.arcsin, reals(-0.9, 0.9)),
    unary("Arccos", gf.arccos, np.arccos, reals(-0.9, 0.9)),
    unary("Arctan", gf.arctan, np.arctan, ANY),
    unary("Arccot", ops.elementwise.arccot, lambda x: np.arctan(1 / x), NOT_ZERO),
    binary("Arctan2", gf.arctan2, np.arctan2, NOT_ZERO, reals(0.1, 3)),  # a jump at y = 0 > x
    unary("Arcsinh", gf.arcsinh, np.arcsinh, ANY),
    unary("Arccosh", gf.arccosh, np.arccosh, reals(1.1, 5)),
    unary("Arctanh", gf.arctanh, np.arctanh, reals(-0.9, 0.9)),
    unary("Sinh", gf.sinh, np.sinh, ANY),
    unary("Cosh", gf.cosh, np.cosh, ANY),
    unary("Tanh", gf.tanh, np.tanh, ANY),
    unary("SigmoidSlope", ops.elementwise.sigmoid_slope, lambda x: 0.25 / np.cosh(x / 2) ** 2, ANY),
    unary("SechSquared", ops.elementwise.sech_squared, lambda x: 1 / np.cosh(x) ** 2, ANY),
]

COMPARISON = [
    *[
        binary(name, getattr(gf, function), getattr(np, function), grid(-1, 1), grid(-1, 1),
               others=INTS)
        for name, function in {
            "Equal": "equal", "NotEqual": "not_equal", "Less": "less", "LessEqual": "less_equal",
            "Greater": "greater", "GreaterEqual": "greater_equal",
        }.items()
    ],
    *[
        binary(name, getattr(gf, function), getattr(np, function), booleans(), booleans(),
               dtypes=BOOLS)
        for name, function in {
            "LogicalAnd": "logical_and", "LogicalOr": "logical_or", "LogicalXor": "logical_xor",
            "BitwiseAnd": "bitwise_and", "BitwiseOr": "bitwise_or", "BitwiseXor": "bitwise_xor",
        }.items()
    ],
    unary("LogicalNot", gf.logical_not, np.logical_not, booleans(), dtypes=BOOLS),
    unary("Invert", gf.invert, np.invert, integers(-5, 5), dtypes=INTS),
    unary("Isfinite", gf.isfinite, np.isfinite, ANY),
    unary("Isinf", gf.isinf, np.isinf, ANY),
    unary("Isnan", gf.isnan, np.isnan, ANY),
]  # fmt: skip


def unheard(line, *values):
    """What a tap calls."""


def sine_in_python(x):
    """sin(x) by calling Python."""
    return gf.py_func(
        np.sin, [x], x.shape, x.dtype, grad=lambda op, grad: grad * gf.cos(op.inputs[0])
    )


LOW, MIDDLE, HIGH = grid(-2, -0.5), grid(-3, 3, 0.05), grid(0.5, 2)  # bounds never tie with x
CHOICE = [
    binary("Maximum", gf.maximum, np.maximum, grid(-2, 2), grid(-2, 2, 0.05), others=INTS),
    binary("Minimum", gf.minimum, np.minimum, grid(-2, 2), grid(-2, 2, 0.05), others=INTS),
    unary("Relu", gf.relu, lambda x: np.maximum(x, 0), NOT_ZERO, others=INTS),
    Case("Where", gf.where, np.where, (booleans(), ANY, ANY), TERNARY, others=INTS),
    Case("Clip", gf.clip, np.clip, (MIDDLE, LOW, HIGH), TERNARY),
    binary("Clip", lambda x, low: gf.clip(x, low, None), np.maximum, MIDDLE, LOW),
    binary("Clip", lambda x, high: gf.clip(x, None, high), np.minimum, MIDDLE, HIGH),
    Case("Absorb", ops.elementwise.absorb, lambda x, grad: x + 0 * grad,
         (ANY, NOT_ZERO), BINARY),
    binary("Hypot", gf.hypot, np.hypot, NOT_ZERO, NOT_ZERO),
    unary("HypotLess", lambda x: ops.elementwise.hypot_less(x, 0.5),
          in_double(lambda x: np.hypot(x, 0.5) - 0.5), ANY),
    binary("HypotShare", ops.elementwise.hypot_share, lambda x, y: x / np.hypot(x, y), NOT_ZERO,
           NOT_ZERO),
    unary("CustomGradient",
          gf.custom_gradient(lambda x: (gf.sin(x), lambda grad: grad * gf.cos(x))), np.sin, ANY),
    unary("PyFunc", sine_in_python, np.sin, ANY),
    unary("StopGradient", gf.stop_gradient, np.positive, ANY),
    unary("Opaque", ops.barrier.Opaque, np.positive, ANY),
    unary("Tap", lambda x: ops.tap.Tap(x, function=unheard), np.positive, ANY),
    unary("Print", lambda x: ops.tap.Print(x, function=unheard), np.positive, ANY),
    unary("After", lambda x: ops.tap.After(x, gf.exp(x)), np.positive, ANY),
]  # fmt: skip

ALONG_ONE = tuple({"axis": axis} for axis in (None, 0, -1))
REDUCTION = [
    reduction("Sum", gf.sum, np.sum, ANY, others=(*INTS, *BOOLS, np.int32)),
    reduction("Mean", gf.mean, np.mean, ANY, others=INTS, shapes=NOT_EMPTY),
    reduction("Max", gf.max, np.max, distinct(), others=INTS, shapes=NOT_EMPTY),
    reduction("Min", gf.min, np.min, distinct(), others=INTS, shapes=NOT_EMPTY),
    binary("WeightedLogSumExp", ops.reduction.weighted_logsumexp,
           lambda x, w: np.asarray(scipy.special.logsumexp(x, b=w), x.dtype), ANY, POSITIVE,
           shapes=(((2, 3), (2, 3)), ((3, 1), (1, 4)), ((4,), ()), ((), (2, 1)), ((1,), (1,)))),
    Case("WeightedLogSumExp", ops.reduction.weighted_logsumexp,
         lambda x, w, axis, keepdims: np.asarray(
             scipy.special.logsumexp(x, axis, b=w, keepdims=keepdims), x.dtype),
         (ANY, POSITIVE), (((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1, 3), (1, 3))), AXES[1:3]),
    reduction("LogSumExp", gf.logsumexp,
              lambda x, axis, keepdims: np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims)),
              ANY, shapes=NOT_EMPTY),
    reduction("Norm2", ops.reduction.norm2,
              lambda x, axis, keepdims: np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims)),
              NOT_ZERO, shapes=NOT_EMPTY),
    reduction("AllTrue", gf.all, np.all, booleans(), others=INTS),
    reduction("AnyTrue", gf.any, np.any, booleans(), others=INTS),
    reduction("ArgMax", gf.argmax, np.argmax, distinct(), shapes=NOT_EMPTY, options=ALONG_ONE),
    reduction("ArgMin", gf.argmin, np.argmin, distinct(), shapes=NOT_EMPTY, options=ALONG_ONE),
]  # fmt: skip

RUNNING = (((3,),), ((1,),), ((2, 5),), ((2, 0),))
SCAN = [
    reduction("Prod", gf.prod, np.prod, ANY, others=INTS, needs_sizes=True, needs_rank=True),
    Case("Cumsum", gf.cumsum, np.cumsum, (ANY,), RUNNING, ({"axis": None}, *AXIS), others=INTS,
         needs_rank=True),
    Case("Cumprod", gf.cumprod, np.cumprod, (ANY,), RUNNING, ({"axis": None}, *AXIS), others=INTS,
         needs_sizes=True, needs_rank=True),
]  # fmt: skip

MATRICES = (((2, 3),), ((1, 4),), ((3, 1),), ((2, 0),))
PAIRS = (((2, 3), (2, 3)), ((1, 2), (1, 2)), ((0, 2), (0, 2)))
BACK = (
    ((2, 3), (2, 3)),
    ((2, 3), (3,)),
    ((2, 3), (2, 1)),
    ((2, 3), (1,)),
    ((2, 3), ()),
    ((0, 3), (3,)),
)


def summed_to(x, like):
    """x summed over the axes along which `like` was broadcast."""
    lead = x.ndim - like.ndim
    ones = [i for i, size in enumerate(like.shape, lead) if size == 1]
    return x.sum(axis=(*range(lead), *ones), keepdims=True).reshape(like.shape)


ARRAY = [
    Case("Reshape", gf.reshape, np.reshape, (ANY,), (((2, 3),), ((6,),), ((1, 3, 2),)), others=INTS,
         options=tuple({"shape": shape} for shape in [(6,), (3, 2), (3, -1), (1, 2, 3), -1])),
    Case("Reshape", lambda x: gf.reshape(x, (0, 3)), lambda x: x.reshape(0, 3), (ANY,), (((0,),),)),
    Case("Transpose", gf.transpose, np.transpose, (ANY,), (*MATRICES, ((),), ((2, 1, 3),))),
    Case("Transpose", gf.transpose, np.transpose, (ANY,), (((2, 3, 4),),),
         options=({"axes": (1, 2, 0)}, {"axes": (-1, 0, 1)})),
    Case("Swapaxes", lambda x: gf.swapaxes(x, 0, -1), lambda x: np.swapaxes(x, 0, -1), (ANY,),
         (*MATRICES, ((2, 3, 4),))),
    Case("ExpandDims", lambda x: gf.expand_dims(x, (0, -1)), lambda x: x[None, ..., None], (ANY,),
         UNARY),
    Case("ExpandDims", lambda x: gf.expand_dims(x, 1), lambda x: x[:, None], (ANY,), MATRICES),
    Case("Squeeze", lambda x: gf.squeeze(x, 1), lambda x: np.squeeze(x, 1), (ANY,),
         (((2, 1),), ((2, 1, 3),), ((0, 1),))),
    Case("Squeeze", gf.squeeze, np.squeeze, (ANY,), (((1, 2, 1),), ((1,),), ((2, 3),), ((),)),
         needs_rank=True, needs_sizes=True),
    Case("BroadcastTo", lambda x: gf.broadcast_to(x, (2, 3)), lambda x: np.broadcast_to(x, (2, 3)),
         (ANY,), (((3,),), ((2, 1),), ((),), ((1,),), ((2, 3),))),
    Case("Concatenate", lambda *xs, axis: gf.concatenate(xs, axis),
         lambda *xs, axis: np.concatenate(xs, axis), (ANY, ANY),
         (*PAIRS, ((2, 3, 1), (2, 3, 1))), AXIS, others=INTS),
    Case("Concatenate", lambda *xs: gf.concatenate(xs), lambda *xs: np.concatenate(xs),
         (ANY, ANY, ANY), (((2, 3), (1, 3), (0, 3)), ((2,), (1,), (3,)))),
    Case("ConcatenatePart",
         lambda grad, *xs: ops.array.ConcatenatePart(grad, *xs, axis=0, index=1),
         lambda grad, x, y: grad[len(x):], (ANY, ANY, ANY),
         (((5, 2), (2, 2), (3, 2)), ((2,), (2,), (0,)), ((3,), (1,), (2,)))),
    Case("Stack", lambda *xs, axis: gf.stack(xs, axis), lambda *xs, axis: np.stack(xs, axis),
         (ANY, ANY), (*PAIRS, ((3,), (3,))), AXIS),
    Case("Stack", lambda *xs: gf.stack(xs), lambda *xs: np.stack(xs), (ANY, ANY), (((), ()),)),
    unary("ZerosLike", gf.zeros_like, np.zeros_like, ANY, others=INTS),
    unary("OnesLike", gf.ones_like, np.ones_like, ANY, others=INTS),
    binary("SumTo", ops.array.SumTo, summed_to, ANY, ANY, shapes=BACK),
    binary("BroadcastLike", ops.array.BroadcastLike, lambda x, like: x + 0 * like, ANY, ANY,
           shapes=tuple(pair[::-1] for pair in BACK)),
    binary("ReshapeLike", ops.array.ReshapeLike, lambda x, like: x.reshape(like.shape), ANY, ANY,
           shapes=(((2, 3), (3, 2)), ((), (1, 1)), ((0, 2), (0,)), ((6,), (6,)))),
    binary("SameShape", ops.array.SameShape, lambda x, like: x, ANY, ANY, shapes=PAIRS),
    unary("Count", lambda x: ops.array.Count(x, axis=-1, to=np.dtype(np.float64)),
          lambda x: np.float64(x.shape[-1]), ANY, shapes=MATRICES),
]  # fmt: skip

PICKED_ONE = (ops.indexing.PICKED,)
INDEXING = [
    *[
        Case("Getitem", lambda x, key=key: x[key], lambda x, key=key: x[key], (ANY,), shapes,
             others=INTS)
        for key, shapes in [
            (1, (((3,),), ((2, 3),))),
            (-1, (((1,),), ((2, 0),))),
            (slice(None, None, -1), (((3,),), ((2, 3),), ((0,),))),
            (slice(1, 6, 2), (((4, 2),), ((1,),))),
            ((Ellipsis, 0), (((3,),), ((2, 3),))),
            ((slice(None), None, slice(2)), (((2, 3),), ((2, 0),))),
            (np.array([0, 2, 0]), (((3,),), ((3, 2),))),  # an entry twice
            (np.array([[1, -1], [0, 0]]), (((2,),), ((2, 3),))),
            ((np.array([0, 1]), np.array([1, 1])), (((2, 3),), ((2, 2, 2),))),
            ((slice(None), np.array([1, 1])), (((2, 3),),)),
            ((np.array([0]), slice(None), np.array([1])), (((2, 2, 3),),)),
            (np.array([], np.int64), (((3,),), ((3, 2),))),
        ]
    ],
    Case("Getitem", lambda x, i: x[i], lambda x, i: x[i], (ANY, integers(-2, 2)),
         (((3,), (4,)), ((2, 3), (2, 2)), ((2, 3), ()), ((2, 3), (0,)))),
    Case("Getitem", lambda x, i, j: x[i, j], lambda x, i, j: x[i, j],
         (ANY, integers(0, 2), integers(0, 3)), (((2, 3), (4,), (4,)), ((2, 3), (2, 1), (2,)))),
    Case("TakeAlongAxis", gf.take_along_axis, np.take_along_axis, (ANY, integers(0, 2)),
         (((2, 3), (2, 1)), ((2, 3), (2, 4)), ((3, 2), (3, 2))), ({"axis": -1}, {"axis": 1})),
]  # fmt: skip


def added_at(values, like, i):
    """Zeros like `like` with the values added at the indices, one after the other."""
    total = np.zeros_like(like)
    for place in np.ndindex(i.shape):
        total[i[place]] += values[place]
    return total


def added_along_last(values, like, i):
    """As `added_at`, along the last axis of matrices."""
    total = np.zeros_like(like)
    for row, column in np.ndindex(i.shape):
        total[row, i[row, column]] += values[row, column]
    return total


SCATTER = [
    Case("IndexAdd", lambda values, like, i: ops.indexing.IndexAdd(values, like, i, key=PICKED_ONE),
         added_at, (ANY, ANY, integers(-3, 3)),
         (((4,), (3,), (4,)), ((2, 2), (3, 2), (2,)), ((2, 1), (3,), (2, 1)), ((0,), (3,), (0,)))),
    Case("PutAlongAxis",
         lambda values, like, i: ops.indexing.PutAlongAxis(values, like, i, axis=-1),
         added_along_last, (ANY, ANY, integers(0, 3)), (((2, 4), (2, 3), (2, 4)),)),
    Case("OneHot", lambda i: gf.one_hot(i, 3), lambda i: np.eye(3)[i], (integers(0, 3),),
         (((4,),), ((),), ((2, 3),), ((0,),))),
    Case("OneHot", lambda i: gf.one_hot(i, 2, np.float32, axis=0),
         lambda i: np.moveaxis(np.eye(2, dtype=np.float32)[i], -1, 0), (integers(0, 2),),
         (((4,),), ((),), ((2, 3),)), needs_rank=True),
    Case("OneHot", lambda i: gf.one_hot(i, 2), lambda i: (i[..., None] == [0, 1]).astype(float),
         (integers(-3, 9),), (((9,),),)),
]  # fmt: skip


def cross_entropy(labels, logits, axis=-1):
    """-sum(labels * log(softmax)), by SciPy."""
    return -np.sum(labels * scipy.special.log_softmax(logits, axis=axis), axis=axis)


def sparse_cross_entropy(labels, logits):
    """The same with the numbers of classes for labels."""
    picked = np.take_along_axis(scipy.special.log_softmax(logits, -1), labels[..., None], -1)
    return -picked[..., 0]


NN = [
    Case(
        "SoftmaxCrossEntropy",
        lambda t, z, axis: gf.softmax_cross_entropy_with_logits(labels=t, logits=z, axis=axis),
        cross_entropy,
        (POSITIVE, ANY),
        (((2, 3), (2, 3)), ((1,), (1,)), ((2, 1, 3), (2, 1, 3)), ((0, 2), (0, 2))),
        ({"axis": -1}, {"axis": 1}),
    ),
    Case(
        "SparseSoftmaxCrossEntropy",
        lambda t, z: gf.sparse_softmax_cross_entropy_with_logits(labels=t, logits=z),
        sparse_cross_entropy,
        (integers(0, 3), ANY),
        (((2,), (2, 3)), ((), (3,)), ((2, 2), (2, 2, 4)), ((0,), (0, 3))),
    ),
    Case("Softmax", gf.softmax, scipy.special.softmax, (ANY,), ALONG[:-1], AXIS),
    Case("LogSoftmax", gf.log_softmax, scipy.special.log_softmax, (ANY,), ALONG[:-1], AXIS),
]

CASES = [
    *ARITHMETIC, *PARTS, *EXPONENTIAL, *TRIGONOMETRIC, *COMPARISON, *CHOICE, *REDUCTION, *SCAN,
    *ARRAY,    *LINALG, *SPECIAL, *WINDOWS, *INDEXING, *PLACES, *SCATTER, *NN,
]  # fmt: skip
