"""What may be wrong with a formula, told from its numbers beside the right ones.

Each cause is a function of a `Case` that gives a `Cause`, or None where it is not that one. All of
a case's points must show it. They are tried in the order of `CAUSES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from ..dtypes import Array
from ..shapes import show
from .numbers import close, number

Arrays = Sequence[Array]  # one per point


class Named(NamedTuple):
    """Right numbers with a name: another gradient, or one term of a sum."""

    name: str
    values: Arrays


class Case(NamedTuple):
    """A formula's numbers, the right ones, and what they can be compared with, per point."""

    claimed: Arrays
    right: Arrays
    scales: Sequence[float]  # what is not small at a point: the largest gradient there
    sizes: Sequence[tuple[float, str]] = ()  # numbers with a meaning, as (16, "the batch")
    others: Sequence[Named] = ()  # the right gradients by other nodes
    terms: Sequence[Named] = ()  # what each consumer of the node contributes
    arriving: Sequence[Named] = ()  # the right gradients by the consumers of the node


class Cause(NamedTuple):
    """What is wrong: a kind, and one line that says it. `factor` is right / claimed."""

    kind: str
    text: str
    factor: float | None = None


def cause(case: Case) -> Cause:
    """The first cause that explains the numbers; at least the worst entry."""
    found = (explain(case) for explain in CAUSES)
    return next((one for one in found if one is not None), None) or worst_entry(case)


def matches(claimed: Arrays, right: Arrays, scales: Sequence[float]) -> bool:
    """Whether the numbers are the same at all points, but for rounding."""
    return all(_same(*three) for three in zip(claimed, right, scales, strict=True))


def _same(a: Array, b: Array, scale: float) -> bool:
    return a.shape == b.shape and bool(np.all(close(a, b, scale)))


def _same_shape(case: Case) -> bool:
    pairs = zip(case.claimed, case.right, strict=True)
    return all(claimed.shape == right.shape for claimed, right in pairs)


def _becomes(case: Case, change: Callable[[Array], Array], target: Arrays | None = None) -> bool:
    """Whether changing the claimed numbers makes them the right ones (or others)."""
    right = case.right if target is None else target
    return matches([change(claimed) for claimed in case.claimed], right, case.scales)


def not_finite(case: Case) -> Cause | None:
    """NaN or infinity where the gradient is finite."""
    for claimed in case.claimed:
        lost = ~np.isfinite(claimed)
        if lost.any():
            index = tuple(map(int, np.argwhere(lost)[0]))
            text = f"it is {number(claimed[index])} at {_at(index)} where the gradient is finite"
            return Cause("not finite", text)
    return None


def missing_sum(case: Case) -> Cause | None:
    """The sum over the axes of a broadcast was left out (or a mean was taken of them)."""
    claimed, right = case.claimed[0], case.right[0]
    if claimed.size == right.size:
        return None
    for axes in _subsets(claimed.ndim):
        for keepdims in (False, True):
            summed = np.sum(claimed, axis=axes, keepdims=keepdims)
            if summed.shape != right.shape:
                continue
            if _becomes(case, lambda c, a=axes, k=keepdims: np.sum(c, axis=a, keepdims=k)):  # type: ignore[misc]
                which = f"axis {axes[0]}" if len(axes) == 1 else f"axes {axes}"
                return Cause(
                    "missing sum",
                    f"a sum over {which} is missing: it is {show(claimed.shape)}, the gradient "
                    f"{show(right.shape)}; what was broadcast forward is summed backward",
                )
    return None


def _subsets(rank: int) -> Iterator[tuple[int, ...]]:
    masks = sorted(product((False, True), repeat=rank), key=sum)
    return (tuple(i for i in range(rank) if mask[i]) for mask in masks if any(mask))


def transposed(case: Case) -> Cause | None:
    """Rows and columns are exchanged."""
    if any(c.ndim != 2 for c in case.claimed) or not _becomes(case, np.transpose):
        return None
    shapes = f"{show(case.claimed[0].shape)} for {show(case.right[0].shape)}"
    return Cause("transpose", f"it is the transpose of the gradient ({shapes})")


def other_shape(case: Case) -> Cause | None:
    """The right numbers in another shape, or a shape no gradient by this node can have."""
    if _same_shape(case):
        return None
    claimed, right = case.claimed[0], case.right[0]
    shapes = f"{show(claimed.shape)} for a gradient {show(right.shape)}"
    if claimed.size == right.size and _becomes(case, lambda c: c.reshape(right.shape)):
        return Cause("shape", f"the numbers are right, the shape is not: {shapes}")
    return Cause("shape", f"its shape is {shapes}: a gradient has the shape of what it is taken by")


def factor(case: Case) -> Cause | None:
    """A constant factor, or the sign."""
    ratios = [_ratio(*pair) for pair in zip(case.claimed, case.right, strict=True)]
    known = [ratio for ratio in ratios if ratio is not None]
    if len(known) < len(ratios) or not known[0]:
        return None
    k = known[0]
    numbers_seen = sum(right.size for right in case.right)
    if numbers_seen == 1 and not _is_whole(max(abs(k), 1 / abs(k))):
        return None  # one number is always some multiple of another
    if not matches([k * c for c in case.claimed], case.right, case.scales):
        return None
    if np.isclose(k, -1.0, rtol=1e-6):
        return Cause("sign", "the sign is wrong: it is minus the gradient", k)
    size = abs(k) if abs(k) > 1 else 1 / abs(k)
    side = "small" if abs(k) > 1 else "large"
    sign = ", and has the wrong sign" if k < 0 else ""
    return Cause("factor", f"it is too {side} by the factor {_meaning(size, case.sizes)}{sign}", k)


