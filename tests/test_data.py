"""Data: the sets that ship, the tutorials' recipes, splits, scaling and mini-batches."""

import threading
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphflow as gf
from graphflow import data

LOADERS = {
    data.load_digits: ((1797, 64), (1797,), 10),
    data.load_iris: ((150, 4), (150,), 3),
    data.load_wine: ((178, 13), (178,), 3),
    data.load_breast_cancer: ((569, 30), (569,), 2),
    data.load_diabetes: ((442, 10), (442,), 0),
}


# ---- sets that ship ---------------------------------------------------------------------------


@pytest.mark.parametrize("load", LOADERS, ids=lambda load: load.__name__)
def test_sets_have_their_published_sizes(load):
    table = load()
    x, y = table
    assert (x.shape, y.shape, len(table.classes)) == LOADERS[load]
    assert x.dtype == np.float64
    assert np.isfinite(x).all()
    assert len(table.columns) == x.shape[1]
    if table.classes:
        assert y.dtype == np.int64
        np.testing.assert_array_equal(np.unique(y), np.arange(len(table.classes)))


def test_sets_hold_their_published_figures():
    iris = data.load_iris()
    means = [iris.x[iris.y == k].mean(axis=0) for k in range(3)]  # Fisher 1936, table I
    np.testing.assert_allclose(means[0], [5.006, 3.428, 1.462, 0.246], atol=5e-4)
    np.testing.assert_allclose(means[2], [6.588, 2.974, 5.552, 2.026], atol=5e-4)
    cancer = data.load_breast_cancer()
    assert np.bincount(cancer.y).tolist() == [212, 357]  # as its description says
    assert np.bincount(data.load_wine().y).tolist() == [59, 71, 48]
    assert data.load_diabetes().y.mean() == pytest.approx(152.133, abs=5e-4)


# ---- recipes: figures of the tutorials ----------------------------------------------------------


def test_s000_1_the_line_has_its_least_squares_fit():
    x, y = data.make_line(seed=0)
    slope, intercept = np.polyfit(x, y, 1)
    assert slope == pytest.approx(0.829864, abs=5e-7)
    assert intercept == pytest.approx(1.503635, abs=5e-7)
    assert np.mean((slope * x + intercept - y) ** 2) == pytest.approx(0.696436, abs=5e-7)


@pytest.mark.parametrize(
    ("act", "seed", "final"),
    [(gf.relu, 0, 0.092874), (gf.relu, 1, 0.101361), (gf.tanh, 0, 0.089794)],
)
def test_s000_9_the_sine_is_fitted_as_in_the_table(act, seed, final):
    rng = np.random.RandomState(seed)
    x, y = data.make_sine(rng)
    hidden, rate = x, gf.Placeholder(())
    for n_in, n_out in [(1, 20), (20, 20), (20, 1)]:
        bound = np.sqrt(6 / (n_in + n_out))
        W = gf.Variable(rng.uniform(-bound, bound, (n_out, n_in)))
        b = gf.Variable(rng.uniform(-bound, bound, n_out))
        hidden = hidden @ W.T + b
        hidden = act(hidden) if n_out == 20 else hidden
    loss = gf.mean((hidden - y) ** 2)
    step = gf.GradientDescentOptimizer(rate).minimize(loss)
    session = gf.Session()
    for k in range(250):
        session.run(step, {rate: 0.075 * 0.998 ** (k + 1)})
    assert session.run(loss) == pytest.approx(final, abs=5e-7)


def test_s002_4_the_spirals_are_learned_as_in_the_table():
    rng = np.random.RandomState(0)
    x, y = data.make_spirals(rng)
    W1, b1 = gf.Variable(0.01 * rng.randn(2, 100)), gf.Variable(np.zeros((1, 100)))
    W2, b2 = gf.Variable(0.01 * rng.randn(100, 3)), gf.Variable(np.zeros((1, 3)))
    scores = gf.relu(x @ W1 + b1) @ W2 + b2
    loss = gf.losses.sparse_softmax_cross_entropy(y, scores)
    step = gf.GradientDescentOptimizer(1.0).minimize(loss)
    session = gf.Session()
    losses = [session.run([loss, step])[0] for _ in range(1001)]
    assert losses[0] == pytest.approx(1.09873981, abs=5e-9)
    assert losses[1000] == pytest.approx(0.10771022, abs=5e-8)


