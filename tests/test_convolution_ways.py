"""Convolutions of compiled programs: each way of computing them, forced, against plain loops."""

import runpy

import numpy as np
import pytest
from cases_windows import conv, conv_input, conv_kernel, out_shape, pooled, to_largest

import graphflow as gf
from graphflow.primitives import Geometry
from graphflow.program import columns, convolutions
from graphflow.program.convolution_costs import Way, cheapest
from graphflow.testing import check_gradients

NO_BLOCK = [Way(False), Way(True)]


def plain(rank, stride=1, padding=(0, 0), dilation=1, groups=1):
    return Geometry((stride,) * rank, (padding,) * rank, (dilation,) * rank, groups)


# how a window moves, the input's shape, the kernel's
SHAPES = [
    (plain(1), (3, 7, 2), (3, 2, 4)),
    (plain(1, 2, (2, 1), 2), (2, 8, 3), (3, 3, 1)),
    (plain(2), (2, 5, 6, 1), (3, 2, 1, 2)),
    (plain(2, 1, (1, 2)), (1, 4, 3, 2), (2, 3, 2, 3)),
    (Geometry((2, 1), ((1, 0), (0, 2)), (1, 2)), (2, 6, 5, 2), (3, 2, 2, 2)),
    (plain(2, 3), (2, 7, 8, 2), (2, 2, 2, 5)),
    (plain(2), (3, 4, 3, 5), (1, 1, 5, 2)),
    (plain(2, 2, (0, 1)), (2, 4, 5, 3), (1, 1, 3, 4)),
    (plain(2, groups=2), (2, 4, 4, 4), (2, 2, 2, 6)),
    (plain(2, 2, (1, 0), groups=3), (2, 5, 4, 3), (2, 2, 1, 3)),
    (plain(3), (2, 3, 4, 3, 2), (2, 2, 2, 2, 3)),
    (plain(2, groups=2), (2, 4, 4, 2), (2, 2, 1, 4)),  # two outputs of every channel
    (plain(2, groups=2), (2, 5, 4, 4), (3, 1, 2, 2)),  # a window one wide, not one channel
]


@pytest.fixture
def forced(monkeypatch):
    """A function that makes convolutions go one way, with the block of the pool that follows."""

    def force(swapped, blocked=False):
        def choose(x, w, geometry, block, are_swapped):
            return Way(swapped, block if blocked else ())

        monkeypatch.setattr(convolutions, "cheapest", choose)

    return force


def run(fetches, feeds, **options):
    return gf.Session(**options).run(fetches, feeds)


def drawn(dtype, *shapes):
    rng = np.random.default_rng(8)
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]


def tolerance(dtype):
    return {"rtol": 0, "atol": 200 * np.finfo(dtype).eps}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(("g", "x", "w"), SHAPES)
def test_every_way_is_a_sum_over_windows_with_its_gradients(forced, g, x, w, swapped, dtype):
    forced(swapped)
    shapes = x, w, out_shape(x, w, g)
    arrays = drawn(dtype, *shapes)
    nodes = [gf.placeholder(shape, dtype) for shape in shapes]
    y = gf.ops.nn.Conv(*nodes[:2], geometry=g)
    got = run([y, *gf.gradients(y, nodes[:2], nodes[2])], dict(zip(nodes, arrays, strict=True)))
    wide = [a.astype(np.float64) for a in arrays]
    wanted = [
        conv(g)(*wide[:2]),
        conv_input(g)(wide[2], wide[1], wide[0]),
        conv_kernel(g)(wide[0], wide[2], wide[1]),
    ]
    for value, reference in zip(got, wanted, strict=True):
        assert value.dtype == dtype
        np.testing.assert_allclose(value, reference, **tolerance(dtype))


