"""Rewriting: a graph rebuilt by tables of small rules."""

from .engine import Fired, Look, Rewriting, RuleTable, rewrite, rules
from .stabilize import STABILIZE, STABLE_FORMS

__all__ = [
    "STABILIZE",
    "STABLE_FORMS",
    "Fired",
    "Look",
    "Rewriting",
    "RuleTable",
    "rewrite",
    "rules",
]
