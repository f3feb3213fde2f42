"""The rows of special functions: what SciPy and mpmath say, on domains without poles."""

from functools import partial

import mpmath
import numpy as np
import scipy.special as sp
from trials import binary, in_double, of_mpmath, unary

from graphflow import special
from graphflow.ops import elementwise
from graphflow.ops import special as special_ops
from graphflow.testing.domains import ANY, NOT_ZERO, POSITIVE, reals

UNIT = reals(0.05, 0.95)
SHAPES = reals(0.5, 4)
PROBABILITY = reals(0.1, 0.9)


def ordered(order, function):
    """A function of order and x as one of x."""
    return lambda x: function(order, x)


def spherical(order):
    """SciPy's spherical Bessel function, in x's precision."""
    return lambda x: np.asarray(sp.spherical_jn(order, np.asarray(x, float)), x.dtype)


def integrated(integrand):
    """The integral over t from 0 to 1 of a function of x and t, by mpmath."""

    def one(x):
        return float(mpmath.quad(lambda t: integrand(mpmath.mpf(float(x)), t), [0, 1]))

    return lambda x: np.vectorize(one, otypes=[np.float64])(x).astype(x.dtype)


def exp_moment(n):
    return integrated(lambda x, t: t**n * mpmath.exp(x * t))


def log_moment(n):
    return integrated(lambda x, t: t**n / (1 + x * t) ** (n + 1))


def log_erfc(x):
    """log(erfc(x)), by erf where erfc(x) is next to 1 and its logarithm would lose digits."""
    return np.where(np.abs(x) < 0.5, np.log1p(-sp.erf(x)), np.log(sp.erfc(x)))


def langevin(order):
    """A derivative of coth(x) - 1 / x."""
    return of_mpmath(lambda x: mpmath.diff(lambda t: mpmath.coth(t) - 1 / t, x, order))


def erfcx_mean(n):
    """The quotient of the integrals of t**n and t**(n - 1) by exp(-t**2 - 2 * x * t)."""

    def moment(x, k):
        return mpmath.quad(lambda t: t**k * mpmath.exp(-t * t - 2 * x * t), [0, 2, 6, 20])

    return of_mpmath(lambda x: moment(x, n) / moment(x, n - 1))


def less_line(f):
    return lambda x: f(x) - x


