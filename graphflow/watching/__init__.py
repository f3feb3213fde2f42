"""What watches over the runs of a session: NaN and infinity, wrong gradients, breakpoints."""

from .breakpoints import Breakpoint, check_going
from .numerics import Culprit, culprit, node_values, told
from .watching import Watching

__all__ = ["Breakpoint", "Culprit", "Watching", "check_going", "culprit", "node_values", "told"]
