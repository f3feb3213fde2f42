"""Convolutions of a program as products of matrices, in the way that is cheapest for their shapes.

The order of axes is (batch, ..., channels), or the same with the ends swapped: then windows of a
whole batch are copied at a time, and layers that follow need no transposes. A convolution that is
only pooled computes all outputs of a window of the pool together, from fewer and larger windows;
the largest is found along an axis of its own.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..primitives import Geometry
from ..shapes import is_known
from .algebra import FLOATS
from .columns import Product
from .convolution_costs import Way, cheapest
from .layouts import Again, are_swapped, swapped
from .program import Call, Program, Ref, refs, size

_CONVOLUTIONS = ("conv", "conv_input", "conv_kernel")


def with_cheap_convolutions(program: Program, recorder: Any) -> Program:
    """The same program with convolutions of floats as copies of windows and matrix products.

    It is recorded anew in `recorder`, which has the rules of `layouts`.
    Values are equal up to rounding. Convolutions in groups stay as they are.
    """
    if not any(call.name in _CONVOLUTIONS for call in program.calls):
        return program
    made = _Made(program, recorder)
    for call in program.calls:
        made.calls.begin(call)
        way = _WAYS.get(call.name)
        if way is None or not way(made, call):
            made.calls.again(call)
    return made.calls.closed()


class _Stack(NamedTuple):
    """A value by place in a block: (places, channels, *blocks, batch), and how it was made."""

    product: Product
    value: Any


class _Made:
    """What has become of the values of a program whose calls are made again."""

    def __init__(self, program: Program, recorder: Any) -> None:
        self.old = program
        self.rec = recorder
        self.calls = Again(program, recorder)
        self.readers = _readers(program)
        self.stacks: dict[int, _Stack] = {}
        self.ways: dict[Any, Way] = {}  # gradients go the way of the forward

    def shape(self, value: int) -> Any:
        return self.old.specs[value].shape

    def values(self, call: Call) -> list[Any]:
        """What stands for the operands of a call."""
        return [self.calls.value(arg.value) for arg in call.args if isinstance(arg, Ref)]

    def product(
        self, call: Call, x: tuple[int, ...], w: tuple[int, ...], block: tuple[int, ...] = ()
    ) -> Product | None:
        """How to make a call, of an input and kernels of these shapes; None: as it is."""
        geometry: Geometry = call.args[-1]
        spec = self.old.specs[call.output]
        specs = [spec, *[self.old.specs[arg.value] for arg in call.args[:2]]]
        if not all(is_known(s.shape) and size(s) and s.dtype == spec.dtype for s in specs):
            return None
        if geometry.groups > 1 or spec.dtype not in FLOATS:
            return None
        key = (x, w, geometry)
        if call.name == "conv" or key not in self.ways:
            given = self.calls.value(call.args[0].value)
            self.ways[key] = cheapest(x, w, geometry, block, are_swapped(self.rec, given))
        way = self.ways[key] if block else self.ways[key]._replace(block=())
        return Product(w[:-2], geometry, way)


def _readers(program: Program) -> dict[int, list[tuple[Call | None, int]]]:
    """The calls that read each value, with the place among their arguments; None for a result."""
    found: dict[int, list[tuple[Call | None, int]]] = {}
    for call in program.calls:
        for place, arg in enumerate(call.args):
            for value in refs([arg]):
                found.setdefault(value, []).append((call, place))
    for value in program.wanted():
        found.setdefault(value, []).append((None, -1))
    return found


# ---- for each name of a call: whether it has been made in another way ---------------------------


def _conv(made: _Made, call: Call) -> bool:
    x, w = (arg.value for arg in call.args[:2])
    product = made.product(call, made.shape(x), made.shape(w), _block(made, call))
    if product is None:
        return False
    found = product.outputs(made.rec, *made.values(call))
    if product.way.block:
        made.stacks[call.output] = _Stack(product, found)
    else:
        made.calls.becomes(call.output, found)
    return True


def _block(made: _Made, call: Call) -> tuple[int, ...]:
    """The window of the pool that alone reads a convolution, side by side; else nothing."""
    g = call.args[-1]
    ones = (1,) * len(g.strides)
    pools = [r for r, place in made.readers.get(call.output, []) if _pools(r, place)]
    if len(pools) != len(made.readers.get(call.output, [])) or not pools or pools[0] is None:
        return ()
    window, pool = pools[0].args[-2:]
    if any(r is None or r.args[-2:] != (window, pool) for r in pools):
        return ()
    aside = pool.strides == window and pool.dilation == ones and not any(map(any, pool.padding))
    return window if aside and g.strides == g.dilation == ones else ()


def _pools(call: Call | None, place: int) -> bool:
    return call is not None and (call.name, place) in (("max_pool", 0), ("to_largest", 1))


def _max_pool(made: _Made, call: Call) -> bool:
    stack = made.stacks.get(call.args[0].value)
    if stack is None:
        return False
    made.calls.becomes(call.output, swapped(made.rec, made.rec.max(stack.value, axis=0)))
    return True


def _to_largest(made: _Made, call: Call) -> bool:
    stack = made.stacks.get(call.args[1].value)
    if stack is None:
        return False
    rec, block = made.rec, stack.product.way.block
    grad, top = (made.calls.value(call.args[i].value) for i in (0, 2))
    found = rec.shares(swapped(rec, grad), stack.value, swapped(rec, top))
    made.stacks[call.output] = _Stack(stack.product, found)
    if not all(_takes_stack(made, r, at, stack) for r, at in made.readers.get(call.output, [])):
        ones, shape = (1,) * len(block), found.spec.shape
        apart = rec.reshape(found, (*block, *shape[1:]))
        whole = rec.overlap_add(apart, made.shape(call.output)[1:-1], block, ones)
        made.calls.becomes(call.output, swapped(rec, whole))
    return True


def _takes_stack(made: _Made, call: Call | None, place: int, stack: _Stack) -> bool:
    """Whether a reader of a gradient in blocks is of the convolution that they are outputs of."""
    if call is None or (call.name, place) not in (("conv_input", 0), ("conv_kernel", 1)):
        return False
    kernel = made.shape(call.args[1].value if call.name == "conv_input" else call.output)
    return (kernel[:-2], call.args[-1]) == (stack.product.window, stack.product.geometry)


def _conv_kernel(made: _Made, call: Call) -> bool:
    x, grad = (arg.value for arg in call.args[:2])
    shape = made.shape(call.output)
    product, given = _of_gradient(made, call, grad, 1, made.shape(x), shape)
    if product is None:
        return False
    found = product.by_kernel(made.rec, made.calls.value(x), given, shape)
    made.calls.becomes(call.output, found)
    return True


def _conv_input(made: _Made, call: Call) -> bool:
    grad, w = (arg.value for arg in call.args[:2])
    shape = made.shape(call.output)
    product, given = _of_gradient(made, call, grad, 0, shape, made.shape(w))
    if product is None:
        return False
    found = product.by_input(made.rec, given, made.calls.value(w), shape[1:-1])
    made.calls.becomes(call.output, found)
    return True


def _of_gradient(
    made: _Made, call: Call, grad: int, place: int, x: Any, w: Any
) -> tuple[Product | None, Any]:
    """How to make a gradient of a convolution, and what stands for what arrives: blocks, if any."""
    stack = made.stacks.get(grad)
    if stack is not None and _takes_stack(made, call, place, stack):
        return stack
    return made.product(call, x, w), made.calls.value(grad)


_WAYS = {
    "conv": _conv,
    "conv_input": _conv_input,
    "conv_kernel": _conv_kernel,
    "max_pool": _max_pool,
    "to_largest": _to_largest,
}
