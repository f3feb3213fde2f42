"""Backends: each turns a program into a callable."""

from .backend import Backend, Kind
from .choose import NUMPY, Wishes, chosen
from .interpreter import Interpreter
from .numpy_source import Runner

__all__ = ["NUMPY", "Backend", "Interpreter", "Kind", "Runner", "Wishes", "chosen"]
