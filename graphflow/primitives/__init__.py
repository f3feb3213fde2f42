"""Primitives: the table of array functions that forwards are written in, and the tracer over it."""

from .spec import Spec, spec_of
from .table import FUNCTIONS, TABLE, Primitive
from .tracer import Traced, Tracer
from .windows import Geometry

__all__ = ["FUNCTIONS", "TABLE", "Geometry", "Primitive", "Spec", "Traced", "Tracer", "spec_of"]
