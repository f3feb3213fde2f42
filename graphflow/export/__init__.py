"""Graphs for other programs to run: one program for all sizes of a batch, as ONNX."""

from .as_onnx import to_onnx

__all__ = ["to_onnx"]
