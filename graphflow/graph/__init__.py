"""Graphs and their nodes."""

from .graph import (
    Building,
    Graph,
    Ledger,
    Moved,
    building,
    current,
    get_default_graph,
    name_scope,
    reset_default_graph,
)
from .leaves import Constant, Placeholder, Variable, as_array, constant, holds_mask, operand
from .node import Node, entered_session, snake_case
from .operation import Elementwise, Operation
from .origin import Origin, Where

__all__ = [
    "Building",
    "Constant",
    "Elementwise",
    "Graph",
    "Ledger",
    "Moved",
    "Node",
    "Operation",
    "Origin",
    "Placeholder",
    "Variable",
    "Where",
    "as_array",
    "building",
    "constant",
    "current",
    "entered_session",
    "get_default_graph",
    "holds_mask",
    "name_scope",
    "operand",
    "reset_default_graph",
    "snake_case",
]
