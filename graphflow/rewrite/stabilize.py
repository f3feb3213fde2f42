"""Stable forms: formulas as a textbook prints them, rewritten so that nothing overflows or cancels.

These rules are part of the meaning of a graph: they run before it is differentiated and before it
is run, whatever the options. Each states its equation, which holds for all real arguments where
the left side is finite. The tables stand in files by subject; where two rules could begin at one
node, the table that stands first here is tried first.
"""

from __future__ import annotations

from .engine import joined
from .hyperbolic import HYPERBOLIC
from .log_forms import LOG_FORMS
from .logarithms import LOGARITHMS
from .roots import ROOTS
from .shares import SHARES
from .shifts import SHIFTS
from .sigmoids import SIGMOID
from .softmaxes import SOFTMAX
from .softplus import SOFTPLUS
from .special_functions import SPECIAL
from .spreads import SPREADS

STABLE_FORMS = (
    SOFTMAX, SIGMOID, HYPERBOLIC, SOFTPLUS, LOGARITHMS, LOG_FORMS, ROOTS, SPREADS, SPECIAL, SHARES,
    SHIFTS,
)  # fmt: skip
STABILIZE = joined("stabilize", STABLE_FORMS)