POOLED = [
    (plain(1), (2, 8, 2), (3, 2, 3), (2,)),
    (plain(2), (3, 7, 8, 1), (3, 2, 1, 2), (2, 2)),  # a row and a column are left over
    (plain(2, 1, (1, 2)), (2, 5, 4, 2), (3, 3, 2, 2), (2, 3)),
    (plain(2), (2, 4, 5, 3), (1, 1, 3, 2), (2, 2)),
]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("blocked", [False, True])
@pytest.mark.parametrize(("g", "x", "w", "window"), POOLED)
def test_what_is_pooled_may_be_computed_in_blocks(forced, g, x, w, window, blocked, dtype):
    forced(True, blocked)
    pool = Geometry(window, ((0, 0),) * len(window), (1,) * len(window))
    a, k = drawn(dtype, x, w)
    nodes = [gf.placeholder(shape, dtype) for shape in (x, w)]
    y = gf.nn.max_pool(gf.ops.nn.Conv(*nodes, geometry=g), window)
    (weights,) = drawn(dtype, y.shape)
    got = run([y, *gf.gradients(y, nodes, gf.constant(weights))], dict(zip(nodes, (a, k))))  # noqa: B905
    wide = conv(g)(a.astype(np.float64), k.astype(np.float64))
    back = to_largest(window, pool)(weights.astype(np.float64), wide)
    wanted = [
        pooled(wide, window, pool, max),
        conv_input(g)(back, k.astype(np.float64), a.astype(np.float64)),
        conv_kernel(g)(a.astype(np.float64), back, k.astype(np.float64)),
    ]
    for value, reference in zip(got, wanted, strict=True):
        np.testing.assert_allclose(value, reference, **tolerance(dtype))


def test_a_wrong_way_is_caught(forced, monkeypatch):
    order = columns.Product._kernel
    monkeypatch.setattr(
        columns.Product, "_kernel", lambda self, rec, w: order(self, rec, rec.negative(w))
    )
    g, x, w = SHAPES[2]
    with pytest.raises(AssertionError):
        test_every_way_is_a_sum_over_windows_with_its_gradients(forced, g, x, w, True, np.float64)


def network(x, w, b, v):
    h = gf.tanh(gf.nn.max_pool(gf.nn.conv2d(x, w) + b, 2))
    return gf.nn.avg_pool(gf.tanh(gf.nn.conv2d(h, v, padding="SAME")), 2, 1)


NETWORK = [(2, 9, 8, 1), (2, 3, 1, 2), (2,), (2, 2, 2, 3)]


@pytest.mark.parametrize(("swapped", "blocked"), [(False, False), (True, False), (True, True)])
def test_gradients_of_gradients_are_right_in_every_way(forced, swapped, blocked):
    forced(swapped, blocked)
    nodes = [gf.placeholder(shape) for shape in NETWORK]
    feeds = dict(zip(nodes, drawn(np.float64, *NETWORK), strict=True))
    assert check_gradients(network(*nodes), nodes[1:], feeds, order=2)


@pytest.mark.parametrize("blocked", [False, True])
def test_a_batch_may_be_empty_or_of_one(forced, blocked):
    forced(True, blocked)
    nodes = [gf.placeholder((None, *NETWORK[0][1:])), *map(gf.placeholder, NETWORK[1:])]
    arrays = drawn(np.float64, *NETWORK)
    fetches = [network(*nodes), *gf.gradients(network(*nodes), nodes)]
    for count in (0, 1):
        feeds = dict(zip(nodes, [arrays[0][:count], *arrays[1:]], strict=True))
        for got, wanted in zip(
            run(fetches, feeds), run(fetches, feeds, optimize=False), strict=True
        ):
            assert got.shape == wanted.shape
            np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-12)


def test_sizes_may_be_known_in_the_run_only():
    x, w = gf.placeholder((6,)), gf.constant(np.arange(1.0, 5).reshape(2, 1, 2))
    found = gf.nn.conv1d(gf.reshape(gf.unique(x), (1, -1, 1)), w)
    np.testing.assert_array_equal(
        run(found, {x: [1.0, 3, 1, 2, 3, 2]})[0], [[1 + 6, 2 + 8], [2 + 9, 4 + 12]]
    )


