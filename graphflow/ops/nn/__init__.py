"""Neural networks: activations, convolutions, pooling, norms, attention, cross-entropies."""
# ruff: noqa: F403 - each part lists in its __all__ what belongs here

from . import activations, convolution, normalization, pooling, scores, transformer
from .activations import *
from .convolution import *
from .normalization import *
from .pooling import *
from .scores import *
from .transformer import *

__all__: list[str] = []
__all__ += activations.__all__
__all__ += convolution.__all__
__all__ += normalization.__all__
__all__ += pooling.__all__
__all__ += scores.__all__
__all__ += transformer.__all__
