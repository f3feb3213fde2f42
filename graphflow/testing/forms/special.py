"""Forms of the special functions, which SciPy computes."""

from __future__ import annotations

from ..domains import ANY, POSITIVE, reals
from .form import Form

_SHAPES = reals(0.5, 4)
_UNIT = reals(0.05, 0.95)
_MODERATE = reals(-3, 3)

SPECIAL = [
    Form("Erf", "gf.special.erf({0})", (ANY,)),
    Form("Erfc", "gf.special.erfc({0})", (_MODERATE,)),
    Form("Erfcx", "gf.special.erfcx({0})", (reals(-2, 3),)),
    Form("ErfcRatio", "gf.ops.special.erfc_ratio({0})", (reals(-2, 3),)),
    Form("ErfcxMean", "gf.ops.special.ErfcxMean({0}, order=1)", (reals(-2, 3),)),
    Form("LogErfcx", "gf.ops.special.log_erfcx({0})", (reals(-2, 3),)),
    Form("LogErfc", "gf.ops.special.log_erfc({0})", (reals(-2, 3),)),
    Form("Erfinv", "gf.special.erfinv({0})", (reals(-0.9, 0.9),)),
    Form("Erfcinv", "gf.special.erfcinv({0})", (reals(0.1, 1.9),)),
    Form("Ndtr", "gf.special.ndtr({0})", (_MODERATE,)),
    Form("LogNdtr", "gf.special.log_ndtr({0})", (reals(-4, 3),)),
    Form("Ndtri", "gf.special.ndtri({0})", (reals(0.1, 0.9),)),
    Form("ExpMoment", "gf.special.exprel({0})", (reals(-5, 5, but=(0.0,)),)),
    Form("LogMoment", "gf.ops.special.log1prel({0})", (reals(-0.8, 5, but=(0.0,)),)),
    Form("ExpQuotient", "gf.ops.special.exp_quotient({0})", (reals(-5, 5, but=(0.0,)),)),
    Form("CothPart", "gf.ops.special.coth_part({0})", (reals(-3, 3, but=(0.0,)),)),
    Form("CothPart", "gf.ops.special.log_sinhc({0})", (reals(-3, 3, but=(0.0,)),)),
    Form("Sinhc", "gf.ops.special.sinhc({0})", (reals(-3, 3, but=(0.0,)),)),
    Form("Sinhc", "gf.ops.special.sinhc({0}, inverse=True)", (reals(-3, 3, but=(0.0,)),)),
    Form("Gammaln", "gf.special.gammaln({0})", (_SHAPES,)),
    Form("Gamma", "gf.special.gamma({0})", (_SHAPES,)),
    Form("Digamma", "gf.special.digamma({0})", (_SHAPES,)),
    Form("Polygamma", "gf.special.polygamma(1, {0})", (_SHAPES,)),
    Form("Beta", "gf.special.beta({0}, {1})", (_SHAPES, _SHAPES)),
    Form("Betaln", "gf.special.betaln({0}, {1})", (_SHAPES, _SHAPES)),
    Form("Gammainc", "gf.special.gammainc(3.0, {0})", (POSITIVE,)),
    Form("Gammaincc", "gf.special.gammaincc(0.5, {0})", (POSITIVE,)),
    Form("Betainc", "gf.special.betainc(0.5, 2.0, {0})", (_UNIT,)),
    Form("Xlogy", "gf.special.xlogy({0}, {1})", (ANY, POSITIVE)),
    Form("Xlog1py", "gf.special.xlog1py({0}, {1})", (ANY, POSITIVE)),
    Form("Entr", "gf.special.entr({0})", (POSITIVE,)),
    Form("RelEntr", "gf.special.rel_entr({0}, {1})", (POSITIVE, POSITIVE)),
    Form("Logit", "gf.special.logit({0})", (_UNIT,)),
    Form("Iv", "gf.special.iv(0.5, {0})", (reals(0.2, 3),)),
    Form("Iv", "gf.special.i0({0})", (_MODERATE,)),
    Form("Ive", "gf.special.ive(1, {0})", (reals(-9, 9, but=(0.0,)),)),
    Form("LogI0", "gf.ops.special.log_i0({0})", (reals(0.5, 4),)),
    Form("Jv", "gf.special.jn(1, {0})", (reals(0.2, 5),)),
    Form("Yv", "gf.special.yn(0, {0})", (reals(0.5, 5),)),
    Form("SphericalJn", "gf.special.spherical_jn(1, {0})", (reals(0.1, 5),)),
    Form("SphericalJn", "gf.sinc({0})", (reals(-3, 3, but=(0.0,)),)),
]
