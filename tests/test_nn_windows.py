"""Convolutions and pooling against sums over windows, and against SciPy."""

import numpy as np
import pytest
import scipy.signal
from cases_windows import conv
from test_nn import run

import graphflow as gf
from graphflow import nn
from graphflow.primitives import Geometry
from graphflow.testing import check_gradients

RNG = np.random.default_rng(2)


# ---- convolutions -----------------------------------------------------------------------------


@pytest.mark.parametrize("strides", [1, 2, (1, 3)])
@pytest.mark.parametrize("padding", ["SAME", "VALID", 1, ((2, 0), (1, 1))])
@pytest.mark.parametrize("groups", [1, 2])
def test_convolutions_are_sums_over_windows(strides, padding, groups):
    x, w = RNG.normal(size=(2, 5, 6, 4)), RNG.normal(size=(3, 2, 4 // groups, 2))
    y = nn.conv2d(x, w, strides, padding, groups=groups)
    steps = (strides,) * 2 if isinstance(strides, int) else strides
    if padding == "SAME":
        total = [max(0, (-(-n // s) - 1) * s + k - n) for n, s, k in zip((5, 6), steps, (3, 2))]  # noqa: B905
        pads = tuple((t // 2, t - t // 2) for t in total)
        assert y.shape[1:3] == tuple(-(-n // s) for n, s in zip((5, 6), steps, strict=True))
    else:
        pads = {"VALID": ((0, 0),) * 2, 1: ((1, 1),) * 2}.get(padding, padding)
    wanted = conv(Geometry(steps, pads, (1, 1), groups))(x, w)
    assert y.shape == wanted.shape
    np.testing.assert_allclose(run(y), wanted, rtol=1e-12, atol=1e-13)


def test_a_plain_convolution_is_scipys_correlation():
    x, w = RNG.normal(size=(9, 8)), RNG.normal(size=(3, 4))
    y = nn.conv2d(x[None, :, :, None], w[:, :, None, None])
    np.testing.assert_allclose(
        run(y)[0, :, :, 0], scipy.signal.correlate(x, w, "valid"), rtol=1e-12
    )


def test_channels_may_come_first():
    x, w = RNG.normal(size=(2, 3, 5, 4)), RNG.normal(size=(2, 2, 3, 6))
    first = run(nn.conv2d(x, w, data_format="NCHW"))
    last = run(nn.conv2d(np.moveaxis(x, 1, -1), w))
    np.testing.assert_array_equal(first, np.moveaxis(last, -1, 1))


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("padding", ["SAME", "VALID", 1])
def test_a_transposed_convolution_is_the_transpose(rank, padding):
    forth, back = [getattr(nn, f"{name}{rank}d") for name in ("conv", "conv_transpose")]
    w = RNG.normal(size=(*(3, 2, 3)[:rank], 2, 3))
    u = RNG.normal(size=(1, *(4, 3, 2)[:rank], 3))
    v = back(u, w, 2, padding)
    x = RNG.normal(size=v.shape)
    y = forth(x, w, 2, padding)
    assert y.shape == u.shape
    np.testing.assert_allclose(run(gf.sum(y * u)), run(gf.sum(v * x)), rtol=1e-12)


def test_a_network_of_unknown_batch_has_its_gradients():
    x = gf.placeholder((None, 6, 6, 1))
    w, v = gf.Variable(RNG.normal(size=(3, 3, 1, 2))), gf.Variable(RNG.normal(size=(2, 2, 2, 3)))
    h = nn.max_pool(nn.gelu(nn.conv2d(x, w, padding="SAME")), 2)
    y = gf.mean(gf.square(nn.conv2d(h, v)), axis=(1, 2))
    assert y.shape == (None, 3)
    assert check_gradients(y, [w, v, x], {x: RNG.normal(size=(2, 6, 6, 1))}, order=1)


# ---- pooling ----------------------------------------------------------------------------------


def pooled(x, window, strides, reduce):
    counts = [(n - window) // strides + 1 for n in x.shape[1:3]]
    return np.array([
        [[reduce(image[i * strides:i * strides + window, j * strides:j * strides + window], (0, 1))
          for j in range(counts[1])] for i in range(counts[0])] for image in x
    ])  # fmt: skip


@pytest.mark.parametrize(("window", "strides"), [(2, 2), (3, 1), (2, 3)])
def test_pooling_is_that_of_windows(window, strides):
    x = RNG.normal(size=(2, 6, 7, 3))
    for pool, reduce in ((nn.max_pool, np.max), (nn.avg_pool, np.mean)):
        np.testing.assert_allclose(
            run(pool(x, window, strides)), pooled(x, window, strides, reduce), rtol=1e-14
        )
    node = gf.placeholder(x.shape)
    assert check_gradients(nn.avg_pool(node, window, strides, "SAME"), node, {node: x}, order=1)


def test_what_lies_outside_counts_for_nothing():
    x = -np.ones((1, 3, 1))
    np.testing.assert_array_equal(run(nn.max_pool(x, 2, 2, "SAME")).ravel(), [-1, -1])
    np.testing.assert_array_equal(run(nn.avg_pool(x, 2, 2, "SAME")).ravel(), [-1, -1])
    with_zeros = nn.avg_pool(x, 2, 2, "SAME", count_include_pad=True)
    np.testing.assert_array_equal(run(with_zeros).ravel(), [-1, -0.5])


def test_ties_in_a_window_share_the_gradient_and_a_nan_gets_none():
    x = gf.placeholder((1, 8, 1))
    y = nn.max_pool(x, 2)
    (slope,) = gf.gradients(y, x, np.array([6.0, 8, 10, 12])[None, :, None])
    value = np.array([1.0, 1, 2, 3, np.nan, 0, -np.inf, -np.inf])[None, :, None]
    np.testing.assert_array_equal(run(slope, {x: value}).ravel(), [3, 3, 0, 8, 0, 0, 6, 6])
    (slope,) = gf.gradients(nn.max_pool(x, 3, 1), x)
    np.testing.assert_allclose(
        run(slope, {x: np.array([1.0, 1, 1, 0, 2, 2, 0, 0])[None, :, None]}).ravel(),
        [1 / 3, 5 / 6, 5 / 6, 0, 2, 2, 0, 0],
    )


def test_integers_are_pooled():
    x = np.array([[3, 1, -5, 7, 2]]).T[None]
    largest = nn.max_pool(x, 2, 2, "SAME")
    assert largest.dtype == np.int64
    np.testing.assert_array_equal(run(largest).ravel(), [3, 7, 2])
    np.testing.assert_array_equal(run(nn.avg_pool(x, 2, 2, "SAME")).ravel(), [2, 1, 2])
    small = np.full((1, 4, 1), 100, np.int8)
    np.testing.assert_array_equal(run(nn.avg_pool(small, 2)).ravel(), [100, 100])


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_adaptive_pooling_divides_as_pytorchs(count):
    x = RNG.normal(size=(2, 5, 3))
    ranges = [(i * 5 // count, -(-(i + 1) * 5 // count)) for i in range(count)]
    for pool, reduce in ((nn.adaptive_max_pool, np.max), (nn.adaptive_avg_pool, np.mean)):
        wanted = np.stack([reduce(x[:, a:b], axis=1) for a, b in ranges], axis=1)
        np.testing.assert_allclose(run(pool(x, count)), wanted, rtol=1e-14)
        node = gf.placeholder(x.shape)
        assert check_gradients(pool(node, count), node, {node: x}, order=1)
