"""Elementwise operations: each with its gradient and its public function in one block."""

from .arithmetic import *
from .choice import *
from .comparison import *
from .exponential import *
