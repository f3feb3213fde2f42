"""Sums of products over named or listed axes: einsum, and what it makes simple."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from string import ascii_letters
from typing import Any

from ... import shapes
from ...errors import DTypeError, ShapeError
from ...graph import Node, Operation
from ...registry import RegisterGradient
from ..array import as_nodes, expand_dims, ones_like, ravel, reshape, squeeze, stack
from ..compose.arranging import diagonal, trace
from ..compose.known import listed, rank_of, sizes_of
from ..elementwise import multiply
from ..reduction import sum
from .product import matmul
from .solving import conjugated

__all__ = [
    "Einsum", "cross", "einsum", "inner", "kron", "matrix_diagonal", "matrix_trace", "matvec",
    "multi_dot", "tensordot", "vdot", "vecdot", "vecmat",
]  # fmt: skip


class Einsum(Operation):
    """Sums of products; every operand's letters differ, and every letter stands on the left."""

    attributes = ("subscripts",)

    subscripts: str  # "ij,jk->ik"

    def compute(self, xp: Any, *arrays: Any) -> Any:
        return xp.einsum(self.subscripts, *arrays)


@RegisterGradient("Einsum")
def _einsum_grad(op: Einsum, grad: Node) -> list[Node | None]:
    left, _, out = op.subscripts.partition("->")
    terms = left.split(",")
    found: list[Node | None] = []
    for i, (term, x) in enumerate(zip(terms, op.inputs, strict=True)):
        names = [out, *terms[:i], *terms[i + 1 :]]
        nodes = [grad, *op.inputs[:i], *op.inputs[i + 1 :]]
        if not _spanned(term, x, names, nodes):
            names, nodes = [*names, term], [*nodes, ones_like(x)]
        found.append(Einsum(*nodes, subscripts=f"{','.join(names)}->{term}"))
    return found


def _spanned(term: str, x: Node, names: list[str], nodes: list[Node]) -> bool:
    """Whether every axis of x has its size in another operand: not if it was summed over in x
    alone, and not if the others were 1.
    """
    if x.shape is None:
        return False
    sizes = {
        (letter, size)
        for name, node in zip(names, nodes, strict=True)
        for letter, size in zip(name, node.shape or (), strict=False)
    }
    return all(
        size is not None and (letter, size) in sizes
        for letter, size in zip(term, x.shape, strict=True)
    )


def einsum(subscripts: Any, *operands: Any, name: str | None = None) -> Node:
    """The sum of products that `subscripts` describes, as "ij,jk->ik"; NumPy's rules.

    Without "->" the letters that stand once, in the order of the alphabet, are kept. "..." stands
    for axes that broadcast; ranks must be known then. A letter twice in one operand takes its
    diagonal; sizes must be known then. NumPy's form with lists of numbers for letters is understood
    too. Raises ShapeError where letters and axes do not fit.
    """
    if not isinstance(subscripts, str):
        subscripts, operands = _lettered(subscripts, *operands)
    nodes = as_nodes(*operands)
    text = subscripts.replace(" ", "")
    left, arrow, out = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(nodes):
        raise ShapeError(f"einsum: {subscripts!r} has {len(terms)} operands, got {len(nodes)}")
    if "..." in left:
        terms, lead = _without_dots(subscripts, terms, nodes)
        out = out.replace("...", lead) if arrow else lead + _once(terms, lead)
    elif not arrow:
        out = _once(terms, "")
    _check_letters(subscripts, terms, out)
    pairs = [_diagonals(t, x) for t, x in zip(terms, nodes, strict=True)]
    written = ",".join(term for term, _ in pairs)
    return Einsum(*[x for _, x in pairs], subscripts=f"{written}->{out}", name=name)


def _lettered(*given: Any) -> tuple[str, tuple[Any, ...]]:
    """NumPy's other form, operands each followed by a list of numbers, with letters for these."""
    pairs = list(zip(given[::2], given[1::2], strict=False))
    numbers = [numbers for _, numbers in pairs]
    if not pairs or not all(isinstance(n, Sequence) for n in numbers):
        raise DTypeError(f"einsum: the first argument is a string, not {given[0]!r}")
    out = [given[-1]] if len(given) % 2 else []

    def letters(axes: Any) -> str:
        return "".join(["..." if axis is Ellipsis else ascii_letters[axis] for axis in axes])

    text = ",".join(map(letters, numbers)) + "".join("->" + letters(axes) for axes in out)
    return text, tuple([operand for operand, _ in pairs])