def test_a_gradient_in_blocks_may_be_read_by_others(forced):
    forced(True, blocked=True)
    x, w = gf.placeholder((2, 6, 2)), gf.placeholder((3, 2, 3))
    y = gf.nn.conv1d(x, w)
    by_y, by_w = gf.gradients(gf.nn.max_pool(y, 2), [y, w])
    feeds = dict(zip([x, w], drawn(np.float64, x.shape, w.shape), strict=True))
    wide = conv(plain(1))(*feeds.values())
    back = to_largest((2,), Geometry((2,), ((0, 0),), (1,)))(np.ones((2, 2, 3)), wide)
    got = run([by_y, by_w], feeds)
    np.testing.assert_array_equal(got[0], back)
    np.testing.assert_allclose(
        got[1], conv_kernel(plain(1))(feeds[x], back, feeds[w]), rtol=1e-12, atol=1e-13
    )


READ_OTHERWISE = {  # than by one pool of windows side by side
    "two pools": lambda y, x: gf.nn.max_pool(y, 2)[:, :1] * gf.nn.max_pool(y, 3),
    "the same pool twice": lambda y, x: gf.nn.max_pool(y, 2) * gf.exp(gf.nn.max_pool(y, 2)),
    "a pool and a sum": lambda y, x: gf.nn.max_pool(y, 2) + gf.sum(y),
    "overlapping windows": lambda y, x: gf.nn.max_pool(y, 2, 1),
    "windows apart": lambda y, x: gf.nn.max_pool(y, 2, 3),
    "windows over the edge": lambda y, x: gf.nn.max_pool(y, 2, 2, 1),
    "windows of every other": lambda y, x: gf.ops.nn.MaxPool(
        y, window=(2,), geometry=Geometry((2,), ((0, 0),), (2,))
    ),
    "means": lambda y, x: gf.nn.avg_pool(y, 2),
}


@pytest.mark.parametrize("g", [plain(1), plain(1, 2), plain(1, 1, (0, 0), 2)], ids=str)
@pytest.mark.parametrize("build", READ_OTHERWISE.values(), ids=READ_OTHERWISE)
def test_blocks_are_made_where_they_are_all_that_is_read(forced, build, g):
    forced(True, blocked=True)
    x, w = gf.placeholder((2, 14, 2)), gf.placeholder((3, 2, 3))
    y = build(gf.ops.nn.Conv(x, w, geometry=g), x)
    fetches = [y, *gf.gradients(y, [x, w])]
    feeds = dict(zip([x, w], drawn(np.float64, x.shape, w.shape), strict=True))
    for got, wanted in zip(run(fetches, feeds), run(fetches, feeds, optimize=False), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-11, atol=1e-12)


