"""The rows of convolutions and windows, against loops over every place."""

from itertools import product

import numpy as np
from trials import ANY, Case

from graphflow import ops
from graphflow.primitives import Geometry

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


def patches(window, g):
    def reference(x):
        *_, (counts, *_) = places(x.shape[1:-1], window, g)
        result = np.zeros((x.shape[0], *counts, *window, x.shape[-1]), x.dtype)
        for out, k, at, inside in places(x.shape[1:-1], window, g):
            if inside:
                result[(slice(None), *out, *k)] = x[(slice(None), *at)]
        return result.reshape(x.shape[0], *counts, -1, x.shape[-1])

    return reference


def unpatch(window, g):
    def reference(grad, like):
        result = np.zeros_like(like)
        for out, k, at, inside in places(like.shape[1:-1], window, g):
            if inside:
                number = np.ravel_multi_index(k, window)
                result[(slice(None), *at)] += grad[(slice(None), *out, number)]
        return result

    return reference


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
WINDOWS += [
    Case("Patches", lambda x: ops.nn.Patches(x, window=(2,), geometry=STEPPED, fill=0.0),
         patches((2,), STEPPED), (ANY,), (((2, 6, 2),),)),
    Case("Unpatch", lambda d, x: ops.nn.Unpatch(d, x, window=(2,), geometry=STEPPED),
         unpatch((2,), STEPPED), (ANY, ANY), (((2, 4, 2, 2), (2, 6, 2)),)),
    Case("Patches", lambda x: ops.nn.Patches(x, window=(2, 1), geometry=PLANE, fill=0.0),
         patches((2, 1), PLANE), (ANY,), (((1, 2, 3, 1),),)),
]  # fmt: skip
