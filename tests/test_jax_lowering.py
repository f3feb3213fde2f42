"""What XLA makes of a step: its text is no dearer than that of the step by hand in JAX."""

import re

import mpmath
import numpy as np
import pytest

import graphflow as gf

pytest.importorskip("jax")
from graphflow.backends.on_jax import evaluate


def text(fetches, feed):
    """What XLA runs for these fetches, after its own optimizations."""
    session = gf.Session(backend="jax")
    compiled, _ = session.compiled(fetches, feed)
    return compiled.run._compiled.as_text()


def count(name, text):
    """How often an operation of XLA's occurs."""
    return len(re.findall(rf"\b{name}\(", text))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_slope_of_tanh_takes_one_exponential_and_no_division(dtype):
    x = gf.placeholder((1000,), dtype=dtype, name="x")
    y = gf.tanh(x)
    found = text([y, *gf.gradients(y, [x])], {x: np.ones(1000, dtype)})
    assert [count(name, found) for name in ("tanh", "exponential", "divide")] == [1, 1, 0]


@pytest.mark.parametrize(("shape", "limit"), [((), 2_000), ((9,), 8)])
def test_scalars_and_long_programs_keep_the_divisions_at_which_loops_end(monkeypatch, shape, limit):
    monkeypatch.setattr(evaluate, "LONG", limit)
    x = gf.placeholder(shape, name="x")
    y = x
    for _ in range(3):
        y = gf.tanh(2.0 * y)
    found = text([y, *gf.gradients(y, [x])], {x: np.ones(shape)})
    assert count("divide", found) == 3


@pytest.mark.parametrize(("dtype", "far"), [(np.float64, 350.0), (np.float32, 43.0)])
def test_the_slope_of_tanh_has_all_its_digits_in_the_tails(dtype, far):
    x = gf.placeholder((None,), dtype=dtype, name="x")
    at = np.concatenate([np.linspace(-3, 3, 61), [-far, -20.0, 9.0, 20.0, far]]).astype(dtype)
    session, fetches = gf.Session(backend="jax"), [gf.gradients(gf.tanh(x), [x])[0], 1 / gf.cosh(x)]
    slope, inverse = session.run(fetches, {x: at})
    exact = [float(mpmath.sech(mpmath.mpf(float(z)))) for z in at]
    limit = 8 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(inverse, exact, limit)
    np.testing.assert_allclose(slope, np.square(exact), limit)
    ends, _ = session.run(fetches, {x: np.array([np.inf, -800, np.nan], dtype)})
    np.testing.assert_array_equal(ends, [0, 0, np.nan])


def test_a_quotient_by_cosh_of_other_dtypes_is_that_on_numpy():
    x = gf.placeholder((3,), dtype=np.float32, name="x")
    n = gf.placeholder((3,), dtype=np.int64, name="n")
    w = gf.placeholder((3,), dtype=np.complex128, name="w")
    fetches = [1.5 / gf.cosh(n), w / gf.cosh(w), n / gf.cosh(n), np.arange(3.0) / gf.cosh(x)]
    feed = {x: [0.5, -2.0, 4.0], n: [0, 3, -5], w: [1j, 2.0, -1 + 0.5j]}
    expected, got = (gf.Session(backend=b).run(fetches, feed) for b in ("numpy", "jax"))
    for a, b, limit in zip(got, expected, [1e-12] * 3 + [3e-7], strict=True):  # the last: a cosh
        assert a.dtype == b.dtype  # of float32, divided in float64
        np.testing.assert_allclose(a, b, limit)


def test_large_constants_and_what_is_kept_are_sent_once():
    w = gf.Variable(np.ones(20_000), name="w")
    y = gf.sum(gf.constant(np.arange(20_000.0)) * w)
    f = gf.Session(backend="jax").make_callable(y, [])
    f()
    jax = pytest.importorskip("jax")
    with jax.transfer_guard_host_to_device("disallow"):
        assert f() == 199_990_000
