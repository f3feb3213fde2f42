"""Comparisons, logic and tests of values, elementwise. None has a gradient."""

from __future__ import annotations

from typing import Any

from ...graph import Elementwise, Node
from ...registry import NotDifferentiable

__all__ = [
    "BitwiseAnd",
    "BitwiseOr",
    "BitwiseXor",
    "Equal",
    "Greater",
    "GreaterEqual",
    "Invert",
    "Isfinite",
    "Isinf",
    "Isnan",
    "LeftShift",
    "Less",
    "LessEqual",
    "LogicalAnd",
    "LogicalNot",
    "LogicalOr",
    "LogicalXor",
    "NotEqual",
    "RightShift",
    "Signbit",
    "bitwise_and",
    "bitwise_invert", "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "equal",
    "greater",
    "greater_equal",
    "invert",
    "isfinite",
    "isinf",
    "isnan",
    "left_shift",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "not_equal",
    "right_shift",
    "signbit",
]  # fmt: skip


class Equal(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.equal(x, y)


NotDifferentiable("Equal")


def equal(x: Any, y: Any, name: str | None = None) -> Node:
    """x == y, elementwise."""
    return Equal(x, y, name=name)


class NotEqual(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.not_equal(x, y)


NotDifferentiable("NotEqual")


def not_equal(x: Any, y: Any, name: str | None = None) -> Node:
    """x != y, elementwise."""
    return NotEqual(x, y, name=name)


class Less(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.less(x, y)


NotDifferentiable("Less")


def less(x: Any, y: Any, name: str | None = None) -> Node:
    """x < y, elementwise."""
    return Less(x, y, name=name)


class LessEqual(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.less_equal(x, y)


NotDifferentiable("LessEqual")


def less_equal(x: Any, y: Any, name: str | None = None) -> Node:
    """x <= y, elementwise."""
    return LessEqual(x, y, name=name)


class Greater(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.greater(x, y)


NotDifferentiable("Greater")


def greater(x: Any, y: Any, name: str | None = None) -> Node:
    """x > y, elementwise."""
    return Greater(x, y, name=name)


class GreaterEqual(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.greater_equal(x, y)


NotDifferentiable("GreaterEqual")


def greater_equal(x: Any, y: Any, name: str | None = None) -> Node:
    """x >= y, elementwise."""
    return GreaterEqual(x, y, name=name)


class LogicalAnd(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.logical_and(x, y)


NotDifferentiable("LogicalAnd")


def logical_and(x: Any, y: Any, name: str | None = None) -> Node:
    """Whether both are true (not zero), elementwise."""
    return LogicalAnd(x, y, name=name)


class LogicalOr(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.logical_or(x, y)


NotDifferentiable("LogicalOr")


def logical_or(x: Any, y: Any, name: str | None = None) -> Node:
    """Whether one or both are true (not zero), elementwise."""
    return LogicalOr(x, y, name=name)


class LogicalXor(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.logical_xor(x, y)


NotDifferentiable("LogicalXor")


def logical_xor(x: Any, y: Any, name: str | None = None) -> Node:
    """Whether exactly one is true (not zero), elementwise."""
    return LogicalXor(x, y, name=name)


class BitwiseAnd(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.bitwise_and(x, y)


NotDifferentiable("BitwiseAnd")


def bitwise_and(x: Any, y: Any, name: str | None = None) -> Node:
    """The bits set in both, of integers or booleans, elementwise."""
    return BitwiseAnd(x, y, name=name)


class BitwiseOr(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.bitwise_or(x, y)


NotDifferentiable("BitwiseOr")


def bitwise_or(x: Any, y: Any, name: str | None = None) -> Node:
    """The bits set in one or both, of integers or booleans, elementwise."""
    return BitwiseOr(x, y, name=name)


class BitwiseXor(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.bitwise_xor(x, y)


NotDifferentiable("BitwiseXor")


def bitwise_xor(x: Any, y: Any, name: str | None = None) -> Node:
    """The bits set in exactly one, of integers or booleans, elementwise."""
    return BitwiseXor(x, y, name=name)


class LogicalNot(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.logical_not(x)


NotDifferentiable("LogicalNot")


def logical_not(x: Any, name: str | None = None) -> Node:
    """Whether it is false (zero), elementwise."""
    return LogicalNot(x, name=name)


class Invert(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.invert(x)


NotDifferentiable("Invert")


def invert(x: Any, name: str | None = None) -> Node:
    """The bits flipped, of integers or booleans, elementwise."""
    return Invert(x, name=name)


class Isfinite(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.isfinite(x)


NotDifferentiable("Isfinite")


def isfinite(x: Any, name: str | None = None) -> Node:
    """Whether it is neither infinite nor NaN, elementwise."""
    return Isfinite(x, name=name)


class Isinf(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.isinf(x)


NotDifferentiable("Isinf")


def isinf(x: Any, name: str | None = None) -> Node:
    """Whether it is infinite, elementwise."""
    return Isinf(x, name=name)


class Isnan(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.isnan(x)


NotDifferentiable("Isnan")


def isnan(x: Any, name: str | None = None) -> Node:
    """Whether it is NaN, elementwise."""
    return Isnan(x, name=name)


bitwise_invert = bitwise_not = invert


class LeftShift(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.left_shift(x, y)


NotDifferentiable("LeftShift")


def left_shift(x: Any, y: Any, name: str | None = None) -> Node:
    """x * 2**y of integers, elementwise, bit by bit. No gradient."""
    return LeftShift(x, y, name=name)


class RightShift(Elementwise):
    def compute(self, xp: Any, x: Any, y: Any) -> Any:
        return xp.right_shift(x, y)


NotDifferentiable("RightShift")


def right_shift(x: Any, y: Any, name: str | None = None) -> Node:
    """floor(x / 2**y) of integers, elementwise, bit by bit. No gradient."""
    return RightShift(x, y, name=name)


class Signbit(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.signbit(x)


NotDifferentiable("Signbit")


def signbit(x: Any, name: str | None = None) -> Node:
    """Whether x is negative or -0.0, elementwise. No gradient."""
    return Signbit(x, name=name)


bitwise_left_shift, bitwise_right_shift = left_shift, right_shift
