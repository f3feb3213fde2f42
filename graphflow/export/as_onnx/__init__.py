"""ONNX: a program lowered to its operators, by a table with a row for every primitive."""

from .write import to_onnx

__all__ = ["to_onnx"]
