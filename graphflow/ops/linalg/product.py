"""Matrix products."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import shapes
from ...errors import ShapeError
from ...graph import Node, Operation
from ...primitives import Spec
from ...registry import RegisterGradient, functions
from ..array import expand_dims, matrix_transpose, reshape_like, squeeze, sum_to
from ..elementwise import multiply

_USE = "use a @ b, the matrix product with batch axes"

__all__ = ["AsMatrix", "Matmul", "dot", "matmul"]


class Matmul(Operation):
    def infer(self, *specs: Spec) -> Spec:
        try:
            return super().infer(*specs)
        except ShapeError as error:
            raise ShapeError(error.rule, error.hint or _way_out(*specs)) from None

    def compute(self, xp: Any, a: Any, b: Any) -> Any:
        return xp.matmul(a, b)


def _way_out(a: Spec, b: Spec) -> str:
    """Which transpose would make the product fit, if one does."""
    for name, spec, flipped in (("b", b, (a, _flipped(b))), ("a", a, (_flipped(a), b))):
        if spec.shape is not None and len(spec.shape) > 1 and _fits(*flipped):
            return f"transpose({name}) would fit: {_flipped(spec)}"
    return ""


def _flipped(spec: Spec) -> Spec:
    if spec.shape is None or len(spec.shape) < 2:
        return spec
    return Spec((*spec.shape[:-2], spec.shape[-1], spec.shape[-2]), spec.dtype)


def _fits(a: Spec, b: Spec) -> bool:
    try:
        shapes.matmul(a.shape, b.shape)
    except ShapeError:
        return False
    return True


@RegisterGradient("Matmul")
def _matmul_grad(op: Node, grad: Node) -> list[Node | None]:
    a, b = op.inputs
    A, B = as_matrix(a, "row"), as_matrix(b, "column")
    G = _between(grad, a, b, A, B)
    return [
        _undone(sum_to(G @ matrix_transpose(B), A), a),
        _undone(sum_to(matrix_transpose(A) @ G, B), b),
    ]


def _between(grad: Node, a: Node, b: Node, A: Node, B: Node) -> Node:
    """The cotangent of A @ B: that of a @ b with the axes back that vectors do not have."""
    if a.shape is None or b.shape is None:
        return reshape_like(grad, A @ B)
    if len(b.shape) == 1:
        grad = expand_dims(grad, -1)
    return expand_dims(grad, -2) if len(a.shape) == 1 else grad


def _undone(grad: Node, vector: Node) -> Node:
    """A gradient by the matrix made of `vector` as one by `vector` itself."""
    if vector.shape is None:
        return reshape_like(grad, vector)
    if len(vector.shape) > 1:
        return grad
    return squeeze(grad, 0) if grad.shape is not None and grad.shape[0] == 1 else squeeze(grad, 1)


class AsMatrix(Operation):
    """A vector as a matrix of one row or column, anything else as it is."""

    attributes = ("side",)

    side: str

    def infer(self, *specs: Spec) -> Spec:
        (x,) = specs
        if x.shape is None or len(x.shape) != 1:
            return x
        return Spec((1, *x.shape) if self.side == "row" else (*x.shape, 1), x.dtype)

    def compute(self, xp: Any, x: Any) -> Any:
        if x.ndim != 1:
            return xp.positive(x)
        return xp.expand_dims(x, 0 if self.side == "row" else 1)

    def expand(self) -> Node | None:
        return _as_matrix(self.inputs[0], self.side)


@RegisterGradient("AsMatrix")
def _as_matrix_grad(op: Node, grad: Node) -> Node:
    return reshape_like(grad, op.inputs[0])


def as_matrix(x: Node, side: str) -> Node:
    """A vector as a matrix of one row ("row") or one column ("column"), else x."""
    simple = _as_matrix(x, side)
    return AsMatrix(x, side=side) if simple is None else simple


def _as_matrix(x: Node, side: str) -> Node | None:
    if x.shape is None:
        return None
    return x if len(x.shape) != 1 else expand_dims(x, 0 if side == "row" else 1)


def matmul(a: Any, b: Any, name: str | None = None) -> Node:
    """a @ b by NumPy's rules: matrices in the last two axes, batch axes broadcast, a vector stands
    for a row on the left and a column on the right.

    Raises ShapeError for a scalar and where the inner sizes differ.
    """
    return Matmul(a, b, name=name)


def dot(a: Any, b: Any, name: str | None = None) -> Node:
    """The product of matrices or vectors a @ b; the product a * b where one is a scalar; of more
    axes, sums over the last of a and the last but one of b: `np.dot`.

    Raises ShapeError where the ranks that decide are not known.
    """
    rank_a, rank_b = (x.ndim if isinstance(x, Node) else np.ndim(x) for x in (a, b))
    if 0 in (rank_a, rank_b):
        return multiply(a, b, name=name)
    if None in (rank_a, rank_b) and rank_a != 1 and rank_b not in (1, 2):
        raise ShapeError("dot: means different things by rank, which is not known here", _USE)
    if rank_a is not None and rank_b is not None and rank_a > 1 and rank_b > 2:
        whole: Node = functions["tensordot"](a, b, axes=((-1,), (-2,)), name=name)
        return whole
    return matmul(a, b, name=name)
