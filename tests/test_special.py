"""Special functions in their tails, at their ends, by refused parameters, and without SciPy."""

import subprocess
import sys
from pathlib import Path

import mpmath
import numpy as np
import pytest

import graphflow as gf
from graphflow import special

ROOT = Path(gf.__file__).resolve().parent.parent
mpmath.mp.dps = 40


def slopes(function, x):
    """Value, slope and second derivative at a point."""
    node = gf.placeholder(())
    y = function(node)
    (first,) = gf.gradients(y, node)
    (second,) = gf.gradients(first, node)
    return gf.Session().run([y, first, second], {node: x})


@pytest.mark.parametrize("x", [-21.0, -25.0, -1e3, -1e5, -1e9, -1e15])
def test_derivatives_of_the_log_of_the_normal_tail_keep_their_digits_far_out(x):
    node = gf.placeholder(())
    grads = [special.log_ndtr(node)]
    for _ in range(3):
        grads += gf.gradients(grads[-1], node)
    with mpmath.workdps(200):
        t = mpmath.mpf(x)
        hazard = mpmath.npdf(t) / (mpmath.erfc(-t / mpmath.sqrt(2)) / 2)
        second = -hazard * (t + hazard)
        third = -second * (t + hazard) - hazard * (1 + second)
        wanted = [float(hazard), float(second), float(third)]
    found = gf.Session().run(grads[1:], {node: x})
    np.testing.assert_allclose(found, wanted, rtol=1e-8 if x > -22.7 else 1e-12)


TAILS = [
    (special.log_ndtr, lambda x: mpmath.log(mpmath.ncdf(x)), [-40.0, -5.0, 0.0, 6.0]),
    (special.ndtr, mpmath.ncdf, [-30.0, -6.0, 0.5, 5.0]),
    (special.erfc, mpmath.erfc, [-3.0, 0.0, 5.0, 20.0]),
    (special.erf, mpmath.erf, [1e-12, 0.5, 4.0]),
    (special.logit, lambda x: mpmath.log(x / (1 - x)), [1e-12, 0.3, 0.5 + 1e-9, 0.69, 1 - 2**-40]),
    (special.sinc, lambda x: mpmath.sincpi(x), [1e-9, 1e-3, 0.1, 0.31, 0.33, 2.5, 20.3]),
    (special.entr, lambda x: -x * mpmath.log(x), [1e-3, 0.2, 50.0]),
    (special.gammaln, mpmath.loggamma, [1e-6, 0.5, 30.0, 1e4]),
    (special.i0e, lambda x: mpmath.besseli(0, x) * mpmath.exp(-x), [1e-6, 1.0, 30.0]),
    (special.j0, lambda x: mpmath.besselj(0, x), [1e-6, 1.0, 30.0]),
]


@pytest.mark.parametrize(("function", "exact", "points"), TAILS)
def test_digits_are_kept_to_second_order(function, exact, points):
    for x in points:
        found = slopes(function, x)
        wanted = [float(mpmath.diff(exact, mpmath.mpf(x), n)) for n in range(3)]
        np.testing.assert_allclose(found, wanted, rtol=2e-12, err_msg=f"at {x}")


@pytest.mark.parametrize(
    ("function", "x", "value", "slope"),
    [
        (special.sinc, 0.0, 1.0, 0.0),
        (special.i0, 0.0, 1.0, 0.0),
        (special.i0e, 0.0, 1.0, 0.0),
        (special.i1, 0.0, 0.0, 0.5),
        (special.j1, 0.0, 0.0, 0.5),
        (special.entr, 0.0, 0.0, np.inf),
        (special.logit, 0.0, -np.inf, np.inf),
        (special.erfinv, 1.0, np.inf, np.inf),
        (special.log_ndtr, -np.inf, -np.inf, np.inf),
        (lambda x: special.xlogy(x, 0.0), 0.0, 0.0, -np.inf),
        (lambda x: special.xlogy(0.0, x), 0.0, 0.0, 0.0),
        (lambda x: special.xlog1py(0.0, x), -1.0, 0.0, 0.0),
        (lambda x: special.rel_entr(0.0, x), 2.0, 0.0, 0.0),
    ],
)
def test_ends_of_domains(function, x, value, slope):
    node = gf.placeholder(())
    y = function(node)
    found = gf.Session().run([y, *gf.gradients(y, node)], {node: x})
    np.testing.assert_array_equal(found, [value, slope])


