"""graphflow: computational graphs, built in Python, differentiated as graphs, run on NumPy.

Names of Python's builtins (`abs`, `all`, `any`, `max`, `min`, `pow`, `print`, `round`, `sum`) are
reached as `gf.sum`; `from graphflow import *` leaves the builtins alone.
"""

from typing import TYPE_CHECKING

from . import (
    fft, initializers, io as io, layers, linalg, losses, metrics, nn, ops, random, schedules, scipy,
    special,
)  # fmt: skip
from .errors import (
    DataError,
    DisconnectedError,
    DTypeError,
    FeedError,
    GraphError,
    GraphflowError,
    MissingError,
    NumericError,
    RegistrationError,
    ShapeError,
)
from .disconnection import why_disconnected
from .gradients import compute_gradients, gradients
from .later import loader
from .lint import lint
from .graph import (
    Elementwise,
    Graph,
    Node,
    Operation,
    Placeholder,
    Variable,
    constant,
    get_default_graph,
    name_scope,
    reset_default_graph,
)
from .ops.array import (
    broadcast_to, concat, concatenate, expand_dims, matrix_transpose, ones_like, permute_dims,
    ravel, reshape, squeeze, stack, swapaxes, transpose, zeros_like,
)  # fmt: skip
from .ops.compose import (
    allclose, append, array_equal, array_split, atleast_1d, atleast_2d, atleast_3d, average, block,
    broadcast_arrays, column_stack, compress, convolve, copysign, corrcoef, correlate,
    count_nonzero, cov, deg2rad, degrees, delete, diag, diagflat, diagonal, diff, divmod as divmod,
    dsplit, dstack, ediff1d, extract, fabs, flip, fliplr, flipud, float_power, fmax, fmin, gradient,
    heaviside, hsplit, hstack, insert, interp, isclose, isneginf, isposinf, ldexp, logaddexp2,
    median, meshgrid, modf, moveaxis, nan_to_num, nanargmax, nanargmin, nancumprod, nancumsum,
    nanmax, nanmean, nanmedian, nanmin, nanpercentile, nanprod, nanquantile, nanstd, nansum, nanvar,
    outer, pad, percentile, polyadd, polyder, polyfit, polyint, polymul, polysub, polyval, ptp,
    quantile, rad2deg, radians, repeat, roll, rollaxis, rot90, select, split, tile, trace,
    trapezoid, unstack, unwrap, vander, vsplit, vstack,
)  # fmt: skip
from .ops.creation import (
    arange, array, asarray, empty, empty_like, eye, full, full_like, geomspace, identity, linspace,
    logspace, ones, tri, zeros,
)  # fmt: skip
from .ops.custom import (
    custom_gradient, py_func,
)  # fmt: skip
from .ops.elementwise import (
    abs as abs, absolute, acos, acosh, add, angle, arccos, arccosh, arcsin, arcsinh, arctan,
    arctan2, arctanh, around, asin, asinh, astype, atan, atan2, atanh, bitwise_and, bitwise_invert,
    bitwise_left_shift, bitwise_not, bitwise_or, bitwise_right_shift, bitwise_xor, cast, cbrt, ceil,
    clip, conj, conjugate, cos, cosh, divide, equal, exp, exp2, expm1, fix, floor, floor_divide,
    fmod, greater, greater_equal, hypot, imag, invert, iscomplex, isfinite, isinf, isnan, isreal,
    left_shift, less, less_equal, log, log10, log1p, log2, log_sigmoid, logaddexp, logical_and,
    logical_not, logical_or, logical_xor, maximum, minimum, mod, multiply, negative, not_equal,
    positive, pow as pow, power, real, reciprocal, relu, remainder, right_shift, rint, round as
    round, sigmoid, sign, signbit, sin, sinh, softplus, sqrt, square, stop_gradient, subtract, tan,
    tanh, true_divide, trunc, where,
)  # fmt: skip
from .ops.indexing import (
    getitem, one_hot, take, take_along_axis,
)  # fmt: skip
from .ops.linalg import (
    cross, dot, einsum, inner, kron, matmul, matvec, tensordot, tril, triu, vdot, vecdot, vecmat,
)  # fmt: skip
from .ops.nn import (
    log_softmax, softmax, softmax_cross_entropy_with_logits,
    sparse_softmax_cross_entropy_with_logits,
)  # fmt: skip
from .ops.reduction import (
    all as all, amax, amin, any as any, argmax, argmin, logsumexp, max as max, mean, min as min,
    norm2, reduce_max, reduce_mean, reduce_min, reduce_sum, std, sum as sum, var,
)  # fmt: skip
from .ops.scan import (
    cumprod, cumsum, cumulative_prod, cumulative_sum, prod,
)  # fmt: skip
from .ops.sorting import (
    argpartition, argsort, argwhere, bincount, digitize, flatnonzero, isin, nonzero, partition,
    searchsorted, sort, topk, unique, unique_all, unique_counts, unique_inverse, unique_values,
)  # fmt: skip
from .ops.special import (
    i0, sinc,
)  # fmt: skip
from .ops.state import (
    assign, assign_add, assign_sub, group,
)  # fmt: skip
from .ops.tap import (
    print as print,
)  # fmt: skip
from .ops.update import (
    gather, put_along_axis, scatter,
)  # fmt: skip
from .function import (
    Function, TracedFunction, function, grad, hessian_of, jacobian_of, value_and_grad,
)  # fmt: skip
from .optimizers import (
    AdadeltaOptimizer, AdagradOptimizer, AdamOptimizer, AdamWOptimizer, ExponentialMovingAverage,
    GradientDescentOptimizer, LionOptimizer, MomentumOptimizer, NAdamOptimizer, Optimizer,
    RMSPropOptimizer, clip_by_global_norm, clip_by_norm, clip_by_value,
)  # fmt: skip
from .registry import NotDifferentiable, RegisterGradient
from .session import Session
from .transforms import hessian, hvp, jacobian, jvp, vjp

