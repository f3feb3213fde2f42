"""The chain rule worked out with numbers, and what is wrong with a derivation done by hand."""

from .explain import explain
from .explanation import Explanation
from .report import DerivationReport
from .verify import verify_derivation

__all__ = ["DerivationReport", "Explanation", "explain", "verify_derivation"]
