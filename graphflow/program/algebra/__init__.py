"""Fewer and cheaper calls: equations that hold for all values, applied as a program is recorded."""

from . import elementwise, logistic, matrices, pooling, products
from .products import is_movable
from .table import ALGEBRA, FLOATS, simplified

__all__ = [
    "ALGEBRA", "FLOATS", "elementwise", "is_movable", "logistic", "matrices", "pooling", "products",
    "simplified",
]  # fmt: skip
