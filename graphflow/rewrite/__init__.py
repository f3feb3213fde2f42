"""Rewriting: a graph rebuilt by tables of small rules."""

from .engine import Fired, Look, Rewriting, RuleTable, rewrite, rules
from .stabilize import STABILIZE

__all__ = ["STABILIZE", "Fired", "Look", "Rewriting", "RuleTable", "rewrite", "rules"]