def test_s003_2_the_quadratic_has_its_printed_points_and_error():
    for dtype in (np.float32, np.float64):
        x, y = data.make_quadratic(dtype=dtype)
        assert x.dtype == dtype
        np.testing.assert_allclose(y[:5, 0], [10.4034, 6.7691, 5.8721, 4.0551, 2.3391], atol=5e-5)
        assert np.abs(1.1 * x**2 + 1.1 * x + 1.1 - y).mean() == pytest.approx(2.317555, abs=1e-6)


@pytest.mark.parametrize(
    ("seed", "first", "last"), [(0, 95.686814, 0.457374), (42, 90.679687, None)]
)
def test_s004_3_the_blobs_cost_what_the_table_says(seed, first, last):
    rng = np.random.RandomState(seed)
    x, y = data.make_blobs(rng)
    W, b = gf.Variable(rng.randn(2, 2)), gf.Variable(rng.randn(2))
    J = -gf.sum(gf.log(gf.softmax(x @ W + b))[np.arange(100), y])
    step = gf.GradientDescentOptimizer(0.01).minimize(J)
    session = gf.Session()
    losses = [session.run([J, step])[0] for _ in range(91)]
    assert losses[0] == pytest.approx(first, abs=5e-7)
    assert last is None or losses[90] == pytest.approx(last, abs=5e-7)


def test_s004_7_xor_costs_what_the_table_says():
    rng = np.random.RandomState(1)
    x, y = data.make_xor(rng)
    W1, b1 = gf.Variable(rng.randn(2, 2)), gf.Variable(rng.randn(2))
    W2, b2 = gf.Variable(rng.randn(2, 2)), gf.Variable(rng.randn(2))
    p = gf.softmax(gf.sigmoid(x @ W1 + b1) @ W2 + b2)
    J = -gf.sum(gf.log(p)[np.arange(100), y])
    step = gf.GradientDescentOptimizer(0.03).minimize(J)
    session = gf.Session()
    losses = [session.run([J, step])[0] for _ in range(901)]
    assert losses[0] == pytest.approx(75.9462, abs=5e-5)
    assert losses[900] == pytest.approx(4.5276, abs=5e-5)


def test_moons_without_noise_lie_on_two_half_circles():
    x, y = data.make_moons(rows=30, noise=0)
    np.testing.assert_allclose(np.hypot(*x[y == 0].T), 1)
    np.testing.assert_allclose(np.hypot(*(x[y == 1] - [1, 0.5]).T), 1)
    assert (x[y == 0][:, 1] >= 0).all()
    assert (x[y == 1][:, 1] <= 0.5).all()


def test_recipes_leave_numpys_generator_alone():
    before = np.random.get_state()[1].copy()
    for name in data.__all__:
        if name.startswith("make_"):
            getattr(data, name)()
    np.testing.assert_array_equal(np.random.get_state()[1], before)


# ---- splits and scaling -------------------------------------------------------------------------


def test_a_split_shares_out_every_class_and_no_row_twice():
    train, test = data.load_wine().split(test=0.25, seed=3)
    assert np.bincount(test.y).tolist() == [15, 18, 12]  # a quarter of 59, 71, 48
    both = np.concatenate([train.x, test.x])
    np.testing.assert_array_equal(np.sort(both, 0), np.sort(data.load_wine().x, 0))
    again = data.load_wine().split(test=0.25, seed=3)[1]
    np.testing.assert_array_equal(again.x, test.x)
    assert not np.array_equal(data.load_wine().split(test=0.25, seed=4)[1].x, test.x)


def test_a_split_of_numbers_holds_out_its_share():
    train, test = data.load_diabetes().split(test=0.1)
    assert (len(train), len(test)) == (398, 44)
    assert len({*map(tuple, train.x)} & {*map(tuple, test.x)}) == 0


@pytest.mark.parametrize("share", [0, 1, -0.1, 20])
def test_a_split_refuses_a_share_outside_0_to_1(share):
    with pytest.raises(ValueError, match="test must be between 0 and 1"):
        data.load_iris().split(test=share)


