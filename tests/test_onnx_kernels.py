"""What onnxruntime computes in which dtype is as the table says, and formulas keep their digits."""

import mpmath
import numpy as np
import onnxruntime
import pytest
import scipy.special
from onnx import helper, numpy_helper
from onnx_runs import assert_close, loaded, run

import graphflow as gf
from graphflow.export.as_onnx.kernels import KERNELS, kernel_dtype
from graphflow.export.as_onnx.proto import OPSET
from graphflow.export.as_onnx.special import SCALED, SERIES
from graphflow.export.as_onnx.table import LOWERED, NEW, WHY_NOT
from graphflow.primitives import TABLE
from graphflow.program.record import WHOLE

DTYPES = [np.dtype(name) for name in (
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64"
).split()]  # fmt: skip
REDUCTIONS = {"ReduceSum", "ReduceProd", "ReduceMax", "ReduceMin"}
UNARY = set(
    "Abs Sign Ceil Cos Exp Floor IsInf IsNaN Log Reciprocal Relu Round Sin Sqrt Tanh Acos Acosh "
    "Asin Asinh Atan Atanh Cosh Erf Sinh Tan Neg Trilu Det ArgMax ArgMin Unique".split()
)


def operands(operator, dtype):
    """Arrays that an operator takes, and its attributes."""
    x = np.ones((1, 1, 2, 2) if operator == "Conv" else (2, 2), dtype)
    one = np.array([0])
    if operator in UNARY:
        return [x], {}
    if operator in REDUCTIONS:
        return [x, one], {}
    if operator == "Where":
        return [np.array([True, False]), x, x], {}
    if operator == "CumSum":
        return [x, np.array(0)], {}
    if operator == "TopK":
        return [x, np.array([1])], {}
    if operator == "Pad":
        return [x, np.array([0, 1, 0, 1])], {}
    if operator == "ScatterElements":
        return [x, np.zeros((2, 2), np.int64), x], {"reduction": "add"}
    if operator == "Einsum":
        return [x, x], {"equation": "ij,jk->ik"}
    return [x, x], {"fmod": 1} if operator == "Mod" else {}


