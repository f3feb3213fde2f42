"""From nodes to what a backend runs: fetches, feeds, specialisation, plan."""

from .feeds import checked
from .fetches import flatten
from .plan import Plan, Step, plan
from .specialize import Special, specialize

__all__ = ["Plan", "Special", "Step", "checked", "flatten", "plan", "specialize"]