def test_standardized_rows_have_mean_0_and_deviation_1_and_go_back():
    x = data.load_diabetes().x
    scale = data.Standardizer(x)
    z = scale(x)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(z.std(axis=0), 1)
    np.testing.assert_allclose(scale.undo(z), x)


def test_a_constant_column_becomes_0_when_standardized():
    scale = data.Standardizer([[0.1, 1.0], [0.1, 2.0], [0.1, 3.0]])
    assert scale([[0.1, 2.0]]).tolist() == [[0, 0]]


def test_a_standardizer_names_the_place_of_a_nan_and_refuses_other_rows():
    with pytest.raises(ValueError, match=r"x\[1, 0\] is nan"):
        data.Standardizer([[1.0, 2.0], [np.nan, 3.0]])
    with pytest.raises(ValueError, match="no rows"):
        data.Standardizer(np.empty((0, 3)))
    with pytest.raises(gf.ShapeError, match=r"rows of shape \(3,\)"):
        data.Standardizer(np.eye(2))(np.eye(3))


# ---- batches ------------------------------------------------------------------------------------


def seen(batches):
    return [batch.tolist() for (batch,) in batches]


@given(st.integers(0, 40), st.integers(1, 9), st.booleans(), st.booleans(), st.integers(0, 3))
def test_an_epoch_has_every_row_once(rows, size, shuffle, drop_last, ahead):
    batches = data.batches(
        [np.arange(rows)], size, shuffle=shuffle, drop_last=drop_last, prefetch=ahead
    )
    parts = seen(batches)
    assert len(parts) == len(batches) == (rows // size if drop_last else -(-rows // size))
    flat = [row for part in parts for row in part]
    assert len(set(flat)) == len(flat) == (rows - rows % size if drop_last else rows)
    assert shuffle or flat == sorted(flat)


def test_epochs_have_orders_of_their_own_that_the_seed_repeats():
    a, b = (data.batches([np.arange(50)], 7, seed=5) for _ in range(2))
    epochs = [seen(a) for _ in range(3)]
    assert [seen(b) for _ in range(3)] == epochs
    assert epochs[0] != epochs[1] != epochs[2]
    assert seen(data.batches([np.arange(50)], 7, seed=6)) != epochs[0]


@given(st.integers(0, 30), st.integers(0, 2))
def test_what_comes_after_a_position_does_not_depend_on_how_one_got_there(taken, ahead):
    def endless(batches):
        while True:
            yield from seen(batches)

    whole = data.batches([np.arange(20)], 6, seed=1, prefetch=ahead)
    left = iter([])
    for _ in range(taken):
        batch = next(left, None)
        if batch is None:
            left = iter(whole)
            batch = next(left)
    state = whole.state
    fresh = data.batches([np.arange(20)], 6, seed=1)
    fresh.restore(state)
    straight = endless(data.batches([np.arange(20)], 6, seed=1))
    expected = [next(straight) for _ in range(taken + 9)][taken:]
    goes_on = endless(fresh)
    assert [next(goes_on) for _ in range(9)] == expected


def test_a_position_of_other_batches_is_refused_and_changes_nothing():
    state = data.batches([np.arange(20)], 5, seed=1).state
    batches = data.batches([np.arange(21)], 5, seed=1)
    with pytest.raises(ValueError, match="other batches: rows 20, here 21"):
        batches.restore(state)
    with pytest.raises(ValueError, match="other batches: batch_size 5, here 4"):
        data.batches([np.arange(20)], 4, seed=1).restore(state)
    for bad in (None, {}, {**batches.state, "step": -1}, {**batches.state, "epoch": 0.5}):
        with pytest.raises(ValueError, match="batches: "):
            batches.restore(bad)
    assert batches.state["step"] == batches.state["epoch"] == 0


def test_a_dict_of_placeholders_gives_dicts_to_feed():
    x, y = gf.Placeholder(("n",)), gf.Placeholder(("n",))
    session = gf.Session()
    feeds = list(data.batches({x: np.arange(5), y: np.arange(5) * 2}, 2))
    assert all(session.run(gf.sum(y - 2 * x), feed) == 0 for feed in feeds)
    assert sum(len(feed[x]) for feed in feeds) == 5


def test_a_batch_is_the_readers_own():
    rows = np.arange(4)
    for (batch,) in data.batches([rows], 2, shuffle=False):
        batch[:] = -1
    assert rows.tolist() == [0, 1, 2, 3]


def test_bad_batches_are_refused():
    with pytest.raises(gf.ShapeError, match=r"different lengths \[2, 3\]"):
        data.batches([np.zeros(2), np.zeros(3)], 1)
    with pytest.raises(ValueError, match="at least 1, not 0"):
        data.batches([np.zeros(2)], 0)
    with pytest.raises(ValueError, match="not negative"):
        data.batches([np.zeros(2)], 1, seed=-1)
    with pytest.raises(gf.DTypeError, match=r"ndarray is no list of arrays"):
        data.batches(np.zeros((2, 2)), 1)
    with pytest.raises(gf.ShapeError, match="no arrays"):
        data.batches([], 1)
    with pytest.raises(gf.ShapeError, match="has no rows"):
        data.batches([3.0], 1)
    with pytest.raises(IndexError, match="no step 2"):
        data.batches([np.zeros(4)], 2).batch(0, 2)


# ---- reading ahead ------------------------------------------------------------------------------


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "prefetch"]


