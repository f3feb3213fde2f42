"""Parts of complex numbers, elementwise.

Gradients by complex numbers follow the convention of HIPS autograd: of a real function u of
z = x + iy it is du/dx - i du/dy. Rules of holomorphic functions are then those of real ones, with
no conjugate; the functions here are those that are not holomorphic.
"""

from __future__ import annotations

from typing import Any

from ...graph import Elementwise, Node
from ...registry import RegisterGradient
from .arithmetic import absolute, multiply, square
from .comparison import equal, not_equal

__all__ = [
    "Angle", "Conjugate", "Imag", "Real", "angle", "conj", "conjugate", "imag", "iscomplex",
    "isreal", "real",
]  # fmt: skip


def _is_complex(x: Node) -> bool:
    return x.dtype.kind == "c"


class Real(Elementwise):
    safe = True

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.real(x)


@RegisterGradient("Real")
def _real_grad(op: Node, grad: Node) -> Node:
    return grad


def real(val: Any, name: str | None = None) -> Node:
    """The real part, elementwise: of real numbers, themselves."""
    return Real(val, name=name)


class Imag(Elementwise):
    safe = True

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.imag(x)


@RegisterGradient("Imag")
def _imag_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    return grad * -1j if _is_complex(x) else grad * 0


def imag(val: Any, name: str | None = None) -> Node:
    """The imaginary part, elementwise: of real numbers, 0."""
    return Imag(val, name=name)


class Conjugate(Elementwise):
    safe = True

    def compute(self, xp: Any, x: Any) -> Any:
        return xp.conjugate(x)


@RegisterGradient("Conjugate")
def _conjugate_grad(op: Node, grad: Node) -> Node:
    return conjugate(grad)


def conjugate(x: Any, name: str | None = None) -> Node:
    """The number with the imaginary part negated, elementwise."""
    return Conjugate(x, name=name)


class Angle(Elementwise):
    def compute(self, xp: Any, x: Any) -> Any:
        return xp.angle(x)


@RegisterGradient("Angle")
def _angle_grad(op: Node, grad: Node) -> Node:
    (x,) = op.inputs
    if not _is_complex(x):
        return grad * 0
    return grad * (-1j * (conjugate(x) / square(absolute(x))))


def angle(z: Any, deg: bool = False, name: str | None = None) -> Node:
    """The angle of a complex number with the real axis, in radians (or degrees), elementwise.

    Its gradient at 0 is NaN.
    """
    if deg:
        return multiply(Angle(z), 57.29577951308232, name=name)
    return Angle(z, name=name)


def iscomplex(x: Any, name: str | None = None) -> Node:
    """Whether the imaginary part is not 0, elementwise. No gradient."""
    return not_equal(imag(x), 0, name=name)


def isreal(x: Any, name: str | None = None) -> Node:
    """Whether the imaginary part is 0, elementwise. No gradient."""
    return equal(imag(x), 0, name=name)


conj = conjugate
