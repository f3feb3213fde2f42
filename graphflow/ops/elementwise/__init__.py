"""Elementwise operations: each with its gradient and its public function in one block."""
# ruff: noqa: F403 - each part lists in its __all__ what belongs here

from . import (
    arithmetic,
    choice,
    comparison,
    digits,
    exponential,
    parts,
    rests,
    shares,
    trigonometric,
)
from .arithmetic import *
from .choice import *
from .comparison import *
from .digits import *
from .exponential import *
from .parts import *
from .rests import *
from .shares import *
from .trigonometric import *

__all__: list[str] = []
__all__ += arithmetic.__all__
__all__ += choice.__all__
__all__ += comparison.__all__
__all__ += digits.__all__
__all__ += exponential.__all__
__all__ += parts.__all__
__all__ += rests.__all__
__all__ += shares.__all__
__all__ += trigonometric.__all__
