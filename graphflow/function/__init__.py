"""Python functions over arrays: traced to graphs, run, differentiated."""

from ..callables import Function
from .derivatives import grad, hessian_of, jacobian_of, value_and_grad
from .function import TracedFunction, function

__all__ = [
    "Function",
    "TracedFunction",
    "function",
    "grad",
    "hessian_of",
    "jacobian_of",
    "value_and_grad",
]
