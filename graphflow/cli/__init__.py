"""The command line: pictures, explanations and summaries of the graph that a script builds."""

from .commands import main

__all__ = ["main"]
