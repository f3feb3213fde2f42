"""Backends: each turns a plan into a callable."""

from .numpy_reference import Runner, State

__all__ = ["Runner", "State"]
