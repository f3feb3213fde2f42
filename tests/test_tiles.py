"""Groups of calls run in tiles give what they give one by one."""

import runpy
import sys

import numpy as np
import pytest
from cases import CASES
from test_program import IN_PYTHON, assert_close, fetched, programs, run

import graphflow as gf
from graphflow.backends import Interpreter, Runner
from graphflow.program import save_source, tiles

ROWS = [pytest.param(case, id=case.op) for case in CASES]
rng = np.random.default_rng(0)


@pytest.fixture
def tiny(monkeypatch):
    """Every group that there can be, in tiles of two elements or one row."""
    for name, value in (("LEAST_CALLS", 1), ("LEAST_BYTES", 0), ("SEED_BYTES", 0), ("CACHE", 0)):
        monkeypatch.setattr(tiles, f"_{name}", value)
    monkeypatch.setattr(tiles, "_LEAST_TILE", 2)
    monkeypatch.setattr(tiles, "_LARGEST_TILE", 2)


def check(fetches, feeds, tmp_path=None):
    """The printed text agrees with the interpreter; the program."""
    plain, quick = programs(fetches, feeds)
    expected, printed = run(plain, feeds, Interpreter), run(quick, feeds)
    for got, wanted in zip(printed, expected, strict=True):
        assert_close(np.asarray(got), np.asarray(wanted))
    for got, wanted in zip(run(quick, feeds, Interpreter), expected, strict=True):
        assert_close(np.asarray(got), np.asarray(wanted))
    if tmp_path is not None:
        save_source(Runner(quick).source, quick, [], tmp_path / "saved.py")
        step = runpy.run_path(str(tmp_path / "saved.py"))["step"]
        key = [] if quick.key is None else [np.array([3, 0], np.uint64)]
        with np.errstate(all="ignore"):
            saved = step(*feeds.values(), *key)
        for got, wanted in zip(saved, printed, strict=True):
            np.testing.assert_array_equal(got, wanted)
    return quick


@pytest.mark.parametrize("case", ROWS)
def test_every_operation_in_tiles_of_two(case, tiny, tmp_path):
    for trial in list(case.trials())[:3]:
        with gf.Graph():
            fetches, feeds = fetched(trial)
            if case.op not in IN_PYTHON:
                check(fetches, feeds, tmp_path)


def softmax_loss(z, y, v):
    return -gf.sum(y * gf.log_softmax(z, axis=1), axis=1)


GRAPHS = {
    "chain": lambda x, y, v: gf.tanh(x * 2 + y) * gf.exp(-x),
    "rows and columns": lambda x, y, v: gf.exp(x - gf.max(x, axis=1, keepdims=True)) * v,
    "softmax": softmax_loss,
    "column sums": lambda x, y, v: gf.sum(gf.sin(x) * y, axis=0) + v,
    "product with a vector": lambda x, y, v: gf.sigmoid(x @ v) - gf.mean(y, axis=1),
    "mean of all": lambda x, y, v: gf.mean(gf.square(x - y)) * x,
    "extremes": lambda x, y, v: gf.max(x * y) + gf.min(x + y) + gf.prod(gf.cos(x[:, 0])),
    "two groups": lambda x, y, v: gf.exp(x / gf.sum(gf.exp(x))) / gf.sum(y * x, axis=0),
    "transposed": lambda x, y, v: gf.tanh(gf.transpose(x) @ gf.exp(y)),
    "views": lambda x, y, v: gf.reshape(gf.exp(x) + y, (-1,)),
    "kept view": lambda x, y, v: (
        gf.expand_dims(gf.sum(gf.exp(x), axis=1), 1) @ gf.expand_dims(v[:2], 0)
    ),
    "where": lambda x, y, v: gf.where(x > y, gf.sqrt(gf.abs(x)), gf.where(y > 0, x, v)),
    "shifted": lambda x, y, v: gf.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - y[:-1]) ** 2),
    "square": lambda x, y, v: x[:5] + gf.exp(x[:5, 0]) * gf.exp(v),
    "cast": lambda x, y, v: gf.cast(gf.cast(x, np.float32) * 2, np.float64) + y,
    "counted": lambda x, y, v: gf.sum(gf.cast(x > 0, np.int64) * 3) + gf.all(y > -9) + x,
}  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("rows", [5, 6])
def test_graphs_with_gradients_in_tiles_of_two(name, rows, dtype, tiny, tmp_path):
    x, y = gf.placeholder((rows, 5), dtype, name="x"), gf.placeholder((rows, 5), dtype, name="y")
    v = gf.placeholder((5,), dtype, name="v")
    value = GRAPHS[name](x, y, v)
    grads = gf.gradients(value, [x, y, v], unconnected="none")
    feeds = {
        node: rng.normal(size=node.shape).astype(dtype)
        for node in (x, y, v)
    }  # fmt: skip
    program = check([value, *[g for g in grads if g is not None]], feeds, tmp_path)
    assert program.loops


