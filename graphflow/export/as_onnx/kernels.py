"""Which dtypes onnxruntime computes an operator in, where it lacks some, and what is used instead.

Measured with onnxruntime 1.32 on a CPU, operator set 21; `tests/test_onnx_kernels.py` holds every
entry. ONNX allows more: a model that keeps to these runs elsewhere too.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

_FLOATS = "float16 float32 float64"
_NUMBERS = "int8 int16 int32 int64 uint8 uint16 uint32 uint64 " + _FLOATS

# What is not here is computed in every dtype, or asked for in one that is.
KERNELS: dict[str, str] = {
    **dict.fromkeys("Abs Add Div Sub Mul Mod Sign".split(), _NUMBERS),
    **dict.fromkeys("Greater GreaterOrEqual Less LessOrEqual".split(), _NUMBERS),
    **dict.fromkeys("Ceil Cos Exp Floor IsInf IsNaN Log Reciprocal Relu".split(), _FLOATS),
    **dict.fromkeys("Round Sin Sqrt Tanh".split(), _FLOATS),
    **dict.fromkeys("Acos Acosh Asin Asinh Atan Atanh Conv Cosh Det Erf Sinh Tan".split(),
                    "float16 float32"),
    "Neg": "int8 int16 int32 int64 " + _FLOATS,
    **dict.fromkeys("Max Min".split(), "int8 int32 int64 uint8 uint32 uint64 " + _FLOATS),
    "Pow": "int32 int64 " + _FLOATS,
    "MatMul": "int32 int64 uint32 uint64 " + _FLOATS,
    **dict.fromkeys("CumSum Einsum ReduceSum ReduceProd".split(), "int32 int64 " + _FLOATS),
    **dict.fromkeys("ReduceMax ReduceMin".split(), "bool int8 int32 int64 uint8 " + _FLOATS),
    **dict.fromkeys("ArgMax ArgMin".split(), "int8 int32 int64 uint8 " + _FLOATS),
    "TopK": "int8 int16 int32 int64 uint8 " + _FLOATS,
    "ScatterElements": "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64",
    "Where": "int8 int32 int64 uint8 uint32 " + _FLOATS,
    "Pad": "bool int8 int32 int64 uint8 uint32 uint64 " + _FLOATS,
    "Trilu": "bool int32 int64 " + _FLOATS,
    "Unique": "int8 int64 " + _FLOATS,
}  # fmt: skip

_WIDER = {  # what holds all values of a dtype, the narrowest first
    "bool": "uint8 int8 int32 int64",
    "int8": "int16 int32 int64",
    "int16": "int32 int64",
    "int32": "int64",
    "uint8": "int16 uint16 int32 uint32 int64",
    "uint16": "int32 uint32 int64",
    "uint32": "uint64 int64",
    "uint64": "int64",  # the same bits: sums, products and choices come out right
    "float16": "float32 float64",
    "float32": "float64",
}


@lru_cache(maxsize=1024)
def kernel_dtype(operator: str, dtype: np.dtype[Any]) -> np.dtype[Any] | None:
    """The dtype to compute an operator in that is asked for in `dtype`; None if there is none."""
    known = KERNELS.get(operator)
    if known is None:
        return dtype
    names = known.split()
    for name in (dtype.name, *_WIDER.get(dtype.name, "").split()):
        if name in names:
            return np.dtype(name)
    return None