def test_functions_made_of_others_are_scipys():
    import scipy.special as sp

    x = np.array([1.5, 2.5, 7.0])
    y = np.array([0.5, 3.0, 2.0])
    pairs = [
        (special.kl_div(x, y), sp.kl_div(x, y)),
        (special.multigammaln(x, 3), sp.multigammaln(x, 3)),
        (special.rel_entr(x, -y), sp.rel_entr(x, -y)),
        (special.entr(-x), sp.entr(-x)),
        (special.i1e(x), sp.i1e(x)),
        (special.y1(x), sp.y1(x)),
        (np.sinc(gf.constant(x)), np.sinc(x)),
        (np.i0(gf.constant(x)), np.i0(x)),
        (special.xlogy(gf.constant([0, 2]), 3), sp.xlogy([0, 2], 3)),
    ]
    for node, expected in pairs:
        np.testing.assert_allclose(gf.Session().run(node), expected, rtol=1e-13)


@pytest.mark.parametrize(
    ("build", "operand"),
    [
        (lambda a: special.betainc(a, 1.0, 0.5), "a"),
        (lambda a: special.betainc(1.0, a, 0.5), "b"),
    ],
)
def test_a_gradient_by_a_shape_parameter_is_refused_by_name(build, operand):
    a = gf.placeholder((), name="shape")
    y = build(a) + a  # another path must not answer for both
    with pytest.raises(gf.RegistrationError, match=f"has no gradient by '{operand}'") as raised:
        gf.gradients(y, a)
    assert "stop_gradient" in str(raised.value)
    (grad,) = gf.gradients(build(gf.stop_gradient(a)) + a, a)
    assert gf.Session().run(grad, {a: 1.5}) == 1.0


@pytest.mark.parametrize("a", [1e-3, 0.1, 1.0, 7.5, 120.0, 3000.0])
@pytest.mark.parametrize("share", [1e-6, 0.01, 0.5, 0.99, 1 - 1e-9])
def test_incomplete_gamma_functions_move_with_their_shape(a, share):
    import scipy.special as sp

    x = float(sp.gammaincinv(a, share))
    if x < 1e-290:
        return
    node = gf.placeholder(())
    lower, upper = special.gammainc(node, x), special.gammaincc(node, x)
    found = gf.Session().run([*gf.gradients(lower, node), *gf.gradients(upper, node)], {node: a})
    side = (0, x) if share < 0.5 else (x, mpmath.inf)
    exact = mpmath.diff(lambda a: mpmath.gammainc(a, *side, regularized=True), mpmath.mpf(a))
    wanted = float(exact if share < 0.5 else -exact)
    np.testing.assert_allclose(found, [wanted, -wanted], rtol=2e-9)


def test_a_second_derivative_by_a_shape_is_refused():
    a = gf.placeholder(())
    (first,) = gf.gradients(special.gammainc(a, 2.0), a)
    with pytest.raises(gf.RegistrationError, match="no second one"):
        gf.gradients(first, a)


@pytest.mark.parametrize(
    "build",
    [
        lambda: special.polygamma(-1, 1.0),
        lambda: special.spherical_jn(-1, 1.0),
        lambda: special.multigammaln(1.0, 0),
    ],
)
def test_orders_that_are_none_are_refused(build):
    with pytest.raises(gf.ShapeError, match=r"is (0, )?1, "):
        build()


def test_complex_numbers_are_refused():
    with pytest.raises(gf.DTypeError, match="not for complex numbers"):
        special.erf(gf.constant(1j))


def test_without_scipy_some_are_computed_and_others_say_what_to_install():
    code = """
import sys, math
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "scipy":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Hidden())
import importlib.util
before = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "scipy" else before(name, *rest)
import graphflow as gf
x = gf.placeholder((2,), name="x")
run = gf.Session().run
for name, exact in [("erf", math.erf), ("erfc", math.erfc), ("gammaln", math.lgamma)]:
    value = run(getattr(gf.special, name)(x), {x: [0.5, 2.0]})
    assert value.tolist() == [exact(0.5), exact(2.0)], value
assert run(gf.special.gammaln(0.0)) == math.inf
print(run(gf.gradients(gf.special.ndtr(x), x), {x: [0.0, 0.0]}))
between = gf.log(gf.special.ndtr(x + 1) - gf.special.ndtr(x))
assert abs(run(between, {x: [0.0, 9.0]})[0] - math.log(0.341344746068543)) < 1e-14
try:
    gf.special.erfinv(x)
except ImportError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "0.39894228" in done.stdout
    assert "erfinv is computed by SciPy, which is not installed" in done.stdout
    assert 'pip install "graphflow-autodiff[scipy]"' in done.stdout