SPECIAL = [
    unary("SquareSlope", elementwise.SquareSlope, lambda x: 2 * x / (1 + x * x), ANY),
    unary("Log1pSquare", elementwise.log1p_square, in_double(lambda x: np.log1p(x * x)), ANY),
    unary("LogShare", elementwise.log_share, in_double(lambda x: np.log(x) - np.log1p(x)),
          reals(0.1, 5)),
    unary("LogShare", elementwise.log_share, in_double(lambda x: np.log(x / (1 + x))),
          reals(-5, -1.1)),
    binary("Share", elementwise.share, lambda x, y: x / (x + y), reals(0.2, 3), reals(0.3, 4)),
    binary("AbsShare", elementwise.abs_share, lambda x, y: x / (np.abs(x) + y), NOT_ZERO,
           reals(0.3, 4)),
    unary("Powm1", lambda x: elementwise.powm1(x, 1.7), in_double(lambda x: x**1.7 - 1),
          reals(0.1, 5)),
    unary("Powm1", lambda x: elementwise.powm1(x, -3), in_double(lambda x: x**-3.0 - 1),
          reals(0.5, 5)),
    unary("Powm1", lambda x: elementwise.powm1(x, -0.5, 1),
          in_double(lambda x: (1 + x) ** -0.5 - 1), reals(-0.9, 5)),
    *(
        unary(
            "LessLine",
            partial(elementwise.less_line, name),
            of_mpmath(less_line(getattr(mpmath, called))),
            reals(-0.9, 0.9),
        )
        for name, called in (("sin", "sin"), ("sinh", "sinh"), ("tan", "tan"), ("tanh", "tanh"),
                             ("arctan", "atan"), ("arcsin", "asin"), ("arcsinh", "asinh"))
    ),
    unary("Log1pmx", elementwise.log1pmx, of_mpmath(lambda x: mpmath.log1p(x) - x), reals(-0.9, 5)),
    unary("Expm1mx", elementwise.expm1mx, of_mpmath(lambda x: mpmath.expm1(x) - x), ANY),
    unary("ExpArcsinh", elementwise.exp_arcsinh, in_double(lambda x: np.exp(np.arcsinh(x))), ANY),
    unary("Erf", special.erf, sp.erf, ANY),
    unary("Erfc", special.erfc, sp.erfc, ANY),
    unary("Erfcx", special.erfcx, sp.erfcx, reals(-2, 3)),
    unary("ErfcRatio", special_ops.erfc_ratio, lambda x: 1 / sp.erfcx(x), reals(-2, 3)),
    unary("LogErfc", special_ops.log_erfc, in_double(log_erfc), reals(-2, 3)),
    unary("LogErfcx", special_ops.log_erfcx, in_double(lambda x: np.log(sp.erfcx(x))),
          reals(0.5, 3)),
    unary("LogErfcx", special_ops.log_erfcx, in_double(lambda x: x * x + log_erfc(x)),
          reals(-3, -0.1)),
    *[unary("ErfcxMean", lambda x, n=n: special_ops.ErfcxMean(x, order=n), erfcx_mean(n),
            reals(0.2, 4), shapes=(((4,),),)) for n in (1, 2)],
    unary("LogI0", special_ops.log_i0, in_double(lambda x: np.log(sp.i0(x))), reals(0.5, 4)),
    unary("ExpMoment", special.exprel, sp.exprel, ANY),
    *[unary("ExpMoment", lambda x, n=n: special_ops.ExpMoment(x, order=n), exp_moment(n),
            reals(-5, 5, but=(0.0,)), shapes=(((4,),),)) for n in (1, 2)],
    unary("LogMoment", special_ops.log1prel, in_double(lambda x: np.log1p(x) / x),
          reals(-0.8, 5, but=(0.0,))),
    *[unary("LogMoment", lambda x, n=n: special_ops.LogMoment(x, order=n), log_moment(n),
            reals(-0.8, 5, but=(0.0,)), shapes=(((4,),),)) for n in (1, 2)],
    *[unary("ExpQuotient", lambda x, n=n: special_ops.ExpQuotient(x, order=n),
            of_mpmath(lambda x, n=n: mpmath.diff(lambda t: t / mpmath.expm1(t), x, n)),
            reals(-5, 5, but=(0.0,)), shapes=(((4,),),)) for n in (0, 1, 2)],
    *[unary("CothPart", lambda x, n=n: special_ops.CothPart(x, order=n), langevin(n),
            reals(-3, 3, but=(0.0,)), shapes=(((4,),),)) for n in (0, 1)],
    unary("CothPart", special_ops.log_sinhc,
          of_mpmath(lambda x: mpmath.log(mpmath.sinh(x) / x)), reals(-3, 3, but=(0.0,))),
    unary("Sinhc", special_ops.sinhc, in_double(lambda x: np.sinh(x) / x),
          reals(-3, 3, but=(0.0,))),
    unary("Sinhc", lambda x: special_ops.sinhc(x, inverse=True),
          in_double(lambda x: x / np.sinh(x)), reals(-3, 3, but=(0.0,))),
    unary("Erfinv", special.erfinv, sp.erfinv, reals(-0.9, 0.9)),
    unary("Erfcinv", special.erfcinv, sp.erfcinv, reals(0.1, 1.9)),
    unary("Ndtr", special.ndtr, sp.ndtr, reals(-3, 3)),
    unary("LogNdtr", special.log_ndtr, sp.log_ndtr, reals(-4, 3)),
    unary("Ndtri", special.ndtri, sp.ndtri, PROBABILITY),
    unary("Gammaln", special.gammaln, sp.gammaln, SHAPES),
    unary("Gamma", special.gamma, sp.gamma, SHAPES),
    unary("Gamma", special.gamma, sp.gamma, reals(-1.8, -1.2)),
    unary("Digamma", special.digamma, sp.digamma, SHAPES),
    unary("Polygamma", ordered(1, special.polygamma),
          lambda x: np.asarray(sp.polygamma(1, np.asarray(x, float)), x.dtype), SHAPES),
    binary("Beta", special.beta, sp.beta, SHAPES, SHAPES),
    binary("Betaln", special.betaln, sp.betaln, SHAPES, SHAPES),
    binary("Xlogy", special.xlogy, sp.xlogy, ANY, POSITIVE, twice=POSITIVE),
    binary("Xlog1py", special.xlog1py, sp.xlog1py, ANY, POSITIVE),
    unary("Entr", special.entr, sp.entr, POSITIVE),
    binary("RelEntr", special.rel_entr, sp.rel_entr, POSITIVE, POSITIVE),
    unary("Logit", special.logit, sp.logit, UNIT),
    *[unary("Iv", ordered(v, special.iv), ordered(v, sp.iv), reals(0.2, 3))
      for v in (0, 1, 2, 0.5)],
    unary("Iv", special.i0, sp.i0, ANY),
    unary("Iv", special.i1, sp.i1, ANY),
    *[unary("Ive", ordered(v, special.ive), ordered(v, sp.ive), NOT_ZERO) for v in (0, 1)],
    *[unary("Jv", ordered(v, special.jn), ordered(v, sp.jv), reals(0.2, 5)) for v in (0, 1, 2.5)],
    *[unary("Yv", ordered(v, special.yn), ordered(v, sp.yv), reals(0.5, 5)) for v in (0, 1, 2)],
    *[unary("SphericalJn", ordered(n, special.spherical_jn), spherical(n), reals(0.01, 5))
      for n in (0, 1, 3)],
]  # fmt: skip


def by_argument(op, function, reference, *shapes_and_x):
    """A row per shape parameter that is held: the gradient is by the last operand alone."""
    *shapes, x = shapes_and_x
    return unary(
        op, lambda z: function(*shapes, z), lambda z: np.asarray(reference(*shapes, z), z.dtype), x
    )


def gamma_slope(a, x):
    """By mpmath: minus the derivative of P by a, over the density."""

    def one(a, x):
        a, x = mpmath.mpf(float(a)), mpmath.mpf(float(x))
        by_a = mpmath.diff(lambda a: mpmath.gammainc(a, 0, x, regularized=True), a)
        return float(-by_a / (x ** (a - 1) * mpmath.exp(-x) / mpmath.gamma(a)))

    return np.vectorize(one, otypes=[np.float64])(a, x).astype(np.result_type(a, x))


SPECIAL += [
    binary(
        "GammaSlope",
        special_ops.GammaSlope,
        gamma_slope,
        SHAPES,
        POSITIVE,
        order=0,
        shapes=(((4,), (4,)), ((2, 1), (3,)), ((), ())),
    ),
    *[by_argument("Gammainc", special.gammainc, sp.gammainc, a, POSITIVE) for a in (0.5, 1.0, 3.0)],
    *[by_argument("Gammaincc", special.gammaincc, sp.gammaincc, a, POSITIVE) for a in (0.5, 3.0)],
    by_argument("Betainc", special.betainc, sp.betainc, 0.5, 2.0, UNIT),
    by_argument("Betainc", special.betainc, sp.betainc, 1.0, 1.0, UNIT),
]
