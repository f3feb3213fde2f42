"""Equations of the largest entries of windows, and of gradients that go to them."""

from __future__ import annotations

from typing import Any

from .table import FLOATS, alike, is_number, parts, rule, same, turned


@rule("max_pool")
def pool_before(rec: Any, name: str, spec: Any, x: Any, window: Any, geometry: Any) -> Any:
    """max_pool(max(x, a)) = max(max_pool(x), a) for a number a, and max_pool(x + b) = max_pool(x)
    + b for b that is alike within windows"""
    if spec.dtype not in FLOATS:
        return None
    found = _clipped(rec, x)
    if found is not None:
        return rec.maximum(rec.max_pool(found[0], window, geometry), found[1])
    shifted = _shifted(rec, x)
    if shifted is not None:
        return rec.add(rec.max_pool(shifted[0], window, geometry), shifted[1])
    return None


def _clipped(rec: Any, x: Any) -> tuple[Any, Any] | None:
    """(y, a), if x is recorded as max(y, a) for a scalar a."""
    for y, a in turned(parts(rec, x, "maximum")):
        if same(y, x.spec) and not _shape(a):
            return y, a
    return None


def _shifted(rec: Any, x: Any) -> tuple[Any, Any] | None:
    """(y, b), if x is recorded as y + b for b that is alike at all places of an image."""
    for y, b in turned(parts(rec, x, "add")):
        wide = (1,) * (len(x.spec.shape) - len(_shape(b))) + _shape(b)
        if same(y, x.spec) and all(size == 1 for size in wide[1:-1]):
            return y, b
    return None


def _shape(x: Any) -> tuple[int, ...]:
    """The shape of a value or a Python number."""
    spec = getattr(x, "spec", None)
    return () if spec is None else spec.shape


@rule("masked")
def masked_before(rec: Any, name: str, spec: Any, x: Any, mask: Any) -> Any:
    """masked(to_largest(g, max(x, 0), top), max(x, 0) != 0) = to_largest(masked(g, top > 0), x, y)
    for top = max(y, 0)"""
    found, compared = parts(rec, x, "to_largest"), parts(rec, mask, "not_equal")
    if found is None or compared is None or not is_number(rec, compared[1], 0):
        return None
    grad, clipped, top, *windows = found
    inner, outer = _clipped(rec, clipped), _clipped(rec, top)
    if not alike(compared[0], clipped) or inner is None or outer is None:
        return None
    if not (is_number(rec, inner[1], 0) and is_number(rec, outer[1], 0)):
        return None
    taken = rec.masked(grad, rec.greater(top, 0))
    return rec.to_largest(taken, inner[0], outer[0], *windows)


@rule("to_largest")
def largest_of_shifted(
    rec: Any, name: str, spec: Any, grad: Any, x: Any, top: Any, window: Any, geometry: Any
) -> Any:
    """to_largest(g, x + b, max_pool(x) + b) = to_largest(g, x, max_pool(x)) for b as above"""
    inner, outer = _shifted(rec, x), _shifted(rec, top)
    pooled = None if outer is None else parts(rec, outer[0], "max_pool")
    if inner is None or outer is None or pooled is None or not alike(pooled[0], inner[0]):
        return None
    if pooled[1:] != [window, geometry] or not alike(inner[1], outer[1]):
        return None
    return rec.to_largest(grad, inner[0], outer[0], window, geometry)


@rule("sum")
def sum_to_largest(
    rec: Any, name: str, spec: Any, x: Any, axis: Any = None, keepdims: bool = False
) -> Any:
    """sum(to_largest(g, x, top)) = sum(g) over all places of an image, for g = masked(.., t > a)
    where t = max(top + b, 0) or max(top, 0), which is false where top is NaN"""
    found = parts(rec, x, "to_largest")
    rank = len(x.spec.shape)
    if found is None or not (axis is None or _covers(axis, rank)):
        return None
    taken = parts(rec, found[0], "masked")
    compared = None if taken is None else parts(rec, taken[1], "greater")
    clipped = None if compared is None else _clipped(rec, compared[0])
    if clipped is None:
        return None
    shifted = _shifted(rec, clipped[0])
    bases = [clipped[0]] if shifted is None else [clipped[0], shifted[0]]
    if not any(alike(found[2], base) for base in bases):
        return None
    return rec.sum(found[0], axis=axis)


def _covers(axis: Any, rank: int) -> bool:
    """Whether the axes are all spatial ones, with or without others."""
    return set(range(1, rank - 1)) <= {axis, *(axis if isinstance(axis, tuple) else ())}
