"""Tools to test operations, models and gradients."""

from . import strategies
from .check import check_gradients
from .op_check import check_op
from .report import Finding, Report

__all__ = ["Finding", "Report", "check_gradients", "check_op", "strategies"]
