"""Values of every kind: what NumPy makes of them, or the right error with nothing changed."""

import numpy as np
import pytest

import graphflow as gf


def too_large():
    """An array larger than memory, that takes none."""
    return np.broadcast_to(np.float64(1), (1 << 20, 1 << 20))


class Raising:
    """What is no array, and says so by an error of its own."""

    def __array__(self, *args, **options):
        raise RuntimeError("not now")


WRONG = {
    "shape": (np.ones((2, 4)), r"shape \[2, 4\]"),
    "rank": (np.ones(3), r"shape \[3\]"),
    "huge": (too_large(), r"shape \[1048576, 1048576\]"),
    "dtype": (np.ones((2, 3), complex), "complex128"),
    "none": (None, "None"),
    "ragged": ([[1.0, 2.0, 3.0], [4.0]], "no array"),
    "object": (np.full((2, 3), None), "object"),
    "any object": (object(), "object"),
    "string": ("abc", "str"),
    "strings": (np.full((2, 3), "a"), "U1"),
    "dates": (np.zeros((2, 3), "M8[s]"), r"datetime64"),
    "masked": (np.ma.masked_less(np.ones((2, 3)), 2), "filled"),
    "masked rows": ([np.ma.masked_less([1.0, 2.0, 3.0], 2)] * 2, "filled"),
    "raising": (Raising(), "not now"),
    "bytes": (b"abc", "bytes"),
    "records": (np.zeros((2, 3), [("a", "f8")]), "dtype"),
    "numbers beyond int64": ([[10**30] * 3] * 2, "object"),
    "nothing": (np.ones((0, 3)), r"shape \[0, 3\]"),
    "node": (lambda: gf.constant(np.ones((2, 3))), "node"),
    "variable": (lambda: gf.Variable(np.ones((2, 3))), "node"),
}


@pytest.mark.parametrize("way", ["run", "callable"])
@pytest.mark.parametrize("kind", WRONG)
def test_a_feed_of_a_wrong_kind_is_refused_and_nothing_has_changed(kind, way):
    x = gf.placeholder((2, 3), name="x")
    w = gf.Variable(np.ones(3), name="w")
    y = x * w
    step = gf.assign_add(w, gf.sum(x, axis=0))
    session = gf.Session()
    f = session.make_callable([y, step], [x])
    for _ in range(2):
        f(np.ones((2, 3)))
        session.run([y, step], {x: np.ones((2, 3))})
    wrong, says = WRONG[kind]
    fed = wrong() if callable(wrong) else wrong
    copy = fed.copy() if isinstance(fed, np.ndarray) and fed.size < 100 else None
    moment, plans = session._moment(), len(session._plans)
    nodes, entries = len(gf.get_default_graph().nodes), dict(session._entries)
    with pytest.raises(gf.FeedError, match=says) as raised:
        f(fed) if way == "callable" else session.run([y, step], {x: fed})
    assert "'x'" in str(raised.value)
    assert session._moment()[0] is moment[0]
    assert (len(session._plans), session._entries) == (plans, entries)
    assert len(gf.get_default_graph().nodes) == nodes
    if copy is not None:
        np.testing.assert_array_equal(fed, copy)


@pytest.mark.parametrize("options", [{}, {"mesh": {"data": 1}}], ids=["alone", "mesh"])
def test_on_jax_and_a_mesh_wrong_feeds_are_refused_too(options):
    pytest.importorskip("jax")
    x = gf.placeholder((2, 3), name="x")
    w = gf.Variable(np.ones(3), name="w")
    y = x * w
    step = gf.assign_add(w, gf.sum(x, axis=0))
    session = gf.Session(backend="jax", **options)
    f = session.make_callable([y, step], [x])
    f(np.ones((2, 3)))
    session.run([y, step], {x: np.ones((2, 3))})
    before, plans = session.value(w), len(session._plans)
    for wrong, says in WRONG.values():
        fed = wrong() if callable(wrong) else wrong
        for call in (f, lambda fed: session.run([y, step], {x: fed})):
            with pytest.raises(gf.FeedError, match=says) as raised:
                call(fed)
            assert "'x'" in str(raised.value)
    np.testing.assert_array_equal(session.value(w), before)
    assert len(session._plans) == plans
    f(np.ones((2, 3)))
    np.testing.assert_array_equal(session.value(w), before + 2)