if TYPE_CHECKING:
    from . import data, launching, testing, training, viz
    from .explaining import verify_derivation
    from .explaining.explain import explain
    from .training import History, train

__getattr__ = loader(  # what takes half of the time to load, and not every program needs
    __name__,
    {
        "History": "training", "data": "data", "explain": "explaining", "launching": "launching",
        "testing": "testing", "train": "training", "training": "training",
        "verify_derivation": "explaining", "viz": "viz",
    },
)  # fmt: skip

__version__ = "0.1.0"

placeholder = Placeholder

__all__ = [
    "AdadeltaOptimizer", "AdagradOptimizer", "AdamOptimizer", "AdamWOptimizer", "DTypeError",
    "DataError", "DisconnectedError", "Elementwise", "ExponentialMovingAverage", "FeedError",
    "Function", "GradientDescentOptimizer", "Graph", "GraphError", "GraphflowError", "History",
    "LionOptimizer", "MissingError", "MomentumOptimizer", "NAdamOptimizer", "Node",
    "NotDifferentiable", "NumericError", "Operation", "Optimizer", "Placeholder",
    "RMSPropOptimizer", "RegisterGradient", "RegistrationError", "Session", "ShapeError",
    "TracedFunction", "Variable", "absolute", "acos", "acosh", "add", "allclose", "amax", "amin",
    "angle", "append", "arange", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2",
    "arctanh", "argmax", "argmin", "argpartition", "argsort", "argwhere", "around", "array",
    "array_equal", "array_split", "asarray", "asin", "asinh", "assign", "assign_add", "assign_sub",
    "astype", "atan", "atan2", "atanh", "atleast_1d", "atleast_2d", "atleast_3d", "average",
    "bincount", "bitwise_and", "bitwise_invert", "bitwise_left_shift", "bitwise_not", "bitwise_or",
    "bitwise_right_shift", "bitwise_xor", "block", "broadcast_arrays", "broadcast_to", "cast",
    "cbrt", "ceil", "clip", "clip_by_global_norm", "clip_by_norm", "clip_by_value", "column_stack",
    "compress", "compute_gradients", "concat", "concatenate", "conj", "conjugate", "constant",
    "convolve", "copysign", "corrcoef", "correlate", "cos", "cosh", "count_nonzero", "cov", "cross",
    "cumprod", "cumsum", "cumulative_prod", "cumulative_sum", "custom_gradient", "data", "deg2rad",
    "degrees", "delete", "diag", "diagflat", "diagonal", "diff", "digitize", "divide", "dot",
    "dsplit", "dstack", "ediff1d", "einsum", "empty", "empty_like", "equal", "exp", "exp2",
    "expand_dims", "explain", "expm1", "extract", "eye", "fabs", "fft", "fix", "flatnonzero",
    "flip", "fliplr", "flipud", "float_power", "floor", "floor_divide", "fmax", "fmin", "fmod",
    "full", "full_like", "function", "gather", "geomspace", "get_default_graph", "getitem", "grad",
    "gradient", "gradients", "greater", "greater_equal", "group", "heaviside", "hessian",
    "hessian_of", "hsplit", "hstack", "hvp", "hypot", "i0", "identity", "imag", "initializers",
    "inner", "insert", "interp", "invert", "isclose", "iscomplex", "isfinite", "isin", "isinf",
    "isnan", "isneginf", "isposinf", "isreal", "jacobian", "jacobian_of", "jvp", "kron",
    "launching", "layers", "ldexp", "left_shift", "less", "less_equal", "linalg", "linspace",
    "lint", "log", "log10", "log1p", "log2", "log_sigmoid", "log_softmax", "logaddexp",
    "logaddexp2", "logical_and", "logical_not", "logical_or", "logical_xor", "logspace",
    "logsumexp", "losses", "matmul", "matrix_transpose", "matvec", "maximum", "mean", "median",
    "meshgrid", "metrics", "minimum", "mod", "modf", "moveaxis", "multiply", "name_scope",
    "nan_to_num", "nanargmax", "nanargmin", "nancumprod", "nancumsum", "nanmax", "nanmean",
    "nanmedian", "nanmin", "nanpercentile", "nanprod", "nanquantile", "nanstd", "nansum", "nanvar",
    "negative", "nn", "nonzero", "norm2", "not_equal", "one_hot", "ones", "ones_like", "ops",
    "outer", "pad", "partition", "percentile", "permute_dims", "placeholder", "polyadd", "polyder",
    "polyfit", "polyint", "polymul", "polysub", "polyval", "positive", "power", "prod", "ptp",
    "put_along_axis", "py_func", "quantile", "rad2deg", "radians", "random", "ravel", "real",
    "reciprocal", "reduce_max", "reduce_mean", "reduce_min", "reduce_sum", "relu", "remainder",
    "repeat", "reset_default_graph", "reshape", "right_shift", "rint", "roll", "rollaxis", "rot90",
    "scatter", "schedules", "scipy", "searchsorted", "select", "sigmoid", "sign", "signbit", "sin",
    "sinc", "sinh", "softmax", "softmax_cross_entropy_with_logits", "softplus", "sort",
    "sparse_softmax_cross_entropy_with_logits", "special", "split", "sqrt", "square", "squeeze",
    "stack", "std", "stop_gradient", "subtract", "swapaxes", "take", "take_along_axis", "tan",
    "tanh", "tensordot", "testing", "tile", "topk", "trace", "train", "training", "transpose",
    "trapezoid", "tri", "tril", "triu", "true_divide", "trunc", "unique", "unique_all",
    "unique_counts", "unique_inverse", "unique_values", "unstack", "unwrap", "value_and_grad",
    "vander", "var", "vdot", "vecdot", "vecmat", "verify_derivation", "viz", "vjp", "vsplit",
    "vstack", "where", "why_disconnected", "zeros", "zeros_like",
]  # fmt: skip
