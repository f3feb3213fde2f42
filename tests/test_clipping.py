"""Clipping by value, by norm and by the norm of all gradients together."""

import numpy as np
import pytest

import graphflow as gf


def run(node):
    return gf.Session().run(node)


def test_clipping_by_norm_is_its_formula():
    x = np.array([[3.0, 4.0], [0.3, 0.4]])
    np.testing.assert_allclose(run(gf.clip_by_norm(x, 2.0)), x * 2 / np.linalg.norm(x))
    np.testing.assert_array_equal(run(gf.clip_by_norm(x, 6.0)), x)
    np.testing.assert_allclose(run(gf.clip_by_norm(x, 1.0, axis=1)), [[0.6, 0.8], [0.3, 0.4]])
    np.testing.assert_array_equal(run(gf.clip_by_value(x, 0.35, 3.5)), np.clip(x, 0.35, 3.5))


def test_clipping_by_the_global_norm_is_its_formula_and_keeps_dtypes():
    a, b = np.float32([3.0]), np.array([[4.0], [12.0]])
    (small_a, small_b), norm = gf.clip_by_global_norm([a, b], 6.5)
    assert (small_a.dtype, small_b.dtype) == (np.float32, np.float64)
    assert run(norm) == pytest.approx(13.0)
    np.testing.assert_allclose(run(small_a), [1.5])
    np.testing.assert_allclose(run(small_b), [[2.0], [6.0]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_norm_to_clip_to_may_be_a_node_and_is_cast_where_it_must(dtype):
    limit, x = gf.placeholder(()), gf.placeholder((2,), dtype=dtype)
    by_norm = gf.clip_by_norm(x, limit, name="clipped")
    (by_all,), _ = gf.clip_by_global_norm([x], limit)
    assert by_norm.name == "clipped"
    for node in (by_norm, by_all):
        assert node.dtype == dtype
        found = gf.Session().run(node, {x: [3.0, 4.0], limit: 2.0})
        np.testing.assert_allclose(found, [1.2, 1.6], rtol=1e-6)
    casts = [n for n in x.graph.nodes if type(n).__name__ == "Cast"]
    assert len(casts) == (2 if dtype is np.float32 else 0)


def test_the_gradient_of_what_is_not_clipped_is_one_even_at_zero():
    x = gf.placeholder((2,))
    slope = gf.gradients(gf.sum(gf.clip_by_norm(x, 1.0)), x)[0]
    for value in (0.0, 0.5):
        np.testing.assert_array_equal(gf.Session().run(slope, {x: [value, 0.0]}), [1.0, 1.0])


@pytest.mark.parametrize("clip", [0.0, 1.0])
def test_zeros_are_clipped_to_zeros(clip):
    np.testing.assert_array_equal(run(gf.clip_by_norm(np.zeros(3), clip)), np.zeros(3))
    np.testing.assert_array_equal(run(gf.clip_by_norm(np.ones(3), 0.0)), np.zeros(3))
    (found,), norm = gf.clip_by_global_norm([np.zeros(3)], clip)
    np.testing.assert_array_equal(run(found), np.zeros(3))
    assert run(norm) == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_norm_that_is_not_finite_spoils_all_entries_visibly(bad):
    assert np.isnan(run(gf.clip_by_norm(np.array([1.0, bad]), 1.0))).all()
    parts, _ = gf.clip_by_global_norm([np.ones(2), np.array([bad])], 1.0)
    assert all(np.isnan(run(part)).all() for part in parts)


def test_large_finite_gradients_are_clipped_without_overflow():
    for x in (np.array([3e200, 4e200]), np.float32([3e30, 4e30])):
        np.testing.assert_allclose(run(gf.clip_by_norm(x, 5.0)), [3, 4], rtol=1e-6)
        (found,), _ = gf.clip_by_global_norm([x], 5.0)
        np.testing.assert_allclose(run(found), [3, 4], rtol=1e-6)


def test_clipped_gradients_are_applied():
    w = gf.Variable([3.0, 4.0])
    optimizer = gf.GradientDescentOptimizer(1.0)
    (pair,) = optimizer.compute_gradients(gf.sum(w * w))
    (grad,), _ = gf.clip_by_global_norm([pair[0]], 1.0)
    session = gf.Session()
    session.run(optimizer.apply_gradients([(grad, w)]))
    np.testing.assert_allclose(session.value(w), [2.4, 3.2])


@pytest.mark.parametrize("bad", [-1.0, np.nan])
def test_a_norm_to_clip_to_is_a_number_from_0_on(bad):
    with pytest.raises(ValueError, match="clip_norm: a number from 0 on"):
        gf.clip_by_norm(np.ones(2), bad)
    with pytest.raises(gf.ShapeError, match="no nodes"):
        gf.clip_by_global_norm([], 1.0)
