"""A float32 network of two convolutions with pooling, on 64 images (W10)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import add, copyto, divide, dot, equal, exp, greater, log, maximum, multiply, subtract
from numpy.lib.stride_tricks import sliding_window_view

from ..problem import Problem, Step, Workload, aligned


def _network(ops: Any, parameters: Any, x: Any, labels: Any) -> Any:
    k1, b1, k2, b2, weights, bias = parameters
    h = ops.pool(ops.relu(ops.conv(x, k1) + b1))
    h = ops.pool(ops.relu(ops.conv(h, k2) + b2))
    return ops.cross_entropy(ops.reshape(h, (-1, 256)) @ weights + bias, labels)


def make(tiny: bool) -> Problem:
    """Random images of 28x28 and labels, in four batches."""
    rng = np.random.default_rng(10)
    n = 2 if tiny else 64
    shapes = [((5, 5, 1, 8), 25), ((5, 5, 8, 16), 200), ((256, 10), 256)]
    parameters: list[Any] = []
    for shape, inputs in shapes:
        parameters.append(rng.standard_normal(shape, np.float32) * np.float32(inputs**-0.5))
        parameters.append(np.zeros(shape[-1], np.float32))
    batches = []
    for _ in range(4):
        x = rng.standard_normal((n, 28, 28, 1), np.float32)
        batches.append((aligned(x), aligned(rng.integers(0, 10, n))))
    return Problem(_network, parameters, batches, rate=0.05)


class _Layer:
    """A convolution with 5x5 kernels, pooling by 2x2, bias and ReLU, which may come in this order.

    Arrays are (channels, height, width, batch). The four outputs that a pooled one is the largest
    of see a window of 6x6 inputs together, so they are four times the kernels, each one of 6x6 with
    zeros round it: one product over windows at every second place, whose results lie apart.
    """

    def __init__(self, kernel: Any, bias: Any, size: int, batch: int) -> None:
        f = np.float32
        _, _, channels, outputs = kernel.shape
        places = (size - 4) // 2
        self.kernel = kernel.copy()
        self.bias = bias.reshape(outputs, 1).copy()
        self.x, self.by_x = (np.zeros((channels, size, size, batch), f) for _ in range(2))
        view = sliding_window_view(self.x, (6, 6), (1, 2))[:, ::2, ::2]
        self.view = view.transpose(4, 5, 0, 1, 2, 3)
        self.windows = np.empty(self.view.shape, f)
        self.flat = self.windows.reshape(36 * channels, -1)
        count = self.flat.shape[1]
        self.big, self.by_big = (np.zeros((36 * channels, 4 * outputs), f) for _ in range(2))
        self.z, self.by_z = (np.empty((4, outputs, count), f) for _ in range(2))
        self.top, self.pair, self.y = (np.empty((outputs, count), f) for _ in range(3))
        self.out = self.y.reshape(outputs, places, places, batch)
        self.mask = np.empty((outputs, count), bool)
        self.ones, self.by_bias = np.ones((count, 1), f), np.empty((outputs, 1), f)
        self.parts, self.by_parts = (self._parts(b) for b in (self.big, self.by_big))
        self.by_windows = np.empty(self.windows.shape, f)
        self.back = [
            (self.by_x[:, i : i + 2 * places : 2, j : j + 2 * places : 2], self.by_windows[i, j])
            for i in range(6) for j in range(6)
        ]  # fmt: skip

    def _parts(self, big: Any) -> list[Any]:
        """Where the kernels are in four times 6x6."""
        split = big.reshape(6, 6, self.kernel.shape[2], 2, 2, -1)
        return [split[i : i + 5, j : j + 5, :, i, j] for i in (0, 1) for j in (0, 1)]

    def forward(self) -> None:
        """`out` from `x`."""
        copyto(self.windows, self.view)
        for part in self.parts:
            copyto(part, self.kernel)
        z, top, pair = self.z, self.top, self.pair
        dot(self.big.T, self.flat, z.reshape(self.big.shape[1], -1))
        maximum(z[0], z[1], out=top), maximum(z[2], z[3], out=pair), maximum(top, pair, out=top)
        add(top, self.bias, self.y), maximum(self.y, 0, out=self.y)

    def backward(self, grad: Any) -> None:
        """The update, for `grad` by `out` with the rate in it. Equal outputs do not occur here."""
        mask, by_z = self.mask, self.by_z.reshape(self.big.shape[1], -1)
        greater(self.y, 0, mask), multiply(grad, mask, grad)
        for z, by in zip(self.z, self.by_z, strict=True):
            equal(z, self.top, mask), multiply(grad, mask, by)
        dot(grad, self.ones, self.by_bias), subtract(self.bias, self.by_bias, self.bias)
        dot(self.flat, by_z.T, self.by_big)
        for part in self.by_parts:
            subtract(self.kernel, part, self.kernel)

    def backward_to_x(self) -> Any:
        """The gradient by `x`, after `backward`."""
        by_z = self.by_z.reshape(self.big.shape[1], -1)
        dot(self.big, by_z, self.by_windows.reshape(len(self.big), -1))
        self.by_x.fill(0)
        for place, part in self.back:
            add(place, part, place)
        return self.by_x


def by_hand(problem: Problem) -> Step:
    """The batch is the last axis throughout; the dense weights are kept in that order too."""
    feeds = problem.feeds()
    k1, b1, k2, b2, weights, bias = problem.parameters
    n, f = len(problem.batches[0][0]), np.float32
    first, second = _Layer(k1, b1, 28, n), _Layer(k2, b2, 12, n)
    # their inputs are (height, width, channels) in the formula, and (channels, height, width) here
    dense = weights.reshape(4, 4, 16, 10).transpose(3, 2, 0, 1).reshape(10, 256).copy()
    shift, by_dense, by_shift = bias[:, None].copy(), np.empty((10, 256), f), np.empty((10, 1), f)
    z, top, total, by_h = (np.empty(shape, f) for shape in ((10, n), n, n, (256, n)))
    h, scores, by_pooled = second.y.reshape(256, n), z.reshape(-1), by_h.reshape(16, -1)
    ones, column, columns = np.ones(n, f), np.ones((n, 1), f), np.arange(n)
    scale, image = np.array(problem.rate / n, f), first.x.reshape(784, n)

    def step() -> float:
        x, labels = next(feeds)
        copyto(image, x.reshape(n, 784).T)
        first.forward()
        copyto(second.x, first.out)
        second.forward()
        dot(dense, h, z), add(z, shift, z)
        maximum.reduce(z, 0, None, top), subtract(z, top, z)
        places = labels * n + columns
        chosen = dot(scores[places], ones)
        exp(z, z), add.reduce(z, 0, None, total), divide(z, total, z)
        scores[places] -= 1
        log(total, total)
        loss = (dot(total, ones) - chosen) / n
        multiply(z, scale, z)
        dot(dense.T, z, by_h), dot(z, h.T, by_dense), dot(z, column, by_shift)
        subtract(dense, by_dense, dense), subtract(shift, by_shift, shift)
        second.backward(by_pooled)
        first.backward(second.backward_to_x().reshape(8, -1))
        return loss

    def parameters() -> list[Any]:
        flat = dense.reshape(10, 16, 4, 4).transpose(2, 3, 1, 0).reshape(256, 10)
        convolutions = [first.kernel, first.bias[:, 0], second.kernel, second.bias[:, 0]]
        return [*convolutions, flat, shift[:, 0]]

    return Step(step, parameters)


WORKLOADS = [Workload("W10", "convnet, 64 images 28×28", make, {"numpy": by_hand})]
