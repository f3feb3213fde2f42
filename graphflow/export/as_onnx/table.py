"""The column of the table of primitives for ONNX: how each row is lowered, or why it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...primitives import TABLE, Spec, spec_of
from ...primitives.table import UFUNCS
from ...program import Call, Program, Ref
from ...program.record import WHOLE
from ..counts import Count
from . import tensors
from .arrays import ARRAYS
from .elementwise import ELEMENTWISE
from .model import Model, Tensor
from .places import PLACES
from .special import SPECIAL
from .windows import WINDOWS

NEW = ("zeros", "ones", "arange")  # they have no operand that knows the model

LOWERED: dict[str, Callable[..., Tensor]] = {
    **ELEMENTWISE, **ARRAYS, **PLACES, **WINDOWS, **SPECIAL
}  # fmt: skip

WHY_NOT: dict[str, str] = {
    name: why
    for why, names in {
        "ONNX has no factorization of matrices": "inv solve cholesky qr eigh eigvalsh eig svd "
        "svdvals pinv sign_of_det log_abs_det cofactors over_gaps expm",
        "onnxruntime has no complex numbers": "fft rfft irfft",
        "random numbers are functions of the session's seed": "random_normal random_uniform "
        "random_gamma gamma_slope",
        "how many results there are is known only in a run": "flatnonzero unique_indices "
        "unique_counts reshape_like sum_like",
        "ONNX has no such function": "beta betainc betaln digamma erfcinv erfinv gamma gammainc "
        "gammaincc gammaln ndtri iv ive jv yv polygamma nextafter",
        "it is what long formulas become in NumPy alone": "log1p_square hypot_of",
        "it is Python code on arrays": WHOLE,
    }.items()
    for name in names.split()
}

NOTES = {
    "det": "in float32, without a gradient",
    "argpartition": "as `argsort`",
    "cumprod": "along an axis of fixed size",
    "convolve": "of fixed sizes",
} | dict.fromkeys(WINDOWS, "over axes of fixed size")


def lowered(model: Model, program: Program, call: Call, values: dict[int, Tensor]) -> Tensor:
    """The tensor that a call of the program computes. Raises UnsupportedError."""
    spec = program.specs[call.output]
    args = [_argument(arg, values) for arg in call.args]
    if call.name in NEW:
        return _new(model, call.name, spec)
    if call.name in UFUNCS:
        return ELEMENTWISE[call.name](*_in_loop_dtypes(model, call.name, args))
    places = TABLE[call.name].arrays
    given = [
        _strong(model, arg) if places is None or i in places else arg for i, arg in enumerate(args)
    ]
    if call.name in SPECIAL:
        given = [model.cast(x, spec.dtype) for x in given]
    return LOWERED[call.name](spec, *given, **dict(call.options))


def _argument(arg: Any, values: dict[int, Tensor]) -> Any:
    """An argument of a call with tensors for its values, in lists and keys too."""
    if isinstance(arg, Ref):
        return values[arg.value]
    if type(arg) in (list, tuple):
        return type(arg)([_argument(part, values) for part in arg])
    return arg


def _strong(model: Model, arg: Any) -> Any:
    """A number in the place of an array as a tensor."""
    if isinstance(arg, Count):
        return model.scalar(arg)
    if isinstance(arg, list | tuple):
        return [_strong(model, part) for part in arg]
    return arg if isinstance(arg, Tensor) else model.constant(arg)


def _in_loop_dtypes(model: Model, name: str, args: list[Any]) -> list[Tensor]:
    """Operands in the dtypes that NumPy's loop takes them in."""
    kinds = [
        x.dtype
        if isinstance(x, Tensor)
        else int
        if isinstance(x, Count)
        else spec_of(x).loop_operand
        for x in args
    ]
    if all(isinstance(kind, type) for kind in kinds):
        kinds = [np.dtype(kind) for kind in kinds]
    loop = getattr(np, name).resolve_dtypes((*kinds, None))
    found = []
    for x, dtype in zip(args, loop, strict=False):
        strong = model.scalar(x) if isinstance(x, Count) else x
        found.append(
            model.cast(strong, dtype) if isinstance(strong, Tensor) else model.constant(x, dtype)
        )
    return found


def _new(model: Model, name: str, spec: Spec) -> Tensor:
    """Zeros, ones, or the whole numbers below a size."""
    shape: Any = spec.shape
    if name == "arange":
        return model.cast(tensors.numbers(model, shape[0]), spec.dtype)
    return tensors.full(model, shape, name == "ones", spec.dtype)
