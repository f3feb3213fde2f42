"""Linear algebra over the last two axes; leading axes are batches and broadcast."""
# ruff: noqa: F403 - each part lists in its __all__ what belongs here

from . import contraction, factorization, norms, product, solving, spectral
from .contraction import *
from .factorization import *
from .norms import *
from .product import *
from .product import as_matrix as as_matrix
from .solving import *
from .spectral import *

__all__: list[str] = []
__all__ += contraction.__all__
__all__ += factorization.__all__
__all__ += norms.__all__
__all__ += product.__all__
__all__ += solving.__all__
__all__ += spectral.__all__