def _ratio(claimed: Array, right: Array) -> float | None:
    """right / claimed, if that is the same number everywhere."""
    below = float(np.vdot(claimed, claimed).real)
    with np.errstate(all="ignore"):
        ratio = float(np.vdot(claimed, right).real) / below if below else 0.0
    return ratio if np.isfinite(ratio) else None


def _is_whole(size: float) -> bool:
    return bool(np.isclose(size, round(size), rtol=1e-6))


def _meaning(size: float, sizes: Sequence[tuple[float, str]]) -> str:
    """`16.0 = the batch`."""
    rounded = round(size)
    plain = f"{float(rounded)}" if _is_whole(size) else f"{size:.6g}"
    for times, before in ((1.0, ""), (2.0, "2 x "), (0.5, "half ")):
        for value, name in sizes:
            if value > 1 and np.isclose(size, times * value, rtol=1e-6):
                return f"{plain} = {before}{name}"
    return plain + (" (the 2 of a square, or something counted twice?)" if rounded == 2 else "")


def wrong_axis(case: Case) -> Cause | None:
    """What arrives was summed over another axis than the one of the broadcast."""
    for name, values in case.arriving:
        for axis in range(values[0].ndim):
            sums = [np.sum(value, axis=axis) for value in values]
            if matches(case.claimed, sums, case.scales):
                return Cause(
                    "wrong axis",
                    f"it is d{name} summed over axis {axis}, which is not the axis along which "
                    "it was broadcast forward",
                )
    return None


def upside_down(case: Case) -> Cause | None:
    """A local derivative was turned over: g / J in place of g * J."""
    for name, values in case.others:
        squares = [value**2 for value in values]
        with np.errstate(all="ignore"):
            products = [c * r for c, r in zip(case.claimed, case.right, strict=True)]
        nontrivial = any(
            np.any(~close(v, r))
            for v, r in zip(values, case.right, strict=True)
            if v.shape == r.shape
        )
        if nontrivial and matches(products, squares, [s**2 for s in case.scales]):
            return Cause(
                "upside down",
                f"the local derivatives are upside down: it divides d{name} by what it should be "
                "multiplied with",
            )
    return None


def another_gradient(case: Case) -> Cause | None:
    """It is the gradient by another node."""
    for name, values in case.others:
        if matches(case.claimed, values, case.scales):
            return Cause(
                "another node",
                f"it is the gradient by {name!r}: a step is missing, or one array was changed "
                "in place under two names",
            )
    return None


def terms(case: Case) -> Cause | None:
    """A node with several consumers: a term of the sum is left out, or counted twice."""
    if not 2 <= len(case.terms) <= 4:
        return None
    for counts in product((0, 1, 2), repeat=len(case.terms)):
        weighed = [
            sum((n * term.values[p] for n, term in zip(counts, case.terms, strict=True)), 0.0 * r)
            for p, r in enumerate(case.right)
        ]
        if set(counts) != {1} and any(counts) and matches(case.claimed, weighed, case.scales):
            pairs = list(zip(counts, case.terms, strict=True))
            parts = [f"the term through {term.name!r} is missing" for n, term in pairs if n == 0]
            parts += [
                f"the term through {term.name!r} is there twice" for n, term in pairs if n == 2
            ]
            return Cause("terms", " and ".join(parts))
    return None


def signs(case: Case) -> Cause | None:
    """The sizes are right and some signs are not: |.| or sign(.) was forgotten."""
    if not _becomes(case, np.abs, [np.abs(right) for right in case.right]):
        return None
    claimed, right = case.claimed[0], case.right[0]
    wrong = int(np.sum(~close(claimed, right)))
    return Cause(
        "signs",
        f"the size is right, the sign is wrong at {wrong} of {right.size} entries: a sign(...) is "
        "missing, as from |...|",
    )


def unmasked(case: Case) -> Cause | None:
    """Right wherever the gradient is not 0: a mask was forgotten."""
    pairs = list(zip(case.claimed, case.right, strict=True))
    if not all(np.any(r != 0) and np.all(close(c, r) | (r == 0)) for c, r in pairs):
        return None
    where = [int(np.sum(~close(c, r))) for c, r in pairs]
    return Cause(
        "mask",
        f"it is right wherever the gradient is not 0, and not 0 at {max(where)} of "
        f"{case.right[0].size} entries where it should be: a factor such as 1(h > 0) is missing",
    )


def worst_entry(case: Case) -> Cause:
    """Where it is farthest off."""
    gaps = [np.abs(c - r) for c, r in zip(case.claimed, case.right, strict=True)]
    point = int(np.argmax([np.max(gap, initial=0.0) for gap in gaps]))
    index = tuple(map(int, np.unravel_index(np.argmax(gaps[point]), gaps[point].shape)))
    claimed, right = case.claimed[point], case.right[point]
    wrong = int(np.sum(~close(claimed, right, case.scales[point])))
    place = f" at {_at(index)}" if index else ""
    entries = f", wrong at {wrong} of {right.size} entries" if index else ""
    text = f"worst{place}: {number(claimed[index])} where {number(right[index])} is right{entries}"
    return Cause("values", text)


def _at(index: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, index))}]"


CAUSES: tuple[Callable[[Case], Cause | None], ...] = (
    not_finite, missing_sum, transposed, other_shape, factor, wrong_axis, terms, unmasked,
    another_gradient, upside_down, signs,
)  # fmt: skip
