"""Functions made of other operations: shape, dtype and gradient are those of what they build."""
# ruff: noqa: F403 - each part lists in its __all__ what belongs here

from . import arranging, calculus, joining, numeric, padding, statistics
from .arranging import *
from .calculus import *
from .joining import *
from .numeric import *
from .padding import *
from .statistics import *

__all__: list[str] = []
__all__ += arranging.__all__
__all__ += calculus.__all__
__all__ += joining.__all__
__all__ += numeric.__all__
__all__ += padding.__all__
__all__ += statistics.__all__
