"""What a row of `cases.py` is made of: shapes, options, and the trials that follow.

Domains are those of `graphflow.testing.domains`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import mpmath
import numpy as np

import graphflow as gf
from graphflow.testing.domains import Domain

Shapes = tuple[tuple[int, ...], ...]  # one shape per operand


# ---- shapes and options -----------------------------------------------------------------------

UNARY: tuple[Shapes, ...] = tuple((shape,) for shape in [(2, 3), (), (1,), (3,), (0,), (2, 0)])
BINARY: tuple[Shapes, ...] = (
    ((2, 3), (2, 3)),
    ((), ()),
    ((1,), (1,)),
    ((3, 1), (1, 4)),
    ((), (3,)),
    ((2, 3), (3,)),
    ((2, 1), ()),
    ((0,), (1,)),
    ((2, 0), (2, 1)),
)
TERNARY: tuple[Shapes, ...] = (
    ((2, 3), (2, 3), (2, 3)),
    ((), (), ()),
    ((1,), (1,), (1,)),
    ((2, 1), (3,), ()),
    ((3,), (2, 1), (2, 3)),
    ((0,), (1,), ()),
)
NOT_EMPTY: tuple[Shapes, ...] = (((2, 3),), ((),), ((1,),), ((4,),), ((2, 1, 3),))
ALONG: tuple[Shapes, ...] = (((2, 3),), ((1,),), ((4,),), ((2, 1, 3),), ((2, 0),))

AXES = tuple(
    {"axis": axis, "keepdims": keepdims}
    for axis, keepdims in [
        (None, False),
        (0, True),
        (-1, False),
        (-1, True),
        ((0, 1), False),
        (None, True),
    ]
)
AXIS = tuple({"axis": axis} for axis in (-1, 0, 1))

FLOATS = (np.float64, np.float32)
INTS = (np.int64,)
BOOLS = (np.bool_,)


def rank_of(options: dict[str, Any]) -> int:
    """The least rank that an `axis` among the options asks for."""
    axis = options.get("axis")
    axes = axis if isinstance(axis, tuple) else () if axis is None else (axis,)
    return max((a + 1 if a >= 0 else -a for a in axes), default=0)


# ---- rows -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A row. `build` and `reference` take the operands, and the options of a trial by keyword."""

    op: str  # the name of the operation's class
    build: Callable[..., Any]
    reference: Callable[..., Any]
    operands: tuple[Domain, ...]
    shapes: tuple[Shapes, ...]
    options: tuple[dict[str, Any], ...] = ({},)
    dtypes: tuple[type, ...] = FLOATS  # of the operands that are reals
    others: tuple[type, ...] = ()  # further dtypes, for value, shape and dtype alone
    order: int = 2  # how often the gradient is checked
    twice: Domain | None = None  # where all operands may be the same node; default: the last one's
    needs_rank: bool = False  # building it takes operands of known rank
    needs_sizes: bool = False  # ... and of known sizes
    counts: bool = False  # how many entries there are is known only in a run

    def trials(self, *, others: bool = False) -> Iterator[Trial]:
        """Every combination of shapes and options that fits, in every dtype."""
        for dtype in self.dtypes + (self.others if others else ()):
            for shapes in self.shapes:
                for options in self.options:
                    if rank_of(options) <= max(map(len, shapes)):
                        yield Trial(self, shapes, options, dtype)


class Trial(NamedTuple):
    """A row with shapes, options and a dtype."""

    case: Case
    shapes: Shapes
    options: dict[str, Any]
    dtype: type

    def arrays(self, seed: int = 0) -> list[np.ndarray]:
        """Operands drawn from their domains."""
        rng = np.random.default_rng(seed)
        drawn = [d.draw(rng, s) for d, s in zip(self.case.operands, self.shapes, strict=True)]
        pairs = zip(self.case.operands, drawn, strict=True)
        return [np.asarray(a.astype(self.dtype) if d.kind == "f" else a) for d, a in pairs]

    def expected(self, arrays: list[np.ndarray]) -> np.ndarray:
        """What the reference says."""
        with np.errstate(all="ignore"):
            return np.asarray(self.case.reference(*arrays, **self.options))

    def __str__(self) -> str:
        shapes = " ".join(map(str, self.shapes))
        return f"{self.case.op} {shapes} {self.options or ''} {np.dtype(self.dtype)}"


def of_mpmath(function: Callable[[Any], Any]) -> Callable[[np.ndarray], np.ndarray]:
    """A function of mpmath with 60 digits, entry by entry."""

    def one(x: float) -> float:
        with mpmath.workdps(60):
            return float(function(mpmath.mpf(float(x))))

    return lambda x: np.vectorize(one, otypes=[np.float64])(x).astype(x.dtype)


def in_double(reference: Callable[..., Any]) -> Callable[..., Any]:
    """A reference of one operand that would lose digits in float32, computed in float64."""
    return lambda x: np.asarray(reference(x.astype(np.float64)), x.dtype)


def unary(op: str, build: Any, reference: Any, domain: Domain, **more: Any) -> Case:
    """The row of an elementwise operation of one operand."""
    return Case(op, build, reference, (domain,), more.pop("shapes", UNARY), **more)


def binary(op: str, build: Any, reference: Any, x: Domain, y: Domain, **more: Any) -> Case:
    """The row of an elementwise operation of two operands."""
    return Case(op, build, reference, (x, y), more.pop("shapes", BINARY), **more)


def reduction(op: str, build: Any, reference: Any, domain: Domain, **more: Any) -> Case:
    """The row of a reduction."""
    more.setdefault("options", AXES)
    return Case(
        op, build, reference, (domain,), more.pop("shapes", (*NOT_EMPTY, ((2, 0),))), **more
    )


def weighed_sum(y):
    """The sum of y's entries, each weighed by where it stands along every axis."""
    place = sum((axis + 1) * gf.cumsum(gf.ones_like(y), axis) for axis in range(len(y.shape)))
    return gf.sum((1.5 + gf.cos(place)) * y) if y.shape else 0.5 * y