@pytest.mark.parametrize("way", ["run", "callable"])
def test_unusual_but_right_feeds_mean_what_numpy_says(way):
    x = gf.placeholder((2, 3), name="x")
    y = gf.exp(x) - 2 * x[:, ::-1]
    session = gf.Session()
    f = session.make_callable(y, [x])
    base = np.linspace(-1, 1, 24).reshape(4, 6)
    read_only = base[:2, :3].copy()
    read_only.setflags(write=False)
    feeds = [
        base[::2, ::2], base[1::-1, 5:2:-1], np.asfortranarray(base[:2, :3]), base[:3, :2].T,
        read_only, base[:2, :3].astype(">f8"), base[:2, :3].astype(np.float16), [[1, 2, 3]] * 2,
        np.broadcast_to(np.arange(3.0), (2, 3)), np.ones((2, 3), bool), np.ones((2, 3), np.uint8),
        base[:2, :3].view(np.recarray), np.lib.stride_tricks.as_strided(base, (2, 3), (8, 8)),
        np.frombuffer(b"x" + base[:1].tobytes(), "u1")[1:].view("f8").reshape(2, 3),
        base[:2, :3].astype(np.longdouble), [range(3), range(3)], memoryview(base[:2, :3].copy()),
    ]  # fmt: skip
    for fed in feeds:
        plain = np.array(fed, np.float64)
        for _ in range(2):
            found = f(fed) if way == "callable" else session.run(y, {x: fed})
            np.testing.assert_allclose(found, np.exp(plain) - 2 * plain[:, ::-1], rtol=1e-15)
            assert type(found) is np.ndarray
        np.testing.assert_array_equal(np.array(fed, np.float64), plain)


def holding_itself():
    found = []
    found.append(found)
    return found


OTHER = {
    "fetched lists that hold themselves": lambda x, w: gf.Session().run(holding_itself()),
    "arguments that hold themselves": lambda x, w: gf.function(lambda a: a)(holding_itself()),
    "an argument beyond floats": lambda x, w: gf.grad(lambda a: a * a)(10**400),
    "a masked argument": lambda x, w: gf.grad(lambda a: a * a)(np.ma.ones(3)),
    "a masked variable": lambda x, w: gf.Variable([np.ma.masked_less([1.0, 2.0], 2)]),
    "a masked value": lambda x, w: gf.Session().assign(w, np.ma.ones(3)),
    "masked rows of batches": lambda x, w: gf.data.batches([np.ma.ones(3)], 1),
    "ragged rows of batches": lambda x, w: gf.data.batches([[[1], [1, 2]]], 1),
    "no size of batches": lambda x, w: gf.data.batches([np.ones(3)], None),
    "an input that is no list": lambda x, w: gf.function(x, x),
    "an initial value that raises": lambda x, w: gf.Variable(Raising()),
}


@pytest.mark.parametrize("what", OTHER)
def test_a_value_of_a_wrong_kind_is_a_dtype_error_wherever_it_is_given(what):
    x, w = gf.placeholder((3,), name="x"), gf.Variable(np.ones(3), name="w")
    nodes = len(gf.get_default_graph().nodes)
    with pytest.raises(gf.DTypeError) as raised:
        OTHER[what](x, w)
    assert str(raised.value).count("\n") < 6
    raised.value.__traceback__ = None
    assert len(gf.get_default_graph().nodes) == nodes


def test_an_array_larger_than_memory_is_refused_as_a_value_by_its_shape():
    w = gf.Variable(np.ones(3), name="w")
    with pytest.raises(gf.ShapeError, match="1048576"):
        gf.Session().assign(w, too_large())