def computes(operator, dtype):
    """Whether onnxruntime has an operator for a dtype."""
    arrays, attributes = operands(operator, dtype)
    names = [f"x{i}" for i in range(len(arrays))]
    outputs = {"TopK": ["v", "y"], "Unique": ["v", "i", "y"]}.get(operator, ["y"])
    node = helper.make_node(operator, names, outputs, **attributes)
    info = helper.make_tensor_value_info(
        "x0", helper.np_dtype_to_tensor_dtype(arrays[0].dtype), arrays[0].shape
    )
    graph = helper.make_graph(
        [node], "one", [info], [helper.make_empty_tensor_value_info("y")],
        [numpy_helper.from_array(a, name) for a, name in zip(arrays[1:], names[1:], strict=True)],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    except Exception:
        return False
    session.run(["y"], {"x0": arrays[0]})
    return True


@pytest.mark.parametrize("operator", KERNELS)
def test_onnxruntime_has_every_kernel_that_is_used(operator):
    used = {kernel_dtype(operator, dtype) for dtype in DTYPES} - {None}
    assert [d.name for d in sorted(used, key=str) if not computes(operator, d)] == []


@pytest.mark.parametrize("operator", ["Acos", "Atan", "Conv", "Det", "Erf", "Sinh", "Tan"])
def test_float64_is_computed_by_formulas_where_onnxruntime_lacks_it(operator):
    """When this fails there is a kernel now, and a formula less to write."""
    assert kernel_dtype(operator, np.dtype(np.float64)) is None
    assert not computes(operator, np.dtype(np.float64))


def test_every_primitive_is_lowered_or_has_a_reason():
    assert {*LOWERED, *NEW, *WHY_NOT} == {*TABLE, WHOLE}
    assert not {*LOWERED, *NEW} & set(WHY_NOT)


# ---- digits -------------------------------------------------------------------------------------

POINTS = np.concatenate([np.logspace(-300, 300, 61), np.logspace(-9, 2, 500), [0.0, np.inf]])
POINTS = np.concatenate([POINTS, -POINTS, [np.nan, 0.5, 1.0, -1.0]])
ONE = (
    "arccos arccosh arcsin arcsinh arctan arctanh cbrt cosh exp2 expm1 log10 log1p log2 sinh trunc"
)
TWO = (
    "arctan2 copysign float_power floor_divide fmax fmin fmod heaviside hypot logaddexp logaddexp2 "
    "maximum minimum remainder"
)


def applied(function, *arrays):
    xs = [gf.placeholder(a.shape, dtype=a.dtype) for a in arrays]
    (got,) = run(loaded(gf.io.to_onnx(function(*xs), xs)), arrays)
    return got


def narrow(x, dtype):
    with np.errstate(over="ignore"):
        return x.astype(dtype)


FLOATS = pytest.mark.parametrize("dtype", [np.float64, np.float32])


@FLOATS
@pytest.mark.parametrize("name", ONE.split())
def test_functions_of_one_number_keep_their_digits_everywhere(name, dtype):
    x = narrow(POINTS, dtype)
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(x)
    eps, least = np.finfo(dtype).eps, np.finfo(dtype).tiny
    np.testing.assert_allclose(applied(getattr(gf, name), x), expected, 8 * eps, least)


@FLOATS
@pytest.mark.parametrize("name", TWO.split())
def test_functions_of_two_numbers_keep_their_digits_everywhere(name, dtype):
    some = narrow(POINTS[::23], dtype)
    x, y = (a.ravel() for a in np.meshgrid(some, some))
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(x, y)
    eps, least = np.finfo(dtype).eps, np.finfo(dtype).tiny
    if name in ("logaddexp", "logaddexp2"):
        least = 4 * eps  # where the sum of exponentials is near 1
    np.testing.assert_allclose(applied(getattr(gf, name), x, y), expected, 8 * eps, least)


EXACT = {  # SciPy's erfc and erfcx are 257 and 15 roundings off
    "erf": mpmath.erf,
    "erfc": mpmath.erfc,
    "erfcx": lambda x: mpmath.exp(x * x) * mpmath.erfc(x),
}


@FLOATS
@pytest.mark.parametrize("name", EXACT)
def test_error_functions_keep_their_digits_everywhere(name, dtype):
    x = np.concatenate([np.linspace(-6, 26, 160), np.logspace(-12, 1, 40)]).astype(dtype)
    with mpmath.workdps(50):
        expected = np.array([float(EXACT[name](mpmath.mpf(float(v)))) for v in x])
    eps, least = np.finfo(dtype).eps, np.finfo(dtype).tiny
    np.testing.assert_allclose(applied(getattr(gf.special, name), x), expected, 4 * eps, least)
    ends = np.array([-np.inf, np.inf, np.nan, 0], dtype)
    expected = getattr(scipy.special, name)(ends)
    np.testing.assert_array_equal(applied(getattr(gf.special, name), ends), expected)


def test_the_log_of_the_normal_distribution_keeps_its_digits_in_both_tails():
    x = np.linspace(-40, 8, 97)  # by halves: the argument's own rounding shows to the right
    with mpmath.workdps(400):
        expected = [float(mpmath.log(mpmath.ncdf(mpmath.mpf(float(v))))) for v in x]
    np.testing.assert_allclose(applied(gf.special.log_ndtr, x), expected, 64 * 2.3e-16)


def test_the_coefficients_of_erfc_are_those_of_its_chebyshev_series():
    with mpmath.workdps(50):
        count, k = 80, mpmath.mpf(3.75)
        angles = [mpmath.pi * (2 * j + 1) / (2 * count) for j in range(count)]
        values = []
        for angle in angles:
            t = mpmath.cos(angle)
            x = k * (1 + t) / (1 - t)
            values.append((1 + 2 * x) * mpmath.exp(x * x) * mpmath.erfc(x))
        series = [
            2 * sum(v * mpmath.cos(n * a) for v, a in zip(values, angles, strict=True)) / count
            for n in range(len(SCALED))
        ]
        series[0] /= 2
        powers = np.polynomial.chebyshev.cheb2poly(np.array(series, object))
        assert [float(c) for c in powers] == pytest.approx(SCALED, rel=1e-15)


def test_the_series_of_erf_ends_where_its_terms_are_lost():
    assert abs(SERIES[-1]) < 2**-53 < abs(SERIES[-3])


def test_nan_is_kept_by_extremes_and_pools():
    x = np.array([[1.0, np.nan, 2.0, 3.0]])
    np.testing.assert_array_equal(applied(gf.relu, -x), [[0, np.nan, 0, 0]])
    assert_close([applied(lambda x: gf.max(x, axis=1), x)], [np.array([np.nan])])
    assert_close([applied(gf.min, x)], [np.array(np.nan)])
    pooled = applied(lambda x: gf.nn.max_pool(x[..., None], 2), x)
    np.testing.assert_array_equal(pooled[..., 0], [[np.nan, 3]])


@pytest.mark.parametrize("dtype", [d for d in DTYPES if d.kind in "iu"])
def test_integers_of_every_width_wrap_and_divide_as_numpys(dtype):
    rng = np.random.default_rng(0)
    info = np.iinfo(dtype)
    x, y = (rng.integers(info.min // 2, info.max // 2, 40).astype(dtype) for _ in range(2))
    y[:3] = 0
    for name in "add subtract multiply maximum minimum floor_divide remainder bitwise_xor".split():
        with np.errstate(all="ignore"):
            expected = getattr(np, name)(x, y)
        got = applied(getattr(gf, name), x, y)
        assert got.dtype == dtype
        np.testing.assert_array_equal(got, expected, err_msg=name)