def test_wide_rows_are_cut(monkeypatch, tiny):
    monkeypatch.setattr(tiles, "_WIDEST_ROW", 3)
    x, y = (gf.placeholder((3, 5), name=name) for name in "xy")
    value = gf.sum(gf.exp(x) * y - gf.tanh(y))
    feeds = {x: rng.normal(size=(5, 3)).T, y: rng.normal(size=(3, 5))}
    program = check([value, *gf.gradients(value, [x, y])], feeds)
    assert [loop.flat for loop in program.loops] == [True]
    assert program.loops[0].length == 15


def large():
    x = gf.placeholder((600_000,), name="x")
    value = gf.mean(gf.tanh(x) * gf.exp(-x * x) + gf.sin(x))
    return x, [value, gf.gradients(value, x)[0]]


def test_large_arrays_run_in_tiles_and_small_ones_do_not():
    x, fetches = large()
    f = gf.function(fetches, [x])
    assert "def tile_1(x, " in f.source
    assert f.memory < 8_000_000  # the result and the scratch of a tile
    values = np.linspace(-2, 2, 600_000)
    _, slope = f(values)
    exact = (1 / np.cosh(values) ** 2 - 2 * values * np.tanh(values)) * np.exp(-(values**2))
    np.testing.assert_allclose(slope, (exact + np.cos(values)) / 600_000, rtol=1e-9, atol=1e-18)
    small = gf.placeholder((600,), name="x")
    assert not gf.function(gf.tanh(small) * 2 + 1, [small]).program.loops


def test_the_same_arrays_give_the_same_bits():
    x, fetches = large()
    values = rng.normal(size=600_000)
    first, second = (gf.function(fetches, [x])(values) for _ in range(2))
    assert first[0] == second[0]
    np.testing.assert_array_equal(first[1], second[1])


def test_results_of_a_loop_are_the_callers_own():
    x, fetches = large()
    f, values = gf.function(fetches, [x]), rng.normal(size=600_000)
    kept = f(values)[1]
    copy = kept.copy()
    f(values * 2)
    np.testing.assert_array_equal(kept, copy)


def test_a_profile_tells_the_time_of_every_node_of_a_loop():
    x, fetches = large()
    profile = gf.Session().profile(fetches, {x: rng.normal(size=600_000)}, runs=2)
    timed = {row.op for row in profile.rows if row.seconds > 0}
    assert {"tanh", "exp", "sin"} <= timed
    assert profile.attributed > 0.8


def test_a_wrong_last_tile_would_be_noticed(tiny, monkeypatch):
    module = sys.modules["graphflow.program.source"]
    wrong = module.TILES.replace("range(0, length, step)", "range(0, length - 1, step)")
    assert wrong != module.TILES
    monkeypatch.setattr(module, "TILES", wrong)
    x, y = (gf.placeholder((5, 3), name=name) for name in "xy")
    with pytest.raises(AssertionError):
        check([gf.sum(gf.exp(x) * y)], {x: np.ones((5, 3)), y: np.ones((5, 3))})
