"""The short way into a program that has run before: it gives what the long way gives."""

import gc
from collections import namedtuple

import numpy as np
import pytest

import graphflow as gf

Pair = namedtuple("Pair", "first second")


def trained():
    x = gf.placeholder((None,), name="x")
    w = gf.Variable(2.0, name="w")
    y = x * w
    step = gf.assign_add(w, gf.sum(x))
    return x, w, y, step


@pytest.mark.parametrize("way", ["run", "callable"])
@pytest.mark.parametrize(
    "structure",
    [
        lambda y, s: y,
        lambda y, s: [y, s],
        lambda y, s: (s, y),
        lambda y, s: (y,),
        lambda y, s: {"y": y, 3: [s, (y, ())]},
        lambda y, s: Pair(y, {"s": s}),
        lambda y, s: [],
    ],
)
def test_a_run_repeated_gives_the_same_structure(way, structure):
    x, w, y, step = trained()
    session, fetches = gf.Session(), structure(y, step)
    f = session.make_callable(fetches, [x])
    array = np.array([1.0, 2.0])
    results = []
    for _ in range(3):
        session.assign(w, 2.0)
        results.append(session.run(fetches, {x: array}) if way == "run" else f(array))
    expected = structure(np.array([2.0, 4.0]), None)
    for result in results:
        assert type(result) is type(expected)
        np.testing.assert_equal(result, expected)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_run_repeated_updates_once(count):
    x, w, y, step = trained()
    session = gf.Session()
    f = session.make_callable([y, step], [x])
    values = [f(np.ones(1))[0][0] for _ in range(count)]
    values += [session.run([y, step], {x: np.ones(1)})[0][0] for _ in range(count)]
    assert values == [2.0 + i for i in range(2 * count)]
    assert session.value(w) == 2.0 + 2 * count


def test_arrays_of_another_kind_are_checked_as_at_first():
    x = gf.placeholder((2,), name="x")
    session = gf.Session()
    f = session.make_callable(x * 2, [x])
    for _ in range(3):
        np.testing.assert_array_equal(f(np.ones(2)), [2, 2])
    np.testing.assert_array_equal(f([1, 2]), [2, 4])
    np.testing.assert_array_equal(f(np.ones(2, np.float32)), [2, 2])
    np.testing.assert_array_equal(f(np.ones(2, ">f8")), [2, 2])
    for wrong in (np.ones(3), np.ones(2, complex), None, "12", np.ma.ones(2)):
        with pytest.raises(gf.FeedError):
            f(wrong)
        with pytest.raises(gf.FeedError):
            session.run(x * 2, {x: wrong})
    for count in (0, 2):
        with pytest.raises(gf.FeedError, match=f"takes 1 arrays \\(x\\), got {count}"):
            f(*[np.ones(2)] * count)
    with pytest.raises(gf.FeedError, match="not a dict"):
        session.run(x * 2, [x])


def test_shapes_may_take_turns():
    x = gf.placeholder((None,), name="x")
    session, y = gf.Session(), x + 1
    f = session.make_callable(y, [x])
    for i in range(12):
        array = np.full(i % 3, float(i))
        np.testing.assert_array_equal(f(array), array + 1)
        np.testing.assert_array_equal(session.run(y, {x: array}), array + 1)


def test_programs_that_were_let_go_are_made_again():
    x = gf.placeholder((None,), name="x")
    session, y = gf.Session(), x * 3
    for i in [*range(140), *range(140)]:
        for _ in range(2 if i % 20 == 0 else 1):
            assert session.run(y, {x: np.ones(i)}).sum() == 3 * i


def test_a_run_that_raises_leaves_state_and_buffers():
    a = gf.placeholder((2, 2), name="a")
    w = gf.Variable(1.0, name="w")
    root = gf.linalg.cholesky(a)
    step = gf.assign_add(w, gf.sum(root))
    session = gf.Session()
    for _ in range(3):
        session.run([root, step], {a: np.eye(2)})
    for _ in range(3):
        with pytest.raises(gf.NumericError, match="cholesky"):
            session.run([root, step], {a: -np.eye(2)})
    assert session.value(w) == 7
    root_value, _ = session.run([root, step], {a: 4 * np.eye(2)})
    np.testing.assert_array_equal(root_value, 2 * np.eye(2))
    assert session.value(w) == 11


def test_what_python_floats_refuse_numpy_computes_on_the_short_way_too():
    x = gf.placeholder((), name="x")
    f = gf.function([1 / x, gf.exp(x)], [x])
    for value in (2.0, 0.0, 1000.0, 2.0):
        with np.errstate(all="ignore"):
            expected = [np.float64(1) / value, np.exp(value)]
        assert f(np.array(value)) == expected


def test_a_node_with_the_address_of_a_dead_one_is_another():
    session = gf.Session()
    for i in range(300):
        node = gf.constant(float(i)) * 2
        assert session.run(node) == 2 * i
        assert session.run([node]) == [2 * i]
        del node
    assert not session._plans
    assert not session._entries


def test_results_of_repeated_runs_are_the_callers_own():
    x = gf.placeholder((3,), name="x")
    w = gf.Variable(np.ones(3), name="w")
    session = gf.Session()
    f = session.make_callable([w, x, x * w], [x])
    array = np.arange(3.0)
    for _ in range(3):
        for result in f(array):
            result[:] = -1
    np.testing.assert_array_equal(array, [0, 1, 2])
    np.testing.assert_array_equal(session.value(w), [1, 1, 1])


def test_a_value_updated_on_the_short_way_dies_with_its_variable():
    session = gf.Session()
    x, w, y, step = trained()
    for _ in range(3):
        session.run([y, step], {x: np.ones(2)})
    assert len(session._store.values) == 1
    gc.disable()
    try:
        del x, w, y, step
        assert not session._store.values
    finally:
        gc.enable()