def _once(terms: list[str], lead: str) -> str:
    letters = "".join(terms)
    return "".join(sorted(c for c in set(letters) - set(lead) if letters.count(c) == 1))


def _without_dots(given: str, terms: list[str], nodes: list[Node]) -> tuple[list[str], str]:
    """The terms with letters for the dots, and those of the widest dots."""
    counts = []
    for term, x in zip(terms, nodes, strict=True):
        if x.shape is None:
            raise ShapeError(f"einsum: the rank must be known for {given!r}: {x.describe()}")
        counts.append(len(x.shape) - len(term.replace("...", "")) if "..." in term else 0)
        if counts[-1] < 0:
            raise ShapeError(f"einsum: {term!r} has more letters than axes: {x.describe()}")
    free = [c for c in ascii_letters if c not in given]
    widest = sorted(counts)[-1]
    lead = "".join(free[:widest])
    found = [term.replace("...", lead[widest - n :]) for term, n in zip(terms, counts, strict=True)]
    return found, lead


def _check_letters(given: str, terms: list[str], out: str) -> None:
    letters = "".join(terms) + out
    if not all(c in ascii_letters for c in letters):
        raise ShapeError(f"einsum: {given!r} is not letters, commas and one arrow")
    unknown = [c for c in out if c not in "".join(terms)]
    if unknown or len(set(out)) != len(out):
        raise ShapeError(f"einsum: after the arrow of {given!r}, each letter once, all from before")


def _diagonals(term: str, x: Node) -> tuple[str, Node]:
    """An operand whose letters all differ: of a letter that stands twice, the diagonal."""
    for letter in dict.fromkeys(term):
        while term.count(letter) > 1:
            i = term.index(letter)
            j = term.index(letter, i + 1)
            x = diagonal(x, 0, i, j)
            term = term[:i] + term[i + 1 : j] + term[j + 1 :] + letter
    return term, x


def tensordot(a: Any, b: Any, axes: Any = 2, name: str | None = None) -> Node:
    """The sum of products over axes of a and b: the last and first `axes`, or two lists of them.

    What remains of a comes first. Raises ShapeError where the axes do not fit.
    """
    x, y = as_nodes(a, b)
    m, n = rank_of("tensordot", x), rank_of("tensordot", y)
    if isinstance(axes, Sequence):
        first, second = (
            [operator.index(i) for i in part] if isinstance(part, Sequence) else [part]
            for part in axes
        )
    else:
        count = operator.index(axes)
        first, second = list(range(m - count, m)), list(range(count))
    if len(first) != len(second):
        raise ShapeError(f"tensordot: {len(first)} axes of a for {len(second)} of b")
    left, right = list(ascii_letters[:m]), list(ascii_letters[m : m + n])
    for i, j in zip(first, second, strict=True):
        right[shapes.normalize_axis(j, n)] = left[shapes.normalize_axis(i, m)]
    out = [c for c in left + right if (c in left) != (c in right)]
    text = f"{''.join(left)},{''.join(right)}->{''.join(out)}"
    return Einsum(x, y, subscripts=text, name=name)


def inner(a: Any, b: Any, name: str | None = None) -> Node:
    """The sums of products over the last axes; the product where one is a scalar."""
    x, y = as_nodes(a, b)
    if 0 in (rank_of("inner", x), rank_of("inner", y)):
        return multiply(x, y, name=name)
    return tensordot(x, y, ((-1,), (-1,)), name=name)


def vdot(a: Any, b: Any, name: str | None = None) -> Node:
    """The sum of products of all entries of a, conjugated, and b."""
    x, y = as_nodes(a, b)
    x = conjugated(x)
    return Einsum(ravel(x), ravel(y), subscripts="a,a->", name=name)


def vecdot(x1: Any, x2: Any, axis: int = -1, name: str | None = None) -> Node:
    """The sums of products of x1, conjugated, and x2 along `axis`; the other axes broadcast."""
    x, y = as_nodes(x1, x2)
    return sum(multiply(conjugated(x), y), axis=operator.index(axis), name=name)