def test_convolutions_of_equal_shapes_may_have_blocks_of_their_own(forced):
    forced(True, blocked=True)
    x, w = gf.placeholder((2, 14, 2)), gf.placeholder((3, 2, 3))
    y = [gf.nn.max_pool(gf.nn.conv1d(x * k, w), size) for k, size in ((1.0, 2), (2.0, 3))]
    fetches = [*y, *gf.gradients(gf.sum(y[0]) + gf.sum(y[1] ** 2), [x, w])]
    feeds = dict(zip([x, w], drawn(np.float64, x.shape, w.shape), strict=True))
    for got, wanted in zip(run(fetches, feeds), run(fetches, feeds, optimize=False), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("kernel", [(1, 2, 3), (3, 2, 3)])
def test_a_gradient_in_blocks_may_go_to_another_convolution(forced, kernel):
    forced(True, blocked=True)
    x, w = gf.placeholder((2, 6, 2)), gf.placeholder((3, 2, 3))
    u, v = gf.placeholder((2, 4, 2)), gf.placeholder(kernel)
    y, other = gf.nn.conv1d(x, w), gf.nn.conv1d(u, v, padding="SAME")
    by_y, by_w = gf.gradients(gf.nn.max_pool(y, 2), [y, w])
    fetches = [by_w, *gf.gradients(other, [u, v], by_y)]
    nodes = [x, w, u, v]
    feeds = dict(zip(nodes, drawn(np.float64, *[n.shape for n in nodes]), strict=True))
    for got, wanted in zip(run(fetches, feeds), run(fetches, feeds, optimize=False), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-11, atol=1e-12)


def test_integers_are_convolved_as_they_are(forced):
    forced(True)
    x, w = gf.placeholder((1, 4, 1), np.int64), gf.placeholder((2, 1, 1), np.int64)
    found = run(gf.nn.conv1d(x, w), {x: [[[1], [2], [3], [4]]], w: [[[10]], [[1]]]})
    np.testing.assert_array_equal(found, [[[12], [23], [34]]])
    assert found.dtype == np.int64


# ---- what follows in swapped order --------------------------------------------------------------

FOLLOWING = {
    "the same order": lambda y, x: gf.exp(y) * y - gf.where(y > 0, y, 2 * y),
    "another order": lambda y, x: y + x[:, :3, :4, :1],
    "less than full rank": lambda y, x: y * x[0, 0, 0, 0] + x[0, 0, :2, 0] - x[:, :1, :1, :1],
    "places of channels": lambda y, x: y * gf.reshape(gf.reshape(x, (-1,))[:8], (1, 4, 2)),
    "sums of channels": lambda y, x: gf.sum(y, axis=(0, 1, 2)),
    "sums of places": lambda y, x: gf.max(y, axis=(1, 2)) + gf.sum(y, axis=(1, 2)),
    "a sum in the middle": lambda y, x: gf.sum(y, axis=1) + gf.mean(y, axis=(0, 3))[0, 0],
    "the largest of all": lambda y, x: gf.max(y) + gf.sum(y),
    "rows of features": lambda y, x: gf.reshape(y, (2, 24)) @ gf.ones((24, 2)),
    "channels first": lambda y, x: gf.transpose(y, (0, 3, 1, 2)),
    "overlapping pools": lambda y, x: gf.nn.max_pool(y, 2, 1, "SAME") + gf.nn.avg_pool(y, 3, 1, 1),
    "a rank more": lambda y, x: gf.sum(
        (y + gf.stack([x[:, :3, :4, :1], 2 * x[:, 1:, 1:, 1:]])) ** 2, axis=(0, 1, 2, 3)
    ),
    "largest of channels": lambda y, x: gf.max(y, axis=(0, 1, 2)) + gf.max(2 * x, axis=(0, 1, 2)),
    "products of places": lambda y, x: gf.prod(y, axis=(1, 2)) * gf.min(x, axis=(1, 2)),
    "largest of an image": lambda y, x: gf.max(y, axis=(1, 2, 3)) + gf.sum(y, axis=0)[0, 0, 0],
    "pools of rows for columns": lambda y, x: gf.nn.max_pool(gf.transpose(y, (0, 2, 1, 3)), (2, 1)),
    "pools of channels": lambda y, x: gf.nn.avg_pool(gf.transpose(y, (3, 1, 2, 0)), 2, 1),
    "places in a row": lambda y, x: (
        gf.reshape(y[:1, :1], (4, 2)) + gf.reshape(y[:, 0, :1, 0], (2,))
    ),
    "sums of what comes in order": lambda y, x: gf.sum(x * 2, axis=(0, 1, 2)) + gf.sum(y),
}  # fmt: skip


@pytest.mark.parametrize("build", FOLLOWING.values(), ids=FOLLOWING)
def test_what_follows_a_swapped_convolution_is_unchanged(forced, build):
    forced(True)
    x, w = gf.placeholder((2, 4, 5, 2)), gf.placeholder((2, 2, 2, 2))
    y = build(gf.nn.conv2d(x, w), x)
    fetches = [y, *gf.gradients(y, [x, w])]
    feeds = dict(zip([x, w], drawn(np.float64, x.shape, w.shape), strict=True))
    for got, wanted in zip(run(fetches, feeds), run(fetches, feeds, optimize=False), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-11, atol=1e-12)
        assert got.flags.c_contiguous or got.ndim < 3


def test_no_element_moves_between_convolutions_that_choose_alike(forced):
    forced(True)
    x = gf.placeholder((3, 9, 9, 2))
    w, v = gf.placeholder((2, 2, 2, 4)), gf.placeholder((3, 3, 4, 2))
    y = gf.nn.conv2d(gf.relu(gf.nn.conv2d(x, w) + gf.constant([1.0, 2, 3, 4])), v)
    f = gf.Session().make_callable(gf.sum(y), [x, w, v])
    f(*drawn(np.float64, x.shape, w.shape, v.shape))
    copies = [line for line in f.source.splitlines() if "copyto(" in line]
    assert len(copies) == 3, copies  # the input into its order, and the windows of both


# ---- the choice ---------------------------------------------------------------------------------


def test_the_choice_depends_on_shapes_alone():
    """As measured: few channels and large batches swap, many channels do not; small kernels of
    few outputs come in blocks."""
    two = (2, 2)
    assert cheapest((64, 28, 28, 1), (5, 5, 1, 8), plain(2), two, False) == Way(True, two)
    assert cheapest((64, 12, 12, 8), (5, 5, 8, 16), plain(2), two, True) == Way(True, two)
    assert cheapest((64, 14, 14, 3), (3, 3, 3, 16), plain(2), (), False) == Way(True)
    assert cheapest((1, 14, 14, 64), (3, 3, 64, 64), plain(2), (), False) == Way(False)
    assert cheapest((64, 8, 8, 32), (1, 1, 32, 32), plain(2), (), False) == Way(False)
    assert cheapest((32, 14, 14, 64), (3, 3, 64, 256), plain(2), two, True) == Way(True)
    assert cheapest((8, 14, 14, 16), (3, 3, 16, 32), plain(2, 2), (), False) == Way(False)


def lenet():
    """A step of a small network for images of digits, with its batch."""
    rng = np.random.default_rng(8)
    shapes = (5, 5, 1, 4), (4,), (3, 3, 4, 6), (6,)
    k, b, c, d = [gf.Variable(rng.normal(size=s).astype(np.float32)) for s in shapes]
    x = gf.placeholder((16, 14, 14, 1), np.float32, name="x")
    h = gf.nn.max_pool(gf.relu(gf.nn.conv2d(x, k) + b), 2)
    h = gf.nn.max_pool(gf.relu(gf.nn.conv2d(h, c) + d), 3)
    loss = gf.mean(gf.square(gf.reshape(h, (-1, 6)) - 1))
    f = gf.Session().make_callable([loss, *gf.gradients(loss, [k, b, c, d])], [x])
    return f, rng.normal(size=(16, 14, 14, 1)).astype(np.float32)


def test_bits_repeat():
    (f, batch), (g, _) = lenet(), lenet()
    for got, wanted in zip([*f(batch), *f(batch)], [*g(batch), *g(batch)], strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_a_saved_network_is_plain_numpy(tmp_path):
    f, batch = lenet()
    values = f(batch)
    f.save(tmp_path / "network.py")
    text = (tmp_path / "network.py").read_text()
    assert "graphflow" not in text
    assert "= conv(" not in text, text
    assert all(called in text for called in ("overlap_add(", "copyto(", "dot("))
    saved = runpy.run_path(str(tmp_path / "network.py"))["step"](batch)
    for got, wanted in zip(saved, values, strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_columns_that_take_much_memory_are_made_again(forced, monkeypatch):
    forced(True)
    g, x, w = SHAPES[2]
    nodes = [gf.placeholder(shape) for shape in (x, w)]
    y = gf.ops.nn.Conv(*nodes, geometry=g)
    copies = []
    for kept in (1 << 25, 0):
        monkeypatch.setattr(columns, "_KEPT", kept)
        f = gf.Session().make_callable([y, *gf.gradients(y, nodes)], nodes)
        f(*drawn(np.float64, x, w))
        copies.append(f.source.count("copyto("))
    assert copies[1] == copies[0] + 1
