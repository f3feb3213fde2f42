"""Special functions, elementwise, by SciPy's names."""

from .ops.elementwise import log_sigmoid as log_expit
from .ops.nn import log_softmax, softmax
from .ops.reduction import logsumexp
from .ops.special import (
    beta, betainc, betaln, digamma, entr, erf, erfc, erfcinv, erfcx, erfinv, expit, exprel, gamma,
    gammainc, gammaincc, gammaln, i0, i0e, i1, i1e, iv, ive, j0, j1, jn, kl_div, log_ndtr, logit,
    multigammaln, ndtr, ndtri, polygamma, psi, rel_entr, sinc, spherical_jn, xlog1py, xlogy, y0,
    y1, yn,
)  # fmt: skip

__all__ = [
    "beta", "betainc", "betaln", "digamma", "entr", "erf", "erfc", "erfcinv", "erfcx", "erfinv",
    "expit", "exprel", "gamma", "gammainc", "gammaincc", "gammaln", "i0", "i0e", "i1", "i1e", "iv",
    "ive", "j0", "j1", "jn", "kl_div", "log_expit", "log_ndtr", "log_softmax", "logit", "logsumexp",
    "multigammaln", "ndtr", "ndtri", "polygamma", "psi", "rel_entr", "sinc", "softmax",
    "spherical_jn", "xlog1py", "xlogy", "y0", "y1", "yn",
]  # fmt: skip