def kron(a: Any, b: Any, name: str | None = None) -> Node:
    """The Kronecker product: blocks of b, each times an entry of a. All sizes must be known."""
    x, y = as_nodes(a, b)
    rank = sorted([rank_of("kron", x), rank_of("kron", y)])[-1]
    sizes = [sizes_of("kron", node) for node in (x, y)]
    sizes = [(1,) * (rank - len(own)) + own for own in sizes]
    left = reshape(x, tuple([n for size in sizes[0] for n in (size, 1)]))
    right = reshape(y, tuple([n for size in sizes[1] for n in (1, size)]))
    whole = tuple([int(m) * int(n) for m, n in zip(*sizes, strict=True)])
    return reshape(left * right, whole, name=name)


def cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None,
    name: str | None = None,
) -> Node:  # fmt: skip
    """The cross products of vectors of 3 (or 2) components along an axis; others broadcast.

    Of two vectors of 2 components, the third component alone. Raises ShapeError for other sizes.
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    parts = []
    for value, place in zip(as_nodes(a, b), (axisa, axisb), strict=True):
        rank = rank_of("cross", value)
        at = shapes.normalize_axis(place, rank)
        size = value.shape[at] if value.shape is not None else None
        if size not in (2, 3):
            raise ShapeError(f"cross: vectors have 2 or 3 components: {value.describe()}")
        parts.append([value[(*[slice(None)] * at, i)] for i in range(int(size))])
    x, y = parts
    if len(x) == len(y) == 2:
        return x[0] * y[1] - x[1] * y[0]
    third = [p[2] if len(p) == 3 else p[0] * 0 for p in (x, y)]
    (x0, x1), (y0, y1), (x2, y2) = x[:2], y[:2], third
    rows = [x1 * y2 - x2 * y1, x2 * y0 - x0 * y2, x0 * y1 - x1 * y0]
    return stack(rows, axis=axisc, name=name)


def multi_dot(arrays: Sequence[Any], name: str | None = None) -> Node:
    """The matrix product of all arrays, in the order that costs least; all sizes must be known.

    The first may be a row vector, the last a column vector. Raises ShapeError where sizes differ.
    """
    nodes = listed("multi_dot", arrays)
    if len(nodes) < 2:
        raise ShapeError(f"multi_dot: two matrices or more, not {len(nodes)}")
    for i, x in enumerate(nodes):
        outermost = i in (0, len(nodes) - 1)
        if not shapes.is_known(x.shape) or x.ndim not in ((1, 2) if outermost else (2,)):
            raise ShapeError(f"multi_dot: matrices of known sizes: {x.describe()}")
    terms: list[str] = []
    place = 0
    for x in nodes:
        rank = rank_of("multi_dot", x)
        if rank == 1 and not terms:
            place -= 1
            terms.append(ascii_letters[place + 1])
        else:
            terms.append(ascii_letters[place : place + rank])
        place += 1
    return einsum(",".join(terms), *nodes, name=name)


def matrix_diagonal(x: Any, offset: int = 0, name: str | None = None) -> Node:
    """The entries [..., i, i + offset] of matrices, as the last axis (Array API: `diagonal`)."""
    return diagonal(x, offset, -2, -1, name=name)


def matrix_trace(x: Any, offset: int = 0, name: str | None = None) -> Node:
    """The sums of the diagonals of matrices: the Array API's `trace`."""
    return trace(x, offset, -2, -1, name=name)


def matvec(x1: Any, x2: Any, name: str | None = None) -> Node:
    """Matrices times vectors: the last axis of x2 is that of the vectors; others broadcast."""
    x, y = as_nodes(x1, x2)
    return squeeze(matmul(x, expand_dims(y, -1)), -1, name=name)


def vecmat(x1: Any, x2: Any, name: str | None = None) -> Node:
    """Vectors, conjugated, times matrices: the last axis of x1 is that of the vectors."""
    x, y = as_nodes(x1, x2)
    return squeeze(matmul(expand_dims(conjugated(x), -2), y), -2, name=name)
