"""Elementwise operations: each with its gradient and its public function in one block."""
# ruff: noqa: F403 - each part lists in its __all__ what belongs here

from .arithmetic import *
from .choice import *
from .comparison import *
from .exponential import *
from .trigonometric import *
