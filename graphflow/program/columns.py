"""Windows as columns of a matrix, and the products of such matrices that convolutions are.

Columns are (entries of a window, places): places in rows where the ends of an array are swapped,
which is then (channels, ..., batch). With a block, all outputs in it are computed together: by one
kernel for each of them, with zeros round it, on windows that cover what all of them see.
"""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

from ..primitives import Geometry
from ..primitives.windows import places, within
from .convolution_costs import Way
from .layouts import in_order, swapped
from .program import nbytes

_KEPT = 1 << 25  # bytes of columns that are kept for a gradient and not copied again


class Product(NamedTuple):
    """A convolution as products of matrices: what moves, and in which way."""

    window: tuple[int, ...]
    geometry: Geometry
    way: Way

    def outputs(self, rec: Any, x: Any, w: Any) -> Any:
        """The convolution; blocked: (outputs in a block, channels, *blocks, batch)."""
        columns, counts = self._columns(rec, x)
        kernel = self._kernel(rec, w)
        if not self.way.swapped:
            return rec.reshape(rec.matmul(columns, kernel), (*counts, w.spec.shape[-1]))
        found = rec.matmul(rec.transpose(kernel, (1, 0)), columns)
        if self.way.block:
            return rec.reshape(found, (prod(self.way.block), w.spec.shape[-1], *counts))
        return swapped(rec, rec.reshape(found, (w.spec.shape[-1], *counts)))

    def by_kernel(self, rec: Any, x: Any, grad: Any, shape: tuple[int, ...]) -> Any:
        """The gradient by the kernel, which has that shape."""
        columns, _ = self._columns(rec, x)
        rows = self._grad(rec, grad)
        if not self.way.swapped:
            columns, rows = rec.transpose(columns, (1, 0)), rec.transpose(rows, (1, 0))
        if columns.spec.shape[0] >= rows.spec.shape[0]:  # the longer side first
            found = rec.matmul(columns, rec.transpose(rows, (1, 0)))
        else:
            found = rec.transpose(rec.matmul(rows, rec.transpose(columns, (1, 0))), (1, 0))
        return self._unblocked(rec, found, shape)

    def by_input(self, rec: Any, grad: Any, w: Any, sizes: tuple[int, ...]) -> Any:
        """The gradient by the input, which has these sizes."""
        g, (seen, strides) = self.geometry, self._seen()
        parts = self._parts(rec, grad, w)
        whole = tuple([a + n + b for n, (a, b) in zip(sizes, g.padding, strict=True)])
        if prod(seen) == 1 and strides == (1,) * len(sizes):
            total = rec.reshape(parts, parts.spec.shape[len(sizes) :])
        else:
            total = rec.overlap_add(parts, whole, strides, g.dilation)
        if whole != sizes:
            total = rec.index(total, within(sizes, g.padding))
        return swapped(rec, total) if self.way.swapped else total

    def _parts(self, rec: Any, grad: Any, w: Any) -> Any:
        """The gradient by every entry of a window: (*window, first, *places, last)."""
        rows, inside = self._grad(rec, grad), w.spec.shape[-2]
        if self.way.swapped:
            shape = grad.spec.shape
            counts = shape[2:] if self.way.block else (*shape[1:-1], shape[0])
            parts = rec.matmul(self._kernel(rec, w), rows)
            return rec.reshape(parts, (*self._seen()[0], inside, *counts))
        each = rec.reshape(w, (prod(self.window), *w.spec.shape[-2:]))
        parts = rec.matmul(rows, rec.transpose(each, (0, 2, 1)))
        return rec.reshape(parts, (*self.window, *grad.spec.shape[:-1], inside))

    # ---- parts ------------------------------------------------------------------------------

    def _seen(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The window that the outputs of a block see together, and its steps."""
        if not self.way.block:
            return self.window, self.geometry.strides
        return tuple([k + b - 1 for k, b in zip(self.window, self.way.block, strict=True)]), (
            self.way.block
        )

    def _columns(self, rec: Any, x: Any) -> tuple[Any, tuple[int, ...]]:
        """The columns of x, or rows if no ends are swapped; how many places there are."""
        g, rank = self.geometry, len(self.window)
        x = swapped(rec, x) if self.way.swapped else x
        if any(map(any, g.padding)):
            x = rec.pad_zeros(x, ((0, 0), *g.padding, (0, 0)))
        x = in_order(rec, x)
        window, strides = self._seen()
        if prod(window) == 1 and strides == (1,) * rank:
            shape = x.spec.shape
            rows = (shape[0], -1) if self.way.swapped else (-1, shape[-1])
            return rec.reshape(x, rows), shape[1:] if self.way.swapped else shape[:-1]
        view = rec.windows(x, window, strides, g.dilation)
        counts = view.spec.shape[rank + 1 : -1]
        if self.way.swapped:
            columns = _copied(rec, view)
            entries = prod(window) * x.spec.shape[0]
            return rec.reshape(columns, (entries, -1)), (*counts, x.spec.shape[-1])
        order = (*range(rank, 2 * rank + 1), *range(rank), 2 * rank + 1)
        rows = _copied(rec, rec.transpose(view, order))
        entries = prod(window) * x.spec.shape[-1]
        return rec.reshape(rows, (-1, entries)), (x.spec.shape[0], *counts)

    def _kernel(self, rec: Any, w: Any) -> Any:
        """The kernels as a matrix: (entries of a window, outputs), of a whole block if there is."""
        block, rank = self.way.block, len(self.window)
        shape = w.spec.shape
        if not block:
            return rec.reshape(w, (prod(shape[:-1]), shape[-1]))
        wide = rec.transpose(w, (rank, *range(rank), rank + 1))
        wide = rec.pad_zeros(wide, ((0, 0), *[(b - 1, b - 1) for b in block], (0, 0)))
        moved = rec.windows(wide, block, (1,) * rank, (1,) * rank)
        moved = rec.index(moved, (slice(None, None, -1),) * rank + (Ellipsis,))
        order = (*range(rank + 1, 2 * rank + 1), rank, *range(rank), 2 * rank + 1)
        kernels = rec.contiguous(rec.transpose(moved, order))
        return rec.reshape(kernels, (prod(self._seen()[0]) * shape[-2], prod(block) * shape[-1]))

    def _unblocked(self, rec: Any, found: Any, shape: tuple[int, ...]) -> Any:
        """The gradient by the kernel from that by the matrix: what `_kernel` does, transposed."""
        block = self.way.block
        if not block:
            return rec.reshape(found, shape)
        apart = rec.reshape(found, (*self._seen()[0], shape[-2], *block, shape[-1]))
        total = None
        for place in places(block):
            inner = [slice(b, b + k) for b, k in zip(place, self.window, strict=True)]
            part = rec.index(apart, (*inner, slice(None), *place, slice(None)))
            total = part if total is None else rec.add(total, part)
        return total

    def _grad(self, rec: Any, grad: Any) -> Any:
        """What arrives at the outputs as a matrix: (outputs, places), or the other way round."""
        shape = grad.spec.shape
        if self.way.block:
            return rec.reshape(grad, (shape[0] * shape[1], -1))
        if self.way.swapped:
            return rec.reshape(in_order(rec, swapped(rec, grad)), (shape[-1], -1))
        return rec.reshape(in_order(rec, grad), (-1, shape[-1]))


def _copied(rec: Any, view: Any) -> Any:
    """The entries of windows, made once more for a gradient where they would take much memory."""
    copy = rec.contiguous(view)
    if nbytes(copy.spec) > _KEPT:
        rec.forget(copy)
    return copy
