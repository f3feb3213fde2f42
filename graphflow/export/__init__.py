"""Graphs for other programs to run: one program for all sizes of a batch, as ONNX or StableHLO."""

from .as_onnx import to_onnx
from .as_stablehlo import to_stablehlo

__all__ = ["to_onnx", "to_stablehlo"]