def test_no_more_is_read_ahead_than_allowed():
    made = []
    reader = data.prefetch((made.append(n) or n for n in range(100)), ahead=3)
    assert next(reader) == 0
    deadline = time.monotonic() + 5
    while len(made) < 4 and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(0.02)
    assert len(made) == 4  # the one handed out, and three more
    assert list(reader) == list(range(1, 100))
    assert threads() == []


def test_an_exception_comes_where_its_item_would_have_come():
    def broken():
        yield 1
        yield 2
        raise OSError("the disk is gone")

    reader = data.prefetch(broken(), ahead=5)
    assert [next(reader), next(reader)] == [1, 2]
    with pytest.raises(OSError, match="the disk is gone"):
        next(reader)
    assert threads() == []


@pytest.mark.parametrize("taken", [0, 1, 3])
def test_a_reader_that_stops_early_leaves_no_thread(taken):
    reader = data.prefetch(iter(range(1000)), ahead=2)
    for _ in range(taken):
        next(reader)
    reader.close()
    assert threads() == []


def test_a_loop_that_is_broken_off_leaves_no_thread_and_knows_its_position():
    batches = data.batches([np.arange(100)], 10, prefetch=4)
    for number, _ in enumerate(batches):
        if number == 2:
            break
    assert (batches.epoch, batches.step) == (0, 3)
    deadline = time.monotonic() + 5
    while threads() and time.monotonic() < deadline:
        time.sleep(0.001)
    assert threads() == []


def test_prefetch_refuses_to_read_nothing_ahead():
    with pytest.raises(ValueError, match="at least one item"):
        data.prefetch([], ahead=0)


def test_a_file_larger_than_memory_is_read_by_the_batch(tmp_path):
    path, rows, width = tmp_path / "large.bin", 1 << 20, 1 << 13  # 64 GiB of zeros, none on disk
    with path.open("wb") as file:
        file.truncate(rows * width * 8)
    large = np.memmap(path, np.float64, "r", shape=(rows, width))
    labels = np.arange(rows)
    batches = data.batches([large, labels], 16, prefetch=2)
    tracemalloc.start()
    try:
        for _, (x, y) in zip(range(5), batches, strict=False):
            assert x.shape == (16, width)
            assert x.sum() == 0
            assert len(set(y)) == 16
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6 * 16 * width * 8 + 3 * rows * 8  # a few batches, and the order of the rows


def test_a_shuffled_file_gives_the_rows_it_holds(tmp_path):
    rows = np.random.default_rng(0).normal(size=(40, 3))
    rows.tofile(tmp_path / "rows.bin")
    mapped = np.memmap(tmp_path / "rows.bin", np.float64, "r", shape=(40, 3))
    plain = list(data.batches([rows], 7, seed=2))
    for (a,), (b,) in zip(data.batches([mapped], 7, seed=2, prefetch=2), plain, strict=True):
        np.testing.assert_array_equal(a, b)
        assert not isinstance(a, np.memmap)
