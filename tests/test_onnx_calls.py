"""NumPy's functions, most of them made of others here, as ONNX models: values and gradients."""

import os
import warnings

import numpy as np
import pytest
from numpy_calls import VALUES, Call, calls
from onnx_runs import assert_close, loaded, run

import graphflow as gf

STEP = 1 if os.environ.get("GRAPHFLOW_DEEP") == "1" else 4
# What has no place in a model: complex numbers, and these.
ELSEWHERE = (
    "1j 2j fft eig svd qr( cholesky inv( pinv solve( det( slogdet lstsq polyfit tensorinv nuc "
    "matrix_rank cond( i0 unique nonzero argwhere"
).split()
CHOSEN = [c for c in calls() if c.names and not any(word in c.text for word in ELSEWHERE)][::STEP]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("call", CHOSEN, ids=lambda call: call.text)
def test_a_call_of_numpy_is_a_model(call: Call, dtype):
    values = {n: np.asarray(v, dtype) if np.asarray(v).dtype.kind == "f" else v
              for n, v in VALUES.items()}  # fmt: skip
    nodes = {n: gf.placeholder(values[n].shape, dtype=dtype, name=n) for n in call.names}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy's own
        y = call.evaluated(**values | nodes)
    xs = list(nodes.values())
    smooth = y.dtype.kind == "f" and call.remark != "bare"
    fetches = [y, *(gf.gradients(gf.sum(y * 0.7), xs, unconnected="zero") if smooth else [])]
    feeds = [values[name] for name in nodes]
    expected = gf.Session().run(fetches, dict(zip(xs, feeds, strict=True)))
    got = run(loaded(gf.io.to_onnx(fetches, xs)), feeds)
    assert_close(got, expected, call.text, roundings=1024)
