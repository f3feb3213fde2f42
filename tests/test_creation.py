"""Arrays made from nothing, and what picks, puts and ranks entries, against NumPy."""

import numpy as np
import pytest
import scipy.special

import graphflow as gf


def run(fetches, feed=None):
    return gf.Session().run(fetches, feed)


MADE = {
    "zeros": [((2, 3),), (4, np.int32), ((), np.float32)],
    "ones": [((2, 3),), (4, np.int32), ((), np.float32)],
    "full": [((2, 3), 7), ((2,), 0.5), ((2,), 7, np.float32), (3, [1.0, 2.0, 3.0])],
    "arange": [(5,), (2, 7), (7, 1, -2), (0.5, 2.0, 0.5), (4, None, 1, np.float32)],
    "eye": [(3,), (2, 4), (3, 3, 1), (3, 4, -1, np.float32)],
    "identity": [(3,), (2, np.float32)],
    "tri": [(3,), (2, 4), (3, 3, 1), (3, 4, -1, np.float32)],
    "linspace": [(0.0, 1.0, 5), (2, -1, 4)],
    "fft.fftfreq": [(5,), (6, 0.5), (1,)],
    "fft.rfftfreq": [(5,), (6, 0.5), (1,)],
}


@pytest.mark.parametrize("name", MADE)
def test_an_array_made_from_nothing_is_numpys(name):
    for arguments in MADE[name]:
        made, numpy = gf, np
        for part in name.split("."):
            made, numpy = getattr(made, part), getattr(numpy, part)
        with gf.Graph():
            node, wanted = made(*arguments, name="made"), numpy(*arguments)
        assert node.name == "made"
        assert (node.shape, node.dtype) == (wanted.shape, wanted.dtype), arguments
        np.testing.assert_array_equal(run(node), wanted)


def test_what_is_empty_holds_zeros():
    np.testing.assert_array_equal(run(gf.empty((2, 3), np.float32)), np.zeros((2, 3), np.float32))
    np.testing.assert_array_equal(run(gf.empty_like(np.ones(3))), np.zeros(3))


@pytest.mark.parametrize("name", ["zeros", "ones", "full"])
@pytest.mark.parametrize("shape", [(None, 2), ("n",), None])
def test_a_shape_that_is_not_known_is_refused(name, shape):
    with pytest.raises(gf.ShapeError, match=f"{name}: every size must be known"):
        getattr(gf, name)(shape, *([1.0] if name == "full" else []))


def test_an_array_may_be_filled_with_a_node_and_moves_with_it():
    value, x = gf.placeholder(()), gf.placeholder((None,), dtype=np.float32)
    whole, like = gf.full((2, 3), value, np.float32), gf.full_like(x, value, name="filled")
    assert (whole.dtype, like.dtype, like.name) == (np.float32, np.float32, "filled")
    found = run([whole, like, gf.gradients(gf.sum(whole), value)[0]], {value: 1.5, x: [1, 2]})
    np.testing.assert_array_equal(found[0], np.full((2, 3), 1.5))
    np.testing.assert_array_equal(found[1], [1.5, 1.5])
    assert found[2] == 6


def test_frequencies_of_a_spacing_that_is_a_node_are_numpys():
    d = gf.placeholder(())
    found = run([gf.fft.fftfreq(5, d), gf.fft.rfftfreq(4, d)], {d: 0.25})
    np.testing.assert_allclose(found[0], np.fft.fftfreq(5, 0.25), rtol=1e-15)
    np.testing.assert_allclose(found[1], np.fft.rfftfreq(4, 0.25), rtol=1e-15)


