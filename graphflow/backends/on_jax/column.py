"""The column of the table of primitives for JAX: a function for every row, or the reason why not.

`PROMOTING` are the rows whose array operands are brought to the dtype of the result first, as
JAX's promotion is not NumPy's. What is `on_host` is computed by NumPy and SciPy, in the middle of a
step, because XLA has no function of that accuracy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.scipy import special

from ...program import Call
from ...program.record import WHOLE
from . import algebra, arrays, elementwise, windows

COLUMN: dict[str, Callable[..., Any]] = {
    **elementwise.ELEMENTWISE,
    **{name: getattr(jnp, name) for name in (
        "sum", "prod", "max", "min", "all", "any", "where", "cumsum", "cumprod", "argmax",
        "argmin", "matmul", "reshape", "transpose", "swapaxes", "expand_dims", "squeeze",
        "broadcast_to", "concatenate", "stack", "real", "imag", "angle", "zeros_like", "ones_like",
        "zeros", "ones", "arange", "take_along_axis", "convolve", "tril", "triu",
    )},
    **{name: getattr(arrays, name) for name in (
        "astype", "mean", "masked", "contiguous", "index", "index_set", "index_add",
        "index_multiply", "index_maximum", "index_minimum", "last_writer", "put_along_axis_add",
        "entry_of_class", "bincount", "argsort", "argpartition", "searchsorted", "unique_inverse",
        "einsum", "fft",
    )},
    "pad_zeros": jnp.pad,
    "rfft": arrays.rfft,
    "irfft": arrays.irfft,
    **{name: getattr(windows, name) for name in (
        "conv", "conv_input", "conv_kernel", "windows", "overlap_add", "max_pool", "to_largest",
        "of_largest", "shares", "sum_pool", "spread",
    )},
    **{name: getattr(algebra, name) for name in (
        "solve", "sign_of_det", "log_abs_det", "cofactors", "pinv", "cholesky", "qr", "eigh",
        "eigvalsh", "eig", "svd", "svdvals", "over_gaps",
    )},
    "inv": jnp.linalg.inv,
    "det": jnp.linalg.det,
    "expm": jax.scipy.linalg.expm,
    **{name: getattr(special, name) for name in (
        "digamma", "erf", "erfc", "erfinv", "gamma", "gammainc", "gammaincc", "gammaln",
        "log_ndtr", "ndtri",
    )},
    **{name: getattr(elementwise, name) for name in (
        "hypot_of", "erfcinv", "polygamma", "iv", "ive",
    )},
}  # fmt: skip

PROMOTING = {  # the first operand of `where` is a condition, the subscripts of `einsum` are text
    "where", "matmul", "concatenate", "stack", "einsum", "convolve", "conv", "conv_input",
    "conv_kernel", "solve", "over_gaps", "sum", "prod", "cumsum", "cumprod", "inv", "det",
    "sign_of_det", "cofactors", "pinv", "cholesky", "qr", "eigh", "eig", "svd", "expm",
    "digamma", "erf", "erfc", "erfinv", "erfcinv", "gamma", "gammainc", "gammaincc", "gammaln",
    "log_ndtr", "ndtri", "polygamma", "iv", "ive",
}  # fmt: skip

# By the name of a function what its inverse is best computed by, for real numbers.
INVERSES: dict[str, Callable[..., Any]] = {"cosh": elementwise.sech}

DRAWN = ("random_normal", "random_uniform")  # by NumPy, before a step: functions of the key alone

HOST = {
    name: why
    for why, names in {
        "XLA has no such function": "erfcx gamma_slope jv yv",
        "JAX's has few right digits for some arguments": "beta betaln betainc",
        "the same numbers as NumPy's": "random_gamma",
        "it is Python code on arrays": WHOLE,
    }.items()
    for name in names.split()
}

WHY_NOT = dict.fromkeys(
    "flatnonzero unique_indices unique_counts reshape_like sum_like".split(),
    "how many results there are depends on values, and XLA's shapes are static",
) | {"log1p_square": "it is what long formulas become in NumPy alone"}


def on_host(call: Call) -> str:
    """Why a call is computed by NumPy, or nothing."""
    if call.name in ("iv", "ive") and call.args[1] not in (0, 1):
        return "XLA has the orders 0 and 1"
    return HOST.get(call.name, "")
