"""Derivatives by a complex step, where all that is computed is analytic: nothing cancels in them.

f(x + ih) = f(x) + ih f'(x) - h**2 f''(x) / 2 ..., so the imaginary part over h is the derivative up
to h**2, and h can be as small as one likes.

Source: W. Squire and G. Trapp, Using complex variables to estimate derivatives of real functions,
SIAM Review 40 (1998).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..dtypes import Array
from ..graph import Node
from ..primitives import Spec
from ..program import record, specialize
from ..program.interpret import computed, leaves
from ..program.record import resolved

# The primitives whose NumPy functions are analytic continuations, imaginary parts near 0 included.
ANALYTIC = frozenset(
    "add arccos arccosh arcsin arcsinh arctan arctanh broadcast_to concatenate contiguous cos cosh "
    "cumprod cumsum det divide einsum exp expand_dims expm1 index index_add inv log log10 log1p "
    "log2 matmul mean multiply negative ones_like pad_zeros positive power prod put_along_axis_add "
    "reciprocal reshape sin sinh solve sqrt square squeeze stack subtract sum swapaxes "
    "take_along_axis tan tanh transpose tril triu where zeros_like".split()
)


def _arctan2(y: Array, x: Array) -> Array:
    """arctan(y / x), or the same angle by x / y, with the angle's own real part."""
    turned = np.where(np.abs(x) > np.abs(y), np.arctan(y / x), -np.arctan(x / y))
    return np.asarray(np.arctan2(np.real(y), np.real(x)) + 1j * np.imag(turned))


def _cbrt(x: Array) -> Array:
    sign = np.where(x.real < 0, -1.0, 1.0)
    return np.asarray(sign * np.power(sign * x, 1 / 3))


def _erf(x: Array) -> Array:
    import scipy.special

    return np.asarray(scipy.special.erf(x))


def _erfc(x: Array) -> Array:
    import scipy.special

    return np.asarray(scipy.special.erfc(x))


def _hypot(x: Array, y: Array) -> Array:
    size = np.maximum(np.abs(x), np.abs(y))
    return np.asarray(size * np.sqrt(np.square(x / size) + np.square(y / size)))


def _logaddexp(x: Array, y: Array) -> Array:
    """The same whichever is taken out."""
    more, less = np.where(np.real(x) > np.real(y), (x, y), (y, x))
    return np.asarray(more + np.log1p(np.exp(less - more)))


# Continuations of primitives whose NumPy functions are for real numbers alone.
CONTINUED: dict[str, Callable[..., Array]] = {
    "arctan2": _arctan2,
    "cbrt": _cbrt,
    "erf": _erf,
    "erfc": _erfc,
    "hypot": _hypot,
    "logaddexp": _logaddexp,
}
_STEP = 2.0**-100  # of what x is moved by elsewhere
_SMALLER = 2.0**-10  # a slope by a step so much smaller is the same one
_SAME = 2.0**-40


class ComplexStep:
    """Outputs `ys`, as their formulas stand, over leaves for which `feeds` has values like them."""

    def __init__(self, ys: Sequence[Node], feeds: Mapping[Node, Array]) -> None:
        specs = {leaf: Spec(np.shape(value), leaf.dtype) for leaf, value in feeds.items()}
        self._feeds = list(feeds)
        self._program = record(specialize(ys, specs, tables=()), optimize=False)

    def slopes(self, feeds: Mapping[Node, Array], x: Node, direction: Array) -> Array:
        """The derivatives of all outputs, in one axis, by x along a direction of its shape.

        NaN where something on the way is not analytic, and where smaller steps show something else.
        """
        arrays = [feeds[leaf] for leaf in self._feeds]
        place = next(i for i, leaf in enumerate(self._feeds) if leaf is x)
        found = []
        for step in (_STEP, _STEP * _SMALLER):
            moved = feeds[x] + 1j * step * direction
            found.append(self._outputs([*arrays[:place], moved, *arrays[place + 1 :]]).imag / step)
        same = np.abs(found[0] - found[1]) <= _SAME * np.abs(found[0])
        return np.where(same, found[0], np.nan)

    def _outputs(self, arrays: Sequence[Array]) -> Array:
        values: list[Any] = leaves(self._program, {}, arrays, np.zeros(2, np.uint64))
        for call in self._program.calls:
            moved = any(np.iscomplexobj(values[number]) for number in call.reads())
            if moved and call.name in CONTINUED:
                values[call.output] = CONTINUED[call.name](*resolved(call.args, values))
            elif moved and call.name not in ANALYTIC:
                return np.full(1, np.nan + 1j * np.nan)
            else:
                values[call.output] = computed(self._program, call, values)
        outputs = [np.ravel(values[number]) for number in self._program.wanted()]
        return np.concatenate(outputs).astype(np.complex128)
