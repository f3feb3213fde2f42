"""The rows of convolutions and windows, against loops over every place."""

from itertools import product

import numpy as np
from trials import Case

from graphflow import ops
from graphflow.primitives import Geometry
from graphflow.testing.domains import ANY, distinct

PLAIN = Geometry((1,), ((0, 0),), (1,))
STEPPED = Geometry((2,), ((1, 2),), (2,))
PLANE = Geometry((1, 2), ((1, 0), (0, 1)), (1, 1))
GROUPED = Geometry((1,), ((1, 1),), (1,), 2)


def places(sizes, window, g):
    """Every window's place with the entries of the input that it covers, one by one."""
    reach = [d * (k - 1) + 1 for d, k in zip(g.dilation, window, strict=True)]
    counts = [
        (n + a + b - r) // s + 1
        for n, (a, b), r, s in zip(sizes, g.padding, reach, g.strides, strict=True)
    ]
    for out in product(*map(range, counts)):
        for k in product(*map(range, window)):
            at = tuple(
                o * s + i * d - a
                for o, s, i, d, (a, _) in zip(out, g.strides, k, g.dilation, g.padding, strict=True)
            )
            inside = all(0 <= i < n for i, n in zip(at, sizes, strict=True))
            yield out, k, at, inside
    yield tuple(counts), None, None, False  # at last: how many there are


def terms(x_shape, w_shape, g):
    """(output, kernel and input places with their channels) of every product."""
    *window, inside, outside = w_shape
    per_group = outside // g.groups
    for out, k, at, is_inside in places(x_shape[1:-1], window, g):
        if not is_inside:
            continue
        for n, o, c in product(range(x_shape[0]), range(outside), range(inside)):
            yield (n, *out, o), (*k, c, o), (n, *at, (o // per_group) * inside + c)


def out_shape(x_shape, w_shape, g):
    *_, (counts, *_) = places(x_shape[1:-1], w_shape[:-2], g)
    return (x_shape[0], *counts, w_shape[-1])


def conv(g):
    def reference(x, w):
        result = np.zeros(out_shape(x.shape, w.shape, g), x.dtype)
        for out, k, at in terms(x.shape, w.shape, g):
            result[out] += x[at] * w[k]
        return result

    return reference


def conv_input(g):
    def reference(grad, w, like):
        result = np.zeros_like(like)
        for out, k, at in terms(like.shape, w.shape, g):
            result[at] += grad[out] * w[k]
        return result

    return reference


def conv_kernel(g):
    def reference(x, grad, like):
        result = np.zeros_like(like)
        for out, k, at in terms(x.shape, like.shape, g):
            result[k] += x[at] * grad[out]
        return result

    return reference


def entries(x, window, g):
    """For every window and channel its entries, and for each of them where it is in x."""
    for out, _, at, inside in places(x.shape[1:-1], window, g):
        for n, c in product(range(x.shape[0]), range(x.shape[-1])):
            if inside:
                yield (n, *out, c), (n, *at, c)


def pooled(x, window, g, reduce):
    found = {}
    for out, at in entries(x, window, g):
        found.setdefault(out, []).append(x[at])
    *_, (counts, *_) = places(x.shape[1:-1], window, g)
    result = np.zeros((x.shape[0], *counts, x.shape[-1]), x.dtype)
    for out, values in found.items():
        result[out] = reduce(values)
    return result


def max_pool(window, g):
    return lambda x: pooled(x, window, g, max)


def sum_pool(window, g):
    return lambda x: pooled(x, window, g, sum)


def to_largest(window, g):
    def reference(grad, x):
        top, result = max_pool(window, g)(x), np.zeros_like(x)
        ties = np.zeros(top.shape)
        for out, at in entries(x, window, g):
            ties[out] += x[at] == top[out]
        for out, at in entries(x, window, g):
            result[at] += grad[out] / ties[out] if x[at] == top[out] else 0
        return result

    return reference


def of_largest(window, g):
    def reference(grad, x):
        top = max_pool(window, g)(x)
        found = {}
        for out, at in entries(x, window, g):
            if x[at] == top[out]:
                found.setdefault(out, []).append(grad[at])
        result = np.zeros_like(top)
        for out, values in found.items():
            result[out] = np.mean(values)
        return result

    return reference


def spread(window, g):
    def reference(grad, like):
        result = np.zeros_like(like)
        for out, at in entries(like, window, g):
            result[at] += grad[out]
        return result

    return reference


def largest(op, window, g):
    """An operation on the largest of x, given x."""
    return lambda d, x: op(d, x, ops.nn.MaxPool(x, window=window, geometry=g), window=window,
                           geometry=g)  # fmt: skip


# a geometry, the input's shape, the kernel's
SIZES = [
    (PLAIN, (2, 5, 2), (3, 2, 2)),
    (STEPPED, (1, 6, 1), (2, 1, 2)),
    (PLANE, (1, 2, 3, 1), (2, 2, 1, 1)),
    (GROUPED, (1, 3, 4), (2, 2, 2)),
]
WINDOWS = []
for g, x, w in SIZES:
    out = out_shape(x, w, g)
    WINDOWS += [
        Case("Conv", lambda x, w, g=g: ops.nn.Conv(x, w, geometry=g), conv(g), (ANY, ANY),
             ((x, w),)),
        Case("ConvInput", lambda d, w, like, g=g: ops.nn.ConvInput(d, w, like, geometry=g),
             conv_input(g), (ANY, ANY, ANY), ((out, w, x),)),
        Case("ConvKernel", lambda x, d, like, g=g: ops.nn.ConvKernel(x, d, like, geometry=g),
             conv_kernel(g), (ANY, ANY, ANY), ((x, out, w),)),
    ]  # fmt: skip
ASIDE = Geometry((2, 2), ((0, 0), (0, 0)), (1, 1))
# a geometry, a window, the input's shape, that of the result
POOLS = [
    (STEPPED, (2,), (2, 6, 2), (2, 4, 2)),
    (PLANE, (2, 1), (1, 2, 3, 1), (1, 2, 2, 1)),
    (ASIDE, (2, 2), (1, 4, 5, 1), (1, 2, 2, 1)),
]
for g, window, x, out in POOLS:
    WINDOWS += [
        Case("MaxPool", lambda x, k=window, g=g: ops.nn.MaxPool(x, window=k, geometry=g),
             max_pool(window, g), (distinct(),), ((x,),)),
        Case("ToLargest", largest(ops.nn.ToLargest, window, g), to_largest(window, g),
             (ANY, distinct()), ((out, x),)),
        Case("OfLargest", largest(ops.nn.OfLargest, window, g), of_largest(window, g),
             (ANY, distinct()), ((x, x),)),
        Case("SumPool", lambda x, k=window, g=g: ops.nn.SumPool(x, window=k, geometry=g),
             sum_pool(window, g), (ANY,), ((x,),)),
        Case("Spread", lambda d, x, k=window, g=g: ops.nn.Spread(d, x, window=k, geometry=g),
             spread(window, g), (ANY, ANY), ((out, x),)),
    ]  # fmt: skip