def test_nested_lists_with_nodes_among_them_are_one_array():
    a, b = gf.placeholder(()), gf.placeholder((2,))
    node = gf.array([[a, 2.0], b], np.float32)
    assert node.dtype == np.float32
    np.testing.assert_array_equal(run(node, {a: 1.0, b: [3.0, 4.0]}), [[1, 2], [3, 4]])
    assert gf.array(b) is b
    np.testing.assert_array_equal(run(gf.array([[1, 2], [3, 4]])), [[1, 2], [3, 4]])


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("largest", [True, False])
def test_the_largest_few_are_the_first_of_a_stable_sort_and_get_the_gradient(axis, largest):
    value = np.array([[3.0, 1.0, 2.0, 3.0], [0.0, 5.0, 5.0, -1.0], [2.0, 2.0, 7.0, 1.0]])
    x = gf.placeholder((3, 4))
    values, indices = gf.topk(x, 2, axis, largest=largest)
    order = np.argsort(-value if largest else value, axis, kind="stable").take([0, 1], axis)
    slope = np.zeros_like(value)
    np.put_along_axis(slope, order, 1.0, axis)
    found = run([values, indices, gf.gradients(gf.sum(values), x)[0]], {x: value})
    np.testing.assert_array_equal(found[0], np.take_along_axis(value, order, axis))
    np.testing.assert_array_equal(found[1], order)
    np.testing.assert_array_equal(found[2], slope)


def test_more_than_there_are_cannot_be_the_largest():
    for bad in (4, -1):
        with pytest.raises(gf.ShapeError, match=f"topk: not {bad} entries along axis 0"):
            gf.topk(gf.placeholder((3,)), bad, 0)
    assert gf.topk(gf.placeholder((3,)), 3).values.shape == (3,)
    with pytest.raises(gf.ShapeError, match="topk: the rank must be known"):
        gf.topk(gf.placeholder(), 1)


def test_rows_are_gathered_and_scattered_with_their_gradients():
    x = gf.placeholder((3, 2))
    value = np.arange(6.0).reshape(3, 2)
    picked = gf.ops.update.gather(x, np.array([2, 0, 2]), axis=0)
    placed = gf.ops.update.scatter(np.array([1, 0, 1]), x, (4, 2))
    found = run(
        [picked, gf.gradients(gf.sum(picked), x)[0], placed, gf.gradients(placed, x)[0]],
        {x: value},
    )
    np.testing.assert_array_equal(found[0], value[[2, 0, 2]])
    np.testing.assert_array_equal(found[1], [[1, 1], [0, 0], [2, 2]])
    np.testing.assert_array_equal(found[2], [[2, 3], [4, 6], [0, 0], [0, 0]])
    np.testing.assert_array_equal(found[3], np.ones((3, 2)))


def test_what_is_added_must_fit_its_place_when_it_is_built():
    x = gf.placeholder((4,))
    for change in ("add", "subtract", "set", "multiply", "max"):
        with pytest.raises(gf.ShapeError, match="do not broadcast"):
            getattr(x.at[np.array([1, 0])], change)(np.ones(3))
        assert getattr(x.at[np.array([1, 0])], change)(np.ones(1)).shape == (4,)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_values_put_along_an_axis_are_where_numpy_puts_them(axis):
    x, values = gf.placeholder((3, 4)), gf.placeholder((3, 4))
    indices = np.array([[0, 2, 1, 0], [1, 1, 0, 2], [2, 0, 2, 1]])
    a, b = np.arange(12.0).reshape(3, 4), -np.arange(12.0).reshape(3, 4)
    wanted = a.copy()
    np.put_along_axis(wanted, indices, b, axis)
    node = gf.put_along_axis(x, indices, values, axis)
    np.testing.assert_array_equal(run(node, {x: a, values: b}), wanted)


def test_at_gets_what_an_index_gets():
    x = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(run(gf.constant(x).at[:, [2, 0]].get()), x[:, [2, 0]])


def test_y0_is_scipys_and_its_slope_is_minus_y1():
    x = gf.placeholder((3,))
    y = gf.special.y0(x)
    at = np.array([0.3, 2.0, 9.0])
    value, slope = run([y, gf.gradients(y, x)[0]], {x: at})
    np.testing.assert_allclose(value, scipy.special.y0(at), rtol=1e-14)
    np.testing.assert_allclose(slope, -scipy.special.y1(at), rtol=1e-13)
