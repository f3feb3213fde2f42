"""Backends: each turns a program into a callable."""

from .interpreter import Interpreter
from .numpy_source import Runner

__all__ = ["Interpreter", "Runner"]
